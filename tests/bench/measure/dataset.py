"""The events of a measurement on a topic of their own, and what a contender must make of them, told by a second implementation."""

import io

import confluent_kafka
import fastavro
from harness.records import SCHEMA_BY_ID, end_offsets

from measure.world import hoso

RANK = {status: rank for rank, status in enumerate((0, 1, 2, 4, 5, 6, 8, 3, 7, 9, 10))}
TABLES = """
CREATE SCHEMA expected;
SET search_path = expected;
CREATE TABLE dossier (code text PRIMARY KEY, office text, status smallint, occurred_at bigint, ingested_at bigint,
    event_id bytea);
CREATE TABLE dossier_event (code text, event_id bytea, ingested_at bigint, occurred_at bigint, kind text, status smallint,
    source text, payload bytea, PRIMARY KEY (code, event_id, ingested_at));
CREATE TABLE last_of_partition (code text, event_id bytea, ingested_at bigint);
CREATE TABLE done (topic text, events bigint, dossiers bigint, duplicates bigint, out_of_order bigint);
"""


class Dataset:
    """topic, events (records on it), and a database whose schema `expected` holds the expectation; made once per servers and reused."""

    def __init__(self, world, dossiers, events, profile="city", seed=1):
        self.world = world
        self.topic = f"bench.{profile}.{dossiers}.{events}.{seed}"
        self.database = f"bench_{dossiers}_{events}"
        self.arguments = ("--profile", profile, "--dossiers", dossiers, "--events", events, "--seed", seed,
                          "--duplicates", 10000, "--out-of-order", 10000)
        self.events = self.dossiers = self.duplicates = self.out_of_order = 0

    def prepare(self):
        if not self._known():
            self.world.recreate(self.database)
            hoso(self.world, self.database, self.topic, "topics", "apply")
            hoso(self.world, self.database, self.topic, "gen", *self.arguments, "--to", "kafka")
            self._expect()
        assert self._known()
        return self

    def _known(self):
        with self.world.connect("postgres") as admin:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database]).fetchone():
                return False
        with self.world.connect(self.database) as connection:
            if connection.execute("SELECT to_regclass('expected.done')").fetchone() == (None,):
                return False
            row = connection.execute("SELECT events, dossiers, duplicates, out_of_order FROM expected.done").fetchone()
            if row:
                self.events, self.dossiers, self.duplicates, self.out_of_order = row
            return row is not None

    def ends(self):
        return end_offsets(self.world.brokers, self.topic)

    def _read(self):
        ends = self.ends()
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.world.brokers, "group.id": "bench-expected",
                                             "enable.auto.commit": False})
        consumer.assign([confluent_kafka.TopicPartition(self.topic, p, 0) for p in ends])
        left = sum(ends.values())
        while left:
            messages = consumer.consume(min(left, 10000), timeout=30)
            assert messages, "the topic ends early"
            left -= len(messages)
            yield from messages
        consumer.close()

    def _expect(self):
        """Plainly, one event after the other, in one pass; nothing is shared with any contender."""
        history, states, newest, last = {}, {}, {}, {}
        events = out_of_order = 0
        for message in self._read():
            value = message.value()
            e = fastavro.schemaless_reader(io.BytesIO(value[5:]), SCHEMA_BY_ID[1])
            code, event_id = e["dossier_code"], e["event_id"]
            events += 1
            key = (code, event_id, e["ingested_at"])
            if key in history:
                continue
            history[key] = (e["occurred_at"], e["kind"], e["status"], e["source"], value)
            last[message.partition()] = key
            out_of_order += e["occurred_at"] < newest.get(code, 0)
            newest[code] = max(newest.get(code, 0), e["occurred_at"])
            if e["status"]:
                order = (e["occurred_at"], RANK[e["status"]], e["ingested_at"], event_id, e["status"])
                states[code] = max(states.get(code, order), order)
        with self.world.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute(TABLES)
            with cursor.copy("COPY dossier_event FROM STDIN") as copy:
                for (code, event_id, ingested_at), (at, kind, status, source, value) in history.items():
                    copy.write_row((code, event_id, ingested_at, at, kind, status, source, value))
            with cursor.copy("COPY dossier FROM STDIN") as copy:
                for code, (at, _, ingested_at, event_id, status) in states.items():
                    copy.write_row((code, code.partition("-")[0], status, at, ingested_at, event_id))
            cursor.executemany("INSERT INTO last_of_partition VALUES (%s, %s, %s)", last.values())
            cursor.execute("ANALYZE")
            cursor.execute("INSERT INTO done VALUES (%s, %s, %s, %s, %s)",
                           [self.topic, events, len({key[0] for key in history}), events - len(history), out_of_order])
