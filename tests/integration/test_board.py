"""hoso-board on real parts: its figures are those of the tables, its stream loses nothing, and it is honest about outages."""

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from harness import wait_until
from harness.board import Visitor, add_user, draw_map

ROOT = Path(__file__).resolve().parents[2]
DAY = 86_400_000
AGENCY, OTHER = "H24.11713", "H24.10507"  # xã Nghi Dương, and another commune


@pytest.fixture
def board(site, tmp_path):
    draw_map(site, tmp_path / "map.geojson")
    for name, role, unit in [("trucban", "city", None), ("nghiduong", "commune", "11713"), ("phantich", "analyst", None)]:
        add_user(site, name, role, unit)
    return site.start("board").wait_ready()


def opened(site, code, agency=AGENCY, due_in=5 * DAY, procedure="1.005129"):
    now = time.time_ns() // 1_000_000
    value = site.encode_event(event_id=code.encode().ljust(16, b".")[-16:], kind="record", dossier_code=code,
                              ingested_at=now, occurred_at=now, status=4, accepted_at=now - 1000, submitted_at=now - 2000,
                              due_at=now + due_in, deciding_agency=agency, procedure_code=procedure, channel="online")
    return code.encode(), value, None, None


def say(site, *rows):
    site.produce_all(rows)
    site.wait_caught_up("aggregator")


def expected_figures(site):
    """What the tables say, computed otherwise than the board does: from the dossiers."""
    rows = site.sql("""
        SELECT u.code, count(*) FILTER (WHERE phase = 'running'),
               count(*) FILTER (WHERE phase = 'running' AND (due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
                   < (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date),
               count(*) FILTER (WHERE (accepted_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
                   = (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
        FROM dossier d JOIN unit u USING (unit_id) GROUP BY 1""")
    return {code: {"running": running, "overdue": overdue, "received": received}
            for code, running, overdue, received in rows}


def assert_same_figures(site, rows):
    expected = expected_figures(site)
    for code, row in rows.items():
        wanted = expected.get(code, {"running": 0, "overdue": 0, "received": 0})
        assert {name: row[name] for name in wanted} == wanted, code


def test_figures_are_those_of_the_tables(site, board):
    site.start("aggregator").wait_ready()
    say(site, opened(site, "H24.11713-1"), opened(site, "H24.11713-2", due_in=-3 * DAY), opened(site, "H24.10507-1", OTHER))
    visitor = Visitor(board, "trucban")
    status, communes = visitor.get("/api/v1/communes")
    assert status == 200 and len(communes["communes"]) == 114
    assert_same_figures(site, {row["code"]: row for row in communes["communes"]})
    status, overview = visitor.get("/api/v1/overview")
    assert (overview["totals"]["running"], overview["totals"]["overdue"], overview["totals"]["month_online"]) == (3, 1, 3)
    assert overview["pipeline"]["events"] == 3
    status, commune = visitor.get("/api/v1/communes/11713")
    assert commune["figures"]["overdue"] == 1 and len(commune["trend"]) == 30
    assert commune["trend"][-1]["received"] == 2 and sum(row["running"] for row in commune["open"]) == 2
    assert "dossiers" not in commune, "the city centre does not see codes"
    assert "H24.11713-1" not in json.dumps(visitor.get("/api/v1/events")[1])
    assert visitor.get("/api/v1/communes/00000")[0] == 404


def test_a_commune_sees_its_own_and_its_codes(site, board):
    site.start("aggregator").wait_ready()
    say(site, opened(site, "H24.11713-1"), opened(site, "H24.10507-1", OTHER))
    visitor = Visitor(board, "nghiduong")
    assert [row["code"] for row in visitor.get("/api/v1/communes")[1]["communes"]] == ["11713"]
    assert visitor.get("/api/v1/overview")[1]["totals"]["running"] == 1
    assert [event["dossier"] for event in visitor.get("/api/v1/events")[1]["events"]] == ["H24.11713-1"]
    assert [row["code"] for row in visitor.get("/api/v1/communes/11713")[1]["dossiers"]] == ["H24.11713-1"]
    status, dossier = visitor.get("/api/v1/dossiers/H24.11713-1")
    assert status == 200 and dossier["phase"] == "running" and dossier["history"][0]["kind"] == "record"
    assert [(held["agency"], held["to"]) for held in dossier["held"]] == [(AGENCY, None)]
    assert visitor.get("/api/v1/dossiers/H24.10507-1")[0] == 404
    assert visitor.get("/api/v1/communes/10507")[0] == 404
    assert site.sql("SELECT actor, action, object FROM board_audit WHERE action = 'dossier_seen'") == [
        ("nghiduong", "dossier_seen", "H24.11713-1")]


