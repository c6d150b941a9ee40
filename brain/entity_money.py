"""Amounts of money with their currencies, in one language: `1.250,50 €`, `mil doscientos pesos`, `R$ 2 mil`, `5k`.

An amount and its currency share one span. A currency's word that means another in another country is decided by the region.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from brain.entity_language import Language, Shared
from brain.entity_numbers import DIGITS, decimal_from_digits, plain
from brain.entity_text import Found, Reading, fold, one_of

#: After "twenty pounds fifty ..." these words count, and no pence are meant.
_COUNTED = ("times", "mal", "veces", "fois", "vezes", "beses")
_TWO_DECIMALS = re.compile(
    r"(?<![\w.,:/•-])(?P<value>\d{1,3}(?:[., ']\d{3})*[.,]\d\d)(?![\w:/%]|[.,]\d)"
    r"(?!\s?(?:%|uhr|h\b|percent|per cent|prozent|por ?cien|pour ?cent|am\b|pm\b))"
)
#: After these a number with two decimals is a time, a date or a version.
_NO_MONEY_AFTER = re.compile(
    r"\b(?:at|um|am|vom|gegen|ab|bis|version|v|las|as|vers|till|until|by|before|after|since|seit|around|rate|ios|android|alas)\s+$"
)


class MoneyFinder:
    """Compiled once for a language."""

    def __init__(self, language: Language, shared: Shared) -> None:
        self._numbers = language.numbers
        self._shared = shared
        money = language.part("money")
        self._units = {fold(word): name for name, words in money["units"].items() for word in words}
        symbols = {sign: code for sign, code in language.symbols.items() if code in shared.codes} | dict(shared.signs)
        self._units |= {code.lower(): code for code in shared.codes} | symbols
        self._hundredths = {fold(w): name for name, words in (money.get("hundredths") or {}).items() for w in words}
        self._thousands = {fold(w): name for name, words in (money.get("thousands") or {}).items() for w in words}
        self._prefixes = {fold(w): name for name, words in (money.get("prefixes") or {}).items() for w in words}
        self._scales = {**self._numbers.scales, **dict.fromkeys(self._thousands, 1000)}
        spelled = self._numbers.pattern
        words = [word for word in self._units if word not in symbols]
        signs = "|".join(re.escape(sign) for sign in sorted(symbols, key=len, reverse=True))
        unit = rf"(?:{signs}|(?:{one_of(words)})(?![^\W\d_]))"
        scale = rf"(?:{one_of(self._numbers.scales)})(?![^\W_])"
        before_unit = one_of(money.get("before_unit") or ())
        of = rf"(?:(?:{before_unit})(?:\s+|(?<=')))?"
        cents = rf"(?:{one_of(self._hundredths)})(?![^\W_])"
        between = rf"(?:(?:{one_of(money.get('between') or ())})\s+)?"
        more = (
            rf"(?:\s?{between}(?P<more>\d\d)(?!\d|[.,]\d)(?:\s?{cents})?(?!\s?[^\W\d_])"
            rf"|\s+{between}(?P<more_words>{spelled})(?:\s?{cents})?(?!\s+(?:{unit}|{one_of(_COUNTED)}\b)))?"
        )
        more_spelled = more.replace("?P<more", "?P<spelled_more")
        codes = one_of(code.lower() for code in shared.codes)
        prefix = rf"{signs}|\b(?:{one_of([*(c.lower() for c in shared.codes), *self._prefixes])})"
        thousands = one_of(self._thousands)
        self._pattern = re.compile(
            rf"(?<![\w.,])(?:(?P<sign>{prefix})\s?(?P<after>{DIGITS})(?:\s?(?P<k1>{scale}))?"
            rf"(?:\s?(?P<code>{codes})\b)?(?:,-+)?(?![^\W_])"
            rf"|(?P<before>{DIGITS})(?:,?-+)?(?:\s?(?P<k2>{scale}))?[\s-]?{of}(?P<unit>{unit}){more}"
            rf"|(?P<spelled>{spelled})\s+{of}(?P<spelled_unit>{unit}){more_spelled}"
            rf"|(?:(?P<slang_digits>\d+)|(?P<slang_words>{spelled}))\s+(?P<slang>{thousands})(?!\w)"
            rf"|(?:(?P<cent_digits>\d{{1,2}})|(?P<cent_words>{spelled}))\s?(?P<cents>{cents})"
            rf"|(?P<bare>\d+(?:[.,]\d{{1,2}})?)\s?(?P<k3>{one_of(money.get('alone') or ())})(?!\w))"
        )
        alone = one_of(money.get("spelled_alone") or ())
        self._spelled_alone = re.compile(rf"(?P<spelled>{spelled})") if money.get("spelled_alone") else None
        self._needs = re.compile(rf"\b(?:{alone})\b")
        self._message = re.compile(rf"^[\s.!¿¡]*(?P<spelled>{spelled})[\s.!?]*$")
        self._could = re.compile(rf"\d|{one_of([*self._numbers.words, *self._numbers.hundreds, *self._scales])}")

    def find(self, reading: Reading) -> Iterator[Found]:
        """Amounts in the order of the text, each followed by its currency if it has one."""
        if not self._could.search(reading.folded):
            return
        for match in self._pattern.finditer(reading.folded):
            read = self._read(match)
            if read is None:
                continue
            value, name = read
            span = match.span()
            yield reading.found("amount", value, span)
            if name is not None:
                yield reading.found("currency", self._shared.currency(name, region=reading.region), span)
        yield from self._spelled_without_currency(reading)

    @staticmethod
    def bare(reading: Reading) -> Iterator[Found]:
        """Numbers with two decimals: at a bank they are sums of money, whatever currency is meant."""
        for match in _TWO_DECIMALS.finditer(reading.folded):
            value = decimal_from_digits(match["value"])
            if value is not None and not _NO_MONEY_AFTER.search(reading.folded[: match.start()]):
                yield reading.found("amount", value, match.span("value"))

    def _read(self, match: re.Match[str]) -> tuple[str, str | None] | None:
        parts = match.groupdict()
        value: str | None
        if unit := parts["sign"]:
            name = self._units.get(unit) or self._prefixes.get(unit)
            if parts["code"]:
                name = parts["code"].upper()
            value = decimal_from_digits(parts["after"], times=self._scale(parts["k1"]))
        elif unit := parts["unit"]:
            name = self._units[_spaced(unit)]
            value = decimal_from_digits(parts["before"], times=self._scale(parts["k2"]))
            value = self._with_more(value, parts["more"], parts["more_words"])
        elif unit := parts["spelled_unit"]:
            name = self._units[_spaced(unit)]
            value = self._spelled(parts["spelled"])
            value = self._with_more(value, parts["spelled_more"], parts["spelled_more_words"])
        elif unit := parts["slang"]:
            name = self._thousands[_spaced(unit)]
            count = int(parts["slang_digits"]) if parts["slang_digits"] else self._numbers.value(parts["slang_words"])
            value = None if count is None else str(count * 1000)
        elif unit := parts["cents"]:
            name = self._hundredths[_spaced(unit)]
            count = int(parts["cent_digits"]) if parts["cent_digits"] else self._numbers.value(parts["cent_words"])
            value = None if count is None else plain(Decimal(count) / 100)
        else:
            name = None
            value = decimal_from_digits(parts["bare"], times=self._scale(parts["k3"]))
        return None if value is None else (value, name)

    def _spelled_without_currency(self, reading: Reading) -> Iterator[Found]:
        whole = self._message.match(reading.folded)
        if whole and (number := self._numbers.value(whole["spelled"])) is not None and number >= 10:
            yield reading.found("amount", str(number), whole.span("spelled"))
        if self._spelled_alone is None:
            return
        for match in self._spelled_alone.finditer(reading.folded):
            if self._needs.search(match[0]) and (value := self._spelled(match[0])) is not None:
                yield reading.found("amount", value, match.span())

    def _with_more(self, value: str | None, digits: str | None, words: str | None) -> str | None:
        """Euros and the cents behind them; words that are no two-digit number spoil the amount rather than change it."""
        if value is None or not (digits or words) or "." in value:
            return value
        more = int(digits) if digits else self._numbers.value(words or "")
        return plain(Decimal(value) + Decimal(more) / 100) if more is not None and 0 < more < 100 else value

    def _scale(self, word: str | None) -> int:
        return 1 if word is None else self._scales[_spaced(word)]

    def _spelled(self, words: str) -> str | None:
        number = self._numbers.value(words)
        return None if number is None else str(number)


def _spaced(words: str) -> str:
    return re.sub(r"\s+", " ", words)
