"""Who may see and do what on hoso-board: in the API, and in PostgreSQL by itself."""

import itertools
import json

import psycopg
import pytest
from harness import wait_until
from harness.board import PASSWORD, Visitor, add_user, login_body

USERS = {"trucban": ("city", None), "nghiduong": ("commune", "11713"), "thanhdong": ("commune", "10507"),
         "phantich": ("analyst", None), "vanhanh": ("operator", None)}
TABLES = ("dossier", "dossier_event", "rollup_daily", "rollup_open", "alert")


@pytest.fixture
def board(site):
    for name, (role, unit) in USERS.items():
        add_user(site, name, role, unit)
    return site.start("board", {"board.proxies": "127.0.0.1", "board.sso_header": "X-Remote-User"}).wait_ready()


def fill(site):
    """One dossier, event, cell and alert of each of two communes, and one dossier of nobody's."""
    units = dict(site.sql("SELECT code, unit_id FROM unit WHERE code IN ('11713', '10507') AND valid_to = 'infinity'"))
    site.sql("SET session_replication_role = replica")
    for number, (code, unit) in enumerate([*units.items(), ("none", None)]):
        site.sql("""INSERT INTO dossier (dossier_id, code, partition, unit_id, erased, channel, subject, online_level, status, phase,
                    status_basis, portal_status, portal_disagrees, reappointments, supplement_rounds, rating, first_ingested_at,
                    last_ingested_at, officer) OVERRIDING SYSTEM VALUE
                    VALUES (%s, %s, 0, %s, false, 'online', 'citizen', 'full', 4, 'running', 'source', 0, false, 0, 0, 0, now(), now(), '')""",
                 number + 1, f"D-{code}", unit)
        payload = site.encode_event(event_id=bytes(16), kind="record", dossier_code=f"D-{code}", status=4, occurred_at=0, ingested_at=0)
        site.sql("INSERT INTO dossier_event VALUES (%s, gen_random_uuid(), now(), now(), 'record', 4, 's', %s)", number + 1, payload)
        if unit is None:
            continue
        columns = [name for (name,) in site.sql("""SELECT column_name FROM information_schema.columns WHERE table_schema = 'hoso'
                   AND table_name = 'rollup_daily' AND column_name NOT IN
                   ('partition', 'unit_id', 'day', 'procedure_code', 'channel')""")]
        site.sql(f"""INSERT INTO rollup_daily (partition, unit_id, day, procedure_code, channel, {', '.join(columns)})
                     VALUES (0, {unit}, now()::date, 'p', 'online', {', '.join(['1'] * len(columns))})""")
        site.sql("INSERT INTO rollup_open VALUES (0, %s, now()::date, 'p', 'online', 'running', 1)", unit)
        site.sql("""INSERT INTO alert (alert_id, dossier_code, rule, episode, unit_id, state, silent, reason, due_at, deadline_at,
                    began_at, fired_at) VALUES (gen_random_uuid(), %s, 'overdue', 1, %s, 'firing', false, 'deadline_passed',
                    now(), now(), now(), now())""", f"D-{code}", unit)
    return units


def seen(site, role, units, table):
    """What a transaction of the board's sees: sorted unit ids, or the SQLSTATE of its refusal. units None = not set."""
    with psycopg.connect(site.servers.conninfo(site.name)) as connection:
        connection.execute(f"SET LOCAL ROLE {role}")
        if units is not None:
            connection.execute("SELECT set_config('hoso.units', %s, true)", (str(units),))
        try:
            if table == "dossier_event":
                sql = "SELECT d.unit_id FROM hoso.dossier_event JOIN hoso.dossier d USING (dossier_id)"
                bare = connection.execute("SELECT count(*) FROM hoso.dossier_event").fetchone()[0]
            else:
                sql, bare = f"SELECT unit_id FROM hoso.{table}", None
            found = sorted((row[0] or 0) for row in connection.execute(sql).fetchall())
            assert bare in (None, len(found))
            return found
        except psycopg.Error as error:
            return error.sqlstate


