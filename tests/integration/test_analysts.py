"""Schema analytics: what is explained, who may read what, and that a reader can do nothing else."""

import itertools

import psycopg
import pytest
from harness import encode_event
from harness.site import Site

PASSWORD = "mat khau thu nghiem"
COMMUNES = {"11713": "Nghi Dương", "10507": "Thành Đông"}
ROLES = {"city": "hoso.make_reader(%s)", "commune": "hoso.make_reader(%s, ARRAY['11713'])",
         "case": "hoso.make_reader(%s, ARRAY['11713'], true)", "nobody": None}


@pytest.fixture(scope="module")
def town(servers, tmp_path_factory):
    """Two communes with three dossiers each, a stranger's, and a login per kind of reader."""
    made = Site(servers, tmp_path_factory.mktemp("town")).create()
    logins = {kind: f"{made.name}_{kind}" for kind in ROLES}
    try:
        made.start("aggregator")
        rows = []
        for agency, number in itertools.product(["H24.11713", "H24.10507", "H99.9"], range(3)):
            code = f"{agency}-260701-000{number}"
            rows.append((code.encode(), encode_event(
                event_id=f"{agency}{number}".encode().ljust(16, b"-"), kind="record", dossier_code=code, occurred_at=1782866400000,
                ingested_at=1782866400000, time_basis="ingest", status=2, deciding_agency=agency, procedure_code="1.001193",
                channel="online", accepted_at=1782866400000, due_at=1782866400000), None, None))
        made.produce_all(rows)
        made.wait_caught_up("aggregator")
        for kind, maker in ROLES.items():
            if maker:
                made.sql(f"SELECT {maker}", logins[kind])
            else:
                made.sql(f"CREATE ROLE {logins[kind]} LOGIN")
            made.sql(f"ALTER ROLE {logins[kind]} PASSWORD '{PASSWORD}'")
        made.logins = logins
        made.hoso("report", "--unit", "all", "--from", "2026-07-01", "--to", "2026-07-31", "--format", "csv")
        yield made
        for login in logins.values():
            made.sql(f"DROP OWNED BY {login}")
    finally:
        made.destroy()
        with psycopg.connect(servers.conninfo(), autocommit=True) as admin:
            for login in logins.values():
                admin.execute(f"DROP ROLE IF EXISTS {login}")


@pytest.fixture
def connect(town):
    """connect("commune"): a connection as that reader logs in."""
    opened = []

    def make(kind):
        address = psycopg.conninfo.conninfo_to_dict(town.servers.conninfo(town.name))
        address.pop("passfile", None)
        connection = psycopg.connect(**{**address, "user": town.logins[kind], "password": PASSWORD}, autocommit=True)
        opened.append(connection)
        return connection
    yield make
    for connection in opened:
        connection.close()


# ---- explained ----

def test_every_view_column_and_form_is_explained_in_vietnamese(town):
    comments = town.sql("""
        SELECT c.relname, a.attname, col_description(c.oid, a.attnum), obj_description(c.oid)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind = 'v' AND a.attnum > 0""")
    marks = set("ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ")
    assert len(comments) > 150
    wrong = [row[:2] for row in comments if not all(text and marks & set(text.lower()) for text in row[2:])]
    assert wrong == []
    forms = town.sql("SELECT proname, obj_description(oid) FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace"
                     " AND (proname LIKE 'form%%' OR proname IN ('report_list', 'report_changes'))")
    assert len(forms) >= 9 and all(text and marks & set(text.lower()) for _, text in forms)


def test_no_code_without_a_name_no_json_no_time_without_zone(town):
    columns = town.sql("""
        SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind = 'v' AND a.attnum > 0""")
    types = {kind for _, _, kind in columns}
    assert not types & {"json", "jsonb", "timestamp without time zone", "text[]", "bytea"}, types
    names = {(view, column) for view, column, _ in columns}
    nameless = {"unit_code", "dossier_code", "alternative_code", "canonical_code"}  # report_export, dossier_code: nothing but keys
    for view, column in names:
        if column.endswith("_code") and column not in nameless and not column.endswith("agency_code"):
            assert (view, column.replace("_code", "_name")) in names, (view, column)
        if column.endswith("_on") and column.replace("_on", "_at") in {c for v, c in names if v == view}:
            continue
    for view in ("dossier", "rollup_daily", "rollup_open", "unit_overview", "unit"):
        assert {(view, "unit_code"), (view, "unit_name")} <= names


