"""A month made by hand: dossiers of xã Nghi Dương around July 2025, each with what it counts as, worked out from the law and
domain rules by a person, and below them the cells of every form, added up by hand. Nothing here is computed by the product.

The communes were merged on 1 July 2025: Kiến Quốc (11713 until then), Ngũ Phúc (11710) and Du Lễ became Nghi Dương (11713).
31 July is a Thursday, 31 August a Sunday.

`july`, `august` (and `june`, of the former commune 11713): place and class in the report of that month, "" = it counts nowhere.
"""

import itertools
from datetime import datetime, timedelta, timezone

VN = timezone(timedelta(hours=7))
NGHI_DUONG, THANH_DONG, KIEN_QUOC, NGU_PHUC, SPLIT, UNKNOWN = (
    "H24.11713", "H24.10507", "H24.0.11713", "H24.0.11710", "H24.0.10528", "H99.9")
_ids = itertools.count(1)


def when(text):
    """"05/07", "05/07 16:30", "05/07 16:30:15" of 2025; 09:00 where no time is given. Milliseconds."""
    day, _, clock = text.partition(" ")
    clock = clock or "09:00"
    clock += ":00" if clock.count(":") == 1 else ""
    return int(datetime.strptime(f"{day}/2025 {clock}", "%d/%m/%Y %H:%M:%S").replace(tzinfo=VN).timestamp()) * 1000


def event(kind, at, known=None, **fields):
    return {"kind": kind, "event_id": next(_ids).to_bytes(16, "big"), "occurred_at": at,
            "ingested_at": when(known) if known else at + 60_000, **fields}


def rec(acc=None, sub=None, due=None, end=None, known=None, **fields):
    """A whole record, received a minute after acceptance (or filing) unless `known` says when."""
    times = {"accepted_at": acc, "submitted_at": sub, "due_at": due, "ended_at": end}
    received = when(known) if known else when(acc or sub) + 60_000
    values = {"procedure_code": "2.000815", "deciding_agency": NGHI_DUONG, "channel": "online", "online_level": "full",
              "status": 9 if end else 2 if acc else 1, **fields}
    return event("record", received, known or None, time_basis="ingest",
                 **{k: when(v) for k, v in times.items() if v}, **values) | {"ingested_at": received}


def to(status, at, known=None, **fields):
    """A progress row."""
    return event("progress", when(at), known, status=status, **fields)


def due(new, at, reason, old=None):
    return event("due_changed", when(at), due_at=when(new), due_reason=reason, **({"due_before_at": when(old)} if old else {}))


def move(agency_from, agency_to, at):
    return event("transferred", when(at), transfer_from=agency_from, transfer_to=agency_to)


def apology(at):
    return event("apology_sent", when(at))


def rate(stars, at):
    return event("rated", when(at), rating=stars)


def undated(status, known):
    return event("status", when(known), known, status=status, time_basis="ingest")


DOSSIERS = []


def dossier(name, *events, july="", august="", june="", **extra):
    code = f"H24.11713-2507{len(DOSSIERS) // 90 + 1:02}-{len(DOSSIERS) + 1:04}"
    DOSSIERS.append({"name": name, "code": code, "events": [{**e, "dossier_code": code} for e in events],
                     "june": june, "july": july, "august": august, **extra})


COUNTER = {"channel": "counter", "online_level": "unknown"}

