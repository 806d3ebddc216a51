"""`hoso replay`: everything worked out a second time beside the running system, compared, taken over; and where to go on."""

import itertools
import json
import threading
from contextlib import contextmanager

import pytest
from harness import wait_until
from harness.events import AGENCY, at, code, event, opened, random_rows, require_exact, step, unusable_rows
from test_aggregator_refusals import EXIT_SOFTWARE, administer, require_stop, settled, truncate

EXIT_DATA = 65
TABLES = ("dossier", "dossier_event", "rollup_daily", "rollup_open", "dlq_outbox")
# One of each: a wrong cell, a row too many, a row too few; in the rows, in the figures, in the history.
DAMAGE = {
    "dossier": ["UPDATE dossier SET status = 2, due_at = now() WHERE code = (SELECT min(code) FROM dossier)",
                "UPDATE dossier SET unit_id = NULL, quarantine = 'unknown' WHERE dossier_id = (SELECT max(dossier_id) FROM dossier "
                "WHERE unit_id IS NOT NULL)"],
    "dossier_event": ["DELETE FROM dossier_event WHERE event_id = (SELECT min(event_id::text)::uuid FROM dossier_event)",
                      "INSERT INTO dossier_event SELECT dossier_id, gen_random_uuid(), ingested_at, occurred_at, kind, status, source, "
                      "payload FROM dossier_event LIMIT 1"],
    "rollup_daily": ["UPDATE rollup_daily SET late = late + 1 WHERE ctid = (SELECT min(ctid) FROM rollup_daily)",
                     "DELETE FROM rollup_daily WHERE ctid = (SELECT max(ctid) FROM rollup_daily)"],
    "rollup_open": ["INSERT INTO rollup_open SELECT partition, unit_id, '2030-01-01', procedure_code, channel, phase, 7 "
                    "FROM rollup_open LIMIT 1"],
}


def replay(site, *options, differ=()):
    """Runs it; asserts which tables differ."""
    code_wanted = 1 if differ and "--swap" not in options else 0
    rows = [json.loads(line) for line in site.hoso("replay", "--json", *options, code=code_wanted, timeout_s=180).splitlines()]
    assert [row["table"] for row in rows] == ["dossier", "dossier_event", "rollup_daily", "rollup_open"]
    assert all(row["rows"] > 0 for row in rows), rows
    assert {row["table"] for row in rows if row["differ"]} == set(differ), rows
    kept = site.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'hoso_replay'")
    assert bool(kept) == (code_wanted == 1)
    return rows


def everything(site):
    return {table: site.sql(f"SELECT t::text FROM {table} t ORDER BY 1") for table in TABLES}


def damage(site, *tables):
    for table in tables:
        for statement in DAMAGE[table]:
            site.sql(statement)


@contextmanager
def work_going_on(site):
    """Somebody produces, a few records at a time, until the block is left."""
    over = threading.Event()

    def produce():
        for seed in itertools.count(1000):
            rows = random_rows(10, seed)
            for first in range(0, len(rows), 5):
                if over.is_set():
                    return
                site.produce_all(rows[first:first + 5])

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        yield
    finally:
        over.set()
        producer.join()


def test_both_say_the_same_while_work_goes_on(site):
    site.start("aggregator", {"aggregator.batch_max": "20"}).wait_ready()
    rows = random_rows(150, seed=21)
    site.produce_all([*rows, *((*bad[:2], None, 0) for bad in unusable_rows(rows[0][1]).values())])
    site.wait_caught_up("aggregator")
    letters = site.sql("SELECT count(*) FROM dlq_outbox")
    with work_going_on(site):
        replay(site)
    require_exact(site)
    assert site.sql("SELECT count(*) FROM dlq_outbox") == letters
    wait_until(lambda: site.sql("SELECT count(*) FROM dlq_outbox WHERE sent_at IS NULL") == [(0,)], "dead letters are sent")
    assert len(site.dead_letters()) == letters[0][0]  # the second aggregator sends none


@pytest.mark.parametrize("source", ["log", "history"])
def test_what_differs_is_found_and_taken_over(site, source):
    """From the log everything is mended; the history believes itself. The aggregator at work must not go on from what it remembers."""
    aggregator = site.start("aggregator").wait_ready()
    rows = random_rows(120, seed=22)
    site.produce_all(rows)
    site.wait_caught_up("aggregator")
    wrong = ("dossier", "rollup_daily", "rollup_open", *(("dossier_event",) if source == "log" else ()))
    damage(site, *wrong)
    before = everything(site)
    replay(site, "--from", source, differ=wrong)
    assert everything(site) == before
    replay(site, "--from", source, "--swap", differ=wrong)
    require_exact(site)
    replay(site)
    site.produce_all(random_rows(120, seed=23) + [step(row[0].decode(), 9, 20) for row in rows[:60]])
    require_exact(site)
    aggregator.wait_ready()


