"""Days, working time and units, after the comments of clock.h, calendar.h and units.h."""

from datetime import date, timedelta

MS_PER_MINUTE, MS_PER_DAY = 60_000, 86_400_000
VN_OFFSET_MS = 7 * 3_600_000
EPOCH = date(1970, 1, 1)
WORK_HOURS = (("07:30", "11:30"), ("13:00", "17:00"))


def day_of(at):
    """The Vietnamese day of an instant; None for none."""
    return None if at is None else EPOCH + timedelta(days=(at + VN_OFFSET_MS) // MS_PER_DAY)


def day_start(day):
    return (day - EPOCH).days * MS_PER_DAY - VN_OFFSET_MS


def deadline(due_at):
    """By date: late from midnight after the day it is due."""
    return None if due_at is None else day_start(day_of(due_at) + timedelta(days=1))


def latest_given(events, name):
    """The last value in the order of events that is given; a no is a value, too."""
    return next((e[name] for e in reversed(events) if e[name] is False or e[name] not in (None, "", "unknown", 0)), None)


class Calendar:
    def __init__(self, special_days):
        """special_days: {date: True when off, False when an extra working day}."""
        self._special = special_days
        self._windows = [tuple(self._minutes(clock) * MS_PER_MINUTE for clock in window) for window in WORK_HOURS]

    @staticmethod
    def _minutes(clock):
        hours, minutes = clock.split(":")
        return int(hours) * 60 + int(minutes)

    def works(self, day):
        off = self._special.get(day)
        return day.weekday() < 5 if off is None else not off

    def work_minutes(self, begin_at, end_at):
        total, day = 0, day_of(begin_at)
        while day_start(day) < end_at:
            if self.works(day):
                for opens, closes in self._windows:
                    total += max(0, min(end_at, day_start(day) + closes) - max(begin_at, day_start(day) + opens))
            day += timedelta(days=1)
        return total // MS_PER_MINUTE


class Units:
    """units: rows (unit_id, code, valid_from, valid_to, successor_id, split); agencies: rows (agency_code, unit_code,
    valid_from, valid_to). Days are inside; None = no bound."""

    def __init__(self, units, agencies):
        self._by_id, self._by_code, self._agencies = {}, {}, {}
        for unit_id, code, valid_from, valid_to, successor_id, split in units:
            self._by_id[unit_id] = (valid_to, successor_id, split)
            self._by_code.setdefault(code, []).append((valid_from, valid_to, unit_id))
        for agency_code, unit_code, valid_from, valid_to in agencies:
            self._agencies.setdefault(agency_code, []).append((valid_from, valid_to, unit_code))

    @staticmethod
    def _as_of(entries, day):
        """(value, day that was looked up) of the entry valid on that day, or of the first when all begin later; None."""
        for valid_from, valid_to, value in entries:
            if (valid_from is None or (day is not None and valid_from <= day)) and \
                    (valid_to is None or day is None or day <= valid_to):
                return value, day
        if all(valid_from is not None and (day is None or day < valid_from) for valid_from, _, _ in entries):
            valid_from, _, value = min(entries, key=lambda entry: entry[0])
            return value, valid_from
        return None

    def resolve(self, agency, unit_code, filed_day, held_day):
        """(unit_id, None), or (None, why it waits in quarantine)."""
        day = filed_day
        if unit_code is None:
            if agency not in self._agencies:
                return None, "unknown"
            found = self._as_of(self._agencies[agency], day)
            if found is None:
                return None, "expired"
            unit_code, day = found
        if unit_code not in self._by_code:
            return None, "unknown"
        found = self._as_of(self._by_code[unit_code], day)
        if found is None:
            return None, "expired"
        return self._follow(found[0], held_day)

    def _follow(self, unit_id, held_day):
        valid_to, successor_id, split = self._by_id[unit_id]
        while valid_to is not None and (held_day is None or held_day > valid_to):
            if split:
                return None, "split"
            if successor_id is None:
                return None, "expired"
            unit_id = successor_id
            valid_to, successor_id, split = self._by_id[unit_id]
        return unit_id, None