# ---- settled: early, on time, late ----
dossier("early", rec("01/07", due="10/07"), to(9, "05/07"), july="new early")
dossier("same day", rec("02/07 08:00", due="02/07 17:00", **COUNTER), to(9, "02/07 16:00"), july="new on_time")
dossier("after the hour but on the day", rec("02/07", due="03/07 09:00"), to(9, "03/07 16:00"), july="new on_time")
dossier("one day late", rec("01/07", due="10/07"), to(9, "11/07 08:00"), july="new late")
dossier("late, with an apology", rec("01/07", due="10/07"), apology("09/07"), to(9, "14/07"), july="new late")
dossier("no due date, done", rec("01/07"), to(9, "20/07"), july="new on_time")
dossier("no due date, open", rec("01/07"), july="new running", august="carried running")
dossier("ended and handed over at once", rec("07/07", due="13/07"), to(10, "12/07"), july="new early")
# ---- withdrawn, refused, waiting ----
dossier("withdrawn", rec("03/07", due="10/07"), to(7, "08/07"), july="new withdrawn")
dossier("withdrawn after the due day", rec("03/07", due="10/07"), to(7, "15/07"), july="new withdrawn")
dossier("withdrawn in the next month", rec("21/07", due="01/08"), to(7, "02/08"), july="new running", august="carried withdrawn")
dossier("refused at intake", rec(sub="03/07"), to(1, "03/07"), to(3, "04/07"), july="refused")
dossier("refused after acceptance", rec("07/07", due="15/07"), to(3, "09/07"), july="refused")
dossier("filed on the last afternoon", rec(sub="31/07 14:00"), to(1, "31/07 14:00"),
        rec("01/08 10:00", sub="31/07 14:00", due="06/08"), to(9, "05/08"), july="waiting", august="new early")
dossier("waits too long to be accepted", rec(sub="29/07"), to(1, "29/07"), rec("04/08", sub="29/07", due="08/08"),
        july="waiting", august="new overdue")  # 8 working hours ended on 30 July at 09:00
dossier("waits at the counter: no such clock", rec(sub="25/07", **COUNTER), to(1, "25/07"), july="waiting", august="waiting")
# ---- open at the end of the month ----
dossier("open, due later", rec("30/07", due="05/08"), to(4, "30/07 10:00"), to(9, "05/08"), july="new running",
        august="carried on_time")
dossier("due on the last day", rec("21/07", due="31/07"), july="new running", august="carried overdue")
dossier("due the day before the last", rec("21/07", due="30/07 23:59"), to(9, "04/08"), july="new overdue", august="carried late")
dossier("overdue, with an apology", rec("21/07", due="30/07"), apology("29/07"), to(9, "04/08"), july="new overdue",
        august="carried late")
dossier("the apology came in August", rec("21/07", due="29/07"), apology("04/08"), july="new overdue", august="carried overdue")
dossier("due on the last day of August", rec("05/08", due="31/08"), august="new running")
# ---- pauses ----
dossier("supplement over the month's end", rec("15/07", due="25/07"), to(5, "21/07"), due("15/08", "05/08", "supplement", "25/07"),
        to(4, "05/08"), to(9, "14/08"), july="new paused", august="carried early")
dossier("paused after it was overdue", rec("01/07", due="10/07"), to(5, "15/07"), july="new paused", august="carried paused")
dossier("waits for payment, then no new date", rec("10/07", due="20/07"), to(6, "18/07"), to(4, "04/08"), july="new paused",
        august="carried overdue")
dossier("stopped", rec("10/07", due="30/07"), to(8, "22/07"), july="new paused", august="carried paused", stopped=True)
dossier("supplement within the month, new date", rec("01/07", due="08/07"), to(5, "03/07"),
        due("20/07", "10/07", "supplement", "08/07"), to(4, "10/07"), to(9, "18/07"), july="new early")
dossier("supplement within the month, old date", rec("01/07", due="08/07"), to(5, "03/07"), to(4, "10/07"), to(9, "15/07"),
        july="new late")
dossier("two supplements", rec("01/07", due="08/07"), to(5, "02/07"), due("12/07", "04/07", "supplement", "08/07"), to(4, "04/07"),
        to(5, "07/07"), due("18/07", "10/07", "supplement", "12/07"), to(4, "10/07"), to(9, "18/07"), july="new on_time")
# ---- due dates that move ----
dossier("re-appointed: judged by the first date", rec("01/07", due="10/07"), due("20/07", "09/07", "reappointment", "10/07"),
        to(9, "15/07"), july="new late")
