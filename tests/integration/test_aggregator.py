"""hoso-aggregator on real Kafka and PostgreSQL: the same rows whatever comes, in whatever order, however it ends."""

import threading
import time

import pytest
from harness import wait_until
from harness.events import (AGENCY, OTHER_AGENCY, UNKNOWN_AGENCY, at, code, event, opened, random_rows, require_exact,
                            shuffled, step)

CRASH_POINTS = ["aggregator.before_commit", "aggregator.after_commit", "aggregator.after_offsets"]
DAY = "2026-06-{:02}"


def start(site, overrides=None, **options):
    return site.start("aggregator", overrides, **options).wait_ready()


def say(site, *rows):
    """Sends, and waits until the aggregator has committed them."""
    site.produce_all(rows)
    site.wait_caught_up("aggregator")


def daily(site, *measures):
    """{(unit code, day): values} of the days on which one of the measures is not zero."""
    rows = site.sql(f"SELECT unit_code, day::text, {', '.join(f'sum({m})::int' for m in measures)} "
                    "FROM analytics.rollup_daily GROUP BY 1, 2")
    return {row[:2]: row[2:] for row in rows if any(row[2:])}


def open_cells(site):
    return {row[:-1]: row[-1] for row in site.sql(
        "SELECT unit_code, due_date::text, phase, count FROM analytics.rollup_open")}


def everything(site):
    return {table: site.sql(f"SELECT t::text FROM {table} t ORDER BY 1")
            for table in ("dossier", "dossier_event", "rollup_daily", "rollup_open")}


def wait_metric(service, name, value):
    wait_until(lambda: service.metrics()[name] >= value, f"{name} >= {value}")


def events_stored(site):
    return site.sql("SELECT count(*) FROM dossier_event")[0][0]


# ---- what the rows say ----

def test_from_acceptance_to_the_end(site):
    aggregator = start(site)
    say(site, opened(code(1), day=0, due_day=4), opened(code(2), day=1, due_day=4), opened(code(3), day=1, due_day=9))
    assert open_cells(site) == {("11713", DAY.format(5), "running"): 2, ("11713", DAY.format(10), "running"): 1}
    say(site, step(code(1), 9, 3), step(code(2), 9, 7), step(code(3), 5, 2))
    assert open_cells(site) == {("11713", DAY.format(10), "paused"): 1}
    assert daily(site, "accepted", "early", "on_time", "late", "supplements") == {
        ("11713", DAY.format(1)): (1, 0, 0, 0, 0), ("11713", DAY.format(2)): (2, 0, 0, 0, 0),
        ("11713", DAY.format(3)): (0, 0, 0, 0, 1), ("11713", DAY.format(4)): (0, 1, 0, 0, 0),
        ("11713", DAY.format(8)): (0, 0, 0, 1, 0)}
    assert site.sql("SELECT code, phase, verdict FROM dossier ORDER BY code") == [
        (code(1), "ended", "early"), (code(2), "ended", "late"), (code(3), "paused", None)]
    assert require_exact(site) > 0
    metrics = aggregator.metrics()
    assert metrics["hoso_aggregator_events_total"] == metrics["hoso_aggregator_records_total"] == 6
    aggregator.terminate()


def test_news_that_come_late_move_the_rollups_by_the_difference(site):
    start(site)
    say(site, opened(code(1), due_day=4), step(code(1), 9, 8))
    assert daily(site, "early", "late") == {("11713", DAY.format(9)): (0, 1)}
    say(site, step(code(1), 5, 2), step(code(1), 4, 3))  # had been paused, and nobody told us
    assert daily(site, "late", "supplements") == {("11713", DAY.format(3)): (0, 1), ("11713", DAY.format(9)): (1, 0)}
    say(site, step(code(1), 9, 3))  # was done before: the end moves to the earlier day, the verdict with it
    say(site, event("due_changed", code(1), at(1), due_at=at(20, 17), due_reason="correction"))
    require_exact(site)
    say(site, event("transferred", code(1), at(1, 9), transfer_from=AGENCY, transfer_to=OTHER_AGENCY))
    assert {unit for unit, _ in daily(site, "accepted")} == {"10507"}
    assert site.sql("SELECT count(*) FROM rollup_daily JOIN unit USING (unit_id) WHERE code = '11713'") == [(0,)]
    require_exact(site)


