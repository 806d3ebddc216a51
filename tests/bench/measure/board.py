"""tests/bench/run-board: see its head, or --help."""

import argparse
import bisect
import datetime
import json
import multiprocessing
import re
import selectors
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path

import confluent_kafka
from harness.board import PASSWORD, Visitor, add_user
from harness.records import encode_event
from harness.servers import ROOT
from harness.site import Site, build_folder

from measure.world import World, cpu_s, load, machine, peak_rss_mb, poll

COMMUNE = "11713"
PROBES_PER_S = 10
QUIET = {"log.level": "warn"}
DAY_MS = 86_400_000


class Listener:
    """A connection to the event stream, as cheap as can be: it notes when which number of received dossiers came."""

    def __init__(self, port, cookie, numbers):
        self.numbers = numbers  # by (revision, size): what many are sent is looked into once
        self.seen = []  # (time, number), rising
        self.updates, self.began = 0, time.time()
        self.rest = b""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(f"GET /api/v1/stream HTTP/1.0\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
        self.socket.setblocking(False)

    def read(self):
        part = self.socket.recv(1 << 20)
        now = time.time()
        assert part, "the server has ended a stream"
        *events, self.rest = (self.rest + part).split(b"\n\n")
        for event in events:
            if b"event: delta" in event[:80] or b"event: snapshot" in event[:80]:
                self.updates += 1
                number = self.number(event)
                if number is not None and (not self.seen or number > self.seen[-1][1]):
                    self.seen.append((now, number))

    def number(self, event):
        key = event[:event.index(b"\n")], len(event)
        if key not in self.numbers:
            totals = re.search(rb'"totals":\[(?:\d+,){6}(\d+)', event)  # the seventh figure: received today
            self.numbers[key] = int(totals[1]) if totals else None
        return self.numbers[key]


def listen(port, cookie, count, stop, results):
    """Process: `count` listeners until `stop` is set; puts what each has seen."""
    numbers, chooser = {}, selectors.DefaultSelector()
    listeners = [Listener(port, cookie, numbers) for _ in range(count)]
    for listener in listeners:
        chooser.register(listener.socket, selectors.EVENT_READ, listener)
    while not stop.is_set():
        for key, _ in chooser.select(0.2):
            key.data.read()
    results.put([(listener.updates / (time.time() - listener.began), listener.seen) for listener in listeners])


def probe(site, seconds, first):
    """Dossiers received today, PROBES_PER_S a second: the only ones of today, so the number on the board counts them."""
    producer = confluent_kafka.Producer({"bootstrap.servers": site.servers.brokers, "acks": "all", "enable.idempotence": True,
                                         "partitioner": "murmur2_random", "linger.ms": 2})
    begin = time.monotonic()
    for number in range(int(seconds * PROBES_PER_S)):
        time.sleep(max(0, begin + number / PROBES_PER_S - time.monotonic()))
        now = time.time_ns() // 1_000_000
        code = f"H24.{COMMUNE}-PROBE-{first + number:07d}"
        producer.produce(site.events_topic, key=code, value=encode_event(
            event_id=uuid.uuid4().bytes, kind="record", dossier_code=code, occurred_at=now, ingested_at=now, status=4, channel="counter",
            procedure_code="1.004873", deciding_agency=f"H24.{COMMUNE}", submitted_at=now, accepted_at=now, due_at=now + 5 * DAY_MS))
        producer.poll(0)
    producer.flush(30)


def quantiles(values):
    values = sorted(values)
    return {"p50": values[len(values) // 2], "p99": values[int(len(values) * 0.99)], "max": values[-1]}


def latencies(committed, seen):
    """Milliseconds from each commit until `seen` has a number that counts it. Numbers seen later than needed count as that late."""
    times, numbers = [at for at, _ in seen], [number for _, number in seen]
    found = []
    for count, at in enumerate(committed, 1):
        place = bisect.bisect_left(numbers, count)
        if place < len(numbers):
            found.append((times[place] - at) * 1000)
    return found


class Screen:
    """A Chromium that looks at the overview."""

    def __init__(self, port):
        self.process = subprocess.Popen([ROOT / "tests" / "node", "screen.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps({"base": f"http://127.0.0.1:{port}", "name": "trucban", "password": PASSWORD}) + "\n")
        self.process.stdin.flush()
        self.first_view = json.loads(self.process.stdout.readline())
        self.seen = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if not self.seen or told["shown"] > self.seen[-1][1]:
                self.seen.append((told["at"] / 1000, told["shown"]))

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.reader.join()


def stored(site):
    return int(site.sql("SELECT coalesce(sum(next_offset), 0) FROM kafka_offset")[0][0])


def start(site, options):
    add_user(site, "trucban", "city")
    site.start("aggregator", QUIET).wait_ready()
    board = site.start("board", QUIET).wait_ready()
    events = options.rate * (options.seconds + 60)
    generator = subprocess.Popen([build_folder() / "bin" / "hoso", "gen", "-c", site.config, "--profile", "city", "--dossiers", str(events // 4),
                                  "--events", str(events), "--to", "kafka", "--rate", str(options.rate)], stderr=subprocess.DEVNULL)
    poll(lambda: stored(site) > 3 * options.rate, "the load has run for three seconds", 120)
    return board, generator


def live(world, options, folder):
    site = Site(world.servers, folder)
    site.set("kafka", "partitions", "12")
    site.create()
    board, generator = start(site, options)
    try:
        cookie = Visitor(board, "trucban").headers["Cookie"]
        stop, results = multiprocessing.Event(), multiprocessing.Queue()
        crowd = multiprocessing.Process(target=listen, args=(board.port, cookie, options.listeners, stop, results))
        crowd.start()
        screen = Screen(board.port) if options.screen else None
        probe(site, 5, 0)  # all are connected, plans and caches are warm
        cpu, before, begin, load_before = cpu_s(board.process.pid), stored(site), time.monotonic(), load()
        probe(site, options.seconds, 5 * PROBES_PER_S)
        took = time.monotonic() - begin
        result = {"listeners": options.listeners, "seconds": round(took), "events_per_s": round((stored(site) - before) / took),
                  "board_cores": round((cpu_s(board.process.pid) - cpu) / took, 3), "board_rss_mb": round(peak_rss_mb(board.process.pid), 1)}
        time.sleep(2)  # the last probes' updates
        stop.set()
        heard = results.get(timeout=60)
        crowd.join()
        committed = [at.timestamp() for at, in site.sql("""SELECT pg_xact_commit_timestamp(e.xmin) FROM dossier_event e JOIN dossier d USING (dossier_id)
            WHERE d.code LIKE '%%-PROBE-%%' ORDER BY 1""")]
        if screen:
            screen.close()
            result |= screen.first_view | {"screen_ms": quantiles(latencies(committed, screen.seen)[5 * PROBES_PER_S:])}
        every = [ms for _, seen in heard for ms in latencies(committed, seen)[5 * PROBES_PER_S:]]
        wanted = options.listeners * options.seconds * PROBES_PER_S
        result |= {"missed": wanted - len(every), "updates_per_listener_per_s": round(statistics.mean(rate for rate, _ in heard), 2),
                   "listener_ms": quantiles(every), "machine_load": load_before}
        return result
    finally:
        generator.kill()
        generator.wait()
        site.destroy()


def overview(world, options, folder):
    """The overview of a city-year, on its last day: what the board reads for its listeners, and the whole answer of the API."""
    site = Site(world.servers, folder)
    site.name = options.overview
    site.set("postgres", "conninfo", world.servers.conninfo(site.name))
    last_day = site.sql("SELECT max(day) FROM rollup_daily")[0][0]
    noon = datetime.datetime.combine(last_day, datetime.time(12), datetime.timezone(datetime.timedelta(hours=7)))
    site.set("clock", "offset", f"{int(noon.timestamp() - time.time())}s")
    name = f"bench{uuid.uuid4().hex[:8]}"
    add_user(site, name, "city")
    board = site.start("board", QUIET).wait_ready()
    try:
        visitor, answers, reads = Visitor(board, name), [], []
        stream = visitor.stream()
        for _ in range(options.runs + 1):
            begin = time.monotonic()
            status, _ = visitor.get("/api/v1/overview")
            answers.append((time.monotonic() - begin) * 1000)
            assert status == 200
            reads.append(board.metrics()["hoso_board_read_last_microseconds"] / 1000)
        stream.close()
        rows = {table: site.sql(f"SELECT count(*) FROM {table}")[0][0] for table in ("dossier", "rollup_daily", "rollup_open")}
        return {"today": str(last_day), "rows": rows, "answer_ms": quantiles(answers[1:]), "read_ms": quantiles(reads[1:]), "machine_load": load()}
    finally:
        board.stop()


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run-board", description="Listeners at the board.")
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--rate", type=int, default=1000, help="events a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--no-screen", dest="screen", action="store_false", help="without the Chromium, which takes its share of the machine")
    parser.add_argument("--overview", metavar="DATABASE", help="reads the overview of what is there instead (a city-year by run-analysts)")
    parser.add_argument("--runs", type=int, default=100, help="of --overview")
    options = parser.parse_args()
    world = World()
    try:
        with tempfile.TemporaryDirectory(prefix="hoso-bench-") as folder:
            print(machine(), json.dumps((overview if options.overview else live)(world, options, Path(folder))), sep="\n")
    finally:
        world.stop()


if __name__ == "__main__":
    main()
