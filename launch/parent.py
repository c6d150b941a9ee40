"""Seeing that `make`, which started us, was told to stop.

A signal that reaches make alone is not passed on: on SIGINT and SIGHUP, GNU make blocks the signal and waits for its
recipe, which would then run for ever; and a make that is killed outright leaves its recipe behind. Both can be seen from
here, and are turned into the signal that should have come.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

_INTERVAL = 0.5  #: seconds between looks


def watch_parent(*, stopping: Callable[[], bool]) -> None:
    """If make started us, watch it from a thread; send ourselves the signal it got, unless we are stopping already."""
    if not os.environ.get("MAKELEVEL"):
        return
    parent = os.getppid()
    before = blocked_signals(parent)

    def watch() -> None:
        seen = 0
        while not stopping():
            time.sleep(_INTERVAL)
            number = _told_to_stop(parent, before=before)
            # Twice in a row: a Ctrl-C in the terminal reaches us as well, and needs no second one.
            if number and seen == number and not stopping():
                os.kill(os.getpid(), number)
                return
            seen = number

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


def _told_to_stop(parent: int, *, before: int) -> int:
    if os.getppid() != parent:
        return signal.SIGTERM
    news = blocked_signals(parent) & ~before
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        if news & (1 << (number - 1)):
            return number
    return 0


def blocked_signals(pid: int) -> int:
    """The bit mask of a process's blocked signals where the system tells (Linux), else 0."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(r"^SigBlk:\s*([0-9a-f]+)$", status, flags=re.MULTILINE)
    return int(found[1], 16) if found else 0
