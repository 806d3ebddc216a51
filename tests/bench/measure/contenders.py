"""Who takes part: how each is started on fresh tables, how far it has come, and whether what it wrote is right."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from harness.servers import ROOT

from measure.world import BENCH, BUILD, hoso

CACHE = Path(os.environ.get("HOSO_CACHE", Path.home() / ".cache" / "hoso"))
CHECKS = {
    "state": """
        SELECT count(*), count(*) FILTER (WHERE (a.office, a.status, a.occurred_at, a.ingested_at, a.event_id)
            IS DISTINCT FROM (e.office, e.status, e.occurred_at, e.ingested_at, e.event_id))
        FROM expected.dossier e FULL JOIN bench.dossier a USING (code)""",
    "history": """
        SELECT count(*), count(*) FILTER (WHERE (a.occurred_at, a.kind, a.status, a.source, a.payload)
            IS DISTINCT FROM (e.occurred_at, e.kind, e.status, e.source, e.payload))
        FROM expected.dossier_event e FULL JOIN bench.dossier_event a USING (code, event_id, ingested_at)""",
    "rollup": """
        SELECT count(*), count(*) FILTER (WHERE e.n IS DISTINCT FROM a.n)
        FROM (SELECT office, status, count(*) AS n FROM expected.dossier GROUP BY 1, 2) e
        FULL JOIN (SELECT office, status, sum(count) AS n FROM bench.rollup GROUP BY 1, 2 HAVING sum(count) <> 0) a
            USING (office, status)""",
}


class Contender:
    """A program on the common job's tables. `batch` is the number of rows it may put into one transaction."""
    name = "?"
    job = "common"

    def __init__(self, world, data, batch, connections=1):
        self.world, self.data, self.batch, self.connections = world, data, batch, connections
        self.process = None

    # ---- life ----

    def prepare(self):
        """Fresh tables."""
        with self.world.connect(self.data.database) as connection:
            connection.execute("DROP SCHEMA IF EXISTS bench CASCADE")
            connection.execute((BENCH / "common.sql").read_text())

    def command(self):
        raise NotImplementedError

    def environment(self):
        url, user, password = self.world.jdbc(self.data.database)
        return {"BENCH_BROKERS": self.world.brokers, "BENCH_TOPIC": self.data.topic, "BENCH_BATCH": str(self.batch),
                "BENCH_PG": self.world.servers.conninfo(self.data.database), "BENCH_JDBC": url, "BENCH_USER": user,
                "BENCH_PASSWORD": password, "BENCH_EVENTS": str(self.data.events),
                "BENCH_SCHEMA": str(ROOT / "schemas" / "avro" / "dossier_event.v1.avsc")}

    def start(self, folder):
        with (folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, self.command())], cwd=folder,
                env={**os.environ, **self.environment()}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self.process.pid

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    # ---- progress: cheap enough to ask often ----

    def begun(self, connection):
        """Events stored when the first were seen; 0 = none yet."""
        return connection.execute("SELECT count(*) FROM (SELECT 1 FROM bench.dossier_event LIMIT 200000) AS t").fetchone()[0]

    def finished(self, connection):
        return connection.execute("""SELECT count(*) = 0 FROM expected.last_of_partition
            WHERE NOT EXISTS (SELECT 1 FROM bench.dossier_event d WHERE d.code = last_of_partition.code
                AND d.event_id = last_of_partition.event_id AND d.ingested_at = last_of_partition.ingested_at)""").fetchone()[0]

    # ---- the check ----

    def check(self, connection):
        """{table: (cells compared, cells that differ)}"""
        return {table: connection.execute(query).fetchone() for table, query in CHECKS.items()}


class Python(Contender):
    name = "python"

    def command(self):
        return [ROOT / "tests" / "py", BENCH / "peers" / "python" / "consumer.py"]


