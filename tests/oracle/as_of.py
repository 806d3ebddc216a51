"""A dossier as it stood, after the numbered rules in the comment of lib/domain/as_of.h; and the forms, from such dossiers, after
schemas/sql/0003_analytics.sql and the domain rules. A second implementation: plain Python and pandas, no line shared with the product."""

from dataclasses import replace
from datetime import timedelta

import pandas

from dossiers import Rules, fold, receipt_order
from figures import verdict
from reference import day_of, day_start

MILESTONES = ("submitted_at", "accepted_at", "ended_at", "returned_at", "refused_at")
DESCRIBE = ("alternative_code", "procedure_code", "field_code", "deciding_agency", "receiving_agency", "channel", "subject",
            "online_level", "non_territorial", "fee_due", "digitised", "late_reason")
HAPPEN = ("paid", "paid_online", "apology_sent")


def given(event, name):
    return event[name] is False or event[name] not in (None, "", "unknown", 0)


def nothing_of(name):
    return "unknown" if name in ("channel", "subject", "online_level") else None


def own_date(record):
    """The date of what the record's status says."""
    names = {3: ("refused_at", "ended_at"), 7: ("ended_at",), 8: ("ended_at",), 9: ("ended_at",), 10: ("ended_at", "returned_at")}
    return next((record[n] for n in names.get(record["status"], ()) if record[n] is not None), None)


def cut_status(record, end):
    date = own_date(record)
    if date is None:
        return 0 if record["ingested_at"] >= end else record["status"]
    if date >= end:
        return 0
    if record["status"] == 10 and record["ended_at"] is not None and (record["returned_at"] or 0) >= end:
        return 9
    return record["status"]


def statement_at(event):
    return event["ingested_at"] if event["kind"] == "record" else min(event["occurred_at"], event["ingested_at"])


def reaching_back(receipts, end):
    """Rule 4 c: the statement of a due date that counts although it comes after the cut; None when one comes before."""
    statements = [e for e in receipts if e["kind"] == "due_changed" or e["kind"] == "record" and e["due_at"] is not None]
    if any(statement_at(e) < end for e in statements):
        return None
    local = [e for e in statements if e["trust"] == "local"] or statements
    return min(local, key=lambda e: (statement_at(e), e["kind"] == "record", *receipt_order(e)), default=None)


def cut_records(records, end):
    """Rule 4 b, but for due_at: {position: record}."""
    before = [r for r in records if r["ingested_at"] < end]
    after = [r for r in records if r["ingested_at"] >= end]
    kept = {}
    for record in records:
        kept[id(record)] = {**record, "status": cut_status(record, end),
                            **{n: None for n in MILESTONES if record[n] is not None and record[n] >= end}}
    for name in (*DESCRIBE, *HAPPEN):
        blocked = bool(before) if name in HAPPEN else any(given(r, name) for r in before)
        for record in after:
            if blocked:
                kept[id(record)][name] = nothing_of(name)
            blocked = blocked or given(record, name)
    for position, record in enumerate(records):
        earlier = records[:position]
        told = any(given(kept[id(r)], "deciding_unit") for r in earlier) or any(given(r, "deciding_agency") for r in earlier)
        if record["ingested_at"] >= end and told:
            kept[id(record)]["deciding_unit"] = None
    return kept


def cut(receipts, end):
    """Rule 4."""
    records = cut_records([e for e in receipts if e["kind"] == "record"], end)
    reaching = reaching_back(receipts, end)
    for event in receipts:
        if event["kind"] in ("alias", "erased"):
            yield event
        elif event["kind"] == "record":
            kept = records[id(event)]
            if event["ingested_at"] >= end and event is not reaching:
                kept["due_at"] = None
            yield kept
        elif event["kind"] == "due_changed":
            if event is reaching and event["due_before_at"] is not None:
                yield {**event, "due_at": event["due_before_at"], "due_before_at": None}
            elif event is reaching or statement_at(event) < end:
                yield event
        elif event["occurred_at"] < end:
            yield event


def as_of(code, events, end, known_at=None, rules=Rules()):
    """The Dossier, or None when there was nothing yet."""
    known = {(e["event_id"], e["ingested_at"]): e for e in events if known_at is None or e["ingested_at"] <= known_at}
    receipts = sorted(known.values(), key=receipt_order)
    if not receipts:
        return None
    whole = fold(code, receipts, rules)
    if whole.erased or whole.alias_of:
        return whole
    left = list(cut(receipts, end))
    then = fold(code, left, rules) if left else None
    filed, accepted = (at if at is not None and at < end else None for at in (whole.submitted_at, whole.accepted_at))
    if then is None or (filed is None and accepted is None and not then.rating):
        return None
    return replace(then, submitted_at=filed, accepted_at=accepted, first_ingested_at=whole.first_ingested_at,
                   last_ingested_at=whole.last_ingested_at)


# ---- the forms ----

def unit_then(dossier, units, read_on):
    filed = next(at for at in (dossier.accepted_at, dossier.submitted_at, dossier.first_ingested_at) if at is not None)
    held = day_of(dossier.ended_at) if dossier.ended_at is not None else read_on
    return units.resolve(dossier.values["deciding_agency"], dossier.values["deciding_unit"], day_of(filed), held)[0]


