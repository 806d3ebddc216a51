"""A wall clock that really jumps under the running alerter (clock_shift.c, preloaded): an hour, a day, ahead and back. Held, reported, never
a wave of false alerts; and what is due by the time that goes on is told all the same."""

import struct

import pytest
from harness import wait_until
from harness.site import build_folder
from test_alerter import DAY, codes, start, states, stream  # pylint: disable=unused-import

HOUR = 3_600_000


class WallClock:
    """That of one process; ahead_ms of the real one."""

    def __init__(self, folder):
        self.path = folder / "clock_shift"
        self.set(0)
        # AddressSanitizer wants to be first, and is not where something is preloaded
        self.environment = {"LD_PRELOAD": str(build_folder() / "lib" / "clock_shift.so"), "CLOCK_SHIFT_FILE": str(self.path),
                            "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def set(self, ahead_ms):
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:
            file.write(struct.pack("q", ahead_ms))


@pytest.fixture
def clock(tmp_path):
    return WallClock(tmp_path)


def wait_jumped(alerter, ahead_ms):
    wait_until(lambda: "clock" in alerter.ready()[1], "readiness says that it jumped")
    assert abs(alerter.metrics()["hoso_alerter_clock_jump_ms"] - ahead_ms) < 1000


def test_a_jump_is_held_and_reported_and_never_a_wave(stream, site, clock):
    alerter = start(site, environment=clock.environment)
    many = codes(20)
    stream.say(*[stream.opened(code, stream.now() + 30 * 60_000 + n * HOUR) for n, code in enumerate(many)])
    for ahead_ms in (HOUR, DAY, -HOUR, -DAY):
        clock.set(ahead_ms)
        wait_jumped(alerter, ahead_ms)
        assert states(site) == [], "no wave"
        assert alerter.metrics()["hoso_alerter_open_deadlines"] == len(many)
        clock.set(0)
        alerter.wait_ready()
    assert states(site) == []
    assert alerter.log().count("event=clock_jumped") == 4 and alerter.log().count("event=clock_is_right_again") == 4


@pytest.mark.parametrize("ahead_ms", [-HOUR, DAY], ids=["an hour back", "a day ahead"])
def test_what_is_due_by_the_steady_time_fires_meanwhile(stream, site, clock, ahead_ms):
    alerter = start(site, environment=clock.environment)
    now, later = codes(2)
    clock.set(ahead_ms)
    wait_jumped(alerter, ahead_ms)
    due_at = stream.now() + 1500
    stream.say(stream.opened(now, due_at), stream.opened(later, due_at + 2 * HOUR))
    wait_until(lambda: states(site) == [(now, 1, "firing")], "it fires on time")
    ((fired_at,),) = site.sql("SELECT fired_at FROM alert")
    assert 0 <= fired_at.timestamp() * 1000 - due_at < 5000
    assert "clock" in alerter.ready()[1]


def test_a_restart_does_not_fall_for_it_and_a_person_decides(stream, site, clock):
    alerter = start(site, environment=clock.environment)
    soon, tonight, next_week = codes(3)
    stream.say(stream.opened(soon, stream.now() + HOUR // 2), stream.opened(tonight, stream.now() + 12 * HOUR),
               stream.opened(next_week, stream.now() + 7 * DAY))
    wait_until(lambda: site.sql("SELECT count(*) FROM alert_clock") == [(1,)], "what it believes is kept")
    alerter.kill()
    clock.set(DAY)
    alerter.start()
    wait_jumped(alerter, DAY)
    assert states(site) == []
    site.hoso("alerts", "clock", "--accept", code=2)  # nobody
    site.hoso("alerts", "clock", "--accept", "--actor", "Trực ban")
    assert site.sql("SELECT actor, via, act, note FROM alert_audit") == [("Trực ban", "cli", "clock", "86400 s")]
    wait_until(lambda: states(site) == [(soon, 1, "firing"), (tonight, 1, "firing")], "the new time counts")
    alerter.wait_ready()
