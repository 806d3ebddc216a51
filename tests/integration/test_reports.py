"""The official forms, cell by cell: a month made by hand (tests/reports/month.py) through Kafka and the aggregator."""

import csv
import io
import json
import sys
from collections import Counter

import pytest
from harness import encode_event
from harness.servers import ROOT, Servers  # noqa: F401
from harness.site import Site

sys.path.append(str(ROOT / "tests" / "reports"))
import month  # pylint: disable=wrong-import-position

MONTHS = {"june": ("2025-06-01", "2025-06-30"), "july": ("2025-07-01", "2025-07-31"), "august": ("2025-08-01", "2025-08-31")}
KNOWN_AT = "2025-08-01T08:00"


@pytest.fixture(scope="module")
def town(servers, tmp_path_factory):
    """An installation that has read the whole month."""
    made = Site(servers, tmp_path_factory.mktemp("town")).create()
    try:
        events = sorted((e for d in month.DOSSIERS for e in d["events"]), key=lambda e: e["ingested_at"])
        made.start("aggregator")
        made.produce_all([(e["dossier_code"].encode(), encode_event(**e), None, None) for e in events])
        made.wait_caught_up("aggregator")
        yield made
    finally:
        made.destroy()


def form(town, name, which, *options, unit="11713", code=0):
    first, last = MONTHS[which]
    return json.loads(town.hoso("report", name, "--unit", unit, "--from", first, "--to", last, "--json", *options, code=code))


def only_row(answer):
    assert answer["adds_up"] and len(answer["rows"]) == 1
    return {key: value for key, value in answer["rows"][0].items() if key not in ("code", "name")}


def classes(town, which, *options):
    """{dossier code: "place class"} of everything that counts."""
    first, last = MONTHS[which]
    rows = csv.DictReader(io.StringIO(town.hoso("report", "--unit", "11713", "--from", first, "--to", last, "--list", "all",
                                                "--format", "csv", "--codes", *options)))
    places = dict(town.sql("SELECT c.dossier_code, coalesce(l.place, '') FROM analytics.report_list(NULL, '11713', %s, %s) l"
                           " JOIN analytics.dossier_code c USING (dossier_id)", first, last)) if not options else {}
    return {row["dossier_code"]: f"{places.get(row['dossier_code'], '')} {row['class']}".strip() for row in rows}


@pytest.mark.parametrize("which", MONTHS)
def test_every_dossier_counts_as_worked_out_by_hand(town, which):
    found = classes(town, which)
    wrong = {d["name"]: (d[which], found.get(d["code"], "")) for d in month.DOSSIERS if found.get(d["code"], "") != d[which]}
    assert not wrong, f"name: (by hand, found): {wrong}"


def test_the_table_by_hand_agrees_with_itself():
    """The literal cells against the labels of the dossiers, so that a slip of the hand shows."""
    for which, cells in month.II06A.items():
        count = Counter(d[which] for d in month.DOSSIERS if d[which])
        by_class = Counter()
        for label, n in count.items():
            by_class[label.split()[-1]] += n
        assert cells["carried"] == sum(n for label, n in count.items() if label.startswith("carried"))
        assert cells["received"] == sum(n for label, n in count.items() if label.startswith(("new", "carried")))
        assert (cells["early"], cells["on_time"], cells["late"]) == (
            by_class["early"], by_class["on_time"] + by_class["withdrawn"], by_class["late"])
        assert (cells["open_in_time"], cells["open_overdue"]) == (by_class["running"] + by_class["paused"], by_class["overdue"])


@pytest.mark.parametrize("which", MONTHS)
def test_ii06a(town, which):
    assert only_row(form(town, "ii06a", which)) == month.II06A[which]


@pytest.mark.parametrize("which", month.BTP_07A)
def test_07a(town, which):
    assert only_row(form(town, "07a", which)) == month.BTP_07A[which]


def test_07a_by_the_week_splits_early_and_on_time(town):
    got = only_row(form(town, "07a-tuan", "july"))
    assert (got.pop("early"), got.pop("on_time")) == (20, 9)
    assert got == {key: value for key, value in month.BTP_07A["july"].items() if key != "in_time"}


def test_ii06b(town):
    answer = form(town, "ii06b", "july")
    assert {row.pop("name"): {k: v for k, v in row.items() if k != "code"} for row in answer["rows"]} == month.II06B_JULY
    assert {k: v for k, v in answer["total"].items() if k in month.II06A["july"]} == month.II06A["july"]


def test_causes(town):
    rows = form(town, "nguyen-nhan", "july")["rows"]
    assert {row["code"]: tuple(v for k, v in row.items() if k not in ("code", "name")) for row in rows} == month.CAUSES_JULY


def test_766(town):
    rows = form(town, "766", "july")["rows"]
    assert {row["code"]: tuple(list(row.values())[2:8]) for row in rows} == month.PROGRESS_766_JULY


@pytest.mark.parametrize("which", month.SUMMARY_RATINGS)
def test_summary(town, which):
    got = form(town, "tong-hop", which)
    assert (got["rated"], got["satisfied"]) == month.SUMMARY_RATINGS[which]
    assert got["adds_up"] and got["received"] == month.II06A[which]["received"]
    assert got["open_paused"] == sum(d[which].endswith("paused") for d in month.DOSSIERS)


def test_the_whole_city(town):
    rows = {row["code"]: row for row in form(town, "ii06a", "july", unit="all")["rows"]}
    assert rows["11713"]["received"] == 61 and len(rows) == 114
    # "transferred away in July" (done there early), and "transferred in in August", not yet gone
    assert rows["10507"]["received"] == 2 and rows["10507"]["early"] == 1 and rows["10507"]["open"] == 1


# ---- as it was known ----

def test_from_what_was_known(town):
    found = classes(town, "july", "--known-at", KNOWN_AT)
    for d in month.DOSSIERS:
        assert found.get(d["code"], "") == d.get("told", d["july"]).split(" ")[-1], d["name"]


def test_a_changed_figure_is_explained(town):
    first, last = MONTHS["july"]
    text = town.hoso("report", "ii06a", "--unit", "11713", "--from", first, "--to", last, "--known-at", KNOWN_AT, "--explain")
    changed = {d["name"]: d for d in month.DOSSIERS if d.get("told", d["july"]) != d["july"]}
    assert f"Changed since: {len(changed)} dossiers" in text
    lines = [line for line in text.splitlines() if "→" in line]
    assert sum("late work, told late" in line for line in lines) == 0  # it was overdue then and is late now: nothing new
    assert len(lines) == len(changed) and all("late data" in line for line in lines)


def test_the_past_is_reproducible(town):
    before = form(town, "07a", "july")
    stored = town.sql("SELECT count(*) FROM dossier_past WHERE read_on = '2025-07-31' AND known_at = 'infinity'")
    town.sql("DELETE FROM dossier_past")
    assert form(town, "07a", "july") == before
    assert town.sql("SELECT count(*) FROM dossier_past WHERE read_on = '2025-07-31' AND known_at = 'infinity'") == stored
    assert town.sql("SELECT count(*) FROM dossier_past WHERE known_at < 'infinity'") == [(0,)]


def test_sql_alone_gives_the_same(town):
    form(town, "ii06a", "july")
    got = town.rows("SELECT * FROM analytics.form_ii06a('11713', '2025-07-01', '2025-07-31')")
    assert [{k: v for k, v in row.items() if not k.startswith("row_")} for row in got] == [month.II06A["july"]]
