"""tests/bench/run-alerter: see its head, or --help."""

import argparse
import itertools
import json
import os
import subprocess
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

import confluent_kafka
from harness.records import encode_event, end_offsets

from measure.contenders import built
from measure.world import PROGRAMS, World, cpu_s, hoso, load, machine, poll

BATCH = 2000  # of hoso's configuration; PostgreSQL alone gets transactions of the same size
OTHER_RULES = ("due_soon_1", "due_soon_2", "due_soon_3", "acceptance", "step_overdue", "supplement_late", "apology_missing",
               "reappointed_twice")
LATENESS = """
SELECT json_build_array(percentile_disc(0.5) WITHIN GROUP (ORDER BY ms), percentile_disc(0.99) WITHIN GROUP (ORDER BY ms), max(ms))
FROM (SELECT round(extract(epoch FROM pg_xact_commit_timestamp(xmin) - deadline_at) * 1000, 1) AS ms FROM hoso.alert
      WHERE deadline_at >= to_timestamp(%s) AND deadline_at < to_timestamp(%s)) AS a
"""
OUT_OF_ORDER = """
SELECT count(*) FROM (SELECT deadline_at, max(deadline_at) OVER (ORDER BY pg_xact_commit_timestamp(xmin), deadline_at
    ROWS UNBOUNDED PRECEDING) AS newest FROM hoso.alert) AS a WHERE deadline_at < newest
"""
# Open deadlines of dossiers that nobody touches, years ahead and in no order: codes of 500 agencies and many days, as a city has them.
FILL = """
INSERT INTO hoso.alert_watch SELECT format('H24.%%s-26%%s%%s-%%s', 11000 + i %% 500, lpad((i / 500 %% 12 + 1)::text, 2, '0'),
    lpad((i / 6000 %% 28 + 1)::text, 2, '0'), lpad((i / 168000)::text, 4, '0')), i %% 12,
    timestamptz '2031-01-01' + i::bigint * 15485863 %% 31536000 * interval '1 second' FROM generate_series(0, %s) i
"""
# The same rows, staged in the order of their commits, and written by PostgreSQL's own statements.
STAGE = """
CREATE SCHEMA alone;
CREATE UNLOGGED TABLE alone.stage AS SELECT row_number() OVER (ORDER BY o.id) AS n, a.*, o.id AS o_id, o.partition AS o_partition, o.key,
    o.payload FROM hoso.alert a JOIN hoso.outbox o USING (alert_id);
CREATE INDEX ON alone.stage (n);
CREATE TABLE alone.began (at timestamptz);
CREATE TABLE alone.alert (LIKE hoso.alert INCLUDING ALL);
CREATE TABLE alone.outbox (LIKE hoso.outbox INCLUDING ALL);
CREATE TABLE alone.watch (LIKE hoso.alert_watch INCLUDING ALL) WITH (fillfactor = 70);
INSERT INTO alone.watch SELECT dossier_code, o_partition, deadline_at, NULL FROM alone.stage;
VACUUM ANALYZE alone.stage;
VACUUM ANALYZE alone.watch;
"""
ALONE = (
    "INSERT INTO alone.alert SELECT {columns} FROM alone.stage WHERE n > %s AND n <= %s",
    "INSERT INTO alone.outbox (alert_id, partition, key, payload) SELECT alert_id, o_partition, key, payload FROM alone.stage "
    "WHERE n > %s AND n <= %s ORDER BY n",
    "UPDATE alone.watch w SET deadline_at = NULL FROM alone.stage s WHERE w.dossier_code = s.dossier_code AND n > %s AND n <= %s",
)
# The steady ones too: whatever has come due since the last COMMIT is written and committed, for ever. No client and no network in it.
STEADY_ALONE = """
CREATE PROCEDURE alone.steady(total integer, rate integer) LANGUAGE plpgsql AS $$
DECLARE began timestamptz := clock_timestamp(); done integer := 0; due integer := 0;
BEGIN
    INSERT INTO alone.began VALUES (began);
    WHILE done < total LOOP
        due := least(total, floor(extract(epoch FROM clock_timestamp() - began) * rate));
        IF due = done THEN
            PERFORM pg_sleep(0.0002);
        ELSE
            {statements}
            COMMIT;
        END IF;
        done := due;
    END LOOP;
END $$
"""
LATENESS_ALONE = """
SELECT json_build_array(percentile_disc(0.5) WITHIN GROUP (ORDER BY ms), percentile_disc(0.99) WITHIN GROUP (ORDER BY ms), max(ms))
FROM (SELECT round(extract(epoch FROM pg_xact_commit_timestamp(a.xmin) - b.at) * 1000 - s.n * 1000.0 / %s, 1) AS ms
      FROM alone.alert a JOIN alone.stage s USING (alert_id), alone.began b WHERE s.n <= %s) AS t
"""


