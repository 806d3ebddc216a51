"""hoso doctor: nothing to say about what is well, and for what is not the place and what to do."""

import json
import time

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from harness import wait_until
from harness.events import UNKNOWN_AGENCY, code, opened, random_rows


def doctor(site, *options, wrong=False, **more):
    """{check: [(health, text, advice)]}"""
    found = {}
    for line in site.hoso("doctor", "--json", *options, code=1 if wrong else 0, **more).splitlines():
        row = json.loads(line)
        found.setdefault(row["check"], []).append((row["health"], row["text"], row["advice"]))
    return found


def healths(found):
    return {check: max((row[0] for row in rows), key=["ok", "warning", "error"].index) for check, rows in found.items()}


def advice(found, check):
    return " ".join(row[2] for row in found[check])


def listening(site):
    return [word for service in site.services for word in ("--set", f"{service.section}.listen=127.0.0.1:{service.port}")]


def test_a_well_installation(site):
    for section in ("ingest", "aggregator", "alerter", "board"):
        site.start(section).wait_ready()
    site.produce_all([opened(code(1)), opened(code(2))])
    site.wait_caught_up("aggregator", "alerter")
    found = doctor(site, "--deep", *listening(site))
    calendar = "warning" if time.gmtime().tm_mon >= 11 else "ok"  # next year's is announced late in the year
    assert healths(found).pop("calendar") in ("ok", calendar)
    assert set(healths(found).values()) - {healths(found)["calendar"]} <= {"ok"}
    assert len(found["topics"]) == 3 and len(found["lag"]) == 2 and len(found["services"]) == 4
    assert not any(row[2] for check, rows in found.items() if check != "calendar" for row in rows)

    text = site.hoso("doctor", *listening(site), environment={"LANG": "vi_VN.UTF-8"})
    assert text.count("\nổn ") > 8 and "LỖI" not in text
    assert "OK " in site.hoso("doctor", *listening(site))


def test_an_installation_that_nobody_has_started(site):
    found = doctor(site)
    assert {check for check, health in healths(found).items() if health == "warning"} - {"calendar"} == {"lag", "services"}
    assert "start" in advice(found, "lag")


def test_servers_that_are_not_there(site):
    found = doctor(site, "--set", "kafka.brokers=127.0.0.1:1", wrong=True)
    assert healths(found)["kafka"] == "error" and "[kafka] brokers" in advice(found, "kafka")
    assert healths(found)["postgres"] == "ok"
    found = doctor(site, "--set", "postgres.conninfo=host=127.0.0.1 port=1 user=hoso password=geheim", wrong=True)
    assert healths(found)["postgres"] == "error" and "geheim" not in str(found)
    assert healths(found)["topics"] == "ok" and "migrations" not in found


def test_topics_that_are_missing_or_other(site):
    found = doctor(site, "--set", f"kafka.dlq_topic={site.name}.nirgends", "--set", "kafka.partitions=12", wrong=True)
    assert [row[0] for row in found["topics"]] == ["error", "error", "ok"]
    assert "hoso topics apply" in advice(found, "topics") and "hoso replay" in advice(found, "topics")


def test_tables_that_are_missing_or_other(site):
    site.sql("UPDATE schema_migration SET checksum = 'x' WHERE version = '0001'")
    assert "release" in advice(doctor(site, wrong=True), "migrations")
    site.sql("INSERT INTO schema_migration (version, checksum) VALUES ('9999', 'x')")
    found = doctor(site, wrong=True)
    assert "9999" in found["migrations"][0][1]
    site.sql("DROP SCHEMA hoso CASCADE")
    assert "hoso db migrate" in advice(doctor(site, wrong=True), "migrations")


def test_reference_tables_that_are_empty(site):
    site.sql("DELETE FROM work_calendar WHERE extract(year FROM day) >= extract(year FROM now())")
    site.sql("DELETE FROM agency")
    found = doctor(site, wrong=True)
    assert healths(found)["calendar"] == healths(found)["reference"] == "error"
    assert "work_calendar" in advice(found, "calendar") and "units import" in advice(found, "reference")


def test_what_waits(site):
    aggregator = site.start("aggregator", {"kafka.dlq_topic": f"{site.name}.nirgends"}).wait_ready()
    site.produce_all([(b"x", b"unusable", None, 0), opened(code(1), deciding_agency=UNKNOWN_AGENCY)])
    site.wait_caught_up("aggregator")
    found = doctor(site)
    assert healths(found)["dead_letters"] == healths(found)["quarantine"] == "warning"
    assert "hoso dlq list" in advice(found, "dead_letters") and "hoso quarantine" in advice(found, "quarantine")
    site.sql("UPDATE dlq_outbox SET created_at = now() - interval '10 min'")
    assert "kafka.dlq_topic" in advice(doctor(site), "dead_letters")
    site.sql("INSERT INTO outbox (alert_id, partition, key, payload, created_at) "
             "VALUES (gen_random_uuid(), 0, 'k', '', now() - interval '5 min')")
    assert "hoso-alerter" in advice(doctor(site, wrong=True), "notices")
    aggregator.terminate()


