"""Kafka records: reading a topic to its end, and an independent Avro implementation to read them with."""

import io
import json
import struct
from dataclasses import dataclass
from pathlib import Path

import confluent_kafka
import confluent_kafka.admin
import fastavro

from harness.wait import wait_until

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas" / "avro"


def _load(name):
    def plain(node):  # times stay numbers
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items() if key != "logicalType"}
        return [plain(item) for item in node] if isinstance(node, list) else node
    return fastavro.parse_schema(plain(json.loads((SCHEMAS / name).read_text())))


SCHEMA_BY_ID = {1: _load("dossier_event.v1.avsc"), 2: _load("alert.v1.avsc")}


@dataclass(frozen=True)
class Record:
    """headers: {name: bytes}; header_list: all of them in order. value: dict as fastavro decodes it, or the raw bytes when
    raw=True was asked."""
    partition: int
    offset: int
    key: bytes
    value: object
    headers: dict
    timestamp_ms: int
    header_list: tuple = ()


def decode_value(data):
    """Framing (0x00, schema id) and one Avro datum that fills the rest."""
    magic, schema_id = struct.unpack(">bI", data[:5])
    assert magic == 0, f"framing byte {magic}"
    stream = io.BytesIO(data[5:])
    value = fastavro.schemaless_reader(stream, SCHEMA_BY_ID[schema_id])
    assert stream.read() == b"", "bytes after the datum"
    return value


def encode_event(**fields):
    """A framed dossier event; event_id (16 bytes), kind, dossier_code, occurred_at, ingested_at and what the kind needs
    are the caller's, everything else has a default."""
    event = {
        "source": "test", "trust": "local", "time_basis": "source", "channel": "unknown", "subject": "unknown",
        "online_level": "unknown", "due_reason": "unknown", **fields,
    }
    out = io.BytesIO()
    out.write(struct.pack(">bI", 0, 1))
    fastavro.schemaless_writer(out, SCHEMA_BY_ID[1], event, strict_allow_default=True)
    return out.getvalue()


def _end(consumer, topic, partition):
    """One past the last record; a broker that has just come back may not lead its partitions yet."""
    def ask():
        return consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=30)
    return wait_until(ask, f"the end of {topic} {partition}")[1]


def read_all(brokers, topic, raw=False):
    """Every record from the beginning to the end as it stands now, by partition and offset."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": brokers, "group.id": "harness", "enable.auto.commit": False,
        "auto.offset.reset": "error", "enable.partition.eof": True,
    })
    try:
        metadata = consumer.list_topics(topic, timeout=30).topics[topic]
        assert metadata.error is None, metadata.error
        consumer.assign([confluent_kafka.TopicPartition(topic, p, 0) for p in metadata.partitions])
        # Up to the ends as they are now: where records keep coming, Kafka never says that a partition ends.
        ends = {p: _end(consumer, topic, p) for p in metadata.partitions}
        found, open_partitions = [], {p for p, end in ends.items() if end > 0}
        while open_partitions:
            message = consumer.poll(30)
            assert message is not None, f"{topic}: no answer from Kafka within 30 s"
            if message.error():
                assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
                open_partitions.discard(message.partition())
                continue
            if message.offset() + 1 >= ends[message.partition()]:
                open_partitions.discard(message.partition())
            if message.offset() >= ends[message.partition()]:
                continue
            value = message.value() if raw or message.value() is None else decode_value(message.value())
            found.append(Record(message.partition(), message.offset(), message.key(), value,
                                dict(message.headers() or []), message.timestamp()[1], tuple(message.headers() or ())))
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        consumer.close()


def end_offsets(brokers, topic):
    """{partition: offset after the last record}."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "harness"})
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        return {p: _end(consumer, topic, p) for p in partitions}
    finally:
        consumer.close()


def produce(brokers, topic, records):
    """records: [(key, value, headers or None, partition or None)]; returns when all are stored. Headers: {name: value}, or
    pairs where a name comes twice."""
    errors = []
    producer = confluent_kafka.Producer({"bootstrap.servers": brokers, "acks": "all",
                                         "partitioner": "murmur2_random"})
    for key, value, headers, partition in records:
        place = {} if partition is None else {"partition": partition}
        producer.produce(topic, key=key, value=value, headers=list(headers.items() if isinstance(headers, dict) else headers or []),
                         on_delivery=lambda error, _: error and errors.append(error), **place)
        producer.poll(0)
    assert producer.flush(30) == 0, "Kafka did not take the records within 30 s"
    assert not errors, errors


def set_topic(brokers, topic, **settings):
    """set_topic(…, max_message_bytes="10"); None = as the broker has it."""
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": brokers})
    operation = confluent_kafka.admin.AlterConfigOpType
    entries = [confluent_kafka.admin.ConfigEntry(name.replace("_", "."), value, incremental_operation=operation.SET if value else
                                                 operation.DELETE) for name, value in settings.items()]
    resource = confluent_kafka.admin.ConfigResource(confluent_kafka.admin.ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(30)


def delete_topics(brokers, topics):
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": brokers})
    for future in admin.delete_topics(list(topics), operation_timeout=30).values():
        future.exception()  # a topic that a test deleted itself is fine
