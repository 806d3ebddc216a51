"""`hoso gen`: the same options give the same bytes, and what a profile promises is in the messages, recounted here from the JSON."""

import collections
import csv
import functools
import http.server
import json
import re
import subprocess
import threading
from dataclasses import dataclass, field

import pytest
from harness.servers import ROOT
from harness.site import build_folder

RANK = {status: rank for rank, status in enumerate((1, 2, 4, 5, 6, 8, 3, 7, 9, 10))}
PERIOD_END = "20260630235959"


def run(*arguments):
    return subprocess.run([build_folder() / "bin" / "hoso", "gen", *arguments], env={"LANG": ""},
                          capture_output=True, text=True, check=False, timeout=120)


def hoso(*arguments, code=0):
    """Standard output; of an expected failure, standard error."""
    done = run(*arguments)
    assert done.returncode == code, f"exit code {done.returncode}: {done.stderr}"
    return done.stdout if code == 0 else done.stderr


class Ingest(http.server.BaseHTTPRequestHandler):
    """Answers as hoso-ingest would, by the script of the test: a list of (status, headers, rows to refuse)."""
    script, requests = [], []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        rows = len(body if isinstance(body, list) else body["data"])
        status, headers, refused = self.script.pop(0) if self.script else (200, {}, 0)
        self.requests.append((self.path, self.headers["X-API-Key"], body, status))
        refusals = [{"row": n, "field": "MaHoSo", "code": "bad_code", "message": "MaHoSo: sai"} for n in range(refused)]
        answer = json.dumps({"error_code": "0", "accepted": rows - refused, "refused": refusals}).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def ingest():
    Ingest.script, Ingest.requests = [], []
    with http.server.HTTPServer(("127.0.0.1", 0), Ingest) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Ingest.push = ("--dossiers", "60", "--push", f"http://127.0.0.1:{server.server_port}", "--key", "secret-key")
        yield Ingest
        server.shutdown()


def compact(iso):
    return re.sub(r"\D", "", iso)


@dataclass
class Dossier:
    """One dossier as a clerk would put it together from everything that was sent."""
    records: list = field(default_factory=list)   # (madonvi, HoSo) in the order of arrival
    steps: set = field(default_factory=set)       # (time, status, officer)
    native: dict = field(default_factory=dict)    # kind -> event

    def latest(self, name):
        return next((record[name] for _, record in reversed(self.records) if record[name]), "")

    @property
    def agency(self):
        madonvi, record = self.records[-1]
        held = record["DonViXuLy"] if re.fullmatch(r"[A-Z0-9]+(\.[A-Z0-9]+)+", record["DonViXuLy"]) else madonvi
        move = self.native.get("transferred")
        return move["transfer_to"] if move and move["transfer_from"] == held else held

    @property
    def status(self):
        return max(self.steps, key=lambda step: (step[0], RANK[step[1]]))[1]

    @property
    def ended_at(self):
        return next((time for time, status, _ in sorted(self.steps) if status in (3, 7, 9)), "")

    @property
    def due_at(self):
        """A supplement's new date; else the first one issued, which a re-appointment does not move."""
        moved = [row["NgayHenTraMoi"] for _, record in self.records for row in record["DanhSachHoSoBoSung"]]
        return max(moved, default="") or min((record["NgayHenTra"] for _, record in self.records
                                              if record["NgayHenTra"]), default="")

    @property
    def late(self):
        return self.status in (9, 10) and bool(self.due_at) and self.ended_at[:8] > self.due_at[:8]


def dossiers_of(text):
    dossiers = collections.defaultdict(Dossier)
    for line in text.splitlines():
        request = json.loads(line)
        body = request["body"]
        if request["path"] == "/api/v1/events":
            for event in body:
                dossier = dossiers[event["dossier_code"]]
                assert dossier.native.setdefault(event["kind"], event) == event
            continue
        assert request["path"] == "/api/v1/portal"
        for row in body["data"]:
            if body["service"] == "DongBoHoSoMC":
                dossiers[row["MaHoSo"]].records.append((body["madonvi"], row))
            else:
                step = (row["ThoiDiemXuLy"], int(row["TrangThai"]), row["NguoiXuLy"])
                dossiers[row["MaHoSo"]].steps.add(step)
    return dossiers


@functools.cache
def year():
    return hoso("--profile", "nghi-duong", "--seed", "7", "--out", "-")


