"""When people are told, and when not: quiet hours, days off, the digest, mutes and maintenance windows, a channel that is down."""

import time

from harness import wait_until
from harness.peers import Listener
from test_alerter import Stream, codes, start
from test_notify import ENGLISH, mailbox, office, recipient, text_of  # pylint: disable=unused-import

HOUR = 3_600_000
SUNDAY_10 = 1_772_334_000_000  # 2026-03-01, 10:00 in Viet Nam


def test_a_sunday_fires_and_the_digest_on_monday_tells(office, site, mailbox):
    """Quiet hours and days off delay the message, never the alert; 07:30 on a working day tells all three parts in one mail."""
    site.sql("DELETE FROM alert_rule")
    stream = Stream(site, SUNDAY_10 - time.time_ns() // 1_000_000)
    for key, value in {"quiet": "17:30-07:30", "quiet_days_off": "yes", "digest": "07:30"}.items():
        site.set("notify", key, value)
    alerter = start(site)
    recipient(site, "chu.tich@example.vn")
    still, done, new = codes(3)
    stream.say(stream.opened(still, stream.now() - 60_000), stream.opened(done, stream.now() - 60_000))
    wait_until(lambda: site.sql("SELECT count(*) FROM alert WHERE state = 'firing'") == [(2,)], "they fire on a Sunday")
    site.sql("INSERT INTO alert_told SELECT recipient_id, alert_id, fired_at FROM alert, recipient")  # as if before the weekend
    stream.say(stream.step(done, 9), stream.opened(new, stream.now() - 60_000))
    wait_until(lambda: site.sql("SELECT state FROM alert ORDER BY dossier_code") == [("firing",), ("resolved",), ("firing",)], "so it goes on")
    wait_until(lambda: site.sql("SELECT pending_at IS NOT NULL FROM recipient") == [(True,)], "there is something to tell")
    assert "not before 07:30 02/03/2026" in site.hoso("alerts", "preview", "--all", environment=ENGLISH)
    assert mailbox.mails == [] and site.sql("SELECT count(*) FROM delivery") == [(0,)]
    alerter.terminate()
    site.set("clock", "offset", f"{SUNDAY_10 + 21 * HOUR + HOUR // 2 - 5000 - time.time_ns() // 1_000_000}ms")  # 07:29:55
    alerter.start()
    (_, mail), = wait_until(lambda: mailbox.mails, "the digest")
    assert mail["subject"] == "[hoso] Nghi Dương: 1 mới, 1 vẫn quá hạn, 1 đã xử lý (tổng hợp ngày)"
    assert str(mail["date"]).startswith("Mon, 02 Mar 2026 07:30:0"), mail["date"]
    assert [text_of(mail).index(f"{label} (1)") for label in ("MỚI", "VẪN QUÁ HẠN", "ĐÃ XỬ LÝ")] == sorted(
        text_of(mail).index(f"{label} (1)") for label in ("MỚI", "VẪN QUÁ HẠN", "ĐÃ XỬ LÝ"))


def test_a_mute_a_maintenance_window_and_their_ends(office, site, mailbox):
    start(site)
    recipient(site, "chu.tich@example.vn")
    site.hoso("alerts", "mute", "--procedure", "1.005129", "--until", "2098-01-01", "--actor", "A", "--reason", "thử")
    site.hoso("alerts", "mute", "--all", "--from", "2020-01-01T20:00", "--until", "2098-01-01", "--actor", "B", "--reason", "bảo trì")
    site.hoso("alerts", "mute", "--all", "--from", "2097-01-01", "--until", "2098-01-01", "--actor", "B", "--reason", "sau này")
    for wrong in ((), ("--all", "--unit", "11713"), ("--all", "--from", "mai")):
        site.hoso("alerts", "mute", *wrong, "--until", "2098-01-01", "--actor", "A", "--reason", "thử", code=2)
    assert len(site.hoso("alerts", "mutes").splitlines()) == 3
    office.say(office.opened(codes(1)[0], office.now() - 60_000))
    wait_until(lambda: site.sql("SELECT state FROM alert") == [("firing",)], "it is recorded")
    for number in ("2", "1"):
        assert site.hoso("alerts", "preview") == "" and mailbox.mails == []
        site.hoso("alerts", "unmute", number, "--actor", "C")
        site.hoso("alerts", "unmute", number, "--actor", "C", code=1)  # over already
    wait_until(lambda: mailbox.mails, "told once neither holds; the third has not begun")
    assert site.sql("SELECT actor, via, act FROM alert_audit ORDER BY audit_id") == [
        ("A", "cli", "mute"), ("B", "cli", "mute"), ("B", "cli", "mute"), ("C", "cli", "unmute"), ("C", "cli", "unmute")]
    site.sql("UPDATE alert_silence SET reason = reason")
    assert site.sql("SELECT count(*) FROM alert_audit WHERE via = 'sql'") == [(3,)], "no way around it"


def test_one_channel_that_is_down_does_not_stop_another(office, site, mailbox):
    down, up = Listener(lambda path, body: (500, {})), Listener()
    for name, listener in (("hong", down), ("tot", up)):
        site.set(f"channel.{name}", "type", "webhook")
        site.set(f"channel.{name}", "url", f"http://127.0.0.1:{listener.port}/")
    alerter = start(site, overrides={"notify.attempts": "100"})
    recipient(site, "", channel="hong")
    office.say(office.opened(codes(1)[0], office.now() - 60_000))

    def hurry():
        site.sql("UPDATE delivery SET next_at = now() WHERE state = 'pending'")
        return alerter.metrics()["hoso_alerter_channel_breakers_open"] == 1
    wait_until(hurry, "five failures open the breaker")
    assert len(down.requests) == 5
    recipient(site, "", channel="tot")
    wait_until(lambda: up.requests, "the other channel goes on")
    assert len(down.requests) == 5, "and the one that is down is left alone"
    down.stop()
    up.stop()