def test_row_level_security_matrix(site):
    units = fill(site)
    nghi_duong, thanh_dong = units["11713"], units["10507"]
    both = sorted(units.values())
    for role, table in itertools.product(("hoso_board_city", "hoso_board_unit"), TABLES):
        everything = both if table not in ("dossier", "dossier_event") else sorted([0, *both])
        expected = {None: [], "": [], "0": [], "-1": [], "x": [], "1 OR true": [], "ALL": [], "all": everything,
                    nghi_duong: [nghi_duong], thanh_dong: [thanh_dong]}
        for setting, wanted in expected.items():
            assert seen(site, role, setting, table) == wanted, (role, table, setting)


@pytest.mark.parametrize("role", ["hoso_board_city", "hoso_board_unit"])
def test_verbs_and_columns_matrix(site, role):
    """The board's readers change nothing, and only a unit's own staff read codes; officers' hashes and payloads nobody."""
    fill(site)
    denied = "42501"
    statements = {f"{verb} {table}": denied for table in TABLES for verb in ("DELETE FROM", "TRUNCATE")}
    statements |= {f"UPDATE {table} SET unit_id = 1": denied for table in TABLES if table != "dossier_event"}
    statements |= {f"INSERT INTO {table} DEFAULT VALUES": denied for table in TABLES}
    statements |= {f"SELECT * FROM {table}": denied for table in ("board_user", "board_session", "board_audit", "outbox",
                                                                    "dlq_outbox", "alert_event", "dossier", "dossier_event")}
    statements |= {"SELECT officer FROM dossier": denied, "SELECT payload FROM dossier_event": denied}
    codes = denied if role == "hoso_board_city" else None
    statements |= {"SELECT code FROM dossier": codes, "SELECT dossier_code FROM alert": codes, "SELECT alias_of FROM dossier": codes,
                   "SELECT unit_id FROM dossier": None}
    for statement, wanted in statements.items():
        with psycopg.connect(site.servers.conninfo(site.name), options="-c search_path=hoso") as connection:
            connection.execute(f"SET LOCAL ROLE {role}")
            try:
                connection.execute(statement)
                got = None
            except psycopg.Error as error:
                got = error.sqlstate
            assert got == wanted, (role, statement)


def test_paths_by_role(site, board):
    fill(site)
    paths = {"/api/v1/overview": (200, 200, 200, 200, 200), "/api/v1/communes": (200, 200, 200, 200, 200),
             "/api/v1/communes/11713": (200, 200, 404, 200, 200), "/api/v1/communes/10507": (200, 404, 200, 200, 200),
             "/api/v1/communes/11713/dossiers": (403, 200, 404, 403, 403), "/api/v1/communes/11713/trend": (200, 200, 404, 200, 200),
             "/api/v1/alerts": (200, 200, 200, 200, 200), "/api/v1/events": (200, 200, 200, 200, 200),
             "/api/v1/dossiers/D-11713": (403, 200, 404, 403, 403), "/api/v1/dossiers/D-none": (403, 404, 404, 403, 403),
             "/api/v1/nothing": (404, 404, 404, 404, 404)}
    visitors = [Visitor(board, name) for name in USERS]
    for path, wanted in paths.items():
        assert tuple(visitor.get(path)[0] for visitor in visitors) == wanted, path
        assert Visitor(board).get(path)[0] == 401, path
        assert visitors[0].post(path)[0] in (404, 405), path
    for visitor, wanted in zip(visitors, ["", "D-11713", "D-10507", "", ""]):
        texts = json.dumps([visitor.get(path)[1] for path in ("/api/v1/alerts", "/api/v1/events")])
        assert {code for code in ("D-11713", "D-10507") if code in texts} == ({wanted} if wanted else set())
        stream = visitor.stream()
        stream.next()
        assert {alert.get("dossier") for alert in stream.alerts.values()} == ({wanted} if wanted else {None})
        assert len(stream.units) == (1 if wanted else 114)


