"""What a dossier adds to the rollups, its verdict and its late episodes, after contribution.h and overdue.h; and which
events are fit to count, after event.h."""

from dataclasses import dataclass

from reference import day_of, deadline

TEXTS = ("source", "dossier_code", "alternative_code", "procedure_code", "field_code", "deciding_agency",
         "receiving_agency", "deciding_unit", "late_reason", "transfer_from", "transfer_to", "alias_of")
TIMES = ("occurred_at", "ingested_at", "occurred_original_at", "submitted_at", "accepted_at", "due_at", "due_before_at",
         "ended_at", "returned_at", "refused_at", "step_due_at")
TIME_RANGE = (631126800000, 4102419600000)  # 1990-01-01 .. 2100-01-01, Viet Nam
NEEDS = {"progress": "status", "status": "status", "due_changed": "due_at", "transferred": "transfer_to",
         "rated": "rating", "alias": "alias_of"}
HISTOGRAM = ((240, "work_4h"), (480, "work_1d"), (1440, "work_3d"), (2400, "work_5d"), (4800, "work_10d"),
             (9600, "work_20d"))


def is_valid(event):
    """event_validate, as its comment has it."""
    for name in TEXTS:
        text = event[name] or ""
        shortest = 1 if name in ("source", "dossier_code") else 0
        if not shortest <= len(text.encode()) <= 64 or any(ord(c) < 32 or ord(c) == 127 for c in text):
            return False
    for name in TIMES:
        at = event[name]
        if (at is None and name in ("occurred_at", "ingested_at")) or \
                (at is not None and not TIME_RANGE[0] <= at <= TIME_RANGE[1]):
            return False
    if not 0 <= event["status"] <= 10 or not 0 <= event["rating"] <= 5:
        return False
    needed = NEEDS.get(event["kind"])
    return not (needed and not event[needed]) and \
        not (event["kind"] == "alias" and event["alias_of"] == event["dossier_code"])


def verdict(dossier):
    if dossier.alias_of or dossier.phase != "ended" or dossier.status == 3:
        return None
    if dossier.status in (7, 8) or dossier.due_at is None:
        return "on_time"
    ended, due = day_of(dossier.ended_at), day_of(dossier.due_at)
    return "early" if ended < due else "on_time" if ended == due else "late"


def work_minutes(dossier, calendar):
    """In running intervals, from acceptance to the end."""
    total = 0
    for interval in dossier.intervals:
        if interval.phase != "running":
            continue
        begin = interval.from_at if dossier.accepted_at is None else max(interval.from_at, dossier.accepted_at)
        end = min(interval.to_at, dossier.ended_at)
        total += calendar.work_minutes(begin, end) if begin < end else 0
    return total


def is_refused(dossier):
    return dossier.phase == "ended" and dossier.status == 3


def in_table(dossier):
    """The form's columns 3 to 13."""
    return dossier.accepted_at is not None and dossier.phase != "waiting" and not is_refused(dossier)


def on_ended_day(dossier, calendar):
    if is_refused(dossier):
        yield "refused", 1
    elif in_table(dossier) and dossier.status in (7, 8):
        yield "withdrawn", 1
    elif in_table(dossier):
        judged = verdict(dossier)
        yield judged, 1
        if judged == "late" and dossier.values["apology_sent"]:
            yield "late_apology", 1
        minutes = work_minutes(dossier, calendar)
        yield "work_minutes", minutes
        yield next((name for limit, name in HISTOGRAM if minutes <= limit), "work_more"), 1
    if dossier.intervals[-1].basis == "ingest" and (in_table(dossier) or is_refused(dossier)):
        yield "late_data", 1


def on_accepted_day(dossier):
    values = dossier.values
    yield "accepted", 1
    if values["online_level"] in ("full", "partial", "information"):
        yield f"level_{values['online_level']}", 1
    for name in ("non_territorial", "digitised", "paid", "paid_online"):
        if values[name]:
            yield name, 1


def daily(dossier, calendar):
    """(day, measure, amount) of everything that the dossier adds to rollup_daily."""
    if dossier.submitted_at is not None:
        yield day_of(dossier.submitted_at), "submitted", 1
    if in_table(dossier):
        for name, amount in on_accepted_day(dossier):
            yield day_of(dossier.accepted_at), name, amount
    if dossier.ended_at is not None:
        for name, amount in on_ended_day(dossier, calendar):
            yield day_of(dossier.ended_at), name, amount
    for interval in dossier.intervals:
        if interval.phase == "paused" and 5 in interval.statuses:
            yield day_of(interval.from_at), "supplements", 1
    if dossier.rated_at is not None:
        yield day_of(dossier.rated_at), "rated", 1
        if dossier.rating >= 4:
            yield day_of(dossier.rated_at), "satisfied", 1


def open_phase(dossier):
    """The phase of its open cell, None when it has none."""
    if not dossier.intervals or dossier.phase == "ended":
        return None
    return dossier.phase if in_table(dossier) else "waiting"


@dataclass(frozen=True)
class Episode:
    number: int
    due_at: int
    deadline_at: int
    began_at: int
    ended_at: int
    original_due_at: int


def episodes(dossier, now_at):
    """Running intervals that reached their deadline; one that ended exactly at it is late."""
    late = []
    if dossier.alias_of or dossier.erased:
        return late
    for interval in dossier.intervals:
        late_from = deadline(interval.due_at)
        reached = now_at if interval.to_at is None else interval.to_at
        if interval.phase == "running" and late_from is not None and reached >= late_from:
            late.append(Episode(len(late) + 1, interval.due_at, late_from, max(late_from, interval.from_at),
                                interval.to_at, dossier.original_due_at))
    return late