def rss_bytes(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) * 1024


class Hoso:
    """The whole path: records on the topic, rows of alerts committed. Lateness ends with PostgreSQL's own commit time of the row."""

    def __init__(self, world, options, folder):
        self.world, self.options, self.folder = world, options, folder
        self.name = f"bench_alerter_{uuid.uuid4().hex[:8]}"
        self.due = options.rate * options.seconds + options.burst
        self.begin_at = self.burst_at = 0.0
        self.result = {}

    def due_at(self, number):
        """Seconds, of the n-th dossier that comes due: as peers/common/Timers.java has it."""
        o = self.options
        return self.begin_at + number / o.rate if number < o.rate * o.seconds else self.burst_at

    def code(self, number):
        steady = number < self.options.rate * self.options.seconds
        return f"H24.11713-{'270101' if steady else '270202'}-{number:06d}"

    def produce(self):
        producer = confluent_kafka.Producer({"bootstrap.servers": self.world.brokers, "partitioner": "murmur2_random",
                                             "linger.ms": 20, "queue.buffering.max.messages": 1000000})
        now = int(time.time() * 1000)
        for number in range(self.due):
            value = encode_event(
                event_id=uuid.uuid4().bytes, kind="record", dossier_code=self.code(number), occurred_at=now - 60000,
                ingested_at=now - 50000, status=4, procedure_code="1.004873", deciding_agency="H24.11713", channel="online",
                submitted_at=now - 90000, accepted_at=now - 60000, due_at=int(self.due_at(number) * 1000))
            producer.produce(self.name, key=self.code(number), value=value)
            if number % 1000 == 0:
                producer.poll(0)
        assert producer.flush(60) == 0

    # ---- the process ----

    def start(self):
        port = self.folder / "port"
        port.unlink(missing_ok=True)
        environment = {**os.environ, "HOSO_KAFKA_BROKERS": self.world.brokers, "HOSO_KAFKA_EVENTS_TOPIC": self.name,
                       "HOSO_KAFKA_ALERTS_TOPIC": f"{self.name}.alerts", "HOSO_ALERTER_RULE": "timestamp",
                       "HOSO_ALERTER_LISTEN": "127.0.0.1:0", "HOSO_ALERTER_PORT_FILE": str(port),
                       "HOSO_ALERTER_GROUP": f"{self.name}.{uuid.uuid4().hex[:4]}",
                       "HOSO_POSTGRES_CONNINFO": self.world.servers.conninfo(self.name)}
        with (self.folder / "alerter.log").open("ab") as log:
            process = subprocess.Popen([PROGRAMS / "hoso-alerter"], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def ready():
            assert process.poll() is None, (self.folder / "alerter.log").read_text()[-2000:]
            self.url = f"http://127.0.0.1:{int(port.read_text())}" if port.exists() and port.read_text() else None
            return self.url and self.answers("/readyz")
        poll(ready, "the alerter is ready", 300, 0.01)
        return process

    def answers(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=60) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    def metric(self, name):
        return next(float(line.split()[1]) for line in self.answers("/metrics").splitlines() if line.startswith(name + " "))

    def run(self):
        self.world.recreate(self.name)
        hoso(self.world, self.name, self.name, "topics", "apply")
        hoso(self.world, self.name, self.name, "db", "migrate", programs=PROGRAMS)
        with self.world.connect(self.name) as connection:
            for rule in OTHER_RULES:
                connection.execute("INSERT INTO hoso.alert_rule (rule, enabled) VALUES (%s, false)", [rule])
            process = self.start()
            self.result["idle_bytes"] = rss_bytes(process.pid)
            poll(lambda: connection.execute("SELECT bool_and(map_version = (SELECT max(version) FROM hoso.map_change)) FROM "
                                            "hoso.kafka_offset").fetchone()[0], "the map of units is followed", 60)
            self.end(process)
            connection.execute(FILL, [self.options.open - 1])
            connection.execute("VACUUM ANALYZE hoso.alert_watch")
            self.world.settle()
            try:
                self.measure(connection)
                if self.options.floor:
                    self.postgres_alone(connection)
            finally:
                with self.world.connect("postgres") as admin:
                    admin.execute(f"DROP DATABASE {self.name} WITH (FORCE)")
        return self.result

    @staticmethod
    def end(process):
        process.terminate()
        process.wait(30)

    # ---- what is measured ----

    def measure(self, connection):
        began = time.monotonic()
        process = self.start()
        try:
            ready_s = time.monotonic() - began
            poll(lambda: self.metric("hoso_alerter_open_deadlines") == self.options.open, "all deadlines are in memory", 5)
            size = rss_bytes(process.pid)
            self.result |= {"ready_s_per_million": round(ready_s / self.options.open * 1e6, 2),
                            "grown_per_timer": round((size - self.result["idle_bytes"]) / self.options.open, 1),
                            "rss_per_timer": round(size / self.options.open, 1)}
            self.fire(process, connection)
        finally:
            self.end(process)

    def fire(self, process, connection):
        self.begin_at = time.time() + self.options.setup
        self.burst_at = self.begin_at + self.options.seconds + 2
        self.produce()
        total = sum(end_offsets(self.world.brokers, self.name).values())
        poll(lambda: connection.execute("SELECT sum(next_offset) FROM hoso.kafka_offset WHERE consumer = 'alerter'").fetchone()[0]
             >= total, "all deadlines are set", 300)
        if time.time() > self.begin_at - 3:
            self.result["void"] = "the deadlines were not set in time: give --setup more seconds"
            return
        self.world.settle()
        time.sleep(max(0, self.burst_at - 1 - time.time()))
        before_s, database_s = cpu_s(process.pid), self.world.pg_cpu_s()
        poll(lambda: connection.execute("SELECT count(*) FROM hoso.alert").fetchone()[0] >= self.due, "all alerts", 200, 0.25)
        steady = connection.execute(LATENESS, [self.begin_at - 1, self.burst_at - 1]).fetchone()[0]
        burst = connection.execute(LATENESS, [self.burst_at - 1, self.burst_at + 1]).fetchone()[0]
        fired = connection.execute("SELECT count(*) FROM hoso.alert WHERE state = 'firing'").fetchone()[0]
        self.result |= {"fired": fired, "steady": steady, "burst": burst, "burst_cpu_s": round(cpu_s(process.pid) - before_s, 2),
                        "burst_pg_cpu_s": round(self.world.pg_cpu_s() - database_s, 2),
                        "out_of_order": connection.execute(OUT_OF_ORDER).fetchone()[0]}
        poll(lambda: connection.execute("SELECT count(*) FROM hoso.outbox WHERE sent_at IS NULL").fetchone()[0] == 0,
             "all notices are on Kafka", 200, 0.25)

    def postgres_alone(self, connection):
        if "void" in self.result:
            return
        for statement in STAGE.split(";"):
            if statement.strip():
                connection.execute(statement)
        columns = ", ".join(name for (name,) in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'hoso.alert'::regclass AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum"))
        first = self.options.rate * self.options.seconds
        self.steady_alone(connection, [statement.format(columns=columns) for statement in ALONE], first)
        self.world.settle()
        began = time.monotonic()
        for n in range(first, self.due, BATCH):
            with connection.transaction():
                for statement in ALONE:
                    connection.execute(statement.format(columns=columns), [n, n + BATCH])
        alone_s = time.monotonic() - began
        self.result |= {"alone_s": round(alone_s, 2), "share_of_postgres": round(alone_s / (self.result["burst"][2] / 1000), 2)}

    def steady_alone(self, connection, statements, count):
        body = " ".join(f"{statement % ('done', 'due')};" for statement in statements)
        connection.execute(STEADY_ALONE.format(statements=body))
        self.world.settle()
        connection.execute("SET enable_seqscan = off")  # as the alerter has it
        connection.execute(f"CALL alone.steady({count}, {self.options.rate})")
        connection.execute("RESET enable_seqscan")
        self.result["steady_alone"] = connection.execute(LATENESS_ALONE, [self.options.rate, count]).fetchone()[0]


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
        if lines[-1][0] != "{":
            return {"void": lines[-1]}
        result = json.loads(lines[-1])
        return {"grown_per_timer": result.pop("heap_per_timer"), **result}


CONTENDERS = {
    "hoso": Hoso,
    "flink": Java("flink", "KeyedTimers"),
    "streams": Java("streams", "Punctuator", BENCH_PUNCTUATE="100"),
    "streams-10ms": Java("streams", "Punctuator", BENCH_PUNCTUATE="10"),
}


def table(results):
    yield ("| contender | open | bytes a timer: grown / RSS of all | restart s per million | 1,000 a second: p50 / p99 / max ms "
           "| PostgreSQL alone: the same | one instant: p50 / p99 / max ms | PostgreSQL alone s | share | load |")
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for r in results:
        if "void" in r:
            yield f"| {r['contender']} | {r['open']:,} | void: {r['void']} | | | | | | | {r['load']} |"
            continue
        steady, alone, burst = (" / ".join(f"{ms:g}" for ms in r.get(part, ())) for part in ("steady", "steady_alone", "burst"))
        yield (f"| {r['contender']} | {r['open']:,} | {r['grown_per_timer']} / {r['rss_per_timer']} | {r.get('ready_s_per_million', '')} "
               f"| {steady} | {alone} | {burst} | {r.get('alone_s', '')} | {r.get('share_of_postgres', '')} | {r['load']} |")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run-alerter", description="Timers: hoso-alerter, Flink, Kafka Streams.")
    parser.add_argument("contenders", nargs="*", default=["hoso"], metavar="CONTENDER", help=f"of {', '.join(CONTENDERS)}; default hoso")
    parser.add_argument("--open", type=int, default=1000000, help="timers that stay open")
    parser.add_argument("--rate", type=int, default=1000, help="due a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--burst", type=int, default=100000, help="due in one instant")
    parser.add_argument("--setup", type=int, default=80, help="seconds for setting the timers that come due, before the first is")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--no-floor", dest="floor", action="store_false", help="leave PostgreSQL alone out")
    parser.add_argument("--results", type=Path, default=Path("build/bench-results/timers.jsonl"), help="runs are appended to it")
    options = parser.parse_args()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    results = []
    world = World()
    try:
        print(machine(), flush=True)
        for _, name in itertools.product(range(options.runs), options.contenders):
            with tempfile.TemporaryDirectory(prefix="hoso-bench-") as folder:
                result = {"contender": name, "open": options.open, "load": load(),
                          **CONTENDERS[name](world, options, Path(folder)).run()}
            with options.results.open("a") as file:
                file.write(json.dumps(result, default=float) + "\n")
            results.append(result)
            print(result, flush=True)
    finally:
        world.stop()
    print(*table(results), sep="\n")


if __name__ == "__main__":
    main()