def test_a_consumer_that_stands_still(site):
    aggregator = site.start("aggregator").wait_ready()
    site.produce_all([opened(code(1))])
    site.wait_caught_up("aggregator")
    aggregator.terminate()
    site.produce_all([opened(code(n)) for n in range(2, 9)])
    lag = doctor(site)["lag"]
    assert lag[0][0] == "ok" and " 7 records" in lag[0][1]
    site.sql("UPDATE kafka_offset SET updated_at = now() - interval '2 min'")
    found = doctor(site, wrong=True)
    assert found["lag"][0][0] == "error" and "stuck" in advice(found, "lag")


def test_offsets_outside_the_log(site):
    aggregator = site.start("aggregator").wait_ready()
    site.produce_all([opened(code(n), partition=0) for n in range(5)])
    site.wait_caught_up("aggregator")
    aggregator.terminate()
    site.produce_all([opened(code(n), partition=0) for n in range(5, 10)])
    client = AdminClient({"bootstrap.servers": site.servers.brokers})
    for answer in client.delete_records([TopicPartition(site.events_topic, 0, 8)]).values():
        answer.result(30)
    found = doctor(site, wrong=True)
    assert healths(found)["offsets"] == "error" and "hoso replay" in advice(found, "offsets")
    assert "partition 0: stands at 5, but the log holds 8 to 10" in found["offsets"][0][1]


def test_a_service_that_is_not_ready(site):
    aggregator = site.start("aggregator").wait_ready()
    site.sql("UPDATE kafka_offset SET owner = gen_random_uuid()")
    site.produce_all([opened(code(1), partition=0)])
    wait_until(lambda: not aggregator.ready()[0], "it is displaced")
    found = doctor(site, *listening(site), wrong=True)
    assert any(row[0] == "error" and "displaced" in row[1] for row in found["services"])


DIFFERENCES = {
    "a row": ("dossiers", "UPDATE dossier SET late_reason = 'khong co' WHERE code = "
                          "(SELECT min(code) FROM dossier WHERE NOT erased)"),
    "a time": ("dossiers", "UPDATE dossier SET last_ingested_at = last_ingested_at + interval '1 ms' WHERE code = "
                           "(SELECT max(code) FROM dossier WHERE NOT erased)"),
    # All of them: one of several records may say nothing that another does not.
    "a history": ("dossiers", "DELETE FROM dossier_event WHERE kind = 'record' AND dossier_id = (SELECT dossier_id FROM dossier "
                              "WHERE procedure_code IS NOT NULL AND accepted_at IS NOT NULL AND NOT erased ORDER BY code LIMIT 1)"),
    "a rollup": ("rollups", "UPDATE rollup_daily SET accepted = accepted + 1 WHERE ctid = (SELECT min(ctid) FROM rollup_daily)"),
    "open dossiers": ("rollups", "UPDATE rollup_open SET count = count + 1 WHERE ctid = (SELECT min(ctid) FROM rollup_open)"),
    "working minutes": ("measures", "UPDATE rollup_daily SET work_minutes = work_minutes + 1 WHERE ctid = "
                                    "(SELECT ctid FROM rollup_daily WHERE work_minutes > 0 LIMIT 1)"),
    "late data": ("measures", "UPDATE rollup_daily SET late_data = late_data + 1 WHERE ctid = (SELECT min(ctid) FROM rollup_daily)"),
    "a supplement's day": ("measures", "UPDATE rollup_daily SET day = day + 1000 WHERE ctid = "
                                       "(SELECT ctid FROM rollup_daily WHERE supplements > 0 AND accepted = 0 LIMIT 1)"),
    "a unit": ("units", "UPDATE dossier SET unit_id = (SELECT max(unit_id) FROM unit) WHERE ctid = "
                        "(SELECT min(ctid) FROM dossier WHERE unit_id IS NOT NULL)"),
}


TABLES = ("dossier", "dossier_event", "rollup_daily", "rollup_open")


def deep(site, **options):
    return healths(doctor(site, "--deep", **options))


def test_deep_finds_what_differs_and_nothing_else(site):
    site.start("aggregator", {"aggregator.batch_max": "50"})
    site.produce_all(random_rows(250, seed=21))
    site.wait_caught_up("aggregator")
    found = doctor(site, "--deep")
    assert {healths(found)[check] for check in ("rollups", "dossiers", "measures")} == {"ok"}
    assert " 250 compared, 0 differ" in found["dossiers"][0][1]
    site.services[0].terminate()
    for table in TABLES:
        site.sql(f"CREATE TABLE public.kept_{table} AS SELECT * FROM {table}")
    for what, (check, change) in DIFFERENCES.items():
        site.sql(change)
        assert deep(site, wrong=True)[check] == ("warning" if check == "units" else "error"), what
        for table in TABLES:
            site.sql(f"TRUNCATE {table}")
            site.sql(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM public.kept_{table}")
    assert {health for check, health in deep(site).items() if check in ("rollups", "dossiers", "measures")} == {"ok"}


def test_deep_while_the_services_work(site):
    aggregator = site.start("aggregator", {"aggregator.batch_max": "5"}).wait_ready()
    site.produce_all(random_rows(400, seed=22))
    for _ in range(3):
        assert deep(site)["dossiers"] == "ok"
    assert aggregator.metrics()["hoso_aggregator_batches_total"] > 3


@pytest.mark.parametrize("arguments, said", [(("--deeper",), "--deeper"), (("now",), "now")])
def test_wrong_usage(site, arguments, said):
    site.hoso("doctor", *arguments, code=2)
    assert said in (site.folder / "hoso.log").read_text()
