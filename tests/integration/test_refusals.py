"""Every kind of bad input and its expected answer, over HTTP: a table. Each must be answered, never dropped, and nothing of it stored."""

import hashlib
import json
import socket

import pytest
from harness import Site
from harness.records import encode_event

CODE = "H24.11713-260601-0001"
JSON = "application/json"
NDJSON = "application/x-ndjson"
AVRO = "application/avro"
KEY = "khoa thu nghiem mot cua"
LIMITED = "hoso_gioihan1_bi mat thu nghiem"  # only H24.11713, only records and steps
PORTAL, EVENTS, NOI, STEP, STATUS = ("/api/v1/portal", "/api/v1/events", "/api/v2/NoiHoSo", "/api/v2/CapNhatTienTrinh",
                                     "/api/v2/CapNhatTrangThai")
REST = "/api/SynsTTHCC/DongBoHoSoMC?MaDinhDanhDV=H24.11713&isUpdating=True"


def record(**members):
    return {"MaHoSo": CODE, "MaTTHC": "1.005129", "NgayTiepNhan": "20260601090000", "TrangThaiHoSo": "4", **members}


def step(**members):
    return {"MaHoSo": CODE, "ThoiDiemXuLy": "20260602080000", "TrangThai": "4", **members}


def native(kind, **members):
    return {"id": "1", "kind": kind, "dossier_code": CODE, "occurred_at": "2026-06-02T08:00:00+07:00", **members}


def avro(**members):
    return encode_event(**{"event_id": bytes(16), "kind": "erased", "dossier_code": CODE,
                           "occurred_at": 1780280000000, "ingested_at": 1780280000000, **members})


def sync(*rows, service="DongBoHoSoMC", **members):
    return {"service": service, "madonvi": "H24.11713", "data": list(rows), **members}


def steps(*rows, **members):
    return sync(*rows, service="CapNhatTienDoHoSoMC", **members)


def deep(levels):
    return b"[" * levels + b"]" * levels


