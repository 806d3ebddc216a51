"""hoso-alerter on real parts. Most tests judge by timestamp, so that a deadline is seconds away at any hour of the day;
the first one judges by date, with a clock that stands seconds before midnight in Việt Nam."""

import os
import signal
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest
from harness import records, wait_until
from harness.board import Visitor, add_user, draw_map

DAY = 86_400_000
AGENCY, OTHER_AGENCY = "H24.11713", "H24.10507"  # xã Nghi Dương, and another commune
OTHER_RULES = ("due_soon_1", "due_soon_2", "due_soon_3", "acceptance", "step_overdue", "supplement_late",
               "apology_missing", "reappointed_twice")


class Stream:
    """What a source says, straight onto the events topic, in the time of the services' clock."""

    def __init__(self, site, offset_ms=0):
        self.site, self.offset_ms = site, offset_ms
        for rule in OTHER_RULES:  # test_ladder.py is about those
            site.sql("INSERT INTO alert_rule (rule, enabled) VALUES (%s, false)", rule)
        if offset_ms:
            site.set("clock", "offset", f"{offset_ms}ms")
        else:
            site.set("alerter", "rule", "timestamp")

    def now(self):
        return time.time_ns() // 1_000_000 + self.offset_ms

    def event(self, kind, code, at=None, **fields):
        ingested_at = fields.pop("ingested_at", self.now())
        value = self.site.encode_event(event_id=uuid.uuid4().bytes, kind=kind, dossier_code=code, ingested_at=ingested_at,
                                       occurred_at=self.now() if at is None else at, **fields)
        return code.encode(), value, None, None

    def opened(self, code, due_at, **fields):
        return self.event("record", code, status=4, accepted_at=self.now() - 5 * DAY, due_at=due_at,
                          deciding_agency=AGENCY, procedure_code="1.005129", **fields)

    def step(self, code, status, at=None, **fields):
        return self.event("progress", code, at, status=status, **fields)

    def send(self, *rows):
        self.site.produce_all(rows)

    def say(self, *rows):
        """Sends, and waits until the alerter has committed them."""
        self.send(*rows)
        self.site.wait_caught_up("alerter")

    def soon(self):
        """A deadline that is near, and far enough for this machine, as busy as it is now, to commit a record before it."""
        began = self.now()
        self.say(self.event("record", f"probe-{began}", status=4))
        return self.now() + max(1500, 5 * (self.now() - began))

    def wait_for(self, at, what="the deadline has passed"):
        wait_until(lambda: self.now() > at, what)


@pytest.fixture
def stream(site):
    return Stream(site)


def start(site, **options):
    return site.start("alerter", **options).wait_ready()


def codes(count):
    return [f"H24.11713-260101-{number:04}" for number in range(1, count + 1)]


def alerts(site):
    return {(row["dossier_code"], row["episode"]): row
            for row in site.rows("SELECT a.*, u.code AS unit_code FROM alert a LEFT JOIN unit u USING (unit_id)")}


def states(site, *columns):
    names = ", ".join(("dossier_code", "episode", "state", *columns))
    return sorted(site.sql(f"SELECT {names} FROM alert"))


