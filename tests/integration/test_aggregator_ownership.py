"""Who may write for a partition, and what was committed: several aggregators, sleepers, answers that never came."""

import os
import signal
import uuid

import pytest
from harness import wait_until
from harness.events import code, opened, random_rows, require_exact, step
from harness.proxy import Proxy

DEFERRED = """
CREATE TABLE public.slow_commit (seconds float);
CREATE FUNCTION public.wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep((SELECT coalesce(max(seconds), 0) FROM public.slow_commit));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER wait_at_commit AFTER UPDATE OF next_offset ON hoso.kafka_offset
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.wait_at_commit();
"""


@pytest.fixture
def proxy(site):
    between = Proxy(site.servers.conninfo(site.name))
    site.set("postgres", "conninfo", between.conninfo)
    yield between
    between.close()


def owners(site):
    return dict(site.sql("SELECT partition, owner FROM kafka_offset"))


def wait_shared(*services):
    wait_until(lambda: all(" partitions=2" in service.log().rsplit("event=assigned", 1)[-1] for service in services),
               "both have partitions")


def quick_to_notice(site):
    site.set("kafka", "session.timeout.ms", "2000")


# ---- several of them ----

def test_two_share_and_one_takes_over(site):
    quick_to_notice(site)
    first = site.start("aggregator").wait_ready()
    second = site.start("aggregator", {"aggregator.batch_max": "30"}, label="second",
                        crash_at="aggregator.before_commit:4")
    wait_shared(first, second)
    site.produce_all(random_rows(150, seed=8))
    second.wait_crash()  # in the middle of a batch; the first one goes on with its partitions
    require_exact(site)
    assert len(set(owners(site).values())) == 1
    second.start().wait_ready()
    wait_shared(first, second)
    site.produce_all(random_rows(150, seed=9))
    require_exact(site)
    assert len(set(owners(site).values())) == 2


def test_joining_and_leaving_under_load(site):
    quick_to_notice(site)
    rows = random_rows(300, seed=10)
    first = site.start("aggregator", {"aggregator.batch_max": "15"}).wait_ready()
    others = []
    for number in range(3):
        site.produce_all(rows[number::4])
        others.append(site.start("aggregator", {"aggregator.batch_max": "15"}, label=f"other{number}").wait_ready())
    first.kill()
    site.produce_all(rows[3::4])
    others[0].terminate()
    require_exact(site)


def test_a_sleeper_writes_nothing_when_it_wakes(site):
    """Stopped with records in hand for longer than its session; the others have taken over and gone on when it wakes."""
    quick_to_notice(site)
    sleeper = site.start("aggregator", {"aggregator.batch_age": "8s"}).wait_ready()
    first_half, second_half = random_rows(100, seed=11), random_rows(100, seed=12)
    site.produce_all(first_half)
    wait_until(lambda: lag(sleeper) > 0, "the sleeper has read some")
    os.kill(sleeper.process.pid, signal.SIGSTOP)
    try:
        assert site.sql("SELECT sum(next_offset) FROM kafka_offset") == [(0,)]
        other = site.start("aggregator", label="other")
        site.wait_caught_up("aggregator")
        site.produce_all(second_half)
        require_exact(site)
        before = site.sql("SELECT partition, owner, epoch, next_offset FROM kafka_offset ORDER BY 1")
        other.terminate()
    finally:
        os.kill(sleeper.process.pid, signal.SIGCONT)
    wait_until(lambda: owners(site) and not set(owners(site).values()) & {owner for _, owner, _, _ in before},
               "the sleeper claims anew")
    sleeper.wait_ready()
    assert [row[3] for row in before] == [row[0] for row in
                                          site.sql("SELECT next_offset FROM kafka_offset ORDER BY partition")]
    require_exact(site)


def lag(service):
    return sum(value for name, value in service.metrics().items() if name.startswith("hoso_consumer_lag_records"))


