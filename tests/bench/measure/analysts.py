"""How fast the reports answer on a city-year, beside the same figures from the raw events; sizes; retention. See tests/bench/analysts.md."""

import argparse
import os
import statistics
import subprocess
import time

import psycopg

from measure.world import TOOLS, World, load, machine

COMMUNE = "11713"
YEAR, MONTH = ("2025-07-01", "2026-06-30"), ("2026-05-01", "2026-05-31")
FORMS = ("form_ii06a", "form_ii06b", "form_07a", "form_766", "form_summary", "form_causes")
OVERVIEWS = ("unit_overview", "freshness", "quarantine")
# II.06a out of events alone, made easy for them: decoded, narrow, with unit and due date beside every event.
RAW_TABLE = """CREATE SCHEMA IF NOT EXISTS bench; CREATE UNLOGGED TABLE IF NOT EXISTS bench.raw_event AS
    SELECT e.dossier_id, d.unit_id, d.due_at, e.status, e.occurred_at FROM hoso.dossier_event e JOIN hoso.dossier d USING (dossier_id);
    ANALYZE bench.raw_event"""
RAW = """SELECT count(*) FILTER (WHERE accepted >= analytics.day_begin(%(first)s)) + count(*) FILTER (
               WHERE accepted < analytics.day_begin(%(first)s) AND (ended IS NULL OR ended >= analytics.day_begin(%(first)s))) AS received,
           count(*) FILTER (WHERE ended >= analytics.day_begin(%(first)s)) AS settled,
           count(*) FILTER (WHERE ended IS NULL AND due < analytics.day_begin(%(last)s)) AS overdue
    FROM (SELECT dossier_id, min(occurred_at) FILTER (WHERE status = 2) AS accepted,
                 max(occurred_at) FILTER (WHERE status IN (7, 8, 9)) AS ended, max(due_at) AS due
          FROM bench.raw_event WHERE occurred_at < analytics.day_begin(%(last)s::date + 1) AND (%(unit)s::int IS NULL OR unit_id = %(unit)s)
          GROUP BY dossier_id) d WHERE accepted IS NOT NULL"""


class Bench:
    def __init__(self, world, database, runs):
        self.world, self.database, self.runs = world, database, runs
        self.pg = world.connect(database)

    def timed(self, query, parameters=None):
        """(seconds of each run, the answer); one run before them is not counted."""
        seconds = []
        for _ in range(self.runs + 1):
            begin = time.monotonic()
            answer = self.pg.execute(query, parameters).fetchall()
            seconds.append(time.monotonic() - begin)
        return seconds[1:], answer

    def command(self, form, unit, period):
        """`hoso report`, a process of its own: (seconds of the first run, which folds what must be folded; of the others)."""
        seconds = []
        for _ in range(self.runs + 1):
            begin = time.monotonic()
            subprocess.run([TOOLS / "hoso", "report", form, "--unit", unit, "--from", period[0], "--to", period[1], "--json"], check=True,
                           capture_output=True, env={**os.environ, "HOSO_POSTGRES_CONNINFO": self.world.servers.conninfo(self.database)})
            seconds.append(time.monotonic() - begin)
        return seconds[0], seconds[1:]

    def one(self, query):
        return self.pg.execute(query).fetchone()[0]

    def sizes(self):
        for name in ("dossier", "dossier_event", "rollup_daily", "rollup_open", "dossier_past"):
            print(f"| size of hoso.{name} | {self.one(f'SELECT count(*) FROM hoso.{name}'):,} rows |"
                  f" {self.one(f'''SELECT pg_relation_size('hoso.{name}')''') / 1e6:,.0f} MB,"
                  f" with indexes {self.one(f'''SELECT pg_total_relation_size('hoso.{name}')''') / 1e6:,.0f} MB |", flush=True)


def line(what, seconds, more=""):
    print(f"| {what} | {statistics.median(seconds) * 1000:,.0f} ms | {min(seconds) * 1000:,.0f} to {max(seconds) * 1000:,.0f} ms{more} |", flush=True)


