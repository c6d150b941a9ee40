"""The one way in which the launcher gives up: a sentence for whoever started it."""

from __future__ import annotations


class LaunchFailure(Exception):
    """What went wrong, where, and what to do about it, in one sentence or two; shown without a stack trace."""


class Stopped(BaseException):
    """A signal asked us to stop; not an Exception, so that no handler of faults swallows it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number