def wait_notices(site, count, deadline_s=30.0):
    """The notices on Kafka once that many distinct ones are there and the outbox is empty."""
    def told():
        records = site.alerts()
        done = site.sql("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == [(0,)]
        return records if done and len({record.headers["ce_id"] for record in records}) >= count else None
    return wait_until(told, f"{count} notices on Kafka", deadline_s)


def cpu_s(service):
    fields = open(f"/proc/{service.process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def alarms(service):
    """(clock id, flags) of its timers, as the kernel has them; flags in octal: 1 absolute, 2 cancelled when the clock is set."""
    fields = []
    for path in Path(f"/proc/{service.process.pid}/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # one that has just been closed
            fields.append(dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line))
    return [(f["clockid"].strip(), f["settime flags"].strip()) for f in fields if "clockid" in f]


def notice_states(records):
    return [(record.value["state"], record.value["reason"]) for record in records]


# ---- on time ----

def test_midnight_without_traffic(site):
    real_now, vn_offset = time.time_ns() // 1_000_000, 7 * 3_600_000
    midnight = ((real_now + vn_offset) // DAY + 40) * DAY - vn_offset
    stream = Stream(site, midnight - 20_000 - real_now)
    late, tomorrow, paused, done, undated = codes(5)
    today_at_three = midnight - 9 * 3_600_000
    alerter = start(site)
    stream.say(stream.opened(late, today_at_three), stream.opened(tomorrow, midnight + 1),
               stream.opened(paused, today_at_three), stream.step(paused, 5),
               stream.opened(done, today_at_three), stream.step(done, 9), stream.opened(undated, None))
    assert stream.now() < midnight, "the machine was too slow for this test"
    assert alerts(site) == {}
    wait_until(lambda: alerter.metrics()["hoso_alerter_open_deadlines"] == 2, "both are watched")

    assert ("0", "03") in alarms(alerter), "an absolute time of CLOCK_REALTIME, cancelled when the clock is set"
    busy_s = cpu_s(alerter)
    wait_until(lambda: alerts(site), "the alert is there")
    assert cpu_s(alerter) - busy_s < 1, "it sleeps until the deadline"
    ((key, alert),) = alerts(site).items()
    assert key == (late, 1)
    assert (alert["state"], alert["silent"], alert["reason"]) == ("firing", False, "deadline_passed")
    assert alert["unit_code"] == "11713" and alert["procedure_code"] == "1.005129"
    assert alert["deadline_at"].timestamp() * 1000 == midnight
    # How late it is on a machine that is not busy: tests/bench/alerter.md. Here: by itself, and not by some other clock.
    assert midnight <= alert["fired_at"].timestamp() * 1000 < midnight + 5000
    committed_at = alert["updated_at"].timestamp() * 1000 + stream.offset_ms
    assert midnight <= committed_at < midnight + 5000
    wait_until(lambda: 0 < alerter.metrics()["hoso_alerter_fire_lateness_max_ms"] < 5000, "the metric says how late")

    (record,) = wait_notices(site, 1)
    assert midnight <= record.timestamp_ms + stream.offset_ms < midnight + 10_000
    notice = record.value
    assert record.key == late.encode() and notice["dossier_code"] == late
    assert notice["alert_id"] == alert["alert_id"].bytes
    assert (notice["state"], notice["reason"], notice["rule"], notice["episode"]) == (
        "firing", "deadline_passed", "overdue", 1)
    assert (notice["unit_code"], notice["unit_name"]) == ("11713", "Nghi Dương")
    assert notice["clock"] == "work" and notice["last_event_at"] <= notice["last_ingested_at"] < midnight, "both clocks, and which speaks"
    assert (notice["due_at"], notice["deadline_at"], notice["ended_at"]) == (today_at_three, midnight, None)
    assert record.headers["ce_id"] == notice["alert_id"].hex().encode() + b"-firing"
    assert record.headers["ce_subject"] == late.encode()
    assert "simulated=" in alerter.log()
    assert site.sql("SELECT dossier_code FROM alert_watch WHERE deadline_at IS NOT NULL") == [(tomorrow,)]


def test_the_deadline_survives_kill_9(stream, site):
    """From the alerter's own tables: the aggregator's are not even there."""
    site.sql("DROP TABLE dossier, dossier_event, rollup_daily, rollup_open, dlq_outbox, dlq_redriven CASCADE")
    alerter = start(site)
    due_at = stream.soon()
    stream.say(stream.opened(codes(1)[0], due_at))
    alerter.kill()
    assert states(site) == [], "the machine was too slow for this test"
    stream.wait_for(due_at)
    alerter.start()
    wait_until(lambda: states(site) == [(codes(1)[0], 1, "firing")], "it fires from the stored deadline")
    wait_until(lambda: alerter.metrics()["hoso_alerter_fired_total"] == 1, "and is counted")


# ---- what ends it ----

@pytest.mark.parametrize("status, reason", [(9, "done"), (5, "paused"), (7, "withdrawn"), (3, "refused")])
def test_what_ends_an_episode_resolves_it(stream, site, status, reason):
    start(site)
    code = codes(1)[0]
    stream.say(stream.opened(code, stream.now() - 60_000))
    wait_notices(site, 1)
    stream.say(stream.step(code, status))
    assert states(site, "silent", "reason", "late_data") == [(code, 1, "resolved", False, reason, False)]
    assert notice_states(wait_notices(site, 2)) == [("firing", "deadline_passed"), ("resolved", reason)]


def test_reopened_is_another_episode_and_a_transfer_moves_it(stream, site):
    start(site)
    code = codes(1)[0]
    stream.say(stream.opened(code, stream.now() - 60_000))
    wait_notices(site, 1)
    stream.say(stream.step(code, 9))
    wait_notices(site, 2)
    stream.say(stream.step(code, 4))
    wait_until(lambda: states(site) == [(code, 1, "resolved"), (code, 2, "firing")], "a second episode fires")
    stream.say(stream.event("transferred", code, transfer_from=AGENCY, transfer_to=OTHER_AGENCY))
    records = wait_notices(site, 4)
    assert notice_states(records) == [("firing", "deadline_passed"), ("resolved", "done"), ("firing", "deadline_passed"),
                                      ("firing", "transferred")]
    assert [record.value["episode"] for record in records] == [1, 1, 2, 2]
    assert [record.value["unit_code"] for record in records] == ["11713", "11713", "11713", "10507"]
    assert len({record.headers["ce_id"] for record in records}) == 4
    assert alerts(site)[(code, 2)]["unit_code"] == "10507"


def test_settled_in_time_but_told_late_is_retracted(stream, site):
    start(site)
    code, due_at = codes(1)[0], stream.soon()
    stream.say(stream.opened(code, due_at))
    wait_notices(site, 1)
    stream.say(stream.step(code, 9, at=due_at - 1000))
    assert states(site, "reason", "late_data") == [(code, 1, "retracted", "late_data", True)]
    records = wait_notices(site, 2)
    assert notice_states(records) == [("firing", "deadline_passed"), ("retracted", "late_data")]
    assert records[1].value["ended_at"] == due_at - 1000
    assert records[0].value["alert_id"] == records[1].value["alert_id"]


# ---- backlog and holding ----

def test_backlog_settled_late_is_recorded_silently(stream, site):
    late, in_time, still_late, corrected = codes(4)
    due_at = stream.now() - 20 * DAY
    stream.send(*[row for code in (late, in_time, still_late, corrected) for row in [stream.opened(code, due_at)]],
                *[stream.step(late if n % 2 else in_time, 4, at=due_at - n * 1000) for n in range(1, 200)],
                stream.step(late, 9, at=due_at + DAY), stream.step(in_time, 9, at=due_at - 500),
                stream.step(corrected, 9, at=due_at + DAY), stream.step(corrected, 9, at=due_at - DAY))
    alerter = start(site, overrides={"alerter.batch_max": "7"})  # in many small batches
    site.wait_caught_up("alerter")
    wait_until(lambda: (still_late, 1) in alerts(site), "what is still late fires")
    found = [row for row in states(site, "silent", "reason", "late_data") if row[0] != corrected]
    assert found == [(late, 1, "resolved", True, "done", True),
                     (still_late, 1, "firing", False, "deadline_passed", None)]
    assert all(row[2:4] == ("retracted", True) for row in states(site, "silent") if row[0] == corrected)
    assert notice_states(wait_notices(site, 1)) == [("firing", "deadline_passed")]
    assert site.sql("SELECT count(*) FROM outbox") == [(1,)]
    assert alerter.metrics()["hoso_alerter_fired_total"] == 1


def test_held_while_the_settling_event_is_unread(stream, site):
    alerter = start(site)
    due_at = stream.soon()
    settled, late = codes(2)
    stream.say(stream.opened(settled, due_at), stream.opened(late, due_at))
    os.kill(alerter.process.pid, signal.SIGSTOP)
    stream.wait_for(due_at)
    stream.send(stream.step(settled, 9, at=due_at - 1000))
    os.kill(alerter.process.pid, signal.SIGCONT)
    wait_until(lambda: states(site) == [(late, 1, "firing")], "only the unsettled one fires")
    site.wait_caught_up("alerter")
    assert notice_states(wait_notices(site, 1)) == [("firing", "deadline_passed")]
    assert alerter.metrics()["hoso_alerter_retracted_total"] == 0
    assert states(site) == [(late, 1, "firing")]


def test_held_while_kafka_is_away(stream, site):
    alerter = start(site)
    board = start_board(site)
    due_at = stream.soon()
    code = codes(1)[0]
    stream.say(stream.opened(code, due_at))
    site.servers.kafka_kill()
    try:
        stream.wait_for(due_at)
        wait_until(lambda: "kafka" in alerter.ready()[1], "readiness says so")
        wait_until(lambda: alerter.metrics()["hoso_alerter_held"] == 1, "the metric says so")
        wait_until(lambda: board.get("/api/v1/overview")[1]["pipeline"]["held"] == 1, "the board says so")
        assert states(site) == []
    finally:
        site.servers.kafka_start()
    wait_until(lambda: states(site) == [(code, 1, "firing")], "it fires once Kafka answers")
    assert notice_states(wait_notices(site, 1)) == [("firing", "deadline_passed")]
    alerter.wait_ready()
    assert alerter.metrics()["hoso_alerter_held"] == 0
    wait_until(lambda: board.get("/api/v1/overview")[1]["pipeline"]["held"] == 0, "and that it is over")


def start_board(site):
    draw_map(site, site.folder / "map.geojson")
    add_user(site, "trucban", "city")
    site.set("alerter", "port_file", str(site.folder / "alerter.port"))  # where the board asks
    return Visitor(site.start("board").wait_ready(), "trucban")


def test_a_notice_that_kafka_refuses_stays_and_goes_later(stream, site):
    alerter = start(site)
    records.set_topic(site.servers.brokers, site.alerts_topic, max_message_bytes="10")
    stream.say(stream.opened(codes(1)[0], stream.now() - 1000))
    wait_until(lambda: "outbox" in alerter.ready()[1], "readiness says so")
    assert site.sql("SELECT sent_at FROM outbox") == [(None,)] and site.alerts() == []
    records.set_topic(site.servers.brokers, site.alerts_topic, max_message_bytes=None)
    assert notice_states(wait_notices(site, 1)) == [("firing", "deadline_passed")]
    alerter.wait_ready()


# ---- a log that is not what it was ----

def test_a_log_that_was_cut_or_made_anew_stops_it_and_a_person_decides(stream, site):
    alerter = start(site)
    first, second = codes(2)
    stream.say(stream.opened(first, stream.now() + DAY))
    ((partition, place),) = site.sql("SELECT partition, next_offset FROM kafka_offset WHERE consumer = 'alerter' AND next_offset > 0")
    alerter.terminate()
    records.delete_topics(site.servers.brokers, [site.events_topic])
    wait_until(lambda: "created" in site.hoso("topics", "apply"), "the topic is gone and made anew")
    for grown in (False, True):  # our place is beyond its end; then it has grown beyond our place, with other records
        if grown:
            stream.send(*[(key, value, headers, partition) for key, value, headers, _ in
                          [stream.opened(second, stream.now() - 1000)] * (place + 1)])
        alerter.start()
        alerter.expect_exit(78)
        stop = next(line for line in reversed(alerter.log().splitlines()) if "event=stopped" in line)
        assert f"hoso replay offset --consumer alerter --partition {partition}" in stop and ("made anew" in stop) == grown, stop
        assert states(site) == []
    site.hoso("replay", "offset", "--consumer", "alerter", "--partition", str(partition), "--to", "begin")
    alerter.start()
    wait_until(lambda: states(site) == [(second, 1, "firing")], "it goes on with what there is")
    assert alerter.metrics()["hoso_alerter_open_deadlines"] == 1, "and has forgotten nothing"


# ---- crashes and company ----

def test_postgres_killed_and_back(stream, site):
    alerter = start(site)
    due_at = stream.soon()
    before, meanwhile = codes(2)
    stream.say(stream.opened(before, due_at))
    site.servers.pg_kill()
    try:
        stream.send(stream.opened(meanwhile, due_at))
        wait_until(lambda: "postgres" in alerter.ready()[1], "readiness says so")
        stream.wait_for(due_at)
    finally:
        site.servers.pg_start()
    wait_until(lambda: states(site) == [(before, 1, "firing"), (meanwhile, 1, "firing")], "both fire once")
    assert len(wait_notices(site, 2)) == 2
    alerter.wait_ready()


def test_two_share_the_partitions_and_one_takes_over(stream, site):
    first = start(site)
    second = start(site, label="second")
    wait_until(lambda: all(" partitions=2" in service.log().rsplit("event=assigned", 1)[-1]
                           for service in (first, second)), "both have partitions")
    many = codes(60)
    due_at = stream.soon()
    stream.say(*[stream.opened(code, due_at) for code in many])
    wait_until(lambda: all(service.metrics()["hoso_alerter_open_deadlines"] > 0 for service in (first, second)),
               "both watch deadlines")
    os.kill(second.process.pid, signal.SIGSTOP)  # as good as dead, for the group
    try:
        wait_until(lambda: states(site) == [(code, 1, "firing") for code in many], "the first one fires for both")
        stream.send(stream.step(many[0], 9))
    finally:
        os.kill(second.process.pid, signal.SIGCONT)
    wait_until(lambda: [row[2] for row in states(site)].count("resolved") == 1, "the settled one is resolved")
    site.wait_caught_up("alerter")
    records = wait_notices(site, len(many) + 1)
    assert len({record.headers["ce_id"] for record in records}) == len(many) + 1
    assert site.sql("SELECT count(*) FROM outbox") == [(len(many) + 1,)]
    for service in (first, second):
        service.wait_ready()


def test_unreadable_records_are_counted_and_passed_over(stream, site):
    alerter = start(site)
    code = codes(1)[0]
    good = stream.opened(code, stream.now() - 1000)
    broken = [(b"x", b"\x00\x00\x00\x00\x01\xff", None, 0), (b"x", b"", None, 0), (b"x", b"\x00\x00\x00\x00\x63", None, 0),
              (b"another key", good[1], None, 0)]
    stream.say(*broken, good)
    wait_until(lambda: states(site) == [(code, 1, "firing")], "the good one is not held up")
    assert alerter.metrics()["hoso_alerter_undecodable_total"] == len(broken)
