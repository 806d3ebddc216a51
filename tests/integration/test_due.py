"""`hoso due` and the parts of the command line that every subcommand shares."""

import json
import subprocess

import pytest
from harness.site import build_folder


def hoso(*arguments, language=""):
    done = subprocess.run([build_folder() / "bin" / "hoso", *arguments], env={"LANG": language},
                          capture_output=True, text=True, check=False, timeout=20)
    return done.returncode, done.stdout, done.stderr


def due(*arguments):
    code, out, err = hoso("due", *arguments, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.mark.parametrize("arguments, want", [
    (("--from", "2026-04-24T09:00", "--days", "5"), "2026-05-06T09:00:00.000+07:00"),
    (("--from", "20260424090000", "--days", "5"), "2026-05-06T09:00:00.000+07:00"),
    (("--from", "09:00 24/04/2026", "--days", "5"), "2026-05-06T09:00:00.000+07:00"),
    (("--from", "24/04/2026", "--days", "1"), "2026-04-28T07:30:00.000+07:00"),
    (("--from", "2025-04-25T16:00", "--hours", "2"), "2025-04-26T08:30:00.000+07:00"),
    (("--from", "2026-03-02T15:00", "--same-day"), "2026-03-02T17:00:00.000+07:00"),
    (("--from", "2026-03-02T15:00:01", "--same-day"), "2026-03-03T17:00:00.000+07:00"),
    (("--from", "2026-03-02T09:00", "--days", "5", "--calendar", "calendar"), "2026-03-09T09:00:00.000+07:00"),
    (("--from", "2026-03-02T09:00", "--days", "5", "--calendar", "working"), "2026-03-09T09:00:00.000+07:00"),
])
def test_due_times(arguments, want):
    assert due(*arguments)["due_at"] == want


def test_skipped_days_and_why():
    answer = due("--from", "2026-04-25T08:00", "--days", "1")
    assert answer["counted_from_at"] == "2026-04-28T07:30:00.000+07:00"
    assert answer["skipped"] == [
        {"day": "2026-04-25", "reason": "Thứ Bảy"},
        {"day": "2026-04-26", "reason": "Chủ nhật"},
        {"day": "2026-04-27", "reason": "nghỉ bù Giỗ Tổ (26/4 là Chủ nhật)"},
    ]


def test_text_for_people_is_vietnamese_and_english_on_request():
    arguments = ("due", "--from", "2026-03-06T17:30", "--days", "1")
    _, vietnamese, _ = hoso(*arguments)
    assert vietnamese.splitlines() == [
        "Hạn trả:      07:30 10/03/2026 (thứ Ba)",
        "Tiếp nhận:    17:30 06/03/2026 (thứ Sáu)",
        "Tính từ:      07:30 09/03/2026 (tiếp nhận ngoài giờ)",
        "Ngày không tính:",
        "  07/03/2026  Thứ Bảy",
        "  08/03/2026  Chủ nhật",
    ]
    _, english, _ = hoso(*arguments, language="en_US.UTF-8")
    assert "Due:            07:30 10/03/2026 (Tuesday)" in english and "  08/03/2026  Sunday" in english


@pytest.mark.parametrize("received, year", [("2026-12-30T09:00", "2027"), ("2024-12-30T09:00", "2024")])
def test_year_not_loaded_is_refused_by_name(received, year):
    code, out, err = hoso("due", "--from", received, "--days", "5")
    assert (code, out) == (65, "")
    assert f"năm {year}" in err and "work_calendar.csv" in err


@pytest.mark.parametrize("arguments, word", [
    ((), "--from"),
    (("--from", "2026-03-02T09:00"), "--days, --hours"),
    (("--from", "2026-02-30T09:00", "--days", "1"), "2026-02-30T09:00"),
    (("--from", "30/02/2026", "--days", "1"), "30/02/2026"),
    (("--from", "soon", "--days", "1"), "soon"),
    (("--from", "2026-03-02", "--days", "0"), "3650"),
    (("--from", "2026-03-02", "--days", "3651"), "3650"),
    (("--from", "2026-03-02", "--days", "5x"), "5x"),
    (("--from", "2026-03-02", "--hours", "29201"), "29200"),
    (("--from", "2026-03-02", "--days", "1", "--hours", "1"), "--same-day"),
    (("--from", "2026-03-02", "--hours", "1", "--calendar", "calendar"), "--days"),
    (("--from", "2026-03-02", "--days", "1", "--calendar", "lunar"), "lunar"),
    (("--from", "2026-03-02", "--days", "1", "more"), "more"),
    (("--form", "2026-03-02"), "--form"),
    (("--days",), "--days"),
    (("-x",), "-x"),
])
def test_wrong_usage_names_the_mistake(arguments, word):
    code, out, err = hoso("due", *arguments)
    assert (code, out) == (2, "")
    assert word in err and "hoso due --help" in err


def test_help_begins_with_examples():
    for arguments in (("--help",), ("due", "--help")):
        code, out, err = hoso(*arguments)
        assert (code, err) == (0, "") and out.startswith("Ví dụ:\n  hoso due ")
        assert hoso(*arguments, language="en_GB")[1].startswith("Examples:\n  hoso due ")


def test_unknown_command_and_version():
    code, out, err = hoso("deu")
    assert (code, out) == (2, "") and '"hoso due"' in err
    code, _, err = hoso("completely-different")
    assert code == 2 and "Ý bạn" not in err
    assert hoso()[0] == 2
    assert hoso("--version")[1].startswith("hoso 0.")


def test_output_that_cannot_be_written_is_a_failure():
    with open("/dev/full", "w") as full:
        done = subprocess.run([build_folder() / "bin" / "hoso", "due", "--from", "2026-03-02", "--days", "1"],
                              stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=20)
    assert done.returncode == 70 and "hoso:" in done.stderr
