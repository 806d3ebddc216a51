#!/usr/bin/env python3
"""Terms around every break of the decrees of 2025 and 2026, computed from the decrees as they read, not from the product's table.

    tests/py tests/oracle/calendar_cases.py > tests/unit/calendar_cases.csv

tests/unit/test_calendar_cases.c holds the product to the file; test_ladder.py holds the file to this program.
Columns: kind, from, n, want, why. Times are Vietnamese. Kinds are the functions of lib/domain/calendar.h.
"""

import csv
import io
from datetime import date, datetime, timedelta

from ladder import CLOCK, HOUR, WorkTime
from reference import MS_PER_MINUTE, day_of, day_start

# (first day off, last day off, Saturdays worked for it, the decree)
BREAKS = [
    (date(2025, 1, 1), date(2025, 1, 1), (), "BLLĐ 2019 Đ112: Tết Dương lịch 2025"),
    (date(2025, 1, 25), date(2025, 2, 2), (), "TB 6150/TB-BLĐTBXH: Tết Ất Tỵ"),
    (date(2025, 4, 7), date(2025, 4, 7), (), "BLLĐ 2019 Đ112: Giỗ Tổ 2025"),
    (date(2025, 4, 30), date(2025, 5, 4), (date(2025, 4, 26),), "CV 8726/VPCP-KGVX: 30/4-4/5, làm bù 26/4"),
    (date(2025, 8, 30), date(2025, 9, 2), (), "TB 6150/TB-BLĐTBXH: Quốc khánh 2025"),
    (date(2026, 1, 1), date(2026, 1, 4), (date(2026, 1, 10),), "12729/VPCP-KGVX: 1-4/1, làm bù 10/1"),
    (date(2026, 2, 14), date(2026, 2, 22), (), "TB 9441/TB-BNV: Tết Bính Ngọ"),
    (date(2026, 4, 25), date(2026, 4, 27), (), "BLLĐ 2019 Đ111: nghỉ bù Giỗ Tổ 27/4"),
    (date(2026, 4, 30), date(2026, 5, 3), (), "BLLĐ 2019 Đ112: 30/4-1/5/2026"),
    (date(2026, 8, 29), date(2026, 9, 2), (date(2026, 8, 22),), "TB 9441/TB-BNV: Quốc khánh 2026, làm bù 22/8"),
    (date(2026, 11, 24), date(2026, 11, 24), (), "NQ 28/2026/QH16: Ngày Văn hóa Việt Nam"),
]
OPEN, NOON, REOPEN, CLOSE = CLOCK[0][0], CLOCK[0][1], CLOCK[1][0], CLOCK[1][1]
LAST_SAME_DAY = 15 * HOUR


class Decrees:
    @staticmethod
    def works(day):
        for first, last, swaps, _ in BREAKS:
            if first <= day <= last:
                return False
            if day in swaps:
                return True
        return day.weekday() < 5


WORK = WorkTime(Decrees(), date(2024, 12, 1), date(2027, 1, 31))


def counted(at):
    """Received outside hours counts as at the next opening (domain notes 7.6); opening and closing are inside."""
    return WORK.after(at, 0)


def due_days(at, n):
    start = counted(at)
    return day_start(WORK.day_after(day_of(start), n)) + start - day_start(day_of(start))


def due_calendar_days(at, n):
    start = counted(at)
    day = day_of(start) + timedelta(days=n)
    return day_start(day if Decrees.works(day) else WORK.day_after(day, 1)) + start - day_start(day_of(start))


def due_same_day(at, _):
    start = counted(at)
    day = day_of(start)
    if start > day_start(day) + LAST_SAME_DAY:  # after 15:00: the next working day
        day = WORK.day_after(day, 1)
    return day_start(day) + CLOSE


KINDS = {
    "due_days": due_days,
    "due_calendar_days": due_calendar_days,
    "due_hours": lambda at, n: WORK.after(at, n * HOUR),
    "due_same_day": due_same_day,
    "after": lambda at, n: WORK.after(at, n * MS_PER_MINUTE),
    "before": lambda at, n: WORK.earlier(at, n * MS_PER_MINUTE),
    "day_after": lambda at, n: day_start(WORK.day_after(day_of(at), n)),
    "day_before": lambda at, n: day_start(WORK.day_before(day_of(at), n)),
}


def text(at):
    return (datetime(1970, 1, 1) + timedelta(milliseconds=at + 7 * HOUR)).strftime("%Y-%m-%dT%H:%M:%S")


def moments(first, last, swaps):
    """The moments that each kind is asked about: the day before the break, its days, the swap Saturday."""
    eve, after = WORK.day_before(first, 1), WORK.day_after(last, 1)
    minute = MS_PER_MINUTE
    yield "due_days", eve, 16 * HOUR, 1
    yield "due_days", eve, CLOSE + 1000, 1
    yield "due_days", first, 9 * HOUR, 3
    yield "due_calendar_days", eve, OPEN, 1
    yield "due_calendar_days", eve, 10 * HOUR, (last - first).days + 3
    yield "due_hours", eve, 14 * HOUR, 8
    yield "due_hours", eve, NOON + 30 * minute, 4
    yield "due_hours", last, 23 * HOUR, 8
    yield "due_hours", after, OPEN - 1000, 12
    yield "due_same_day", eve, LAST_SAME_DAY, 0
    yield "due_same_day", eve, LAST_SAME_DAY + 1000, 0
    yield "due_same_day", first, 8 * HOUR, 0
    yield "after", eve, CLOSE, 1
    yield "after", eve, NOON, 60
    yield "after", eve, NOON + 60_000, 1
    yield "after", last, 12 * HOUR, 480
    yield "before", after, OPEN, 1
    yield "before", after, 9 * HOUR, 240
    yield "before", last, 12 * HOUR, 480
    yield "before", after, REOPEN + 10 * minute, 20
    yield "day_after", eve, 0, 1
    yield "day_after", first, 0, 3
    yield "day_before", after, 0, 1
    yield "day_before", last, 0, 3
    yield "day_before", after, 0, 3
    yield "due_days", eve, OPEN, 10
    for swap in swaps:
        yield "due_days", swap - timedelta(days=1), 9 * HOUR, 1
        yield "due_days", swap, 9 * HOUR, 1
        yield "due_hours", swap - timedelta(days=1), 16 * HOUR, 4
        yield "due_same_day", swap, 14 * HOUR, 0
        yield "due_same_day", swap, LAST_SAME_DAY + 1000, 0
        yield "due_calendar_days", swap - timedelta(days=1), 9 * HOUR, 1
        yield "after", swap, REOPEN, 240
        yield "before", swap + timedelta(days=2), OPEN, 480
        yield "day_before", swap + timedelta(days=2), 0, 1
        yield "day_after", swap - timedelta(days=1), 0, 1


def cases():
    for first, last, swaps, decree in BREAKS:
        for kind, day, clock, n in moments(first, last, swaps):
            at = day_start(day) + clock
            if not (date(2025, 1, 1) <= day <= date(2026, 12, 31)):
                continue  # the eve of the first break lies in a year that is not loaded
            yield kind, text(at), n, text(KINDS[kind](at, n)), decree


def table():
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("kind", "from", "n", "want", "why"))
    writer.writerows(cases())
    return out.getvalue()


if __name__ == "__main__":
    print(table(), end="")
