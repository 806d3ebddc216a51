"""The whole pipeline against the oracle (tests/oracle), a second implementation written from the rules: every dossier,
cell, episode and dead letter must be the same."""

import os
import random
import re

import pytest
from harness import wait_until
from harness.events import random_rows, unusable_rows

SEED = int(os.environ.get("HOSO_SEED", "1"))


def require_agreement(site):
    """The figures at once, for they are written in the transaction that moves the offset; alerts as soon as they have fired."""
    site.wait_caught_up("aggregator", "alerter", deadline_s=240)
    site.oracle("--no-alerts")
    print(wait_until(site.oracle, "every alert is there and no cell differs", deadline_s=60))


@pytest.mark.parametrize("options", [
    ("--profile", "nghi-duong", "--from", "2026-04-01", "--to", "2026-04-30", "--dossiers", "600", "--seed", "3"),
    ("--profile", "city", "--dossiers", "1500", "--seed", "7"),
], ids=["Nghi Dương", "city"])
def test_a_generated_month(site, options):
    for service in ("ingest", "aggregator", "alerter"):
        site.start(service)
    site.push_generated(*options)
    site.wait_caught_up("aggregator", "alerter", deadline_s=240)
    assert site.sql("SELECT count(*) >= 600 FROM dossier") == [(True,)]
    assert site.check_rollups() > 200
    require_agreement(site)


def random_records(count):
    """Random histories, interleaved, and some records that nobody can use."""
    rows = random_rows(count, SEED)
    for bad in unusable_rows(rows[0][1]).values():
        rows.insert(random.Random(SEED).randrange(len(rows)), bad)
    return rows


PLANTED = {
    "rollup_daily": "UPDATE rollup_daily SET late = late + 1 WHERE ctid = (SELECT min(ctid) FROM rollup_daily)",
    "rollup_open": "UPDATE rollup_open SET count = count - 1 WHERE ctid = (SELECT min(ctid) FROM rollup_open)",
    "dossier": "UPDATE dossier SET promised_at = promised_at + interval '1 ms' WHERE code = "
               "(SELECT min(code) FROM dossier WHERE promised_at IS NOT NULL)",
    "alert": "UPDATE alert SET due_at = due_at + interval '1 day' WHERE alert_id = "
             "(SELECT alert_id FROM alert JOIN dossier ON code = dossier_code "
             "WHERE state <> 'retracted' AND NOT erased ORDER BY 1 LIMIT 1)",
    "dead letters": "DELETE FROM dlq_outbox WHERE id = (SELECT min(id) FROM dlq_outbox)",
}


def test_random_histories_and_planted_differences(site):
    """In two halves with the services at work in between, so that old and new state meet; a part delivered twice."""
    site.set("alerter", "forget_after", "36500d")  # the histories are older than what the alerter usually keeps
    rows = random_records(1200)
    half = len(rows) // 2
    site.produce_all(rows[:half])
    site.start("aggregator", {"aggregator.batch_max": "97"})
    site.start("alerter")
    site.wait_caught_up("aggregator", "alerter", deadline_s=240)
    site.produce_all(rows[half:] + rows[::7])
    require_agreement(site)

    for table, planted in PLANTED.items():  # an oracle that notices nothing proves nothing
        site.sql(planted)
        with pytest.raises(AssertionError) as noticed:
            site.oracle()
        assert re.search(rf"^{table}: \d+ \w+, 1 differ$", str(noticed.value), re.MULTILINE), (table, noticed.value)


@pytest.mark.parametrize("memory", ["1", "100000", "167772160"], ids=["none", "scarce", "ample"])
def test_what_is_kept_in_memory_changes_nothing(site, memory):
    """Three parts of random histories, kill -9 between them: always cold at first, then with no, little or enough memory."""
    options = {"aggregator.batch_max": "61", "aggregator.cache": memory, "aggregator.connections": "3"}
    rows = random_records(500)
    third = len(rows) // 3
    aggregator = None
    for part in (rows[:third], rows[third:2 * third], rows[2 * third:] + rows[::5]):
        if aggregator:
            aggregator.kill()
            aggregator.start(options)
        site.produce_all(part)
        aggregator = aggregator or site.start("aggregator", options)
        site.wait_caught_up("aggregator", deadline_s=120)
    kept = aggregator.metrics()["hoso_aggregator_cached_dossiers"]
    assert {"1": kept == 0, "100000": 0 < kept < 200, "167772160": kept > 200}[memory], kept
    print(site.oracle("--no-alerts"))
    site.check_rollups()
