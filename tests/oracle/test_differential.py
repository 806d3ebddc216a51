"""Thousands of random histories through the product's fold and through the oracle's: every value must be the same.

HOSO_SEED=N repeats a failure; HOSO_HISTORIES=N tries more.
"""

import csv
import io
import json
import os
import struct
import subprocess
from collections import Counter
from datetime import date
from pathlib import Path

import fastavro
import pytest

from dossiers import Rules, fold
from figures import daily, episodes, open_phase, verdict
from histories import Histories, at
from oracle import load_schema
from reference import Calendar, day_of

ROOT = Path(__file__).resolve().parents[2]
FOLD_DUMP = ROOT / os.environ.get("HOSO_BUILD", "build/dev") / "bin" / "fold_dump"
AGENCIES = ["H24.11713", "H24.10507", "H24.0.11713", "H99.9"]
NOW = at(45, 12, 0)
NAMES = ("alias_of", "erased", "status", "phase", "status_at", "status_basis", "portal_status", "portal_disagrees",
         "submitted_at", "accepted_at", "ended_at", "ended_known_at", "returned_at", "original_due_at", "due_at",
         "promised_at", "reappointments", "supplement_rounds", "step_due_at", "rating", "rated_at", "first_ingested_at",
         "last_ingested_at")


def calendar():
    with (ROOT / "schemas" / "reference" / "work_calendar.csv").open(encoding="utf-8") as file:
        return Calendar({date.fromisoformat(row["date"]): row["type"] == "off" for row in csv.DictReader(file)})


def encode(dossiers):
    schema, out = load_schema(), io.BytesIO()
    for events in dossiers:
        out.write(struct.pack("=I", len(events)))
        for event in events:
            datum = io.BytesIO()
            fastavro.schemaless_writer(datum, schema, event)
            record = struct.pack(">bI", 0, 1) + datum.getvalue()
            out.write(struct.pack("=I", len(record)) + record)
    return out.getvalue()


def product(dossiers, rules):
    command = [FOLD_DUMP, str(NOW), str(int(rules.due_change_is_correction)), str(int(8 in rules.paused))]
    done = subprocess.run(command, input=encode(dossiers), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def oracle(events, rules, days):
    dossier = fold("D", events, rules)
    row = {name: getattr(dossier, name) for name in NAMES}
    row["intervals"] = [{name: getattr(interval, name) for name in
                         ("phase", "status", "from_at", "to_at", "due_at", "known_at", "basis")}
                        for interval in dossier.intervals]
    if dossier.erased:
        return {**row, "verdict": None, "daily": [], "episodes": []}
    values = dossier.values
    row.update(values, **{name: values[name] or "unknown" for name in ("channel", "subject", "online_level")})
    row["officer"] = dossier.officer.hex() if dossier.officer else None
    row["verdict"] = verdict(dossier)
    row["episodes"] = [{"number": e.number, "due_at": e.due_at, "deadline_at": e.deadline_at, "began_at": e.began_at,
                        "ended_at": e.ended_at} for e in episodes(dossier, NOW)]
    cells = Counter()
    for day, measure, amount in () if dossier.alias_of else daily(dossier, days):
        cells[str(day), measure] += amount
    row["daily"] = [{"day": day, **{m: n for (d, m), n in cells.items() if d == day and n}}
                    for day in sorted({day for (day, _), n in cells.items() if n})]
    if not dossier.alias_of and open_phase(dossier):
        row["open_due"] = "infinity" if dossier.due_at is None else str(day_of(dossier.due_at))
        row["open_phase"] = open_phase(dossier)
    return row


@pytest.mark.parametrize("rules", [Rules(), Rules(due_change_is_correction=True), Rules(paused=frozenset({5, 6}))],
                         ids=["default", "due change is correction", "8 is final"])
def test_the_product_folds_as_the_oracle_does(rules):
    seed, count = int(os.environ.get("HOSO_SEED", "1")), int(os.environ.get("HOSO_HISTORIES", "2000"))
    histories, days = Histories(seed, AGENCIES), calendar()
    dossiers = [histories.dossier(f"D{number}") for number in range(count)]
    rows = product(dossiers, rules)
    assert len(rows) == count
    late = 0
    for number, (events, row) in enumerate(zip(dossiers, rows)):
        wanted = oracle(events, rules, days)
        late += len(wanted["episodes"])
        found = {name: row.get(name) for name in wanted}
        assert found == wanted, f"dossier {number} of seed {seed}"
        assert "open_phase" in wanted or "open_phase" not in row
    assert late > count / 20  # or the histories say too little
