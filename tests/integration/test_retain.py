"""`hoso db retain`: ended dossiers go into yearly tables while the aggregator writes, and nothing that anybody reads changes."""

import json
import sys
import threading
import time

import pytest
from harness import encode_event
from harness.servers import ROOT
from harness.site import Site
from harness.wait import wait_until

sys.path.append(str(ROOT / "tests" / "reports"))
import month  # pylint: disable=wrong-import-position

PERIODS = [("2025-06-01", "2025-06-30"), ("2025-07-01", "2025-07-31"), ("2025-08-01", "2025-08-31"), ("2025-07-01", "2026-06-30")]
DAY_MS = 86400000
LATE = int(time.time() * 1000) - 50 * DAY_MS  # long after everything in the month made by hand
EVENTS = sorted((e for d in month.DOSSIERS for e in d["events"]), key=lambda e: e["ingested_at"])


@pytest.fixture
def town(servers, tmp_path):
    made = Site(servers, tmp_path).create()
    made.set("postgres", "cold_after", "1d")
    try:
        made.start("aggregator")
        tell(made, EVENTS)
        made.wait_caught_up("aggregator")
        yield made
    finally:
        made.destroy()


def tell(town, events):
    town.produce_all([(e["dossier_code"].encode(), encode_event(**e), None, None) for e in events])


def apology(code, number, heard_at=LATE):
    """Late news that move a figure: 07a tells late dossiers with a letter from those without."""
    return {"event_id": f"late{number}".encode().ljust(16, b"-"), "kind": "apology_sent", "dossier_code": code,
            "occurred_at": heard_at, "ingested_at": heard_at + number, "time_basis": "source", "source": "motcua"}


def reports(town):
    return {(form, *period): json.loads(town.hoso("report", form, "--unit", "all", "--from", period[0], "--to", period[1], "--json"))
            for form in ("07a", "766") for period in PERIODS}


def where(town):
    """{table: dossiers}, and whether each history lies with its row."""
    rows = dict(town.sql("SELECT tableoid::regclass::text, count(*) FROM dossier GROUP BY 1"))
    apart = town.sql("SELECT count(*) FROM dossier d JOIN dossier_event e USING (dossier_id) WHERE replace(e.tableoid::regclass::text, '_event', '')"
                     " <> d.tableoid::regclass::text")[0][0]
    return rows, apart


def late_codes(town):
    return [code for code, in town.sql("SELECT code FROM dossier WHERE verdict = 'late' AND NOT coalesce(apology_sent, false) ORDER BY code")]


def test_whole_dossiers_move_and_no_figure_changes(town):
    before, history = reports(town), town.sql("SELECT count(*) FROM dossier_event")
    warm = town.sql("SELECT count(*) FROM dossier WHERE phase <> 'ended' OR quarantine IS NOT NULL")[0][0]
    ended = town.sql("SELECT count(*) FROM dossier WHERE phase = 'ended' AND quarantine IS NULL")[0][0]
    assert f"moved {ended} dossiers" in town.hoso("db", "retain")
    rows, apart = where(town)
    assert rows.pop("dossier") == warm > 0 and sum(rows.values()) == ended > 40 and apart == 0
    assert set(rows) <= {"dossier_y2024", "dossier_y2025", "dossier_y2026"} and rows["dossier_y2025"] > 30
    assert town.sql("SELECT count(*) FROM dossier_event") == history
    assert reports(town) == before
    town.sql("DELETE FROM dossier_past")  # folded again, from the histories where they are now
    assert reports(town) == before
    town.check_rollups()
    assert "moved 0 dossiers" in town.hoso("db", "retain")


def test_young_dossiers_stay(town):
    assert "moved 0 dossiers" in town.hoso("db", "retain", "--set", "postgres.cold_after=3650d")
    assert where(town)[0].keys() == {"dossier"}


def test_late_news_of_a_cold_dossier(town):
    """The row is changed where it stands; the next run brings it back whole, and it goes again when it has been quiet long enough."""
    town.hoso("db", "retain", "--set", "postgres.cold_after=100d")
    code = late_codes(town)[0]
    tell(town, [apology(code, 0)])
    town.wait_caught_up("aggregator")
    assert town.sql("SELECT apology_sent, tableoid::regclass::text FROM dossier WHERE code = %s", code) == [(True, "dossier_y2025")]
    assert where(town)[1] == 1
    town.check_rollups()
    town.oracle("--no-alerts")
    assert "brought back 1 with news" in town.hoso("db", "retain", "--set", "postgres.cold_after=100d")
    assert town.sql("SELECT tableoid::regclass::text FROM dossier WHERE code = %s", code) == [("dossier",)]
    assert where(town)[1] == 0
    town.check_rollups()
    assert "moved 1 dossiers" in town.hoso("db", "retain")
    assert where(town)[1] == 0


def test_an_erased_dossier_is_forgotten_in_the_cold_too(town):
    town.hoso("db", "retain")
    code = late_codes(town)[0]
    tell(town, [{**apology(code, 0), "kind": "erased"}])
    town.wait_caught_up("aggregator")
    assert town.sql("SELECT e.kind FROM dossier_event e JOIN dossier d USING (dossier_id) WHERE d.code = %s", code) == [("erased",)]


@pytest.mark.parametrize("restarted", [False, True], ids=["with its memory", "restarted"])
def test_moved_while_the_aggregator_writes(town, restarted):
    """First out, while news of old dossiers come in, then back, when what they tell is from now."""
    codes = sorted({e["dossier_code"] for e in EVENTS})
    if restarted:
        town.services[0].restart()
    stop, heard_at = threading.Event(), [LATE]

    def talk():
        number = 0
        while not stop.is_set():
            tell(town, [apology(code, number + i, heard_at[0]) for i, code in enumerate(codes)])
            number += len(codes)
    talker = threading.Thread(target=talk)
    talker.start()
    try:
        for _ in range(3):
            town.hoso("db", "retain")
        assert where(town)[0]["dossier_y2025"] > 30
        heard_at[0] = LATE + 50 * DAY_MS - 3600000
        wait_until(lambda: "brought back 0" not in town.hoso("db", "retain"), "a dossier comes back")
        town.hoso("db", "retain")
    finally:
        stop.set()
        talker.join()
    town.wait_caught_up("aggregator")
    assert len(codes) == town.sql("SELECT count(*) FROM dossier")[0][0]
    town.check_rollups()
    town.oracle("--no-alerts")
    assert town.dead_letters() == []
