"""hoso-ingest on a real Kafka: what is answered, what is stored, and what happens when one of the two dies."""

import http.client
import json
import os
import threading
import urllib.error

import pytest
from harness import wait_until
from harness.site import ROOT

CODE = "H24.11713-260601-%04d"
KILLS = int(os.environ.get("HOSO_BROKER_KILLS", "10"))


def hoso(number=1, **members):
    return {"MaHoSo": CODE % number, "MaTTHC": "1.005129", "KenhThucHien": "2", "ChuHoSo": "NGUOI THU NGHIEM 1",
            "NgayNopHoSo": "20260601080000", "NgayTiepNhan": "20260601090000", "NgayHenTra": "20260610090000",
            "NgayKetThucXuLy": "", "TrangThaiHoSo": "4", **members}


def step(number=1, status="4", at="20260602080000", **members):
    return {"MaHoSo": CODE % number, "NguoiXuLy": "CAN BO THU NGHIEM 1", "ThoiDiemXuLy": at, "TrangThai": status,
            "NoiDungXuLy": "x", "NgayKetThucTheoQuyDinh": "", **members}


def native(kind, number=1, **members):
    return {"id": f"{kind}-{number}", "kind": kind, "dossier_code": CODE % number,
            "occurred_at": "2026-06-02T08:00:00+07:00", **members}


def sent_codes(site):
    return [record.key.decode() for record in site.events(raw=True)]


def ids(site):
    return {(record.key, record.value["event_id"]) for record in site.events()}


# ---- what is stored ----


def test_a_record_reaches_kafka_as_avro_with_cloudevents_headers(site):
    site.start("ingest")
    answer = site.push("DongBoHoSoMC", [hoso()])
    assert answer.status == 200
    assert answer.json() == {"error_code": "0", "message": "Đã nhận tất cả", "accepted": 1, "refused": []}
    (record,) = site.events()
    event = record.value
    assert record.key == event["dossier_code"].encode() == b"H24.11713-260601-0001"
    assert (event["kind"], event["source"], event["trust"], event["status"]) == ("record", "motcua", "local", 4)
    assert (event["procedure_code"], event["channel"]) == ("1.005129", "online")
    assert (event["deciding_agency"], event["receiving_agency"]) == ("H24.11713", "H24.11713")
    assert event["accepted_at"] == event["occurred_at"] == 1780279200000
    assert event["due_at"] == 1781056800000 and event["ended_at"] is None
    assert record.headers == {
        "ce_specversion": b"1.0", "ce_id": event["event_id"].hex().encode(), "ce_type": b"vn.hoso.dossier.record",
        "ce_source": b"motcua", "ce_time": b"2026-06-01T09:00:00.000+07:00", "ce_subject": record.key}


def test_a_senders_trace_goes_with_its_records_and_what_is_none_does_not(site):
    site.start("ingest")
    trace = "00-" + 15 * "0a" + "01-00000000000000b7-01"
    for number, sent in enumerate((trace, trace.upper(), trace + "0", trace[:-1] + "g", "ff" + trace[2:], "00-" + 32 * "0" + trace[35:],
                                   trace[:36] + 16 * "0" + "-01", "Nguyễn Văn Thử Nghiệm")):
        body = json.dumps({"service": "DongBoHoSoMC", "data": [hoso(number)]}).encode()
        assert site.push_raw(body, headers={"traceparent": sent.encode()}).status == 200
    assert [record.headers.get("traceparent") for record in sorted(site.events(), key=lambda record: record.key)] == [trace.encode()] + 7 * [None]


def test_every_native_kind_is_stored(site):
    site.start("ingest")
    rows = [native("due_changed", due_at="2026-06-20T09:00:00+07:00"), native("transferred", transfer_to="H24.11707"),
            native("paid", paid_online=True), native("rated", rating=5), native("apology_sent"),
            native("alias", alias_of=CODE % 2), native("erased")]
    assert site.push_events(rows).json()["accepted"] == 7
    lines = "\n".join(json.dumps(row) for row in rows)
    answer = site.push_raw(lines.encode(), "/api/v1/events", headers={"Content-Type": "application/x-ndjson"})
    assert (answer.status, answer.json()["accepted"]) == (200, 7)
    events = [record.value for record in site.events()]
    assert {event["kind"] for event in events} == {row["kind"] for row in rows}
    assert len(events) == 14 and len(ids(site)) == 7


def test_a_row_sent_again_keeps_its_id(site):
    ingest = site.start("ingest")
    for attempt in range(2):
        site.push("DongBoHoSoMC", [hoso()], isUpdating="True" if attempt else "False")
        site.push("CapNhatTienDoHoSoMC", step())
        ingest.restart()
    events = [record.value for record in site.events()]
    assert len(events) == 4 and len(ids(site)) == 2
    assert len({event["ingested_at"] for event in events}) == 4