@functools.cache
def year_dossiers():
    return dossiers_of(year())


def received():
    """Accepted in the period by whom Nghi Dương's agency stands for."""
    return [d for d in year_dossiers().values()
            if d.agency == "H24.11713" and "20250701" <= d.latest("NgayTiepNhan")[:8] <= "20260630"]


def test_same_options_same_bytes_other_seed_other_bytes(tmp_path):
    hoso("--profile", "nghi-duong", "--seed", "7", "--out", str(tmp_path / "again"))
    assert (tmp_path / "again").read_text() == year()
    assert hoso("--seed", "8", "--dossiers", "50", "--out", "-") != hoso("--seed", "9", "--dossiers", "50", "--out", "-")


def test_published_figures_of_the_year():
    mine = received()
    online = sum(d.latest("KenhThucHien") == "2" for d in mine)
    assert len(mine) == 10893
    assert online == 10074 and f"{100 * online / len(mine):.2f}" == "92.48"
    all_mine = [d for d in year_dossiers().values() if d.agency in ("H24.11713", "H24.0.11713")]
    assert sum(d.late for d in all_mine) == 8
    resolved = [d for d in all_mine if d.status in (7, 9, 10)]
    assert f"{100 * 8 / len(resolved):.2f}" == "0.07"
    ratings = [d.native["rated"]["rating"] for d in all_mine if "rated" in d.native]
    satisfied = sum(rating >= 4 for rating in ratings) / len(ratings)
    assert len(ratings) > 3000 and 0.98 < satisfied < 0.99


def test_nothing_open_is_overdue_at_the_end_of_the_year():
    open_ones = [d for d in year_dossiers().values() if d.status not in (3, 7, 9, 10)]
    count = collections.Counter(d.status for d in open_ones)
    assert count[1] and count[4] and count[5] and count[8] and sum(count.values()) < 40
    for dossier in open_ones:
        assert dossier.status in (1, 5, 6, 8) or dossier.due_at[:8] > "20260630"


def test_every_kind_of_life_occurs():
    everything = year_dossiers().values()
    count = collections.Counter(d.status for d in everything)
    assert count[3] > 50 and count[7] > 20 and count[9] > 100 and count[10] > 9000
    assert any(any(step[1] == 6 for step in d.steps) for d in everything)
    assert any(not d.due_at and d.status == 10 for d in everything)
    kinds = collections.Counter(kind for d in everything for kind in d.native)
    assert set(kinds) == {"transferred", "due_changed", "paid", "apology_sent", "rated"}
    reasons = {d.native["due_changed"]["due_reason"] for d in everything if "due_changed" in d.native}
    assert reasons == {"reappointment", "correction"}
    away = [d for code, d in year_dossiers().items() if code.startswith("H24.11713-") and d.agency != "H24.11713"]
    come = [d for code, d in year_dossiers().items() if not code.startswith("H24.") or not code.startswith(
        ("H24.11713-", "H24.0.")) and d.agency == "H24.11713"]
    assert len(away) > 5 and len(come) > 5


def test_supplements_restart_the_term():
    rounds = [(d, row) for d in year_dossiers().values() for _, record in d.records[-1:]
              for row in record["DanhSachHoSoBoSung"] if row["NgayTiepNhanBoSung"]]
    assert len(rounds) > 50
    for dossier, row in rounds:
        assert row["NgayHenTraTruoc"] < row["NgayHenTraMoi"] and row["NgayBoSung"] < row["NgayHenTraTruoc"]
        statuses = [status for time, status, _ in sorted(dossier.steps) if time <= row["NgayTiepNhanBoSung"]]
        assert statuses[-2:] == [5, 4]


def test_backlog_of_the_former_communes():
    backlog = {code: d for code, d in year_dossiers().items() if code.startswith("H24.0.")}
    assert {code.split("-")[0] for code in backlog} == {"H24.0.11710", "H24.0.11713", "H24.0.11716"}
    assert len(backlog) == 41
    for dossier in backlog.values():
        assert dossier.latest("NgayTiepNhan") < "20250701" <= dossier.ended_at and not dossier.late