dossier("re-appointed beyond the month", rec("07/07", due="21/07"), due("10/08", "18/07", "reappointment", "21/07"),
        to(9, "08/08"), july="new overdue", august="carried late")
dossier("re-appointed in August only", rec("21/07", due="04/08"), due("20/08", "01/08", "reappointment", "04/08"),
        to(9, "18/08"), july="new running", august="carried late")
dossier("typing error corrected", rec("01/07", due="10/07"), due("20/07", "02/07", "correction", "10/07"), to(9, "18/07"),
        july="new early")
dossier("an earlier date counts at once", rec("01/07", due="30/07"), due("15/07", "03/07", "unknown", "30/07"), to(9, "21/07"),
        july="new late")
# ---- from the month before, and the merger ----
dossier("of Kiến Quốc, done in July", rec("20/06", due="05/07", deciding_agency=KIEN_QUOC), to(9, "04/07"),
        june="new running", july="carried early")
dossier("of Ngũ Phúc, never done", rec("10/06", due="25/06", deciding_agency=NGU_PHUC), july="carried overdue",
        august="carried overdue")
dossier("of Kiến Quốc, done before the merger", rec("02/06", due="10/06", deciding_agency=KIEN_QUOC), to(9, "09/06"),
        june="new early")
dossier("its last minute", rec("20/06", due="30/06", deciding_agency=KIEN_QUOC), to(9, "30/06 23:59"), june="new on_time")
dossier("the first instant of July", rec("20/06", due="01/07", deciding_agency=KIEN_QUOC), to(9, "01/07 00:00"),
        june="new running", july="carried on_time")
dossier("overdue before the merger, and late", rec("10/06", due="20/06", deciding_agency=KIEN_QUOC), to(9, "07/07"),
        june="new overdue", july="carried late")
dossier("paused since before the merger", rec("10/06", due="20/06", deciding_agency=KIEN_QUOC), to(5, "16/06"),
        june="new paused", july="carried paused", august="carried paused")
dossier("of a unit that was split", rec("10/06", due="20/06", deciding_agency=SPLIT))
# ---- the edges of the month ----
dossier("accepted in the last minute", rec("31/07 23:59", due="05/08"), to(9, "04/08"), july="new running", august="carried early")
dossier("accepted in the first instant of August", rec("01/08 00:00", due="10/08"), to(9, "08/08"), august="new early")
dossier("done in the last second", rec("21/07", due="31/07"), to(9, "31/07 23:59:59"), july="new on_time")
dossier("done in the first instant of August", rec("21/07", due="31/07"), to(9, "01/08 00:00"), july="new running",
        august="carried late")
# ---- reopened ----
dossier("reopened in August, still open", rec("07/07", due="15/07"), to(9, "14/07"), to(4, "06/08"), july="new early",
        august="carried overdue")
dossier("reopened in August, done again", rec("07/07", due="15/07"), to(9, "14/07"), to(4, "06/08"), to(9, "11/08"),
        july="new early", august="carried late")
dossier("reopened within the month", rec("07/07", due="15/07"), to(9, "10/07"), to(4, "12/07"), to(9, "16/07"), july="new late")
# ---- transferred ----
dossier("transferred away in July", rec("03/07", due="30/07"), move(NGHI_DUONG, THANH_DONG, "21/07"), to(9, "25/07"))
dossier("transferred away in August", rec("03/07", due="15/08"), move(NGHI_DUONG, THANH_DONG, "05/08"), july="new running")
dossier("transferred in in July", rec("03/07", due="21/07", deciding_agency=THANH_DONG), move(THANH_DONG, NGHI_DUONG, "10/07"),
        to(9, "18/07"), july="new early")
dossier("transferred in in August", rec("10/07", due="11/08", deciding_agency=THANH_DONG), move(THANH_DONG, NGHI_DUONG, "04/08"),
        to(9, "08/08"), august="carried early")