# ---- who sees what ----

SEEN = {"city": 6, "commune": 3, "case": 3}


@pytest.mark.parametrize("kind", SEEN)
def test_rows_are_those_of_the_readers_communes(town, connect, kind):
    reader = connect(kind)
    wanted = set(COMMUNES) if kind == "city" else {"11713"}
    for view in ("dossier", "rollup_daily", "rollup_open"):
        found = {code for code, in reader.execute(f"SELECT DISTINCT unit_code FROM analytics.{view} WHERE unit_code IS NOT NULL")}
        assert found == wanted, view
    assert reader.execute("SELECT count(*) FROM dossier WHERE unit_id IS NOT NULL").fetchone() == (SEEN[kind],)
    assert reader.execute("SELECT sum(open) FROM unit_overview").fetchone() == (SEEN[kind],)
    # quarantine belongs to nobody: only the whole city sees it
    assert reader.execute("SELECT coalesce(sum(dossiers), 0) FROM quarantine").fetchone() == (3 if kind == "city" else 0,)


@pytest.mark.parametrize("kind", SEEN)
def test_forms_count_only_the_readers_communes(connect, kind):
    rows = connect(kind).execute("SELECT row_code, received FROM analytics.form_ii06a(NULL, '2026-07-01', '2026-07-31')"
                                 " WHERE received > 0 ORDER BY 1").fetchall()
    assert rows == ([("10507", 3), ("11713", 3)] if kind == "city" else [("11713", 3)])


def test_a_dossier_that_went_to_another_commune_is_not_half_seen(town, connect):
    """Its past stands under the other unit: the reader who has it now must count it there neither now nor then."""
    dossier_id = town.sql("SELECT dossier_id FROM dossier WHERE code = 'H24.11713-260701-0000'")[0][0]
    town.sql("""INSERT INTO dossier_past (read_on, known_at, dossier_id, seen_at, map_version, present_unit_id, unit_id, channel, subject,
                online_level, status, phase, status_basis, accepted_at, rating)
                SELECT '2026-07-02', 'infinity', dossier_id, last_ingested_at, 0, unit_id, 1050702, channel, subject, online_level, 4,
                'running', 'source', accepted_at, 0 FROM dossier WHERE dossier_id = %s""", dossier_id)
    query = "SELECT row_code, received FROM analytics.form_ii06a(NULL, '2026-07-01', '2026-07-02') WHERE received > 0 ORDER BY 1"
    assert connect("commune").execute(query).fetchall() == [("11713", 2)]
    assert connect("city").execute(query).fetchall() == [("10507", 4), ("11713", 2)]
    town.sql("DELETE FROM dossier_past WHERE read_on = '2026-07-02'")


# ---- and can do nothing else: role x table x verb ----

VIEWS = ("unit", "calendar", "procedure", "field", "late_reason", "dossier", "rollup_daily", "rollup_open", "unit_overview",
         "quarantine", "freshness")
RESTRICTED = {"dossier_code": {"case"}, "report_export": {"city"}}
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")


def test_role_by_table_by_verb(town):
    relations = [row[0] for row in town.sql("""SELECT format('%I.%I', relnamespace::regnamespace, relname) FROM pg_class c
        WHERE relnamespace IN ('analytics'::regnamespace, 'hoso'::regnamespace) AND relkind IN ('r', 'v', 'p')""")]
    assert {f"analytics.{view}" for view in (*VIEWS, *RESTRICTED)} == {r for r in relations if r.startswith("analytics.")}
    wrong = []
    for kind, relation, verb in itertools.product(ROLES, relations, VERBS):
        schema, name = relation.split(".")
        may = town.sql("SELECT has_schema_privilege(%s, %s, 'USAGE') AND has_table_privilege(%s, %s, %s)",
                       town.logins[kind], schema, town.logins[kind], relation, verb)[0][0]
        wanted = kind != "nobody" and schema == "analytics" and verb == "SELECT" and kind in RESTRICTED.get(name, {kind})
        if may != wanted:
            wrong.append((kind, relation, verb, may))
    assert not wrong


