"""How hoso-alerter fires: many at once, and what stands in the way of one that is not the owner any more."""

import os
import signal

from harness import wait_until
from test_alerter import alerts, codes, start, states, stream, wait_notices  # pylint: disable=unused-import


def test_a_wave_in_small_batches_while_news_comes(stream, site):
    """Each batch is decided while the one before is committed; what is heard in between makes it void."""
    alerter, names = start(site, overrides={"alerter.batch_max": "5"}), codes(400)
    due_at = stream.soon() + 5000
    stream.say(*[stream.opened(code, due_at + n) for n, code in enumerate(names)])
    wait_until(lambda: alerter.metrics()["hoso_alerter_open_deadlines"] == len(names), "all are watched")
    os.kill(alerter.process.pid, signal.SIGSTOP)
    assert stream.now() < due_at, "the machine was too slow for this test"
    stream.wait_for(due_at + len(names))
    os.kill(alerter.process.pid, signal.SIGCONT)
    wait_until(lambda: len(alerts(site)) > 20, "the wave has begun")
    settled = names[:20] + names[:200:-1]
    for first in range(0, len(settled), 10):
        stream.send(*[stream.step(code, 9) for code in settled[first:first + 10]])
    expected = sorted((code, 1, "resolved" if code in settled else "firing") for code in names)
    wait_until(lambda: states(site) == expected, "all of it is said", 60)
    told = site.sql("SELECT array_agg(key ORDER BY first) FROM (SELECT partition, key, min(id) AS first FROM outbox GROUP BY 1, 2) o GROUP BY partition")
    assert len(told) > 1 and all(keys == sorted(keys) for (keys,) in told), "in due order"
    assert site.sql("SELECT a.silent, a.state, count(o.id), count(DISTINCT a.alert_id) FROM alert a LEFT JOIN outbox o USING (alert_id) "
                    "GROUP BY a.silent, a.state, a.alert_id HAVING count(o.id) <> CASE WHEN a.silent THEN 0 WHEN a.state = 'firing' "
                    "THEN 1 ELSE 2 END") == []


def test_a_firing_by_one_who_is_not_the_owner_any_more_is_void(stream, site):
    """It has read and decided; before it can write, another takes the partitions over."""
    alerter = start(site)
    (code,) = codes(1)
    due_at = stream.soon()
    stream.say(stream.opened(code, due_at))
    with site.connect() as other:
        other.execute("SELECT FROM hoso.kafka_offset WHERE consumer = 'alerter' FOR UPDATE")
        wait_until(lambda: site.sql("SELECT 1 FROM pg_stat_activity WHERE application_name = 'hoso-alerter' AND wait_event_type = 'Lock' "
                                    "AND datname = current_database()"), "it asks whether it is the owner")
        assert stream.now() > due_at and alerts(site) == {}
        other.execute("UPDATE hoso.kafka_offset SET epoch = epoch + 1, owner = gen_random_uuid() WHERE consumer = 'alerter'")
    wait_until(lambda: states(site) == [(code, 1, "firing")], "it fires once the partitions are its own again")
    assert len(wait_notices(site, 1)) == 1 and site.sql("SELECT count(*) FROM outbox") == [(1,)]
    assert "event=disconnected" in alerter.log()