# ---- channels, levels, payments ----
dossier("by post", rec("07/07", due="14/07", channel="postal", online_level="unknown"), to(9, "14/07"), july="new on_time")
dossier("at a kiosk", rec("07/07", due="09/07", channel="other", online_level="unknown"), to(9, "08/07"), july="new early")
dossier("channel not told", rec("07/07", due="09/07", channel="unknown", online_level="unknown"), to(9, "08/07"), july="new early")
dossier("online, partial", rec("07/07", due="09/07", online_level="partial"), to(9, "08/07"), july="new early")
dossier("online, information", rec("07/07", due="09/07", online_level="information"), to(9, "08/07"), july="new early")
dossier("non-territorial", rec("07/07", due="09/07", non_territorial=True), to(9, "08/07"), july="new early")
dossier("paid online", rec("07/07", due="09/07", paid=True, paid_online=True), to(9, "08/07"), july="new early")
dossier("paid at the counter", rec("07/07", due="09/07", paid=True, paid_online=False, procedure_code="1.001193", **COUNTER),
        to(9, "08/07"), july="new early")
dossier("paid in August", rec("30/07", due="06/08"), event("paid", when("02/08"), paid=True, paid_online=True), to(9, "05/08"),
        july="new running", august="carried early")
# ---- causes of lateness ----
dossier("late: coordination", rec("01/07", due="10/07", late_reason="b", procedure_code="1.012753"), to(9, "14/07"), july="new late")
dossier("late: a code that nobody knows", rec("01/07", due="10/07", late_reason="zz", procedure_code="9.999999"), to(9, "14/07"),
        july="new late")
dossier("overdue: regulations", rec("07/07", due="15/07", late_reason="a"), to(9, "01/08"), july="new overdue", august="carried late")
# ---- ratings ----
dossier("satisfied in July", rec("07/07", due="11/07"), to(9, "09/07"), rate(5, "12/07"), july="new early", rated="july", stars=5)
dossier("dissatisfied in August", rec("07/07", due="11/07"), to(9, "09/07"), rate(2, "03/08"), july="new early", rated="august", stars=2)
# ---- late data; without a date; two streams; names; nobody's ----
dossier("wholly told in August", rec("10/07", due="18/07", end="17/07", known="03/08"), july="new early", told="")
dossier("its late end told in August", rec("10/07", due="21/07"), to(4, "12/07"), to(9, "25/07", known="05/08"), july="new late",
        told="new overdue")
dossier("its end in time told in August", rec("10/07", due="21/07"), to(9, "18/07", known="05/08"), july="new early",
        told="new overdue")
dossier("ended by a word without a date", rec("10/07", due="25/07"), undated(9, "24/07"), july="new early")
dossier("the same, a month later", rec("10/07", due="31/07"), undated(9, "02/08"), july="new running", august="carried late")
dossier("acceptance corrected into August", rec("31/07 16:00", due="08/08"), rec("01/08 08:00", due="08/08", known="02/08"),
        to(9, "07/08"), august="new early", told="new running")
dossier("the portal says done, the office does not", rec("10/07", due="11/08"), to(4, "10/07 10:00"),
        to(9, "18/07", trust="portal"), july="new running", august="carried overdue")
dossier("another name of the first", rec("10/07", due="21/07"), event("alias", when("05/08"), alias_of="H24.11713-250701-0001"),
        told="new overdue")
dossier("erased in August", rec("10/07", due="21/07"), event("erased", when("06/08")), told="")
dossier("an office that no map knows", rec("10/07", due="21/07", deciding_agency=UNKNOWN))

