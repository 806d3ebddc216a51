"""hoso-board as people see it: a real Chromium through every view, with pictures kept in build/board-pictures."""

import http.server
import json
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from harness import wait_until
from harness.board import PASSWORD, add_user, draw_map

ROOT = Path(__file__).resolve().parents[2]
DAY = 86_400_000
XSS = "<img/src=x/onerror=alert(1)>"

pytestmark = pytest.mark.skipif(not shutil.which("chromium") or not shutil.which("node"), reason="chromium or node is missing")


class City:
    """A city with something of everything, and what the page's test may do to it."""

    def __init__(self, site):
        self.site = site
        self.count = 0
        for name, role, unit in [("trucban", "city", None), ("nghiduong", "commune", "11713"), ("phantich", "analyst", None)]:
            add_user(site, name, role, unit)
        for service in ("aggregator", "alerter"):
            site.start(service).wait_ready()
        self.board = site.start("board").wait_ready()

    def event(self, code, kind="record", at=None, **fields):
        now = time.time_ns() // 1_000_000
        self.count += 1
        return code.encode(), self.site.encode_event(
            event_id=self.count.to_bytes(16, "big"), kind=kind, dossier_code=code, ingested_at=now,
            occurred_at=now if at is None else at, **fields), None, None

    def opened(self, code, agency="H24.11713", due_in=5 * DAY, age=3 * DAY, **fields):
        now = time.time_ns() // 1_000_000
        return self.event(code, status=4, accepted_at=now - age, submitted_at=now - age, due_at=now + due_in,
                          deciding_agency=agency, **{"procedure_code": "1.005129", "channel": "online", **fields})

    def fill(self):
        now = time.time_ns() // 1_000_000
        rows = [self.opened(f"H24.11713-{n}", due_in=(n - 3) * DAY, age=(n + 2) * DAY) for n in range(12)]
        rows += [self.event(f"H24.11713-{n}", "progress", now - DAY, status=9) for n in range(6, 12)]
        rows += [self.event("H24.11713-1", "progress", now - DAY, status=5)]
        rows += [self.event("H24.11713-1", "transferred", now - 2 * DAY, transfer_from="H24.11713", transfer_to="H24.31"),
                 self.event("H24.11713-1", "transferred", now - DAY * 3 // 2, transfer_from="H24.31", transfer_to="H24.11713")]
        rows += [self.opened(f"H24.10507-{n}", "H24.10507", due_in=n * DAY) for n in range(3)]
        rows += [self.opened(XSS, due_in=-DAY, procedure_code=XSS, source=XSS, receiving_agency=XSS)]
        self.site.produce_all(rows)
        self.site.wait_caught_up("aggregator")
        self.site.wait_caught_up("alerter")
        wait_until(lambda: self.site.sql("SELECT count(*) FROM alert WHERE state = 'firing'")[0][0] >= 2, "alerts fire")

    def act(self, verb):
        if verb == "kill":
            port = self.board.port
            self.board.kill()
            self.board.fixed_port = port
        elif verb == "start":
            self.board.start({"board.listen": f"127.0.0.1:{self.board.fixed_port}"}).wait_ready()
        elif verb == "pg_kill":
            self.site.servers.pg_kill()
        elif verb == "pg_start":
            self.site.servers.pg_start()
        elif verb == "say":
            self.site.produce_all([self.opened(f"H24.10507-said-{self.count}", "H24.10507") for _ in range(2)])
        elif verb == "streams":
            return str(int(self.board.metrics()["hoso_board_streams"]))
        return "done"


def serve(city):
    """The control address of the page's test."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = city.act(self.path.strip("/")).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    # One thread for all: a service that it starts ends with the thread that started it (setpriv --pdeathsig).
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_every_view_in_chromium(site, tmp_path):
    draw_map(site, tmp_path / "map.geojson")
    city = City(site)
    city.fill()
    control = serve(city)
    task = {"base": f"http://127.0.0.1:{city.board.port}", "password": PASSWORD, "pictures": str(ROOT / "build" / "board-pictures"),
            "communeUnit": "11713", "dossier": "H24.11713-1", "xss": XSS,
            "control": f"http://127.0.0.1:{control.server_port}"}
    done = subprocess.run([ROOT / "tests" / "node", "board.mjs"], input=json.dumps(task), capture_output=True, text=True,
                          timeout=500, check=False)
    city.board.terminate()  # it would end with the control thread
    control.shutdown()
    print(done.stdout)
    failures = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
    assert done.returncode == 0 and not failures, "\n".join(failures) + done.stderr[-2000:]
    assert done.stdout.count("ok - ") > 40, "every check ran"
