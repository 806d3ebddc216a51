#!/usr/bin/env python3
"""Writes the golden Avro files with fastavro, an implementation that shares nothing with ours.

    tests/py schemas/golden/make.py            writes the files beside this program
    tests/py schemas/golden/make.py --check    compares them, exit code 1 when one differs

Per case NAME: NAME.bin = bytes as they lie on Kafka (framed, compiled-in schema), or a bare datum where there is a NAME.avsc
(an evolved writer); NAME.json = {"layout": "event" or "alert", "fields": what a reader of today's schema must see} or
{"layout": …, "fault": the name of the refusal}. fastavro itself reads every case back by today's schema before it is written.
"""

import copy
import io
import json
import struct
import sys
from pathlib import Path

import fastavro

HERE = Path(__file__).resolve().parent
INT64_MAX, INT32_MAX = 2**63 - 1, 2**31 - 1


def load(name):
    def plain(node):  # times stay numbers
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items() if key not in ("logicalType", "doc")}
        return [plain(item) for item in node] if isinstance(node, list) else node
    return plain(json.loads((HERE.parent / "avro" / name).read_text(encoding="utf-8")))


SCHEMAS = {"event": (1, load("dossier_event.v1.avsc")), "alert": (2, load("alert.v1.avsc"))}
AT = 1782865800000  # 2026-07-01 07:30 in Viet Nam

EVENT = {
    "event_id": bytes(range(16)), "kind": "record", "source": "portal", "trust": "portal",
    "dossier_code": "H24.11713-260701-0001", "occurred_at": AT, "time_basis": "source", "ingested_at": AT + 1500,
    "status": 0, "channel": "unknown", "subject": "unknown", "online_level": "unknown", "due_reason": "unknown",
    "rating": 0,
}
FULL = {
    **EVENT, "event_id": bytes(range(255, 239, -1)), "kind": "record", "source": "mot-cua", "trust": "local",
    "alternative_code": "000.00.00.H24-260701-00001", "occurred_original_at": AT + 600000, "time_basis": "ingest",
    "status": 10, "procedure_code": "1.005129", "field_code": "LV01", "deciding_agency": "H24.11713",
    "receiving_agency": "H24.1", "deciding_unit": "11713", "channel": "online", "subject": "household",
    "online_level": "full", "non_territorial": True, "submitted_at": AT - 7200000, "accepted_at": AT - 3600000,
    "due_at": AT + 86400000, "due_before_at": AT + 43200000, "due_reason": "supplement", "ended_at": AT + 1000,
    "returned_at": AT + 2000, "refused_at": AT + 3000, "step_due_at": AT + 4000, "fee_due": True, "paid": False,
    "paid_online": True, "digitised": False, "apology_sent": True, "late_reason": "c", "rating": 5,
    "transfer_from": "H24.2", "transfer_to": "H24.3", "alias_of": "H24.9-260701-0009", "officer": bytes(range(16, 32)),
}
KINDS = {
    "record": {"status": 2, "procedure_code": "1.005129", "channel": "online", "accepted_at": AT, "due_at": AT + 1},
    "progress": {"status": 4, "officer": b"\x00" * 16, "step_due_at": AT + 5},
    "status": {"status": 9, "time_basis": "ingest", "occurred_at": AT + 1500},
    "due_changed": {"due_before_at": AT, "due_at": AT + 86400000, "due_reason": "reappointment"},
    "transferred": {"transfer_from": "H24.1", "transfer_to": "H24.2"},
    "paid": {"paid": True, "paid_online": False},
    "rated": {"rating": 1},
    "apology_sent": {"apology_sent": True},
    "alias": {"alias_of": "H24.11713-260701-0002"},
    "erased": {},
}
ALERT = {
    "alert_id": bytes(range(16)), "state": "firing", "rule": "overdue", "episode": 1,
    "dossier_code": "H24.11713-260701-0001", "unit_id": 0, "due_at": AT, "deadline_at": AT + 1, "fired_at": AT + 2,
    "reason": "deadline_passed", "clock": "work",
}


