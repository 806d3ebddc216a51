"""Waiting on conditions."""

import time

POLL_S = 0.03


def wait_until(condition, what, deadline_s=30.0):
    """Polls until condition() is true and returns its value; fails naming `what`. An exception of the condition
    (a server that is just restarting) counts as "not yet" and is shown when the time is over."""
    end = time.monotonic() + deadline_s
    while True:
        value, error = None, None
        try:
            value = condition()
        except Exception as caught:  # pylint: disable=broad-except
            error = caught
        if value:
            return value
        if time.monotonic() > end:
            last = f"raised {error!r}" if error else f"was {value!r}"
            raise AssertionError(f"{deadline_s:g} s passed before: {what} (last {last})") from error
        time.sleep(POLL_S)
