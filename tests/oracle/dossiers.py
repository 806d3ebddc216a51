"""One dossier's state from its events, after the numbered rules in the comment of lib/domain/fold.h.

Written from that text alone, plainly and without regard to speed. Events are dicts as fastavro gives them; what is not given
is None (or 0, "", "unknown").
"""

from dataclasses import dataclass, field

from duedates import judge
from reference import day_of, latest_given

STATUS_ORDER = (0, 1, 2, 4, 5, 6, 8, 3, 7, 9, 10)  # of one instant; the index is the rank
KINDS = ("record", "progress", "status", "due_changed", "transferred", "paid", "rated", "apology_sent", "alias", "erased")
VALUES = (
    "alternative_code", "procedure_code", "field_code", "receiving_agency", "channel", "subject", "online_level",
    "non_territorial", "fee_due", "paid", "paid_online", "digitised", "apology_sent", "late_reason",
)


@dataclass(frozen=True)
class Rules:
    paused: frozenset = frozenset({5, 6, 8})
    due_change_is_correction: bool = False


@dataclass
class Transition:
    at: int
    status: int
    basis: str
    known_at: int
    event_id: bytes
    flagged: bool = False
    start: bool = False

    @property
    def place(self):
        return self.at, rank(self.status)

    @property
    def order(self):
        return *self.place, self.known_at, self.event_id, not self.start


@dataclass
class Interval:
    phase: str  # waiting, running, paused, ended
    status: int
    from_at: int
    known_at: int
    basis: str
    status_at: int
    status_basis: str
    statuses: set
    returned_at: int = None
    to_at: int = None
    due_at: int = None


@dataclass
class Dossier:
    code: str
    erased: bool = False
    alias_of: str = None
    values: dict = field(default_factory=dict)
    intervals: list = field(default_factory=list)
    status: int = 0
    phase: str = "waiting"
    status_at: int = None
    status_basis: str = "source"
    portal_status: int = 0
    portal_disagrees: bool = False
    submitted_at: int = None
    accepted_at: int = None
    ended_at: int = None
    ended_known_at: int = None
    returned_at: int = None
    original_due_at: int = None
    due_at: int = None
    promised_at: int = None
    reappointments: int = 0
    reappointed_again_at: int = None
    decides: str = "portal"
    supplement_rounds: int = 0
    step_due_at: int = None
    rating: int = 0
    rated_at: int = None
    officer: bytes = None
    first_ingested_at: int = None
    last_ingested_at: int = None


def rank(status):
    return STATUS_ORDER.index(status)


def event_order(event):
    return event["occurred_at"], rank(event["status"]), event["ingested_at"], event["event_id"], KINDS.index(event["kind"])


def receipt_order(event):
    return event["ingested_at"], rank(event["status"]), event["event_id"]


def record_order(event):
    return event["trust"] == "local", *receipt_order(event)


def group(status):
    return 9 if status == 10 else status


def phase_of(status, rules):
    if status in (5, 6, 8) and status in rules.paused:
        return "paused"
    return {1: "waiting", 3: "ended", 7: "ended", 8: "ended", 9: "ended", 10: "ended"}.get(status, "running")


def of_kind(events, *kinds):
    return [event for event in events if event["kind"] in kinds]


def count_once(events):
    """Rule 1."""
    kept = {}
    for event in events:
        key = event["event_id"], event["ingested_at"] if event["kind"] in ("record", "status") else None
        if key not in kept or event["ingested_at"] < kept[key]["ingested_at"]:
            kept[key] = event
    return sorted(kept.values(), key=event_order)


def stated_status(record):
    if record["status"]:
        return record["status"]
    return next((status for name, status in (("returned_at", 10), ("ended_at", 9), ("refused_at", 3))
                 if record[name] is not None), 0)


def speaks(stream):
    """Rule 2."""
    return any(e["kind"] != "record" or stated_status(e) or e["submitted_at"] is not None or e["accepted_at"] is not None
               for e in stream)


def may_accept(records):
    return [record for record in records if record["status"] not in (1, 3)]


def giver(records, name, value):
    """The first of the records that give the latest value without another given value in between (rule 4)."""
    found = None
    for record in reversed(records):
        if record[name] is None:
            continue
        if record[name] != value:
            break
        found = record
    return found