def test_delivered_again_changes_nothing(site):
    aggregator = start(site, {"aggregator.batch_max": "40"})
    rows = random_rows(60)
    say(site, *rows)
    before = everything(site)
    say(site, *rows, *shuffled(rows))
    assert everything(site) == before
    assert aggregator.metrics()["hoso_aggregator_duplicates_total"] >= 2 * len(rows)
    require_exact(site)


@pytest.mark.parametrize("batch_max", ["1", "7", "2000"])
def test_any_order_and_any_batch_give_the_same_rows(site, batch_max):
    start(site, {"aggregator.batch_max": batch_max})
    say(site, *shuffled(random_rows(80, seed=3), seed=int(batch_max)))
    require_exact(site)


def test_unknown_agency_waits_in_quarantine(site):
    start(site)
    say(site, opened(code(1), deciding_agency=UNKNOWN_AGENCY), opened(code(2), deciding_agency=None))
    assert site.sql("SELECT code, unit_id, quarantine FROM dossier ORDER BY 1") == [
        (code(1), None, "unknown"), (code(2), None, "unknown")]
    assert daily(site, "accepted") == {} and open_cells(site) == {}
    require_exact(site)
    say(site, event("transferred", code(1), at(2), transfer_to=AGENCY),
        opened(code(2), day=1, deciding_agency=OTHER_AGENCY))
    assert site.sql("SELECT count(*) FROM dossier WHERE quarantine IS NOT NULL") == [(0,)]
    assert {unit for unit, *_ in open_cells(site)} == {"11713", "10507"}
    require_exact(site)


def test_another_name_counts_nowhere(site):
    start(site)
    say(site, opened(code(1)), opened(code(2)), step(code(2), 9, 2))
    assert daily(site, "accepted", "early") == {("11713", DAY.format(1)): (2, 0), ("11713", DAY.format(3)): (0, 1)}
    say(site, event("alias", code(2), at(3), alias_of=code(1)))
    assert daily(site, "accepted", "early") == {("11713", DAY.format(1)): (1, 0)}
    assert site.sql("SELECT alias_of FROM dossier WHERE code = %s", code(2)) == [(code(1),)]
    require_exact(site)


def test_an_erased_dossier_is_forgotten_for_ever(site):
    aggregator = start(site)
    rows = [opened(code(1)), step(code(1), 9, 2), event("rated", code(1), at(3), rating=5)]
    say(site, *rows, opened(code(2)))
    say(site, event("erased", code(1), at(4)))
    (row,) = site.rows("SELECT * FROM dossier WHERE code = %s", code(1))
    kept = {name for name, value in row.items() if value not in (None, False, 0, "unknown", "waiting", "source")}
    assert kept <= {"dossier_id", "code", "partition", "erased", "first_ingested_at", "last_ingested_at"}
    assert site.sql("SELECT kind FROM dossier_event JOIN dossier USING (dossier_id) WHERE code = %s", code(1)) == [("erased",)]
    assert daily(site, "accepted", "early", "rated") == {("11713", DAY.format(1)): (1, 0, 0)}
    say(site, *rows, step(code(1), 4, 5))  # what is told afterwards is not kept either
    assert events_stored(site) == 2
    assert aggregator.metrics()["hoso_aggregator_duplicates_total"] == 4
    require_exact(site)


# ---- how it ends, and goes on ----

@pytest.mark.parametrize("connections", [1, 2])
@pytest.mark.parametrize("point", CRASH_POINTS)
def test_kill_9_in_mid_batch(site, point, connections):
    """With two connections the other one may have committed what nobody had noticed yet."""
    options = {"aggregator.batch_max": "60", "aggregator.connections": str(connections),
               "aggregator.batch_age": "60s"}  # every batch is full, however slowly Kafka hands them over
    site.set("kafka", "session.timeout.ms", "2000")  # the next one waits for the dead one's
    rows = random_rows(100, seed=5)
    site.produce_all(rows)
    aggregator = site.start("aggregator", options, crash_at=f"{point}:3")
    aggregator.wait_crash()
    done = sum(offset for (offset,) in site.sql("SELECT next_offset FROM kafka_offset"))
    noticed = 120 if point == "aggregator.before_commit" else 180
    assert noticed <= done <= noticed + 60 * (connections - 1)
    site.check_rollups()  # also of what lies there after the crash
    aggregator.start(options, crash_at=point)  # dies again, at the first chance
    aggregator.wait_crash()
    aggregator.start()
    require_exact(site)


