"""A source that is asked: cursor, pages, overlap, ETag; and a portal that misbehaves."""

import json
import socket
import ssl
import subprocess
import threading
import time

import pytest
from harness import wait_until
from harness.portal import Portal, page

MARK = "CANARY"
IN_FLIGHT = 'hoso_ingest_feed_in_flight_rows{source="cong-hoi"}'


def code(number):
    return f"H24.11713-260601-{number:04d}"


def hoso(number, **members):
    return {"MaHoSo": code(number), "MaTTHC": "1.005129", "TrangThaiHoSo": "4", "NgayTiepNhan": "20260601090000",
            "ChuHoSo": MARK, **members}


@pytest.fixture
def portal():
    running = Portal()
    yield running
    running.stop()


def configure(site, url, name="cong-hoi", **options):
    settings = {"kind": "poll", "url": url, "rows": "hoso", "agency": "H24.11713", "every": "200ms", "overlap": "60s",
                "state_file": str(site.folder / f"{name}.cursor"), "plain_http": "yes", "allow_networks": "127.0.0.0/8",
                "from": "2026-06-01", "timeout": "2s", **options}
    for key, value in settings.items():
        site.set(f"source.{name}", key, value)
    return site.folder / f"{name}.cursor"


def codes(site):
    return sorted({event.value["dossier_code"] for event in site.events()})


def cursor_of(path):
    return dict(line.split(" ", 1) for line in path.read_text().splitlines()[1:]) if path.exists() else {}


def test_pages_overlap_and_etag(site, portal):
    changed, dates = [True], "Mon, 01 Jun 2026 05:00:00 GMT"
    now = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 30))

    def answer(query, headers):
        if not changed[0]:
            return (304, {}, b"") if headers.get("If-None-Match") == '"e1"' else (200, {"ETag": '"e1"'}, page([]))
        if query.get("page") is None:
            return 200, {"Date": now}, page([hoso(1), hoso(2)], "trang 2/&=", service="DongBoHoSoMC", madonvi="H24.10507")
        assert query["page"] == "trang 2/&="
        changed[0] = False
        return 200, {}, page([hoso(3), hoso(4, TrangThaiHoSo="x")])

    portal.answer = answer
    cursor = configure(site, portal.url + "?fixed=1", credential="bí mật")
    assert "bí mật" not in site.hoso("config", "show") and dates
    ingest = site.start("ingest")
    wait_until(lambda: len(portal.asked) >= 5, "two pages, one whole answer and some 304")
    assert codes(site) == [code(1), code(2), code(3)]
    queries = [query for _, query, _ in portal.asked]
    assert queries[0] == {"fixed": "1", "since": "20260531235900"}
    assert queries[1] == {**queries[0], "page": "trang 2/&="}
    assert queries[2]["since"] > "2026110" and "page" not in queries[2], "the sweep is over: from its beginning on"
    assert queries[3] == queries[2] == queries[4]
    assert "If-None-Match" not in portal.asked[2][2] and portal.asked[4][2]["If-None-Match"] == '"e1"'
    assert portal.asked[0][2]["Authorization"].startswith("Bearer ") and "Accept-Encoding" not in portal.asked[0][2]
    agencies = {event.value["deciding_agency"] for event in site.events()}
    assert agencies == {"H24.10507", "H24.11713"}
    assert ingest.metrics()['hoso_ingest_refused_total{reason="bad_status"}'] == 1
    ingest.terminate()
    log = ingest.log()
    assert "poll_row_refused" in log and MARK not in log and "mật" not in log
    assert MARK not in cursor.read_text()


def test_rows_that_the_overlap_brings_again_are_stored_once(site, portal):
    rows = [hoso(1), hoso(2, TrangThaiHoSo="x")]
    portal.answer = lambda query, headers: (200, {}, page(rows))
    configure(site, portal.url)
    ingest = site.start("ingest")
    source = '{source="cong-hoi"}'

    def known():
        return ingest.metrics()["hoso_ingest_feed_known_rows_total" + source]

    wait_until(lambda: known() >= 6, "the same page comes again and again")
    assert len(site.events()) == 1 and ingest.metrics()['hoso_ingest_refused_total{reason="bad_status"}'] == 1
    for status in ("5", "4"):  # a state that comes back within the window is news
        rows[0] = hoso(1, TrangThaiHoSo=status)
        before = known()
        wait_until(lambda n=before: known() >= n + 4, "it is known after its first time")
    assert [event.value["status"] for event in site.events()] == [4, 5, 4]
    metrics = ingest.metrics()
    assert metrics["hoso_ingest_feed_rows_total" + source] == 4 and metrics["hoso_ingest_feed_troubles_total" + source] == 0
    assert abs(metrics["hoso_ingest_feed_last_success_timestamp_seconds" + source] - time.time()) < 60
    portal.answer = lambda query, headers: (500, {}, b"")
    wait_until(lambda: ingest.metrics()["hoso_ingest_feed_troubles_total" + source] >= 1, "it is counted")
    assert ingest.ready()[0], "a portal that is away is no reason to take nothing from others"


