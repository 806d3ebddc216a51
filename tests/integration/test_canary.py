"""
Personal data ends at ingest. A marked word stands in every personal field of every message, in fields that nobody knows, in
broken messages and in refused rows; then it must not be found in Kafka, the log, the metrics or any answer.
"""

import csv
import io
import itertools
import json
import os
import resource
import signal
import socket
import subprocess

import pytest
from harness import wait_until
from harness.drop import Drop
from harness.portal import Portal, page
from harness.records import encode_event

MARK = "CANARY"
NUMBER = "09990001"
numbers = itertools.count(1)


def mark():
    """Another word each time, so that a find tells the place."""
    return f"{MARK} {next(numbers)} NGUOI"


def number():
    """The same in the form of an identity number or a telephone, which look like codes."""
    return f"{NUMBER}{next(numbers) % 10000:04}"


def marked(text):
    """Whether a mark stands in text or bytes."""
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return MARK in text or NUMBER in text


def assert_clean(records):
    for kept in records:
        assert not marked(kept.key + kept.value + b"".join(kept.headers.values()))


def record(**members):
    return {
        "MaHoSo": "H24.11713-260601-0001", "MaTTHC": "1.005129", "TenTTHC": mark(), "TenLinhVuc": mark(),
        "ChuHoSo": mark(), "SoGiayToChuHoSo": number(), "MaDoiTuong": number(), "LoaiDoiTuong": mark(),
        "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": number()}],
        "Email": mark(), "Fax": mark(), "SoDienThoai": number(), "ThongTinKhac": mark(), "TrichYeuHoSo": mark(),
        "GhiChu": mark(), "NgayTiepNhan": "20260601090000", "TrangThaiHoSo": "4", "HinhThuc": mark(),
        "ThongTinTra": mark(), "DonViXuLy": mark(), "NoiNopHoSo": number(), "KenhThucHien": mark(), "MucDo": mark(),
        "PhiDiaGioi": mark(), "HoSoCoThanhPhanSoHoa": mark(), "DuocThanhToanTrucTuyen": mark(),
        "TrangThaiThanhToan": mark(), "TaiKhoanDuocXacThucVoiVNeID": mark(), "DSKetNoiCSDL": [{"MaCSDL": mark()}],
        "TaiLieuNop": [{"TenTepDinhKem": mark(), "DuongDanTaiTepTin": mark()}],
        "DanhSachTepDinhKemKhac": [{"TenGiayTo": mark()}], "DanhSachGiayToKetQua": [{"TenGiayTo": mark()}],
        "DanhSachLePhi": [{"TenPhiLePhi": mark(), "MaPhiLePhi": mark(), "HinhThucThu": mark(), "Gia": mark()}],
        "DanhSachHoSoBoSung": [{
            "HoSoBoSungId": mark(), "NguoiYeuCauBoSung": mark(), "NoiDungBoSung": mark(),
            "NgayBoSung": "20260602080000", "NguoiTiepNhanBoSung": mark(), "TrangThaiBoSung": mark(),
            "NgayHenTraMoi": "20260612090000", "TruongLa": mark()}],
        "TruongKhongAiBiet": {mark(): [mark()]}, **members}


def step(**members):
    return {"MaHoSo": "H24.11713-260601-0001", "NguoiXuLy": mark(), "ChucDanh": mark(), "PhongBanXuLy": mark(),
            "ThoiDiemXuLy": "20260602080000", "NoiDungXuLy": mark(), "TrangThai": "4", "NgayBatDau": mark(),
            "TruongKhongAiBiet": mark(), **members}


def native(kind, **members):
    return {"id": mark(), "kind": kind, "dossier_code": "H24.11713-260601-0001",
            "occurred_at": "2026-06-02T08:00:00+07:00", "note": mark()} | members


def accepted(site):
    yield site.push("DongBoHoSoMC", [record()], session=mark(), username=mark())
    yield site.push("DongBoHoSoMC", [record()], source="cong")
    yield site.push("DongBoHoSoMC", [record(DonViXuLy=number(), MaDonViTiepNhan=number())])
    yield site.push("CapNhatTienDoHoSoMC", [step()])
    yield site.push_events([
        native("due_changed", due_at="20260620090000"), native("transferred", transfer_to="H24.11707"),
        native("paid"), native("rated", rating=5), native("apology_sent"), native("alias", alias_of="H24-1"),
        native("erased", reason=mark())])


