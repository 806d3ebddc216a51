"""One installation of hoso for one test: its own database, topics, configuration and services."""

import configparser
import hashlib
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg

from harness import records
from harness.service import SANITIZER_REPORT, Service
from harness.wait import wait_until

ROOT = Path(__file__).resolve().parents[2]
API_KEYS = {"motcua": "khoa thu nghiem mot cua", "cong": "khoa thu nghiem cong"}  # a local source, and the portal's copy


def build_folder():
    return (ROOT / os.environ.get("HOSO_BUILD", "build/dev")).resolve()


class Answer:
    """An HTTP answer of ingest."""

    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:2000].decode(errors='replace')}"


class Site:
    def __init__(self, servers, folder):
        self.servers, self.folder = servers, folder
        self.name = f"t{uuid.uuid4().hex[:10]}"
        self.events_topic = f"{self.name}.events"
        self.dlq_topic = f"{self.name}.dlq"
        self.alerts_topic = f"{self.name}.alerts"
        self.services = []
        self.config = folder / "hoso.conf"
        self._connection = None
        self._settings = self._defaults()
        self._write_config()

    # ---- configuration, database, topics ----

    def _defaults(self):
        settings = {
            "log": {"level": "debug"},
            "kafka": {
                "brokers": self.servers.brokers, "events_topic": self.events_topic, "dlq_topic": self.dlq_topic,
                "alerts_topic": self.alerts_topic, "partitions": "4",
                "session.timeout.ms": "6000", "heartbeat.interval.ms": "500",  # a killed member is noticed soon
                "reconnect.backoff.max.ms": "500",
            },
            "postgres": {"conninfo": self.servers.conninfo(self.name)},
            "ingest": {"event_key": "e" * 32, "officer_key": "o" * 32},
            "aggregator": {"group": f"{self.name}.aggregator"},
            "alerter": {"group": f"{self.name}.alerter"},
        }
        for source, key in API_KEYS.items():
            settings[f"source.{source}"] = {
                "key_sha256": hashlib.sha256(key.encode()).hexdigest(),
                "trust": "portal" if source == "cong" else "local",
            }
        return settings

    def set(self, section, key, value):
        self._settings.setdefault(section, {})[key] = value
        self._write_config()

    def _write_config(self):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_dict(self._settings)
        with self.config.open("w") as file:
            parser.write(file)

    def create(self):
        with psycopg.connect(self.servers.conninfo(), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {self.name}")
        self.hoso("db", "migrate")
        self.hoso("topics", "apply")
        return self

    def destroy(self):
        """Ends every service, then removes database and topics. Raises when a service did not end well."""
        failures = []
        for service in self.services:
            try:
                service.stop()
            except AssertionError as failure:
                failures.append(str(failure))
        if self._connection:
            self._connection.close()
        with psycopg.connect(self.servers.conninfo(), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        records.delete_topics(self.servers.brokers, [self.events_topic, self.dlq_topic, self.alerts_topic])
        assert not failures, "\n\n".join(failures)

    # ---- programs ----

    def start(self, section, overrides=None, crash_at=None, wait=True, label=None, environment=None):
        """A service: "ingest", "aggregator" or "alerter". A second one of a kind needs a label. environment: of all its lives."""
        service = Service(build_folder() / "bin" / f"hoso-{section}", section, self.config, self.folder, label, environment)
        assert service.label not in [other.label for other in self.services], "give the second one a label"
        self.services.append(service)
        return service.start(overrides, crash_at, wait)

    def hoso(self, *arguments, code=0, stdin=None, timeout_s=60.0, environment=None):
        """Runs `hoso ARGUMENTS -c CONFIG` to its end; standard output. The logs of a failed test have its errors."""
        command = [build_folder() / "bin" / "hoso", *arguments, "-c", self.config]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False,
                              env={**os.environ, "LANG": "en_US.UTF-8", **(environment or {})})
        with (self.folder / "hoso.log").open("a") as log:
            log.write(f"$ hoso {' '.join(map(str, arguments))}\n{done.stdout[-4000:]}{done.stderr}")
        assert done.returncode == code and not SANITIZER_REPORT.search(done.stderr), (
            f"hoso {' '.join(map(str, arguments))}: exit code {done.returncode}, not {code}\n"
            f"{done.stdout[-4000:]}{done.stderr}")
        return done.stdout

    # ---- PostgreSQL ----

    def connect(self):
        """A connection of the test's own, for a transaction that stays open; psycopg's, closed by `with`."""
        return psycopg.connect(self.servers.conninfo(self.name))

    def sql(self, query, *parameters):
        """Rows as tuples; a statement without rows gives []. Times come as aware datetimes. search_path is hoso."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.servers.conninfo(self.name), autocommit=True,
                                               options="-c search_path=hoso,analytics,public")
        cursor = self._connection.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []

    def rows(self, query, *parameters):
        """Rows as dicts."""
        self.sql("SELECT 1")
        cursor = self._connection.cursor(row_factory=psycopg.rows.dict_row)
        return cursor.execute(query, parameters or None).fetchall()

    def check_rollups(self):
        """Every rollup is the sum of its dossiers, by schemas/checks/rollups.sql; how many cells were compared."""
        result = self.sql((ROOT / "schemas" / "checks" / "rollups.sql").read_text())
        assert result and all(differ == 0 for _, _, differ in result), f"(rollup, cells, cells that differ): {result}"
        return sum(cells for _, cells, _ in result)

    # ---- Kafka ----

    def events(self, raw=False):
        return records.read_all(self.servers.brokers, self.events_topic, raw)

    def alerts(self, raw=False):
        return records.read_all(self.servers.brokers, self.alerts_topic, raw)

    def dead_letters(self):
        return records.read_all(self.servers.brokers, self.dlq_topic, raw=True)

    def produce(self, value, key, headers=None, partition=None):
        """One record onto the events topic, past ingest."""
        self.produce_all([(key, value, headers, partition)])

    def produce_all(self, rows):
        """rows: [(key, value, headers or None, partition or None)]."""
        records.produce(self.servers.brokers, self.events_topic, rows)

    encode_event = staticmethod(records.encode_event)

    def caught_up(self, consumer):
        """Whether "aggregator" or "alerter" has committed everything that is on the events topic now."""
        done = dict(self.sql("SELECT partition, next_offset FROM kafka_offset WHERE consumer = %s AND topic = %s",
                             consumer, self.events_topic))
        ends = records.end_offsets(self.servers.brokers, self.events_topic)
        return all(done.get(partition, 0) >= end for partition, end in ends.items())

    def wait_caught_up(self, *consumers, deadline_s=60.0):
        for consumer in consumers:
            wait_until(lambda who=consumer: self.caught_up(who), f"{consumer} has read everything", deadline_s)

    # ---- HTTP push ----

    def push(self, kind, rows, source="motcua", service=None, **members):
        """Sends DongBoHoSoMC or CapNhatTienDoHoSoMC as the source does, madonvi H24.11713 unless given; Answer."""
        body = {"service": kind, "madonvi": "H24.11713", "data": rows, **members}
        return self.push_raw(json.dumps(body, ensure_ascii=False).encode(), source=source, service=service)

    def push_events(self, rows, source="motcua", service=None):
        """Sends native events; Answer."""
        return self.push_raw(json.dumps(rows, ensure_ascii=False).encode(), "/api/v1/events", source, service)

    def push_raw(self, body, path="/api/v1/portal", source="motcua", service=None, headers=None):
        """A body of any bytes. source None: no API key. service: which ingest, where there are two."""
        ingest = service or next(s for s in self.services if s.section == "ingest")
        all_headers = {"Content-Type": "application/json"}
        if source:
            all_headers["X-API-Key"] = API_KEYS[source]
        return Answer(*ingest.request(path, body, {**all_headers, **(headers or {})}))

    def push_generated(self, *options, deadline_s=300.0):
        """`hoso gen OPTIONS` into ingest, all of it; the generator repeats what is answered 503."""
        ingest = next(s for s in self.services if s.section == "ingest")
        command = [build_folder() / "bin" / "hoso", "gen", *options, "--push", f"http://127.0.0.1:{ingest.port}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=deadline_s, check=False,
                              env={**os.environ, "LANG": "en_US.UTF-8", "HOSO_API_KEY": API_KEYS["motcua"]})
        assert done.returncode == 0 and not SANITIZER_REPORT.search(done.stderr), done.stderr

    def oracle(self, *options):
        """The second implementation reads the topic and compares every cell; raises with its differences."""
        command = [sys.executable, ROOT / "tests" / "oracle" / "oracle.py", "--brokers", self.servers.brokers,
                   "--topic", self.events_topic, "--pg", self.servers.conninfo(self.name), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # ---- for the report of a failed test ----

    def logs(self):
        texts = {f"{service.label}": service.log() for service in self.services}
        path = self.folder / "hoso.log"
        if path.exists():
            texts["hoso"] = path.read_text()[-20000:]
        return texts
