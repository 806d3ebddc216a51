"""Random histories of dossiers: few instants, few values, every kind, so that ties, contradictions, late and repeated
news are common. Deterministic by seed."""

import random
from datetime import datetime, timedelta, timezone

VN = timezone(timedelta(hours=7))
BASE = datetime(2026, 6, 1, 7, 30, tzinfo=VN)
KINDS = ("record", "progress", "status", "due_changed", "transferred", "paid", "rated", "apology_sent", "alias", "erased")
WEIGHTS = (30, 40, 12, 10, 4, 3, 3, 2, 0.3, 0.2)
EMPTY = {
    "source": "motcua", "trust": "local", "alternative_code": None, "occurred_original_at": None, "time_basis": "source",
    "status": 0, "procedure_code": None, "field_code": None, "deciding_agency": None, "receiving_agency": None,
    "deciding_unit": None, "channel": "unknown", "subject": "unknown", "online_level": "unknown", "non_territorial": None,
    "submitted_at": None, "accepted_at": None, "due_at": None, "due_before_at": None, "due_reason": "unknown",
    "ended_at": None, "returned_at": None, "refused_at": None, "step_due_at": None, "fee_due": None, "paid": None,
    "paid_online": None, "digitised": None, "apology_sent": None, "late_reason": None, "rating": 0, "transfer_from": None,
    "transfer_to": None, "alias_of": None, "officer": None,
}


def at(days, hour=7, minute=30):
    """Milliseconds of a Vietnamese time, counted in days from Monday 2026-06-01."""
    moment = BASE.replace(hour=hour, minute=minute) + timedelta(days=days)
    return int(moment.timestamp()) * 1000


class Histories:
    def __init__(self, seed, agencies):
        self.random = random.Random(seed)
        self.agencies = agencies  # codes, one of them unknown to the map
        self.years_ago = 0  # 1 = around the day on which the communes were merged
        self.pool = None  # the only instants of the dossier in hand

    def any_instant(self, first, last):
        hour, minute = self.random.choice([(0, 0), (0, 0), (7, 30), (11, 30), (13, 0), (15, 0), (17, 0), (23, 59)])
        days = self.random.randint(first, last) - self.years_ago * 365
        return at(days, hour, minute) + self.random.choice([0, 0, 1, 29_999, 59_999])

    def instant(self, first=-30, last=60):
        return self.random.choice(self.pool) if self.pool else self.any_instant(first, last)

    def maybe(self, chance, make):
        return make() if self.random.random() < chance else None

    def attributes(self):
        pick = self.random.choice
        return {
            "procedure_code": self.maybe(0.8, lambda: pick(["1.005129", "2.000488"])),
            "field_code": self.maybe(0.3, lambda: "LV01"), "alternative_code": self.maybe(0.1, lambda: "khac-1"),
            "deciding_agency": self.maybe(0.8, lambda: pick(self.agencies)),
            "receiving_agency": self.maybe(0.3, lambda: pick(self.agencies)),
            "deciding_unit": self.maybe(0.05, lambda: pick(["11713", "11710", "00000"])),
            "channel": pick(["unknown", "counter", "online", "postal"]),
            "subject": pick(["unknown", "citizen", "business"]), "online_level": pick(["unknown", "partial", "full"]),
            **{name: pick([None, True, False]) for name in
               ("non_territorial", "fee_due", "paid", "paid_online", "digitised", "apology_sent")},
            "late_reason": self.maybe(0.1, lambda: pick(["a", "b"])),
        }

    def record(self):
        chances = {"submitted_at": 0.6, "accepted_at": 0.6, "due_at": 0.6, "ended_at": 0.35, "returned_at": 0.25,
                   "refused_at": 0.1}
        times = {name: self.maybe(chance, self.instant) for name, chance in chances.items()}
        status = self.random.choice([0, 1, 2, 2, 3, 4, 4, 4, 5, 6, 7, 8, 9, 9, 10, 10])
        if self.random.random() < 0.15:  # attributes and a due date, nothing about the life
            status, times = 0, {"due_at": times["due_at"]}
        return {**self.attributes(), **times, "status": status}

    def event(self, code, kind, known_at):
        pick = self.random.choice
        event = {**EMPTY, "event_id": self.random.randbytes(16), "kind": kind, "dossier_code": code,
                 "trust": pick(["local", "local", "portal"]), "ingested_at": known_at, "occurred_at": self.instant()}
        if kind == "record":
            event.update(self.record(), occurred_at=known_at, time_basis="ingest")
        elif kind == "progress":
            event.update(status=pick([1, 2, 2, 3, 4, 4, 4, 5, 5, 6, 7, 8, 9, 9, 10]),
                         step_due_at=self.maybe(0.5, self.instant), time_basis=pick(["source", "source", "ingest"]),
                         officer=self.maybe(0.5, lambda: pick([b"a" * 16, b"b" * 16])))
        elif kind == "status":
            event.update(status=self.random.randint(1, 10), occurred_at=known_at, time_basis="ingest")
        elif kind == "due_changed":
            event.update(due_at=self.instant(), due_before_at=self.maybe(0.6, self.instant),
                         due_reason=pick(["unknown", "supplement", "supplement", "reappointment", "correction"]))
        elif kind == "transferred":
            event.update(transfer_from=pick([None, *self.agencies]), transfer_to=pick(self.agencies))
        elif kind == "paid":
            event.update(paid=True, paid_online=pick([None, True, False]))
        elif kind == "rated":
            event.update(rating=self.random.randint(1, 5))
        elif kind == "apology_sent":
            event.update(apology_sent=True)
        elif kind == "alias":
            event.update(alias_of=code + "-chinh")
        if self.random.random() < 0.1:  # what this kind does not speak about must not matter
            noise = {**self.record(), "due_before_at": self.instant(), "due_reason": "supplement", "transfer_to": "H24.10507",
                     "step_due_at": self.instant(), "officer": b"c" * 16, "rating": 3, "alias_of": code + "-khac"}
            event = {**event, **{name: value for name, value in noise.items() if not event[name] or event[name] == "unknown"}}
        return event

    def dossier(self, code):
        """The events of one dossier in the order of arrival, some more than once."""
        self.years_ago = self.random.choice([0, 0, 0, 1])
        self.pool = None
        if self.random.random() < 0.6:  # everything happens in a few moments, some on one day
            days = [self.random.randint(-20, 50) for _ in range(2)]
            self.pool = [self.any_instant(day, day) for day in days for _ in range(self.random.randint(1, 3))]
        both = self.random.random() < 0.3  # a portal's copy beside the local stream
        trust = self.random.choice(["local", "local", "portal"])
        events = []
        for kind in self.random.choices(KINDS, WEIGHTS, k=self.random.randint(1, 9)):
            event = self.event(code, kind, self.instant(-20, 70))
            if not both:
                event["trust"] = trust
            events.append(event)
            if self.random.random() < 0.15:  # sent again, received again
                events.append({**event, "ingested_at": self.instant(-20, 70)})
                if kind in ("record", "status"):
                    events[-1]["occurred_at"] = events[-1]["ingested_at"]
            if self.random.random() < 0.1:  # delivered twice
                events.append(event)
        self.random.shuffle(events)
        return events
