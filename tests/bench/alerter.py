"""The alerter on real parts: from due to committed, a wave in one instant, memory and restart; see alerter.md."""

import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg  # noqa: E402

from harness import Servers, Site, wait_until  # noqa: E402

OPEN = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
RATE, SECONDS, WAVE, BATCH = 1000, 20, 100_000, 2000
OTHER_RULES = ("due_soon_1", "due_soon_2", "due_soon_3", "acceptance", "step_overdue", "supplement_late", "apology_missing",
               "reappointed_twice")


def say(name, value):
    print(f"{name} {value}", flush=True)


def now_ms():
    return time.time_ns() // 1_000_000


def dossier(site, code, due_at):
    at = now_ms()
    value = site.encode_event(event_id=uuid.uuid4().bytes, kind="record", dossier_code=code, ingested_at=at, occurred_at=at, status=4,
                              accepted_at=at - 10**8, due_at=due_at, deciding_agency="H24.11713", procedure_code="1.005129")
    return code.encode(), value, None, None


def resident(alerter):
    status = Path(f"/proc/{alerter.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def fill(site):
    """Open deadlines of dossiers that are not touched again: what stands in memory, and nothing more, years ahead."""
    site.sql("INSERT INTO alert_watch SELECT format('H24.%%s-26%%s%%s-%%s', 11000 + i %% 500, lpad((i / 500 %% 12 + 1)::text, 2, '0'), "
             "lpad((i / 6000 %% 28 + 1)::text, 2, '0'), lpad((i / 168000)::text, 4, '0')), i %% 4, "
             "timestamptz '2031-01-01' + i * interval '1 second' FROM generate_series(0, %s) i", OPEN - 1)
    site.sql("VACUUM ANALYZE alert_watch")


def ready_after(site, alerter, count):
    begin = time.monotonic()
    wait_until(lambda: alerter.metrics()["hoso_alerter_open_deadlines"] == count, "all deadlines are in memory", 120)
    return time.monotonic() - begin


def lateness(site):
    """Milliseconds from the deadline to the commit of its alert."""
    return [ms for (ms,) in site.sql("SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - deadline_at)::float8 * 1000 "
                                     "FROM alert ORDER BY 1")]


def steady(site):
    begin = now_ms() + 15_000
    rows = [dossier(site, f"H24.11713-270101-{n:05}", begin + n * 1000 // RATE) for n in range(RATE * SECONDS)]
    site.produce_all(rows)
    site.wait_caught_up("alerter")
    assert now_ms() < begin, "the deadlines began to pass before all were known"
    wait_until(lambda: site.sql("SELECT count(*) FROM alert") == [(len(rows),)], "all have fired", 120)
    late = lateness(site)
    say(f"steady_{RATE}_per_s_p50_ms", round(statistics.median(late), 2))
    say("steady_p99_ms", round(late[len(late) * 99 // 100], 2))
    say("steady_max_ms", round(late[-1], 2))


def wave(site):
    site.sql("TRUNCATE alert, outbox")
    due_at = now_ms() + 90_000
    rows = [dossier(site, f"H24.11713-270202-{n:06}", due_at) for n in range(WAVE)]
    site.produce_all(rows)
    site.wait_caught_up("alerter", deadline_s=80)
    assert now_ms() < due_at, "the wave came before all were known"
    wait_until(lambda: site.sql("SELECT count(*) FROM alert") == [(WAVE,)], "the wave is over", 240)
    last_s = lateness(site)[-1] / 1000
    say(f"wave_{WAVE}_s", round(last_s, 2))
    return last_s


def postgres_alone(site):
    """The same rows, in transactions of the same size, by statements of PostgreSQL's own."""
    site.sql("CREATE TABLE copy_a (LIKE alert INCLUDING ALL)")
    site.sql("CREATE TABLE copy_o (LIKE outbox INCLUDING DEFAULTS INCLUDING INDEXES)")
    site.sql("CREATE TABLE copy_w (LIKE alert_watch INCLUDING ALL)")
    site.sql("CREATE TABLE order_of AS SELECT alert_id, dossier_code, row_number() OVER (ORDER BY alert_id) AS n FROM alert")
    site.sql("CREATE INDEX ON order_of (n)")
    site.sql("INSERT INTO copy_w SELECT dossier_code, 0, now(), NULL FROM order_of")
    site.sql("ANALYZE order_of")
    begin = time.monotonic()
    for first in range(1, WAVE + 1, BATCH):
        some = "(SELECT alert_id FROM order_of WHERE n BETWEEN %s AND %s)"
        with site._connection.transaction():  # pylint: disable=protected-access
            site.sql(f"INSERT INTO copy_a SELECT * FROM alert WHERE alert_id IN {some}", first, first + BATCH - 1)
            site.sql(f"INSERT INTO copy_o SELECT * FROM outbox WHERE alert_id IN {some}", first, first + BATCH - 1)
            site.sql("UPDATE copy_w SET deadline_at = NULL WHERE dossier_code IN (SELECT dossier_code FROM order_of "
                     "WHERE n BETWEEN %s AND %s)", first, first + BATCH - 1)
    alone_s = time.monotonic() - begin
    say("postgres_alone_s", round(alone_s, 2))
    return alone_s


def main():
    servers = Servers()
    try:

        with psycopg.connect(servers.conninfo(), autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        servers.pg_restart()
        with tempfile.TemporaryDirectory() as folder:
            site = Site(servers, Path(folder)).create()
            try:
                measure(site)
            finally:
                site.destroy()
    finally:
        servers.stop()


def measure(site):
    site.set("alerter", "rule", "timestamp")
    site.set("log", "level", "info")
    for rule in OTHER_RULES:
        site.sql("INSERT INTO alert_rule (rule, enabled) VALUES (%s, false)", rule)
    empty = site.start("alerter").wait_ready()
    ready_after(site, empty, 0)
    say("empty_process_bytes", resident(empty))
    empty.terminate()
    fill(site)
    begin = time.monotonic()
    alerter = empty.start()
    ready_after(site, alerter, OPEN)
    say("restart_s_per_million", round((time.monotonic() - begin) / OPEN * 1e6, 2))
    say("bytes_per_open_deadline_whole_process", round(resident(alerter) / OPEN, 1))
    alerter.wait_ready()
    steady(site)
    wave_s = wave(site)
    say("wave_share_of_postgres", round(postgres_alone(site) / wave_s, 2))


if __name__ == "__main__":
    main()