def measure(bench):
    print(f"\n{machine()}; load {load():.1f} before, {bench.runs} runs each after one that is not counted\n")
    print("| what | median | from, to |\n| --- | ---: | --- |")
    for view in OVERVIEWS:
        line(f"view {view}", bench.timed(f"SELECT * FROM analytics.{view}")[0])
    unit_id = bench.one(f"SELECT unit_id FROM analytics.unit WHERE unit_code = '{COMMUNE}' AND in_force")
    for who, unit in (("commune", COMMUNE), ("city", "all")):
        for span, period in (("month", MONTH), ("year", YEAR)):
            first, rest = bench.command("ii06a", unit, period)
            line(f"hoso report ii06a, {who}, {span}", rest, f"; the first, which folds, {first * 1000:,.0f} ms")
    for form in FORMS:
        line(f"{form}, city, year", bench.timed(f"SELECT * FROM analytics.{form}(NULL, %s, %s)", YEAR)[0])
    for who, unit, code in (("commune", unit_id, COMMUNE), ("city", None, None)):
        for span, period in (("month", MONTH), ("year", YEAR)):
            parameters = {"first": period[0], "last": period[1], "unit": unit}
            ours, figures = bench.timed("SELECT sum(received)::bigint, sum(settled)::bigint, sum(open_overdue)::bigint"
                                        " FROM analytics.form_ii06a(%s, %s, %s)", (code, *period))
            raw, wanted = bench.timed(RAW, parameters)
            line(f"II.06a in SQL, {who}, {span}", ours)
            line(f"the same from raw events, {who}, {span}", raw,
                 f"; {statistics.median(raw) / statistics.median(ours):,.0f} times; figures {figures[0]} and {wanted[0]}")
    bench.sizes()
    print(f"\nload {load():.1f} after")


def fill(world, database, dossiers):
    """A city-year by `hoso gen --to kafka` and the aggregator."""
    world.recreate(database)
    environment = {**os.environ, "HOSO_KAFKA_BROKERS": world.brokers, "HOSO_POSTGRES_CONNINFO": world.servers.conninfo(database),
                   "HOSO_AGGREGATOR_LISTEN": "127.0.0.1:0", "HOSO_AGGREGATOR_GROUP": database,
                   **{f"HOSO_KAFKA_{name}_TOPIC": f"{database}.{name}".lower() for name in ("EVENTS", "DLQ", "ALERTS")}}
    for command in (["db", "migrate"], ["topics", "apply"],
                    ["gen", "--profile", "city-year", "--dossiers", str(dossiers), "--to", "kafka"]):
        subprocess.run([TOOLS / "hoso", *command], check=True, env=environment)
    with subprocess.Popen([TOOLS / "hoso-aggregator"], env=environment, stderr=subprocess.DEVNULL) as aggregator:
        events = -1
        with world.connect(database) as pg:
            while True:
                time.sleep(10)
                now = pg.execute("SELECT coalesce(sum(next_offset), 0) FROM hoso.kafka_offset").fetchone()[0]
                if now == events and now > 0:
                    break
                events = now
            aggregator.terminate()
            aggregator.wait()
            pg.execute("VACUUM ANALYZE hoso.dossier")
            pg.execute("ANALYZE hoso.dossier_event")
            pg.execute(RAW_TABLE)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dossiers", type=int, default=2000000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--database", default="analysts_bench")
    parser.add_argument("--measure", action="store_true", help="the database is filled already")
    options = parser.parse_args()
    world = World()
    try:
        if not options.measure:
            fill(world, options.database, options.dossiers)
        with psycopg.connect(world.servers.conninfo(options.database), autocommit=True) as pg:
            pg.execute(RAW_TABLE)
        measure(Bench(world, options.database, options.runs))
    finally:
        world.stop()


if __name__ == "__main__":
    main()
