"""Where a message may be saying two things: at a sentence's end, and at an "and" between halves that could stand alone."""

from __future__ import annotations

import re

SHORTEST = 3  #: words of a clause that can be a request of its own
MOST = 4  #: clauses looked at
_AND = r"and also|and|also|plus|then|y también|y|e também|além disso|e|und außerdem|und|außerdem|et aussi|et|puis|tapos|saka|at"
_BREAK = re.compile(rf"(?:[.!?;\n]+|,?\s+(?:{_AND})(?=\s)|,\s)\s*", re.IGNORECASE)


def clauses(text: str) -> list[str]:
    """The parts of a message that may be requests of their own; fewer than two where it says one thing."""
    parts = [part.strip() for part in _BREAK.split(text) if part and part.strip()]
    long_enough = [part for part in parts if len(part.split()) >= SHORTEST]
    return long_enough[:MOST] if len(long_enough) > 1 else []
