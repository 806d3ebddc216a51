"""Rule 6 of lib/domain/fold.h: what lateness is judged by, what was promised, and how often it was moved."""

from dataclasses import dataclass, field

from reference import day_of


@dataclass
class Ledger:
    due: int
    promised: int
    ceiling: int
    first_at: int  # of the first statement
    replaced: set = field(default_factory=set)
    explained_at: int = None
    reappointments: int = 0
    again_at: int = None  # of the second one


def statements_of(events, receipt_order):
    """The counting statements in order: [(at, event)]."""
    changes = [(min(e["occurred_at"], e["ingested_at"]), 0, (e["occurred_at"], e["due_at"], e["event_id"]), e)
               for e in events if e["kind"] == "due_changed"]
    records = [(e["ingested_at"], 1, receipt_order(e), e)
               for e in events if e["kind"] == "record" and e["due_at"] is not None]
    found = changes + records
    if any(e["trust"] == "local" for *_, e in found):
        found = [s for s in found if s[3]["trust"] == "local"]
    return [(at, event) for at, _, _, event in sorted(found, key=lambda s: s[:3])]


def set_from(intervals, at, new):
    """The running intervals for which a date told at that time counts."""
    if not intervals:
        return
    index = max((i for i, interval in enumerate(intervals) if interval.from_at <= at), default=0)
    while index > 0 and intervals[index].phase == "ended":
        index -= 1
    for interval in intervals[index:]:
        if interval.phase == "running":
            interval.due_at = new


def correct(ledger, intervals, new):
    for interval in intervals:
        if interval.phase == "running" and interval.due_at == ledger.due:
            interval.due_at = new
    ledger.due = ledger.promised = ledger.ceiling = new


def take(ledger, intervals, at, event, supplement_dates, rules):
    """One further date."""
    new, is_record = event["due_at"], event["kind"] == "record"
    reason = "unknown" if is_record else event["due_reason"]
    is_open = reason == "unknown"
    if is_record and new in ledger.replaced:
        return
    if new == ledger.promised and (new == ledger.due or reason in ("unknown", "reappointment")):
        return
    if reason == "correction":
        correct(ledger, intervals, new)
        return
    if day_of(new) <= day_of(ledger.due) or (is_open and day_of(new) <= day_of(ledger.ceiling)):
        ledger.due = ledger.promised = new
        set_from(intervals, at, new)
        return
    paused_since = any(i.phase == "paused" and i.from_at <= at
                       and (ledger.explained_at is None or i.from_at > ledger.explained_at)
                       and (i.to_at is None or i.to_at > ledger.first_at) for i in intervals)
    if reason == "supplement" or (is_open and (new in supplement_dates or paused_since)):
        ledger.replaced |= {ledger.due, ledger.promised} - {new}
        ledger.explained_at = at
        ledger.due = ledger.promised = ledger.ceiling = new
        set_from(intervals, at, new)
    elif is_open and rules.due_change_is_correction:
        correct(ledger, intervals, new)
    else:
        ledger.reappointments += day_of(new) > day_of(ledger.promised)
        if ledger.reappointments == 2 and ledger.again_at is None:
            ledger.again_at = at
        ledger.promised = new


def judge(dossier, events, receipt_order, rules):
    statements = statements_of(events, receipt_order)
    if not statements:
        return
    supplements = [e for _, e in statements if e["kind"] == "due_changed" and e["due_reason"] == "supplement"]
    first_at, first = statements[0]
    with_before = first["kind"] == "due_changed" and first["due_before_at"] is not None
    original = first["due_before_at"] if with_before else first["due_at"]
    ledger = Ledger(original, original, original, first_at)
    for interval in dossier.intervals:
        if interval.phase == "running":
            interval.due_at = original
    for number, (at, event) in enumerate(statements):
        if number > 0 or with_before:
            take(ledger, dossier.intervals, at, event, {e["due_at"] for e in supplements}, rules)
        if event["kind"] == "due_changed" and event["due_reason"] == "supplement":
            ledger.replaced |= {event["due_before_at"]} - {None}
    dossier.original_due_at = original
    dossier.due_at, dossier.promised_at, dossier.reappointments = ledger.due, ledger.promised, ledger.reappointments
    dossier.reappointed_again_at = ledger.again_at