def test_a_sleeper_in_a_transaction_does_not_hold_up_the_others(site):
    """Its COPY holds the rows of its partitions, which no timeout of PostgreSQL ends; who claims them does, and it must find out."""
    quick_to_notice(site)
    sleeper = site.start("aggregator").wait_ready()
    with site.connect() as blocker:
        blocker.execute("LOCK TABLE hoso.dossier_event IN ACCESS EXCLUSIVE MODE")
        site.produce_all(random_rows(40, seed=13))
        wait_until(lambda: waiting(site), "its transaction waits for the table")
        os.kill(sleeper.process.pid, signal.SIGSTOP)
    try:
        site.start("aggregator", label="other")
        require_exact(site)
    finally:
        os.kill(sleeper.process.pid, signal.SIGCONT)
    site.produce_all(random_rows(40, seed=14))
    sleeper.wait_ready()
    require_exact(site)


def waiting(site):
    return site.sql("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def test_one_that_was_displaced_writes_nothing(site):
    """The group knows nothing of it, so only the compare-and-swap can notice."""
    aggregator = site.start("aggregator").wait_ready()
    site.produce_all([opened(code(1))])
    site.wait_caught_up("aggregator")
    thief = uuid.uuid4()
    site.sql("UPDATE kafka_offset SET owner = %s", thief)
    offsets = site.sql("SELECT partition, next_offset, owner, epoch FROM kafka_offset ORDER BY 1")
    site.produce_all([step(code(1), 9, 2), *random_rows(30)])
    wait_until(lambda: "displaced" in aggregator.ready()[1], "readiness says so")
    site.sql("UPDATE kafka_offset SET epoch = epoch + 1 WHERE owner = %s", thief)
    assert site.sql("SELECT partition, next_offset, owner, epoch - 1 FROM kafka_offset ORDER BY 1") == offsets
    assert site.sql("SELECT code, status FROM dossier") == [(code(1), 4)]
    aggregator.restart()
    require_exact(site)


@pytest.mark.parametrize("change", ["epoch = epoch + 1", "next_offset = next_offset + 1"])
def test_each_part_of_the_swap_counts(site, change):
    aggregator = site.start("aggregator").wait_ready()
    site.produce_all([opened(code(1))])
    site.wait_caught_up("aggregator")
    site.sql(f"UPDATE kafka_offset SET {change}")
    site.produce_all([step(code(1), 9, 2)])
    wait_until(lambda: "displaced" in aggregator.ready()[1] or aggregator.process.poll() is not None
               or "event=trouble" in aggregator.log(), "it notices")
    if change.startswith("epoch"):  # it is still the owner: it reads again what it has in memory, and goes on
        require_exact(site)
    else:
        assert site.sql("SELECT status FROM dossier") == [(4,)]


# ---- a COMMIT without an answer ----

def test_the_answer_to_a_commit_is_lost(site, proxy):
    aggregator = site.start("aggregator", {"aggregator.batch_max": "25"}).wait_ready()
    rows = random_rows(120, seed=15)
    for first in range(0, len(rows), 60):
        proxy.lose_commits(2)
        site.produce_all(rows[first:first + 60])
        site.wait_caught_up("aggregator")
    assert proxy.lost >= 4
    wait_until(lambda: aggregator.ready()[0], "it is ready again")
    require_exact(site)


def in_commit(site):
    return site.sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")


@pytest.mark.parametrize("outcome", ["committed", "rolled back"])
def test_cut_off_while_postgres_commits(site, proxy, outcome):
    """It asks again while the COMMIT that it heard nothing of is still under way."""
    site.sql(DEFERRED)
    aggregator = site.start("aggregator").wait_ready()
    site.sql("INSERT INTO public.slow_commit VALUES (%s)", 3 if outcome == "committed" else 60)
    site.produce_all(random_rows(50, seed=16))
    wait_until(lambda: in_commit(site), "PostgreSQL is in the COMMIT")
    site.sql("DELETE FROM public.slow_commit")
    proxy.cut()
    if outcome == "rolled back":  # each of them: one per connection of the aggregator
        assert all(site.sql("SELECT pg_terminate_backend(%s)", pid) == [(True,)] for (pid,) in in_commit(site))
    wait_until(lambda: "event=trouble" in aggregator.log(), "it has noticed")
    require_exact(site)
    aggregator.wait_ready()
