"""Files renamed into a folder: every form, every bad line, and no line lost or doubled when the process is killed."""

import csv
import io
import json
import os
import random
import time

import pytest
from harness import wait_until
from harness.drop import Drop

MARK = "CANARY"
TIMES = {"NgayNopHoSo": "20260601080000", "NgayTiepNhan": "20260601090000", "NgayHenTra": "20260610170000"}


def code(number):
    return f"H24.11713-260601-{number:04d}"


def hoso(number, **members):
    return {"MaHoSo": code(number), "MaTTHC": "1.005129", "TrangThaiHoSo": "4", "ChuHoSo": f"{MARK} {number}",
            **TIMES, **members}


def rated(number, **members):
    return {"id": f"d-{number}", "kind": "rated", "dossier_code": code(number), "occurred_at": "2026-06-02 08:00:00",
            "rating": 5, "note": MARK, **members}


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(rows, **options):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator=options.pop("lineterminator", "\n"), **options)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def codes(site):
    """Dossier codes of the events topic, once per event."""
    return sorted(event.value["dossier_code"] for event in site.events())


def test_every_form_is_read_and_moved_to_done(site):
    drop = Drop(site, rows="hoso")
    drop.put("1-bom.csv", b"\xef\xbb\xbf" + table([hoso(1, GhiChu='câu "một",\nhai dòng'), hoso(2)],
                                                 lineterminator="\r\n").encode())
    drop.put("2-envelope.json", json.dumps({"service": "DongBoHoSoMC", "madonvi": "H24.10507", "data": [hoso(3), hoso(4)]}))
    drop.put("3-list.json", json.dumps([hoso(5), hoso(6)]))
    drop.put("4-data.json", json.dumps({"data": hoso(7)}))
    drop.put("5.ndjson", "\ufeff" + lines([hoso(8), {"service": "CapNhatTienDoHoSoMC", "data": [
        {"MaHoSo": code(8), "ThoiDiemXuLy": "20260602080000", "TrangThai": "4"}]}]) + "\r\n\n" + lines([hoso(9)]).rstrip())
    drop.put("6-empty.ndjson", "")
    drop.put("7-names-only.csv", "MaHoSo,MaTTHC\n")
    ingest = site.start("ingest")
    drop.put("8-live.jsonl", lines([hoso(10)]))
    drop.wait_done("1-bom.csv", "2-envelope.json", "3-list.json", "4-data.json", "5.ndjson", "6-empty.ndjson",
                   "7-names-only.csv", "8-live.jsonl")
    assert codes(site) == sorted([code(n) for n in range(1, 11)] + [code(8)])
    agencies = {event.value["dossier_code"]: event.value["deciding_agency"] for event in site.events()
                if event.value["kind"] == "record"}
    assert agencies[code(1)] == "H24.11713" and agencies[code(3)] == "H24.10507"
    assert all(event.value["source"] == "tep" for event in site.events())
    assert drop.left() == [] and not list(drop.folder.rglob("*.refused.csv"))
    # The same name again is another file; the same rows again are the same events.
    before = {event.headers["ce_id"] for event in site.events()}
    drop.put("3-list.json", json.dumps([hoso(5), hoso(6)]))
    drop.wait_done("3-list.json.2")
    assert len(site.events()) == 13 and {event.headers["ce_id"] for event in site.events()} == before
    ingest.terminate()