def test_misbehaviour_of_the_field_occurs():
    seen, with_progress, newest = set(), set(), {}
    twice = native_twice = late_record = shuffled = stale = 0
    for line in year().splitlines():
        body = json.loads(line)["body"]
        last_in_request = {}
        for row in body if isinstance(body, list) else body["data"]:
            text = json.dumps(row)
            again = text in seen
            twice += again
            seen.add(text)
            if isinstance(body, list):
                native_twice += again
                continue
            code = row["MaHoSo"]
            if body["service"] == "CapNhatTienDoHoSoMC":
                with_progress.add(code)
                shuffled += not again and row["ThoiDiemXuLy"] < last_in_request.get(code, "")
                last_in_request[code] = row["ThoiDiemXuLy"]
            else:
                late_record += code in with_progress and code not in newest
                stale += row["NgayKetThucXuLy"] < newest.get(code, "")
                newest[code] = max(newest.get(code, ""), row["NgayKetThucXuLy"])
    # Each bound lies between what the seed gives with and without that misbehaviour.
    assert twice > 5000 and native_twice > 100 and late_record > 50 and shuffled > 500 and stale > 195


def test_nothing_is_said_ahead_of_the_period():
    for dossier in year_dossiers().values():
        assert all(time <= PERIOD_END for time, _, _ in dossier.steps)
        assert all(compact(event["occurred_at"]) <= PERIOD_END for event in dossier.native.values())
        for name in ("NgayNopHoSo", "NgayTiepNhan", "NgayKetThucXuLy", "NgayTra", "NgayTuChoi"):
            assert dossier.latest(name) <= PERIOD_END


def test_arrivals_keep_office_hours():
    with (ROOT / "schemas/reference/work_calendar.csv").open() as file:
        off = {row["date"].replace("-", "") for row in csv.DictReader(file) if row["type"] == "off"}
    for dossier in received():
        accepted = dossier.latest("NgayTiepNhan")
        assert "073000" <= accepted[8:] < "113000" or "130000" <= accepted[8:] < "170000", accepted
        assert accepted[:8] not in off


def test_ids_of_native_events_are_unique_and_agencies_known():
    with (ROOT / "schemas/reference/agencies.csv").open() as file:
        agencies = {row["agency_code"] for row in csv.DictReader(file)}
    ids = [event["id"] for d in year_dossiers().values() for event in d.native.values()]
    assert len(ids) == len(set(ids))
    assert {d.agency for d in year_dossiers().values()} <= agencies
    assert {madonvi for d in year_dossiers().values() for madonvi, _ in d.records} <= agencies


def test_personal_fields_are_there_and_recognisably_made_up():
    record = next(iter(year_dossiers().values())).records[0][1]
    assert re.fullmatch(r"NGUOI THU NGHIEM \d{6}", record["ChuHoSo"])
    assert re.fullmatch(r"0{6}\d{6}", record["SoGiayToChuHoSo"])
    assert record["DinhDanhCHS"][0]["SoDinhDanh"] == record["SoGiayToChuHoSo"]
    assert (record["Email"], record["SoDienThoai"]) == ("thu.nghiem@example.invalid", "0000000000")
    officers = {step[2] for d in year_dossiers().values() for step in d.steps}
    assert all(re.fullmatch(r"CAN BO THU NGHIEM \d\d", officer) for officer in officers)


def test_request_sizes():
    for line in hoso("--dossiers", "200", "--chunk", "10", "--out", "-").splitlines():
        body = json.loads(line)["body"]
        rows = body if isinstance(body, list) else body["data"]
        most = 50 if not isinstance(body, list) and body["service"] == "DongBoHoSoMC" else 10
        assert 0 < len(rows) <= most


def test_city_names_the_office_in_each_record():
    dossiers = dossiers_of(hoso("--profile", "city", "--dossiers", "3000", "--out", "-"))
    accepted = [d for d in dossiers.values() if "20260601" <= d.latest("NgayTiepNhan")[:8] <= "20260630"]
    assert len(accepted) == 3000
    assert {madonvi for d in dossiers.values() for madonvi, _ in d.records} == {"H24"}
    assert len({d.agency for d in dossiers.values()}) == 114


def test_live_dossiers_are_open_and_due_that_day():
    dossiers = dossiers_of(hoso("--live", "5", "--due", "2026-06-30", "--out", "-"))
    assert len(dossiers) == 5 and not set(dossiers) & set(year_dossiers())
    for dossier in dossiers.values():
        assert dossier.status == 4 and dossier.due_at == "20260630170000"
        assert all(time < "20260630" for time, _, _ in dossier.steps)
    text = hoso("--live", "1", "--due", "2026-06-30", "--at", "09:30", "--out", "-")
    assert next(iter(dossiers_of(text).values())).due_at == "20260630093000"


