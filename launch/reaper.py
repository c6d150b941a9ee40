"""A tiny process that outlives the launcher just long enough to end what the launcher started.

It reads lines from its standard input, a pipe whose other end only the launcher holds: `+123` and `-123` note and
forget a process group. When the pipe closes, however the launcher ended, the groups still noted get SIGTERM and, shortly
after, SIGKILL. It runs in a session of its own, so that no signal to the launcher's group reaches it.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE = 3.0  #: seconds between SIGTERM and SIGKILL


def main() -> None:
    for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(caught, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        sign, number = line[0], line[1:].strip()
        if sign == "+":
            groups.add(int(number))
        else:
            groups.discard(int(number))
    end_groups(groups, grace=GRACE)


def end_groups(groups: set[int], *, grace: float) -> None:
    """SIGTERM to each group, SIGKILL to those that still have a member after `grace` seconds."""
    left = {group for group in groups if _signal_group(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {group for group in left if _signal_group(group, 0)}
    for group in left:
        _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: int) -> bool:
    """Whether the group has a member left that takes the signal."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
