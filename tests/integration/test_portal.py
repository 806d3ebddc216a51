"""`hoso portal` against the real ingest: both generations, every fault; what comes out is what the second implementation says."""

import os
import subprocess

import pytest
from harness.service import SANITIZER_REPORT
from harness.site import API_KEYS, build_folder


def play(site, *options, code=0, key=API_KEYS["motcua"]):
    ingest = next(s for s in site.services if s.section == "ingest")
    command = [build_folder() / "bin" / "hoso", "portal", "--url", f"http://127.0.0.1:{ingest.port}", "--user", "motcua",
               *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False,
                          env={**os.environ, "LANG": "en_US.UTF-8", "HOSO_API_KEY": key})
    assert done.returncode == code and not SANITIZER_REPORT.search(done.stderr), done.stderr
    return done.stderr.splitlines()[-1]


def number(line, what):
    return int(line.split(f" {what}")[0].rsplit(" ", 1)[-1])


def arrived_late(events):
    """Steps that come behind a later one of their dossier, in the order of the log."""
    newest, late = {}, 0
    for event in sorted(events, key=lambda e: (e.partition, e.offset)):
        if event.value["kind"] == "progress":
            late += event.value["occurred_at"] < newest.get(event.key, 0)
            newest[event.key] = max(newest.get(event.key, 0), event.value["occurred_at"])
    return late


@pytest.mark.parametrize("generation", ["a", "b"])
def test_every_fault_and_the_figures_are_right(site, generation):
    site.start("ingest")
    site.start("aggregator")
    said = play(site, "--generation", generation, "--dossiers", "60", "--seed", "3")
    assert number(said, "faults played") > 10 and number(said, "surprises") == 0
    if generation == "a":
        assert number(said, "refused") > 0
    site.wait_caught_up("aggregator")
    site.oracle()
    site.check_rollups()
    events = site.events()
    assert arrived_late(events) > 0 and len({event.headers["ce_id"] for event in events}) < len(events)
    kinds = {event.value["kind"] for event in events}
    assert kinds >= {"record", "progress", "alias"} | ({"status"} if generation == "b" else set())
    assert site.sql("SELECT count(*) > 0 FROM dossier WHERE alias_of IS NOT NULL") == [(True,)]


def test_each_fault_is_played(site):
    site.start("ingest")
    for fault in ("duplicates", "races", "chunks", "skew", "login"):
        said = play(site, "--dossiers", "60", "--faults", fault)
        assert number(said, "faults played") > 0 and number(said, "surprises") == 0, (fault, said)


def test_a_resync_changes_no_dossier(site):
    site.start("ingest")
    site.start("aggregator")
    everything = ("SELECT code, status, phase, unit_id, accepted_at, due_at, ended_at, verdict, supplement_rounds FROM dossier "
                  "WHERE alias_of IS NULL ORDER BY code")
    play(site, "--dossiers", "30", "--faults", "none")
    site.wait_caught_up("aggregator")
    before = site.sql(everything)
    said = play(site, "--dossiers", "30", "--faults", "none", "--resync", "3000")
    assert number(said, "rows accepted") >= 3000
    site.wait_caught_up("aggregator")
    assert len(before) >= 30 and site.sql(everything) == before


def test_the_same_seed_behaves_the_same(site):
    site.start("ingest")
    lines = [play(site, "--dossiers", "20", "--seed", "7").split("; ")[0] for _ in range(2)]
    assert lines[0] == lines[1] != play(site, "--dossiers", "20", "--seed", "8").split("; ")[0]


def test_wrong_use(site):
    site.start("ingest")
    play(site, "--dossiers", "0", code=2)
    play(site, "--faults", "fire", code=2)
    play(site, "--generation", "c", code=2)
    play(site, "--from", "2026-07-01", code=2)
    play(site, key="not the key", code=65)