def other_paths(site):
    """Every other way in: REST, generation B, Avro, look-ups, log-ins."""
    rest = "/api/SynsTTHCC/{}?MaDinhDanhDV=H24.11713&isUpdating=True&note=" + MARK
    one = record()
    yield 200, site.push_raw(json.dumps([one]).encode(), rest.format("DongBoHoSoMC"))
    yield 200, site.push_raw(json.dumps([step()]).encode(), rest.format("CapNhatTienDoHoSoMC"))
    yield 200, site.push_raw(json.dumps(record(NgayNop="", MaTinh=mark(), MaDonViTiepNhan=mark())).encode(), "/api/v2/NoiHoSo")
    yield 200, site.push_raw(json.dumps(step(IDHoSo=mark())).encode(), "/api/v2/CapNhatTienTrinh")
    status = {"IdHoSo": mark(), "MaHoSo": one["MaHoSo"], "TrangThai": 5, "GhiChu": mark()}
    yield 200, site.push_raw(json.dumps(status).encode(), "/api/v2/CapNhatTrangThai")
    yield 400, site.push_raw(json.dumps(status | {"TrangThai": mark()}).encode(), "/api/v2/CapNhatTrangThai")
    yield 400, site.push_raw(json.dumps(status | {"MaHoSo": mark()}).encode(), "/api/v2/CapNhatTrangThai")
    yield 404, site.push_raw(json.dumps({"TenTep": mark()}).encode(), "/api/v2/UploadFile")
    look_up = {"service": "TraCuuHoSo", "mahoso": one["MaHoSo"], "ChuHoSo": mark()}
    yield 200, site.push_raw(json.dumps(look_up).encode())
    yield 400, site.push_raw(json.dumps(look_up | {"mahoso": mark()}).encode())
    event = {"event_id": bytes(16), "kind": "erased", "dossier_code": one["MaHoSo"], "occurred_at": 1780280000000,
             "ingested_at": 1780280000000}
    for field in ("source", "dossier_code", "alternative_code", "procedure_code", "field_code", "deciding_agency",
                  "receiving_agency", "deciding_unit", "late_reason", "transfer_from", "transfer_to", "alias_of"):
        yield (200 if field == "source" else 422), site.push_raw(
            encode_event(**event | {field: mark()}), "/api/v1/events", headers={"Content-Type": "application/avro"})
    yield 200, site.push_raw(encode_event(**event, officer=f"{MARK} 99999 ABC".encode()[:16]), "/api/v1/events",
                             headers={"Content-Type": "application/avro"})
    yield 422, site.push_raw(mark().encode(), "/api/v1/events", headers={"Content-Type": "application/avro"})
    for path in ("/api/v1/login", "/api/v2/GetToken"):
        yield 401, site.push_raw(json.dumps({"username": mark(), "password": mark()}).encode(), path, source=None)
        yield 400, site.push_raw(mark().encode(), path, source=None)
    signed = {"webhook-id": mark(), "webhook-timestamp": mark(), "webhook-signature": mark(), "X-Key-Id": mark()}
    yield 401, site.push_raw(b"[]", "/api/v1/events", source=None, headers=signed)
    yield 401, site.push_raw(b"[]", "/api/v1/events", source=None,
                             headers={"X-Client-Verify": "SUCCESS", "X-Client-DN": mark()})
    yield 401, site.push_raw(json.dumps({"session": mark(), "service": "DongBoHoSoMC", "data": []}).encode(), source=None)


def refused(site):
    """Marks where codes, times and numbers belong: the row must be refused without being quoted."""
    for field in ("MaHoSo", "MaHoSoKhac", "MaTTHC", "MaLinhVuc", "MaXa", "NgayNopHoSo", "NgayHenTra", "NgayTra",
                  "TrangThaiHoSo", "DanhSachLePhi", "DanhSachHoSoBoSung", "DoMat"):
        yield site.push("DongBoHoSoMC", [record(**{field: mark()})])
    for field in ("MaTTHC", "MaLinhVuc", "MaXa", "NgayNopHoSo", "TrangThaiHoSo", "DoMat"):
        yield site.push("DongBoHoSoMC", [record(**{field: number()})])
    for field in ("MaHoSo", "ThoiDiemXuLy", "TrangThai", "NgayKetThucTheoQuyDinh"):
        yield site.push("CapNhatTienDoHoSoMC", [step(**{field: mark()})])
    yield site.push("CapNhatTienDoHoSoMC", [step(NguoiXuLy=[mark()])])
    for field in ("kind", "dossier_code", "occurred_at", "rating"):
        yield site.push_events([native("rated", rating=5) | {field: mark()}])
    for word in (mark, number):
        yield site.push_events([native("transferred", transfer_to=word())])
        yield site.push_events([native("apology_sent", late_reason=word())])
    yield site.push("DongBoHoSoMC", [mark()])