def test_two_codes_make_an_alias(site):
    site.start("ingest")
    site.push("DongBoHoSoMC", [hoso(MaHoSoKhac="H24-260601-12345")])
    site.push("DongBoHoSoMC", [hoso(MaHoSo="H24-260601-12345", MaHoSoKhac=CODE % 1)], source="cong")
    events = {(event["trust"], event["kind"]): event for event in (record.value for record in site.events())}
    assert len(events) == 4
    for trust in ("local", "portal"):
        assert events[trust, "record"]["dossier_code"] == CODE % 1
        assert events[trust, "alias"]["dossier_code"] == "H24-260601-12345"
        assert events[trust, "alias"]["alias_of"] == CODE % 1


# ---- what is answered ----


def test_bad_rows_are_refused_and_good_ones_stored(site):
    ingest = site.start("ingest")
    rows = [hoso(1), hoso(2, NgayTiepNhan="20260631090000"), hoso(3, TrangThaiHoSo="posting"), 7, hoso(5)]
    answer = site.push("DongBoHoSoMC", rows)
    assert answer.status == 207 and answer.json()["accepted"] == 2
    assert [(row["row"], row["field"], row["code"]) for row in answer.json()["refused"]] == [
        (2, "NgayTiepNhan", "bad_time"), (3, "TrangThaiHoSo", "unmapped_status"), (4, "", "not_object")]
    assert sorted(sent_codes(site)) == [CODE % 1, CODE % 5]
    answer = site.push("DongBoHoSoMC", [hoso(2, DoMat="1")])
    assert answer.status == 422 and answer.json()["error_code"] == "-3"
    metrics = ingest.metrics()
    assert metrics['hoso_ingest_refused_total{reason="bad_time"}'] == 1
    assert metrics['hoso_ingest_refused_total{reason="state_secret"}'] == 1
    assert metrics['hoso_ingest_events_total{kind="record"}'] == metrics["hoso_ingest_persisted_total"] == 2
    assert metrics['hoso_ingest_requests_total{outcome="ok"}'] == 1
    assert metrics['hoso_ingest_requests_total{outcome="refused"}'] == 1


def test_only_post_is_taken(site):
    ingest = site.start("ingest")
    assert ingest.request("/api/v1/portal")[0] == 405
    assert ingest.request("/api/v1/portal", b"{}", method="PUT")[0] == 405


def test_the_key_may_come_as_a_bearer_token(site):
    site.start("ingest")
    body = json.dumps({"service": "DongBoHoSoMC", "data": hoso()}).encode()
    answer = site.push_raw(body, source=None, headers={"Authorization": "Bearer khoa thu nghiem mot cua"})
    assert answer.status == 200 and sent_codes(site) == [CODE % 1]


def test_a_start_without_keys_is_refused(site):
    site.set("ingest", "event_key", "")
    ingest = site.start("ingest", wait=False)
    ingest.expect_exit(78)
    assert "event_key" in ingest.log()


def test_the_example_configuration_wants_its_secrets_and_is_good_with_them(site):
    text = (ROOT / "deploy" / "hoso.conf.example").read_text()
    site.config = site.folder / "example.conf"

    def check(text, said, code=78):
        site.config.write_text(text)
        site.hoso("config", "check", code=code)
        assert said in (site.folder / "hoso.log").read_text().rsplit("$ hoso config check", 1)[1]

    check(text, "event_key must have 32 to 256 bytes")
    text = text.replace("\nevent_key =", "\nevent_key = " + "e" * 32).replace("\nofficer_key =", "\nofficer_key = " + "o" * 32)
    check(text, "key_sha256 must have 64 to 64 bytes")
    text = text.replace("\nkey_sha256 =", "\nkey_sha256 = " + "a" * 64)
    check(text, "The configuration is valid", code=0)
    for line in ("[key.motcua1]", "source = motcua", "sha256 =", "expires = 2027-06-30", "units = H24.11713", "kinds = record,progress"):
        assert f"\n;{line}\n" in text
        text = text.replace(f"\n;{line}\n", f"\n{line}\n")
    check(text, "sha256 must have 64")
    check(text.replace("\nsha256 =", "\n;"), "[key.motcua1]: give sha256, signing_secret or client_dn")
    text = text.replace("\nsha256 =", "\nsha256 = " + "b" * 64)
    check(text, "The configuration is valid", code=0)
    check(text.replace("\nsource = motcua\n", "\nsource = other\n"), "must name a section")


# ---- what happens when something dies ----


