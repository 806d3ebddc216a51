"""Tests on real parts: a private Kafka, a private PostgreSQL, the built programs.

    tests/py -m pytest tests/integration                    (binaries of build/dev; HOSO_BUILD=build/asan for others)
    deploy/servers up /tmp/s; HOSO_TEST_SERVERS=/tmp/s tests/py -m pytest ...      (servers kept between runs)

A test asks for the fixture `site`: an installation of its own, with a fresh database (migrated), fresh topics and a
configuration file; on servers that the whole session shares. Everything stops at its end; a service that did not end
well (exit code, sanitizer report) fails the test. Logs are shown for failed tests only.

    def test_example(site):
        ingest = site.start("ingest")                        # hoso-ingest, listening, port known
        aggregator = site.start("aggregator", {"aggregator.batch_max": "1"})
        answer = site.push("DongBoHoSoMC", [dossier(...)])   # Answer: .status .body .json()
        assert answer.status == 200
        wait_until(lambda: site.sql("SELECT count(*) FROM dossier") == [(1,)], "the dossier is stored")
        aggregator.kill()                                    # kill -9
        aggregator.start()                                   # again, same configuration
        site.events()                                        # all records of the events topic, decoded: [Record]
        site.alerts(), site.dead_letters()                   # the same of the other topics

    site.start(NAME, overrides, crash_at="aggregator.before_commit:3")      a crash point of lib/service/service.h
    site.caught_up("aggregator")         true once its offsets stand at the end of the events topic
    site.push_events([...])              native events; site.push_raw(bytes): anything; site.push_generated("--dossiers", "50")
    site.oracle()                        the second implementation compares every cell with PostgreSQL
    site.check_rollups()                 fails unless every rollup is the sum of its dossiers (SQL); number of cells compared
    site.produce(value, key=...)         raw bytes straight onto the events topic; site.encode_event(**fields) makes good ones
    site.hoso("topics", "apply")         any command of the `hoso` program; returns its output; code=N to expect another exit code
    site.set("kafka", "partitions", "12")  changes the configuration file (before what reads it starts)
    servers.kafka_kill() …               what deploy/servers can do to the servers; tests that do so use the fixture
                                         `site` too and leave the servers running

Never sleep: wait_until(condition, what, deadline_s=...) polls and says what it waited for.
"""

from harness.records import Record, decode_value, encode_event
from harness.servers import Servers
from harness.service import Service, ServiceFailed
from harness.site import Answer, Site
from harness.wait import wait_until

__all__ = [
    "Answer", "Record", "Servers", "Service", "ServiceFailed", "Site",
    "decode_value", "encode_event", "wait_until",
]
