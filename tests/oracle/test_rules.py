"""The oracle against examples worked out by hand from the rules, so that it is not merely another opinion."""

import itertools
from datetime import date

import pytest

from dossiers import Rules, fold
from figures import daily, episodes, is_valid, verdict
from histories import EMPTY, Histories, at
from reference import Calendar, Units, day_of

CALENDAR = Calendar({date(2026, 6, 3): True, date(2026, 6, 6): False})  # a Wednesday off, a Saturday of work
counter = itertools.count(1)


def event(kind, occurred_at, **fields):
    return {**EMPTY, "event_id": next(counter).to_bytes(16, "big"), "kind": kind, "dossier_code": "D",
            "occurred_at": occurred_at, "ingested_at": occurred_at + 1000, **fields}


def progress(days, status, **fields):
    return event("progress", at(days), status=status, **fields)


def record(days, **fields):
    return event("record", at(days), ingested_at=at(days), **fields)


def phases(dossier):
    return [(i.phase, i.from_at, i.to_at) for i in dossier.intervals]


def test_a_plain_life():
    dossier = fold("D", [record(0, status=2, accepted_at=at(0), due_at=at(3)), progress(0, 2), progress(1, 4),
                         progress(2, 9), progress(3, 10)])
    assert phases(dossier) == [("running", at(0), at(2)), ("ended", at(2), None)]
    assert (dossier.status, dossier.ended_at, dossier.returned_at) == (10, at(2), at(3))
    assert dossier.accepted_at == at(0) and verdict(dossier) == "early" and not episodes(dossier, at(50))


@pytest.mark.parametrize("ended, said", [(at(2), "early"), (at(3, 23, 59), "on_time"), (at(4, 0, 0), "late")])
def test_verdict_is_by_date(ended, said):
    dossier = fold("D", [record(0, status=2, accepted_at=at(0), due_at=at(3)), event("progress", ended, status=9)])
    assert verdict(dossier) == said


def test_no_due_date_is_never_late():
    dossier = fold("D", [progress(0, 4)])
    assert episodes(dossier, at(500)) == []
    assert verdict(fold("D", [progress(0, 4), progress(400, 9)])) == "on_time"


def test_overdue_begins_at_midnight_after_the_due_day():
    dossier = fold("D", [record(0, status=2, accepted_at=at(0), due_at=at(3))])
    assert episodes(dossier, at(4, 0, 0) - 1) == []
    [late] = episodes(dossier, at(4, 0, 0))
    assert (late.number, late.deadline_at, late.began_at, late.ended_at) == (1, at(4, 0, 0), at(4, 0, 0), None)


def test_a_supplement_pauses_and_moves_the_date():
    events = [record(0, status=2, accepted_at=at(0), due_at=at(3)), progress(1, 4), progress(2, 5), progress(10, 4),
              event("due_changed", at(10), due_before_at=at(3), due_at=at(14), due_reason="supplement"), progress(13, 9)]
    dossier = fold("D", events)
    assert [i.phase for i in dossier.intervals] == ["running", "paused", "running", "ended"]
    assert (dossier.original_due_at, dossier.due_at, dossier.supplement_rounds) == (at(3), at(14), 1)
    assert episodes(dossier, at(50)) == [] and verdict(dossier) == "early"


def test_resumed_with_the_old_date_is_late_at_once():
    dossier = fold("D", [record(0, status=2, accepted_at=at(0), due_at=at(3)), progress(2, 5), progress(10, 4)])
    [late] = episodes(dossier, at(11))
    assert (late.deadline_at, late.began_at) == (at(4, 0, 0), at(10))


def test_a_new_promise_does_not_excuse():
    dossier = fold("D", [record(0, status=2, accepted_at=at(0), due_at=at(3)), record(1, due_at=at(9))])
    assert (dossier.due_at, dossier.promised_at, dossier.reappointments) == (at(3), at(9), 1)
    assert fold("D", [record(0, due_at=at(3)), record(1, due_at=at(9))],
                Rules(due_change_is_correction=True)).due_at == at(9)


def test_an_earlier_date_counts_at_once():
    dossier = fold("D", [record(0, status=2, accepted_at=at(0), due_at=at(9)), record(1, due_at=at(3))])
    assert dossier.due_at == at(3) and len(episodes(dossier, at(5))) == 1


def test_reopened_begins_a_new_episode():
    dossier = fold("D", [record(0, status=2, accepted_at=at(0), due_at=at(3)), progress(5, 9), progress(8, 4)])
    assert [(e.number, e.ended_at) for e in episodes(dossier, at(9))] == [(1, at(5)), (2, None)]
    assert dossier.ended_at is None and verdict(dossier) is None