def test_alerts_say_which_clock_speaks(site, board):
    fill(site)
    watching = Visitor(board, "trucban").stream()
    watching.next()
    (alert,) = [alert.hex for alert, code in site.sql("SELECT alert_id, dossier_code FROM alert") if code == "D-11713"]
    for clock, change in (("work", "last_event_at = now() - interval '1 hour', last_ingested_at = now()"),
                          ("data", "last_event_at = now() - interval '25 hours'"), ("silent", "last_ingested_at = now() - interval '73 hours'"),
                          ("portal", "portal_status = 9")):
        site.sql(f"UPDATE alert SET {change}, updated_at = now() WHERE alert_id = %s", alert)
        watching.until(lambda seen, clock=clock: seen.alerts[alert]["clock"] == clock, clock)
        ((event_at, ingested_at),) = site.sql("SELECT floor(extract(epoch FROM last_event_at) * 1000)::bigint, "
                                              "floor(extract(epoch FROM last_ingested_at) * 1000)::bigint FROM alert WHERE alert_id = %s", alert)
        shown = watching.alerts[alert]
        assert (shown["last_event_at"], shown["last_ingested_at"]) == (event_at, ingested_at)


def test_acting_on_alerts_by_role(site, board):
    """Who may only look, and whose alert it is not, changes nothing; what is done is seen by all and written down twice."""
    fill(site)
    alerts = {code: alert.hex for code, alert in site.sql("SELECT dossier_code, alert_id FROM alert")}
    own, other = f"/api/v1/alerts/{alerts['D-11713']}", f"/api/v1/alerts/{alerts['D-10507']}"
    visitors = {name: Visitor(board, name) for name in USERS}
    watching = visitors["trucban"].stream()
    watching.next()
    for name, wanted in {"thanhdong": 404, "phantich": 403, "vanhanh": 403}.items():
        assert visitors[name].post(own + "/acknowledge")[0] == wanted, name
        assert visitors[name].post(own + "/snooze", {"until": "2098-01-01"})[0] == wanted, name
    assert Visitor(board).post(own + "/acknowledge")[0] == 401
    assert visitors["nghiduong"].post(own + "/acknowledge", headers={"X-CSRF-Token": "0" * 64})[0] == 403
    for path in (f"/api/v1/alerts/{'0' * 32}/acknowledge", "/api/v1/alerts/x/acknowledge", own + "/drop", own):
        assert visitors["nghiduong"].post(path)[0] in (404, 405), path
    for until in ({}, {"until": "2020-01-01"}, {"until": "mai"}, {"until": 5}):
        assert visitors["nghiduong"].post(own + "/snooze", until)[0] == 400, until
    assert site.sql("SELECT count(*) FROM alert_audit") == [(0,)]

    assert visitors["nghiduong"].post(own + "/acknowledge")[1]["by"] == "nghiduong"
    assert visitors["trucban"].post(other + "/snooze", {"until": "2098-01-01"})[0] == 200
    watching.until(lambda seen: seen.alerts[alerts["D-11713"]].get("acknowledged_by") == "nghiduong"
                   and "snoozed_until" in seen.alerts[alerts["D-10507"]], "the others see it")
    assert site.sql("SELECT actor, via, act FROM alert_audit ORDER BY audit_id") == [("nghiduong", "board", "ack"), ("trucban", "board", "snooze")]
    assert site.sql("SELECT actor, action, object FROM board_audit WHERE action IN ('acknowledge', 'snooze') ORDER BY id") == [
        ("nghiduong", "acknowledge", alerts["D-11713"]), ("trucban", "snooze", alerts["D-10507"])]
    site.sql("UPDATE alert SET state = 'resolved'")
    assert visitors["nghiduong"].post(own + "/acknowledge")[0] == 409


def test_cookie_and_headers(site, board):
    visitor = Visitor(board, "trucban")
    attributes = {part.strip() for part in visitor.set_cookie.split(";")[1:]}
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/"} <= attributes
    token = visitor.set_cookie.split(";")[0].split("=")[1]
    assert token not in str(site.sql("SELECT encode(token_hash, 'hex') FROM board_session"))
    for path in ("/", "/js/main.js", "/api/v1/me"):
        _, body, headers = board.request(path, headers=visitor.headers)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and headers["X-Content-Type-Options"] == "nosniff"
        assert b"<script>" not in body and b"style=" not in body
    assert "scrypt$" in site.sql("SELECT password FROM board_user WHERE name = 'trucban'")[0][0]


