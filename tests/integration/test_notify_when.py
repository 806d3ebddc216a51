"""When people are told, and when not: quiet hours, days off, the digest, mutes and maintenance windows, a channel that is down."""

import re
import shlex
import time

from harness import wait_until
from harness.peers import Listener
from harness.site import ROOT
from test_alerter import Stream, codes, start
from test_notify import ENGLISH, mailbox, office, recipient, text_of  # pylint: disable=unused-import

HOUR = 3_600_000
VIETNAMESE = {"LANG": "vi_VN.UTF-8"}
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
    hurry()
    recipient(site, "", channel="tot")
    wait_until(lambda: up.requests, "the other channel goes on")
    assert len(down.requests) == 5, "and the one that is down is left alone"
    down.stop()
    up.stop()


def test_the_runbook_s_page_about_people(office, site, mailbox):
    """Its commands as they stand there; then who is told, and what is refused."""
    def run(line, code=0):
        return site.hoso(*[word for word in shlex.split(line)[1:] if word not in ("-c", "hoso.conf")], code=code, environment=VIETNAMESE)
    text = (ROOT / "deploy" / "runbook" / "people.md").read_text()
    adds, delegation, rest = (block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", text, re.S))
    ((today,),) = site.sql("SELECT (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date")
    assert [run(line) for line in adds + delegation] == ["Đã ghi, số 1.\n", "Đã ghi, số 2.\n", "Đã ghi, số 3.\n"]
    assert site.sql("SELECT name, operator, unit_code, level, valid_from = %s, valid_to = 'infinity' FROM duty JOIN recipient USING (recipient_id) "
                    "WHERE duty_id < 3 ORDER BY duty_id", today) == [
        ("Chủ tịch UBND xã Nghi Dương", False, "11713", 1, True, True), ("Trung tâm điều hành", True, None, 3, True, True)]
    start(site)
    (code,) = codes(1)
    office.say(office.opened(code, office.now() - 60_000))
    wait_until(lambda: mailbox.mails, "whoever has the duty is told")
    assert [to for to, _ in mailbox.mails] == [["chu.tich@example.vn"]], "the delegate's days have not come"

    listed, ended, everything = (run(line) for line in rest)
    assert re.search(r"  3  cấp 1  11713  \*  \*  01/07/2098 - 15/07/2098  Phó Chủ tịch", listed) and "  và sự cố hệ thống" in listed
    assert ended == "Đã ghi.\n" and everything.count("\n") == 3 and run("hoso people list").count("\n") == 2
    assert site.sql("SELECT valid_to < %s FROM duty WHERE duty_id = 1", today) == [(True,)]
    run("hoso people end 1 --actor A", code=1)
    run("hoso people end 3 --until 05/07/2098 --actor A")
    assert "01/07/2098 - 05/07/2098" in run("hoso people list")
    run("hoso people add --name X --channel thu --address chu.tich@example.vn --unit 11713 --rules overdue,due_soon_1 --level 2 --actor A")
    assert site.sql("SELECT count(*), count(*) FILTER (WHERE name = 'X') FROM recipient") == [(3, 1)], "an address is one recipient"
    assert site.sql("SELECT rules, level FROM duty ORDER BY duty_id DESC LIMIT 1") == [(["overdue", "due_soon_1"], 2)]
    assert site.sql("SELECT act, note, actor FROM alert_audit ORDER BY audit_id") == [
        ("duty_add", "1", "Văn phòng"), ("duty_add", "2", "Văn phòng"), ("duty_add", "3", "Văn phòng"), ("duty_end", "1", "Văn phòng"),
        ("duty_end", "3", "A"), ("duty_add", "4", "A")]
    whole = "hoso people add --name X --channel thu --address a@example.vn --unit 11713 --actor A"
    for wrong, exit_code in ((whole.replace("--unit 11713", ""), 2), (whole + " --city", 2), (whole.replace("thu", "kenh"), 2),
                             (whole.replace("11713", "99999"), 65), (whole.replace(" --actor A", ""), 2), (whole + " --level 4", 2),
                             (whole + " --rules overdue,late", 2), (whole + " --from 02/07/2098 --until 01/07/2098", 2),
                             (whole + " --until mai", 2), ("hoso people end x --actor A", 2), ("hoso people end", 2),
                             ("hoso people", 2), ("hoso people drop --actor A", 2)):
        run(wrong, code=exit_code)
    assert site.sql("SELECT count(*) FROM duty") == [(4,)]