class Run:
    """Consecutive records of one stated status (rule 4 d); records in receipt order."""

    def __init__(self, record):
        self.records = [record]

    @property
    def status(self):
        return stated_status(self.records[-1])

    @property
    def group(self):
        return group(self.status)

    def latest(self, name):
        return latest_given(self.records, name)

    @property
    def dated_by(self):
        """Name of the value that dates it, None when it is undated."""
        names = {3: ("refused_at", "ended_at"), 7: ("ended_at",), 8: ("ended_at",), 9: ("ended_at",),
                 10: ("ended_at", "returned_at")}
        return next((n for n in names.get(self.status, ()) if self.latest(n) is not None), None)

    def _dated(self, name, status, flagged):
        at = self.latest(name)
        source = giver(self.records, name, at)
        return Transition(at, status, "source", source["ingested_at"], source["event_id"], flagged)

    def transitions(self):
        first = self.records[0]
        if not self.dated_by:
            return [Transition(first["ingested_at"], self.status, "ingest", first["ingested_at"], first["event_id"])]
        if self.status != 10 or self.dated_by != "ended_at":
            return [self._dated(self.dated_by, self.status, self.dated_by != "returned_at")]
        returned, ended = self.latest("returned_at"), self.latest("ended_at")
        later = "returned_at" if returned is not None and returned > ended else "ended_at"
        return [self._dated("ended_at", 9, True), self._dated(later, 10, False)]


def runs_of(records):
    runs = []
    for record in records:
        if not stated_status(record):
            continue
        if runs and runs[-1].group == group(stated_status(record)):
            runs[-1].records.append(record)
        else:
            runs.append(Run(record))
    return runs


def pile(runs):
    left = []
    for run in runs:
        while left and left[-1].transitions()[-1].place > run.transitions()[0].place:
            left.pop()
        if not left or left[-1].group != run.group:
            left.append(run)
        elif run.dated_by:
            left[-1] = run
    return left


def starts(records):
    for name, status, counting in (("submitted_at", 1, records), ("accepted_at", 2, may_accept(records))):
        at = latest_given(counting, name)
        if at is not None:
            source = giver(counting, name, at)
            yield Transition(at, status, "source", source["ingested_at"], source["event_id"], start=True)


def transitions_of(stream):
    """Rule 4, in the order of rule 5."""
    records = sorted(of_kind(stream, "record"), key=receipt_order)
    rows = [Transition(e["occurred_at"], e["status"], e["time_basis"], e["ingested_at"], e["event_id"])
            for e in of_kind(stream, "progress")]
    rows += [Transition(e["ingested_at"], e["status"], "ingest", e["ingested_at"], e["event_id"])
             for e in of_kind(stream, "status")]
    runs = runs_of(records)
    if not rows:
        said = [t for run in pile(runs) for t in run.transitions()]
    else:
        last = runs[-1] if runs and runs[-1].dated_by else None
        said = last.transitions() if last else []
        if last:
            told_at = last.records[-1]["ingested_at"]
            rows = [t for t in rows if group(t.status) == last.group or t.place <= said[0].place
                    or (t.known_at > told_at and day_of(t.at) != day_of(said[0].at))]
    return sorted([*rows, *starts(records), *said], key=lambda t: t.order)


def is_skipped(t, intervals):
    """Nothing but a refused dossier goes back to "newly registered", and a milestone never reopens (rule 5)."""
    if not intervals or not (t.status == 1 or t.start):
        return False
    last = intervals[-1]
    return not (last.phase == "waiting" or (last.status == 3 and not t.start))


def intervals_of(transitions, rules):
    """Rule 5: the intervals, and the transitions that were not skipped."""
    found, kept = [], []
    for t in transitions:
        if is_skipped(t, found):
            continue
        kept.append(t)
        last = found[-1] if found else None
        phase = phase_of(t.status, rules)
        returned_at = t.at if t.status == 10 else None
        if not last or last.phase != phase or (phase == "ended" and group(last.status) != group(t.status)):
            if last:
                last.to_at = t.at
            found.append(Interval(phase, t.status, t.at, t.known_at, t.basis, t.at, t.basis, {t.status}, returned_at))
            continue
        moved = t.flagged and phase == "ended" and t.at > last.from_at
        if moved:
            last.from_at, last.known_at, last.basis = t.at, t.known_at, t.basis
            last.returned_at = None
            if len(found) > 1:
                found[-2].to_at = t.at
        if moved or t.status != last.status:
            last.status_at, last.status_basis = t.at, t.basis
        if last.returned_at is None:
            last.returned_at = returned_at
        last.status = t.status
        last.statuses.add(t.status)
    return found, kept