def malformed(site):
    good = json.dumps({"service": "DongBoHoSoMC", "data": [record()]}, ensure_ascii=False).encode()
    yield site.push_raw(good[:-3])
    yield site.push_raw(good.replace(b'"ChuHoSo"', b'"MaHoSo"'))
    yield site.push_raw(good.replace(b"NGUOI", b"NG\xffOI"))
    yield site.push_raw(good.replace(b"NGUOI", b"NGUOI\x01"))
    yield site.push_raw(good.replace(b"NGUOI", b"\\u0000"))
    yield site.push_raw(mark().encode())
    yield site.push(mark(), [record()])
    yield site.push("DongBoHoSoMC", mark())
    yield site.push("DongBoHoSoMC", [record()], madonvi=mark())
    yield site.push("DongBoHoSoMC", [record()], madonvi=number())
    yield site.push("DongBoHoSoMC", [record()], isUpdating=mark())
    yield site.push_raw(good, source=None, headers={"X-API-Key": mark()})
    yield site.push_raw(good, source=None, headers={"Authorization": f"Bearer {mark()}"})
    yield site.push_raw(good, headers={"Content-Type": mark()})
    yield site.push_raw(good, path=f"/api/v1/{MARK}?q={MARK}")
    yield site.push_raw(mark().encode() + b"\n{}\n", "/api/v1/events", headers={"Content-Type": "application/x-ndjson"})
    yield site.push_raw(mark().encode() * 1000)


def bad_http():
    """Requests that the HTTP server itself refuses."""
    yield f"{mark()}\r\n\r\n".encode()
    yield f"POST /{MARK} HTTP/1.1\r\n\r\n".encode()
    yield f"POST /api/v1/events HTTP/1.1\r\nHost: {number()}\r\nContent-Length: {mark()}\r\n\r\n".encode()
    yield f"POST /api/v1/events HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: {mark()}\r\n\r\n".encode()
    yield f"POST /{MARK * 20000} HTTP/1.1\r\nHost: t\r\n\r\n".encode()
    yield f"POST / HTTP/1.1\r\nHost: t\r\nX-Ten: {mark() * 10000}\r\n\r\n".encode()


def test_marked_words_end_at_ingest(site):
    ingest = site.start("ingest", {"ingest.body_max": "10000"})
    answers = []
    for answer in accepted(site):
        assert answer.status == 200, answer
        answers.append(answer)
    for status, answer in other_paths(site):
        assert answer.status == status, answer
        answers.append(answer)
    for answer in refused(site):
        assert answer.status == 422, answer
        answers.append(answer)
    for answer in malformed(site):
        assert answer.status in (400, 401, 404, 413, 415, 422), answer
        answers.append(answer)
    for answer in answers:
        assert not marked(answer.body) and not marked(answer.headers)
    for line in bad_http():
        with socket.create_connection(("127.0.0.1", ingest.port), 20) as connection:
            connection.sendall(line)
            assert not marked(connection.recv(10000))
    assert not marked(ingest.request("/metrics")[1])
    stored = site.events(raw=True)
    assert len(stored) >= 10
    assert_clean(stored)
    # And PostgreSQL, which the aggregator fills from what passed; one dossier is refused there and becomes dead letters.
    site.sql(f"ALTER TABLE hoso.dossier ADD CONSTRAINT canary CHECK (code <> '{record()['MaHoSo']}')")
    site.start("aggregator")
    wait_until(lambda: site.caught_up("aggregator"), "the aggregator has read it")
    assert_database_clean(site)
    wait_until(site.dead_letters, "there are dead letters")
    assert_clean(site.dead_letters())
    ingest.terminate()
    log = ingest.log_path.read_text()
    assert "event=request" in log and not marked(log)


def dumps_core(pid, folder):
    """Whether a process that may write a core file of any size does so when it aborts; it is reaped."""
    resource.prlimit(pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    os.kill(pid, signal.SIGABRT)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), folder
    return os.WCOREDUMP(status)