BAD_LINES = {  # what: (line, field, code)
    "not JSON": ("{" + MARK, "", "bad_json"),
    "half a line": (json.dumps(rated(1))[:-5], "", "bad_json"),
    "two values": (json.dumps(rated(1)) + json.dumps(rated(1)), "", "bad_json"),
    "a bare word": (f'"{MARK}"', "", "not_object"),
    "a number": ("12", "", "not_object"),
    "a list of words": (f'["{MARK}"]', "", "not_object"),
    "not UTF-8": (json.dumps(rated(1)).encode().replace(MARK.encode(), b"\xff\xfe"), "", "bad_json"),
    "a control character": (json.dumps(rated(1)).replace(MARK, "\x01"), "", "bad_json"),
    "NUL": (json.dumps(rated(1)).replace(MARK, "\\u0000"), "", "bad_json"),
    "a key twice": (json.dumps(rated(1))[:-1] + ',"kind":"paid"}', "", "bad_json"),
    "nested too deep": ("[" * 40 + "]" * 40, "", "bad_json"),
    "longer than a megabyte": (json.dumps(rated(1, note="x" * (1 << 20))), "", "line_too_long"),
    "no id": (json.dumps({k: v for k, v in rated(1).items() if k != "id"}), "id", "missing"),
    "no such kind": (json.dumps(rated(1, kind=MARK)), "kind", "bad_value"),
    "no time": (json.dumps(rated(1, occurred_at=MARK)), "occurred_at", "bad_time"),
    "a day that does not exist": (json.dumps(rated(1, occurred_at="20260231080000")), "occurred_at", "bad_time"),
    "far ahead of us": (json.dumps(rated(1, occurred_at="20990101080000")), "occurred_at", "too_far_ahead"),
    "rating out of range": (json.dumps(rated(1, rating=9)), "rating", "bad_value"),
    "a code with blanks": (json.dumps(rated(1, dossier_code=f"{MARK} x")), "dossier_code", "bad_code"),
    "a code too long": (json.dumps(rated(1, dossier_code="H" * 65)), "dossier_code", "too_long"),
    "unknown service": (json.dumps({"service": MARK, "data": []}), "", "bad_value"),
    "service without data": (json.dumps({"service": "DongBoHoSoMC"}), "", "missing"),
    "data that is text": (json.dumps({"data": MARK}), "", "not_object"),
    "madonvi that is none": (json.dumps({"data": [rated(1)], "madonvi": MARK}), "", "bad_code"),
}
BAD_CSV = {  # the line of a file with the columns MaHoSo,TrangThaiHoSo,NgayTiepNhan,ChuHoSo
    "a field too few": (f"{code(1)},4,20260601090000", "", "bad_csv"),
    "a field too many": (f"{code(1)},4,20260601090000,{MARK},{MARK}", "", "bad_csv"),
    "text after a quote": (f'{code(1)},4,"20260601090000"x,{MARK}', "", "bad_csv"),
    "a quote inside": (f'{code(1)},4,2026"0601090000,{MARK}', "", "bad_csv"),
    "not UTF-8": (f"{code(1)},4,20260601090000,".encode() + b"\xc3\x28", "", "bad_json"),
    "UTF-16": (f"{code(1)},4,20260601090000,{MARK}".encode("utf-16-le"), "", "bad_csv"),
    "semicolons": (f"{code(1)};4;20260601090000;{MARK}", "", "bad_csv"),
    "no code": (f",4,20260601090000,{MARK}", "MaHoSo", "missing"),
    "no such status": (f"{code(1)},11,20260601090000,{MARK}", "TrangThaiHoSo", "bad_status"),
    "a date of the spreadsheet's": (f"{code(1)},4,01/06/2026 09:00,{MARK}", "NgayTiepNhan", "bad_time"),
    "a number of the spreadsheet's": (f"{code(1)},4,2.0260601E+13,{MARK}", "NgayTiepNhan", "bad_time"),
}


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def test_bad_lines_are_named_and_stop_no_good_one(site):
    events, records = Drop(site, "sukien", rows="events"), Drop(site, "hoso", rows="hoso")
    site.start("ingest")
    body, want, number = b"", [], 1
    for line, field, reason in BAD_LINES.values():
        body += json.dumps(rated(100 + number)).encode() + b"\n" + as_bytes(line) + b"\n"
        want.append((number + 1, field, reason))
        number += 2
    events.put("bad.ndjson", body)
    events.wait_done("bad.ndjson")
    assert [(line, field, reason) for line, _, field, reason in events.refused("bad.ndjson")] == want
    assert len(codes(site)) == len(BAD_LINES)

    body, want, number = b"MaHoSo,TrangThaiHoSo,NgayTiepNhan,ChuHoSo\n", [], 2
    for line, field, reason in BAD_CSV.values():
        body += f"{code(200 + number)},4,20260601090000,\"{MARK}\nhai\"\n".encode() + as_bytes(line) + b"\n"
        want.append((number + 2, field, reason))
        number += 3
    body += f'{code(998)},4,"20260601090000,{MARK}\n{code(999)},4,20260601090000,{MARK}'.encode()  # a quote never closed
    want.append((number, "", "bad_csv"))
    records.put("bad.csv", body)
    records.wait_done("bad.csv")
    assert [(line, field, reason) for line, _, field, reason in records.refused("bad.csv")] == want
    found = codes(site)
    assert len(found) == len(BAD_LINES) + len(BAD_CSV) + 1 and code(999) in found and code(998) not in found
    for path in [*events.folder.rglob("*.refused.csv"), *records.folder.rglob("*.refused.csv")]:
        assert MARK not in path.read_text()