ROWS = [
    # what, path, body, (code, field)
    ("a record without its code", PORTAL, sync(record(MaHoSo="")), ("missing", "MaHoSo")),
    ("a code that is null", PORTAL, sync(record(MaHoSo=None)), ("missing", "MaHoSo")),
    ("a code with a space", PORTAL, sync(record(MaHoSo="H24 1")), ("bad_code", "MaHoSo")),
    ("a code with a line end", PORTAL, sync(record(MaHoSo="H24\n1")), ("bad_code", "MaHoSo")),
    ("a code with a direction mark", PORTAL, sync(record(MaHoSo="H24\u202e1")), ("bad_code", "MaHoSo")),
    ("a code of 65 bytes", PORTAL, sync(record(MaHoSo="H" * 65)), ("too_long", "MaHoSo")),
    ("a code that is a list", PORTAL, sync(record(MaHoSo=[CODE])), ("bad_type", "MaHoSo")),
    ("a code that is a fraction", PORTAL, sync(record(MaHoSo=1.5)), ("bad_type", "MaHoSo")),
    ("another code that is none", PORTAL, sync(record(MaHoSoKhac="a b")), ("bad_code", "MaHoSoKhac")),
    ("a procedure that is none", PORTAL, sync(record(MaTTHC="Cấp giấy")), ("bad_code", "MaTTHC")),
    ("a procedure that is a telephone", PORTAL, sync(record(MaTTHC="0999000001")), ("bad_code", "MaTTHC")),
    ("a commune that is an identity number", PORTAL, sync(record(MaXa="099900000001")), ("bad_code", "MaXa")),
    ("a field that is none", PORTAL, sync(record(MaLinhVuc="a b")), ("bad_code", "MaLinhVuc")),
    ("a day that does not exist", PORTAL, sync(record(NgayTiepNhan="20260631090000")), ("bad_time", "NgayTiepNhan")),
    ("the 25th hour", PORTAL, sync(record(NgayTiepNhan="20260601250000")), ("bad_time", "NgayTiepNhan")),
    ("a date of another country", PORTAL, sync(record(NgayHenTra="06/01/2026")), ("bad_time", "NgayHenTra")),
    ("a year before portals", PORTAL, sync(record(NgayHenTra="19691231000000")), ("bad_time", "NgayHenTra")),
    ("a year far ahead", PORTAL, sync(record(NgayHenTra="21500101000000")), ("bad_time", "NgayHenTra")),
    ("a time that is an object", PORTAL, sync(record(NgayTra={"at": 1})), ("bad_type", "NgayTra")),
    ("accepted in the future", PORTAL, sync(record(NgayTiepNhan="20981231000000")), ("too_far_ahead", "NgayTiepNhan")),
    ("ended in the future", PORTAL, sync(record(NgayKetThucXuLy="20981231000000")),
     ("too_far_ahead", "NgayKetThucXuLy")),
    ("status 11", PORTAL, sync(record(TrangThaiHoSo="11")), ("bad_status", "TrangThaiHoSo")),
    ("status -1", PORTAL, sync(record(TrangThaiHoSo=-1)), ("bad_status", "TrangThaiHoSo")),
    ("a status in words", PORTAL, sync(record(TrangThaiHoSo="đang xử lý")), ("bad_status", "TrangThaiHoSo")),
    ("an inner status", PORTAL, sync(record(TrangThaiHoSo="posting")), ("unmapped_status", "TrangThaiHoSo")),
    ("status 0", PORTAL, sync(record(TrangThaiHoSo=0)), ("unmapped_status", "TrangThaiHoSo")),
    ("a state secret", PORTAL, sync(record(DoMat="1")), ("state_secret", "DoMat")),
    ("a secret procedure", PORTAL, sync(record(MaTTHC="9.999.H24")), ("state_secret", "MaTTHC")),
    ("a row that is a number", PORTAL, sync(7), ("not_object", "")),
    ("a row that is a list", PORTAL, sync([record()]), ("not_object", "")),
    ("supplements that are none", PORTAL, sync(record(DanhSachHoSoBoSung="x")), ("bad_type", "DanhSachHoSoBoSung")),
    ("a supplement that is a text", PORTAL, sync(record(DanhSachHoSoBoSung=["x"])),
     ("bad_type", "DanhSachHoSoBoSung[0]")),
    ("65 supplements", PORTAL, sync(record(DanhSachHoSoBoSung=[{}] * 65)), ("too_many", "DanhSachHoSoBoSung")),
    ("a supplement's bad date", PORTAL, sync(record(DanhSachHoSoBoSung=[{"NgayHenTraMoi": "x"}])),
     ("bad_time", "DanhSachHoSoBoSung[0].NgayHenTraMoi")),
    ("fees that are no list", PORTAL, sync(record(DanhSachLePhi="x")), ("bad_type", "DanhSachLePhi")),
    ("a step without a time", PORTAL, steps(step(ThoiDiemXuLy="")), ("missing", "ThoiDiemXuLy")),
    ("a step in the future", PORTAL, steps(step(ThoiDiemXuLy="20981231000000")), ("too_far_ahead", "ThoiDiemXuLy")),
    ("a step's bad status", PORTAL, steps(step(TrangThai="12")), ("bad_status", "TrangThai")),
    ("a step's bad term", PORTAL, steps(step(NgayKetThucTheoQuyDinh="x")), ("bad_time", "NgayKetThucTheoQuyDinh")),
    ("a step whose officer is a list", PORTAL, steps(step(NguoiXuLy=["x"])), ("bad_type", "NguoiXuLy")),
    ("a native event of no kind", EVENTS, [native("vanished")], ("bad_value", "kind")),
    ("a native event without a kind", EVENTS, [native("")], ("missing", "kind")),
    ("a kind that only the portal has", EVENTS, [native("record")], ("bad_value", "kind")),
    ("a native event without an id", EVENTS, [native("erased", id="")], ("missing", "id")),
    ("a native event without a time", EVENTS, [native("erased", occurred_at="")], ("missing", "occurred_at")),
    ("a transfer to nowhere", EVENTS, [native("transferred")], ("missing", "transfer_to")),
    ("a transfer to a name", EVENTS, [native("transferred", transfer_to="UBND")], ("bad_code", "transfer_to")),
    ("a new due date without one", EVENTS, [native("due_changed")], ("missing", "due_at")),
    ("a reason that is none", EVENTS, [native("due_changed", due_at="20260620", due_reason="x")],
     ("bad_value", "due_reason")),
    ("six stars", EVENTS, [native("rated", rating=6)], ("bad_value", "rating")),
    ("no stars", EVENTS, [native("rated")], ("missing", "rating")),
    ("an alias of itself", EVENTS, [native("alias", alias_of=CODE)], ("bad_value", "alias_of")),
    ("paid in a manner that is none", EVENTS, [native("paid", paid_online="x")], ("bad_value", "paid_online")),
    ("another unit's dossier", PORTAL, sync(record(MaHoSo="H24.11707-260601-0001")), ("not_allowed", "MaHoSo")),
    ("another unit's decision", PORTAL, sync(record(DonViXuLy="H24.11707")), ("not_allowed", "DonViXuLy")),
    ("a kind that the key may not send", EVENTS, [native("erased")], ("not_allowed", "kind")),
]

