"""schemas/checks/rollups.sql tells sums that hold from sums that do not."""

import pytest

DOSSIER = {
    "code": "H24.1-260701-0001", "partition": 1, "unit_id": 1, "erased": False, "procedure_code": "1.000001",
    "channel": "online", "subject": "citizen", "online_level": "full", "status": 9, "phase": "ended",
    "status_basis": "source", "portal_status": 0, "portal_disagrees": False, "reappointments": 0,
    "supplement_rounds": 1, "rating": 5, "paid": True, "paid_online": True, "digitised": True,
    "non_territorial": True, "apology_sent": True,
    # 17:30 UTC is the next day in Viet Nam
    "submitted_at": "2026-06-01 17:30+00", "accepted_at": "2026-06-02 01:00+00", "due_at": "2026-06-05 10:00+00",
    "ended_at": "2026-06-04 09:00+00", "rated_at": "2026-06-06 01:00+00",
}
DAILY = [
    ("2026-06-02", {"submitted": 1, "accepted": 1, "level_full": 1, "non_territorial": 1, "digitised": 1, "paid": 1,
                    "paid_online": 1, "supplements": 1}),
    ("2026-06-04", {"early": 1, "work_minutes": 960, "work_3d": 1}),
    ("2026-06-06", {"rated": 1, "satisfied": 1}),
]
CHECKED = ("submitted accepted refused early on_time late late_apology withdrawn supplements level_full level_partial "
           "level_information non_territorial digitised paid paid_online rated satisfied work_4h work_more")


def insert(site, table, row):
    names = ", ".join(row)
    site.sql(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(row))})", *row.values())


@pytest.fixture
def exact(site):
    """One dossier that ended early, one that runs without an acceptance (so it waits), and their rollups."""
    insert(site, "dossier", DOSSIER)
    running = {"code": "H24.1-260701-0002", "status": 4, "phase": "running", "ended_at": None, "supplement_rounds": 0,
               "rating": 0, "rated_at": None, "submitted_at": None, "accepted_at": None, "procedure_code": None}
    insert(site, "dossier", {**DOSSIER, **running})
    columns = [name for (name,) in site.sql(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'hoso' AND table_name = 'rollup_daily'"
        " AND ordinal_position > 5")]  # the key comes first
    for day, measures in DAILY:
        insert(site, "rollup_daily", {"partition": 1, "unit_id": 1, "day": day, "procedure_code": "1.000001",
                                      "channel": "online", **dict.fromkeys(columns, 0), **measures})
    insert(site, "rollup_open", {"partition": 1, "unit_id": 1, "due_date": "2026-06-05", "procedure_code": "",
                                 "channel": "online", "phase": "waiting", "count": 1})
    return site


def test_sums_that_hold(exact):
    assert exact.check_rollups() == 10 + 1 + 2


def test_dossiers_without_a_place_count_nowhere(exact):
    for number, change in enumerate(({"unit_id": None}, {"alias_of": "H24.1-260701-0001"}, {"erased": True})):
        insert(exact, "dossier", {**DOSSIER, "code": f"H24.1-260702-000{number}", **change})
    exact.check_rollups()


def found(site, change):
    """Whether the check notices what `change` does to sums that held; undone afterwards."""
    site.sql("BEGIN")
    try:
        site.sql(change)
        site.check_rollups()
        return False
    except AssertionError:
        return True
    finally:
        site.sql("ROLLBACK")


def test_one_too_many_is_found(exact):
    missed = [measure for measure in CHECKED.split()
              if not found(exact, f"UPDATE rollup_daily SET {measure} = {measure} + 1 WHERE day = '2026-06-04'")]
    assert not missed


def test_a_sum_in_the_wrong_place_is_found(exact):
    missed = [change for change in (
        "UPDATE rollup_daily SET day = '2026-06-01' WHERE day = '2026-06-02'",
        "UPDATE rollup_daily SET partition = 2",
        "UPDATE rollup_daily SET channel = 'counter'",
        "DELETE FROM rollup_open",
        "UPDATE rollup_open SET phase = 'paused'",
        "UPDATE rollup_open SET due_date = 'infinity'",
        "UPDATE dossier SET due_at = '2026-06-04 10:00+00' WHERE phase = 'ended'",
        "DELETE FROM dossier WHERE phase = 'ended'",
    ) if not found(exact, change)]
    assert not missed
    exact.check_rollups()
