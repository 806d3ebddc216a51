"""A signed-in browser of hoso-board without the browser: its API and its event stream."""

import http.client
import json
import queue
import threading
import time

PASSWORD = "mật khẩu thử nghiệm"


def add_user(site, name, role, unit=None):
    options = ["--unit", unit] if unit else []
    site.hoso("board", "user", "add", "--name", name, "--role", role, *options, stdin=PASSWORD + "\n")


def draw_map(site, path):
    """A map of two communes as triangles, one beside the other, for [board] map."""
    features = [{"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [
        [[lon, 20.7], [lon + 0.1, 20.7], [lon + 0.1, 20.8], [lon, 20.7]]]}} for code, lon in (("11713", 106.5), ("10507", 106.6))]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    site.set("board", "map", str(path))


class Visitor:
    """get(PATH) -> (status, parsed JSON or text); post(PATH, body); stream() -> Stream."""

    def __init__(self, service, name=None, headers=None):
        self.service, self.headers = service, dict(headers or {})
        self.csrf = ""
        if name:
            status, body, headers = service.request("/api/v1/login", login_body(name), {"X-CSRF-Token": "login"})
            assert status == 200, (status, body)
            self.set_cookie = headers["Set-Cookie"]
            self.headers["Cookie"] = self.set_cookie.split(";")[0]
            self.csrf = self.get("/api/v1/me")[1]["csrf"]

    def get(self, path):
        status, body, headers = self.service.request(path, headers=self.headers)
        return status, json.loads(body) if headers["Content-Type"] == "application/json" else body.decode("utf-8-sig")

    def post(self, path, body=None, headers=None, method="POST"):
        status, body, _ = self.service.request(path, json.dumps(body or {}).encode(),
                                               {**self.headers, "X-CSRF-Token": self.csrf, **(headers or {})}, method)
        return status, json.loads(body)

    def stream(self, last_id=None, read=True):
        return Stream(self.service.port, {**self.headers, **({"Last-Event-ID": last_id} if last_id else {})}, read)


def login_body(name, password=PASSWORD):
    return json.dumps({"name": name, "password": password}).encode()


class Stream:
    """Server-sent events, read by a thread. next() -> (event, id, data); None once the stream has ended. `state` is what a page
    would have: the last snapshot with the deltas since."""

    def __init__(self, port, headers, read=True):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request("GET", "/api/v1/stream", headers=headers)
        self.answer = self.connection.getresponse()
        self.events, self.last_id = queue.Queue(), None
        self.names = []  # of a snapshot
        self.units, self.rows, self.alerts, self.totals, self.pipeline, self.data_at = {}, {}, {}, {}, None, None
        self.feed = []
        if read:
            self.read()

    def read(self):
        """Starts reading; for one that was made with read=False and has let everything wait."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        fields = {}
        try:
            for line in self.answer:
                line = line.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields.get("data"):
                    self.events.put((fields["event"], fields.get("id"), json.loads(fields["data"])))
                    fields = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):  # also when closed under us
            pass
        self.events.put(None)

    def next(self, timeout_s=30.0):
        found = self.events.get(timeout=timeout_s)
        if found:
            self._apply(*found)
        return found

    def until(self, condition, what, limit=400, deadline_s=60.0):
        end = time.monotonic() + deadline_s
        for _ in range(limit):
            if condition(self):
                return self
            assert time.monotonic() < end, f"{deadline_s} s passed before: {what}"  # beats come for ever
            assert self.next() is not None, f"the stream ended before: {what}"
        raise AssertionError(f"{limit} updates passed before: {what}")

    def _apply(self, event, event_id, data):
        self.data_at = data["data_at"]
        if event == "beat":
            return
        self.last_id = event_id
        if event == "snapshot":
            self.names = data["figures"]
            self.units = {code: name for code, name, _ in data["units"]}
            self.rows, self.alerts, self.feed = {}, {}, []
        self.rows.update({row[0]: dict(zip(self.names, row[1:])) for row in data["rows"]})
        self.totals = dict(zip(self.names, data["totals"])) if "totals" in data else self.totals
        self.alerts.update({alert["id"]: alert for alert in data["alerts"]})
        for gone in data.get("gone", []):
            self.alerts.pop(gone, None)
        self.feed = sorted(data["feed"] + self.feed, key=lambda item: -item["ingested_at"])[:60]
        self.pipeline = data.get("pipeline", self.pipeline)

    def close(self):
        self.connection.close()
        self.answer.close()