def test_killed_between_pages_goes_on_and_loses_nothing(site, portal):
    pages = 40

    def answer(query, headers):
        number = int(query.get("page", "0"))
        time.sleep(0.02)
        rows = [hoso(number * 10 + i) for i in range(10)]
        return 200, {}, page(rows, str(number + 1) if number + 1 < pages else None)

    portal.answer = answer
    cursor = configure(site, portal.url, every="10m")
    ingest = site.start("ingest")
    for stop_at in (8, 20, 31):
        wait_until(lambda n=stop_at: int(cursor_of(cursor).get("page") or 0) >= n, "it has come so far")
        kept = int(cursor_of(cursor)["page"])
        before = len(portal.asked)
        ingest.kill()
        ingest.start()
        wait_until(lambda n=before: len(portal.asked) > n, "it asks again")
        assert int(portal.asked[before][1]["page"]) in range(kept, kept + 4), "from the kept page on"
    wait_until(lambda: cursor_of(cursor).get("page") == "" and cursor_of(cursor)["since_at"] > "1780", "the sweep is over")
    assert codes(site) == [code(n) for n in range(pages * 10)]


def test_the_cursor_waits_for_kafka(site, portal):
    configure(site, portal.url, **{"every": "200ms"})
    cursor = site.folder / "cong-hoi.cursor"
    ingest = site.start("ingest")
    wait_until(lambda: cursor.exists(), "an empty page is acknowledged")
    kept = cursor.read_text()
    site.servers.kafka_kill()
    try:
        rows = [hoso(1)]  # said until somebody has it for good
        portal.answer = lambda query, headers: (200, {}, page(rows))
        wait_until(lambda: ingest.metrics()[IN_FLIGHT] >= 1, "the row is on its way")
        # As long as it was before it had asked twice more: nothing is asked while a page is not acknowledged.
        asked = len(portal.asked)
        wait_until(lambda: not ingest.ready()[0], "it says that Kafka does not acknowledge")
        assert "no acknowledgement" in ingest.ready()[1]["kafka"]
        assert cursor.read_text() == kept and len(portal.asked) == asked
    finally:
        site.servers.kafka_start()
    wait_until(lambda: cursor.read_text() != kept, "the page is acknowledged", 90)
    rows.clear()
    assert codes(site) == [code(1)]
    ingest.terminate()


def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.2)


def without_length(handler):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b" " * 20000)


def cut_short(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data":[')


def garbage(handler):
    handler.wfile.write(b"\x00\x01\x02 no HTTP at all\r\n\r\n")


BAD_ANSWERS = {  # what: (the answer, what the log says)
    "an error": ((500, {}, b"Fatal: " + MARK.encode()), "answered 500"),
    "not allowed": ((401, {}, MARK.encode()), "answered 401"),
    "nothing there": ((404, {}, b""), "answered 404"),
    "too many requests": ((429, {"Retry-After": "1"}, b""), "answered 429"),
    "a page for people": ((200, {}, f"<html>{MARK}</html>".encode()), "no page of rows: bad_json"),
    "nothing": ((200, {}, b""), "no page of rows: bad_json"),
    "half a page": ((200, {}, page([hoso(1)])[:-3]), "no page of rows: bad_json"),
    "not UTF-8": ((200, {}, page([hoso(1)]).replace(MARK.encode(), b"\xff")), "no page of rows: bad_json"),
    "a key twice": ((200, {}, page([hoso(1)]).replace(b'"ChuHoSo"', b'"MaHoSo"')), "no page of rows: bad_json"),
    "a word": ((200, {}, b'"x"'), "no page of rows: not_object"),
    "rows that are text": ((200, {}, b'{"data":"x"}'), "no page of rows: not_object"),
    "another service": ((200, {}, b'{"service":"LayThuTuc","data":[]}'), "no page of rows: bad_value"),
    "next is a number": ((200, {}, b'{"data":[],"next":7}'), "next is no token"),
    "next is endless": ((200, {}, json.dumps({"data": [], "next": "x" * 600}).encode()), "next is no token"),
    "next with line breaks": ((200, {}, b'{"data":[],"next":"a\\r\\nb"}'), "next is no token"),
    "too large": ((200, {}, b" " * 20000), "larger than 10000 bytes"),
    "too large, and does not say so": (without_length, "larger than 10000 bytes"),
    "too large, and says so": ((200, {"Content-Length": "99999999999"}, b""), "larger than 10000 bytes"),
    "another host": ((302, {"Location": "http://127.0.0.2:1/"}, b""), "redirect to another host"),
    "another port": ((302, {"Location": "http://127.0.0.1:1/"}, b""), "redirect to another host"),
    "another protocol": ((302, {"Location": "file:///etc/passwd"}, b""), "redirect to another host"),
    "in a circle": ((302, {"Location": "/hoso"}, b""), "too many redirects"),
    "a redirect to nowhere": ((301, {}, b""), "redirect to another host"),
    "304 to a question without condition and page": ((304, {}, b""), None),
    "drop by drop": (drip, "Timeout was reached"),
    "cut short": (cut_short, "transferred a partial file|end of response|failure when receiving"),
    "no HTTP": (garbage, "HTTP/0.9|Weird server reply|Unsupported|Received HTTP"),
    "not a success that one knows": ((206, {}, page([hoso(1)])), "answered 206"),
}


def test_answers_that_make_no_sense_move_nothing(site, portal):
    cursor = configure(site, portal.url, answer_max="10000", timeout="1s")
    ingest = site.start("ingest")
    wait_until(cursor.exists, "a first good answer")
    kept = cursor.read_text()
    ingest.terminate()
    for what, (answer, said) in BAD_ANSWERS.items():
        portal.answer = lambda query, headers, a=answer: a
        asked, mark = len(portal.asked), len(ingest.log(10**7))
        ingest.start()
        if said:
            wait_until(lambda m=mark: "poll_failed" in ingest.log(10**7)[m:], f"{what}: it is told of")
            line = next(x for x in ingest.log(10**7)[mark:].splitlines() if "poll_failed" in x)
            assert any(part.lower() in line.lower() for part in said.split("|")), (what, line)
            assert "retry_ms=" in line
        else:
            wait_until(lambda n=asked: len(portal.asked) > n + 1, f"{what}: it goes on")
        assert cursor.read_text() == kept, what
        ingest.kill() if answer is drip else ingest.terminate()
    assert MARK not in ingest.log(10**7) and site.events() == []
    portal.answer = lambda query, headers: (200, {}, page([hoso(1)]))
    ingest.start()
    wait_until(lambda: codes(site) == [code(1)], "a good answer is taken after all that")


def test_pages_that_turn_in_a_circle_and_pages_that_are_gone(site, portal):
    calls = []

    def answer(query, headers):
        calls.append(query.get("page"))
        if len(calls) < 8:
            return 200, {}, page([hoso(1)], "same")  # "same" leads to "same"
        if query.get("page") == "p2":
            return (410, {}, b"") if calls.count("p2") == 1 else (200, {}, page([hoso(3)]))
        return 200, {}, page([hoso(2)], "p2")

    portal.answer = answer
    configure(site, portal.url)
    ingest = site.start("ingest")
    wait_until(lambda: codes(site) == [code(1), code(2), code(3)], "it comes to an end", 60)
    assert calls[:3] == [None, "same", None] and "same page again" in ingest.log(10**6)


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254", "[::ffff:127.0.0.1]",
                                     "2130706433"])
