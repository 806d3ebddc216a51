"""Telling people, with a real SMTP server, real HTTP listeners and Debian's Alertmanager: who is told what, when, once; and what they can
do about it."""

import json
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

import pytest
from harness import wait_until
from harness.peers import Listener, Mailbox
from harness.site import ROOT
from test_alerter import AGENCY, OTHER_AGENCY, Stream, codes, start

LINK_KEY = "k" * 32
ENGLISH = {"LANG": "en_US.UTF-8"}


@pytest.fixture
def mailbox(tmp_path):
    box = Mailbox(tmp_path)
    yield box
    box.stop()


@pytest.fixture
def office(site, mailbox):
    """A site that mails at once and at any hour; streams judge by timestamp."""
    stream = Stream(site)
    for key, value in {"group_wait": "300ms", "group_interval": "0s", "digest": "", "quiet": "", "quiet_days_off": "no",
                       "public_url": "http://127.0.0.1:1", "link_key": LINK_KEY, "attempts": "3"}.items():
        site.set("notify", key, value)
    for key, value in {"url": f"smtp://localhost:{mailbox.port}", "from": "hoso@example.vn", "user": "hoso",
                       "password": "mat khau", "ca_file": str(mailbox.certificate)}.items():
        site.set("channel.thu", key, value)
    return stream


def recipient(site, address, unit="11713", channel="thu", name="Chủ tịch UBND xã Nghi Dương", level=1, **duty):
    ((number,),) = site.sql("INSERT INTO recipient (name, channel, address) VALUES (%s, %s, %s) RETURNING recipient_id",
                            name, channel, address)
    site.sql("INSERT INTO duty (recipient_id, unit_code, level, valid_from, valid_to) VALUES (%s, %s, %s, %s, %s)", number, unit,
             level, duty.get("valid_from", "-infinity"), duty.get("valid_to", "infinity"))
    return number


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def html_of(mail):
    return mail.get_body(("html",)).get_content()


