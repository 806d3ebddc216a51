"""What a source says, as records for the events topic: rows for Site.produce_all. One test, one world of time: everything
happens in June 2026, given in days and hours from Monday 2026-06-01 in Việt Nam."""

import random
import sys
import uuid
from datetime import datetime, timedelta, timezone

from harness.records import encode_event
from harness.servers import ROOT

sys.path.append(str(ROOT / "tests" / "oracle"))
from histories import Histories  # pylint: disable=wrong-import-position

AGENCY, OTHER_AGENCY, UNKNOWN_AGENCY = "H24.11713", "H24.10507", "H99.9"  # xã Nghi Dương, another commune, nobody's
AGENCIES = [AGENCY, OTHER_AGENCY, "H24.0.11713", "H24.0.11710", UNKNOWN_AGENCY]
PROCEDURE = "1.005129"
_MONDAY = datetime(2026, 6, 1, tzinfo=timezone(timedelta(hours=7)))


def at(day, hour=8, minute=0):
    """Milliseconds of a Vietnamese time, day 0 = 2026-06-01."""
    return int((_MONDAY + timedelta(days=day, hours=hour, minutes=minute)).timestamp()) * 1000


def code(number):
    return f"H24.11713-260601-{number:05}"


def event(kind, dossier_code, when, partition=None, **fields):
    """One record. `when` is occurred_at, and ingested_at a second later unless given."""
    fields = {"event_id": uuid.uuid4().bytes, "ingested_at": when + 1000, **fields}
    value = encode_event(kind=kind, dossier_code=dossier_code, occurred_at=when, **fields)
    return dossier_code.encode(), value, None, partition


def opened(dossier_code, day=0, due_day=5, **fields):
    """A record: accepted that day, in process, due at 17:00."""
    given = {"status": 4, "accepted_at": at(day), "due_at": at(due_day, 17), "deciding_agency": AGENCY,
             "procedure_code": PROCEDURE, "channel": "online", **fields}
    return event("record", dossier_code, at(day), **given)


def step(dossier_code, status, day, **fields):
    return event("progress", dossier_code, at(day, 10), status=status, **fields)


def random_rows(count, seed=1):
    """Records of `count` random histories, interleaved: every kind, ties, contradictions, late and repeated news."""
    histories = Histories(seed, AGENCIES)
    queues = [histories.dossier(code(number)) for number in range(count)]
    rows = []
    while queues:
        queue = histories.random.choice(queues)
        said = queue.pop()
        rows.append((said["dossier_code"].encode(), encode_event(**said), None, None))
        if not queue:
            queues.remove(queue)
    return rows


def unusable_rows(good_value):
    """Records that must become dead letters, by the code of the refusal."""
    wrong_status = event("progress", "D", at(0), status=11)[1]
    return {
        "truncated": (b"D", good_value[:40], None, None),
        "bad_length": (b"D", good_value[:21] + b"\x02\x03" + good_value[23:], None, None),
        "trailing_bytes": (b"D", good_value + b"\x00", None, None),
        "bad_frame": (b"D", b"{}", None, None),
        "unknown_schema": (b"D", b"\x00\x00\x00\x00\x09abc", None, None),
        "invalid_event": (b"D", wrong_status, None, None),
        "key_mismatch": (b"another key", good_value, None, None),
    }


def shuffled(rows, seed=1):
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    return rows


def require_exact(site, deadline_s=60.0):
    """The aggregator has read everything, every rollup is the sum of its dossiers, and no cell differs from the oracle's."""
    site.wait_caught_up("aggregator", deadline_s=deadline_s)
    cells = site.check_rollups()
    site.oracle("--no-alerts")
    return cells
