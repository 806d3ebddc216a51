"""`hoso gen --to kafka`: exactly the events, shares and headers that were asked for, and the pipeline folds them exactly."""

import collections

import pytest
from harness import wait_until

OPTIONS = ("--profile", "city", "--dossiers", "1500", "--events", "6000", "--duplicates", "10000",
           "--out-of-order", "10000", "--to", "kafka")
DOSSIERS = 1588  # 1500 received, and those refused, still waiting, and from before the period


def by_dossier(records):
    dossiers = collections.defaultdict(list)
    for record in records:
        dossiers[record.key.decode()].append(record.value)
    return dossiers


def test_shares_are_exact(site):
    site.hoso("gen", *OPTIONS)
    records = site.events()
    dossiers = by_dossier(records)
    assert len(records) == 6000 and len(dossiers) == DOSSIERS
    assert {event["dossier_code"] == code for code, events in dossiers.items() for event in events} == {True}
    assert len({(e["event_id"], e["ingested_at"]) for events in dossiers.values() for e in events}) == 5940
    assert len({record.value["event_id"] for record in records}) == 5940
    late = 0
    for events in dossiers.values():
        seen = {}
        for event in events:
            same = seen.setdefault(event["event_id"], event)
            assert same == event, "a repetition is the same bytes"
        firsts = list(seen.values())
        late += any(a["occurred_at"] > b["occurred_at"] for a, b in zip(firsts, firsts[1:]))
        assert sum(event["kind"] == "record" for event in firsts) > 0 and len(firsts) >= 2
    assert late == 60
    assert len({code.split("-")[0] for code in dossiers if not code.startswith("H24.0.")}) == 114


def test_records_are_as_ingest_writes_them(site):
    site.hoso("gen", "--dossiers", "60", "--to", "kafka")
    records = site.events()
    kinds = collections.Counter(record.value["kind"] for record in records)
    assert kinds["record"] > 60 and kinds["progress"] > 200 and kinds["paid"] + kinds["rated"] > 10
    for record in records:
        event = record.value
        assert set(record.headers) == {"ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject"}
        assert record.headers["ce_id"].decode() == event["event_id"].hex()
        assert record.headers["ce_type"].decode() == f"vn.hoso.dossier.{event['kind']}"
        assert record.headers["ce_subject"] == record.key == event["dossier_code"].encode()
        assert event["occurred_at"] < event["ingested_at"]
    # the partitioner is ingest's: the same key from Python's murmur2 goes to the same place
    first = records[0]
    site.produce(b"x", key=first.key)
    twin = [r for r in site.events(raw=True) if r.value == b"x"]
    assert [r.partition for r in twin] == [first.partition]


def test_same_seed_same_topic(site):
    counts = collections.Counter()

    def newly_written(seed):
        site.hoso("gen", *OPTIONS, "--seed", seed)
        partitions = collections.defaultdict(list)
        for record in site.events(raw=True):
            partitions[record.partition].append(record.value)
        fresh = {number: values[counts[number]:] for number, values in sorted(partitions.items())}
        counts.update({number: len(values) for number, values in fresh.items()})
        return fresh

    first = newly_written("3")
    assert newly_written("3") == first
    assert newly_written("4") != first


def test_the_pipeline_folds_them_exactly(site):
    site.hoso("gen", *OPTIONS)
    aggregator = site.start("aggregator")
    wait_until(lambda: site.caught_up("aggregator"), "all is folded", 120)
    aggregator.terminate()
    assert site.sql("SELECT count(*) FROM dossier") == [(DOSSIERS,)]
    assert site.sql("SELECT count(*) FROM dossier WHERE quarantine IS NOT NULL OR unit_id IS NULL") == [(0,)]
    assert site.sql("SELECT count(*) FROM dossier_event") == [(5940,)]
    assert site.sql("SELECT count(*) FROM dlq_outbox") == [(0,)]
    assert site.check_rollups() > 1000
    site.oracle("--no-alerts")


def test_rate_is_kept(site):
    out = site.hoso("gen", "--dossiers", "100", "--events", "500", "--rate", "400", "--to", "kafka")
    assert out == "" and len(site.events(raw=True)) == 500
    stamps = sorted(record.timestamp_ms for record in site.events(raw=True))
    assert stamps[-1] - stamps[0] >= 1200  # 500 at 400 a second


@pytest.mark.parametrize("arguments, code", [
    (("--events", "10"), 65),                                       # fewer than two of each dossier
    (("--events", "100000"), 65),                                   # more than there are
    (("--events", "500", "--out-of-order", "100001"), 2),
    (("--rate", "0"), 2),
])
def test_impossible_wishes_are_refused(site, arguments, code):
    site.hoso("gen", "--dossiers", "100", *arguments, "--to", "kafka", code=code)
    assert site.events(raw=True) == []