def open_page(alerter, path, body=None, method=None):
    request = urllib.request.Request(f"http://127.0.0.1:{alerter.port}{path}", data=body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def link_in(mail):
    return re.search(r"http://127.0.0.1:1(/xac-nhan/[0-9a-f]{64})", text_of(mail)).group(1)


# ---- mail ----

def test_a_mail_in_three_parts(office, site, mailbox):
    alerter = start(site, overrides={"notify.group_wait": "2s"})  # that what is over and what is new go together
    recipient(site, "chu.tich@example.vn")
    recipient(site, "xa.khac@example.vn", unit="10507")
    late, later = codes(2)
    office.say(office.opened(late, office.now() - 60_000))
    wait_until(lambda: len(mailbox.mails) == 1, "the first mail")
    to, mail = mailbox.mails[0]
    assert to == ["chu.tich@example.vn"] and mail["from"] == "hoso@example.vn"
    assert mail["subject"] == "[hoso] Nghi Dương: 1 mới"
    assert "MỚI (1)" in text_of(mail) and late in text_of(mail) and "Quá hạn trả kết quả" in html_of(mail)
    assert "Việc gần nhất:" in text_of(mail) and "Hệ thống nhận tin:" in text_of(mail)
    assert "chậm ở khâu xử lý" in text_of(mail)  # news is fresh: it is late work, not late data

    site.sql("UPDATE recipient SET digest_day = NULL")
    office.say(office.step(late, 9), office.opened(later, office.now() - 60_000))
    wait_until(lambda: len(mailbox.mails) == 2, "the second mail")
    _, mail = mailbox.mails[1]
    assert mail["subject"] == "[hoso] Nghi Dương: 1 mới, 1 đã xử lý"
    assert text_of(mail).index("MỚI (1)") < text_of(mail).index("ĐÃ XỬ LÝ (1)")
    assert "đã xử lý xong" in text_of(mail)
    assert len({m["message-id"] for _, m in mailbox.mails}) == 2
    # The post office has a mail before the alerter has its answer: the row follows.
    wait_until(lambda: site.sql("SELECT state FROM delivery") == [("sent",)] * 2, "both noted as sent")
    assert site.sql("SELECT attempts FROM delivery") == [(1,)] * 2
    assert "Sẽ nhắc lại 1 cảnh báo sau 1 ngày" in open_page(alerter, link_in(mail), b"act=snooze")[1], "the one that is not over"
    assert site.sql("SELECT dossier_code, snoozed_until - now() BETWEEN '23 hours' AND '25 hours' FROM alert WHERE snoozed_until "
                    "IS NOT NULL") == [(later, True)]
    assert site.sql("SELECT act, via FROM alert_audit") == [("snooze", "link")]


def test_what_is_still_late_is_repeated_until_acknowledged(office, site, mailbox):
    alerter = start(site, overrides={"notify.repeat": "1500ms"})
    recipient(site, "chu.tich@example.vn")
    office.say(office.opened(codes(1)[0], office.now() - 60_000))
    wait_until(lambda: len(mailbox.mails) >= 2, "the repetition")
    _, mail = mailbox.mails[1]
    assert mail["subject"] == "[hoso] Nghi Dương: 1 vẫn quá hạn" and "VẪN QUÁ HẠN (1)" in text_of(mail)
    path = link_in(mail)

    status, page = open_page(alerter, path)
    assert status == 200 and "Chưa có ai nhận" in page and 'method="post"' in page
    assert all(words in page for words in ("Việc gần nhất: ", "Hệ thống nhận tin: ", "chậm ở khâu xử lý")), page
    assert open_page(alerter, path, method="HEAD")[0] == 200
    assert site.sql("SELECT acked_at FROM alert") == [(None,)] and site.sql("SELECT count(*) FROM alert_audit") == [(0,)]
    status, page = open_page(alerter, path, b"act=ack")
    assert status == 200 and "Đã ghi nhận cho 1 cảnh báo" in page
    assert site.sql("SELECT acked_by FROM alert") == [("Chủ tịch UBND xã Nghi Dương",)]
    assert site.sql("SELECT actor, via, act FROM alert_audit") == [("Chủ tịch UBND xã Nghi Dương", "link", "ack")]
    assert "Đã ghi nhận cho 0 cảnh báo" in open_page(alerter, path, b"act=ack")[1]
    assert open_page(alerter, path, b"act=drop")[0] == 400
    assert open_page(alerter, path[:-1] + ("0" if path[-1] != "0" else "1"))[0] == 404, "a link that nobody signed"
    site.sql("UPDATE delivery SET created_at = created_at - interval '31 days'")
    assert open_page(alerter, path)[0] == 410
    wait_until(lambda: site.sql("SELECT count(*) FROM delivery WHERE state = 'pending'") == [(0,)], "the last repetition has left")
    before = len(mailbox.mails)
    site.sql("UPDATE recipient SET told_at = told_at - interval '1 hour'")
    office.say(office.opened(codes(2)[1], office.now() - 60_000))
    wait_until(lambda: len(mailbox.mails) > before, "what is new is told")
    assert mailbox.mails[before][1]["subject"] == "[hoso] Nghi Dương: 1 mới", "and nothing of what somebody has in hand"


def test_a_storm_is_told_in_counts(office, site, mailbox):
    start(site, overrides={"notify.detail_max": "5", "notify.group_wait": "4s"})
    recipient(site, "thanh.pho@example.vn", unit=None, name="Trung tâm điều hành")
    many = codes(40)
    office.say(*[office.opened(code, office.now() - 60_000) for code in many[:30]],
               *[office.event("record", code, status=4, accepted_at=office.now() - 10**8, due_at=office.now() - 60_000,
                              deciding_agency=OTHER_AGENCY) for code in many[30:]])
    wait_until(lambda: mailbox.mails, "the mail")
    assert [mail["subject"] for _, mail in mailbox.mails] == ["[hoso] Nhiều đơn vị: 40 mới"]
    assert "Nghi Dương · Quá hạn trả kết quả: 30" in text_of(mailbox.mails[0][1])
    assert not [code for code in many if code in text_of(mailbox.mails[0][1])]


def test_refused_mail_is_tried_again_then_given_up(office, site, mailbox):
    alerter = start(site)
    recipient(site, "chu.tich@example.vn")
    mailbox.refuse = "451 later"
    office.say(office.opened(codes(1)[0], office.now() - 60_000))

    def hurry():
        site.sql("UPDATE delivery SET next_at = now() WHERE state = 'pending' AND attempts > 0")
        return site.sql("SELECT state, attempts FROM delivery") == [("dead", 3)]
    wait_until(hurry, "three attempts")
    assert mailbox.refused == 3 and "451" in site.sql("SELECT last_error FROM delivery")[0][0]
    wait_until(lambda: alerter.metrics()["hoso_alerter_messages_dead"] == 1, "the metric says so")
    mailbox.refuse = None
    assert "1 dead" in site.hoso("alerts", "list", "--dead", environment=ENGLISH)


# ---- people ----

def test_delegation_mutes_snoozes_and_escalation(office, site, mailbox):
    start(site)
    recipient(site, "nghi.phep@example.vn", valid_to="2020-01-01")
    recipient(site, "pho.chu.tich@example.vn", valid_from="2020-01-02")
    recipient(site, "thanh.pho@example.vn", unit=None, level=2, name="Trung tâm điều hành")
    site.sql("INSERT INTO alert_silence (procedure_code, actor, reason) VALUES ('2.000488', 'test', 'thử')")
    loud, muted = codes(2)
    office.say(office.opened(loud, office.now() - 60_000),
               office.event("record", muted, status=4, accepted_at=office.now() - 10**8, due_at=office.now() - 60_000,
                            deciding_agency=AGENCY, procedure_code="2.000488"))
    wait_until(lambda: mailbox.mails, "the deputy is told")
    assert [to for to, _ in mailbox.mails] == [["pho.chu.tich@example.vn"]]
    assert muted not in text_of(mailbox.mails[0][1])
    assert site.sql("SELECT count(*) FROM alert WHERE state = 'firing'") == [(2,)], "muted is recorded all the same"
    assert site.sql("SELECT count(*) FROM alert WHERE escalate_at > now()") == [(2,)]
    site.sql("UPDATE alert SET escalate_at = now() WHERE dossier_code = %s", loud)
    wait_until(lambda: len(mailbox.mails) == 2, "nobody acknowledged: the city is told")
    assert mailbox.mails[1][0] == ["thanh.pho@example.vn"]
    ((alert,),) = site.sql("SELECT alert_id FROM alert WHERE dossier_code = %s", loud)
    assert site.sql("SELECT alert_act(%s, 'snooze', 'test', 'board', now() + interval '1 hour')", alert) == [(True,)]
    assert site.sql("SELECT count(*) FROM alert_told WHERE alert_id = %s", alert) == [(0,)]
    site.sql("UPDATE alert SET snoozed_until = now()")
    wait_until(lambda: len(mailbox.mails) == 4, "after the snooze both are told anew")


def test_each_step_up_counts_by_the_hours_of_the_unit(office, site, mailbox):
    site.sql("INSERT INTO alert_rule (rule, unit_code, amount) VALUES ('escalation', '11713', 40)")
    site.sql("INSERT INTO alert_rule (rule, unit_code, enabled) VALUES ('escalation', '10507', false)")
    start(site)
    ours, theirs, acked = codes(3)
    office.say(office.opened(ours, office.now() - 60_000), office.opened(acked, office.now() - 60_000), office.event(
        "record", theirs, status=4, accepted_at=office.now() - 10**8, due_at=office.now() - 60_000, deciding_agency=OTHER_AGENCY))
    wait_until(lambda: site.sql("SELECT count(*) FROM alert WHERE state = 'firing'") == [(3,)], "all fire")
    assert site.sql("SELECT escalate_at IS NULL FROM alert WHERE dossier_code = %s", theirs) == [(True,)]
    site.sql("UPDATE alert SET acked_at = now(), acked_by = 'test' WHERE dossier_code = %s", acked)
    site.sql("UPDATE alert SET escalate_at = now()")  # of the second as if it had been on when it fired
    wait_until(lambda: site.sql("SELECT level FROM alert WHERE dossier_code = %s", ours) == [(2,)], "the next level")
    wait_until(lambda: site.sql("SELECT level, escalate_at FROM alert WHERE dossier_code = %s", theirs) == [(1, None)], "off is off")
    ((next_at,),) = site.sql("SELECT escalate_at - now() > interval '4 days' FROM alert WHERE dossier_code = %s", ours)
    assert next_at, "forty working hours are five days"
    assert site.sql("SELECT level FROM alert WHERE dossier_code = %s", acked) == [(1,)], "somebody has it in hand"
    site.sql("UPDATE alert SET escalate_at = now() WHERE dossier_code = %s", ours)
    wait_until(lambda: site.sql("SELECT level, escalate_at FROM alert WHERE dossier_code = %s", ours) == [(3, None)], "the city is the last")


def test_the_command_line_says_which_clock_speaks(office, site):
    site.start("alerter").wait_ready()
    (code,) = codes(1)
    office.say(office.opened(code, office.now() - 60_000))
    wait_until(lambda: site.sql("SELECT count(*) FROM alert WHERE state = 'firing'") == [(1,)], "it fires")

    def said():
        return (json.loads(site.hoso("alerts", "list", "--json"))[0]["clock"], site.hoso("alerts", "list", environment=here),
                site.hoso("alerts", "show", code, environment=here), site.hoso("alerts", "show", code, environment=ENGLISH))
    here = {"LANG": "vi_VN.UTF-8"}
    for clock, word, text, change in (
            ("work", "chậm xử lý", "Dữ liệu về kịp thời: chậm ở khâu xử lý.",
             "last_event_at = now() - interval '1 hour', last_ingested_at = now()"),
            ("data", "tin về muộn", "Có thể do dữ liệu: tin cuối về muộn hơn 1 ngày", "last_event_at = now() - interval '25 hours'"),
            ("silent", "không có tin", "hơn 3 ngày không có tin mới", "last_ingested_at = now() - interval '73 hours'"),
            ("portal", "Cổng báo xong", "Cổng báo đã kết thúc", "portal_status = 9"),
            # Over: as it was then, however long ago.
            ("work", "chậm xử lý", "chậm ở khâu xử lý", "portal_status = 0, last_event_at = now() - interval '74 hours', "
                                                        "state = 'resolved', ended_at = now() - interval '71 hours'")):
        site.sql(f"UPDATE alert SET {change}")
        if "resolved" in change:
            assert json.loads(site.hoso("alerts", "list", "--all", "--json"))[0]["clock"] == clock
            assert word in site.hoso("alerts", "list", "--all", environment=here)
        else:
            machine, listed, shown, english = said()
            assert machine == clock and word in listed and text in shown and "last_ingested_at" in shown
            assert re.search(f"clock +{clock}: [A-Z]", english) and text not in english


def test_the_command_line_acts_as_the_link_does(office, site, mailbox):
    start(site)
    recipient(site, "chu.tich@example.vn")
    first, second = codes(2)
    office.say(office.opened(first, office.now() - 60_000), office.opened(second, office.now() - 50_000))
    wait_until(lambda: site.sql("SELECT count(*) FROM alert WHERE state = 'firing'") == [(2,)], "both fire")
    assert json.loads(site.hoso("alerts", "list", "--unit", "11713", "--json"))[0]["dossier"] == first
    assert first in site.hoso("alerts", "list") and site.hoso("alerts", "list", "--unit", "10507") == ""
    wait_until(lambda: site.sql("SELECT count(*) FROM alert_told") == [(2,)], "both are told")
    seen = site.hoso("alerts", "preview", "--all", environment=ENGLISH)
    assert "Subject: [hoso] Nghi Dương: 2 vẫn quá hạn (tổng hợp ngày)\n\nKính gửi: Chủ tịch UBND xã Nghi Dương" in seen
    assert first in seen and site.hoso("alerts", "preview") == "", "nothing is new"
    assert site.hoso("alerts", "preview", "--all", "--html", "--to", "chu.tich@example.vn").startswith("<!DOCTYPE html>")
    assert site.hoso("alerts", "preview", "--to", "ai.do@example.vn") == ""
    ((one,), (two,)) = site.sql("SELECT replace(alert_id::text, '-', '') FROM alert ORDER BY dossier_code")
    site.hoso("alerts", "ack", one[:8], "--actor", "Trực ban")
    site.hoso("alerts", "snooze", two[:8], "--actor", "Trực ban", "--until", "2098-01-01")
    assert "Trực ban" in site.hoso("alerts", "show", first)
    assert site.sql("SELECT act, via FROM alert_audit ORDER BY audit_id") == [("ack", "cli"), ("snooze", "cli")]
    site.hoso("alerts", "ack", one[:8], code=2)  # nobody
    site.hoso("alerts", "ack", "ffffff00", "--actor", "A", code=65)
    site.hoso("alerts", "mute", "--procedure", "1.005129", "--until", "2098-01-01", "--actor", "A", "--reason", "thử")
    assert site.hoso("alerts", "preview", "--all") == ""
    site.hoso("alerts", "test-send", "--to", "ai.do@example.vn", code=65)
    before = len(mailbox.mails)
    site.hoso("alerts", "test-send", "--to", "chu.tich@example.vn")
    wait_until(lambda: any(m["subject"] == "[hoso] Thư thử" for _, m in mailbox.mails[before:]), "the test message")


# ---- machines ----

def shape(value):
    """Names and types, the labels' and annotations' own names aside."""
    if isinstance(value, dict):
        return {name: "labels" if name in ("labels", "annotations", "groupLabels", "commonLabels", "commonAnnotations")
                else shape(inner) for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


@pytest.mark.skipif(not shutil.which("prometheus-alertmanager"), reason="prometheus-alertmanager is not installed")
def test_the_webhook_has_alertmanagers_own_shape(office, site, mailbox, tmp_path):
    listener = Listener()
    configuration = tmp_path / "alertmanager.yml"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    configuration.write_text(f"""
route: {{receiver: r, group_wait: 0s}}
receivers: [{{name: r, webhook_configs: [{{url: "http://127.0.0.1:{listener.port}/theirs"}}]}}]
""")
    theirs = subprocess.Popen(["prometheus-alertmanager", f"--config.file={configuration}", f"--storage.path={tmp_path}/am",
                               "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{port}"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        body = json.dumps([{"labels": {"alertname": "overdue"}, "annotations": {"summary": "x"}}]).encode()

        def push():
            request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v2/alerts", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status == 200
        wait_until(push, "Alertmanager takes an alert")
        site.set("channel.ioc", "type", "webhook")
        site.set("channel.ioc", "url", f"http://127.0.0.1:{listener.port}/ours")
        start(site)
        recipient(site, "", channel="ioc")
        code = codes(1)[0]
        office.say(office.opened(code, office.now() - 60_000))
        found = wait_until(lambda: {path: json.loads(text) for path, _, text in listener.requests}.keys() >= {"/ours", "/theirs"}
                           and {path: json.loads(text) for path, _, text in listener.requests}, "both webhooks")
        assert shape(found["/ours"]) == shape(found["/theirs"])
        assert found["/ours"]["status"] == "firing" and found["/ours"]["alerts"][0]["labels"]["unit"] == "11713"
        assert code not in json.dumps(found["/ours"])
        office.say(office.step(code, 9))
        wait_until(lambda: json.loads(listener.requests[-1][2])["status"] == "resolved", "the resolution")
    finally:
        theirs.kill()
        theirs.wait()
        listener.stop()


def test_zalo_with_a_token_that_is_refreshed_once(office, site, tmp_path):
    """A stand-in for Zalo: a refresh token counts once, an access token may be revoked."""
    state = {"access": None, "refresh": "r1", "spent": []}

    def answer(path, body):
        if path == "/token":
            given = dict(pair.split("=", 1) for pair in body.split("&"))
            if given["refresh_token"] != state["refresh"]:
                return 200, {"error": -14014}
            state["spent"].append(given["refresh_token"])
            state["access"], state["refresh"] = f"a{len(state['spent'])}", f"r{len(state['spent']) + 1}"
            return 200, {"access_token": state["access"], "refresh_token": state["refresh"], "expires_in": "90000"}
        token = listener.requests[-1][1]["access_token"]
        return 200, {"error": 0} if token == state["access"] else {"error": -216, "message": "Access token is invalid"}
    listener = Listener(answer)
    root = f"http://127.0.0.1:{listener.port}"
    for name, real in (("zalo-zns", "https://business.openapi.zalo.me"), ("zalo-token", "https://oauth.zaloapp.com/v4/oa/access_token")):
        text = (ROOT / "deploy" / "templates" / f"{name}.http").read_text()
        assert real in text
        (tmp_path / f"{name}.http").write_text(text.replace(real, root + "/token" if "token" in name else root))
    token_file = tmp_path / "zalo.json"
    token_file.write_text(json.dumps({"token": "", "refresh_token": "r1", "secret_key": "bí mật", "app_id": "7", "template_id": "T1"}))
    for key, value in {"type": "template", "template": tmp_path / "zalo-zns.http", "token_template": tmp_path / "zalo-token.http",
                       "token_file": token_file}.items():
        site.set("channel.zalo", key, str(value))
    start(site)
    recipient(site, "84000000000", channel="zalo")
    first, second = codes(2)
    office.say(office.opened(first, office.now() - 60_000))
    wait_until(lambda: site.sql("SELECT state FROM delivery") == [("sent",)], "the first notice")
    path, headers, text = listener.requests[-1]
    sent = json.loads(text)
    assert path == "/message/template" and headers["access_token"] == "a1"
    assert sent["phone"] == "84000000000" and sent["template_id"] == "T1" and sent["template_data"]["so_moi"] == "1"
    assert sent["template_data"]["don_vi"] == "Nghi Dương" and "/xac-nhan/" in sent["template_data"]["lien_ket"]
    assert not [text for _, _, text in listener.requests if first in text], "no dossier code leaves this way"
    assert json.loads(token_file.read_text())["refresh_token"] == "r2"

    state["access"] = "revoked"
    office.say(office.opened(second, office.now() - 60_000))

    def hurry():
        site.sql("UPDATE delivery SET next_at = now() WHERE state = 'pending' AND attempts > 0")
        return site.sql("SELECT state FROM delivery") == [("sent",), ("sent",)]
    wait_until(hurry, "the second notice, with a fresh token")
    assert state["spent"] == ["r1", "r2"]
    listener.stop()


# ---- the alerter itself ----

def test_a_dead_mans_handle_and_word_to_the_operator(office, site, mailbox):
    listener = Listener()
    alerter = start(site, overrides={"notify.heartbeat_url": f"http://127.0.0.1:{listener.port}/beat", "notify.heartbeat_every": "200ms",
                                     "notify.operator_after": "500ms", "alerter.hold_recheck": "100ms"})
    number = recipient(site, "van.hanh@example.vn", name="Người vận hành", unit="none")
    site.sql("UPDATE recipient SET operator = true WHERE recipient_id = %s", number)
    wait_until(lambda: len(listener.requests) >= 2, "it beats")
    site.servers.kafka_kill()
    try:
        office.wait_for(office.now() + 1)
        wait_until(lambda: "kafka" in alerter.ready()[1], "it is in trouble", 60)
        wait_until(lambda: mailbox.mails, "the operator is told")
        assert mailbox.mails[0][1]["subject"] == "[hoso] Hệ thống gặp sự cố"
        beats = len(listener.requests)
        site.sql("UPDATE alert_rule SET enabled = false")  # a round trip or two
        assert len(listener.requests) <= beats + 1, "no beat while something is wrong"
    finally:
        site.servers.kafka_start()
    wait_until(lambda: len(mailbox.mails) == 2, "and when all is well again", 60)
    assert mailbox.mails[1][1]["subject"] == "[hoso] Hệ thống hoạt động lại bình thường"
    listener.stop()
