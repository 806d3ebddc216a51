"""tests/bench/run-ingest: see its head, or --help."""

import argparse
import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from harness.servers import Servers
from harness.site import API_KEYS, Site, build_folder

from measure import volume
from measure.world import load, machine

OPEN = {"log.level": "warn", "ingest.in_flight_max": "20000"}
PAGE = os.sysconf("SC_PAGE_SIZE")
HEAD = ("| load | connections | answered/s | events/s | events per CPU s of ingest | processors: ingest, broker, generator "
        "| p50 / p99 / p99.9 / max ms | RSS MB | answers |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


class Peak:
    """The largest resident set while the block runs."""

    def __init__(self, pid):
        self.pid, self.mb, self.stop = pid, 0.0, threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.stop.wait(0.1):
            self.mb = max(self.mb, rss_mb(self.pid))

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def broker_cpu_s(ingest):
    """Of the broker that ingest speaks to; 0 while it does not run."""
    pid = next(word.split("=")[1] for word in (ingest.servers.directory / "env").read_text().split() if "KAFKA_PID=" in word)
    return cpu_s(pid) if Path(f"/proc/{pid}").exists() else 0


def push(ingest, **options):
    """One run of bench_push; its figures, and those of ingest meanwhile."""
    command = [build_folder() / "bin" / "bench_push", "--port", ingest.port, "--key", API_KEYS["motcua"]]
    for name, value in options.items():
        command += [f"--{name}", value]
    pid = ingest.process.pid
    before, load_before, broker, children, begun = cpu_s(pid), load(), broker_cpu_s(ingest), os.times(), time.monotonic()
    with Peak(pid) as peak:
        done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    took, after = time.monotonic() - begun, os.times()
    generator = after.children_user + after.children_system - children.children_user - children.children_system
    result["processors"] = [(cpu_s(pid) - before) / took, max(0, broker_cpu_s(ingest) - broker) / took, generator / took]
    used = cpu_s(pid) - before
    # The generator's warm-up second is in the CPU time and not in `answered`: scaled by the whole time.
    whole = (result["seconds"] + 1) / result["seconds"]
    result |= {"cpu_s": used, "rows_per_cpu_s": result["rows_per_s"] * result["seconds"] * whole / used,
               "rss_mb": peak.mb, "load": load_before}
    return result


def producer(site, seconds, *rate):
    command = [build_folder() / "bin" / "bench_producer", site.servers.brokers, site.events_topic, str(seconds), *map(str, rate)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def row(name, r):
    statuses = " ".join(f"{status}: {count:,}" for status, count in r["status"].items())
    return (f"| {name} | {r['connections']:,} | {r['answered_per_s']:,.0f} | {r['rows_per_s']:,.0f} | {r['rows_per_cpu_s']:,.0f} "
            f"| {', '.join(f'{share:.2f}' for share in r['processors'])} | {r['p50_ms']:.1f} / {r['p99_ms']:.1f} / {r['p999_ms']:.1f} / {r['max_ms']:.0f} | {r['rss_mb']:.0f} "
            f"| {statuses}{', broken: ' + str(r['broken']) if r['broken'] else ''} |")


def start(site):
    ingest = site.start("ingest", OPEN)
    ingest.servers = site.servers
    return ingest


def throughput(site, seconds):
    ingest = start(site)
    push(ingest, seconds=5)  # everything has been touched once, the broker's code is compiled
    push(ingest, seconds=5, rate=5000, connections=1000)
    alone = producer(site, seconds)
    print(f"librdkafka alone: {alone['records_per_s']:,} records/s, {alone['records_per_cpu_s']:,} per CPU second; {machine()}\n")
    print(HEAD)
    for name, options in (
            ("single events, as fast as answered", {"connections": 128}),
            ("batches of 100, as fast as answered", {"connections": 16, "batch": 100}),
            ("single events at 5,000/s", {"connections": 128, "rate": 5000}),
            ("single events at 5,000/s", {"connections": 1000, "rate": 5000})):
        print(row(name, push(ingest, seconds=seconds, **options)), flush=True)
    paced = producer(site, seconds, 5000)
    print(f"| librdkafka alone at 5,000/s | | | {paced['records_per_s']:,} | {paced['records_per_cpu_s']:,} | | {paced['p50_ms']:.1f} / "
          f"{paced['p99_ms']:.1f} / {paced['p999_ms']:.1f} / {paced['max_ms']:.0f} | | |")
    again = producer(site, seconds)
    print(f"\nlibrdkafka alone, afterwards: {again['records_per_s']:,} records/s, {again['records_per_cpu_s']:,} per CPU second")


def compare(site, seconds, variants):
    """The same paced load with one setting of the producer after another: "linger.ms=2+compression.type=lz4"."""
    print(f"{machine()}\n\n{HEAD}")
    for number, variant in enumerate(variants):
        settings = {f"kafka.{name}": value for name, _, value in (pair.partition("=") for pair in variant.split("+"))}
        ingest = site.start("ingest", {**OPEN, **settings}, label=f"ingest{number}")
        ingest.servers = site.servers
        push(ingest, seconds=5, rate=5000, connections=1000)
        for connections in (128, 1000):
            print(row(f"5,000/s, {variant}", push(ingest, seconds=seconds, rate=5000, connections=connections)), flush=True)
        ingest.terminate()


def outage(site, seconds):
    """Batches of 20, so that a sender's waiting requests reach its limit of records in flight and the rest is refused at once."""
    ingest = start(site)
    load = {"connections": 1000, "batch": 20, "rate": 250}
    phases = [("before, 10 s", push(ingest, seconds=10, **load))]
    site.servers.kafka_kill()
    try:
        phases.append((f"broker down, {seconds} s", push(ingest, seconds=seconds, **load)))
    finally:
        site.servers.kafka_start()
    phases.append(("broker back, 20 s", push(ingest, seconds=20, **load)))
    print(f"{machine()}\n\n{HEAD}")
    for name, result in phases:
        print(row(name, result))


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run-ingest")
    parser.add_argument("--seconds", type=int, default=10, help="of each run")
    parser.add_argument("--outage", type=int, metavar="SECONDS", help="only the outage")
    parser.add_argument("--backfill", type=int, metavar="ROWS", help="only the backfill of a file")
    parser.add_argument("--resync", type=int, metavar="ROWS", help="only the re-sync of a one-stop system")
    parser.add_argument("--compare", nargs="+", metavar="KEY=VALUE+…", help="only the load at 5,000/s, with each of these settings of [kafka]")
    options = parser.parse_args()
    servers = Servers()
    try:
        with tempfile.TemporaryDirectory(prefix="hoso-bench-") as folder:
            site = Site(servers, Path(folder))
            site.set("kafka", "partitions", "12")
            try:
                site.create()
                if options.outage:
                    outage(site, options.outage)
                elif options.compare:
                    compare(site, options.seconds, options.compare)
                elif options.backfill:
                    volume.backfill(site, options.backfill)
                elif options.resync:
                    volume.resync(site, options.resync)
                else:
                    throughput(site, options.seconds)
            finally:
                site.destroy()
    finally:
        servers.stop()


if __name__ == "__main__":
    main()