AVRO_ROWS = [
    ("Avro that is none", b"xyz", ("bad_avro", "")),
    ("Avro of another schema", b"\0\0\0\0\x63" + avro()[5:], ("bad_avro", "")),
    ("Avro cut short", avro()[:-1], ("bad_avro", "")),
    ("Avro with bytes behind it", avro() + b"\0", ("bad_avro", "")),
    ("Avro without a code", avro(dossier_code=""), ("missing", "dossier_code")),
    ("Avro with a name for a code", avro(dossier_code="NGUOI THU"), ("bad_code", "dossier_code")),
    ("Avro with a name for an agency", avro(deciding_agency="UBND"), ("bad_code", "deciding_agency")),
    ("Avro with free text", avro(late_reason="vì sao"), ("bad_code", "late_reason")),
    ("Avro with a telephone for a field", avro(field_code="0999000001"), ("bad_code", "field_code")),
    ("Avro from the future", avro(occurred_at=4070880000000), ("too_far_ahead", "occurred_at")),
    ("Avro of a secret procedure", avro(kind="record", procedure_code="9.999"), ("state_secret", "procedure_code")),
    ("an Avro step without a status", avro(kind="progress"), ("bad_value", "")),
]

REQUESTS = [
    # what, status, path, body, headers or None (then the good key and JSON)
    ("nothing at all", 400, PORTAL, b"", None),
    ("half a message", 400, PORTAL, b'{"service":"DongBoHoSoMC","data":[', None),
    ("something behind the end", 400, PORTAL, b"{} {}", None),
    ("XML", 400, PORTAL, b"<HoSo/>", None),
    ("bytes that are not UTF-8", 400, PORTAL, b'{"service":"\xff"}', None),
    ("a NUL in a text", 400, PORTAL, b'{"service":"\\u0000"}', None),
    ("a bare NUL", 400, PORTAL, b"\0", None),
    ("half of a surrogate pair", 400, PORTAL, b'{"service":"\\ud800"}', None),
    ("a key twice", 400, PORTAL, b'{"service":"DongBoHoSoMC","data":[{"MaHoSo":"a","MaHoSo":"b"}]}', None),
    ("nesting of 17", 400, EVENTS, deep(17), None),
    ("nesting of 4,000", 400, EVENTS, deep(4000), None),
    ("a number beyond 64 bits", 400, EVENTS, b"[99999999999999999999]", None),
    ("a list for a message", 400, PORTAL, b"[]", None),
    ("no service", 400, PORTAL, {"data": []}, None),
    ("a service that is none", 400, PORTAL, sync(service="LayThuTuc"), None),
    ("a service that is a number", 400, PORTAL, {"service": 1, "data": []}, None),
    ("no data", 400, PORTAL, {"service": "DongBoHoSoMC"}, None),
    ("data that is a text", 400, PORTAL, {"service": "DongBoHoSoMC", "data": "x"}, None),
    ("a unit that is a name", 400, PORTAL, sync(record(), madonvi="UBND xã"), None),
    ("isUpdating that is neither", 400, PORTAL, sync(record(), isUpdating="maybe"), None),
    ("isUpdating that is a list", 400, PORTAL, sync(record(), isUpdating=[]), None),
    ("a look-up of nothing", 400, PORTAL, {"service": "TraCuuHoSo", "data": []}, None),
    ("a look-up of a sentence", 400, PORTAL, {"service": "TraCuuHoSo", "mahoso": "a b"}, None),
    ("a look-up of 65 bytes", 400, PORTAL, {"service": "TraCuuHoSo", "mahoso": "a" * 65}, None),
    ("REST with a unit that is a name", 400, "/api/x/DongBoHoSoMC?MaDinhDanhDV=UBND", [record()], None),
    ("REST with isUpdating that is neither", 400, "/api/x/DongBoHoSoMC?isUpdating=2", [record()], None),
    ("REST with a text", 400, REST, b'"x"', None),
    ("events that are a text", 400, EVENTS, b'"x"', None),
    ("a login that is no JSON", 400, "/api/v1/login", b"x", {}),
    ("a login too long", 400, "/api/v1/login", {"username": "a" * 300, "password": "x"}, {}),
    ("a token form that is broken", 400, "/api/v2/GetToken", b"client_id=%zz&client_secret=x",
     {"Content-Type": "application/x-www-form-urlencoded"}),
    ("no key", 401, PORTAL, sync(record()), {"Content-Type": JSON}),
    ("no key for events", 401, EVENTS, [native("erased")], {"Content-Type": JSON}),
    ("nobody's key", 401, PORTAL, sync(record()), {"X-API-Key": "khoa sai"}),
    ("an empty key", 401, PORTAL, sync(record()), {"X-API-Key": ""}),
    ("a good ID and a bad secret", 401, PORTAL, sync(record()), {"X-API-Key": "hoso_gioihan1_sai"}),
    ("a key that is over", 401, PORTAL, sync(record()), {"X-API-Key": "hoso_hethan01_bi mat thu nghiem"}),
    ("a basic login", 401, PORTAL, sync(record()), {"Authorization": "Basic eDp5"}),
    ("a session that is none", 401, PORTAL, sync(record(), session="0" * 64), {}),
    ("a token that is none", 401, STATUS, {"MaHoSo": CODE, "TrangThai": 5}, {"Authorization": "Bearer " + "0" * 64}),
    ("a login with a wrong secret", 401, "/api/v1/login", {"username": "motcua", "password": "sai"}, {}),
    ("a login of another's name", 401, "/api/v1/login", {"username": "cong", "password": KEY}, {}),
    ("a login without anything", 401, "/api/v1/login", {}, {}),
    ("a token without a secret", 401, "/api/v2/GetToken", {"client_id": "motcua"}, {}),
    ("a signature without a key", 401, EVENTS, [native("erased")], {"webhook-id": "1", "webhook-timestamp": "1",
                                                                   "webhook-signature": "v1,x"}),
    ("a certificate that nobody vouches for", 401, EVENTS, [native("erased")],
     {"X-Client-Verify": "SUCCESS", "X-Client-DN": "CN=motcua"}),
    ("a unit beyond the key", 403, PORTAL, sync(record(), madonvi="H24.11707"), {"X-API-Key": LIMITED}),
    ("REST for a unit beyond the key", 403, "/api/x/DongBoHoSoMC?MaDinhDanhDV=H24.11707", [record()],
     {"X-API-Key": LIMITED}),
    ("a path that is none", 404, "/api/v1/other", b"{}", None),
    ("a path above", 404, "/api/v1/portal/..", b"{}", None),
    ("a service of the portal that is not ours", 404, "/api/v2/UploadFile", b"{}", None),
    ("a body too large", 413, PORTAL, b"x" * 9000, None),
    ("too many rows", 413, PORTAL, sync(*range(51)), None),
    ("XML by its type", 415, PORTAL, b"<HoSo/>", {"X-API-Key": KEY, "Content-Type": "text/xml"}),
    ("lines for the portal", 415, PORTAL, b"{}", {"X-API-Key": KEY, "Content-Type": NDJSON}),
    ("a form for events", 415, EVENTS, b"a=b", {"X-API-Key": KEY, "Content-Type": "application/x-www-form-urlencoded"}),
    ("gzip", 415, PORTAL, b"\x1f\x8b\x08", {"X-API-Key": KEY, "Content-Encoding": "gzip"}),
    # Generation B knows six statuses.
    ("B: no JSON", 400, NOI, b"{", None),
    ("B: a text", 400, NOI, b'"x"', None),
    ("B: no code", 400, NOI, record(MaHoSo=""), None),
    ("B: no status", 400, STATUS, {"MaHoSo": CODE}, None),
    ("B: status 11", 400, STATUS, {"MaHoSo": CODE, "TrangThai": 11}, None),
    ("B: a step without a time", 400, STEP, {"MaHoSo": CODE, "TrangThai": 2}, None),
    ("B: one of two is bad", 400, STATUS, [{"MaHoSo": CODE}, {"MaHoSo": "a b", "TrangThai": 5}], None),
    ("B: a unit beyond the key", 403, NOI, record(MaHoSo="H24.11707-260601-0001"), {"X-API-Key": LIMITED}),
    ("B: a kind beyond the key", 403, STATUS, {"MaHoSo": CODE, "TrangThai": 5}, {"X-API-Key": LIMITED}),
    ("B: no token", 401, NOI, record(), {"Content-Type": JSON}),
    ("B: not JSON by its type", 400, NOI, record(), {"X-API-Key": KEY, "Content-Type": "text/plain"}),
    ("B: too large", 413, NOI, b"x" * 9000, None),
]

