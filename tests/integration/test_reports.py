"""The official forms, cell by cell: a month made by hand (tests/reports/month.py) through Kafka and the aggregator."""

import csv
import io
import json
import re
import sys
from collections import Counter

import openpyxl
import pytest
from harness import encode_event
from harness.servers import ROOT
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


def test_an_explanation_spoils_no_data(town, tmp_path):
    """CSV, JSON and HTML stay what they are; beside a file the explanation stands on standard output, in the reader's language."""
    first, last = MONTHS["july"]
    asked = ("report", "ii06a", "--unit", "11713", "--from", first, "--to", last, "--known-at", KNOWN_AT, "--explain")
    assert json.loads(town.hoso(*asked, "--json"))["rows"]
    assert len(list(csv.reader(io.StringIO(town.hoso(*asked, "--format", "csv"))))) == 2
    assert town.hoso(*asked, "--format", "html").rstrip().endswith("</html>")
    text = town.hoso(*asked, "--out", str(tmp_path / "a.csv"), environment={"LANG": "vi_VN.UTF-8"})
    assert "Thay đổi so với lúc đó" in text and "mới: " in text
    assert not re.search(r"new|carried|running|overdue|on_time", text)


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


# ---- disclosure ----

SUMS = {  # whole: parts, by form, written down a second time
    "ii06a": [("received", "new_online new_direct carried"), ("settled", "early on_time late"), ("open", "open_in_time open_overdue"),
              ("received", "settled open")],
    "07a": [("received", "new_counter new_online_full new_online_partial new_other new_postal carried"),
            ("settled", "in_time late_apology late_no_apology"), ("open", "not_due overdue_apology overdue_no_apology"),
            ("received", "settled open"), ("paid", "paid_online paid_direct")],
    "nguyen-nhan": [("total", "late open_overdue"), ("late", "late_apology late_no_apology"),
                    ("open_overdue", "overdue_apology overdue_no_apology")],
}
SUMS["ii06b"] = SUMS["ii06a"]


def equations(answer, sums):
    """Each a dict {(row, column): coefficient} that adds up to 0: the sums of every row, and of every column."""
    rows = [*answer["rows"], answer["total"]]
    for i, _ in enumerate(rows):
        for whole, parts in sums:
            yield {(i, whole): -1, **{(i, part): 1 for part in parts.split()}}
    for column in set(answer["total"]) - {"code", "name"}:
        if answer["total"][column] is not None:
            yield {(len(rows) - 1, column): -1, **{(i, column): 1 for i in range(len(rows) - 1)}}


def isolated(unknown_equations):
    """The unknowns that linear algebra gives away: elimination in whole numbers."""
    rows = [dict(equation) for equation in unknown_equations if equation]
    solved = []
    while rows:
        pivot_row = rows.pop()
        pivot = next(iter(pivot_row))
        factor = pivot_row[pivot]
        for others in (rows, solved):
            for k, row in enumerate(others):
                if pivot in row:
                    scale, change = row[pivot], dict(row)
                    others[k] = {name: value for name in row.keys() | pivot_row.keys()
                                 if (value := change.get(name, 0) * factor - pivot_row.get(name, 0) * scale)}
        rows = [row for row in rows if row]
        solved.append(pivot_row)
    return [row for row in solved if len(row) == 1]


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("which", ["july", "august"])
@pytest.mark.parametrize("unit", ["11713", "all"])
def test_nothing_small_is_published_nor_follows_from_what_is(town, name, which, unit):
    whole, public = form(town, name, which, unit=unit), form(town, name, which, "--public", unit=unit)
    values = {(i, column): value for i, row in enumerate([*whole["rows"], whole["total"]]) for column, value in row.items()}
    shown = {(i, column): value for i, row in enumerate([*public["rows"], public["total"]]) for column, value in row.items()}
    hidden = {place for place, value in shown.items() if value == "hidden"}
    counts = {place: value for place, value in shown.items() if isinstance(value, int)}
    small = {place for place, value in values.items() if isinstance(value, int) and 1 <= value <= 4}
    assert small <= hidden and bool(small) == bool(hidden)
    assert all(values[place] == value for place, value in counts.items())
    system = list(equations(public, SUMS[name]))
    assert not isolated([{p: k for p, k in equation.items() if p in hidden} for equation in system])
    for equation in system:
        total = next(place for place, k in equation.items() if k == -1)
        parts = [place for place, k in equation.items() if k == 1 and place in hidden]
        assert total in hidden or not parts or sum(values[p] for p in parts) >= 5 or \
            all(p in hidden for p in equation if p != total and values[p])