@pytest.mark.parametrize("statement", [
    "SELECT * FROM hoso.dossier", "SELECT payload FROM hoso.dossier_event", "SELECT * FROM hoso.report_export",
    "SELECT dossier_code FROM analytics.dossier_code", "UPDATE analytics.field SET field_name = 'x'", "CREATE TABLE analytics.x ()",
    "SELECT hoso.make_reader('x')", "SELECT * FROM hoso.alert",
])
def test_a_commune_reader_is_refused(connect, statement):
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
        connect("commune").execute(statement)


def test_only_a_case_reader_sees_codes_and_only_its_own(connect):
    assert {code for code, in connect("case").execute("SELECT dossier_code FROM analytics.dossier_code")} == {
        f"H24.11713-260701-000{n}" for n in range(3)}


def test_a_statement_does_not_last_for_ever(town, connect):
    for kind in SEEN:
        assert connect(kind).execute("SHOW statement_timeout").fetchone() == ("1min",)
        assert connect(kind).execute("SHOW default_transaction_read_only").fetchone() == ("on",)
    town.sql(f"ALTER ROLE {town.logins['city']} SET statement_timeout = '50ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        connect("city").execute("SELECT count(*) FROM generate_series(1, 1000000000)")
    town.sql("SELECT hoso.make_reader(%s)", town.logins["city"])


def test_a_service_that_does_not_own_the_tables_is_let_through(town):
    town.sql("GRANT SELECT ON hoso.dossier TO hoso_service")
    try:
        town.sql("SET ROLE hoso_service")
        assert town.sql("SELECT count(*) FROM pg_class WHERE oid = 'hoso.dossier'::regclass") == [(1,)]
    except psycopg.errors.InsufficientPrivilege:
        town.sql("RESET ROLE")  # no right to the schema: what an administrator grants to services is the administrator's
    finally:
        town.sql("RESET ROLE")
    policies = town.sql("SELECT tablename, policyname, cmd FROM pg_policies WHERE schemaname = 'hoso' AND 'hoso_service' = ANY (roles)")
    assert {(table, cmd) for table, _, cmd in policies} == {
        (table, "ALL") for table in ("dossier", "rollup_daily", "rollup_open", "dossier_past")}


# ---- the dimensions ----

def test_calendar_and_units(town):
    assert town.sql("SELECT year, count(*) FROM calendar WHERE is_working AND year_known AND year IN (2025, 2026) GROUP BY 1"
                    " ORDER BY 1") == [(2025, 250), (2026, 249)]
    assert town.sql("SELECT unit_full_name, in_force, successor_name, predecessors FROM analytics.unit WHERE unit_code = '11713' ORDER BY"
                    " in_force") == [("xã Kiến Quốc", False, "xã Nghi Dương", 0), ("xã Nghi Dương", True, None, 3)]


@pytest.mark.parametrize("submitted, deadline", [
    ("2026-07-01 08:00", "2026-07-02 08:00"), ("2026-07-01 07:30", "2026-07-01 17:00"), ("2026-07-01 20:00", "2026-07-02 17:00"),
    ("2026-07-03 16:00", "2026-07-06 16:00"), ("2026-07-04 10:00", "2026-07-06 17:00"), ("2026-07-01 12:00", "2026-07-02 11:30"),
])
def test_acceptance_deadline_is_eight_working_hours(town, submitted, deadline):
    assert town.sql("SELECT to_char(acceptance_deadline(%s::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')"
                    " AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD HH24:MI')", submitted) == [(deadline,)]


def test_office_hours_are_those_of_the_configuration(town):
    """`hoso report` and `hoso db migrate` carry [calendar] hours over to where SQL judges acceptance by them."""
    deadline = ("SELECT to_char(acceptance_deadline('2026-07-01 08:00+07') AT TIME ZONE 'Asia/Ho_Chi_Minh', 'DD HH24:MI')",)
    town.hoso("db", "migrate", "--set", "calendar.hours=08:00-12:00,13:00-17:00")
    assert town.sql(*deadline) == [("01 17:00",)]
    town.hoso("report", "--unit", "all", "--from", "2026-07-01", "--to", "2026-07-31")
    assert town.sql(*deadline) == [("02 08:00",)]