# ---- the forms, added up by hand ----
# Of July's 61: 56 accepted in it and 5 carried over; 39 settled, 22 open.
II06A = {
    "june": {"received": 6, "new_online": 6, "new_direct": 0, "carried": 0, "settled": 2, "early": 1, "on_time": 1, "late": 0,
             "open": 4, "open_in_time": 3, "open_overdue": 1},
    "july": {"received": 61, "new_online": 51, "new_direct": 5, "carried": 5, "settled": 39, "early": 20, "on_time": 9, "late": 10,
             "open": 22, "open_in_time": 16, "open_overdue": 6},
    "august": {"received": 29, "new_online": 5, "new_direct": 0, "carried": 24, "settled": 17, "early": 7, "on_time": 2, "late": 8,
               "open": 12, "open_in_time": 5, "open_overdue": 7},
}
BTP_07A = {
    "july": {"received": 61, "new_counter": 2, "new_online_full": 49, "new_online_partial": 1, "new_other": 3, "new_postal": 1,
             "non_territorial": 1, "carried": 5, "settled": 39, "in_time": 29, "late_apology": 1, "late_no_apology": 9, "open": 22,
             "not_due": 16, "overdue_apology": 1, "overdue_no_apology": 5, "paid": 2, "paid_online": 1, "paid_direct": 1,
             "stopped": 1, "waiting_in_time": 2, "waiting_overdue": 1, "refused": 2, "withdrawn": 2,
             "electronic_results": None, "receipts": None},
    "august": {"received": 29, "new_counter": 0, "new_online_full": 5, "new_online_partial": 0, "new_other": 0, "new_postal": 0,
               "non_territorial": 0, "carried": 24, "settled": 17, "in_time": 9, "late_apology": 1, "late_no_apology": 7, "open": 12,
               "not_due": 5, "overdue_apology": 1, "overdue_no_apology": 6, "paid": 0, "paid_online": 0, "paid_direct": 0,
               "stopped": 1, "waiting_in_time": 1, "waiting_overdue": 0, "refused": 0, "withdrawn": 1,
               "electronic_results": None, "receipts": None},
}
# One dossier each of Hộ tịch (at the counter, early) and Đất đai (late, cause b), one of a procedure without a name (late).
II06B_JULY = {
    "Chứng thực": {"received": 58, "new_online": 49, "new_direct": 4, "carried": 5, "settled": 36, "early": 19, "on_time": 9, "late": 8,
                   "open": 22, "open_in_time": 16, "open_overdue": 6},
    "Hộ tịch": {"received": 1, "new_online": 0, "new_direct": 1, "carried": 0, "settled": 1, "early": 1, "on_time": 0, "late": 0,
                "open": 0, "open_in_time": 0, "open_overdue": 0},
    "Đất đai": {"received": 1, "new_online": 1, "new_direct": 0, "carried": 0, "settled": 1, "early": 0, "on_time": 0, "late": 1,
                "open": 0, "open_in_time": 0, "open_overdue": 0},
    "Không rõ": {"received": 1, "new_online": 1, "new_direct": 0, "carried": 0, "settled": 1, "early": 0, "on_time": 0, "late": 1,
                 "open": 0, "open_in_time": 0, "open_overdue": 0},
}
CAUSES_JULY = {  # total, late: all, with and without apology; overdue: the same
    "a": (1, 0, 0, 0, 1, 0, 1), "b": (1, 1, 0, 1, 0, 0, 0), "c": (0, 0, 0, 0, 0, 0, 0), "d": (0, 0, 0, 0, 0, 0, 0),
    "zz": (1, 1, 0, 1, 0, 0, 0), None: (13, 8, 1, 7, 5, 1, 4),
}
PROGRESS_766_JULY = {  # total, settled in time, open in time, late, overdue, hundredths of a per cent
    "2.000815": (58, 28, 16, 8, 6, 7586), "1.001193": (1, 1, 0, 0, 0, 10000), "1.012753": (1, 0, 0, 1, 0, 0),
    "9.999999": (1, 0, 0, 1, 0, 0),
}
SUMMARY_RATINGS = {"july": (1, 1), "august": (1, 0)}
