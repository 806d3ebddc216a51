"""The whole pipeline against the oracle: a second implementation, written from the rules, compares every cell."""

from harness import wait_until


def test_a_month_of_the_city(site):
    for service in ("ingest", "aggregator", "alerter"):
        site.start(service)
    site.push_generated("--profile", "city", "--dossiers", "1500", "--seed", "7")
    site.wait_caught_up("aggregator", "alerter", deadline_s=240)
    assert site.sql("SELECT count(*) >= 1500 FROM dossier") == [(True,)]
    assert site.check_rollups() > 1000
    print(wait_until(site.oracle, "every alert is there and no cell differs", deadline_s=60))
