"""The map of units: checked imports, quarantine, and dossiers that are folded again while the services run."""

import json
import uuid

import pytest
from harness import encode_event, wait_until

DAY = 86_400_000
AUGUST = 1_754_010_000_000  # 2025-08-01 08:00 in Việt Nam
BEFORE_MERGER = AUGUST - 60 * DAY
NGHI_DUONG, KIEN_QUOC = 1171302, 1171301
OVERDUE_UNIT = "SELECT unit_id FROM alert WHERE dossier_code = 'new-overdue' AND rule = 'overdue' AND state = 'firing'"
AGENCIES = "agency_code,unit_code,valid_from,valid_to\n"
UNITS = "unit_id,code,name,kind,valid_from,valid_to,successor_id,split\n"


def record(code, agency, accepted_at=AUGUST, ended_at=None, **fields):
    value = encode_event(event_id=uuid.uuid4().bytes, kind="record", dossier_code=code, status=9 if ended_at else 4,
                         accepted_at=accepted_at, ended_at=ended_at, occurred_at=ended_at or accepted_at,
                         ingested_at=AUGUST + 300 * DAY, deciding_agency=agency, procedure_code="1.005129", **fields)
    return code.encode(), value, None, None


def imported(site, text, *options, code=0, **more):
    path = site.folder / "import.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return site.hoso("units", "import", path, *options, code=code, **more)


def units_of(site):
    return dict(site.sql("SELECT code, coalesce(unit_id::text, quarantine) FROM dossier"))


def tables(site):
    """As text, since Python has no infinite dates."""
    return [[row for row, in site.sql(f"SELECT {table}::text FROM {table} ORDER BY 1")]
            for table in ("agency", "unit", "map_change")]


WRONG = {  # what is wrong: (the file, its exit code, what is said about it)
    "no header": ("a,b\n1,2\n", 65, "the header must be one of"),
    "not a date": (AGENCIES + "H24.NEW,11713,01/07/2025,\n", 65, "line 2, column 3: must be yyyy-MM-dd"),
    "a day that does not exist": (AGENCIES + "H24.NEW,11713,2025-02-30,\n", 65, "line 2, column 3"),
    "a field too many": (AGENCIES + "H24.NEW,11713,,,\n", 65, "line 2"),
    "a quote that is not closed": (AGENCIES + 'H24.NEW,"11713,,\n', 65, "line 2"),
    "unknown commune": (AGENCIES + "H24.NEW,99999,,\n", 65, "2: 99999: no commune has this code"),
    "a zero lost by a spreadsheet": (AGENCIES + "H24.NEW,1713,,\n", 65, "leading zero"),
    "commune of another time": (AGENCIES + "H24.NEW,11710,2025-07-01,\n", 65, "2: 11710: no commune has this code"),
    "the same key twice": (AGENCIES + "H24.NEW,11713,2025-07-01,\nH24.NEW,10507,2025-07-01,\n", 65, "3: H24.NEW: two lines"),
    "two entries at one time": (AGENCIES + "H24.11713,10507,2026-01-01,\n", 65, "valid at the same time"),
    "ends before it begins": (AGENCIES + "H24.NEW,11713,2025-08-01,2025-07-01\n", 65, "valid_to lies before"),
    "no agency": (AGENCIES + ",11713,,\n", 65, "is missing"),
    "blanks in a code": (AGENCIES + "H24 NEW,11713,,\n", 65, "blanks"),
    "a unit_id of another commune": (UNITS + f"{NGHI_DUONG},11714,X,xã,2025-07-01,,,0\n", 65, "take a new one"),
    "a code borne twice": (UNITS + "9999901,11713,X,xã,2026-01-01,,,0\n", 65, "two units bear one code"),
    "unknown successor": (UNITS + "9999901,99999,X,xã,,2025-06-30,9999902,0\n", 65, "no unit has this successor_id"),
    "a circle": (UNITS + "9999901,99998,X,xã,,2025-06-30,9999902,0\n9999902,99999,Y,xã,,2025-06-30,9999901,0\n", 65,
                 "go in a circle"),
    "divided and yet succeeded": (UNITS + f"9999901,99998,X,xã,,2025-06-30,{NGHI_DUONG},1\n", 65, "has no successor_id"),
    "divided and still valid": (UNITS + "9999901,99998,X,xã,,,,1\n", 65, "needs a valid_to"),
    "a unit without name": (UNITS + "9999901,99998,,xã,,,,0\n", 65, "is missing"),
    "no such flag": (UNITS + "9999901,99998,X,xã,,,,yes\n", 65, "must be 0 or 1"),
    "candidate of a unit that is whole": (f"unit_id,candidate_id\n{NGHI_DUONG},{NGHI_DUONG}\n", 65, "no divided unit"),
}