def plain_cases():
    for kind, fields in KINDS.items():
        yield f"event_{kind}", "event", {**EVENT, "kind": kind, **fields}
    yield "event_nulls", "event", EVENT
    yield "event_full", "event", FULL
    yield "event_largest", "event", {
        **FULL, "occurred_at": INT64_MAX, "ingested_at": INT64_MAX - 1, "due_at": -INT64_MAX, "status": INT32_MAX,
        "rating": -INT32_MAX - 1, "event_id": b"\xff" * 16, "officer": b"\xff" * 16, "source": "x" * 64,
        "dossier_code": "9" * 500}
    yield "event_smallest", "event", {
        **EVENT, "event_id": bytes(16), "occurred_at": 0, "ingested_at": -1, "source": "s", "dossier_code": "d",
        "alternative_code": "a"}
    yield "event_unicode", "event", {
        **EVENT, "source": "một cửa Hải Phòng", "dossier_code": "Đ-\u0300\u0301-漢字-😀-\U0010ffff-\ud7ff-\ue000",
        "procedure_code": "\u0001\u007f\u0080\u07ff\u0800\uffff\U00010000"}
    yield "alert_firing", "alert", ALERT
    yield "alert_resolved", "alert", {
        **ALERT, "state": "resolved", "episode": INT32_MAX, "unit_id": 31011713, "unit_code": "11713",
        "unit_name": "xã Nghi Dương", "procedure_code": "1.005129", "original_due_at": AT - 1, "ended_at": AT + 9,
        "last_event_at": AT + 9, "last_ingested_at": AT + 10, "late_data": True, "reason": "done", "clock": "data"}
    yield "alert_retracted", "alert", {**ALERT, "state": "retracted", "late_data": False, "reason": "late_data"}


def field(schema, name):
    return next(item for item in schema["fields"] if item["name"] == name)


def enum_type(name, symbols):
    return {"type": "enum", "name": name, "symbols": symbols}


def added(schema):
    """A field of every type that today's reader does not know, at the front, in the middle and at the end."""
    leaf = {"type": "record", "name": "Leaf", "fields": [
        {"name": "a", "type": ["null", "long", "string"]}, {"name": "b", "type": "boolean"}]}
    new = [
        ("x_null", "null", None), ("x_int", "int", -5), ("x_long", "long", INT64_MAX), ("x_float", "float", 1.5),
        ("x_double", "double", -2.5), ("x_bytes", "bytes", b"\x00\xff"), ("x_text", "string", "thêm"),
        ("x_fixed", {"type": "fixed", "name": "X", "size": 3}, b"abc"), ("x_enum", enum_type("XE", ["p", "q"]), "q"),
        ("x_leaf", leaf, {"a": "chữ", "b": True}),
        ("x_list", {"type": "array", "items": "Leaf"}, [{"a": None, "b": False}, {"a": 7, "b": True}]),
        ("x_empty", {"type": "array", "items": "null"}, [None] * 1000),
        ("x_map", {"type": "map", "values": {"type": "array", "items": ["null", "X"]}}, {"k": [b"xyz", None], "l": []}),
    ]
    for index, (name, kind, value) in enumerate(new):
        schema["fields"].insert(index * 4, {"name": name, "type": kind, "default": None} if kind == "null"
                                else {"name": name, "type": kind})
        yield name, value


