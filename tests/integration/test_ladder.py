"""The ladder of alerts on real parts: every rule fires in its time, once, and ends as it should. Simulated clocks put the
alerter seconds before the moments that matter."""

import time

import pytest
from harness import wait_until
from test_alerter import AGENCY, OTHER_AGENCY, Stream, start

HOUR = 3_600_000
VN = 7 * HOUR
MONDAY = (1_772_409_600_000 - VN)  # 2026-03-02, 00:00 in Viet Nam: no holiday near


def vn(day, hour, minute=0):
    """Milliseconds of a time in the week of Monday 2026-03-02."""
    return MONDAY + day * 24 * HOUR + hour * HOUR + minute * 60_000


def at_work(site, moment, lead_ms=9000):
    """A stream whose clock, and the alerter's, stands lead_ms before the moment."""
    site.sql("DELETE FROM alert_rule")
    stream = Stream(site, moment - lead_ms - time.time_ns() // 1_000_000)
    site.sql("DELETE FROM alert_rule")
    return stream


def rules(site, code):
    return {(rule, episode): (state, reason) for rule, episode, state, reason in site.sql(
        "SELECT rule, episode, state, reason FROM alert WHERE dossier_code = %s", code)}


CODE = "H24.11713-260302-0001"


def accepted(stream, at, due_at, code=CODE, **fields):
    return stream.event("record", code, status=4, accepted_at=at, due_at=due_at, deciding_agency=AGENCY, procedure_code="1.005129",
                        **fields)


def test_warnings_climb_and_the_deadline_takes_over(site):
    stream = at_work(site, vn(3, 7, 30))  # Thursday morning
    start(site)
    stream.say(accepted(stream, vn(-7, 8), vn(4, 16)))  # due on Friday
    wait_until(lambda: rules(site, CODE) == {("due_soon_1", 1): ("firing", "due_soon")}, "three days ahead, on Tuesday")
    wait_until(lambda: rules(site, CODE) == {
        ("due_soon_1", 1): ("resolved", "time_passed"), ("due_soon_2", 1): ("firing", "due_soon"),
        ("apology_missing", 1): ("firing", "no_apology")}, "the day before, at the opening")
    fired = dict(site.sql("SELECT rule, fired_at FROM alert"))
    assert 0 <= fired["due_soon_2"].timestamp() * 1000 - vn(3, 7, 30) < 2000
    stream.say(stream.event("apology_sent", CODE, apology_sent=True), stream.step(CODE, 9, at=stream.now() + 1000))
    assert rules(site, CODE)["due_soon_2", 1] == ("resolved", "done")
    assert rules(site, CODE)["apology_missing", 1] == ("resolved", "apology_sent")
    assert site.sql("SELECT count(*) FROM alert_watch WHERE deadline_at IS NOT NULL") == [(0,)]
    assert site.sql("SELECT count(*) FROM alert_watch WHERE forget_at IS NOT NULL") == [(1,)]


def test_nobody_accepts_within_eight_working_hours(site):
    stream = at_work(site, vn(1, 10))  # Tuesday at ten
    start(site)
    stream.say(stream.event("record", CODE, status=1, submitted_at=vn(0, 10), channel="online", deciding_agency=AGENCY))
    assert rules(site, CODE) == {}
    wait_until(lambda: rules(site, CODE) == {("acceptance", 1): ("firing", "deadline_passed")}, "eight working hours are over")
    stream.say(stream.step(CODE, 2))
    assert rules(site, CODE) == {("acceptance", 1): ("resolved", "accepted")}


def test_a_step_is_late_before_the_dossier_is(site):
    stream = at_work(site, vn(3, 0))
    start(site)
    stream.say(accepted(stream, vn(0, 8), vn(14, 16)), stream.step(CODE, 4, at=vn(1, 8), step_due_at=vn(2, 11)))
    wait_until(lambda: rules(site, CODE) == {("step_overdue", 1): ("firing", "deadline_passed")}, "the step is late at midnight")
    stream.say(stream.step(CODE, 4, at=vn(3, 0) + 10_000))
    assert rules(site, CODE) == {("step_overdue", 1): ("resolved", "step_done")}


def test_a_late_supplement_and_a_second_reappointment(site):
    stream = at_work(site, vn(11, 9))
    start(site)
    due = vn(30, 16)
    stream.say(accepted(stream, vn(0, 8), due, ingested_at=vn(0, 8)), stream.step(CODE, 5, at=vn(9, 9)),
               stream.event("due_changed", CODE, at=vn(9, 10), due_at=due + 2 * 24 * HOUR, due_reason="reappointment"))
    wait_until(lambda: rules(site, CODE) == {("supplement_late", 1): ("firing", "supplement_late")}, "after three working days")
    stream.say(stream.event("due_changed", CODE, at=vn(10, 10), due_at=due + 4 * 24 * HOUR, due_reason="reappointment"))
    wait_until(lambda: rules(site, CODE).get(("reappointed_twice", 1)) == ("firing", "reappointed"), "once is the most")
    ((original,),) = set(site.sql("SELECT original_due_at FROM alert WHERE rule = 'reappointed_twice'"))
    assert original.timestamp() * 1000 == due


@pytest.mark.parametrize("row", [("due_soon_2", None, None, False, None, None),
                                 ("due_soon_2", "11713", None, False, None, None),
                                 ("due_soon_2", None, "1.005129", None, 5, "days")], ids=["off", "off here", "other lead"])
def test_rules_by_unit_and_procedure(site, row):
    stream = at_work(site, vn(3, 7, 30), lead_ms=0)
    site.sql("INSERT INTO alert_rule VALUES (%s, %s, %s, %s, %s, %s)", *row)
    start(site)
    stream.say(accepted(stream, vn(-21, 8), vn(4, 16)))
    wait_until(lambda: ("apology_missing", 1) in rules(site, CODE), "another rule fires")
    assert ("due_soon_2", 1) not in rules(site, CODE)


# One dossier for each rule that fires on Wednesday at 14:00 by the defaults, and what else those fire.
EVERY_RULE = {"overdue": "A", "apology_missing": "A", "step_overdue": "A", "reappointed_twice": "A", "due_soon_1": "S1", "due_soon_2": "S2",
              "due_soon_3": "S3", "acceptance": "W", "supplement_late": "P"}
PLACES = {"here": (AGENCY, "1.005129"), "another procedure": (AGENCY, "9.000001"), "another unit": (OTHER_AGENCY, "1.005129")}


def one_of_each(stream, place):
    """{what: code}, and their records."""
    agency, procedure = PLACES[place]
    of = {what: f"H24.1-26030{list(PLACES).index(place) + 1}-{number:04}" for number, what in enumerate(
        ["A", "S1", "S2", "S3", "W", "P", "due at eight", "paused over its date", "due in four days"])}
    def opened(what, due_at):
        return stream.event("record", of[what], status=4, accepted_at=vn(-21, 8), due_at=due_at, deciding_agency=agency,
                            procedure_code=procedure, ingested_at=vn(-21, 8))
    return of, [
        opened("A", vn(-8, 16)), stream.step(of["A"], 4, at=vn(-6, 8), step_due_at=vn(-4, 11)),
        *[stream.event("due_changed", of["A"], at=vn(day, 10), due_at=vn(day + 4, 16), due_reason="reappointment") for day in (-9, -7)],
        opened("S1", vn(7, 16)), opened("S2", vn(3, 16)), opened("S3", vn(2, 16)),
        stream.event("record", of["W"], status=1, submitted_at=vn(0, 10), channel="online", deciding_agency=agency,
                     procedure_code=procedure),
        opened("P", vn(30, 16)), stream.step(of["P"], 5, at=vn(1, 9)),
        opened("due at eight", vn(2, 8)), opened("due in four days", vn(8, 16)),
        opened("paused over its date", vn(0, 16)), stream.step(of["paused over its date"], 5, at=vn(-3, 9)),
        stream.step(of["paused over its date"], 4, at=vn(1, 9))]


def firing(site, code):
    return {rule for (rule, _), (state, _) in rules(site, code).items() if state == "firing"}


@pytest.mark.parametrize("unit, procedure, off", [("11713", "1.005129", ["here"]), ("11713", None, ["here", "another procedure"]),
                                                  (None, "1.005129", ["here", "another unit"])], ids=["both", "unit", "procedure"])
def test_every_rule_is_switched_per_unit_and_procedure(site, unit, procedure, off):
    stream = at_work(site, vn(2, 14), lead_ms=0)
    for rule in EVERY_RULE:
        site.sql("INSERT INTO alert_rule (rule, unit_code, procedure_code, enabled) VALUES (%s, %s, %s, false)", rule, unit, procedure)
    start(site)
    of = {}
    for place in PLACES:
        of[place], rows = one_of_each(stream, place)
        stream.send(*rows)
    def on(place):
        return {rule for rule, what in EVERY_RULE.items() if rule in firing(site, of[place][what])}
    for place in set(PLACES) - set(off):
        wait_until(lambda place=place: on(place) == set(EVERY_RULE) or print(set(EVERY_RULE) - on(place)), f"{place}: every rule fires")
    site.wait_caught_up("alerter")
    for place in off:
        assert [firing(site, code) for code in of[place].values() if firing(site, code)] == [], place


def test_every_amount_and_setting_per_unit_and_procedure(site):
    stream = at_work(site, vn(2, 14), lead_ms=0)
    for rule, amount, setting in [("overdue", None, "timestamp"), ("due_soon_1", 1, "days"), ("due_soon_2", 5, "hours"),
                                  ("due_soon_3", 1, "hours"), ("acceptance", 40, None), ("supplement_late", 30, None),
                                  ("apology_missing", 5, None), ("resume", None, "extend"), ("escalation", 16, None)]:
        site.sql("INSERT INTO alert_rule (rule, unit_code, procedure_code, amount, setting) VALUES (%s, '11713', '1.005129', %s, %s)",
                 rule, amount, setting)
        # weaker, and otherwise: what names more decides
        site.sql("INSERT INTO alert_rule (rule, unit_code, enabled) VALUES (%s, '11713', %s)", rule, None if rule == "resume" else True)
    start(site)
    of = {}
    for place in PLACES:
        of[place], rows = one_of_each(stream, place)
        stream.send(*rows)
    site.wait_caught_up("alerter")
    def as_wanted(place):
        found = {what: firing(site, code) for what, code in of[place].items()}
        return found if found == (tuned if place == "here" else usual) else print(place, found)
    usual = {"A": {"overdue", "apology_missing", "step_overdue", "reappointed_twice"}, "S1": {"due_soon_1"},
             "S2": {"due_soon_2", "apology_missing"}, "S3": {"due_soon_3", "apology_missing"}, "W": {"acceptance"}, "P": {"supplement_late"},
             "due at eight": {"due_soon_3", "apology_missing"}, "paused over its date": {"overdue", "apology_missing"},
             "due in four days": set()}
    # A was accepted half an hour after the opening of the fifth working day (Tết lies between) before its date: a term shorter than the lead
    tuned = {**usual, "A": usual["A"] - {"apology_missing"}, "S1": {"apology_missing"}, "S2": {"apology_missing"},
             "S3": {"due_soon_2", "apology_missing"}, "W": set(), "P": set(), "due at eight": {"overdue", "apology_missing"},
             "paused over its date": {"due_soon_2", "apology_missing"}, "due in four days": {"apology_missing"}}
    for place in PLACES:
        wait_until(lambda place=place: as_wanted(place), f"{place}: what is wanted there", 15)
    hours = dict(site.sql("SELECT dossier_code, extract(epoch FROM escalate_at - fired_at) / 3600 FROM alert WHERE rule = 'overdue'"))
    assert hours[of["here"]["A"]] > 40 > 20 > hours[of["another unit"]["A"]], hours  # 16 working hours are two days, 4 end tomorrow


@pytest.mark.parametrize("running", [True, False], ids=["while it runs", "while it does not"])
def test_a_changed_rule_holds_for_what_is_open(site, running):
    stream = at_work(site, vn(2, 10))
    site.sql("INSERT INTO alert_rule (rule, enabled) VALUES ('due_soon_1', false)")
    alerter = start(site)
    stream.say(accepted(stream, vn(-21, 8), vn(4, 16)))  # due in two days: three days ahead was yesterday
    assert rules(site, CODE) == {}
    if not running:
        alerter.terminate()
    site.sql("UPDATE alert_rule SET enabled = true")
    if not running:
        alerter.start()
    def warned():
        return [seen for (rule, _), seen in sorted(rules(site, CODE).items()) if rule == "due_soon_1"]
    wait_until(lambda: warned() == [("firing", "due_soon")], "the warning, without an event")
    site.sql("UPDATE alert_rule SET amount = 1")
    wait_until(lambda: warned() == [("retracted", "rule_changed")], "one day ahead is too early for it")
    site.sql("INSERT INTO work_calendar VALUES ('2026-03-05', true, 'thử', 'thử')")
    wait_until(lambda: warned() == [("retracted", "rule_changed"), ("firing", "due_soon")],
               "Thursday is a holiday now: the working day before is today")
    site.sql("UPDATE alert_rule SET enabled = false")
    wait_until(lambda: warned()[1] == ("resolved", "rule_off"), "switched off")


def test_a_rule_that_cannot_be_is_refused(site):
    site.sql("INSERT INTO alert_rule (rule, setting) VALUES ('overdue', 'sometimes')")
    alerter = site.start("alerter")
    alerter.expect_exit(78)
    assert "does not fit the rule overdue" in alerter.log()


def test_events_of_ended_dossiers_are_forgotten(site):
    stream = at_work(site, vn(3, 10))
    start(site, overrides={"alerter.forget_after": "1d"})
    old = stream.now() - 3 * 24 * HOUR
    kept = "H24.11713-260302-0002"
    stream.say(accepted(stream, vn(-9, 8), vn(2, 16), ingested_at=old), stream.step(CODE, 9, at=vn(-1, 9), ingested_at=old),
               accepted(stream, vn(-9, 8), None, code=kept, ingested_at=old))
    wait_until(lambda: site.sql("SELECT DISTINCT dossier_code FROM alert_event") == [(kept,)], "what ended is dropped")
    assert site.sql("SELECT dossier_code FROM alert_watch") == [(kept,)]