def test_a_wrong_file_changes_nothing_and_names_the_line(site):
    before = tables(site)
    for what, (text, code, said) in WRONG.items():
        imported(site, text, code=code)
        log = (site.folder / "hoso.log").read_text()
        assert said in log.rsplit("$ hoso units", 1)[1], what
        assert tables(site) == before, what
    site.hoso("units", "import", site.folder / "no.such.file", code=65)
    imported(site, UNITS, "--replace", code=65)
    site.hoso("units", code=2)
    site.hoso("units", "export", "x", code=2)


def test_dry_run_replace_and_what_is_the_same_already(site):
    before = tables(site)
    text = AGENCIES + "H24.NEW,11713,2025-07-01,\nH24.10507,11713,2025-07-01,\n"
    said = imported(site, "\ufeff" + text, "--dry-run")
    assert "+ H24.NEW: 11713" in said and "~ H24.10507: 10507 → 11713" in said and "nothing was written" in said
    assert "1 added, 1 changed, 0 removed, 0 as they were" in said and tables(site) == before
    assert "Thêm 1, đổi 1" in imported(site, text, environment={"LANG": "vi_VN.UTF-8"})
    versions = tables(site)[2]
    assert "0 added, 0 changed, 0 removed, 2 as they were" in imported(site, text)
    assert tables(site)[2] == versions, "nothing changed, so the services have nothing to do"
    assert f"{len(before[0]) - 1} removed" in imported(site, text, "--replace")
    assert tables(site)[0] == ["(H24.10507,11713,2025-07-01,infinity)", "(H24.NEW,11713,2025-07-01,infinity)"]


@pytest.fixture
def waiting(site):
    """Dossiers that nobody answers for, and two that somebody does; one that waits is overdue and has fired."""
    site.set("alerter", "rule", "timestamp")
    site.set("aggregator", "batch_max", "3")
    site.produce_all([
        record("new-ended", "H24.NEW", ended_at=AUGUST + 5 * DAY, due_at=AUGUST + 3 * DAY),
        record("new-overdue", "H24.NEW", due_at=AUGUST + 9 * DAY),
        record("new-by-unit", "H24.NEW", deciding_unit="11713"),
        record("split-open", "H24.0.10528", accepted_at=BEFORE_MERGER),
        record("split-ended", "H24.0.10528", accepted_at=BEFORE_MERGER, ended_at=BEFORE_MERGER + DAY),
        record("merged-open", "H24.0.11713", accepted_at=BEFORE_MERGER),
        record("merged-ended", "H24.0.11713", accepted_at=BEFORE_MERGER, ended_at=BEFORE_MERGER + DAY),
        record("expired", "H24.0.11713", accepted_at=AUGUST),
    ])
    site.start("aggregator")
    site.start("alerter")
    site.wait_caught_up("aggregator", "alerter")
    assert units_of(site) == {
        "new-ended": "unknown", "new-overdue": "unknown", "new-by-unit": str(NGHI_DUONG), "split-open": "split",
        "split-ended": "1052801", "merged-open": str(NGHI_DUONG), "merged-ended": str(KIEN_QUOC), "expired": "expired"}
    wait_until(lambda: site.sql(OVERDUE_UNIT) == [(None,)], "it has fired without a unit")
    return site


