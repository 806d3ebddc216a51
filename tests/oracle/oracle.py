#!/usr/bin/env python3
"""The oracle: a second implementation of the rules, which shares no code with the product.

    tests/py tests/oracle/oracle.py --brokers localhost:9092 --topic hoso.dossier.events.v1 --pg "dbname=hoso"

Reads the whole events topic, computes every dossier, rollup cell and alert episode from the rules as the headers of
lib/domain state them, and compares with PostgreSQL. Reference tables come from the database. Programs must have caught up.
Prints one line per table and the first differences; exit code 1 when anything differs.
--now TIME (ISO 8601 with zone) is the moment for which the alerts are judged, now by default; deadlines less than --grace
seconds before it may or may not have fired.
"""

import argparse
import io
import json
import struct
import sys
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import confluent_kafka
import fastavro
import psycopg

from dossiers import Rules, fold
from figures import daily, episodes, is_valid, open_phase, verdict
from reference import Calendar, Units, day_of

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "schemas" / "avro" / "dossier_event.v1.avsc"
SHOWN = 10
MOMENT = datetime(1970, 1, 1, tzinfo=timezone.utc)


def load_schema():
    def plain(node):  # times stay numbers
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items() if key != "logicalType"}
        return [plain(item) for item in node] if isinstance(node, list) else node
    return fastavro.parse_schema(plain(json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))))


def decode(schema, message):
    """The event of a record, None for one that belongs among the dead letters."""
    value = message.value() or b""
    if len(value) < 5 or struct.unpack(">bI", value[:5]) != (0, 1):
        return None
    stream = io.BytesIO(value[5:])
    try:
        event = fastavro.schemaless_reader(stream, schema)
    except (EOFError, IndexError, KeyError, ValueError, TypeError, struct.error):
        return None
    if stream.read() or not is_valid(event) or message.key() != event["dossier_code"].encode():
        return None
    return event


def read_topic(brokers, topic):
    """{(partition, code): [events]}, {(partition, offset) of dead letters}, number of records."""
    schema, dossiers, dead, count = load_schema(), {}, set(), 0
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": brokers, "group.id": "oracle", "enable.auto.commit": False,
        "auto.offset.reset": "error", "enable.partition.eof": True})
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    lows = {p: consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, p), timeout=30)[0]
            for p in partitions}
    consumer.assign([confluent_kafka.TopicPartition(topic, p, low) for p, low in lows.items()])
    unread = set(partitions)
    while unread:
        message = consumer.poll(30)
        if message is None:
            raise SystemExit(f"{topic}: no answer from Kafka within 30 s")
        if message.error():
            if message.error().code() != confluent_kafka.KafkaError._PARTITION_EOF:
                raise SystemExit(f"{topic}: {message.error()}")
            unread.discard(message.partition())
            continue
        count += 1
        event = decode(schema, message)
        if event is None:
            dead.add((message.partition(), message.offset()))
        else:
            dossiers.setdefault((message.partition(), event["dossier_code"]), []).append(event)
    consumer.close()
    return dossiers, dead, count


def unbounded(text):
    return None if text in (None, "infinity", "-infinity") else date.fromisoformat(text)


def load_reference(pg):
    units = Units([(unit_id, code, unbounded(a), unbounded(b), successor, split) for unit_id, code, a, b, successor, split
                   in pg.execute("SELECT unit_id, code, valid_from::text, valid_to::text, successor_id, split FROM unit")],
                  [(code, unit, unbounded(a), unbounded(b)) for code, unit, a, b in pg.execute(
                      "SELECT agency_code, unit_code, valid_from::text, valid_to::text FROM agency")])
    return units, Calendar(dict(pg.execute("SELECT day, off FROM work_calendar").fetchall()))


def as_ms(value):
    return (value - MOMENT) // timedelta(milliseconds=1) if isinstance(value, datetime) else value


def resolve(dossier, units):
    """(unit_id, quarantine) as reference.h has it."""
    filed = next(at for at in (dossier.accepted_at, dossier.submitted_at, dossier.first_ingested_at) if at is not None)
    values = dossier.values
    return units.resolve(values["deciding_agency"], values["deciding_unit"], day_of(filed), day_of(dossier.ended_at))


