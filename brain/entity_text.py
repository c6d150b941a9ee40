"""What the finders share: one found entity, and a message folded so that patterns need not know of accents and case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Found:
    """One entity; `start` and `end` count characters of the message, `end` exclusive."""

    entity: str
    value: str
    start: int
    end: int


def _folded(code: int) -> str | None:
    base = unicodedata.normalize("NFD", chr(code))[0].lower()
    return base if len(base) == 1 and base != chr(code) else None


#: Letters up to Latin Extended-B lose accents and case; the many spaces, apostrophes and hyphens become one each.
_FOLD = {
    **{code: folded for code in range(0x250) if (folded := _folded(code))},
    **dict.fromkeys([0xA0, 0x2007, 0x2008, 0x2009, 0x200A, 0x202F, 0x3000, 0x09, 0x0A, 0x0D], " "),
    **dict.fromkeys([0x2018, 0x2019, 0x02BC, 0xB4, 0x60], "'"),
    **dict.fromkeys([0x2010, 0x2011, 0x2012, 0x2013, 0x2212], "-"),
    **{0xFF10 + digit: str(digit) for digit in range(10)},
}


def fold(text: str) -> str:
    """The text in lower case without accents (`März` → `marz`), every character where it was."""
    return text.translate(_FOLD)


def one_of(words: Iterable[str], *, otherwise: str = r"(?!)") -> str:
    """A pattern of any of these words, the longest first, a space matching several; `otherwise` if there are none."""
    ordered = sorted({fold(word) for word in words}, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered) or otherwise


def fold_pattern(pattern: str) -> str:
    """A regular expression for folded text: accents go, capitals stay, since they mean something there."""
    return "".join(char if char.isascii() else fold(char) for char in pattern)


def alternatives(patterns: Iterable[str]) -> str:
    """One pattern of several regular expressions; matches nothing if there are none."""
    return "|".join(f"(?:{fold_pattern(pattern)})" for pattern in patterns) or r"(?!)"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One message with all that its meaning hangs on."""

    text: str
    folded: str
    today: date
    region: str  #: two letters, decides what a dollar or a peso is
    month_first: bool

    def found(self, entity: str, value: str, span: tuple[int, int]) -> Found:
        """An entity of this message."""
        return Found(entity=entity, value=value, start=span[0], end=span[1])
