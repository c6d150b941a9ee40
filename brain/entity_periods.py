"""Months, years and stretches of days in one language: `March` → `2026-03`, `last week` → `2026-11-09/2026-11-15`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from brain.entity_calendar import between, full_year, month_of, quarter_of, shifted, unit_of
from brain.entity_language import Language
from brain.entity_text import Found, Reading, alternatives, fold, one_of

_QUARTER = re.compile(r"\bq([1-4])(?:\s+(20\d\d))?\b")
_IN_DIGITS = re.compile(
    r"(?<![\d/.,-])(?:(?P<m>0?[1-9]|1[0-2])[/.](?P<y>20\d\d)|(?P<y2>20\d\d)-(?P<m2>0[1-9]|1[0-2]))(?![\d/.-])"
)
_YEAR_RANGE = range(2000, 2101)


class PeriodFinder:
    """Compiled once for a language."""

    def __init__(self, language: Language) -> None:
        dates = language.part("dates")
        self._months = language.months
        self._number = language.numbers.value
        self._modifiers = language.table("dates", "modifiers")
        self._after = language.table("dates", "modifiers_after")
        self._with_year = {fold(word) for word in dates.get("not_months") or ()}
        self._with_cue = {fold(word) for word in dates.get("months_with_cue") or ()}
        self._small = frozenset(language.words("dates", "months_in_small_letters_with_cue"))
        self._units = {fold(word): unit for unit, words in dates["units"].items() for word in words}
        units, months = one_of(self._units), one_of(self._months)
        before, after = one_of(self._modifiers), one_of(self._after)
        of = one_of(dates.get("of") or ())
        number = rf"(?:\d{{1,3}}|{language.numbers.pattern})"
        lasting = [
            template.replace("{n}", number).replace("{unit}", f"(?P<unit{at}>{units})").replace("(?P<n>", f"(?P<n{at}>")
            for at, template in enumerate(dates.get("lasting") or ())
        ]
        self._lasting = re.compile(rf"(?<!\w)(?:{alternatives(lasting)})(?!\w)")
        self._unit = re.compile(
            rf"(?<!\w)(?:(?P<mod>{before})\s+(?P<unit>{units})|(?P<unit2>{units})\s+(?P<after>{after}))(?!\w)(?:-ci\b)?"
        )
        cues = one_of([*(dates.get("cues") or ()), *(dates.get("cues_month") or ()), *(dates.get("year_cues") or ())])
        after_cues = one_of(dates.get("after_cues") or ())
        self._month = re.compile(
            rf"(?<!\w)(?P<cue>(?:{cues})\s+)?(?P<span>(?:(?P<mod>{before})\s+)?(?P<month>{months})(?!\w)"
            rf"(?:\.?(?:\s+(?:{of}))?\s+(?P<year>20\d\d)(?!\d)|\s+(?P<after>{after})(?!\w)|(?P<then>(?=\s+(?:{after_cues})\b)))?)"
        )
        year_cues = one_of(dates.get("year_cues") or ())
        self._year = re.compile(
            rf"\b(?:{year_cues})\s+(?P<year>20\d\d)(?![\w%/-]|[.,]\d)|(?<![\w.,/-])(?P<then>20\d\d)(?=\s+(?:{after_cues})\b)"
        )
        self._expiry = re.compile(
            rf"\b(?:{one_of(dates.get('expiry') or ())})\W{{1,3}}(?:date\W+)?"
            rf"(?P<span>(?P<m>0?[1-9]|1[0-2])\s?[/-]\s?(?P<y>(?:20)?\d\d))(?!\d)"
        )

    def find(self, reading: Reading) -> Iterator[Found]:
        """Periods, those with the strictest form first; they may overlap."""
        text = reading.folded
        for match in self._expiry.finditer(text):
            yield reading.found("period", f"{full_year(match['y']):04d}-{int(match['m']):02d}", match.span("span"))
        for match in self._lasting.finditer(text):
            yield from self._stretch(match, reading)
        for match in self._unit.finditer(text):
            unit = self._units[match["unit"] or match["unit2"]]
            direction = (
                self._modifiers[_one_space(match["mod"])] if match["mod"] else self._after[_one_space(match["after"])]
            )
            if value := unit_of(reading.today, unit=unit, direction=direction):
                yield reading.found("period", value, match.span())
        for match in self._month.finditer(text):
            if value := self._of_month(match, reading):
                yield reading.found("period", value, match.span("span"))
        for match in _QUARTER.finditer(text):
            year = int(match[2]) if match[2] else None
            yield reading.found("period", quarter_of(reading.today, int(match[1]), year=year), match.span())
        for match in _IN_DIGITS.finditer(text):
            month = int(match["m"] or match["m2"])
            yield reading.found("period", f"{match['y'] or match['y2']}-{month:02d}", match.span())
        for match in self._year.finditer(text):
            group = "year" if match["year"] else "then"
            yield reading.found("period", match[group], match.span(group))

    def _stretch(self, match: re.Match[str], reading: Reading) -> Iterator[Found]:
        parts = match.groupdict()
        for at in range(len(parts)):
            if unit := parts.get(f"unit{at}"):
                written = parts.get(f"n{at}") or "1"
                count = int(written) if written.isdigit() else self._number(written)
                kind = self._units[unit]
                if count and kind in ("day", "week", "month", "year", "quarter"):
                    first = shifted(reading.today, unit=kind, count=-count)
                    yield reading.found("period", between(first, reading.today), match.span())

    def _of_month(self, match: re.Match[str], reading: Reading) -> str | None:
        name = _one_space(match["month"])
        modifier = self._modifiers.get(_one_space(match["mod"] or ""))
        if modifier is None:
            modifier = self._after.get(_one_space(match["after"] or ""))
        year = match["year"]
        span = reading.text[slice(*match.span("month"))]
        named = span[0].isupper() and len(name) > 3 and name not in self._small and match.start("month") > 0
        if name in self._with_year and not year:
            return None
        if name in self._with_cue and not (
            named or year or modifier is not None or match["cue"] or match["then"] is not None
        ):
            return None
        return month_of(reading.today, self._months[name], year=int(year) if year else None, direction=modifier or None)


def _one_space(words: str) -> str:
    return re.sub(r"\s+", " ", words)
