"""Both generations of the portal's interface and our own, as their senders use them: nothing of a sender need be changed."""

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.parse

from harness import wait_until
from harness.records import encode_event

CODE = "H24.11713-260601-0001"
OTHER = "H24.11707-260601-0001"
KEY = "khoa thu nghiem mot cua"
SIGNING = bytes(range(32))


def record(code=CODE, **members):
    return {"MaHoSo": code, "MaTTHC": "1.005129", "NgayTiepNhan": "20260601090000", "NgayHenTra": "20260610090000",
            "TrangThaiHoSo": "4", **members}


def step(code=CODE, status="4", at="20260602080000"):
    return {"MaHoSo": code, "NguoiXuLy": "CAN BO THU NGHIEM 1", "ThoiDiemXuLy": at, "TrangThai": status}


def post(site, path, body, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return site.push_raw(raw, path, source=None, headers={name.replace("_", "-"): v for name, v in headers.items()})


def add_key(site, name, text=None, **options):
    options = {"source": "motcua", **options}
    if text:
        options["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    for key, value in options.items():
        site.set(f"key.{name}", key, value)


def kinds(site):
    return sorted(event.value["kind"] for event in site.events())


# ---- generation A ----


def test_generation_a_from_login_to_look_up(site):
    """The way of a one-stop system: log in, look up, insert or update, steps in chunks of ten, look up again."""
    site.start("ingest")
    login = post(site, "/api/v1/login", {"username": "motcua", "password": KEY})
    assert login.status == 200 and login.json()["error_code"] == 0 and login.json()["expires_in"] == 8 * 3600
    session = login.json()["session"]

    def call(service, **members):
        return post(site, "/api/v1/portal", {"session": session, "madonvi": "H24.11713", "service": service, **members})

    assert call("TraCuuHoSo", mahoso=CODE).json() == {"error_code": "0", "message": "Đã tra cứu", "result": []}
    for updating in ("False", "True", True, 0, "0"):
        answer = call("DongBoHoSoMC", isUpdating=updating, data=[record()])
        assert (answer.status, answer.json()["error_code"], answer.json()["accepted"]) == (200, "0", 1)
    rows = [step(at=f"202606020{hour}0000") for hour in range(8, 10)] + [step(at=f"2026060210{m:02}00") for m in range(8)]
    assert call("CapNhatTienDoHoSoMC", data=rows).json()["results"] == [
        {"row": row, "error_code": "0"} for row in range(1, 11)]
    rows[3]["TrangThai"] = "99"
    mixed = call("CapNhatTienDoHoSoMC", data=rows)
    assert (mixed.status, mixed.json()["error_code"], mixed.json()["accepted"]) == (207, "-3", 9)
    assert [row["error_code"] for row in mixed.json()["results"]] == ["0"] * 3 + ["-3"] + ["0"] * 6
    assert mixed.json()["results"][3]["field"] == "TrangThai"

    site.start("aggregator")
    wait_until(lambda: site.caught_up("aggregator"), "the aggregator has read it")
    (found,) = call("TraCuuHoSo", mahoso=CODE).json()["result"]
    assert found == {"MaHoSo": CODE, "MaTTHC": "1.005129", "TrangThaiHoSo": "4", "NgayTiepNhan": "20260601090000",
                     "NgayHenTra": "20260610090000", "NgayKetThucXuLy": "", "NgayTra": ""}


def test_the_rest_form(site):
    site.start("ingest")
    where = "/api/SynsTTHCC/{}?MaDinhDanhDV=H24.11713&isUpdating=True"
    for body in ([record()], record(), {"data": [record()]}):
        assert post(site, where.format("DongBoHoSoMC"), body, X_API_Key=KEY).json()["accepted"] == 1
    assert post(site, where.format("CapNhatTienDoHoSoMC"), [step()], X_API_Key=KEY).json()["results"]
    assert post(site, where.format("TraCuuHoSo"), {"mahoso": CODE}, X_API_Key=KEY).json()["result"] == []
    events = [event.value for event in site.events()]
    assert {event["deciding_agency"] for event in events if event["kind"] == "record"} == {"H24.11713"}
    assert kinds(site) == ["progress"] + ["record"] * 3


def test_look_ups_need_postgresql_and_nothing_else_does(site):
    ingest = site.start("ingest")
    look_up = {"service": "TraCuuHoSo", "mahoso": CODE}
    assert post(site, "/api/v1/portal", look_up, X_API_Key=KEY).status == 200
    site.servers.pg_kill()
    try:
        answer = post(site, "/api/v1/portal", look_up, X_API_Key=KEY)
        assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["error_code"] == "-3"
        begun = time.monotonic()
        assert site.push("DongBoHoSoMC", [record()]).status == 200
        assert time.monotonic() - begun < 2 and ingest.ready()[0]
    finally:
        site.servers.pg_start()
    wait_until(lambda: post(site, "/api/v1/portal", look_up, X_API_Key=KEY).status == 200, "look-ups work again")


def test_many_look_ups_at_once(site):
    site.start("ingest")
    statuses = []

    def ask():
        for _ in range(10):
            statuses.append(post(site, "/api/v1/portal", {"service": "TraCuuHoSo", "mahoso": CODE}, X_API_Key=KEY).status)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 200


def test_an_alias_is_answered_with_its_dossier_and_a_stranger_with_nothing(site):
    add_key(site, "hep1", "hoso_hep1_x", units="H24.11707")
    site.start("ingest")
    site.start("aggregator")
    site.push("DongBoHoSoMC", [record(MaHoSoKhac="H24-260601-12345")])
    wait_until(lambda: site.caught_up("aggregator"), "the aggregator has read it")

    def look_up(code, key=KEY):
        return post(site, "/api/v1/portal", {"service": "TraCuuHoSo", "mahoso": code}, X_API_Key=key).json()["result"]

    assert look_up("H24-260601-12345") == look_up(CODE) != []
    assert look_up(CODE, "hoso_hep1_x") == []


def test_the_portal_rewrites_what_the_one_stop_system_paused(site):
    """Statuses 5, 6 and 8 reach the portal as 9: both words are published, each with its source; the fold trusts the local one."""
    site.start("ingest")
    site.start("aggregator")
    site.push("DongBoHoSoMC", [record(TrangThaiHoSo="5")])
    site.push("CapNhatTienDoHoSoMC", [step(status="5")])
    site.push("DongBoHoSoMC", [record(TrangThaiHoSo="9", NgayKetThucXuLy="20260603080000")], source="cong")
    site.push("CapNhatTienDoHoSoMC", [step(status="9", at="20260603080000")], source="cong")
    said = {(e.value["trust"], e.value["kind"]): e.value["status"] for e in site.events()}
    assert said == {("local", "record"): 5, ("local", "progress"): 5, ("portal", "record"): 9, ("portal", "progress"): 9}
    wait_until(lambda: site.caught_up("aggregator"), "the aggregator has read it")
    assert site.sql("SELECT status, portal_status, portal_disagrees FROM dossier") == [(5, 9, True)]


# ---- generation B ----


def test_generation_b_from_token_to_status(site):
    site.start("ingest")
    form = urllib.parse.urlencode({"client_id": "motcua", "client_secret": KEY, "grant_type": "client_credentials"})
    token = post(site, "/api/v2/GetToken", form.encode(), Content_Type="application/x-www-form-urlencoded").json()
    assert token["token_type"] == "Bearer" and token["expires_in"] == 8 * 3600
    assert "access_token" in post(site, "/api/v2/GetToken", {"client_id": "motcua", "client_secret": KEY}).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    code = "G09.20-20260609-0092637"
    noi = {"IDHoSo": "", "MaHoSo": code, "NgayNop": "2026-06-08 14:07:53", "MaDonViTiepNhan": "G09.20", "TrangThaiHoSo": 2,
           "MaTTHC": "2.000488.000.00.00.G09", "NgayTiepNhan": "2026-06-08T14:10:00.000", "MaTinh": "31", "MaXa": "11713"}
    assert post(site, "/api/v2/NoiHoSo", noi, **bearer).status == 200
    assert post(site, "/lgsp/api/CapNhatTienTrinh", {
        "IDHoSo": "", "MaHoSo": code, "NguoiXuLy": "CAN BO THU NGHIEM 1", "ThoiDiemXuLy": "2026-06-08T07:47:28.329",
        "TrangThai": 2, "NgayBatDau": None, "NgayKetThucTheoQuyDinh": None}, **bearer).status == 404  # not below /api/
    assert post(site, "/api/lgsp/CapNhatTienTrinh", {
        "IDHoSo": "", "MaHoSo": code, "NguoiXuLy": "CAN BO THU NGHIEM 1", "ThoiDiemXuLy": "2026-06-08T07:47:28.329",
        "TrangThai": 2, "NgayBatDau": None, "NgayKetThucTheoQuyDinh": None}, **bearer).status == 200
    assert post(site, "/api/v2/CapNhatTrangThai", {"IdHoSo": "", "MaHoSo": code, "TrangThai": 5}, **bearer).status == 200
    events = {event.value["kind"]: event.value for event in site.events()}
    assert set(events) == {"record", "progress", "status"}
    noon = 1780902473000  # 2026-06-08T14:07:53+07:00
    assert events["record"]["submitted_at"] == noon and events["record"]["procedure_code"] == "2.000488"
    assert events["record"]["receiving_agency"] == events["record"]["deciding_agency"] == "G09.20"
    assert events["progress"]["occurred_at"] == 1780879648329  # 07:47:28.329 that day
    assert (events["status"]["status"], events["status"]["time_basis"]) == (5, "ingest")


# ---- our own events ----


def test_an_event_as_avro_is_ours_afterwards(site):
    """What identifies source and receipt is made anew; the rest travels as it came."""
    site.start("ingest")
    sent = encode_event(event_id=b"0123456789abcdef", kind="progress", dossier_code=CODE, occurred_at=1780282800000,
                        ingested_at=1, status=4, source="another", trust="portal", officer=b"o" * 16)
    for _ in range(2):
        answer = post(site, "/api/v1/events", sent, X_API_Key=KEY, Content_Type="application/avro")
        assert answer.status == 200 and answer.json()["accepted"] == 1
    first, second = (event.value for event in site.events())
    assert (first["source"], first["trust"], first["status"], first["occurred_at"]) == ("motcua", "local", 4, 1780282800000)
    assert first["ingested_at"] > 1780282800000 and first["event_id"] == second["event_id"] != b"0123456789abcdef"
    assert first["officer"] not in (None, b"o" * 16)


# ---- keys ----


def test_two_keys_of_one_source_make_a_rotation(site):
    add_key(site, "cu2026", "hoso_cu2026_x", expires="2099-12-31")
    add_key(site, "moi2026", "hoso_moi2026_y")
    site.start("ingest")
    for key in ("hoso_cu2026_x", "hoso_moi2026_y", KEY):
        assert post(site, "/api/v1/portal", {"service": "DongBoHoSoMC", "data": [record()]}, X_API_Key=key).status == 200
    assert len({event.value["event_id"] for event in site.events()}) == 1  # the same message, whichever key


def test_a_key_is_held_to_its_units_row_by_row(site):
    add_key(site, "hep1", "hoso_hep1_x", units="H24.11713", kinds="progress")
    site.start("ingest")
    rows = [step(), step(OTHER), step(CODE, "5")]
    body = {"service": "CapNhatTienDoHoSoMC", "madonvi": "H24.11713", "data": rows}
    answer = post(site, "/api/v1/portal", body, X_API_Key="hoso_hep1_x")
    assert answer.status == 207 and [row["code"] for row in answer.json()["refused"]] == ["not_allowed"]
    assert {event.key.decode() for event in site.events()} == {CODE}


def sign(body, timestamp, message_id="msg_1", secret=SIGNING):
    mac = hmac.new(secret, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp),
            "webhook-signature": "v1," + base64.b64encode(mac).decode()}


def test_signed_requests(site):
    add_key(site, "ky1a", signing_secret="whsec_" + base64.b64encode(SIGNING).decode())
    site.start("ingest")
    body = json.dumps([{"id": "1", "kind": "erased", "dossier_code": CODE, "occurred_at": "20260602080000"}]).encode()
    now = int(time.time())

    def send(headers, sent=body, path="/api/v1/events"):
        return post(site, path, sent, **{**headers, "X-Key-Id": "ky1a"}).status

    assert send(sign(body, now)) == 200
    assert post(site, "/api/v1/events?key_id=ky1a", body, **sign(body, now, "msg_a")).status == 200
    assert send(sign(body, now - 290, "msg_b")) == 200
    for bad in (sign(body, now - 400), sign(body, now + 400), sign(body + b" ", now), sign(body, now, secret=b"x" * 32),
                {**sign(body, now), "webhook-id": "msg_2"}, {}):
        assert send(bad) == 401
    assert kinds(site) == ["erased"] * 3


def test_a_signed_request_that_comes_again_has_no_effect(site):
    """An undated status would count again each time it is received."""
    add_key(site, "ky1a", signing_secret="whsec_" + base64.b64encode(SIGNING).decode())
    ingest = site.start("ingest")
    now = int(time.time())

    def send(rows, message_id, at=now):
        body = json.dumps({"service": "CapNhatTienDoHoSoMC", "data": rows}).encode()
        return post(site, "/api/v1/portal", body, **{**sign(body, at, message_id), "X-Key-Id": "ky1a"})

    first = send([step(CODE), step(CODE, "5")], "m1")
    again = [send([step(CODE), step(CODE, "5")], "m1", at) for at in (now, now + 1, now - 200)]
    assert first.status == 200 and all(answer.status == 200 and answer.body == first.body for answer in again)
    other = send([step(OTHER)], "m1")
    assert other.status == 409 and "webhook-id" in other.json()["message"]
    assert [send([step(CODE, "6"), step(CODE, "x")], "m2").status for _ in range(2)] == [207, 409]
    assert [send([step(CODE, "x")], "m3").status for _ in range(2)] == [422, 422]  # nothing was taken, so it is looked at again
    assert len(site.events()) == 3
    assert ingest.metrics()["hoso_ingest_replayed_total"] == 5
    ingest.restart({"ingest.answer_within": "1s"})
    site.servers.kafka_kill()
    try:
        assert send([step(OTHER)], "m4").status == 503
    finally:
        site.servers.kafka_start()
    wait_until(lambda: send([step(OTHER)], "m4").status == 200, "what was not taken is taken the next time")
    assert OTHER in {event.key.decode() for event in site.events()}


def test_a_key_that_sends_too_fast_is_told_when_to_come_again(site):
    add_key(site, "cham1", "hoso_cham1_x", rate="5", burst="20")
    ingest = site.start("ingest")
    rows = [step(at=f"202606020800{second:02}") for second in range(45)]
    body = {"service": "CapNhatTienDoHoSoMC", "data": rows}
    assert post(site, "/api/v1/portal", body, X_API_Key="hoso_cham1_x").status == 200  # larger than the bucket, and paid for
    answer = post(site, "/api/v1/portal", body, X_API_Key="hoso_cham1_x")
    assert answer.status == 429 and 1 <= int(answer.headers["Retry-After"]) <= 6
    assert post(site, "/api/v2/CapNhatTrangThai", {}, X_API_Key="hoso_cham1_x").status == 502
    assert post(site, "/api/v1/portal", body, X_API_Key=KEY).status == 200  # others are not held up
    wait_until(lambda: post(site, "/api/v1/portal", body, X_API_Key="hoso_cham1_x").status == 200, "the bucket is filled")
    assert ingest.metrics()['hoso_ingest_requests_total{outcome="busy"}'] >= 2


def test_sessions_end_and_are_bounded(site):
    site.start("ingest", {"ingest.sessions_max": "2", "ingest.session_ttl": "60s"})

    def log_in():
        return post(site, "/api/v1/login", {"username": "motcua", "password": KEY}).json()["session"]

    def status(session):
        return post(site, "/api/v1/portal", {"session": session, "service": "DongBoHoSoMC", "data": []}).status

    sessions = [log_in() for _ in range(3)]
    assert [status(session) for session in sessions] == [401, 200, 200]