def test_what_waits_is_listed_and_leaves_without_a_restart(waiting):
    site = waiting
    groups = [json.loads(line) for line in site.hoso("quarantine", "--json").splitlines()]
    assert [(g["reason"], g["agency"], g["count"], g["open"]) for g in groups] == [
        ("expired", "H24.0.11713", 1, 1), ("split", "H24.0.10528", 1, 1), ("unknown", "H24.NEW", 2, 1)]
    split = groups[1]
    assert split["unit"]["code"] == "10528" and [u["unit_id"] for u in split["candidates"]] == [1053202, 1053702]
    assert groups[0]["candidates"] == []
    names = [json.loads(line)["dossier_code"] for line in site.hoso("quarantine", "--dossiers", "--json").splitlines()]
    assert names == ["expired", "split-open", "new-ended", "new-overdue"]
    plain = site.hoso("quarantine", environment={"LANG": "vi_VN.UTF-8"})
    assert "xã đã chia" in plain and "→ 10532" in plain and "4 hồ sơ chờ xếp đơn vị" in plain

    assert "4; with these tables 2 of them" in imported(site, AGENCIES + "H24.NEW,11713,2025-07-01,\n", "--dry-run")
    assert units_of(site)["new-ended"] == "unknown"
    imported(site, AGENCIES + "H24.NEW,11713,2025-07-01,\n")
    wait_until(lambda: units_of(site)["new-ended"] == units_of(site)["new-overdue"] == str(NGHI_DUONG),
               "they have their commune")
    assert site.sql("SELECT to_char(day, 'YYYY-MM'), sum(late)::int FROM analytics.rollup_daily "
                    "WHERE unit_id = %s AND late > 0 GROUP BY 1", NGHI_DUONG) == [("2025-08", 1)]
    site.check_rollups()
    wait_until(lambda: site.sql(OVERDUE_UNIT) == [(NGHI_DUONG,)], "the alert has come to its commune")
    wait_until(lambda: [a.value["unit_code"] for a in site.alerts() if a.key == b"new-overdue"][-1:] == ["11713"],
               "the commune is told")

    # A person decides who takes the divided unit's backlog; what ended before stays.
    row = site.sql("SELECT unit_id, code, name, kind, '', valid_to::text, 1053202, 0 FROM unit WHERE unit_id = 1052801")[0]
    imported(site, UNITS + ",".join(map(str, row)) + "\n")
    wait_until(lambda: units_of(site)["split-open"] == "1053202", "the backlog has gone where it was decided")
    assert units_of(site)["split-ended"] == "1052801"
    assert site.hoso("quarantine", "--json").count("\n") == 1
    site.check_rollups()
    wait_until(lambda: {v for v, in site.sql("SELECT map_version FROM kafka_offset")}
               == set(site.sql("SELECT max(version) FROM map_change")[0]), "both services follow the newest map")


def test_a_new_merger_moves_the_backlog_and_leaves_what_has_ended(waiting):
    site = waiting
    row = site.sql("SELECT unit_id, code, name, kind, valid_from::text FROM unit WHERE unit_id = %s", NGHI_DUONG)[0]
    imported(site, UNITS + "1171303,11713,Tên Mới,xã,2026-01-01,,,0\n"
             + ",".join(map(str, row)) + ",2025-12-31,1171303,0\n")
    wait_until(lambda: units_of(site)["merged-open"] == units_of(site)["new-by-unit"] == "1171303",
               "the backlog is the successor's")
    assert units_of(site)["merged-ended"] == str(KIEN_QUOC) and units_of(site)["new-ended"] == "unknown"
    site.check_rollups()


def test_killed_while_folding_again(waiting):
    site = waiting
    aggregator = next(s for s in site.services if s.section == "aggregator")
    aggregator.terminate()
    for number in (1, 2):  # before the first partition's chunk is committed, and between two of them
        aggregator.start(crash_at=f"aggregator.refold_before_commit:{number}", wait=False)
        if number == 1:
            imported(site, AGENCIES + "H24.NEW,11713,2025-07-01,\n")
        aggregator.wait_crash()
    aggregator.start()
    wait_until(lambda: units_of(site)["new-ended"] == units_of(site)["new-overdue"] == str(NGHI_DUONG),
               "they have their commune")
    site.wait_caught_up("aggregator")
    site.check_rollups()
    # What comes after it is judged by the new map, too.
    site.produce_all([record("new-later", "H24.NEW")])
    site.wait_caught_up("aggregator")
    assert units_of(site)["new-later"] == str(NGHI_DUONG)