def test_a_stale_snapshot_does_not_reopen():
    dossier = fold("D", [record(0, status=4, accepted_at=at(0)), record(5, status=9, accepted_at=at(0), ended_at=at(4))])
    assert dossier.phase == "ended" and dossier.ended_at == at(4)
    assert fold("D", [record(0, status=4), record(5, status=9, ended_at=at(4)), record(6, status=4)]).phase == "running"


def test_the_local_stream_decides():
    dossier = fold("D", [progress(0, 4), progress(1, 9, trust="portal"),
                         record(1, trust="portal", procedure_code="1.2", status=9, ended_at=at(1))])
    assert dossier.phase == "running" and dossier.portal_status == 9 and dossier.portal_disagrees
    assert dossier.values["procedure_code"] == "1.2"


def test_transfer_moves_only_from_the_holder():
    events = [record(0, deciding_agency="A"), event("transferred", at(1), transfer_from="X", transfer_to="C"),
              event("transferred", at(2), transfer_from="A", transfer_to="B")]
    assert fold("D", events).values["deciding_agency"] == "B"


def test_alias_and_erased():
    assert fold("D", [progress(0, 4), event("alias", at(1), alias_of="E")]).alias_of == "E"
    assert fold("D", [progress(0, 4), event("erased", at(1))]).erased


def test_any_order_and_any_repetition_give_the_same():
    histories = Histories(7, ["A", "B", None])
    for number in range(300):
        events = histories.dossier(f"D{number}")
        wanted = fold("D", events)
        for _ in range(5):
            histories.random.shuffle(events)
            assert fold("D", events + histories.random.choices(events, k=2)) == wanted


def test_daily_measures():
    dossier = fold("D", [record(0, status=2, submitted_at=at(-1), accepted_at=at(0), due_at=at(1), online_level="full",
                                paid=True), progress(1, 5), progress(2, 6), progress(4, 4), progress(7, 9),
                         event("rated", at(9), rating=4)])
    cells = {(day, name): amount for day, name, amount in daily(dossier, CALENDAR)}
    day = lambda days: day_of(at(days))
    # Monday, then (after the pause) Friday and the Saturday of work; the end is Monday at opening time
    assert cells == {
        (day(-1), "submitted"): 1, (day(0), "accepted"): 1, (day(0), "level_full"): 1, (day(0), "paid"): 1,
        (day(1), "supplements"): 1, (day(7), "late"): 1, (day(7), "work_minutes"): 3 * 480, (day(7), "work_3d"): 1,
        (day(9), "rated"): 1, (day(9), "satisfied"): 1}


@pytest.mark.parametrize("begin, end, minutes", [
    (at(0), at(0, 17, 0), 480), (at(0, 11, 0), at(0, 13, 30), 60), (at(1, 16, 0), at(3, 8, 30), 120),
    (at(4, 17, 0), at(7), 480), (at(6), at(7), 0), (at(0, 0, 0), at(0, 7, 30), 0), (at(0), at(0), 0)])
def test_work_minutes(begin, end, minutes):
    assert CALENDAR.work_minutes(begin, end) == minutes


def test_units():
    merged = date(2025, 6, 30)
    begun = date(2025, 7, 1)
    units = Units([(1, "11713", None, merged, 3, False), (2, "11710", None, merged, None, True),
                   (3, "11713", begun, None, None, False)],
                  [("H.old", "11713", None, merged), ("H.split", "11710", None, merged), ("H.new", "11713", begun, None)])
    before, after = date(2025, 3, 1), date(2025, 9, 1)
    assert units.resolve("H.old", None, before, before) == (1, None)
    assert units.resolve("H.old", None, before, after) == (3, None)
    assert units.resolve("H.old", None, before, None) == (3, None)
    assert units.resolve("H.old", None, after, None) == (None, "expired")
    assert units.resolve("H.new", None, before, None) == (3, None)
    assert units.resolve("H.split", None, before, before) == (2, None)
    assert units.resolve("H.split", None, before, None) == (None, "split")
    assert units.resolve("H.none", None, after, None) == (None, "unknown")
    assert units.resolve("H.none", "11713", after, None) == (3, None)


def test_what_is_fit_to_count():
    assert is_valid(progress(0, 4)) and is_valid(event("erased", at(0)))
    assert not is_valid(progress(0, 0)) and not is_valid(progress(0, 11))
    assert not is_valid(record(0, procedure_code="x" * 65)) and not is_valid(record(0, due_at=1))
    assert not is_valid(event("alias", at(0), alias_of="D")) and not is_valid(event("rated", at(0)))
    assert all(is_valid(e) for n in range(200) for e in Histories(n, ["A"]).dossier("D"))
