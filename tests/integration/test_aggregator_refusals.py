"""What hoso-aggregator cannot use: single records (dead letters, and the good ones go on), and whole logs (it stops and says so)."""

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic
from harness import wait_until
from harness.events import AGENCY, at, code, event, opened, random_rows, require_exact, step, unusable_rows

EXIT_DATA, EXIT_SOFTWARE = 65, 70
POISON = "2.999999"


def wait_dead_letters(site, count):
    def relayed():
        found = site.dead_letters()
        return found if len(found) >= count and not unsent(site) else None
    return wait_until(relayed, f"{count} dead letters are on their topic")


def unsent(site):
    return site.sql("SELECT count(*) FROM dlq_outbox WHERE sent_at IS NULL") != [(0,)]


def administer(site, verb, what, **options):
    """Asks Kafka to change something, and waits until it is done."""
    client = AdminClient({"bootstrap.servers": site.servers.brokers})  # alive until the answers are there
    for answer in getattr(client, verb)([what], **options).values():
        answer.result(30)


# ---- records that nobody can read ----

def test_unusable_records_become_dead_letters(site):
    site.start("aggregator").wait_ready()
    good = opened(code(1))
    bad = unusable_rows(good[1])
    headers = {"ce_id": b"\x00\xff", "traceparent": b"00-1-2-03", "empty": b""}
    rows = [(key, value, headers, place) for key, value, _, place in bad.values()]
    site.produce_all([good, *rows[:3], step(code(1), 9, 2), *rows[3:], opened(code(2))])
    require_exact(site)

    originals = {(r.partition, r.offset): r for r in site.events(raw=True)}
    letters = wait_dead_letters(site, len(bad))
    assert len(letters) == len(bad)
    seen = set()
    for letter in letters:
        extra = dict(letter.headers)
        place = int(extra.pop("__connect.errors.partition")), int(extra.pop("__connect.errors.offset"))
        original = originals[place]
        assert (letter.key, letter.value, letter.timestamp_ms) == (original.key, original.value, original.timestamp_ms)
        reason = extra.pop("hoso_error_code").decode()
        assert (letter.key, letter.value) == bad[reason][:2]
        assert extra.pop("__connect.errors.topic").decode() == site.events_topic
        assert extra.pop("__connect.errors.stage") in (b"decode", b"validate", b"key")
        assert extra.pop("__connect.errors.exception.class.name").startswith(b"hoso.")
        assert extra.pop("__connect.errors.exception.message")
        assert extra == headers
        seen.add(reason)
    assert seen == set(bad)
    metrics = site.services[0].metrics()
    assert all(metrics[f'hoso_aggregator_dead_letters_total{{reason="{reason}"}}'] == 1 for reason in bad)


def test_a_dossier_stays_in_its_partition(site):
    """Only the owner of a dossier's partition may write it; a record elsewhere was not written by ingest."""
    site.start("aggregator").wait_ready()
    site.produce_all([opened(code(1))])
    site.wait_caught_up("aggregator")
    ((home,),) = site.sql("SELECT partition FROM dossier")
    site.produce_all([event("progress", code(1), at(2), partition=(home + 1) % 4, status=9)])
    (letter,) = wait_dead_letters(site, 1)
    assert letter.headers["hoso_error_code"] == b"wrong_partition"
    site.wait_caught_up("aggregator")
    assert site.sql("SELECT status FROM dossier") == [(4,)]
    site.check_rollups()


# ---- records that PostgreSQL refuses ----

CHECK = f"ALTER TABLE hoso.dossier ADD CHECK (procedure_code IS DISTINCT FROM '{POISON}')"
REFUSALS = {
    "23514": (CHECK, {"procedure_code": POISON}),
    "23502": ("ALTER TABLE hoso.dossier ALTER COLUMN procedure_code SET NOT NULL", {"procedure_code": None}),
    "22012": ("ALTER TABLE hoso.dossier ADD CHECK (10 / (12 - length(procedure_code)) < 100)", {"procedure_code": "1.005129.000"}),
    "22P02": ("ALTER TABLE hoso.dossier ADD CHECK (field_code IS NULL OR field_code::integer > 0)",
              {"field_code": "khong phai so"}),
}


def stored(site):
    """{(partition, offset)} of all records below the committed offsets; those that are dead letters."""
    below = {(p, o) for p, end in site.sql("SELECT partition, next_offset FROM kafka_offset") for o in range(end)}
    return below, set(site.sql('SELECT partition, "offset" FROM dlq_outbox'))


def poisoned(count, poison_at, fields):
    return [opened(code(n), **(fields if n in poison_at else {"field_code": "1"})) for n in range(count)]


@pytest.mark.parametrize("sqlstate", REFUSALS)
def test_what_postgres_refuses_is_bisected_out(site, sqlstate):
    change, fields = REFUSALS[sqlstate]
    site.sql(change)
    poison = {3, 17, 18, 59}
    site.produce_all(poisoned(60, poison, fields))
    aggregator = site.start("aggregator").wait_ready()
    site.wait_caught_up("aggregator")
    assert site.sql("SELECT count(*) FROM dossier") == [(60 - len(poison),)]
    assert site.sql("SELECT count(*) FROM dossier_event") == [(60 - len(poison),)]
    letters = wait_dead_letters(site, len(poison))
    assert sorted(letter.key for letter in letters) == sorted(code(n).encode() for n in poison)
    for letter in letters:
        assert letter.headers["hoso_error_code"] == b"refused_by_database"
        assert letter.headers["__connect.errors.stage"] == b"store"
        message = letter.headers["__connect.errors.exception.message"]
        assert sqlstate.encode() in message and b"khong phai so" not in message and b"1.005129.000" not in message
    assert aggregator.metrics()['hoso_aggregator_dead_letters_total{reason="refused_by_database"}'] == len(poison)
    site.check_rollups()
    site.produce_all([step(code(n), 9, 2) for n in range(60) if n not in poison])  # it goes on at full width
    site.wait_caught_up("aggregator")
    assert site.sql("SELECT count(*) FROM dossier WHERE status = 9") == [(56,)]
    site.check_rollups()