def test_files_that_cannot_be_read_at_all(site):
    drop = Drop(site, rows="hoso")
    ingest = site.start("ingest")
    bad = {
        "x.xlsx": (b"PK", "unknown_format"), "README": (b"x", "unknown_format"), "a.refused.csv": (b"x", "unknown_format"),
        "b.json": (b'{"data":', "bad_json"), "c.json": (b"", None), "d.csv": (b"", "empty"), "e.csv": (b"a,a\n1,2\n", "bad_header"),
        "f.csv": ("Mã hồ sơ,Tên\n1,2\n".encode(), "bad_header"), "g.csv": (b"a;b\n1;2\n", "bad_header"),
        "h.csv": (b",\n1,2\n", "bad_header"), "i.csv": (b"\xff\xfea\x00,\x00b\x00\n\x00", "bad_header"),
        "j.json": (b"[" + b" " * (9 << 20) + b"]", "line_too_long"),
    }
    for name, (data, reason) in bad.items():
        drop.put(name, data)
    for name, (data, reason) in bad.items():
        if reason:
            assert drop.wait_failed(name).startswith(reason), name
            assert drop.path("failed", name).read_bytes() == data
        else:
            drop.wait_done(name)
    os.rename(drop.folder / "failed" / "x.xlsx", drop.folder / f"{MARK} Nguyễn.csv")
    assert drop.wait_failed("bad-name").startswith("bad_name")
    assert drop.left() == [] and site.events() == []
    ingest.terminate()
    assert MARK not in ingest.log() and "file_failed" in ingest.log()


def test_only_what_is_renamed_in_is_taken(site):
    drop = Drop(site, rows="hoso")
    old = drop.folder / "old.ndjson"  # whole since long before the start
    old.write_text(lines([hoso(1)]))
    os.utime(old, (time.time() - 3600,) * 2)
    young = drop.folder / "young.ndjson"  # somebody may still be writing it
    young.write_text(lines([hoso(2)]))
    site.start("ingest")
    drop.wait_done("old.ndjson")
    slow = (drop.folder / "slow.ndjson").open("w")
    slow.write(lines([hoso(3)]))
    slow.flush()
    (drop.folder / "link.ndjson").symlink_to(old)
    (drop.folder / "folder.ndjson").mkdir()
    (drop.folder / "x.ndjson.part").write_text(lines([hoso(4)]))
    (drop.folder / ".hidden.ndjson").write_text(lines([hoso(5)]))
    drop.put("z.ndjson", lines([hoso(6)]))
    drop.wait_done("z.ndjson")
    drop.wait_done("young.ndjson")
    assert codes(site) == [code(1), code(2), code(6)]
    assert {"slow.ndjson", "x.ndjson.part", ".hidden.ndjson"} <= set(drop.left())
    slow.write(lines([hoso(7)]))
    slow.close()
    os.rename(drop.folder / "slow.ndjson", drop.folder / "now.ndjson")
    drop.wait_done("now.ndjson")
    assert codes(site) == [code(1), code(2), code(3), code(6), code(7)]