def test_public_figures_of_paper_hide_too(town, tmp_path):
    first, last = MONTHS["july"]
    for ending in ("csv", "html"):
        path = tmp_path / f"form.{ending}"
        town.hoso("report", "07a", "--unit", "11713", "--from", first, "--to", last, "--public", "--out", str(path))
        assert "…" in path.read_text()


# ---- exports ----

def test_every_export_is_recorded(town, tmp_path):
    first, last = MONTHS["july"]
    period = ("--unit", "11713", "--from", first, "--to", last)
    town.sql("DELETE FROM report_export")
    town.hoso("report", "ii06a", *period)  # looked at, not exported
    town.hoso("report", "ii06a", *period, "--public", "--out", str(tmp_path / "a.xlsx"))
    town.hoso("report", "ii06a", *period, "--list", "late", "--codes", "--format", "csv", "--known-at", KNOWN_AT)
    assert town.sql("SELECT form, unit_code, from_day::text, to_day::text, read_on::text, known_at IS NOT NULL, format, is_public,"
                    " with_codes, row_count > 0 FROM analytics.report_export ORDER BY export_id") == [
        ("ii06a", "11713", first, last, last, False, "xlsx", True, False, True),
        ("danh-sach", "11713", first, last, last, True, "csv", False, True, True)]


def test_no_code_leaves_unless_asked_for(town, tmp_path):
    first, last = MONTHS["july"]
    for extra in (("--format", "csv"), ("--json",), ("--format", "html"), ("--list", "all")):
        assert "H24.11713-" not in town.hoso("report", "ii06a", "--unit", "11713", "--from", first, "--to", last, *extra)


# ---- paper ----

def test_xlsx_is_the_printed_form(town, tmp_path):
    first, last = MONTHS["july"]
    path = tmp_path / "form.xlsx"
    town.hoso("report", "ii06a", "--unit", "11713", "--from", first, "--to", last, "--out", str(path),
              environment={"LANG": "vi_VN.UTF-8"})
    sheet = openpyxl.load_workbook(path).active
    assert sheet["A1"].value == "Biểu số II.06a/VPCP/KSTT"
    assert [cell.value for cell in sheet[8]] == [f"({n})" for n in range(1, 14)]
    assert [cell.value for cell in sheet[9]][1:] == ["xã Nghi Dương", *month.II06A["july"].values()]
    assert {str(r) for r in sheet.merged_cells.ranges} >= {"C6:F6", "G6:J6", "K6:M6", "A6:A7", "B6:B7"}
    assert (sheet.page_setup.orientation, sheet.sheet_properties.pageSetUpPr.fitToPage) == ("landscape", True)
    assert sheet.print_title_rows == "$6:$8"


def test_html_is_one_page_that_says_the_same(town):
    first, last = MONTHS["july"]
    page = town.hoso("report", "ii06b", "--unit", "11713", "--from", first, "--to", last, "--format", "html")
    cells = [int(text.replace(",", "")) for text in re.findall(r"<td>([\d,]+)", page)]
    assert cells[-11:] == list(month.II06A["july"].values())  # the total
    assert "<script" not in page and "http" not in page


def test_a_file_that_cannot_be_written_is_an_error(town):
    first, last = MONTHS["july"]
    for path in ("/nowhere/a.csv", "/nowhere/a.xlsx"):
        town.hoso("report", "ii06a", "--unit", "11713", "--from", first, "--to", last, "--out", path, code=65)


@pytest.mark.parametrize("options", [
    ("ii99",), ("ii06a", "--format", "pdf"), ("ii06a", "--format", "xlsx"), ("ii06a", "--explain"), ("ii06a", "thua"),
    ("ii06a", "--list", "late", "--json"), ("ii06a", "--list", "late", "--public"), ("ii06a", "--known-at", "hom qua"),
])
def test_wrong_usage(town, options):
    town.hoso("report", *options, "--unit", "11713", "--from", "2025-07-01", "--to", "2025-07-31", code=2)