def test_addresses_that_are_not_public_are_not_asked(site, address):
    listener = socket.create_server(("127.0.0.1", 0))
    configure(site, f"http://{address}:{listener.getsockname()[1]}/", allow_networks="10.0.0.0/8")
    ingest = site.start("ingest")
    wait_until(lambda: "poll_failed" in ingest.log(), "it is told of")
    assert "not public" in ingest.log()
    listener.settimeout(0.2)
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()


def certificate(folder, name, host):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}",
                    "-addext", f"subjectAltName={host}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def test_certificates_are_verified(site, tmp_path):
    good = Portal(certificate(tmp_path, "good", "IP:127.0.0.1"))
    other_name = Portal(certificate(tmp_path, "other", "DNS:cong.example"))
    for portal in (good, other_name):
        portal.answer = lambda query, headers: (200, {}, page([hoso(1)]))
    try:
        for name, url, ca_file, trusted in (("a", good.url, "good", True), ("b", good.url, "", False),
                                            ("c", other_name.url, "other", False)):
            configure(site, url, name, plain_http="no", ca_file=str(tmp_path / f"{ca_file}.pem") if ca_file else "")
        ingest = site.start("ingest")
        wait_until(lambda: codes(site) == [code(1)], "the good one is read")
        wait_until(lambda: ingest.log().count("poll_failed") >= 2, "the others are told of")
        assert {event.value["source"] for event in site.events()} == {"a"}
        assert not (site.folder / "b.cursor").exists() and not (site.folder / "c.cursor").exists()
        ingest.terminate()
    finally:
        good.stop()
        other_name.stop()


BAD_CONFIGURATION = {
    "url": ("ftp://x/", "url must begin with https://"),
    "state_file": ("", "state_file must be set"),
    "from": ("01/06/2026", "from: write"),
    "allow_networks": ("10.0.0.0/33", "is no network"),
    "rows": ("x", "rows"),
    "timeout": ("0s", "timeout"),
    "kind": ("pull", "kind"),
}


@pytest.mark.parametrize("key", BAD_CONFIGURATION)
def test_a_wrong_section_is_named_at_the_start(site, key):
    value, said = BAD_CONFIGURATION[key]
    configure(site, "http://127.0.0.1:1/")
    site.set("source.cong-hoi", key, value)
    ingest = site.start("ingest", wait=False)
    ingest.expect_exit(78)
    assert said in ingest.log(), ingest.log()


def test_a_cursor_that_is_none_is_a_persons_decision(site, portal):
    cursor = configure(site, portal.url)
    cursor.write_text("hoso-cursor 1\nsince_at 17\n")
    ingest = site.start("ingest", wait=False)
    ingest.expect_exit(78)
    assert "no cursor of ours" in ingest.log() and cursor.read_text().endswith("17\n")
    assert threading.active_count() >= 1