def dossier_row(dossier, unit_id, quarantine):
    values = dossier.values
    return {
        "unit_id": unit_id, "quarantine": quarantine, "alias_of": dossier.alias_of, "erased": dossier.erased,
        **{name: values[name] for name in (
            "alternative_code", "procedure_code", "field_code", "deciding_agency", "receiving_agency",
            "non_territorial", "fee_due", "paid", "paid_online", "digitised", "apology_sent", "late_reason")},
        **{name: values[name] or "unknown" for name in ("channel", "subject", "online_level")},
        "status": dossier.status, "phase": dossier.phase, "status_at": dossier.status_at,
        "status_basis": dossier.status_basis, "portal_status": dossier.portal_status,
        "portal_disagrees": dossier.portal_disagrees, "verdict": verdict(dossier),
        **{name: getattr(dossier, name) for name in (
            "submitted_at", "accepted_at", "original_due_at", "due_at", "promised_at", "reappointments",
            "supplement_rounds", "step_due_at", "ended_at", "ended_known_at", "returned_at", "rating", "rated_at", "officer", "first_ingested_at",
            "last_ingested_at")},
    }


class Expected:
    """All that PostgreSQL should hold: tables as {key: {column: value}} or counters of cells."""

    def __init__(self, dossiers, units, calendar, rules, now_at):
        self.dossiers, self.daily, self.open, self.episodes = {}, Counter(), Counter(), []
        for (partition, code), events in dossiers.items():
            dossier = fold(code, events, rules)
            if dossier.erased:
                self.dossiers[code] = {"erased": True, "status": 0, "due_at": None, "unit_id": None}
                continue
            unit_id, quarantine = resolve(dossier, units)
            self.dossiers[code] = dossier_row(dossier, unit_id, quarantine)
            for episode in episodes(dossier, now_at):
                self.episodes.append((code, {
                    "unit_id": unit_id, "procedure_code": dossier.values["procedure_code"], "due_at": episode.due_at,
                    "original_due_at": episode.original_due_at, "deadline_at": episode.deadline_at,
                    "began_at": episode.began_at, "ended_at": episode.ended_at}))
            if unit_id is None or dossier.alias_of:
                continue
            cell = (dossier.values["procedure_code"] or "", dossier.values["channel"] or "unknown")
            for day, measure, amount in daily(dossier, calendar):
                self.daily[partition, unit_id, str(day), *cell, measure] += amount
            if open_phase(dossier):
                due = str(day_of(dossier.due_at)) if dossier.due_at is not None else "infinity"
                self.open[partition, unit_id, due, *cell, open_phase(dossier)] += 1


def compare(title, noun, wanted, found):
    """Prints the outcome for one table given as {key: value}; True when it is the same."""
    keys = wanted.keys() | found.keys()
    wrong = sorted((key for key in keys if wanted.get(key) != found.get(key)), key=repr)
    print(f"{title}: {len(keys)} {noun}, {len(wrong)} differ")
    for key in wrong[:SHOWN]:
        a, b = wanted.get(key), found.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            a, b = ({name: row.get(name) for name in a if a[name] != b.get(name)} for row in (a, b))
        print(f"    {key}: should be {a}, is {b}")
    return not wrong


def compare_dossiers(pg, expected):
    columns = next((row.keys() for row in expected.dossiers.values() if not row["erased"]), ["erased"])
    found = {}
    for code, *values in pg.execute(f"SELECT code, {', '.join(columns)} FROM dossier"):
        row = {name: as_ms(value) for name, value in zip(columns, values)}
        found[code] = {name: row.get(name) for name in expected.dossiers.get(code, row)}
    return compare("dossier", "rows", expected.dossiers, found)


