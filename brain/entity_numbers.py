"""Numbers as customers write them, in digits of any country and in words. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from brain.entity_text import fold, one_of

#: Digits with their separators, as in `1,250.50`, `1.250,50`, `1 250`, `1'250`, `1,00,000`.
DIGITS = r"(?:\d{1,3}(?:[ ,.']\d{3})+(?![\d])(?:[.,]\d{1,2})?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?|\d+(?:[.,]\d{1,2})?)(?!\d)"
_NOT_DECIMAL = re.compile(r"[ '\u00a0\u202f\u2009’]")


def decimal_from_digits(text: str, *, times: Decimal | int = 1) -> str | None:
    """`1,234.50`, `1.234,50`, `1 234,50` and `1234.5` → `1234.50`; whole numbers keep no decimals. None if unreadable.

    Sums of money have at most two decimals, so that a single point or comma before three digits separates thousands
    wherever the customer comes from, unless nothing but a zero stands before it.
    """
    digits = _NOT_DECIMAL.sub("", text.strip())
    last = max(digits.rfind(","), digits.rfind("."))
    if last >= 0:
        mark, other = digits[last], ",."[digits[last] == ","]
        repeated = digits.count(mark) > 1
        thousands = repeated or (len(digits) - last == 4 and other not in digits and not digits.startswith("0"))
        digits = digits.replace(other, "")
        digits = digits.replace(mark, "" if thousands else ".")
    try:
        return plain(Decimal(digits) * times)
    except InvalidOperation:
        return None


def plain(value: Decimal) -> str:
    """A whole number without decimals, any other with two."""
    return str(value.to_integral()) if value == value.to_integral() else f"{value:.2f}"


@dataclass(frozen=True, kw_only=True)
class NumberWords:
    """How a language spells numbers. All words are folded."""

    words: Mapping[str, int]  #: what is added: seven, twenty, doscientos
    hundreds: frozenset[str]  #: what multiplies what stands before it by a hundred
    scales: Mapping[str, int]  #: thousand, million
    joiners: frozenset[str]  #: what stands between: and, y, et
    openers: frozenset[str]  #: what may stand before the first hundred or thousand: a, ein
    glued: bool  #: written in one word, as in German
    pattern: str = field(init=False)  #: a spelled number; no groups
    _tokens: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        numbers = [*self.words, *self.hundreds, *(word for word in self.scales if len(word) > 1)]
        number, joiner = one_of(numbers), one_of(self.joiners)
        if self.glued:
            one = rf"(?:(?:{joiner})?(?:{number}))+"
            spelled = rf"(?<![^\W\d_])(?:(?:{one_of(self.openers)})\s+)?{one}(?:[\s-]+{one})*(?![^\W_])"
        else:
            gap = rf"(?:[\s-]+(?:(?:{joiner})[\s-]+)*|'t\s+)"
            opener = rf"(?:(?:{one_of(self.openers)})[\s-]+(?=(?:{one_of([*self.hundreds, *self.scales])})\b))?"
            spelled = rf"(?<!\w){opener}(?:{number})(?:{gap}(?:{number})(?!\w))*(?!\w)"
        object.__setattr__(self, "pattern", spelled)
        boundary = "" if self.glued else r"\b"
        object.__setattr__(self, "_tokens", re.compile(rf"{boundary}(?:{number}){boundary}"))

    def value(self, text: str) -> int | None:
        """`two hundred and fifty` → 250; None where the words make no number, as in `two three`."""
        total = current = 0
        tokens = self._tokens.findall(fold(text))
        for raw in tokens:
            token = re.sub(r"\s+", " ", raw)
            if token in self.hundreds:
                current = (current or 1) * 100
            elif token in self.scales:
                total, current = total + (current or 1) * self.scales[token], 0
            else:
                added = self.words[token]
                if not self._adds(current, added):
                    return None
                current += added
        return total + current if tokens else None

    def _adds(self, current: int, added: int) -> bool:
        if added >= 100:
            return current == 0
        if added >= 10:  # sixty and eighty take on ten to nineteen in French; five stands before twenty in German
            return current % 100 in (0, 60, 80) or (self.glued and 0 < current % 100 < 10)
        return current % 10 == 0


def number_words(content: Mapping[str, object]) -> NumberWords:
    """From a language's file: `words`, `hundreds`, `scales`, `joiners`, `openers`, `glued`."""

    def folded(key: str) -> frozenset[str]:
        found = content.get(key) or ()
        return frozenset(fold(str(word)) for word in found) if isinstance(found, list | tuple) else frozenset()

    def table(key: str) -> dict[str, int]:
        found = content.get(key) or {}
        return {fold(str(word)): int(value) for word, value in found.items()} if isinstance(found, Mapping) else {}

    return NumberWords(
        words=table("words"),
        hundreds=folded("hundreds"),
        scales=table("scales"),
        joiners=folded("joiners"),
        openers=folded("openers"),
        glued=bool(content.get("glued")),
    )