def test_a_crash_leaves_no_core_file(site, tmp_path):
    other = subprocess.Popen(["sleep", "600"], cwd=tmp_path)
    if not dumps_core(other.pid, tmp_path):
        pytest.skip("this machine writes no core files at all")
    ingest = site.start("ingest")
    site.push("DongBoHoSoMC", [record()])
    process, ingest.process = ingest.process, None
    assert not dumps_core(process.pid, tmp_path)


def flat(row):
    """As a table has it: text only."""
    return {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in row.items()
            if name.isascii() and not isinstance(value, (list, dict))}


def table(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, sorted({name for row in rows for name in row}))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def file_bodies():
    """{name: bytes}: good, refused and broken ones of every form, marks everywhere."""
    rows = [record(), *(record(**{field: mark()}) for field in ("MaHoSo", "MaTTHC", "NgayTra", "TrangThaiHoSo"))]
    broken = [json.dumps(record())[:-4], mark(), json.dumps(mark()), json.dumps({"service": mark(), "data": [mark()]}),
              json.dumps({"data": [record()], "madonvi": mark()}), json.dumps([mark()]),
              json.dumps(record()).replace("NGUOI", "NG\x01OI")]
    lines = "\n".join([*(json.dumps(row, ensure_ascii=False) for row in rows), *broken]).encode()
    rows_of_csv = table([flat(row) for row in rows])
    return {
        "good.json": json.dumps({"service": "DongBoHoSoMC", "data": rows}, ensure_ascii=False).encode(),
        "lines.ndjson": lines + b"\n" + json.dumps(record()).encode().replace(b"NGUOI", b"NG\xffOI"),
        "table.csv": rows_of_csv + f'{mark()}\n"{mark()}\n'.encode(),
        "broken.json": json.dumps(record())[:-4].encode(),
        "names.csv": f"{mark()},{mark()}\n1,2\n".encode(),
        "other.xlsx": mark().encode(),
    }


def poll_answers():
    yield page([record(), record(MaHoSo=mark()), mark(), record(NgayTra=mark())])
    yield page([record()])[:-4]
    yield mark().encode()
    yield json.dumps({"data": mark(), "next": None}).encode()
    yield json.dumps({"data": [record()], "madonvi": mark()}).encode()
    yield page([record()]).replace(b"NGUOI", b"NG\xffOI")


def assert_database_clean(site):
    words = [f"%{word}%" for mark in (MARK, NUMBER) for word in (mark, mark.encode().hex())]
    for table_name, in site.sql("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'hoso'"):
        found = site.sql(f"SELECT count(*) FROM hoso.{table_name} t WHERE t::text LIKE ANY (%s)", words)
        assert found == [(0,)], table_name


def test_marked_words_end_at_ingest_from_files_and_polls_too(site):
    drop = Drop(site, rows="hoso")
    portal, answers = Portal(), list(poll_answers())
    portal.answer = lambda query, headers: (200, {}, answers.pop(0) if answers else page([]))
    cursor = site.folder / "cong-hoi.cursor"
    for key, value in {"kind": "poll", "url": portal.url, "rows": "hoso", "plain_http": "yes", "every": "100ms",
                       "allow_networks": "127.0.0.1", "state_file": str(cursor)}.items():
        site.set("source.cong-hoi", key, value)
    ingest = site.start("ingest")
    site.start("aggregator")
    site.start("alerter")
    for name, data in file_bodies().items():
        drop.put(name, data)
    drop.wait_done("good.json", "lines.ndjson", "table.csv")
    for name in ("broken.json", "names.csv", "other.xlsx"):
        drop.wait_failed(name)
    wait_until(lambda: not answers, "every answer has been read", 120)
    wait_until(lambda: len(portal.asked) > 7, "and one after them", 120)
    portal.stop()
    site.wait_caught_up("aggregator", "alerter")
    assert len(drop.refused("lines.ndjson")) == 12 and len(drop.refused("table.csv")) >= 5
    kept = [path for path in [*drop.folder.rglob("*"), cursor] if path.is_file() and path.name not in file_bodies()]
    assert {path.suffix for path in kept} >= {".csv", ".reason", ".cursor"}
    for path in kept:
        assert not marked(path.read_text()), path
    stored = site.events(raw=True)
    assert {event.headers["ce_source"] for event in stored} == {b"tep", b"cong-hoi"}
    assert_clean(stored)
    assert not marked(ingest.request("/metrics")[1])
    assert_database_clean(site)
    for service in site.services:
        assert not marked(service.log(10**7)), service.label