def test_a_dossier_says_who_held_it_when(site, board):
    site.start("aggregator").wait_ready()
    code, now = "H24.11713-1", time.time_ns() // 1_000_000
    there, back = ((code.encode(), site.encode_event(event_id=name.ljust(16, b"."), kind="transferred", dossier_code=code, ingested_at=now,
                                                     occurred_at=at, transfer_from=old, transfer_to=new), None, None)
                   for name, at, old, new in ((b"there", now + 1000, AGENCY, "H24.31"), (b"back", now + 5000, "H24.31", AGENCY)))
    say(site, opened(site, code), there, back)
    held = Visitor(board, "nghiduong").get(f"/api/v1/dossiers/{code}")[1]["held"]
    assert [(one["agency"], one["to"]) for one in held] == [(AGENCY, now + 1000), ("H24.31", now + 5000), (AGENCY, None)]
    assert [one["from"] for one in held[1:]] == [now + 1000, now + 5000]


def test_stream_snapshot_then_deltas(site, board):
    site.start("aggregator").wait_ready()
    say(site, opened(site, "H24.11713-1"))
    stream = Visitor(board, "trucban").stream()
    assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
    event, _, data = stream.next()
    assert event == "snapshot" and len(data["rows"]) == 114
    assert stream.totals["running"] == 1 and stream.rows["11713"]["running"] == 1
    say(site, opened(site, "H24.10507-1", OTHER), opened(site, "H24.10507-2", OTHER))
    stream.until(lambda s: s.totals["running"] == 3, "two more")
    assert stream.rows["10507"]["running"] == 2 and stream.rows["11713"]["running"] == 1
    assert_same_figures(site, stream.rows)
    assert {item["unit"] for item in stream.feed} == {"11713", "10507"} and len(stream.feed) == 3


def test_deltas_are_small_and_at_most_four_a_second(site, board):
    site.start("aggregator").wait_ready()
    stream = Visitor(board, "trucban").stream()
    assert stream.next()[0] == "snapshot"
    begun, count = time.monotonic(), 60
    for number in range(count):
        site.produce_all([opened(site, f"H24.11713-{number}")])
    updates = []
    stream_end = stream.until(lambda s: updates.append(1) or s.totals["running"] == count, "all of them")
    seconds = time.monotonic() - begun
    assert len(updates) <= 4 * seconds + 3
    assert len(stream_end.rows) == 114


def test_resume_gives_what_was_missed_and_nothing_else(site, board):
    site.start("aggregator").wait_ready()
    visitor = Visitor(board, "trucban")
    keep = visitor.stream()  # the scope lives on
    keep.next()
    stream = visitor.stream()
    stream.next()
    last_id = stream.last_id
    stream.close()
    say(site, opened(site, "H24.11713-1"))
    keep.until(lambda s: s.totals["running"] == 1, "it is known")
    event, _, data = visitor.stream(last_id).next()
    assert event == "delta" and [row[0] for row in data["rows"]] == ["11713"] and len(data["feed"]) == 1
    for wrong in ["00000000-1", last_id.split("-")[0] + "-999999", "nonsense", last_id + "x"]:
        assert visitor.stream(wrong).next()[0] == "snapshot", wrong