def test_no_good_answer_without_kafka_and_nothing_lost_after_it_is_back(site):
    ingest = site.start("ingest", {"ingest.answer_within": "1s"})
    wait_until(lambda: site.push("DongBoHoSoMC", [hoso(1)]).status == 200, "ingest accepts")  # a busy machine may need more than 1 s
    site.servers.kafka_kill()
    try:
        answer = site.push("DongBoHoSoMC", [hoso(2), hoso(3)])
        assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["error_code"] == "-3"
        assert ingest.metrics()["hoso_ingest_in_flight"] == 2
        # Generation B knows no 503.
        answer = site.push_raw(json.dumps({"MaHoSo": CODE % 4, "TrangThai": 5}).encode(), "/api/v2/CapNhatTrangThai")
        assert answer.status == 502 and int(answer.headers["Retry-After"]) >= 1
    finally:
        site.servers.kafka_start()
    wait_until(lambda: site.push("DongBoHoSoMC", [hoso(2), hoso(3)]).status == 200, "ingest accepts again")
    assert {CODE % n for n in (1, 2, 3)} <= set(sent_codes(site)) <= {CODE % n for n in (1, 2, 3, 4)}
    assert len(ids(site)) == len(set(sent_codes(site)))
    assert ingest.ready()[0]


def test_accepted_means_stored_while_kafka_dies_and_comes_back(site):
    site.start("ingest", {"ingest.answer_within": "2s"})
    accepted, stop = set(), threading.Event()

    def send(first):
        number = first
        while not stop.is_set():
            if site.push("CapNhatTienDoHoSoMC", [step(number), step(number, "9", "20260603080000")]).status == 200:
                accepted.add(CODE % number)
                number += 4

    senders = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for sender in senders:
        sender.start()
    try:
        wait_until(lambda: len(accepted) > 100, "a hundred are accepted")
        for kill in range(1, KILLS + 1):
            site.servers.kafka_kill()
            site.servers.kafka_start()
            before = len(accepted)
            wait_until(lambda: len(accepted) > before + 100, f"a hundred more are accepted after kill {kill}", 120)
    finally:
        stop.set()
        for sender in senders:
            sender.join()
    stored, known, records = {}, set(), site.events()
    for record in records:
        stored.setdefault(record.key.decode(), set()).add(record.value["status"])
        known.add((record.key, record.value["event_id"]))
    assert all(stored.get(code) == {4, 9} for code in accepted)
    # What was sent again after a 503 is the same event: two for each dossier, however often they are stored.
    assert len(known) == sum(len(statuses) for statuses in stored.values())
    print(f"{KILLS} kills, {len(accepted)} requests accepted, none lost; {len(records)} records are {len(known)} events")


def test_too_much_in_flight_is_sent_back_at_once(site):
    ingest = site.start("ingest", {"ingest.answer_within": "1s", "ingest.in_flight_max": "3"})
    site.servers.kafka_kill()
    try:
        assert site.push("DongBoHoSoMC", [hoso(1), hoso(2)]).status == 503
        answer = site.push("DongBoHoSoMC", [hoso(3), hoso(4)])
        assert answer.status == 503 and "bận" in answer.json()["message"]
        assert ingest.metrics()['hoso_ingest_events_total{kind="record"}'] == 2
    finally:
        site.servers.kafka_start()
    wait_until(lambda: site.push("DongBoHoSoMC", [hoso(3), hoso(4)]).status == 200, "there is room again")


def test_killed_in_mid_request_then_sent_again(site):
    rows = [hoso(n, DanhSachHoSoBoSung=[{"NgayTiepNhanBoSung": "20260605080000", "NgayHenTraMoi": "20260612090000"}])
            for n in range(1, 51)]
    ingest = site.start("ingest")
    assert site.push("DongBoHoSoMC", rows).status == 200
    once = ids(site)
    ingest.terminate()
    ingest.start(crash_at="ingest.sent")
    with pytest.raises((urllib.error.URLError, http.client.HTTPException, ConnectionError)):
        site.push("DongBoHoSoMC", rows)
    ingest.wait_crash()
    ingest.start()
    assert site.push("DongBoHoSoMC", rows).status == 200
    assert len(once) == 100 and ids(site) == once


def test_stopping_answers_who_waits(site):
    ingest = site.start("ingest")
    site.servers.kafka_kill()
    try:
        answers = []
        sender = threading.Thread(target=lambda: answers.append(site.push("DongBoHoSoMC", [hoso()])))
        sender.start()
        wait_until(lambda: ingest.metrics()["hoso_ingest_in_flight"] == 1, "the row is on its way")
        ingest.terminate()
        sender.join()
        assert answers[0].status == 503 and answers[0].headers["Retry-After"]
    finally:
        site.servers.kafka_start()


def test_a_client_that_leaves_is_no_matter(site):
    ingest = site.start("ingest")
    body = json.dumps({"service": "DongBoHoSoMC", "data": hoso()})
    for cut in (len(body), len(body) // 2):
        connection = http.client.HTTPConnection("127.0.0.1", ingest.port)
        connection.putrequest("POST", "/api/v1/portal")
        connection.putheader("X-API-Key", "khoa thu nghiem mot cua")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        connection.send(body[:cut].encode())
        connection.close()
    assert site.push("DongBoHoSoMC", [hoso(2)]).status == 200
    wait_until(lambda: sorted(sent_codes(site)) == [CODE % 1, CODE % 2], "whole requests are stored, half ones not")
