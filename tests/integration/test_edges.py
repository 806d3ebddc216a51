"""Edges against real servers: the C programs itest_*, migrations, `hoso tail`, `hoso report`."""

import json
import os
import subprocess

import psycopg
import pytest
from harness import encode_event, wait_until
from harness.service import SANITIZER_REPORT
from harness.site import build_folder

CODE = "H24.11713-260701-0001"


def run_program(site, name, *arguments):
    environment = {**os.environ, "HOSO_PG_CONNINFO": site.servers.conninfo(site.name),
                   "HOSO_KAFKA_BROKERS": site.servers.brokers}
    return subprocess.Popen([build_folder() / "bin" / name, *arguments], env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.parametrize("name", ["itest_pg", "itest_pg_arrays", "itest_pg_queue", "itest_kafka"])
def test_program(site, name):
    program = run_program(site, name)
    output, _ = program.communicate(timeout=180)
    assert program.returncode == 0 and "# SKIP" not in output and not SANITIZER_REPORT.search(output), output


def test_records_sent_during_an_outage_are_stored_after_it(site):
    site.servers.kafka_kill()
    try:
        program = run_program(site, "itest_kafka_outage", site.events_topic, "500")
        assert program.stdout.readline() == "queued\n"
    finally:
        site.servers.kafka_start()
    output, _ = program.communicate(timeout=120)
    assert program.returncode == 0, output
    assert len({record.key for record in site.events(raw=True)}) == 500


# ---- migrations ----

def new_database(site, suffix):
    with psycopg.connect(site.servers.conninfo(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {site.name}{suffix}")
    return f"{site.name}{suffix}"


@pytest.fixture
def databases(site):
    """Makes more databases; they go with the test."""
    made = []
    yield lambda suffix: made.append(new_database(site, suffix)) or made[-1]
    with psycopg.connect(site.servers.conninfo(), autocommit=True) as admin:
        for name in made:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def migrate_all(site, names):
    """One `hoso db migrate` per name, all at once; their outputs."""
    programs = [subprocess.Popen([build_folder() / "bin" / "hoso", "db", "migrate", "--set",
                                  f"postgres.conninfo={site.servers.conninfo(name)}"],
                                 env={**os.environ, "LANG": "en_US.UTF-8"}, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for name in names]
    outputs = [program.communicate(timeout=120)[0] for program in programs]
    assert [program.returncode for program in programs] == [0] * len(programs), outputs
    return outputs


def test_migrations_at_once_apply_each_file_once(site, databases):
    outputs = migrate_all(site, [databases("a")] * 4)
    assert sorted(int(output.split()[0]) for output in outputs)[:3] == [0, 0, 0], outputs
    assert len({output.split(";")[0] for output in outputs}) == 2, outputs


def test_two_databases_at_once_share_the_reader_role(site, databases):
    names = [databases("b"), databases("c"), databases("d")]
    migrate_all(site, names)
    for name in names:
        with psycopg.connect(site.servers.conninfo(name)) as connection:
            assert connection.execute("SELECT has_table_privilege('hoso_reader', 'analytics.rollup_daily', 'SELECT'),"
                                      " has_schema_privilege('hoso_reader', 'hoso', 'USAGE')").fetchone() == (True, False)


def test_every_column_for_analysts_is_explained(site):
    assert site.sql("""
        SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'analytics'::regnamespace AND a.attnum > 0
          AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)""") == []


def test_changed_migration_is_refused(site):
    site.sql("UPDATE schema_migration SET checksum = '\\x00' WHERE version = '0001'")
    site.hoso("db", "migrate", code=1)


def test_newer_database_is_refused(site):
    site.sql("INSERT INTO schema_migration VALUES ('9999', '\\x00')")
    site.hoso("db", "migrate", code=65)


def test_reference_rows_of_the_city_survive(site):
    site.sql("DELETE FROM agency WHERE agency_code = 'H24.11713'")
    site.sql("UPDATE agency SET valid_from = '2025-08-01' WHERE agency_code = 'H24.10507'")
    site.sql("UPDATE unit SET name = 'Khác' WHERE code = '11713' AND valid_to = 'infinity'")
    def rows():
        return [site.sql(f"SELECT t::text FROM {table} t ORDER BY 1") for table in ("agency", "unit", "work_calendar")]
    before = rows()
    site.hoso("db", "migrate")
    assert rows() == before


def test_changed_reference_file_adds_only_what_is_missing(site):
    site.sql("DELETE FROM agency WHERE agency_code = 'H24.11713'")
    site.sql("UPDATE agency SET valid_from = '2025-08-01' WHERE agency_code = 'H24.10507'")
    site.sql("UPDATE schema_migration SET checksum = '\\x00' WHERE version LIKE 'reference/%%'")
    assert "; 1 reference rows" in site.hoso("db", "migrate")
    assert site.sql("SELECT count(*) FROM agency WHERE agency_code = 'H24.11713'") == [(1,)]
    # a second row for the same days would make the code ambiguous
    assert site.sql("SELECT valid_from::text FROM agency WHERE agency_code = 'H24.10507'") == [("2025-08-01",)]


def test_servers_that_are_away(site):
    site.servers.pg_kill()
    try:
        site.hoso("db", "migrate", code=69)
    finally:
        site.servers.pg_start()
    site.hoso("db", "migrate")
    site.set("postgres", "conninfo", site.servers.conninfo("no_such_database"))
    site.hoso("db", "migrate", code=65)


# ---- hoso tail ----

def event(number, **fields):
    return encode_event(**{
        "event_id": bytes([number] * 16), "kind": "progress", "dossier_code": CODE, "status": 4,
        "occurred_at": 1782866400000, "ingested_at": 1782866401000, **fields})


@pytest.fixture
def topic_of_three(site):
    site.produce(event(1), key=CODE, headers={"ce_id": b"one"}, partition=1)
    site.produce(event(2, kind="rated", rating=5, status=0), key=CODE, partition=1)
    site.produce(b"\x00\x00\x00\x00\x01junk", key="x", partition=3)
    return site


def tail(site, *arguments, **more):
    return site.hoso("tail", "--from", "beginning", "--exit-at-end", *arguments, **more)


def test_tail_format(topic_of_three):
    text = tail(topic_of_three, "--format", "%t %p %o %k %S %h %T %{kind} %{rating} %{due_at} 100%%\\t\\\\\\n")
    lines = sorted(line for line in text.splitlines() if f" {CODE} " in line)
    topic = topic_of_three.events_topic
    assert len(text.splitlines()) == 3
    assert lines[0].startswith(f"{topic} 1 0 {CODE} ") and lines[0].endswith(" progress 0 - 100%\t\\")
    assert " ce_id=one " in lines[0]
    assert lines[1].startswith(f"{topic} 1 1 {CODE} ") and lines[1].endswith(" rated 5 - 100%\t\\")


def test_tail_json(topic_of_three):
    records = [json.loads(line) for line in tail(topic_of_three, "--json").splitlines()]
    by_place = {(record["partition"], record["offset"]): record for record in records}
    assert set(by_place) == {(1, 0), (1, 1), (3, 0)}
    first = by_place[1, 0]
    assert first["headers"] == {"ce_id": "one"} and first["key"] == CODE
    assert first["value"]["event_id"] == "01" * 16 and first["value"]["status"] == 4
    assert first["value"]["occurred_at"] == "2026-07-01T07:40:00.000+07:00" and first["value"]["due_at"] is None
    assert by_place[1, 1]["value"]["rating"] == 5
    assert "value" not in by_place[3, 0] and by_place[3, 0]["undecodable"]


def test_tail_lines_in_two_languages(topic_of_three):
    english = tail(topic_of_three)
    assert f"07:40 01/07/2026  {CODE}  progress: processing" in english and "cannot be decoded" in english
    vietnamese = tail(topic_of_three, environment={"LANG": "vi_VN.UTF-8"})
    assert f"{CODE}  tiến trình: Đang xử lý" in vietnamese


def test_tail_stops_where_it_is_told(topic_of_three):
    site = topic_of_three
    assert tail(site, "--count", "2", "--format", "x") == "xx"
    assert tail(site, "--partition", "1", "--from", "1", "--format", "%o") == "1"
    assert tail(site, "--from", "end", "--format", "x") == ""
    site.hoso("tail", "--from", "99", "--exit-at-end", code=65)
    site.hoso("tail", "--partition", "4", code=65)
    site.hoso("tail", "--topic", "no.such.topic", code=65)
    site.hoso("tail", "--format", "%q", code=65)
    site.hoso("tail", "--json", "--format", "x", code=2)


def test_tail_follows_and_commits_nothing(site):
    program = subprocess.Popen([build_folder() / "bin" / "hoso", "tail", "-c", site.config, "--from", "beginning",
                                "--format", "%{dossier_code}\\n"], text=True, stdout=subprocess.PIPE)
    try:
        for number in (1, 2):
            site.produce(event(number), key=CODE)
            assert program.stdout.readline() == f"{CODE}\n"  # while it runs: a line is never held back
        program.terminate()
        assert program.wait(30) == 0
    finally:
        program.kill()


# ---- hoso report ----

# code: what differs from an open online dossier of July, due on 31 July; then the figures that it counts in
CASES = {
    "open": ({}, "received_online open open_in_time"),
    "no-due": ({"due_at": None}, "received_online open open_in_time"),
    "due-on-the-last-day": ({"due_at": "2026-07-31 08:00+07"}, "received_online open open_in_time"),
    "overdue": ({"due_at": "2026-07-30 23:59+07"}, "received_online open open_overdue"),
    "paused-late": ({"due_at": "2026-07-02 12:00+07", "phase": "paused", "status": 5}, "received_online open open_paused"),
    "last-moment": ({"accepted_at": "2026-07-31 23:59:59+07"}, "received_online open open_in_time"),
    "next-period": ({"accepted_at": "2026-08-01 00:00+07"}, ""),
    "carried": ({"accepted_at": "2026-06-30 23:59+07"}, "carried_over open open_in_time"),
    "ended-before": ({"accepted_at": "2026-06-01 12:00+07", "ended_at": "2026-06-30 10:00+07", "verdict": "early"}, ""),
    "ended-after": ({"ended_at": "2026-08-01 00:00+07", "verdict": "late", "due_at": "2026-07-20 12:00+07"},
                    "received_online open open_overdue"),
    "early": ({"ended_at": "2026-07-05 12:00+07", "verdict": "early", "channel": "counter"}, "received_counter settled settled_early"),
    "on-time": ({"ended_at": "2026-07-31 23:59+07", "verdict": "on_time", "channel": "postal"},
                "received_postal settled settled_on_time"),
    "withdrawn": ({"ended_at": "2026-07-05 12:00+07", "verdict": "on_time", "status": 7, "channel": "unknown"},
                  "received_other settled settled_on_time"),
    "late": ({"ended_at": "2026-07-31 12:00+07", "verdict": "late", "apology_sent": True, "rating": 5, "rated_at": "2026-07-31 20:00+07"},
             "received_online settled settled_late late_with_apology rated satisfied"),
    "late-carried": ({"accepted_at": "2026-05-01 12:00+07", "ended_at": "2026-07-01 00:00+07", "verdict": "late", "rating": 3,
                      "rated_at": "2026-07-02 12:00+07"}, "carried_over settled settled_late rated"),
    "refused": ({"ended_at": "2026-07-05 12:00+07", "status": 3}, ""),
    "waiting": ({"accepted_at": None, "phase": "waiting", "status": 1}, ""),
    "alias": ({"alias_of": "other"}, ""),
    "erased": ({"erased": True}, ""),
    "other-unit": ({"unit_id": 1050702}, ""),
    "former-unit-of-the-code": ({"unit_id": 1171301}, ""),
}


def insert_case(site, code, changes):
    row = {"code": code, "partition": 0, "unit_id": 1171302, "erased": False, "channel": "online", "subject": "citizen",
           "online_level": "full", "status": 9 if "ended_at" in changes else 4,
           "phase": "ended" if "ended_at" in changes else "running", "status_basis": "source", "portal_status": 0,
           "portal_disagrees": False, "accepted_at": "2026-07-01 00:00+07", "due_at": "2026-07-31 12:00+07", "rating": 0,
           "reappointments": 0, "supplement_rounds": 0, "first_ingested_at": "2026-07-31 21:00+07",
           "last_ingested_at": "2026-07-31 21:00+07", **changes}
    site.sql(f"INSERT INTO dossier ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", *row.values())


def report(site, *arguments, **more):
    return site.hoso("report", "--unit", "11713", "--from", "2026-07-01", "--to", "2026-07-31", *arguments, **more)


def test_report_counts_each_case_once(site):
    want = {}
    for code, (changes, figures) in CASES.items():
        insert_case(site, code, changes)
        for figure in figures.split():
            want[figure] = want.get(figure, 0) + 1
    got = json.loads(report(site, "--json"))
    counted = {name: value for name, value in got.items() if isinstance(value, int) and value and name != "adds_up"}
    assert counted == {**want, "received": sum(want[name] for name in want if name.startswith(("received", "carried")))}
    assert got["adds_up"] and got["read_on"] == "2026-07-31" and got["unit_name"] == "Nghi Dương"
    assert got["percent_satisfied"] == "50.00"
    assert got["received"] == got["settled"] + got["open"]


def test_report_in_two_languages(site):
    insert_case(site, "a", {})
    english = report(site)
    assert "Received                                             1" in english and "adds up" in english
    assert "100.00 %" in english
    assert "100,00 %" in report(site, environment={"LANG": "vi_VN.UTF-8"})


def test_report_that_does_not_add_up_says_so(site):
    insert_case(site, "a", {"ended_at": "2026-07-05 12:00+07", "verdict": None})
    assert json.loads(report(site, "--json", code=1))["adds_up"] is False


def test_report_of_no_commune(site):
    site.hoso("report", "--unit", "99999", "--from", "2026-07-01", "--to", "2026-07-31", code=65)
    site.hoso("report", "--unit", "11713", "--from", "2026-07-02", "--to", "2026-07-01", code=2)
    site.hoso("report", "--unit", "11713", "--from", "31/02/2026", "--to", "2026-07-01", code=2)
