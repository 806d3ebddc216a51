"""Random histories through the product's ladder of alerts and through the oracle's, at moments before, between and after
everything; every stretch and the next moment of every rule must be the same. HOSO_SEED=N, HOSO_HISTORIES=N as in
test_differential.py."""

import json
import os
import subprocess
from collections import Counter

import pytest

import calendar_cases
from dossiers import Rules, fold
from histories import Histories, at
from ladder import Ladder, Settings, WorkTime
from test_differential import AGENCIES, FOLD_DUMP, ROOT, calendar, encode

RESUMES = ("issued", "extend", "restart")


def product(dossiers, now, settings):
    command = [FOLD_DUMP, str(now), "0", "1", str(RESUMES.index(settings.resume)), str(int(settings.by_timestamp))]
    done = subprocess.run(command, input=encode(dossiers), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line)["ladder"] for line in done.stdout.decode().splitlines()]


def as_tuples(rule):
    names = ("due_at", "deadline_at", "began_at", "ended_at")
    return rule["next_at"], [(*(e[name] for name in names), by) for e, by in zip(rule["episodes"], rule["ends"])]


@pytest.mark.parametrize("now", [at(-10, 9, 0), at(12, 14, 31), at(45, 12, 0)], ids=["early", "between", "late"])
@pytest.mark.parametrize("settings", [Settings(), Settings("extend"), Settings("restart", True)], ids=str)
def test_the_product_climbs_as_the_oracle_does(settings, now):
    seed, count = int(os.environ.get("HOSO_SEED", "7")), int(os.environ.get("HOSO_HISTORIES", "1500"))
    histories, work = Histories(seed, AGENCIES), WorkTime(calendar())
    dossiers = [histories.dossier(f"D{number}") for number in range(count)]
    said, coming = Counter(), Counter()
    for number, (events, found) in enumerate(zip(dossiers, product(dossiers, now, settings))):
        wanted = Ladder(fold("D", events, Rules()), events, work, settings, now).all()
        assert {name: as_tuples(rule) for name, rule in found.items()} == wanted, f"dossier {number} of seed {seed}"
        for name, (next_at, stretches) in wanted.items():
            said[name] += len(stretches)
            coming[name] += next_at is not None
    # or the histories say too little
    assert min(said[name] for name in wanted) >= (2 if now == at(45, 12, 0) else 0), said
    if now == at(-10, 9, 0):
        assert min(coming[name] for name in ("overdue", "due_soon_1", "due_soon_2", "due_soon_3")) > count / 50, coming


def test_the_calendar_table_is_what_the_decrees_say():
    assert calendar_cases.table() == (ROOT / "tests" / "unit" / "calendar_cases.csv").read_text(encoding="utf-8")