def compare_daily(pg, expected):
    cursor = pg.execute("SELECT partition, unit_id, day::text, procedure_code, channel, * FROM rollup_daily")
    names = [column.name for column in cursor.description]
    first = names.index("partition", 1) + 5  # the measures follow the table's own five key columns
    found = {(*row[:5], name): amount for row in cursor for name, amount in zip(names[first:], row[first:]) if amount}
    return compare("rollup_daily", "cells", {k: v for k, v in expected.daily.items() if v}, found)


def compare_open(pg, expected):
    found = {tuple(row[:-1]): row[-1] for row in pg.execute(
        "SELECT partition, unit_id, due_date::text, procedure_code, channel, phase, count FROM rollup_open") if row[-1]}
    return compare("rollup_open", "cells", dict(expected.open), found)


def in_time_order(rows):
    """{(code, n): row}: late news renumber the episodes, and a row that people have seen keeps its number; so numbers are no
    part of the comparison, but which stretches of time were late is."""
    ordered, seen = {}, Counter()
    for code, row in sorted(rows, key=lambda r: (r[0], r[1]["began_at"], r[1]["ended_at"] or 2**63, r[1]["due_at"])):
        seen[code] += 1
        ordered[code, seen[code]] = row
    return ordered


def compare_alerts(pg, expected, now_at, grace_ms):
    """A retracted row stands for an episode that turned out to be none. Not compared, since by intent they depend on when
    the news came: unit and procedure of a settled episode (those of that moment), and what an erased dossier left."""
    columns = ("due_at", "original_due_at", "deadline_at", "began_at", "ended_at", "unit_id", "procedure_code")
    rows = []
    for code, state, *values in pg.execute(
            f"SELECT dossier_code, state, {', '.join(columns)} FROM alert WHERE rule = 'overdue' AND state <> 'retracted'"):
        if not expected.dossiers.get(code, {}).get("erased"):
            rows.append((code, {**{name: as_ms(value) for name, value in zip(columns, values)}, "state": state}))
    found = in_time_order(rows)
    wanted = {}
    for key, row in in_time_order(expected.episodes).items():
        if key in found or now_at - row["began_at"] > grace_ms:
            wanted[key] = {**row, "state": "firing" if row["ended_at"] is None else "resolved"}
    for table in (found, wanted):
        for row in table.values():
            if row["state"] == "resolved":
                del row["unit_id"], row["procedure_code"]
    return compare("alert", "episodes", wanted, found)


def compare_dead_letters(pg, topic, dead):
    found = {(p, o): True for p, o in pg.execute('SELECT partition, "offset" FROM dlq_outbox WHERE topic = %s', [topic])}
    return compare("dead letters", "records", dict.fromkeys(dead, True), found)


def moment(text):
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise argparse.ArgumentTypeError("needs a zone, like 2026-06-30T23:59:59+07:00")
    return value


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--topic", default="hoso.dossier.events.v1")
    parser.add_argument("--pg", required=True, metavar="CONNINFO")
    parser.add_argument("--now", type=moment, metavar="TIME")
    parser.add_argument("--grace", type=float, default=10, metavar="SECONDS")
    parser.add_argument("--no-alerts", action="store_true", help="the alerter has not run")
    parser.add_argument("--paused", default="5,6,8", help="as [rules] paused")
    parser.add_argument("--due-change", choices=["appointment", "correction"], default="appointment")
    return parser.parse_args()


def main():
    given = arguments()
    rules = Rules(frozenset(int(s) for s in given.paused.split(",")), given.due_change == "correction")
    now_at = as_ms(given.now or datetime.now(timezone.utc))
    dossiers, dead, count = read_topic(given.brokers, given.topic)
    print(f"{given.topic}: {count} records, {len(dossiers)} dossiers, {len(dead)} unusable")
    with psycopg.connect(given.pg, options="-c search_path=hoso -c timezone=UTC") as pg:
        pg.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        units, calendar = load_reference(pg)
        expected = Expected(dossiers, units, calendar, rules, now_at)
        same = [compare_dossiers(pg, expected), compare_daily(pg, expected), compare_open(pg, expected),
                compare_dead_letters(pg, given.topic, dead)]
        if not given.no_alerts:
            same.append(compare_alerts(pg, expected, now_at, given.grace * 1000))
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
