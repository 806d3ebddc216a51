"""What the alerter tells its operators about itself: that it is behind, that deadlines are held, that nothing leaves."""

import pytest
from harness import records, wait_until
from test_alerter import DAY, codes, start, states
from test_notify import mailbox, office, recipient, text_of  # pylint: disable=unused-import


@pytest.fixture
def operator(office, site):
    number = recipient(site, "van.hanh@example.vn", name="Người vận hành", unit="none")
    site.sql("UPDATE recipient SET operator = true WHERE recipient_id = %s", number)
    site.set("notify", "operator_after", "1h")  # so that only what has its own limit is told
    return office


def wait_told(mailbox, sentence):
    wait_until(lambda: mailbox.mails, "the operator is told")
    to, mail = mailbox.mails[0]
    assert to == ["van.hanh@example.vn"] and mail["subject"] == "[hoso] Hệ thống gặp sự cố" and sentence in text_of(mail)


def wait_recovered(mailbox):
    wait_until(lambda: len(mailbox.mails) == 2, "and when it is over", 60)
    assert mailbox.mails[1][1]["subject"] == "[hoso] Hệ thống hoạt động lại bình thường"


def test_when_it_does_not_keep_up(operator, site, mailbox):
    alerter = start(site, overrides={"notify.operator_lag": "1s", "alerter.batch_max": "1"})
    operator.send(*[operator.event("record", code, status=4, accepted_at=operator.now() - DAY) for code in codes(5000)])
    wait_until(lambda: alerter.metrics()["hoso_alerter_behind_seconds"] >= 1 and "lag" in alerter.ready()[1], "it says so")
    wait_told(mailbox, "đọc tin không kịp")
    alerter.restart()  # in batches again
    site.wait_caught_up("alerter")
    alerter.wait_ready()
    assert alerter.metrics()["hoso_alerter_behind_seconds"] == 0


def test_when_deadlines_are_held(operator, site, mailbox):
    alerter = start(site, overrides={"notify.operator_hold": "1s", "alerter.hold_recheck": "100ms"})
    due_at = operator.soon()
    operator.say(operator.opened(codes(1)[0], due_at))
    site.servers.kafka_kill()
    try:
        operator.wait_for(due_at)
        wait_told(mailbox, "Kafka không trả lời")
        assert alerter.metrics()["hoso_alerter_held_seconds"] >= 1 and states(site) == []
    finally:
        site.servers.kafka_start()
    wait_recovered(mailbox)
    wait_until(lambda: [row[2] for row in states(site)] == ["firing"], "it fires")


@pytest.mark.parametrize("what", ["a notice", "a message"])
def test_when_nothing_leaves(operator, site, mailbox, what):
    alerter = start(site, overrides={"notify.operator_outbox": "2s"})
    recipient(site, "x", channel="nowhere")
    if what == "a notice":  # the topic of the notices is gone
        records.delete_topics(site.servers.brokers, [site.alerts_topic])
        operator.say(operator.opened(codes(1)[0], operator.now() - 1000))
        wait_until(lambda: alerter.metrics()["hoso_alerter_outbox_oldest_seconds"] >= 2, "the metric says so")
    else:  # a channel that is not there any more
        site.sql("INSERT INTO delivery (delivery_id, channel, address, subject, body, alert_ids) "
                 "VALUES (gen_random_uuid(), 'nowhere', 'x', 's', 'b', '{}')")
        wait_until(lambda: alerter.metrics()["hoso_alerter_messages_oldest_seconds"] >= 2, "the metric says so")
    wait_told(mailbox, "chưa gửi đi được")
    assert "outbox" in alerter.ready()[1]
    if what == "a notice":
        site.hoso("topics", "apply")
    else:
        site.sql("DELETE FROM delivery WHERE channel = 'nowhere'")
    wait_recovered(mailbox)