def acceptance_overdue(submitted_at, end, calendar):
    """8 working hours have passed; the office is closed at the end of a day, so the deadline lies before it."""
    return calendar.work_minutes(submitted_at, end) >= 480


def standing(dossier, first_day, read_on):
    """(place, class) in a report of first_day..read_on."""
    begin = day_start(first_day)
    ended = dossier.phase == "ended"
    table = dossier.accepted_at is not None and dossier.phase != "waiting" and not (ended and dossier.status == 3)
    if not table:
        if not ended:
            return None, "waiting" if dossier.submitted_at is not None else None
        return None, "refused" if dossier.status == 3 and dossier.ended_at >= begin else None
    settled_at = max(dossier.ended_at, dossier.accepted_at) if ended else None
    if ended and settled_at < begin:
        return ("new" if dossier.accepted_at >= begin else None), None
    place = "new" if dossier.accepted_at >= begin else "carried"
    if ended:
        return place, "withdrawn" if dossier.status in (7, 8) else verdict(dossier)
    if dossier.phase == "paused":
        return place, "paused"
    return place, "overdue" if dossier.due_at is not None and day_of(dossier.due_at) < read_on else "running"


def row_of(dossier, units, calendar, first_day, read_on):
    end = day_start(read_on + timedelta(days=1))
    place, label = standing(dossier, first_day, read_on)
    values = dossier.values
    rated = bool(dossier.rating) and dossier.rated_at >= day_start(first_day)
    channel = values["channel"] or "unknown"
    return {
        "code": dossier.code, "unit_id": unit_then(dossier, units, read_on), "place": place, "class": label, "channel": channel,
        "level": values["online_level"] or "unknown", "non_territorial": bool(values["non_territorial"]),
        "paid": bool(values["paid"]), "paid_online": bool(values["paid"] and values["paid_online"]),
        "apology": bool(values["apology_sent"]), "late_reason": values["late_reason"] or "", "field": values["field_code"] or "",
        "procedure": values["procedure_code"] or "", "stopped": dossier.status == 8, "rated": rated,
        "satisfied": rated and dossier.rating >= 4,
        "waits_too_long": label == "waiting" and channel == "online" and acceptance_overdue(dossier.submitted_at, end, calendar),
    }


def table_of(dossiers, units, calendar, first_day, read_on, known_at=None):
    """dossiers: {code: events}. One row per dossier that counts anywhere, as a data frame."""
    end = day_start(read_on + timedelta(days=1))
    found = (as_of(code, events, end, known_at) for code, events in dossiers.items()
             if all(e["kind"] != "erased" for e in events))  # forgotten, also as they once were
    rows = [row_of(d, units, calendar, first_day, read_on) for d in found if d and not d.erased and not d.alias_of]
    frame = pandas.DataFrame(rows)
    return frame[frame.unit_id.notna()]


def form_07a(frame):
    """The cells of 07a (weekly) for the rows of one unit or field, and those that II.06a has besides."""
    new, label = frame[frame.place == "new"], frame["class"]
    online = new[new.channel == "online"]
    cells = {
        "new_counter": (new.channel == "counter").sum(), "new_online_full": (online.level == "full").sum(),
        "new_online_partial": (online.level == "partial").sum(),
        "new_other": (~online.level.isin(["full", "partial"])).sum() + (~new.channel.isin(["counter", "online", "postal"])).sum(),
        "new_postal": (new.channel == "postal").sum(), "non_territorial": new.non_territorial.sum(),
        "carried": (frame.place == "carried").sum(), "early": (label == "early").sum(),
        "on_time": label.isin(["on_time", "withdrawn"]).sum(), "late_apology": (frame.apology & (label == "late")).sum(),
        "late_no_apology": (~frame.apology & (label == "late")).sum(), "not_due": label.isin(["running", "paused"]).sum(),
        "overdue_apology": (frame.apology & (label == "overdue")).sum(),
        "overdue_no_apology": (~frame.apology & (label == "overdue")).sum(), "paid": new.paid.sum(),
        "paid_online": new.paid_online.sum(), "stopped": (frame.stopped & label.isin(["paused", "withdrawn"])).sum(),
        "waiting_in_time": ((label == "waiting") & ~frame.waits_too_long).sum(), "waiting_overdue": frame.waits_too_long.sum(),
        "refused": (label == "refused").sum(), "withdrawn": (label == "withdrawn").sum(),
    }
    cells["paid_direct"] = cells["paid"] - cells["paid_online"]
    cells["received"] = len(new) + cells["carried"]
    cells["settled"] = label.isin(["early", "on_time", "withdrawn", "late"]).sum()
    cells["open"] = label.isin(["running", "paused", "overdue"]).sum()
    return {name: int(value) for name, value in cells.items()} | {"electronic_results": None, "receipts": None}


def form_ii06a(frame):
    cells = form_07a(frame)
    online = ((frame.place == "new") & (frame.channel == "online")).sum()
    return {"received": cells["received"], "new_online": int(online),
            "new_direct": int((frame.place == "new").sum() - online), "carried": cells["carried"], "settled": cells["settled"],
            "early": cells["early"], "on_time": cells["on_time"], "late": cells["late_apology"] + cells["late_no_apology"],
            "open": cells["open"], "open_in_time": cells["not_due"],
            "open_overdue": cells["overdue_apology"] + cells["overdue_no_apology"]}
