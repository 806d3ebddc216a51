"""tests/bench/run-latency: see its head, or --help."""

import argparse
import collections
import json
import os
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import confluent_kafka
from harness.records import encode_event, end_offsets

from measure.contenders import Hoso
from measure.world import TOOLS, World, cpu_s, hoso, load, machine, peak_rss_mb, poll

BEFORE_THE_MERGER = 1740960000000  # 2025-03-03T00:00Z: the probes' own communes, where the load never is
VISIBLE = """
SELECT partition, sum(submitted)::bigint FROM hoso.rollup_daily WHERE partition = ANY (%s) AND unit_id = %s GROUP BY partition
"""


class Place:
    """What Hoso (contenders.py) wants of a data set: a topic and a database, made for one measurement."""

    def __init__(self, world):
        self.topic = self.database = f"bench_latency_{uuid.uuid4().hex[:8]}"
        self.events = 0
        self.world = world
        world.recreate(self.database)
        hoso(world, self.database, self.topic, "topics", "apply")

    def generate(self, dossiers, events, rate=None):
        """Starts the load; the process."""
        command = [TOOLS / "hoso", "gen", "--profile", "city", "--dossiers", dossiers, "--events", events, "--duplicates", 10000,
                   "--out-of-order", 10000, "--to", "kafka", *(("--rate", rate) if rate else ())]
        environment = {**os.environ, "HOSO_KAFKA_BROKERS": self.world.brokers, "HOSO_KAFKA_EVENTS_TOPIC": self.topic}
        return subprocess.Popen(list(map(str, command)), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def drop(self):
        with self.world.connect("postgres") as admin:
            admin.execute(f"DROP DATABASE {self.database} WITH (FORCE)")


def stored(connection):
    return int(connection.execute("SELECT coalesce(sum(next_offset), 0) FROM hoso.kafka_offset").fetchone()[0])


def quantiles(values):
    values = sorted(values)
    return {"p50": values[len(values) // 2], "p99": values[int(len(values) * 0.99)], "p99.9": values[int(len(values) * 0.999)],
            "max": values[-1]}


def probe(world, place, connection, seconds, rate):
    """Milliseconds from the moment at which each probe was to be sent, by the plan and whatever happened before, until the rollup shows it."""
    unit, code = connection.execute("""SELECT unit_id, code FROM hoso.unit WHERE valid_to < '2025-07-01' AND NOT split
        AND successor_id IS NOT NULL ORDER BY unit_id LIMIT 1""").fetchone()
    partitions = list(end_offsets(world.brokers, place.topic))
    waiting, shown, latencies = collections.defaultdict(list), collections.Counter(), []
    producer = confluent_kafka.Producer({"bootstrap.servers": world.brokers, "acks": "all", "enable.idempotence": True,
                                         "partitioner": "murmur2_random", "linger.ms": 2})
    begin, sent, count = time.perf_counter() + 0.5, 0, int(seconds * rate)

    def send(number):
        def on_delivery(error, message):
            assert error is None, error
            waiting[message.partition()].append(begin + number / rate)
        name = f"H24.0.{code}-250303-{number:07d}"
        value = encode_event(event_id=uuid.uuid4().bytes, kind="record", dossier_code=name, occurred_at=BEFORE_THE_MERGER,
                             ingested_at=int(time.time() * 1000), status=3, procedure_code="1.004873", channel="counter",
                             deciding_agency=f"H24.0.{code}", submitted_at=BEFORE_THE_MERGER, refused_at=BEFORE_THE_MERGER)
        producer.produce(place.topic, key=name, value=value, on_delivery=on_delivery)

    while len(latencies) < count:
        now = time.perf_counter()
        assert now < begin + seconds + 120, f"{count - len(latencies)} probes never became visible"
        while sent < count and begin + sent / rate <= now:
            send(sent)
            sent += 1
        producer.poll(0)
        for partition, total in connection.execute(VISIBLE, [partitions, unit], prepare=True).fetchall():
            seen = time.perf_counter()
            producer.poll(0)  # a probe may be visible before its delivery report was served
            while shown[partition] < min(total, len(waiting[partition])):
                latencies.append((seen - waiting[partition][shown[partition]]) * 1000)
                shown[partition] += 1
        time.sleep(0.001)
    return {"probes": count, **{name: round(ms, 1) for name, ms in quantiles(latencies).items()}}


def start(world, place, options, folder):
    contender = Hoso(world, place, options.batch, options.connections)
    contender.prepare()
    contender.start(folder)
    return contender


def measure_latency(world, options, folder):
    """Probes alone, or beside an even load of --load events a second."""
    place = Place(world)
    contender, generator = start(world, place, options, folder), None
    try:
        with world.connect(place.database) as connection:
            claimed = "SELECT count(*) FROM hoso.kafka_offset"
            poll(lambda: connection.execute(claimed).fetchone()[0] == 12, "all partitions are claimed", 60)
            idle_rss = peak_rss_mb(contender.process.pid)
            if options.load:
                events = options.load * (options.seconds + 30)
                generator = place.generate(events // 4, events, options.load)
                poll(lambda: stored(connection) > 5 * options.load, "the load has run for five seconds", 120)
            probe(world, place, connection, 3, options.probes)  # connections, plans and caches are warm
            cpu, pg, begin, before = cpu_s(contender.process.pid), world.pg_cpu_s(), time.monotonic(), stored(connection)
            result = probe(world, place, connection, options.seconds, options.probes)
            seconds = time.monotonic() - begin
            return {**result, "achieved": round((stored(connection) - before) / seconds), "idle_rss_mb": round(idle_rss),
                    "cpu": round((cpu_s(contender.process.pid) - cpu) / seconds, 2),
                    "pg_cpu": round((world.pg_cpu_s() - pg) / seconds, 2)}
    finally:
        if generator:
            generator.kill()
            generator.wait()
        contender.end()
        place.drop()


def measure_growth(world, options, folder):
    """A topic that has filled up while the aggregator was away: how long it takes, and the rate as the tables grow."""
    place = Place(world)
    if place.generate(options.dossiers, options.events).wait() != 0:
        raise RuntimeError("the events could not be made")
    place.events = options.events
    world.settle()
    contender, samples = start(world, place, options, folder), []
    try:
        with world.connect(place.database) as connection:
            begin = time.monotonic()
            while not samples or samples[-1][1] < options.events:
                samples.append((time.monotonic() - begin, stored(connection)))
                assert contender.process.poll() is None and samples[-1][0] < 1800
                time.sleep(0.2)
            rss, cpu = peak_rss_mb(contender.process.pid), cpu_s(contender.process.pid)
            dossiers = connection.execute("SELECT count(*) FROM hoso.dossier").fetchone()[0]
        tenths = []
        for part in range(10):
            low, high = options.events * part / 10, options.events * (part + 1) / 10
            inside = [(at, n) for at, n in samples if low <= n <= high]
            if len(inside) > 1:
                tenths.append(round((inside[-1][1] - inside[0][1]) / (inside[-1][0] - inside[0][0])))
        return {"events": options.events, "dossiers": dossiers, "seconds": round(samples[-1][0], 1),
                "rate_by_tenths": tenths, "rss_mb": round(rss), "cpu_s_per_million": round(cpu * 1e6 / options.events, 2)}
    finally:
        contender.end()
        place.drop()


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run-latency", description="From produced to visible; growth and catching up.")
    parser.add_argument("what", choices=("latency", "growth"))
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--probes", type=int, default=50, help="a second")
    parser.add_argument("--load", type=int, default=0, help="events a second beside the probes; give half the maximum rate")
    parser.add_argument("--dossiers", type=int, default=900000, help="growth: received dossiers; --events of them")
    parser.add_argument("--events", type=int, default=3600000, help="growth: an hour at 1,000 a second by default")
    parser.add_argument("--batch", type=int, default=10000)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--results", type=Path, default=Path("build/bench-results/latency.jsonl"))
    options = parser.parse_args()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    world = World()
    try:
        with tempfile.TemporaryDirectory(prefix="hoso-bench-") as folder:
            run = measure_latency if options.what == "latency" else measure_growth
            before = load()
            result = {"what": options.what, "load": options.load, "machine_load": before, **run(world, options, Path(folder))}
        with options.results.open("a") as file:
            file.write(json.dumps(result) + "\n")
        print(machine(), json.dumps(result), sep="\n")
    finally:
        world.stop()


if __name__ == "__main__":
    main()
