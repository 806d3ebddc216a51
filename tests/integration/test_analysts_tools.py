"""What analysts are given, on the demo's year: the worked queries and the dictionary say what is so, and their tools read all of it.

    tests/py tests/integration/test_analysts_tools.py --accept "host=… dbname=…"    writes the answers of queries.md again"""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from harness.servers import ROOT
from harness.site import Site, build_folder

QUERIES = ROOT / "deploy" / "analysts" / "queries.md"
PERIODS = [("2025-07-01", "2026-06-30"), ("2026-05-01", "2026-05-31"), ("2026-04-01", "2026-06-30")]  # those that the queries ask for
BLOCK = re.compile(r"^## (\d+)\. ([^\n]+)\n\n```sql\n(.+?)\n```\n\n((?:\|[^\n]*\n)+)", re.M | re.S)
PASSWORD = "mat khau thu nghiem"
FORM = "SELECT * FROM analytics.form_ii06a('11713', '2026-05-01', '2026-05-31')"


def answer(cursor):
    """As queries.md writes it."""
    lines = [[column.name for column in cursor.description], ["---"] * len(cursor.description)]
    lines += [["" if value is None else str(value) for value in row] for row in cursor.fetchall()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def accept(conninfo):
    with psycopg.connect(conninfo, autocommit=True) as pg:
        text = BLOCK.sub(lambda m: f"## {m[1]}. {m[2]}\n\n```sql\n{m[3]}\n```\n\n{answer(pg.execute(m[3]))}", QUERIES.read_text())
    QUERIES.write_text(text)


@pytest.fixture(scope="module")
def demo(servers, tmp_path_factory):
    """The demo's year of one commune, and a login for the whole city."""
    made = Site(servers, tmp_path_factory.mktemp("demo")).create()
    made.login = f"{made.name}_reader"
    try:
        made.hoso("gen", "--profile", "nghi-duong", "--to", "kafka", timeout_s=240)
        made.start("aggregator")
        made.wait_caught_up("aggregator", deadline_s=240)
        for first, last in PERIODS:
            made.hoso("report", "--unit", "11713", "--from", first, "--to", last)
        made.sql("SELECT hoso.make_reader(%s)", made.login)
        made.sql(f"ALTER ROLE {made.login} PASSWORD '{PASSWORD}'")
        address = psycopg.conninfo.conninfo_to_dict(servers.conninfo(made.name))
        made.host, made.port = address["host"], address["port"]
        made.url = f"postgresql+psycopg://{made.login}:{PASSWORD.replace(' ', '%20')}@{made.host}:{made.port}/{made.name}"
        yield made
        made.sql(f"DROP OWNED BY {made.login}")
    finally:
        made.destroy()
        with psycopg.connect(servers.conninfo(), autocommit=True) as admin:
            admin.execute(f"DROP ROLE IF EXISTS {made.login}")


@pytest.fixture(scope="module")
def figures(demo):
    """The month's form, as the product itself says it."""
    return list(demo.rows(FORM)[0].values())


# ---- what is written about it ----

@pytest.mark.parametrize("number, question, query, written", BLOCK.findall(QUERIES.read_text()), ids=lambda value: value[:40])
def test_a_worked_query_gives_the_written_answer(demo, number, question, query, written):
    assert number and question
    with psycopg.connect(demo.url.replace("+psycopg", "")) as reader:
        assert answer(reader.execute(query)) == written


def test_there_are_twenty_of_them():
    assert [int(block[0]) for block in BLOCK.findall(QUERIES.read_text())] == list(range(1, 21))


def test_the_dictionary_is_up_to_date(demo):
    folder = ROOT / "deploy" / "analysts"
    lines = demo.sql((folder / "dictionary.sql").read_text())
    assert [text for text, in lines] == (folder / "dictionary.md").read_text().splitlines(), \
        "psql -XAt -f deploy/analysts/dictionary.sql > deploy/analysts/dictionary.md"


def test_the_diagram_names_what_there_is(demo):
    """Each entity of the diagram is a view, each of its attributes a column of it, and each line joins by a column of both."""
    columns = {}
    for view, column in demo.sql("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'analytics'"):
        columns.setdefault(view, set()).add(column)
    text = (ROOT / "deploy" / "analysts" / "README.md").read_text()
    entities = re.findall(r"^    (\w+) \{\n(.*?)^    \}", text, re.M | re.S)
    assert len(entities) >= 8
    for view, body in entities:
        named = {line.split()[1] for line in body.splitlines() if line.strip()}
        assert view in columns and named <= columns[view], view
    for left, right, column in re.findall(r"^    (\w+) [|o}{-]+ (\w+) : (\w+)$", text, re.M):
        assert column in columns[left] & columns[right], (left, right, column)


# ---- tools ----

def test_psql(demo, figures):
    done = subprocess.run(["psql", "-X", "--csv", "-c", FORM, f"host={demo.host} port={demo.port} dbname={demo.name} user={demo.login}"],
                          env={**os.environ, "PGPASSWORD": PASSWORD}, capture_output=True, text=True, check=True)
    assert list(csv.reader(io.StringIO(done.stdout)))[1] == [str(value) for value in figures]


def test_pandas_through_sqlalchemy(demo, figures):
    import pandas  # pylint: disable=import-outside-toplevel
    import sqlalchemy  # pylint: disable=import-outside-toplevel
    engine = sqlalchemy.create_engine(demo.url)
    assert [value.item() if hasattr(value, "item") else value for value in pandas.read_sql(FORM, engine).iloc[0]] == figures
    frame = pandas.read_sql_table("rollup_daily", engine, schema="analytics", parse_dates=["day"])
    assert frame["accepted"].sum() == demo.sql("SELECT sum(accepted) FROM analytics.rollup_daily")[0][0]
    views = sqlalchemy.inspect(engine).get_view_names("analytics")
    assert {"dossier", "rollup_daily", "calendar", "unit"} <= set(views)
    engine.dispose()


def test_duckdb_attaches_it(demo):
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{duckdb_extension(duckdb)}'")
    connection.execute(f"ATTACH 'host={demo.host} port={demo.port} dbname={demo.name} user={demo.login} password=''{PASSWORD}'''"
                       " AS city (TYPE postgres, READ_ONLY, SCHEMA 'analytics')")
    wanted = demo.sql("SELECT channel, sum(accepted)::int FROM analytics.rollup_daily GROUP BY 1 ORDER BY 1")
    assert connection.execute("SELECT channel, sum(accepted)::int FROM city.analytics.rollup_daily GROUP BY 1 ORDER BY 1").fetchall() == wanted
    joined = connection.execute("SELECT count(*) FROM city.analytics.dossier d JOIN city.analytics.calendar c ON c.day = d.accepted_on"
                                " WHERE c.is_working").fetchone()
    assert joined == demo.sql("SELECT count(*) FROM analytics.dossier d JOIN analytics.calendar c ON c.day = d.accepted_on WHERE is_working")[0]


def duckdb_extension(duckdb):
    """The postgres extension, which PyPI has as a package of its own; nothing is fetched from elsewhere."""
    folder = Path(duckdb.__file__).parent.parent / "duckdb_ext" / "extensions" / f"v{duckdb.__version__}"
    return next(folder.rglob("postgres_scanner.duckdb_extension"))


def test_odbc_as_libreoffice_uses_it(demo, figures):
    """The driver manager and driver that LibreOffice Base and Calc go through."""
    pyodbc = pytest.importorskip("pyodbc")
    connection = pyodbc.connect(f"Driver={{PostgreSQL Unicode}};Server={demo.host};Port={demo.port};Database={demo.name};Uid={demo.login};"
                                f"Pwd={PASSWORD}", timeout=20, readonly=True)
    assert list(connection.execute(FORM).fetchone()) == figures
    tables = {row.table_name for row in connection.cursor().tables(schema="analytics")}
    assert {"dossier", "rollup_daily", "unit_overview"} <= tables
    day = connection.execute("SELECT accepted_on, accepted_at FROM dossier WHERE accepted_on IS NOT NULL LIMIT 1").fetchone()
    assert day.accepted_on.year in (2025, 2026)
    connection.close()


def test_grafana_dashboard(demo):
    """Every panel's query runs, by a reader's rights, with Grafana's macros and variables put in."""
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "hoso-analysts.json").read_text())
    assert dashboard["schemaVersion"] >= 36 and dashboard["uid"] and dashboard["title"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]) >= 6
    with psycopg.connect(demo.url.replace("+psycopg", "")) as reader:
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                assert len(reader.execute(variable["query"]).fetchall()) >= 114
        for panel in dashboard["panels"]:
            assert {"x", "y", "w", "h"} <= panel["gridPos"].keys() and panel["datasource"]["uid"] == "${source}"
            for target in panel["targets"]:
                query = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 BETWEEN '2025-07-01' AND '2026-06-30'", target["rawSql"])
                query = query.replace("$__timeFrom()", "'2026-05-01'").replace("$__timeTo()", "'2026-05-31'").replace("$unit", "11713")
                cursor = reader.execute(query)
                assert target["format"] in ("table", "time_series") and cursor.description
                assert target["format"] == "table" or cursor.description[0].name == "time"


if __name__ == "__main__":
    assert build_folder() and sys.argv[1] == "--accept"
    accept(sys.argv[2])
