"""SIGINT, SIGTERM and SIGHUP: the first asks to stop in order, a second to stop at once."""

from __future__ import annotations

import os
import signal
from types import FrameType

from launch.failure import Stopped

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Asked:
    """How often we were asked to stop."""

    times = 0


def stop_on_signals() -> None:
    """Raise Stopped in the main thread at the first and the second signal; ignore the following ones."""
    for number in _SIGNALS:
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN and os.getppid() != 1:
            continue  # started by nohup: its user wants us to go on
        signal.signal(number, _stop)


def stopping() -> bool:
    return _Asked.times > 0


def _stop(number: int, _frame: FrameType | None) -> None:
    _Asked.times += 1
    if _Asked.times > 2:
        return
    raise Stopped(number)