def agency_and_unit(events):
    """Rule 7."""
    records = sorted(of_kind(events, "record"), key=record_order)
    naming = [i for i, record in enumerate(records) if record["deciding_agency"]]
    held = records[naming[-1]]["deciding_agency"] if naming else None
    named_at = records[naming[-1]]["ingested_at"] if naming else None
    unit = latest_given(records[naming[-1] if naming else 0:], "deciding_unit")
    for transfer in of_kind(events, "transferred"):
        source = transfer["transfer_from"]
        if not held or source == held or (not source and (named_at is None or transfer["ingested_at"] >= named_at)):
            if transfer["transfer_to"] != held:
                unit = None
            held = transfer["transfer_to"]
    return held, unit


def fill_values(dossier, events, deciding):
    """Rule 3, but for the two starts."""
    records = sorted(of_kind(events, "record"), key=record_order)
    dossier.values = {name: latest_given(records, name) for name in VALUES}
    dossier.values["deciding_agency"], dossier.values["deciding_unit"] = agency_and_unit(events)
    payments = of_kind(events, "paid")
    if payments:
        dossier.values["paid"] = True
        if latest_given(payments, "paid_online") is not None:
            dossier.values["paid_online"] = latest_given(payments, "paid_online")
    if of_kind(events, "apology_sent"):
        dossier.values["apology_sent"] = True
    for event in of_kind(events, "rated")[-1:]:
        dossier.rating, dossier.rated_at = event["rating"], event["occurred_at"]
    progress = of_kind(deciding, "progress")
    dossier.step_due_at = progress[-1]["step_due_at"] if progress else None
    dossier.officer = latest_given(progress, "officer")


def fill_life(dossier, events, transitions, rules):
    """Rules 5 and 9, and the starts of rule 3."""
    dossier.intervals, transitions = intervals_of(transitions, rules)
    if dossier.intervals:
        last = dossier.intervals[-1]
        dossier.status, dossier.phase = last.status, last.phase
        dossier.status_at, dossier.status_basis = last.status_at, last.status_basis
        if last.phase == "ended":
            dossier.ended_at, dossier.ended_known_at = last.from_at, last.known_at
            dossier.returned_at = last.returned_at
    dossier.supplement_rounds = sum(i.phase == "paused" and 5 in i.statuses for i in dossier.intervals)
    records = sorted(of_kind(events, "record"), key=record_order)
    dossier.submitted_at = latest_given(records, "submitted_at")
    dossier.accepted_at = latest_given(may_accept(records), "accepted_at")
    if dossier.submitted_at is None:
        dossier.submitted_at = next((t.at for t in transitions if t.status == 1), None)
    if dossier.accepted_at is None:
        dossier.accepted_at = next((t.at for t in transitions if phase_of(t.status, rules) == "running"
                                    or t.status in (9, 10)), None)
    if None not in (dossier.accepted_at, dossier.ended_at):
        dossier.accepted_at = min(dossier.accepted_at, dossier.ended_at)


def fold(code, all_events, rules=Rules()):
    """The Dossier of a non-empty set of events."""
    events = count_once(all_events)
    dossier = Dossier(code)
    if of_kind(events, "erased"):
        dossier.erased = True
        return dossier
    streams = {trust: [e for e in of_kind(events, "record", "progress", "status") if e["trust"] == trust]
               for trust in ("local", "portal")}
    trust = "local" if speaks(streams["local"]) else "portal"
    dossier.decides = trust
    fill_values(dossier, events, streams[trust])
    fill_life(dossier, events, transitions_of(streams[trust]), rules)
    judge(dossier, events, receipt_order, rules)
    aliases = of_kind(events, "alias")
    dossier.alias_of = aliases[-1]["alias_of"] if aliases else None
    if trust == "local" and speaks(streams["portal"]):
        portal, _ = intervals_of(transitions_of(streams["portal"]), rules)
        if portal:
            dossier.portal_status = portal[-1].status
            dossier.portal_disagrees = (portal[-1].phase == "ended") != (dossier.phase == "ended")
    dossier.first_ingested_at = min(e["ingested_at"] for e in all_events)
    dossier.last_ingested_at = max(e["ingested_at"] for e in all_events)
    return dossier
