"""What people see, rendered: the mail at a phone's width and the page that acknowledges, by a real Chromium. Pictures stay in
build/alerter-pictures, to be looked at."""

import base64
import json
import shutil
import subprocess

import pytest
from harness import wait_until
from harness.site import ROOT
from test_alerter import DAY, start
from test_notify import OTHER_AGENCY, codes, html_of, link_in, mailbox, office, open_page, recipient  # pylint: disable=unused-import

PICTURES = ROOT / "build" / "alerter-pictures"
LONG_NAME = "Phó Chủ tịch Ủy ban nhân dân xã Nghi Dương kiêm Giám đốc Trung tâm Phục vụ hành chính công"

pytestmark = pytest.mark.skipif(not shutil.which("chromium") or not shutil.which("node"), reason="chromium or node is missing")


def show(pages):
    """pages: {name: html}. Every page at 320, 360 and 600 px: nothing sticks out, every letter has a glyph, buttons can be hit."""
    task = {"pictures": str(PICTURES), "pages": {name: base64.b64encode(html.encode()).decode() for name, html in pages.items()}}
    done = subprocess.run([ROOT / "tests" / "node", "mail.mjs"], input=json.dumps(task), capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == 0 and done.stdout.count("ok - ") >= 3 * len(pages), done.stdout + done.stderr


def test_the_mail_and_the_page_on_a_phone(office, site, mailbox):
    alerter = start(site, overrides={"notify.group_wait": "2s"})
    site.sql("UPDATE alert_rule SET enabled = true WHERE rule IN ('acceptance', 'step_overdue', 'supplement_late')")
    recipient(site, "chu.tich@example.vn", name=LONG_NAME)
    recipient(site, "thanh.pho@example.vn", unit=None, name="Trung tâm điều hành")
    now = office.now()
    first, stale, late_data, step, done, *storm = codes(60)
    office.say(office.opened(done, now - 60_000))
    wait_until(lambda: len(mailbox.mails) == 2, "what will be over is told")
    site.sql("UPDATE recipient SET told_at = NULL")
    office.say(office.opened(first, now - 60_000), office.opened(stale, now - 9 * DAY, at=now - 10 * DAY, ingested_at=now - 8 * DAY),
               office.opened(late_data, now - 2 * DAY, ingested_at=now - 2 * DAY, at=now - 4 * DAY),
               office.step(done, 9), office.opened(step, now + 30 * DAY), office.step(step, 4, step_due_at=now - DAY, at=now - 3 * DAY),
               *[office.event("record", f"H24.10507-260101-{n:04}", status=4, accepted_at=now - 10 * DAY, due_at=now - 60_000,
                              deciding_agency=OTHER_AGENCY) for n in range(len(storm))])
    wait_until(lambda: len(mailbox.mails) >= 4, "the second mails")
    by_whom = {to[0]: mail for to, mail in mailbox.mails}
    mail, counts = by_whom["chu.tich@example.vn"], by_whom["thanh.pho@example.vn"]
    assert first in html_of(mail) and "Nhiều đơn vị" in counts["subject"]
    path = link_in(mail)
    pages = {"mail": html_of(mail), "counts": html_of(counts), "page": open_page(alerter, path)[1],
             "thanks": open_page(alerter, path, b"act=ack")[1]}
    show(pages)
    for word in ("Kính gửi", "MỚI", "ĐÃ XỬ LÝ", "Quá hạn trả kết quả", "Xác nhận đã nhận"):
        assert word in pages["mail"]
