"""kill -9 between every two durable steps of hoso-alerter: nothing is lost, nothing has two ids. One installation for all of them, a dossier
and two lives of the process for each; a consumer group of its own for each life, or the dead one's session would be waited for."""

import json
import re
import urllib.error
import urllib.request
import uuid

import pytest
from harness import Site, wait_until
from harness.peers import Listener, Mailbox
from harness.site import ROOT
from test_alerter import AGENCY, DAY, OTHER_AGENCY, Stream
from test_notify import recipient, text_of

# crash_point() in services/alerter, in the order in which a dossier passes them; test_every_point_is_here holds this to the code.
ON_THE_WAY = ["claim_before_commit", "claim_after_commit", "before_commit", "after_commit", "fire_before_commit", "fire_commit_sent",
              "fire_after_commit", "outbox_after_send", "outbox_after_mark", "tell_before_commit", "tell_after_commit",
              "deliver_after_send", "deliver_after_mark"]
BY_THEMSELVES = ["ack_before_commit", "ack_after_commit", "operators_before_commit", "operators_after_commit",
                 "follow_before_commit", "follow_after_commit", "token_before_rename", "token_after_rename", "escalate_after", "forget_after"]


class World:
    def __init__(self, site, folder):
        self.site, self.mailbox, self.number = site, Mailbox(folder), 0
        self.stream = Stream(site)
        for key, value in {"group_wait": "50ms", "group_interval": "0s", "digest": "", "quiet": "", "quiet_days_off": "no",
                           "public_url": "http://127.0.0.1:1", "link_key": "k" * 32}.items():
            site.set("notify", key, value)
        for key, value in {"url": f"smtp://localhost:{self.mailbox.port}", "from": "hoso@example.vn", "user": "hoso",
                           "password": "mat khau", "ca_file": str(self.mailbox.certificate)}.items():
            site.set("channel.thu", key, value)
        site.set("alerter", "forget_after", "1d")
        self.set_up_zalo(folder)
        recipient(site, "chu.tich@example.vn")
        recipient(site, "84000000000", unit="10507", channel="zalo")
        recipient(site, "thanh.pho@example.vn", unit=None, level=2)
        self.alerter = site.start("alerter").wait_ready()
        self.alerter.terminate()

    def set_up_zalo(self, folder):
        self.access, self.refresh, self.spent = None, "r1", []
        self.listener = Listener(self.zalo)
        root = f"http://127.0.0.1:{self.listener.port}"
        for name, real in (("zalo-zns", "https://business.openapi.zalo.me"),
                           ("zalo-token", "https://oauth.zaloapp.com/v4/oa/access_token")):
            text = (ROOT / "deploy" / "templates" / f"{name}.http").read_text()
            (folder / f"{name}.http").write_text(text.replace(real, root + "/token" if "token" in name else root))
        self.token_file = folder / "zalo.json"
        self.token_file.write_text(json.dumps({"token": "", "refresh_token": "r1", "secret_key": "s", "app_id": "7",
                                               "template_id": "T1"}))
        for key, value in {"type": "template", "template": folder / "zalo-zns.http",
                           "token_template": folder / "zalo-token.http", "token_file": self.token_file}.items():
            self.site.set("channel.zalo", key, str(value))

    def zalo(self, path, body):
        """A stand-in for Zalo: a refresh token counts once."""
        if path == "/token":
            given = dict(pair.split("=", 1) for pair in body.split("&"))["refresh_token"]
            if given != self.refresh:
                return 200, {"error": -14014}
            self.spent.append(given)
            self.access, self.refresh = f"a{len(self.spent)}", f"r{len(self.spent) + 1}"
            return 200, {"access_token": self.access, "refresh_token": self.refresh}
        good = self.listener.requests[-1][1]["access_token"] == self.access
        return 200, {"error": 0 if good else -216}

    def start(self, point=None):
        group = f"{self.site.name}.{uuid.uuid4().hex[:8]}"
        return self.alerter.start({"alerter.group": group}, crash_at=point and f"alerter.{point}")

    def code(self):
        self.number += 1
        return f"H24.11713-260101-{self.number:04}"

    def late(self, code, agency=AGENCY, **fields):
        """A dossier that is late already; what happens to it passes every point ON_THE_WAY."""
        now = self.stream.now()
        self.stream.send(self.stream.event("record", code, status=4, accepted_at=now - 60 * DAY, deciding_agency=agency,
                                           **{"due_at": now - 1000, "procedure_code": "1.005129", **fields}))

    def mails(self, code):
        return [mail for _, mail in self.mailbox.mails if code in text_of(mail)]

    def post(self, mail):
        path = re.search(r"http://127.0.0.1:1(/xac-nhan/[0-9a-f]{64})", text_of(mail)).group(1)
        request = urllib.request.Request(f"http://127.0.0.1:{self.alerter.port}{path}", data=b"act=ack")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status
        except (urllib.error.URLError, ConnectionError):
            return None

    def require_told_once(self, code, rule="overdue"):
        """One alert, one notice under one id, and one message under one id; each of the two perhaps sent twice."""
        def whole():
            done = self.site.sql("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == [(0,)] and self.site.sql(
                "SELECT count(*) FROM delivery WHERE state <> 'sent'") == [(0,)]
            return done and self.mails(code) and self.site.sql("SELECT alert_id FROM alert WHERE dossier_code = %s", code)
        wait_until(whole, "it is told")
        rows = self.site.sql("SELECT rule, episode, state, alert_id FROM alert WHERE dossier_code = %s", code)
        assert [row[:3] for row in rows] == [(rule, 1, "firing")]
        notices = [record for record in self.site.alerts() if record.key == code.encode()]
        assert {record.headers["ce_id"] for record in notices} == {rows[0][3].hex.encode() + b"-firing"}
        assert len({record.value["alert_id"] for record in notices}) == 1
        assert self.site.sql("SELECT count(*) FROM outbox WHERE key = %s", code) == [(1,)]
        assert len({mail["message-id"] for mail in self.mails(code)}) == 1
        assert self.site.sql("SELECT count(*) FROM alert_told WHERE alert_id = %s", rows[0][3]) == [(1,)]
        return notices