def test_cold_dossiers_too(site):
    """Their rows and histories lie in tables of their year: nothing is doubled among the warm ones."""
    site.set("postgres", "cold_after", "1d")
    site.start("aggregator").wait_ready()
    site.produce_all(random_rows(120, seed=27))
    site.wait_caught_up("aggregator")
    before = everything(site)
    site.hoso("db", "retain")
    assert site.sql("SELECT count(*) > 5 FROM dossier WHERE tableoid <> 'dossier'::regclass") == [(True,)]
    wrong = ("dossier", "rollup_daily", "rollup_open")
    damage(site, *wrong)
    replay(site, "--from", "log", "--swap", differ=wrong)
    assert everything(site) == before
    replay(site)


def test_what_was_in_memory_is_forgotten(site):
    """It worked on with a damaged history, and remembers that; what it writes after the others took over must not rest on it."""
    aggregator = site.start("aggregator").wait_ready()
    rows = [opened(code(n)) for n in range(40)] + [step(code(n), 5, 2) for n in range(40)]
    site.produce_all(rows)
    site.wait_caught_up("aggregator")
    site.sql("DELETE FROM dossier_event WHERE kind = 'progress'")
    site.sql("UPDATE dossier SET unit_id = NULL, quarantine = 'unknown' WHERE dossier_id % 2 = 0")
    aggregator.restart()
    site.produce_all([event("rated", code(n), at(3), rating=5) for n in range(40)])
    site.wait_caught_up("aggregator")
    site.hoso("replay", "--swap", timeout_s=180)
    require_exact(site)
    site.produce_all([step(code(n), 9, 4) for n in range(40)])
    require_exact(site)


def test_an_interrupted_one_leaves_no_trace_in_what_is_used(site):
    site.start("aggregator").wait_ready()
    site.produce_all(random_rows(60, seed=24))
    site.wait_caught_up("aggregator")
    before = everything(site)
    site.sql("CREATE SCHEMA hoso_replay; CREATE TABLE hoso_replay.dossier (left_over integer)")
    replay(site)
    assert everything(site) == before


def test_where_the_log_no_longer_reaches_the_history_does(site):
    aggregator = settled(site)
    truncate(site, 2, 10)
    aggregator.start()
    site.produce_all([step(code(n), 9, 2, partition=n % 4) for n in range(30)])
    site.produce_all([event("erased", code(3), at(3), partition=3)])
    site.wait_caught_up("aggregator")
    before = everything(site)
    site.hoso("replay", "--from", "log", code=EXIT_DATA)
    replay(site)
    damage(site, "dossier", "rollup_daily")
    replay(site, "--swap", differ=("dossier", "rollup_daily"))
    assert everything(site) == before
    site.check_rollups()


# ---- where to go on ----

def test_a_person_decides_to_go_on_after_a_loss(site):
    aggregator = settled(site)
    site.produce_all([step(code(n), 9, 2, partition=n % 4) for n in range(40)])
    truncate(site, 2, 15)
    require_stop(site, aggregator)
    assert "not 14" in failure(site, "--partition", "2", "--to", "14")
    assert "from 10 to 15" in site.hoso("replay", "offset", "--partition", "2", "--to", "begin")
    aggregator.start()
    site.wait_caught_up("aggregator")
    assert site.sql("SELECT count(*) FROM dossier WHERE status = 9") == [(35,)]
    site.check_rollups()


def failure(site, *options):
    site.hoso("replay", "offset", *options, code=EXIT_DATA)
    return (site.folder / "hoso.log").read_text().splitlines()[-1]


def make_anew(site):
    administer(site, "delete_topics", site.events_topic, operation_timeout=30)
    wait_until(lambda: "created" in site.hoso("topics", "apply"), "the topic is gone and made anew")


def test_a_topic_made_anew_that_has_grown_is_noticed(site):
    """Its offsets look right; the record before them is another one."""
    aggregator = settled(site)
    make_anew(site)
    site.produce_all([opened(code(n), partition=n % 4) for n in range(100, 160)])
    require_stop(site, aggregator, "offset 9", "made anew")
    site.hoso("replay", "offset", "--to", "begin")
    aggregator.start()
    site.wait_caught_up("aggregator")
    assert site.sql("SELECT count(*) FROM dossier WHERE deciding_agency = %s", AGENCY) == [(100,)]
    site.check_rollups()


def test_going_back_is_safe_also_while_it_works(site):
    aggregator = site.start("aggregator").wait_ready()
    site.produce_all(random_rows(60, seed=25))
    require_exact(site)
    site.hoso("replay", "offset", "--to", "begin")
    site.produce_all(random_rows(20, seed=26))
    aggregator.expect_exit(EXIT_SOFTWARE)
    assert "moved back" in aggregator.log()
    aggregator.start()
    require_exact(site)


def test_one_at_a_time(site):
    site.start("aggregator").wait_ready()
    site.produce_all([opened(code(1))])
    site.wait_caught_up("aggregator")
    with site.connect() as other:
        other.execute("SELECT pg_advisory_lock(hashtext('hoso_replay'))")
        site.hoso("replay", code=EXIT_DATA)
    replay(site)