def test_changing_requests_need_our_own_page(site, board):
    visitor = Visitor(board, "trucban")
    for headers in [{"X-CSRF-Token": ""}, {"X-CSRF-Token": "0" * 64}, {"Origin": "https://xau.example"},
                    {"Origin": f"http://evil127.0.0.1:{board.port}.example"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site"}]:
        assert visitor.post("/api/v1/logout", headers=headers)[0] == 403, headers
    assert board.request("/api/v1/login", login_body("trucban"))[0] == 403, "a form cannot send the header"
    assert visitor.get("/api/v1/overview")[0] == 200
    assert visitor.post("/api/v1/logout", headers={"Origin": f"http://127.0.0.1:{board.port}"})[0] == 200
    assert visitor.get("/api/v1/overview")[0] == 401
    assert site.sql("SELECT count(*) FROM board_session")[0][0] == 0


def test_guessing_is_slowed_down_and_written_down(site, board):
    def attempt(name, password, address):
        return board.request("/api/v1/login", login_body(name, password), {"X-CSRF-Token": "x", "X-Forwarded-For": address})
    answers = [attempt("trucban", f"sai {n}", f"192.0.2.{n}")[0] for n in range(5)]
    assert answers == [403] * 5
    status, body, headers = attempt("trucban", PASSWORD, "192.0.2.99")
    assert status == 429 and int(headers["Retry-After"]) > 0 and json.loads(body)["retry_after_s"] > 0
    assert attempt("nghiduong", PASSWORD, "192.0.2.99")[0] == 200, "others are not locked out"
    for n in range(5):
        assert attempt(f"ai{n}", "sai mat khau", "192.0.2.7")[0] == 403
    assert attempt("vanhanh", PASSWORD, "192.0.2.7")[0] == 429, "nor is an address that tries many names"
    audit = site.sql("SELECT action, count(*) FROM board_audit WHERE actor IN ('trucban', 'nghiduong') GROUP BY 1 ORDER BY 1")
    assert audit == [("login", 1), ("login_failed", 5)]


def test_disabled_accounts_lose_their_streams(site, board):
    stream = Visitor(board, "trucban").stream()
    stream.next()
    other = Visitor(board, "phantich").stream()
    other.next()
    site.hoso("board", "user", "disable", "--name", "trucban")
    while stream.next() is not None:
        pass
    assert board.request("/api/v1/login", login_body("trucban"), {"X-CSRF-Token": "x"})[0] == 403
    assert wait_until(lambda: board.metrics()["hoso_board_streams"] == 1, "only the other is left")
    assert "trucban" in site.hoso("board", "user", "list")
    site.hoso("board", "user", "disable", "--name", "khongco", code=65)


def test_sso_header_only_from_the_proxy(site, board):
    site.hoso("board", "user", "add", "--name", "sso.user", "--role", "city", "--sso")
    sso = Visitor(board, headers={"X-Remote-User": "SSO.User"})
    me = sso.get("/api/v1/me")[1]
    assert me["signed_in"] and me["sso"] and me["name"] == "sso.user"
    stream = sso.stream()
    assert stream.next()[0] == "snapshot"
    assert Visitor(board, headers={"X-Remote-User": "khongco"}).get("/api/v1/overview")[0] == 401
    assert sso.post("/api/v1/logout")[0] == 403, "a token is needed here too"
    board.restart({"board.proxies": "192.0.2.1", "board.sso_header": "X-Remote-User"})
    board.wait_ready()
    assert sso.get("/api/v1/overview")[0] == 401, "anybody can send a header"
    board.terminate()
    with pytest.raises(AssertionError):
        board.start({"board.sso_header": "X-Remote-User", "board.proxies": ""})
        wait_until(lambda: board.process.poll() is not None, "it ends")
        board.expect_exit(0)
    site.services.remove(board)
