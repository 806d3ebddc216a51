"""What `hoso db migrate` and `hoso topics apply` leave behind, and the harness itself."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

import pytest
from harness import decode_value, encode_event, records, wait_until
from harness.servers import ROOT


def event(**fields):
    return encode_event(**{
        "event_id": bytes(16), "kind": "progress", "dossier_code": "H24.1-260701-0001", "status": 2,
        "occurred_at": 1782866400000, "ingested_at": 1782866401000, **fields})


def test_migration_makes_the_tables_and_loads_the_reference(site):
    units = site.sql("SELECT name FROM unit WHERE code = '11713' ORDER BY valid_from")
    assert units == [("Kiến Quốc",), ("Nghi Dương",)]
    assert site.sql("SELECT count(*) > 100 FROM unit WHERE valid_to = 'infinity'") == [(True,)]
    assert site.sql("SELECT off FROM work_calendar WHERE day = '2026-11-24'") == [(True,)]


def test_migration_and_topics_twice_change_nothing(site):
    before = site.sql("SELECT count(*), max(unit_id) FROM unit")
    site.hoso("db", "migrate")
    site.hoso("topics", "apply")
    assert site.sql("SELECT count(*), max(unit_id) FROM unit") == before


def test_migration_says_which_right_it_lacks_and_goes_on_once_it_has_it(site):
    role = f"installer_{site.name}"
    site.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'thu-nghiem'")
    site.sql(f"CREATE DATABASE {role} OWNER {role}")
    try:
        site.set("postgres", "conninfo", site.servers.conninfo(role).split("user=")[0] + f"user={role} password=thu-nghiem")
        site.hoso("db", "migrate", code=65)
        assert "CREATEROLE" in (site.folder / "hoso.log").read_text()
        site.sql(f"ALTER ROLE {role} CREATEROLE")
        site.hoso("db", "migrate")
        site.hoso("board", "user", "add", "--name", "truc.ban", "--role", "city", stdin="mat khau thu nghiem\n")
        site.start("board").wait_ready().terminate()
    finally:
        site.sql(f"DROP DATABASE {role} WITH (FORCE)")
        site.sql(f"DROP ROLE {role}")


def test_topics_have_the_configured_partitions(site):
    for topic in (site.events_topic, site.alerts_topic):
        assert len(records.end_offsets(site.servers.brokers, topic)) == 4


def test_another_partition_count_is_refused_and_nothing_changed(site):
    site.set("kafka", "partitions", "8")
    with pytest.raises(AssertionError, match="exit code"):
        site.hoso("topics", "apply")
    assert len(records.end_offsets(site.servers.brokers, site.events_topic)) == 4


def test_records_come_back_as_they_were_sent(site):
    site.produce(event(), key=b"H24.1-260701-0001", headers={"ce_id": b"x"})
    (record,) = site.events()
    assert record.value["dossier_code"] == "H24.1-260701-0001"
    assert record.value["channel"] == "unknown" and record.value["due_at"] is None
    assert record.headers == {"ce_id": b"x"}
    assert decode_value(event(status=4))["status"] == 4


def test_servers_survive_kill_and_restart(site):
    site.produce(event(), key=b"a")
    site.servers.pg_kill()
    site.servers.pg_start()
    site.servers.kafka_kill()
    site.servers.kafka_start()
    assert len(site.events()) == 1
    assert wait_until(lambda: site.sql("SELECT count(*) FROM kafka_offset") == [(0,)], "PostgreSQL answers again")


def test_wait_until_names_what_did_not_come():
    with pytest.raises(AssertionError, match=r"0.1 s passed before: the moon .*last was False"):
        wait_until(lambda: False, "the moon", deadline_s=0.1)


def test_servers_end_with_their_owner():
    """kill -9 of whoever started them leaves no process and no folder."""
    folder = Path(tempfile.mkdtemp(prefix="hoso-tests-", dir="/tmp"))
    script = f"'{ROOT}/deploy/servers' up {folder} && cat {folder}/env && echo && exec sleep 1000"
    with subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE, text=True) as owner:
        lines = iter(owner.stdout.readline, "\n")
        env = dict(word.split("=", 1) for word in shlex.split("".join(lines)))
        owner.kill()
    pids = [env[name] for name in ("HOSO_SERVERS_PID", "HOSO_KAFKA_PID", "HOSO_POSTGRES_PID")]
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "the servers have ended")
    wait_until(lambda: not folder.exists(), "their folder is gone")