RAW = [
    # what, status, bytes on the wire
    ("both lengths", 400, b"POST /api/v1/events HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("two lengths", 400, b"POST /api/v1/events HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    ("two keys", 400, b"POST /api/v1/events HTTP/1.1\r\nHost: t\r\nX-API-Key: a\r\nX-API-Key: b\r\n"
                      b"Content-Length: 2\r\n\r\n{}"),
    ("gzip and chunks", 400, b"POST /api/v1/events HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("no host", 400, b"POST /api/v1/events HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"),
    ("a negative length", 400, b"POST /api/v1/events HTTP/1.1\r\nHost: t\r\nContent-Length: -2\r\n\r\n"),
    ("a header without end", 431, b"POST /api/v1/events HTTP/1.1\r\nHost: t\r\nX-Long: " + b"a" * 200000 + b"\r\n\r\n"),
    ("a path without end", 414, b"POST /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: t\r\n\r\n"),
]


@pytest.fixture(scope="module")
def edge(servers, tmp_path_factory):
    """One ingest with small limits for all of the table."""
    made = Site(servers, tmp_path_factory.mktemp("edge"))
    try:
        made.set("source.motcua", "secret_procedures", "9.999")
        for name, text, more in (("gioihan1", LIMITED, {"units": "H24.11713", "kinds": "record,progress"}),
                                 ("hethan01", "hoso_hethan01_bi mat thu nghiem", {"expires": "2026-01-31"})):
            for key, value in {"source": "motcua", "sha256": hashlib.sha256(text.encode()).hexdigest(), **more}.items():
                made.set(f"key.{name}", key, value)
        made.create().start("ingest", {"ingest.body_max": "8192", "ingest.in_flight_max": "50"})
        yield made
        assert made.events(raw=True) == []
    finally:
        made.destroy()


def send(edge, path, body, headers=None):
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    if headers is None:
        headers = {"X-API-Key": KEY, "Content-Type": JSON}
    return edge.push_raw(raw, path, source=None, headers=headers)


@pytest.mark.parametrize("path, body, expected", [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_a_bad_row_is_refused(edge, path, body, expected):
    headers = {"X-API-Key": LIMITED} if expected[0] == "not_allowed" else None
    answer = send(edge, path, body, headers)
    assert answer.status == 422, answer
    assert answer.json()["error_code"] == ("-3" if path == PORTAL else "422")
    (refused,) = answer.json()["refused"]
    assert (refused["row"], refused["code"], refused["field"]) == (1, *expected) and refused["message"]


@pytest.mark.parametrize("body, expected", [pytest.param(*row[1:], id=row[0]) for row in AVRO_ROWS])
def test_bad_avro_is_refused(edge, body, expected):
    answer = send(edge, EVENTS, body, {"X-API-Key": KEY, "Content-Type": AVRO})
    (refused,) = answer.json()["refused"]
    assert (answer.status, refused["code"], refused["field"]) == (422, *expected)


@pytest.mark.parametrize("status, path, body, headers", [pytest.param(*row[1:], id=row[0]) for row in REQUESTS])
def test_a_bad_request_is_answered(edge, status, path, body, headers):
    answer = send(edge, path, body, headers)
    assert answer.status == status, answer
    said = answer.json()
    assert said["message"] and said["error_code"] not in ("0", "00", 0)


@pytest.mark.parametrize("status, request_bytes", [pytest.param(*row[1:], id=row[0]) for row in RAW])
def test_bad_http_is_answered(edge, status, request_bytes):
    with socket.create_connection(("127.0.0.1", edge.services[0].port), timeout=20) as connection:
        connection.sendall(request_bytes)
        answer = connection.recv(100)
    assert answer.startswith(b"HTTP/1.") and answer.split()[1] == str(status).encode(), answer


def test_bad_lines_are_refused_and_good_ones_would_pass(edge):
    lines = [b"{", b'"x"', b"", b'{"a":1,"a":2}', deep(20), b"\xff"]
    answer = send(edge, EVENTS, b"\n".join(lines), {"X-API-Key": KEY, "Content-Type": NDJSON})
    assert answer.status == 422
    assert [(row["row"], row["code"]) for row in answer.json()["refused"]] == [
        (1, "bad_json"), (2, "not_object"), (4, "bad_json"), (5, "bad_json"), (6, "bad_json")]


def test_only_one_method_is_taken(edge):
    ingest = edge.services[0]
    for path in (PORTAL, EVENTS, "/api/v1/login", REST):
        assert ingest.request(path)[0] == 405
        assert ingest.request(path, b"{}", method="PUT")[0] == 405
    assert ingest.request(NOI)[0] == 400  # what generation B knows
    assert ingest.request("/openapi.yaml", b"{}", method="POST")[0] == 405


def test_the_table_is_long_enough():
    assert len(ROWS) + len(AVRO_ROWS) + len(REQUESTS) + len(RAW) >= 60