def test_a_dead_letter_lies_in_the_transaction_that_moves_the_offset(site):
    """Killed after every single transaction of a bisection: at each of these moments the rows and the offsets agree."""
    site.set("kafka", "session.timeout.ms", "1500")
    site.sql(CHECK)
    site.produce_all(poisoned(8, {2, 5}, {"procedure_code": POISON}))
    poison = {(r.partition, r.offset) for r in site.events() if r.key.decode() in (code(2), code(5))}
    aggregator = site.start("aggregator", crash_at="aggregator.after_commit")
    for _ in range(20):
        aggregator.wait_crash()
        below, dead = stored(site)
        assert dead == below & poison
        assert site.sql("SELECT count(*) FROM dossier_event") == [(len(below - poison),)]
        site.check_rollups()
        if len(below) == 8:
            break
        aggregator.start(crash_at="aggregator.after_commit")
    else:
        raise AssertionError("still not through after 20 transactions")
    aggregator.start()
    assert len(wait_dead_letters(site, 2)) == 2


def test_what_is_no_fault_of_a_record_stops_it(site):
    """A broken table is not bisected: every record would become a dead letter."""
    site.sql("ALTER TABLE rollup_open RENAME TO somewhere_else")
    site.produce_all([opened(code(1))])
    aggregator = site.start("aggregator")
    aggregator.expect_exit(EXIT_SOFTWARE)
    assert "42P01" in aggregator.log() and "event=stopped" in aggregator.log()
    assert site.sql("SELECT count(*) FROM dlq_outbox") == [(0,)]
    assert site.sql("SELECT sum(next_offset) FROM kafka_offset") == [(0,)]
    site.sql("ALTER TABLE somewhere_else RENAME TO rollup_open")
    aggregator.start()
    require_exact(site)


def test_dead_letters_wait_for_their_topic(site):
    """Kafka refuses them for now: they stay in the outbox, nothing else is held up."""
    administer(site, "delete_topics", site.dlq_topic, operation_timeout=30)
    aggregator = site.start("aggregator").wait_ready()
    site.produce_all([(b"x", b"unusable", None, 0), opened(code(1))])
    require_exact(site)
    assert unsent(site)
    administer(site, "create_topics", NewTopic(site.dlq_topic, num_partitions=1))
    assert len(wait_dead_letters(site, 1)) == 1
    aggregator.wait_ready()


# ---- offsets outside the log ----

def settled(site):
    """Some records are aggregated and nobody runs."""
    aggregator = site.start("aggregator").wait_ready()
    site.produce_all([opened(code(n), partition=n % 4) for n in range(40)])
    site.wait_caught_up("aggregator")
    aggregator.terminate()
    return aggregator


def rows_of(site):
    return {table: site.sql(f"SELECT t::text FROM {table} t ORDER BY 1") for table in ("dossier", "rollup_daily", "dlq_outbox")}


def require_stop(site, aggregator, *words):
    """Stops with the exit code for wrong data, names the place and the command that decides, and has written nothing."""
    before = rows_of(site)
    offsets = site.sql("SELECT partition, next_offset FROM kafka_offset ORDER BY 1")
    if aggregator.process is None:
        aggregator.start()
    aggregator.expect_exit(EXIT_DATA)
    stop = next(line for line in reversed(aggregator.log().splitlines()) if "event=stopped" in line)
    assert all(word in stop for word in ("hoso replay", *words)), stop
    assert rows_of(site) == before
    assert site.sql("SELECT partition, next_offset FROM kafka_offset ORDER BY 1") == offsets


def truncate(site, partition, below):
    administer(site, "delete_records", confluent_kafka.TopicPartition(site.events_topic, partition, below))


def test_records_that_retention_took_are_not_skipped(site):
    aggregator = settled(site)
    site.produce_all([step(code(n), 9, 2, partition=n % 4) for n in range(40)])
    truncate(site, 2, 15)
    require_stop(site, aggregator, "partition 2", "offset 10", "15 to 20")


def test_what_is_truncated_behind_us_does_not_matter(site):
    aggregator = settled(site)
    site.produce_all([step(code(n), 9, 2, partition=n % 4) for n in range(40)])
    truncate(site, 2, 10)
    aggregator.start()
    site.wait_caught_up("aggregator")
    assert site.sql("SELECT count(*) FROM dossier WHERE status = 9") == [(40,)]
    site.check_rollups()


def test_a_topic_made_anew_is_noticed(site):
    aggregator = settled(site)
    administer(site, "delete_topics", site.events_topic, operation_timeout=30)
    wait_until(lambda: "created" in site.hoso("topics", "apply"), "the topic is gone and made anew")
    site.produce_all([opened(code(n), partition=n % 4) for n in range(4)])
    require_stop(site, aggregator, "offset 10", "0 to 1")


def test_a_grown_topic_is_noticed_at_the_start(site):
    aggregator = settled(site)
    administer(site, "create_partitions", NewPartitions(site.events_topic, 6))
    require_stop(site, aggregator, "6 partitions", "4")


def test_a_grown_topic_is_noticed_at_work(site):
    site.set("kafka", "topic.metadata.refresh.interval.ms", "500")
    aggregator = site.start("aggregator").wait_ready()
    site.produce_all(random_rows(20))
    site.wait_caught_up("aggregator")
    administer(site, "create_partitions", NewPartitions(site.events_topic, 6))
    require_stop(site, aggregator, "partitions")