class Java(Contender):
    """A Maven project under peers/, built into the cache; `main` with `heap` megabytes."""
    project, main, heap = "?", "?", 2048
    options = ()

    def command(self):
        return ["java", f"-Xmx{self.heap}m", "-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-Duser.timezone=UTC", *self.options, "-cp", f"{built(self.project)}/*", self.main]


def built(project):
    """The folder of a Java peer's jars; built, and what it needs fetched, when it is not there or older than its source."""
    source, target = BENCH / "peers" / project, CACHE / f"bench-{project}"
    newest = max(path.stat().st_mtime for path in source.rglob("*") if path.is_file())
    if (target / ".complete").exists() and (target / ".complete").stat().st_mtime > newest:
        return target
    if not shutil.which("javac"):
        raise RuntimeError("the Java peers need a JDK: apt-get install openjdk-17-jdk-headless")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    subprocess.run(["mvn", "-q", "-B", "-Dstyle.color=never", "-f", source / "pom.xml", "package",
                    "dependency:copy-dependencies", f"-DoutputDirectory={target}", f"-DbuildDirectory={target}/build"],
                   check=True)
    (target / ".complete").touch()
    return target


class Streams(Java):
    name, project, main = "streams", "streams", "Aggregator"


class Connect(Java):
    name, project, main = "connect", "connect", "Worker"

    def prepare(self):
        super().prepare()
        with self.world.connect(self.data.database) as connection:
            connection.execute((BENCH / "peers" / "connect" / "trigger.sql").read_text())


class Flink(Java):
    name, project, main = "flink", "flink", "Aggregator"
    options = ("--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED")

    def finished(self, connection):
        return self.process.poll() is not None  # a bounded job: it ends when all is flushed


class Hoso(Contender):
    """The whole job: hoso's own tables, all of the fold, both rollups."""
    name, job = "hoso", "full"

    def prepare(self):
        with self.world.connect(self.data.database) as connection:
            connection.execute("DROP SCHEMA IF EXISTS hoso CASCADE; DROP SCHEMA IF EXISTS analytics CASCADE")
        hoso(self.world, self.data.database, self.data.topic, "db", "migrate")

    def command(self):
        return [BUILD / "bin" / "hoso-aggregator", "--set", f"aggregator.batch_max={self.batch}",
                "--set", "aggregator.listen=127.0.0.1:0", "--set", "log.level=info",
                "--set", f"aggregator.group={self.data.topic}.hoso"]

    def environment(self):
        return {**super().environment(), "HOSO_KAFKA_BROKERS": self.world.brokers,
                "HOSO_KAFKA_EVENTS_TOPIC": self.data.topic, "HOSO_KAFKA_DLQ_TOPIC": f"{self.data.topic}.dlq",
                "HOSO_POSTGRES_CONNINFO": self.pg_conninfo()}

    def pg_conninfo(self):
        return self.world.servers.conninfo(self.data.database)

    def begun(self, connection):
        return int(connection.execute("SELECT coalesce(sum(next_offset), 0) FROM hoso.kafka_offset").fetchone()[0])

    def finished(self, connection):
        return self.begun(connection) >= self.data.events

    def check(self, connection):
        """History against the expectation; each rollup against the dossiers. The whole fold against the oracle: --oracle."""
        rollups = connection.execute((ROOT / "schemas" / "checks" / "rollups.sql").read_text()).fetchall()
        history = connection.execute("""
            SELECT count(*), count(*) FILTER (WHERE a.payload IS DISTINCT FROM e.payload)
            FROM expected.dossier_event e FULL JOIN (
                SELECT d.code, uuid_send(h.event_id) AS event_id,
                       (extract(epoch FROM h.ingested_at) * 1000)::bigint AS ingested_at, h.payload
                FROM hoso.dossier_event h JOIN hoso.dossier d USING (dossier_id)) a USING (code, event_id, ingested_at)
            """).fetchone()
        return {**{table: (cells, differ) for table, cells, differ in rollups}, "history": history}


CONTENDERS = {kind.name: kind for kind in (Hoso, Python, Streams, Connect, Flink)}