def test_a_stalled_client_skips_what_is_old_by_then(site, board):
    """Its socket takes nothing while every commune changes again and again: nothing waits for it, and what it gets then is the newest."""
    site.start("aggregator").wait_ready()
    visitor = Visitor(board, "trucban")
    quick, slow = visitor.stream(), visitor.stream(read=False)
    slow.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    quick.next()
    agencies, rounds, updates = [f"H24.{code}" for code in quick.units], 30, 0

    def count(stream):
        nonlocal updates
        updates += 1
        return stream.totals["running"]

    for number in range(1, rounds + 1):
        say(site, *(opened(site, f"{agency}-{number}", agency) for agency in agencies))
        quick.until(lambda s, n=number: count(s) == n * len(agencies), "it is known")
    slow.read()
    got = []
    slow.until(lambda s: got.append(1) or s.totals.get("running") == rounds * len(agencies), "the newest")
    assert len(got) < updates - 10, (len(got), updates)
    assert slow.rows == quick.rows
    say(site, opened(site, "one-more", AGENCY))
    slow.until(lambda s: got.append(1) or s.totals["running"] == rounds * len(agencies) + 1, "one more")
    assert len(got) < updates - 10, "nothing old comes after the newest"


def test_a_killed_board_comes_back_under_an_open_session(site, board):
    visitor = Visitor(board, "trucban")
    stream = visitor.stream()
    stream.next()
    last_id = stream.last_id
    board.kill()
    while stream.next() is not None:
        pass
    board.start().wait_ready()
    event, new_id, _ = visitor.stream(last_id).next()
    assert event == "snapshot" and new_id.split("-")[0] != last_id.split("-")[0]


def test_postgres_away_is_told_and_data_ages(site, board):
    stream = Visitor(board, "trucban").stream()
    stream.next()
    site.servers.pg_kill()
    try:
        told = stream.until(lambda s: not board.ready()[0], "readiness says so")
        found = next(found for found in (stream.next() for _ in range(5)) if found[2].get("trouble") == "postgres")
        assert found[0] == "beat" and found[2]["at"] >= found[2]["data_at"]
        aged = found[2]["data_at"]
    finally:
        site.servers.pg_start()
    board.wait_ready()
    told.until(lambda s: s.data_at > aged, "fresh data")


def test_csv_of_every_table(site, board):
    site.start("aggregator").wait_ready()
    say(site, opened(site, "H24.11713-1", procedure="=1+1"))
    visitor = Visitor(board, "nghiduong")
    for path, head in [("/api/v1/communes?format=csv", "code,name,kind,waiting"),
                       ("/api/v1/events?format=csv", "id,unit,kind"), ("/api/v1/alerts?format=csv", "id,unit,rule"),
                       ("/api/v1/communes/11713/trend", "day,received"), ("/api/v1/communes/11713/open", "due,running"),
                       ("/api/v1/communes/11713/procedures", "procedure,running"),
                       ("/api/v1/communes/11713/channels", "channel,received"),
                       ("/api/v1/communes/11713/dossiers", "code,procedure")]:
        status, text = visitor.get(path)
        assert status == 200 and text.startswith(head), (path, text[:80])
    assert "\"'=1+1\"" in visitor.get("/api/v1/communes/11713/procedures")[1], "no formula for a spreadsheet"
    assert site.sql("SELECT count(*) FROM board_audit WHERE action = 'export'")[0][0] >= 8
    assert Visitor(board, "trucban").get("/api/v1/communes/11713/dossiers")[0] == 403


def test_midnight_needs_no_event(site, board):
    """The figures of an open page follow the date although nothing happens."""
    site.start("aggregator").wait_ready()
    say(site, opened(site, "H24.11713-1", due_in=0))
    visitor = Visitor(board, "trucban")
    assert visitor.get("/api/v1/overview")[1]["totals"]["due_today"] == 1
    board.restart({"clock.offset": f"{DAY}ms"})
    board.wait_ready()
    totals = wait_until(lambda: visitor.get("/api/v1/overview")[1]["totals"], "figures")
    assert (totals["due_today"], totals["overdue"]) == (0, 1)


NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}} worker_processes 1; {user}
http {{ access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
{site}
}}
"""


@pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("curl")), reason="nginx or curl is missing")
def test_stream_through_nginx_with_http2(site, board, tmp_path):
    """The configuration that we ship, with its names replaced."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key", "-out", tmp_path / "crt",
                    "-subj", "/CN=localhost", "-days", "2"], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = (ROOT / "deploy" / "nginx" / "hoso-board.conf").read_text()
    for shipped, ours in [("127.0.0.1:8483", f"127.0.0.1:{board.port}"), ("443 ssl", f"127.0.0.1:{port} ssl"),
                          ("/etc/hoso/bang.crt", f"{tmp_path}/crt"), ("/etc/hoso/bang.key", f"{tmp_path}/key"),
                          ("bang.example.vn", "localhost")]:
        assert shipped in text
        text = text.replace(shipped, ours)
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, site=text, user="user root;" if os.geteuid() == 0 else ""))
    site.start("aggregator").wait_ready()
    nginx = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", "nginx", "-c", tmp_path / "nginx.conf", "-e", tmp_path / "nginx.log"])
    curl = None
    try:
        base = f"https://localhost:{port}"
        common = ["curl", "-sk", "--http2", "--noproxy", "*"]
        wait_until(lambda: subprocess.run([*common, "-f", base + "/"], capture_output=True, check=False).returncode == 0, "nginx answers")
        cookie = Visitor(board, "trucban").headers["Cookie"]
        curl = subprocess.Popen([*common, "-N", "-w", "%{http_version}", "-b", cookie, base + "/api/v1/stream"], stdout=subprocess.PIPE, text=True)
        lines = iter(curl.stdout.readline, "")
        assert next(line for line in lines if line.startswith("event:")) == "event: snapshot\n"
        site.produce_all([opened(site, "H24.11713-1")])
        delta = next(line for line in lines if line.startswith("data:") and '"snapshot":false' in line and "11713" in line)
        assert '"feed":[{' in delta
        version = subprocess.run([*common, "-o", "/dev/null", "-w", "%{http_version}", base + "/"], capture_output=True, text=True, check=True)
        assert version.stdout == "2"
        status = subprocess.run([*common, "-o", "/dev/null", "-w", "%{http_code}", base + "/metrics"], capture_output=True, text=True, check=True)
        assert status.stdout == "404"
    finally:
        for process in filter(None, (curl, nginx)):
            process.terminate()
            process.wait(10)


def test_first_view_is_small(board):
    """What the first view loads, as nginx passes it on: within 200 KB."""
    page = board.request("/", headers={"Accept-Encoding": "gzip"})
    names = ["app.css", "icon.svg", *(f"js/{file.name}" for file in (ROOT / "services/board/assets/js").glob("*.js")),
             *(f"fonts/{file.name}" for file in (ROOT / "services/board/assets/fonts").glob("*.woff2"))]
    total = len(page[1])
    for name in names:
        status, body, headers = board.request("/" + name, headers={"Accept-Encoding": "gzip"})
        assert status == 200 and headers["ETag"]
        again = board.request("/" + name, headers={"Accept-Encoding": "gzip", "If-None-Match": headers["ETag"]})
        assert again[0] == 304
        total += len(body)
    assert 20_000 < total <= 200 * 1024, total


def test_the_operators_map(site, board, tmp_path):
    assert Visitor(board).get("/api/v1/map")[0] == 401
    visitor = Visitor(board, "nghiduong")
    assert visitor.get("/api/v1/me")[1]["map"] is True
    status, body, headers = board.request("/api/v1/map", headers=visitor.headers)
    assert status == 200 and headers["Content-Type"] == "application/geo+json"
    assert body == (tmp_path / "map.geojson").read_bytes()
    (tmp_path / "map.geojson").write_text("{}")
    board.terminate()
    board.start(wait=False)
    board.expect_exit(78)
    assert "map.geojson" in board.log() and "FeatureCollection" in board.log()


def test_openapi_names_what_there_is(board):
    document = json.loads(board.request("/openapi.json")[1])
    visitor = Visitor(board, "trucban")
    shown = visitor.get("/api/v1/overview")[1]
    assert set(document["components"]["schemas"]["Figures"]["properties"]) == set(shown["totals"])
    assert set(document["components"]["schemas"]["Pipeline"]["properties"]) == set(shown["pipeline"])
    for path, verbs in document["paths"].items():
        path = path.replace("{code}", "11713").replace("{table}", "trend")
        if "get" in verbs and not path.endswith(("stream", "/dossiers/11713")):
            assert visitor.get(path)[0] == 200, path