@pytest.fixture(scope="module")
def world(servers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("crashes")
    site = Site(servers, folder).create()
    made = World(site, folder)
    yield made
    made.mailbox.stop()
    made.listener.stop()
    site.destroy()


@pytest.fixture(autouse=True)
def ended(world):
    yield
    if world.alerter.process is not None:
        world.alerter.terminate()


def test_every_point_is_here():
    source = "".join(path.read_text() for path in (ROOT / "services" / "alerter").glob("*.c"))
    assert set(re.findall(r'crash_point\("alerter\.(\w+)"\)', source)) == {*ON_THE_WAY, *BY_THEMSELVES}


@pytest.mark.parametrize("point", ON_THE_WAY)
def test_on_the_way_from_the_record_to_the_mail(world, point):
    code = world.code()
    alerter = world.start(point)
    world.late(code)
    alerter.wait_crash()
    world.start()
    notices = world.require_told_once(code)
    assert len(notices) == (2 if point == "outbox_after_send" else 1)
    assert len(world.mails(code)) == (2 if point == "deliver_after_send" else 1)


@pytest.mark.parametrize("point", ["ack_before_commit", "ack_after_commit"])
def test_while_somebody_acknowledges(world, point):
    code = world.code()
    alerter = world.start(point)
    world.late(code)
    (mail,) = wait_until(lambda: world.mails(code), "the mail")
    assert world.post(mail) is None, "it dies with the answer"
    alerter.wait_crash()
    world.start().wait_ready()
    acked = "SELECT acked_at IS NOT NULL FROM alert WHERE dossier_code = %s"
    assert world.site.sql(acked, code) == [(point == "ack_after_commit",)]
    assert world.post(mail) == 200
    assert world.site.sql(acked, code) == [(True,)]
    assert world.site.sql("SELECT act, via FROM alert_audit JOIN alert USING (alert_id) WHERE dossier_code = %s",
                          code) == [("ack", "link")]


@pytest.mark.parametrize("point", ["operators_before_commit", "operators_after_commit"])
def test_while_it_tells_the_operator(world, point):
    def tests():
        return {mail["message-id"] for _, mail in world.mailbox.mails if mail["subject"] == "[hoso] Thư thử"}
    before = len(tests())
    alerter = world.start(point)
    world.site.sql("UPDATE recipient SET test_asked = true WHERE address = 'chu.tich@example.vn'")
    alerter.wait_crash()
    world.start()
    wait_until(lambda: len(tests()) > before, "the test message")
    wait_until(lambda: world.site.sql("SELECT count(*) FROM delivery WHERE state <> 'sent'") == [(0,)], "all is sent")
    assert len(tests()) == before + 1 and world.site.sql("SELECT bool_or(test_asked) FROM recipient") == [(False,)]


@pytest.mark.parametrize("point", ["follow_before_commit", "follow_after_commit"])
def test_while_a_changed_rule_is_taken_over(world, point):
    code, procedure = world.code(), f"9.{uuid.uuid4().hex[:6]}"
    alerter = world.start(point)
    world.late(code, due_at=world.stream.now() + DAY, procedure_code=procedure)
    world.site.wait_caught_up("alerter")
    assert world.site.sql("SELECT count(*) FROM alert WHERE dossier_code = %s", code) == [(0,)]
    world.site.sql("INSERT INTO alert_rule (rule, procedure_code, enabled, amount) VALUES ('due_soon_1', %s, true, 3)", procedure)
    alerter.wait_crash()
    world.start()
    world.require_told_once(code, "due_soon_1")


def test_between_a_step_up_and_the_word_of_it(world):
    code = world.code()
    world.start()
    world.late(code)
    world.require_told_once(code)
    world.alerter.terminate()
    world.site.sql("UPDATE alert SET escalate_at = now() WHERE dossier_code = %s", code)
    world.start("escalate_after").wait_crash()
    world.start()
    wait_until(lambda: len(world.mails(code)) == 2, "the next level is told")
    assert [to for to, mail in world.mailbox.mails if code in text_of(mail)] == [["chu.tich@example.vn"], ["thanh.pho@example.vn"]]
    assert world.site.sql("SELECT level FROM alert WHERE dossier_code = %s", code) == [(2,)], "one step, not two"


def test_after_old_events_are_dropped(world):
    code, kept = world.code(), world.code()
    old = world.stream.now() - 3 * DAY
    alerter = world.start("forget_after")
    world.late(kept, ingested_at=old)
    world.late(code, ingested_at=old)
    world.stream.send(world.stream.step(code, 9, at=old, ingested_at=old))
    alerter.wait_crash()
    world.start().wait_ready()
    known = "SELECT count(*) FROM alert_event WHERE dossier_code = %s"
    assert world.site.sql(known, code) == [(0,)] and world.site.sql(known, kept) == [(1,)]
    world.require_told_once(kept)


@pytest.mark.parametrize("point", ["token_before_rename", "token_after_rename"])
def test_while_a_token_is_refreshed(world, point):
    code = world.code()
    world.access = None  # revoked
    alerter = world.start(point)
    world.late(code, OTHER_AGENCY)

    def crashed():
        world.site.sql("UPDATE delivery SET next_at = now() WHERE state = 'pending' AND attempts > 0")
        return alerter.process.poll() is not None
    wait_until(crashed, "it dies")
    alerter.wait_crash()
    spent = len(world.spent)
    world.start()

    def sent():
        world.site.sql("UPDATE delivery SET next_at = now() WHERE state = 'pending' AND attempts > 0")
        return world.site.sql("SELECT state FROM delivery WHERE channel = 'zalo' AND state <> 'sent'") == []
    wait_until(sent, "the notice, with the token that was fetched before the crash")
    assert len(world.spent) == spent, "no second refresh, and no spent refresh token sent again"
    assert json.loads(world.token_file.read_text())["refresh_token"] == world.refresh
    assert not (world.token_file.parent / "zalo.json.new").exists()
