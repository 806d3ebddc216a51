"""tests/bench/run-timers: see its head, or --help."""

import argparse
import itertools
import json
import os
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import confluent_kafka
from harness.records import encode_event, end_offsets

from measure.contenders import built
from measure.world import PROGRAMS, World, hoso, load, machine, poll

LATENESS = """
SELECT json_build_array(percentile_disc(0.5) WITHIN GROUP (ORDER BY ms), percentile_disc(0.99) WITHIN GROUP (ORDER BY ms), max(ms))
FROM (SELECT round(extract(epoch FROM pg_xact_commit_timestamp(xmin) - deadline_at) * 1000, 1) AS ms FROM hoso.alert
      WHERE rule LIKE 'overdue%%' AND deadline_at >= to_timestamp(%s) AND deadline_at < to_timestamp(%s)) AS a
"""


def rss_kb(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])


class Hoso:
    """The whole path: records on the topic, rows of alerts committed. Lateness ends with PostgreSQL's own commit time of the row."""

    def __init__(self, world, options, folder):
        self.world, self.options, self.folder = world, options, folder
        self.name = f"bench_alerter_{uuid.uuid4().hex[:8]}"
        self.count = options.open + options.rate * options.seconds + options.burst
        self.begin_at = self.burst_at = 0.0

    def due_at(self, number):
        """Seconds, of the n-th dossier: as peers/common/Timers.java has it."""
        o, steady = self.options, number - self.options.open
        if steady < 0:
            return self.begin_at + 3600 + number / 1000
        return self.begin_at + steady / o.rate if steady < o.rate * o.seconds else self.burst_at

    def produce(self):
        producer = confluent_kafka.Producer({"bootstrap.servers": self.world.brokers, "partitioner": "murmur2_random",
                                             "linger.ms": 20, "queue.buffering.max.messages": 1000000})
        now = int(time.time() * 1000)
        for number in range(self.count):
            code = f"H24.11713-261101-{number:07d}"
            value = encode_event(
                event_id=number.to_bytes(16, "big"), kind="record", dossier_code=code, occurred_at=now - 60000,
                ingested_at=now - 50000, status=4, procedure_code="1.004873", deciding_agency="H24.11713", channel="online",
                submitted_at=now - 90000, accepted_at=now - 60000, due_at=int(self.due_at(number) * 1000))
            producer.produce(self.name, key=code, value=value)
            if number % 1000 == 0:
                producer.poll(0)
        assert producer.flush(60) == 0

    def run(self):
        self.world.recreate(self.name)
        hoso(self.world, self.name, self.name, "topics", "apply")
        hoso(self.world, self.name, self.name, "db", "migrate", programs=PROGRAMS)
        environment = {**os.environ, "HOSO_KAFKA_BROKERS": self.world.brokers, "HOSO_KAFKA_EVENTS_TOPIC": self.name,
                       "HOSO_KAFKA_ALERTS_TOPIC": f"{self.name}.alerts", "HOSO_ALERTER_RULE": "timestamp",
                       "HOSO_ALERTER_LISTEN": "127.0.0.1:0", "HOSO_ALERTER_GROUP": self.name,
                       "HOSO_POSTGRES_CONNINFO": self.world.servers.conninfo(self.name)}
        with (self.folder / "alerter.log").open("wb") as log:
            process = subprocess.Popen([PROGRAMS / "hoso-alerter"], env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log)
        try:
            with self.world.connect(self.name) as connection:
                return self.measure(process, connection)
        finally:
            process.terminate()
            process.wait(30)
            with self.world.connect("postgres") as admin:
                admin.execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    def measure(self, process, connection):
        def done():
            assert process.poll() is None, (self.folder / "alerter.log").read_text()[-2000:]
            return connection.execute("SELECT count(*), coalesce(sum(next_offset), 0) FROM hoso.kafka_offset"
                                      " WHERE consumer = 'alerter'").fetchone()

        poll(lambda: done()[0] > 0, "the alerter owns its partitions", 60)
        idle_kb = rss_kb(process.pid)
        self.begin_at = time.time() + self.options.setup
        self.burst_at = self.begin_at + self.options.seconds + 2
        self.produce()
        total = sum(end_offsets(self.world.brokers, self.name).values())
        poll(lambda: done()[1] >= total, "all deadlines are set", 900)
        if time.time() > self.begin_at - 3:
            return {"void": "the deadlines were not set in time: give --setup more seconds"}
        open_kb = rss_kb(process.pid)
        due = self.options.rate * self.options.seconds + self.options.burst
        time.sleep(max(0, self.burst_at - time.time()))
        poll(lambda: connection.execute("SELECT count(*) FROM hoso.alert").fetchone()[0] >= due, "all alerts", 120, 0.25)
        steady = connection.execute(LATENESS, [self.begin_at, self.burst_at - 1]).fetchone()[0]
        burst = connection.execute(LATENESS, [self.burst_at - 1, self.burst_at + 1]).fetchone()[0]
        fired = connection.execute("SELECT count(*) FROM hoso.alert WHERE state = 'firing'").fetchone()[0]
        return {"fired": fired, "heap_per_timer": (open_kb - idle_kb) * 1024 // self.count,
                "rss_per_timer": open_kb * 1024 // self.count, "steady": steady, "burst": burst}


class Java:
    def __init__(self, project, main, **environment):
        self.project, self.main, self.environment = project, main, environment

    def __call__(self, world, options, folder):
        self.arguments = world, options, folder
        return self

    def run(self):
        world, options, folder = self.arguments
        names = {"BENCH_OPEN": options.open, "BENCH_RATE": options.rate, "BENCH_SECONDS": options.seconds,
                 "BENCH_BURST": options.burst, "BENCH_SETUP": options.setup, "BENCH_BROKERS": world.brokers}
        command = ["java", "-Xmx2048m", "-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                   "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED",
                   "-cp", f"{built(self.project)}/*", self.main]
        done = subprocess.run(command, cwd=folder, env={**os.environ, **{k: str(v) for k, v in names.items()}, **self.environment},
                              capture_output=True, text=True, timeout=900, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith(("{", "void"))]
        assert lines, done.stdout[-1000:] + done.stderr[-2000:]
        return json.loads(lines[-1]) if lines[-1][0] == "{" else {"void": lines[-1]}


CONTENDERS = {
    "hoso": Hoso,
    "flink": Java("flink", "KeyedTimers"),
    "streams": Java("streams", "Punctuator", BENCH_PUNCTUATE="100"),
    "streams-10ms": Java("streams", "Punctuator", BENCH_PUNCTUATE="10"),
}


def table(results):
    yield "| contender | open | fired | bytes per timer: grown by / RSS of all | due at a steady rate: lateness p50 / p99 / max ms | due in one instant | load |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for r in results:
        if "void" in r:
            yield f"| {r['contender']} | {r['open']:,} | void: {r['void']} | | | | {r['load']} |"
            continue
        steady, burst = (" / ".join(f"{ms:g}" for ms in r[part]) for part in ("steady", "burst"))
        yield (f"| {r['contender']} | {r['open']:,} | {r['fired']:,} | {r['heap_per_timer']} / {r['rss_per_timer']} | {steady} "
               f"| {burst} | {r['load']} |")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run-timers", description="Timers: hoso-alerter, Flink, Kafka Streams.")
    parser.add_argument("contenders", nargs="*", metavar="CONTENDER", help=f"default: all of {', '.join(CONTENDERS)}")
    parser.add_argument("--open", type=int, default=1000000, help="timers that stay open")
    parser.add_argument("--rate", type=int, default=1000, help="due a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--burst", type=int, default=100000, help="due in one instant")
    parser.add_argument("--setup", type=int, default=120, help="seconds for setting all timers before the first is due")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--results", type=Path, default=Path("build/bench-results/timers.jsonl"), help="runs are appended to it")
    options = parser.parse_args()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    world = World()
    try:
        print(machine(), flush=True)
        for _, name in itertools.product(range(options.runs), options.contenders or CONTENDERS):
            with tempfile.TemporaryDirectory(prefix="hoso-bench-") as folder:
                result = {"contender": name, "open": options.open, "load": load(),
                          **CONTENDERS[name](world, options, Path(folder)).run()}
            with options.results.open("a") as file:
                file.write(json.dumps(result, default=float) + "\n")
            print(result, flush=True)
    finally:
        world.stop()
    print(*table([json.loads(line) for line in options.results.read_text().splitlines()]), sep="\n")


if __name__ == "__main__":
    main()