def unique_events(site):
    """{ce_id: value bytes}; a copy must be the same bytes."""
    found = {}
    for event in site.events(raw=True):
        assert found.setdefault(event.headers["ce_id"], event.value) == event.value, "a copy differs"
    return found


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_killed_again_and_again_loses_and_doubles_nothing(site, form):
    drop = Drop(site, rows="hoso", in_flight_max="100")
    rows = [hoso(n, TrangThaiHoSo="x" if n % 1000 == 7 else "4") for n in range(12_000)]
    refused = [n for n in range(12_000) if n % 1000 == 7]
    name = f"big.{form}"
    drop.put(name, lines(rows) if form == "ndjson" else table(rows))
    chance = random.Random(1)
    ingest = site.start("ingest")
    checkpoint = drop.path("work", f"{name}.checkpoint")

    def offset():
        try:
            return int(dict(line.split() for line in checkpoint.read_text().splitlines())["offset"])
        except FileNotFoundError:
            return 0

    kills = 0
    while kills < 6 and not drop.done(name):
        seen, step = offset(), chance.randrange(60_000, 200_000)
        wait_until(lambda a=seen, b=step: drop.done(name) or offset() >= a + b, "it reads on")
        ingest.kill()
        ingest.start()
        kills += 1
    drop.wait_done(name)
    assert kills >= 2
    events = unique_events(site)
    assert len(events) == len(rows) - len(refused)
    first = 1 if form == "ndjson" else 2
    assert [(line, reason) for line, _, _, reason in drop.refused(name)] == [(n + first, "bad_status") for n in refused]
    assert drop.left() == []


def test_a_file_stays_until_kafka_has_it(site):
    drop = Drop(site, rows="hoso")
    ingest = site.start("ingest")
    site.servers.kafka_kill()
    try:
        drop.put("a.ndjson", lines([hoso(1), hoso(2)]))
        wait_until(lambda: ingest.metrics()['hoso_ingest_feed_in_flight_rows{source="tep"}'] == 2, "it has been read")
        assert not drop.done("a.ndjson") and "a.ndjson" in drop.left()
        ingest.kill()
        ingest.start()
        wait_until(lambda: ingest.metrics()['hoso_ingest_feed_in_flight_rows{source="tep"}'] == 2, "it has been read again")
        assert not drop.done("a.ndjson")
    finally:
        site.servers.kafka_start()
    drop.wait_done("a.ndjson", deadline_s=90)
    assert sorted(set(codes(site))) == [code(1), code(2)] and drop.left() == []


def test_a_checkpoint_that_makes_no_sense(site):
    drop = Drop(site, rows="hoso")
    ingest = site.start("ingest", {"kafka.message.timeout.ms": "300000"})
    ingest.terminate()
    for number, text in enumerate([b"", b"\xff" * 400, b"hoso-checkpoint 1\nsize 1\n", b"hoso-checkpoint 1\n" + b"".join(
            b"%s 9\n" % name for name in (b"size", b"offset", b"line", b"rows", b"refused", b"side_size", b"ingested_at")),
            b"x" * 5000]):
        name = f"{number}.ndjson"
        drop.path("work", name).write_text(lines([hoso(number)]))
        drop.path("work", f"{name}.checkpoint").write_bytes(text)
    ingest.start()
    drop.wait_done(*[f"{number}.ndjson" for number in range(5)])
    assert codes(site) == [code(number) for number in range(5)]


def test_backfill_shows_its_way_and_the_lines_refused(site):
    drop = Drop(site, rows="hoso")
    good, bad = site.folder / "good.csv", site.folder / "bad.ndjson"
    good.write_text(table([hoso(n) for n in range(5000)]))
    bad.write_text(lines([hoso(9000), hoso(9001, TrangThaiHoSo="x")]))
    site.start("ingest")
    said = site.hoso("backfill", good)
    assert "-good.csv: 5001 lines, 0 refused" in said
    said = site.hoso("backfill", "--source", "tep", bad, code=1)
    assert "2 lines, 1 refused" in said
    side = next(line for line in said.splitlines() if line.startswith("Line numbers")).split(": ")[1]
    assert open(side).read() == "line,row,field,code\n2,1,TrangThaiHoSo,bad_status\n"
    assert len(set(codes(site))) == 5001
    log = (site.folder / "hoso.log").read_text()
    assert "[####################] 100 %" in log and "rows/s" in log
    (site.folder / "x.csv").write_text("a;b\n")
    site.hoso("backfill", site.folder / "x.csv", code=65)
    site.hoso("backfill", site.folder / "missing.csv", code=65)
    site.hoso("backfill", "--source", "motcua", good, code=65)
    site.hoso("backfill", code=2)
    (site.folder / "họ tên.csv").write_text("a\n")
    site.hoso("backfill", site.folder / "họ tên.csv", code=65)
    assert drop.left() == []