def test_push_sends_the_same_requests_in_the_same_order(ingest):
    done = run(*ingest.push)
    assert done.returncode == 0, done.stderr
    written = [json.loads(line) for line in hoso("--dossiers", "60", "--out", "-").splitlines()]
    assert [{"path": path, "body": body} for path, _, body, _ in ingest.requests] == written
    assert {key for _, key, _, _ in ingest.requests} == {"secret-key"}
    rows = sum(len(request["body"] if isinstance(request["body"], list) else request["body"]["data"])
               for request in written)
    assert f"{len(written)} lượt gửi, {rows} dòng được nhận, 0 bị từ chối, 0 lần phải gửi lại" in done.stderr
    assert "100 %" in done.stderr and "secret-key" not in done.stderr


def test_push_waits_and_sends_again_when_told_later(ingest):
    ingest.script += [(200, {}, 0), (503, {"Retry-After": "1"}, 0), (503, {}, 0)]
    done = run(*ingest.push)
    assert done.returncode == 0 and "2 lần phải gửi lại" in done.stderr
    assert ingest.requests[1][2] == ingest.requests[2][2] == ingest.requests[3][2] != ingest.requests[4][2]


def test_push_tells_refused_rows_and_fails_at_the_end(ingest):
    ingest.script += [(200, {}, 0), (207, {}, 1), (422, {}, 2)]
    done = run(*ingest.push)
    assert done.returncode == 1 and "3 bị từ chối" in done.stderr
    assert done.stderr.count("bad_code: MaHoSo: sai") == 3
    assert "100 %" in done.stderr


def test_push_stops_at_an_answer_that_is_none_of_these(ingest):
    ingest.script += [(200, {}, 0), (401, {}, 0)]
    done = run(*ingest.push)
    assert done.returncode == 65 and "401" in done.stderr and len(ingest.requests) == 2


def test_push_notices_rows_that_are_neither_accepted_nor_refused(ingest):
    ingest.script += [(200, {}, -1)]
    done = run(*ingest.push)
    assert done.returncode == 70 and len(ingest.requests) == 1


def test_push_to_nobody_gives_up_soon():
    done = run("--dossiers", "5", "--push", "http://127.0.0.1:1", "--key", "k")
    assert done.returncode == 69 and "http://127.0.0.1:1" in done.stderr


@pytest.mark.parametrize("arguments, code, word", [
    ((), 2, "--out"),
    (("--out", "-", "--push", "http://127.0.0.1:1"), 2, "--out"),
    (("--push", "http://127.0.0.1:1"), 2, "--key"),
    (("--profile", "moon", "--out", "-"), 2, "moon"),
    (("--seed", "-1", "--out", "-"), 2, "-1"),
    (("--dossiers", "0", "--out", "-"), 2, "5000000"),
    (("--out", "-", "--to", "kafka"), 2, "--to kafka"),
    (("--out", "-", "--events", "5"), 2, "--to kafka"),
    (("--out", "-", "-c", "hoso.conf"), 2, "--to kafka"),
    (("--to", "kafka", "-c", "/no/such/file"), 78, "/no/such/file"),
    (("--chunk", "1001", "--out", "-"), 2, "1000"),
    (("--from", "2026-02-30", "--out", "-"), 2, "2026-02-30"),
    (("--from", "2026-03-02", "--to", "2026-03-01", "--out", "-"), 2, "--from"),
    (("--live", "5", "--out", "-"), 2, "--due"),
    (("--due", "2026-03-02", "--out", "-"), 2, "--live"),
    (("--live", "5", "--due", "2026-03-02", "--at", "25:00", "--out", "-"), 2, "25:00"),
    (("--from", "2025-06-30", "--out", "-"), 65, "2025-07-01"),
    (("--to", "2027-06-30", "--out", "-"), 65, "2027"),
    (("--out", "/no/such/folder/file"), 69, "/no/such/folder/file"),
    (("--push", "ftp://x", "--key", "k"), 65, "ftp://x"),
])
def test_wrong_usage_names_the_mistake(arguments, code, word):
    assert word in hoso(*arguments, code=code)
