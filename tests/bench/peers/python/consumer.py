"""The Python peer: confluent-kafka, fastavro, COPY into staging tables, merge in SQL; offsets in the same transaction.

Exact: a batch is one transaction; history refuses what it has; the latest state wins by the event order, so repetition and order do not
matter; the rollup moves by the difference between the old and the new state. While PostgreSQL works on a batch, the next one
is read and decoded. Environment: BENCH_BROKERS, BENCH_TOPIC, BENCH_PG, BENCH_BATCH, BENCH_SCHEMA.
"""

import concurrent.futures
import io
import json
import os

import confluent_kafka
import fastavro
import psycopg

RANK = [0, 1, 2, 7, 3, 4, 5, 8, 6, 9, 10]
STAGING = """
SET synchronous_commit = on;
CREATE TEMP TABLE new_event (LIKE bench.dossier_event);
CREATE TEMP TABLE new_state (LIKE bench.dossier);
"""
HISTORY = "INSERT INTO bench.dossier_event SELECT * FROM new_event ON CONFLICT DO NOTHING"
MERGE = """
WITH changed AS MATERIALIZED (
    SELECT n.*, o.status AS old_status
    FROM new_state n LEFT JOIN bench.dossier o USING (code)
    WHERE o.code IS NULL OR (n.occurred_at, n.rank, n.ingested_at, n.event_id)
                          > (o.occurred_at, o.rank, o.ingested_at, o.event_id)
), written AS (
    INSERT INTO bench.dossier SELECT code, office, status, rank, occurred_at, ingested_at, event_id FROM changed
    ON CONFLICT (code) DO UPDATE SET status = excluded.status, rank = excluded.rank,
        occurred_at = excluded.occurred_at, ingested_at = excluded.ingested_at, event_id = excluded.event_id
)
INSERT INTO bench.rollup AS r
SELECT 0, office, status, sum(n) FROM (
    SELECT office, status, 1 AS n FROM changed
    UNION ALL SELECT office, old_status, -1 FROM changed WHERE old_status IS NOT NULL) AS d
GROUP BY office, status HAVING sum(n) <> 0 ORDER BY office, status
ON CONFLICT (partition, office, status) DO UPDATE SET count = r.count + excluded.count
"""
PROGRESS = """
INSERT INTO bench.progress VALUES (%s, %s) ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset
"""


def plain(node):
    """The schema without logical types: times stay numbers."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items() if key != "logicalType"}
    return [plain(item) for item in node] if isinstance(node, list) else node


def rows_of(messages, schema):
    """The batch as the text of two COPYs, states collapsed to the latest per dossier, and the offsets."""
    events, states, offsets = [], {}, {}
    read = fastavro.schemaless_reader
    for message in messages:
        if message.error():
            raise confluent_kafka.KafkaException(message.error())
        value = message.value()
        e = read(io.BytesIO(value[5:]), schema)
        code, event_id, status = e["dossier_code"], e["event_id"].hex(), e["status"]
        events.append(f"{code}\t\\\\x{event_id}\t{e['ingested_at']}\t{e['occurred_at']}\t{e['kind']}\t{status}"
                      f"\t{e['source']}\t\\\\x{value.hex()}\n")
        if status:
            key = (e["occurred_at"], RANK[status], e["ingested_at"], event_id, status)
            if code not in states or states[code] < key:
                states[code] = key
        offsets[message.partition()] = message.offset() + 1
    lines = [f"{code}\t{code.partition('-')[0]}\t{k[4]}\t{k[1]}\t{k[0]}\t{k[2]}\t\\\\x{k[3]}\n"
             for code, k in sorted(states.items())]
    return "".join(events), "".join(lines), offsets


def write(connection, events, states, offsets):
    with connection.cursor() as cursor:
        with cursor.copy("COPY new_event FROM STDIN") as copy:
            copy.write(events)
        with cursor.copy("COPY new_state FROM STDIN") as copy:
            copy.write(states)
        cursor.execute(HISTORY)
        cursor.execute(MERGE)
        cursor.executemany(PROGRESS, offsets.items())
        cursor.execute("TRUNCATE new_event, new_state")
    connection.commit()


def main():
    env, batch = os.environ, int(os.environ["BENCH_BATCH"])
    with open(env["BENCH_SCHEMA"], encoding="utf-8") as file:
        schema = fastavro.parse_schema(plain(json.load(file)))
    connection = psycopg.connect(env["BENCH_PG"])
    connection.execute(STAGING)
    connection.commit()
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": env["BENCH_BROKERS"], "group.id": "bench-python", "enable.auto.commit": False,
        "queued.min.messages": 200000, "fetch.message.max.bytes": 4194304})
    done = dict(connection.execute("SELECT partition, next_offset FROM bench.progress").fetchall())
    partitions = consumer.list_topics(env["BENCH_TOPIC"]).topics[env["BENCH_TOPIC"]].partitions
    consumer.assign([confluent_kafka.TopicPartition(env["BENCH_TOPIC"], p, done.get(p, 0)) for p in partitions])
    with concurrent.futures.ThreadPoolExecutor(1) as writer:
        working = None
        while True:
            messages = consumer.consume(batch, timeout=0.5)
            if not messages:
                if working and working.done():
                    working.result()  # a failure is told although nothing more comes
                continue
            ready = rows_of(messages, schema)
            if working:
                working.result()
            working = writer.submit(write, connection, *ready)


if __name__ == "__main__":
    main()
