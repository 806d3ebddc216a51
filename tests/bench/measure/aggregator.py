"""tests/bench/run-aggregator: see its head, or --help."""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from measure.contenders import CONTENDERS
from measure.dataset import Dataset
from measure.world import World, cpu_s, load, machine, peak_rss_mb, poll

DEADLINE_S = 600


def run_one(world, contender, folder):
    """One contender once, on fresh tables; everything that was measured, as a dict for the results file."""
    contender.prepare()
    world.settle()
    with world.connect(contender.data.database) as connection:
        pg_before, load_before = world.pg_cpu_s(), load()
        pid = contender.start(folder)

        def alive(condition):
            if contender.process.poll() not in (None, 0):
                raise RuntimeError(f"{contender.name} failed: {(folder / (contender.name + '.log')).read_text()[-3000:]}")
            return condition()

        try:
            first = poll(lambda: alive(lambda: contender.begun(connection)), "the first events are stored", DEADLINE_S)
            begin = time.monotonic()
            rss, cpu = peak_rss_mb(pid), cpu_s(pid)
            while not alive(lambda: contender.finished(connection)):
                if contender.process.poll() is None:
                    rss, cpu = peak_rss_mb(pid) or rss, cpu_s(pid) or cpu
                assert time.monotonic() - begin < DEADLINE_S, f"{contender.name} did not finish"
                time.sleep(0.02)
            seconds = time.monotonic() - begin
            if contender.process.poll() is None:
                rss, cpu = peak_rss_mb(pid), cpu_s(pid)
        finally:
            contender.end()
        pg_cpu = world.pg_cpu_s() - pg_before
        checks = contender.check(connection)
    events = contender.data.events
    return {
        "contender": contender.name, "job": contender.job, "batch": contender.batch, "connections": contender.connections,
        "events": events, "first": first, "seconds": round(seconds, 3), "rate": round((events - first) / seconds),
        "cpu_s_per_million": round(cpu * 1e6 / events, 2), "pg_cpu_s_per_million": round(pg_cpu * 1e6 / events, 2),
        "rss_mb": round(rss), "checks": checks, "load": load_before, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def verdict(checks):
    wrong = {table: differ for table, (_, differ) in checks.items() if differ}
    cells = sum(cells for cells, _ in checks.values())
    return f"{cells:,} cells equal" if not wrong else "WRONG: " + ", ".join(f"{n} in {table}" for table, n in wrong.items())


def table(results):
    groups = {}
    for result in results:
        groups.setdefault((result["contender"], result["job"], result["batch"], result["connections"]), []).append(result)
    yield "| contender | job | batch | connections | events/s: min / median / max | runs | CPU s per million | of PostgreSQL | RSS MB | check |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    for (name, job, batch, connections), runs in groups.items():
        rates = [run["rate"] for run in runs]
        cpu, pg = (statistics.median(run[key] for run in runs) for key in ("cpu_s_per_million", "pg_cpu_s_per_million"))
        checks = {verdict(run["checks"]) for run in runs}
        yield (f"| {name} | {job} | {batch:,} | {connections} | {min(rates):,} / {statistics.median(rates):,.0f} / {max(rates):,} "
               f"| {len(runs)} | {cpu:.2f} | {pg:.2f} | {max(run['rss_mb'] for run in runs)} | {'; '.join(sorted(checks))} |")


def parse():
    parser = argparse.ArgumentParser(prog="tests/bench/run-aggregator", description=(
        "hoso-aggregator, PostgreSQL's floors and the peers, in turn on the same events and servers, each on fresh tables."))
    parser.add_argument("contenders", nargs="*", metavar="CONTENDER", help=f"default: all of {', '.join(CONTENDERS)}")
    parser.add_argument("--dossiers", type=int, default=236184, help="received; 236184 are 250,000 in all (default)")
    parser.add_argument("--events", type=int, default=1000000)
    parser.add_argument("--batch", type=int, action="append", help="default: 10000 and 50000")
    parser.add_argument("--runs", type=int, default=3, help="rounds; in each every contender has its turn")
    parser.add_argument("--results", type=Path, default=Path("build/bench/aggregator.jsonl"), help="runs are appended to it")
    parser.add_argument("--prepare", action="store_true", help="only make the events and the expectation (not measured)")
    parser.add_argument("--report", action="store_true", help="only print the table of the results file")
    options = parser.parse_args()
    unknown = set(options.contenders) - set(CONTENDERS)
    if unknown:
        parser.error(f"no contender {', '.join(sorted(unknown))}; there are {', '.join(CONTENDERS)}")
    return options


def measure(options):
    world = World()
    try:
        data = Dataset(world, options.dossiers, options.events).prepare()
        print(f"{data.events:,} events, {data.dossiers:,} dossiers, {data.duplicates:,} duplicates, "
              f"{data.out_of_order:,} out of order; {machine()}", flush=True)
        if options.prepare:
            return
        with tempfile.TemporaryDirectory(prefix="hoso-bench-") as folder:
            for number in range(options.runs):
                for name in options.contenders or CONTENDERS:
                    for batch in options.batch or (10000, 50000):
                        result = run_one(world, CONTENDERS[name](world, data, batch), Path(folder))
                        with options.results.open("a") as file:
                            file.write(json.dumps(result) + "\n")
                        print(f"{number + 1}/{options.runs} {name} {batch:,}: {result['rate']:,} events/s, "
                              f"CPU {result['cpu_s_per_million']} + {result['pg_cpu_s_per_million']} s/million, "
                              f"{result['rss_mb']} MB, {verdict(result['checks'])}", flush=True)
    finally:
        world.stop()


def main():
    options = parse()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    if not options.report:
        measure(options)
    if not options.prepare and options.results.exists():
        results = [json.loads(line) for line in options.results.read_text().splitlines()]
        print(*table(results), sep="\n")
        wrong = any(differ for result in results for _, differ in result["checks"].values())
        sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
