"""Random histories: the forms of the product against a second implementation (tests/oracle/as_of.py), cell by cell, at several
days' ends and from several states of knowledge. HOSO_SEED=N repeats a failure, HOSO_HISTORIES=N tries more."""

import csv
import io
import json
import os
import sys
from datetime import date, datetime, timedelta, timezone

import psycopg
import pytest
from harness import encode_event
from harness.servers import ROOT
from harness.site import Site

sys.path.append(str(ROOT / "tests" / "oracle"))
from as_of import form_07a, form_ii06a, table_of  # pylint: disable=wrong-import-position
from histories import Histories, at  # pylint: disable=wrong-import-position
from oracle import load_reference  # pylint: disable=wrong-import-position

SEED = int(os.environ.get("HOSO_SEED", "1"))
COUNT = int(os.environ.get("HOSO_HISTORIES", "1500"))
AGENCIES = ["H24.11713", "H24.10507", "H24.0.11713", "H24.0.11710", "H99.9"]
PERIODS = [("2026-06-01", "2026-06-10"), ("2026-06-01", "2026-06-30"), ("2026-05-01", "2026-07-15"), ("2025-06-01", "2025-06-30"),
           ("2025-07-01", "2025-07-20"), ("2026-08-01", "2026-09-30")]
VN = timezone(timedelta(hours=7))


def as_let_in(event):
    """As ingest lets events in: nothing is told before it has happened."""
    told = event["ingested_at"]
    ahead = {name: None for name in ("submitted_at", "accepted_at", "ended_at", "returned_at", "refused_at")
             if event[name] is not None and event[name] > told}
    return {**event, **ahead, "occurred_at": min(event["occurred_at"], told)}


@pytest.fixture(scope="module")
def histories():
    source = Histories(SEED, AGENCIES)
    codes = [f"H24.11713-260601-{number:05}" for number in range(COUNT)]
    return {code: [as_let_in(event) for event in source.dossier(code)] for code in codes}


@pytest.fixture(scope="module")
def town(servers, tmp_path_factory, histories):
    made = Site(servers, tmp_path_factory.mktemp("town")).create()
    try:
        made.start("aggregator")
        made.produce_all([(e["dossier_code"].encode(), encode_event(**e), None, None) for events in histories.values()
                          for e in events])
        made.wait_caught_up("aggregator", deadline_s=180)
        with psycopg.connect(servers.conninfo(made.name), options="-c search_path=hoso -c timezone=UTC") as pg:
            made.reference = load_reference(pg)
        yield made
    finally:
        made.destroy()


def report(town, form, period, known_at, *options, code=0):
    known = ("--known-at", datetime.fromtimestamp(known_at / 1000, VN).strftime("%Y-%m-%dT%H:%M")) if known_at else ()
    return town.hoso("report", form, "--unit", "all", "--from", period[0], "--to", period[1], *known, *options, code=code)


@pytest.mark.parametrize("known_at", [None, at(12), at(35)], ids=["known now", "known on 13 June", "known on 6 July"])
@pytest.mark.parametrize("period", PERIODS, ids="..".join)
def test_every_cell_is_the_same(town, histories, period, known_at):
    first, last = map(date.fromisoformat, period)
    frame = table_of(histories, *town.reference, first, last, known_at)
    wanted = {row.code: row["class"] for _, row in frame[frame["class"].notna()].iterrows()}
    listed = csv.DictReader(io.StringIO(report(town, "ii06a", period, known_at, "--list", "all", "--codes", "--format", "csv")))
    found = {row["dossier_code"]: row["class"] for row in listed}
    wrong = {code: (wanted.get(code), found.get(code)) for code in wanted.keys() | found.keys() if wanted.get(code) != found.get(code)}
    assert not wrong, f"{len(wrong)} of {len(wanted)}; code: (should be, is): {dict(list(wrong.items())[:5])}"

    units = dict(town.sql("SELECT unit_id, unit_code FROM analytics.unit"))
    names = dict(town.sql("""SELECT unit_id, unit_full_name || CASE
        WHEN valid_to < %s THEN ' (đến ' || to_char(valid_to, 'DD/MM/YYYY') || ')'
        WHEN valid_from > %s THEN ' (từ ' || to_char(valid_from, 'DD/MM/YYYY') || ')' ELSE '' END FROM analytics.unit""", last, last))
    for name, make in (("ii06a", form_ii06a), ("07a-tuan", form_07a)):
        rows = {(row["code"], row["name"]): row for row in json.loads(report(town, name, period, known_at, "--json"))["rows"]}
        for unit_id, cells in frame.groupby("unit_id"):
            if not cells["class"].notna().any():
                continue
            row = rows.pop((units[int(unit_id)], names[int(unit_id)]))
            assert {k: v for k, v in row.items() if k not in ("code", "name")} == make(cells), (name, unit_id)
        assert all(not any(v for k, v in row.items() if k not in ("code", "name")) for row in rows.values())
