"""The ladder of alerts a second time, after the comment of lib/domain/ladder.h.

Working time is a list of windows laid out once; moments are found in it by counting, not by walking days."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from dossiers import count_once, of_kind
from reference import MS_PER_MINUTE, WORK_HOURS, day_of, day_start

HOUR = 60 * MS_PER_MINUTE
FOREVER = 2**62
CLOCK = [tuple((int(c[:2]) * 60 + int(c[3:])) * MS_PER_MINUTE for c in window) for window in WORK_HOURS]
OPENS, CLOSES = CLOCK[0][0], CLOCK[1][1]


class WorkTime:
    """Every window of the years around, and the working time before each."""

    def __init__(self, calendar, first=date(2023, 1, 1), last=date(2029, 1, 1)):
        self.days = [d for d in (first + timedelta(n) for n in range((last - first).days)) if calendar.works(d)]
        self.begins, self.ends, self.before, total = [], [], [], 0
        for day in self.days:
            for begin, end in CLOCK:
                self.begins.append(day_start(day) + begin)
                self.ends.append(day_start(day) + end)
                self.before.append(total)
                total += end - begin

    def worked(self, at):
        """Working time from the first window until at."""
        i = bisect_right(self.begins, at) - 1
        return 0 if i < 0 else self.before[i] + min(at, self.ends[i]) - self.begins[i]

    def after(self, at, amount):
        """The first instant by which that much was worked since; at least the next moment of work."""
        wanted = self.worked(at) + amount
        i = bisect_left(self.before, wanted) - 1
        found = self.begins[i] + wanted - self.before[i] if i >= 0 else at
        if amount == 0 or found < at:  # a moment outside hours belongs to the next opening
            j = bisect_left(self.ends, at)
            found = max(at, self.begins[j])
        return found

    def earlier(self, at, amount):
        """The last instant from which that much is worked until at."""
        wanted = self.worked(at) - amount
        i = bisect_right(self.before, wanted) - 1
        return self.begins[i] + wanted - self.before[i]

    def day_before(self, day, n):
        return self.days[bisect_left(self.days, day) - n]

    def day_after(self, day, n):
        return self.days[bisect_right(self.days, day) + n - 1]


@dataclass(frozen=True)
class Settings:
    resume: str = "issued"
    by_timestamp: bool = False


class Ladder:
    """rule -> (next_at, [(due, deadline, began, ended, by)]) of one dossier, as seen at now."""

    def __init__(self, dossier, events, work, settings, now):
        self.d, self.work, self.settings, self.now = dossier, work, settings, now
        self.events = count_once(events)
        self.receipts = events
        self.running = [i for i in dossier.intervals if i.phase == "running"]
        self.dates = self.effective_dates()

    # ---- words ----

    def late(self, due):
        return due + 1 if self.settings.by_timestamp else day_start(day_of(due) + timedelta(days=1))

    def effective_dates(self):
        dates, waited, supplement, before, only_pauses = {}, 0, False, None, True
        for interval in self.d.intervals:
            if interval.phase != "running":
                if interval.to_at is not None:
                    waited += (self.work.worked(interval.to_at) - self.work.worked(interval.from_at)) // MS_PER_MINUTE
                supplement |= interval.phase == "paused" and 5 in interval.statuses
                only_pauses &= interval.phase == "paused"
                continue
            due = interval.due_at
            if before and self.settings.resume != "issued" and only_pauses and due is not None and due == before.due_at:
                first = self.running[0]
                if self.settings.resume == "restart" and supplement:
                    start = first.from_at
                    term = max(0, self.work.worked(dates[id(first)]) - self.work.worked(start)) // MS_PER_MINUTE
                    due = self.work.after(interval.from_at, term * MS_PER_MINUTE)
                else:
                    due = dates[id(before)]
                    if waited:
                        due = self.work.after(due, waited * MS_PER_MINUTE)
            dates[id(interval)] = due
            waited, supplement, before, only_pauses = 0, False, interval, True
        return dates

    def seen(self, stretches):
        """Hides what the clock has not brought yet."""
        shown, coming = [], []
        for due, deadline, began, ended, by in stretches:
            lasting = ended is None or (by == "clock" and ended > self.now)
            if lasting and began > self.now:
                coming.append(began)
                continue
            if lasting and ended is not None:
                coming.append(ended)
                ended, by = None, "status"
            shown.append((due, deadline, began, ended, by))
        return min(coming, default=None), shown

    # ---- rules ----

    def overdue(self):
        for i in self.running:
            due = self.dates[id(i)]
            if due is not None and (i.to_at is None or i.to_at >= self.late(due)):
                yield due, self.late(due), max(self.late(due), i.from_at), i.to_at, "status"

    def mark(self, number, due):
        amount, hours = ((3, False), (1, False), (4, True))[number]
        day = day_of(due)
        if hours:
            end = due if self.settings.by_timestamp else day_start(day + timedelta(days=1))
            return self.work.earlier(end, amount * HOUR)
        before = self.work.day_before(day, amount)
        return day_start(before) + (due - day_start(day) if self.settings.by_timestamp else OPENS)

    def due_soon(self, number):
        for i in self.running:
            due = self.dates[id(i)]
            if due is None:
                continue
            mark = self.mark(number, due)
            if i is self.running[0] and i.from_at > mark:
                continue
            others = [m for m in (self.mark(n, due) for n in range(3) if n != number) if m > mark]
            until = min([self.late(due), *others])
            end, by = min((FOREVER if i.to_at is None else i.to_at, "status"), (until, "clock"),
                          key=lambda e: (e[0], e[1] == "clock"))
            if max(mark, i.from_at) < end:
                yield due, self.late(due), max(mark, i.from_at), end, by

    def acceptance(self):
        if self.d.values.get("channel") != "online":
            return
        for i in self.d.intervals:
            if i.phase == "waiting":
                due = self.work.after(i.from_at, 8 * HOUR)
                if i.to_at is None or i.to_at > due:
                    yield due, due + 1, due + 1, i.to_at, "status"

    def step_overdue(self):
        rows = [e for e in of_kind(self.events, "progress") if e["trust"] == self.d.decides]
        for i in self.running:
            for row, following in zip(rows, [*rows[1:], None]):
                if row["step_due_at"] is None:
                    continue
                step_end = following["occurred_at"] if following else FOREVER
                end = FOREVER if i.to_at is None else i.to_at
                began = max(row["occurred_at"], i.from_at, self.late(row["step_due_at"]))
                if began < min(step_end, end):
                    by = "step" if step_end < end else "status"
                    ended = min(step_end, end)
                    yield row["step_due_at"], self.late(row["step_due_at"]), began, None if ended == FOREVER else ended, by

    def supplement_late(self):
        base = self.d.accepted_at
        if base is None and self.running:
            base = self.running[0].from_at
        for i in self.d.intervals:
            if i.phase != "paused" or 5 not in i.statuses or base is None:
                continue
            last = self.work.day_after(day_of(base), 3)
            late = day_start(last + timedelta(days=1))
            if i.from_at >= late and i.to_at != i.from_at:
                yield day_start(last) + CLOSES, late, i.from_at, i.to_at, "status"
            base = i.to_at

    def apology_missing(self):
        letters = []
        if self.d.values.get("apology_sent"):
            letters = [e["occurred_at"] for e in of_kind(self.receipts, "apology_sent")]
            letters += [e["ingested_at"] for e in of_kind(self.receipts, "record") if e["apology_sent"]]
        sent = min(letters, default=FOREVER)
        for i in self.running:
            due = self.dates[id(i)]
            if due is None:
                continue
            mark = day_start(self.work.day_before(day_of(due), 1)) + OPENS
            end = FOREVER if i.to_at is None else i.to_at
            began, ended = max(mark, i.from_at), min(end, sent)
            if (i is self.running[0] and i.from_at > mark) or began >= ended:
                continue
            yield due, mark, began, None if ended == FOREVER else ended, "apology" if sent < end else "status"

    def reappointed_twice(self):
        at, end = self.d.reappointed_again_at, self.d.ended_at
        if at is not None and (end is None or at < end):
            yield self.d.due_at, at, at, end, "status"

    def all(self):
        rules = {"overdue": self.overdue, **{f"due_soon_{n + 1}": lambda n=n: self.due_soon(n) for n in range(3)},
                 "acceptance": self.acceptance, "step_overdue": self.step_overdue, "supplement_late": self.supplement_late,
                 "apology_missing": self.apology_missing, "reappointed_twice": self.reappointed_twice}
        if self.d.erased or self.d.alias_of:
            return {name: (None, []) for name in rules}
        return {name: self.seen(rule()) for name, rule in rules.items()}