@pytest.mark.parametrize("how", ["killed", "restarted"])
def test_postgres_goes_away_under_load(site, how):
    aggregator = start(site, {"aggregator.batch_max": "20"})
    rows = random_rows(500, seed=6)
    sender = threading.Thread(target=lambda: [site.produce_all(rows[i:i + 25]) for i in range(0, len(rows), 25)])
    sender.start()
    wait_metric(aggregator, "hoso_aggregator_records_total", 100)
    if how == "killed":
        site.servers.pg_kill()
        try:
            wait_until(lambda: "postgres" in aggregator.ready()[1], "readiness says so")
        finally:
            site.servers.pg_start()
    else:
        site.servers.pg_restart()
    aggregator.wait_ready()
    sender.join()
    require_exact(site)
    aggregator.terminate()


def test_kafka_goes_away(site):
    aggregator = start(site)
    say(site, opened(code(1)))
    site.servers.kafka_kill()
    try:
        wait_until(lambda: "kafka" in aggregator.ready()[1], "readiness says so")
    finally:
        site.servers.kafka_start()
    site.produce_all([step(code(1), 9, 2), opened(code(2))])
    require_exact(site)
    aggregator.wait_ready()


def test_started_before_anything_is_there(site):
    """Waits for PostgreSQL, says so, and goes on by itself."""
    site.produce_all(random_rows(20))
    site.servers.pg_kill()
    try:
        aggregator = site.start("aggregator")
        wait_until(lambda: "postgres" in aggregator.ready()[1], "readiness says so")
    finally:
        site.servers.pg_start()
    require_exact(site)
    aggregator.wait_ready()


def test_what_the_metrics_say(site):
    aggregator = start(site, {"aggregator.batch_max": "10"})
    rows = random_rows(30)
    say(site, *rows)
    metrics = aggregator.metrics()
    assert metrics["hoso_aggregator_records_total"] == len(rows)
    assert metrics["hoso_aggregator_events_total"] == events_stored(site)
    assert metrics["hoso_aggregator_batches_total"] >= len(rows) / 10
    assert metrics["hoso_aggregator_batch_microseconds_total"] >= metrics["hoso_aggregator_batch_last_microseconds"] > 0
    wait_until(lambda: all(aggregator.metrics()[f'hoso_consumer_lag_records{{partition="{p}"}}'] == 0 for p in range(4)),
               "no lag is left")
    assert "event=trouble" not in aggregator.log()  # Kafka and PostgreSQL were there all the time, and it never said otherwise


def test_where_the_time_goes_and_how_old_events_are(site):
    aggregator = start(site)
    now = int(time.time() * 1000)
    ages_s = [0, 30, 30, 7200, 864000]
    say(site, *(opened(code(n), ingested_at=now - age * 1000) for n, age in enumerate(ages_s)))
    metrics = aggregator.metrics()
    buckets = [metrics[f'hoso_event_age_seconds_bucket{{le="{le}"}}'] for le in
               ("0.01", "0.05", "0.1", "0.25", "1", "5", "60", "3600", "86400", "+Inf")]
    assert buckets == sorted(buckets)
    assert buckets[-4:] == [3, 3, 4, 5] and metrics["hoso_event_age_seconds_count"] == 5
    assert 0 <= metrics["hoso_event_age_seconds_sum"] - sum(ages_s) < 5 * 60
    stages = [metrics[f'hoso_aggregator_stage_microseconds_total{{stage="{stage}"}}'] for stage in
              ("collect", "load", "fold", "write", "commit")]
    total = metrics["hoso_aggregator_batch_microseconds_total"]
    assert all(stage > 0 for stage in stages) and total / 2 < sum(stages) <= total
    assert metrics["hoso_aggregator_batch_records"] > 0 and metrics["hoso_aggregator_batch_age_milliseconds"] >= 0


def test_the_lag_in_records_and_seconds(site):
    aggregator = start(site)
    say(site, opened(code(1), partition=1))
    with site.connect() as blocker:
        blocker.execute("LOCK TABLE hoso.dossier_event IN ACCESS EXCLUSIVE MODE")
        site.produce_all([step(code(1), 9, 2, partition=1)] * 3)
        wait_until(lambda: lag(aggregator, "records") == [0, 3, 0, 0] and lag(aggregator, "seconds")[1] >= 2, "it is behind")
        assert lag(aggregator, "seconds")[0] == 0
    wait_until(lambda: lag(aggregator, "records") == lag(aggregator, "seconds") == [0, 0, 0, 0], "it has caught up")


def lag(aggregator, unit):
    metrics = aggregator.metrics()
    return [metrics[f'hoso_consumer_lag_{unit}{{partition="{number}"}}'] for number in range(4)]