def evolved_cases():
    """(name, layout, writer's schema, what it writes, expected fields or the name of a fault)."""
    base = SCHEMAS["event"][1]

    schema = copy.deepcopy(base)
    extra = dict(added(schema))
    yield "evolved_added", "event", schema, {**FULL, **extra}, FULL

    keep = {"event_id", "kind", "source", "trust", "dossier_code", "occurred_at", "time_basis", "ingested_at", "status"}
    schema = copy.deepcopy(base)
    schema["fields"] = [item for item in schema["fields"] if item["name"] in keep]
    few = {**EVENT, "kind": "progress", "status": 4}
    yield "evolved_removed", "event", schema, few, few

    schema = copy.deepcopy(base)
    schema["fields"].reverse()
    yield "evolved_reordered", "event", schema, FULL, FULL

    schema = copy.deepcopy(base)
    for name in ("occurred_at", "ingested_at"):
        field(schema, name)["type"] = "int"
    field(schema, "due_at")["type"] = ["int", "null"]
    del field(schema, "due_at")["default"]
    early = {**EVENT, "occurred_at": INT32_MAX, "ingested_at": -INT32_MAX - 1, "due_at": 86400000}
    yield "evolved_promoted", "event", schema, early, early

    schema = copy.deepcopy(base)
    field(schema, "kind")["type"]["symbols"].reverse()
    field(schema, "channel")["type"]["symbols"] = ["kiosk", "postal", "unknown", "other", "online", "counter"]
    yield "evolved_symbols", "event", schema, FULL, FULL
    yield "evolved_unknown_symbol", "event", schema, {**FULL, "channel": "kiosk"}, "unknown_symbol"

    schema = copy.deepcopy(base)
    field(schema, "source")["type"] = ["null", "string"]
    field(schema, "dossier_code")["type"] = "bytes"
    field(schema, "procedure_code")["type"] = "string"
    field(schema, "paid")["type"] = "boolean"
    field(schema, "field_code")["type"] = ["string", "null"]
    for name in ("procedure_code", "paid", "field_code"):
        del field(schema, name)["default"]
    yield ("evolved_nullability", "event", schema, {**FULL, "dossier_code": "mã số".encode()},
           {**FULL, "dossier_code": "mã số"})

    schema = copy.deepcopy(SCHEMAS["alert"][1])
    schema["fields"] = [{"name": "zone", "type": "string"}] + [
        item for item in schema["fields"] if item["name"] not in ("late_data", "unit_id")]
    schema["fields"].insert(1, schema["fields"].pop())
    written = {key: value for key, value in ALERT.items() if key != "unit_id"}
    yield "evolved_alert", "alert", schema, {**written, "zone": "Asia/Ho_Chi_Minh"}, ALERT


def encode(schema, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(copy.deepcopy(schema)), record)
    return out.getvalue()


def confirm(name, layout, schema, data, wanted):
    """fastavro resolves the writer's schema against ours to what the case says (or refuses it too)."""
    reader = SCHEMAS[layout][1]
    try:
        seen = fastavro.schemaless_reader(io.BytesIO(data), fastavro.parse_schema(copy.deepcopy(schema)),
                                          fastavro.parse_schema(copy.deepcopy(reader)))
    except fastavro.read.SchemaResolutionError:
        assert isinstance(wanted, str), name
        return
    full = {item["name"]: wanted.get(item["name"], item.get("default")) for item in reader["fields"]}
    assert seen == full, (name, {key: (seen[key], full[key]) for key in full if seen[key] != full[key]})


def as_json(document):
    def plain(value):
        return value.hex() if isinstance(value, bytes) else value
    if "fields" in document:
        document = {**document, "fields": {key: plain(value) for key, value in document["fields"].items()}}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def files():
    """{file name: content} of all cases."""
    made = {}
    for name, layout, record in plain_cases():
        schema_id, schema = SCHEMAS[layout]
        known = {key: value for key, value in record.items() if key in {item["name"] for item in schema["fields"]}}
        datum = encode(schema, known)
        confirm(name, layout, schema, datum, known)
        made[f"{name}.bin"] = struct.pack(">bI", 0, schema_id) + datum
        made[f"{name}.json"] = as_json({"layout": layout, "fields": known})
    for name, layout, schema, record, wanted in evolved_cases():
        datum = encode(schema, record)
        confirm(name, layout, schema, datum, wanted)
        made[f"{name}.avsc"] = (json.dumps(schema, ensure_ascii=False) + "\n").encode()
        made[f"{name}.bin"] = datum
        made[f"{name}.json"] = as_json({"layout": layout, **({"fault": wanted} if isinstance(wanted, str)
                                                            else {"fields": wanted})})
    return made


def main():
    made = files()
    if "--check" not in sys.argv[1:]:
        for name, content in made.items():
            (HERE / name).write_bytes(content)
        return 0
    there = {path.name for path in HERE.iterdir() if path.suffix in (".bin", ".json", ".avsc")}
    wrong = [name for name in sorted(there | made.keys())
             if name not in there or name not in made or (HERE / name).read_bytes() != made[name]]
    for name in wrong:
        print(f"schemas/golden/{name} differs from what fastavro writes today")
    print(f"{len(made)} golden files, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
