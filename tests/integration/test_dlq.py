"""`hoso dlq` on the real dead-letter topic: what is bad goes there, is shown, and comes back byte for byte."""

import json
import struct
import uuid

import pytest
from harness import encode_event, records, wait_until

MARK = "CANARY"
CODE, OTHER = "H24.11713-260601-0001", "H24.11713-260601-0002"
ACCEPTED_AT, INGESTED_AT = 1_780_300_000_000, 1_780_300_060_000


def event(code, **fields):
    return encode_event(**{"event_id": uuid.uuid4().bytes, "kind": "record", "dossier_code": code, "status": 4,
                           "accepted_at": ACCEPTED_AT, "occurred_at": ACCEPTED_AT, "ingested_at": INGESTED_AT,
                           "deciding_agency": "H24.11713", **fields})


BAD = {  # code: (key, value, headers)
    "unknown_schema": (CODE.encode(), struct.pack(">bI", 0, 99) + MARK.encode(), [("ce_id", b"one"), ("ce_id", b"two")]),
    "bad_frame": (MARK.encode(), b"\x07" + MARK.encode(), [("none", None), ("empty", b""), ("bytes", b"\x00\xff\n")]),
    "truncated": (None, b"\x00\x00", [("hoso_error_code", b"of its own"), ("__connect.errors.topic", b"elsewhere")]),
    "key_mismatch": (b"", event(OTHER), []),
}


def same(record):
    return record.key, record.value, record.timestamp_ms, record.header_list


@pytest.fixture
def letters(site):
    """A topic with one bad record of each kind, all of them dead letters by now."""
    site.produce_all([(key, value, headers, None) for key, value, headers in BAD.values()])
    aggregator = site.start("aggregator")
    wait_until(lambda: len(site.dead_letters()) == len(BAD), "every bad record is a dead letter")
    site.aggregator = aggregator
    return site


def listed(site, *options, **more):
    return [json.loads(line) for line in site.hoso("dlq", "list", "--json", *options, **more).splitlines()]


def test_list_and_show(letters):
    site = letters
    stored = {record.value: record for record in site.events(raw=True)}
    found = {letter["code"]: letter for letter in listed(site)}
    assert set(found) == set(BAD)
    for code, (key, value, _) in BAD.items():
        letter, record = found[code], stored[value]
        assert (letter["topic"], letter["partition"], letter["offset"]) == (
            site.events_topic, record.partition, record.offset)
        assert letter["value_size"] == len(value) and letter["key_size"] == (-1 if key is None else len(key))
    plain = site.hoso("dlq", "list")
    assert all(code in plain for code in BAD)
    assert MARK not in plain + json.dumps(list(found.values())) and OTHER not in plain
    assert "MÃ LỖI" in site.hoso("dlq", "list", environment={"LANG": "vi_VN.UTF-8"})

    place = found["bad_frame"]
    where = ("--partition", str(place["partition"]), "--offset", str(place["offset"]))
    assert [letter["code"] for letter in listed(site, *where)] == ["bad_frame"]
    assert listed(site, "--code", "no_such_code") == []
    shown = site.hoso("dlq", "show", *where)
    assert "07 43 41 4e 41 52 59" in shown and "|.CANARY|" in shown and "bad_frame at byte 0" in shown
    decoded = json.loads(site.hoso("dlq", "show", "--json", "--code", "key_mismatch"))
    assert decoded["decoded"]["dossier_code"] == OTHER and decoded["value_hex"] == BAD["key_mismatch"][1].hex()
    assert f'"dossier_code":"{OTHER}"' in site.hoso("dlq", "show", "--code", "key_mismatch")
    assert site.hoso("dlq", "show", "--code", "no_such_code", code=1) == ""


def test_redrive_is_byte_identical_and_what_is_still_bad_comes_back(letters):
    site = letters
    before = site.events(raw=True)
    assert "would redrive" in site.hoso("dlq", "redrive", "--dry-run")
    assert len(site.events(raw=True)) == len(before) and len(listed(site)) == len(BAD)

    assert "1 records redriven" in site.hoso("dlq", "redrive", "--code", "bad_frame")
    after = site.events(raw=True)
    new = [record for record in after if record not in before]
    assert [same(record) for record in new] == [same(record) for record in before if record.key == MARK.encode()]
    wait_until(lambda: len(site.dead_letters()) == len(BAD) + 1, "the bad record is a dead letter again")
    assert len(listed(site, "--code", "bad_frame")) == 1, "only the new one is outstanding"
    assert len(listed(site, "--code", "bad_frame", "--all")) == 2

    assert "4 records redriven" in site.hoso("dlq", "redrive")
    wait_until(lambda: len(site.dead_letters()) == 2 * len(BAD) + 1, "all are dead letters again")
    all_records = sorted(map(same, site.events(raw=True)), key=repr)
    assert all_records == sorted([same(record) for record in before] * 2 + [same(new[0])], key=repr)
    assert "9 records redriven" in site.hoso("dlq", "redrive", "--all")


def test_a_good_record_is_folded_after_the_redrive(site):
    """It stood in another partition than the dossier's other records; the key leads it to the right one."""
    site.produce(event(CODE), key=CODE)
    right = site.events(raw=True)[0].partition
    wrong = (right + 1) % 4
    ended = event(CODE, status=9, ended_at=ACCEPTED_AT + 3_600_000, ingested_at=INGESTED_AT + 1)
    aggregator = site.start("aggregator")
    site.wait_caught_up("aggregator")
    site.produce(ended, key=CODE, partition=wrong)
    wait_until(lambda: len(site.dead_letters()) == 1, "it is a dead letter")
    assert site.sql("SELECT status FROM dossier") == [(4,)]

    # The relay delivers at least once: a copy of the letter changes nothing.
    letter = site.dead_letters()[0]
    records.produce(site.servers.brokers, site.dlq_topic, [(letter.key, letter.value, letter.header_list, None)])
    records.produce(site.servers.brokers, site.dlq_topic, [(b"k", b"not a letter of ours", [("a", b"b")], None)])
    assert [found["code"] for found in listed(site)] == ["wrong_partition"]
    assert "1 records redriven" in site.hoso("dlq", "redrive")
    wait_until(lambda: site.sql("SELECT status FROM dossier") == [(9,)], "it is folded")
    assert site.events(raw=True)[-1].value == ended or ended in [r.value for r in site.events(raw=True)]
    assert "0 records redriven" in site.hoso("dlq", "redrive")
    assert "1 records redriven" in site.hoso("dlq", "redrive", "--all")
    site.wait_caught_up("aggregator")
    assert site.sql("SELECT count(*) FROM dossier_event") == [(2,)]
    site.check_rollups()
    assert aggregator.metrics()["hoso_aggregator_duplicates_total"] == 1


def test_wrong_use_and_servers_that_are_away(site):
    site.hoso("dlq", code=2)
    site.hoso("dlq", "burn", code=2)
    site.hoso("dlq", "list", "--offset", "9-3", code=2)
    site.hoso("dlq", "list", "--partition", "x", code=2)
    assert listed(site, "--set", "postgres.conninfo=host=127.0.0.1 port=1") == []
    site.hoso("dlq", "redrive", "--set", "postgres.conninfo=host=127.0.0.1 port=1", code=69)
    site.hoso("dlq", "list", "--set", "kafka.dlq_topic=no.such.topic", code=65)
