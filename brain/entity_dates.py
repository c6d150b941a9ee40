"""Dates in one language, as ISO 8601: `gestern`, `el lunes pasado`, `3rd of March`, `12/03/2026`, `il y a trois jours`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from brain.entity_calendar import day_and_month, day_of_month, full_year, on, shifted, weekday_from
from brain.entity_language import Language
from brain.entity_text import Found, Reading, alternatives, fold, one_of

_Read = Callable[[re.Match[str], Reading], date | None]
_ISO = re.compile(r"(?<![\d-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\d-])")
_FULL = re.compile(r"(?<![\d./,-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-]|[.,]\d)")
_SLASHED = re.compile(r"(?<![\d./,•-])(?<!• )(\d{1,2})/(\d{1,2})(?![\d/]|[.,]\d)(?! of\b)")
_DOTTED = re.compile(r"(?<![\d./,-])(\d{1,2})\.(\d{1,2})\.(?!\d)")
_MASKED = re.compile(r"• ?\d{4}\W{1,3}$")
_YEAR = r"(?P<year>20\d\d|19\d\d)(?!\d)"


class DateFinder:
    """Compiled once for a language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._number = language.numbers.value
        self._relative = language.table("dates", "relative")
        self._modifiers = language.table("dates", "modifiers")
        self._after = language.table("dates", "modifiers_after")
        self._day_words = {
            **{word: value for word, value in language.numbers.words.items() if 1 <= value <= 31},
            **language.table("dates", "day_words"),
        }
        self._counts: dict[str, int] = language.table("dates", "counts")
        self._with_cue = frozenset(language.words("dates", "weekdays_with_cue"))
        self._small = frozenset(language.words("dates", "months_in_small_letters_with_cue"))
        self._before_day = re.compile(
            r"\b(?:on|since|from|by|until|till|of|for|to|before|after|dated|noong|nung|sa)\s+(?:the\s+)?$"
        )
        self._fixed = language.table("dates", "ago_fixed")
        self._units = {
            word: unit for unit, words in language.table("dates", "units").items() for word in map(fold, words)
        }
        self._readers: list[tuple[re.Pattern[str], _Read]] = [
            (re.compile(pattern), reader) for pattern, reader in self._patterns() if pattern
        ]
        after = one_of(language.words("dates", "dotted_after"))
        self._dotted_after = re.compile(rf"\b(?:{after})\s+(?P<span>(\d{{1,2}})\.(\d{{1,2}}))(?![\d.,]|\s?(?:uhr|%))")
        self._expiry = re.compile(rf"\b(?:{one_of(language.words('dates', 'expiry'))})\W{{1,3}}(?:date\W+)?$")

    def in_full(self, reading: Reading) -> Iterator[Found]:
        """Dates in digits with day and month at least; before anything takes their digits for an amount or a telephone number."""
        if any(char.isdigit() for char in reading.folded):
            for span, day in self._in_digits(reading):
                yield reading.found("date", day.isoformat(), span)

    def find(self, reading: Reading) -> Iterator[Found]:
        """Dates, those with the strictest form first; they may overlap."""
        for pattern, read in self._readers:
            for match in pattern.finditer(reading.folded):
                found = read(match, reading)
                if found is not None:
                    start = match.start("span") if "span" in pattern.groupindex else match.start()
                    end = match.end("span") if "span" in pattern.groupindex else match.end()
                    yield reading.found("date", found.isoformat(), (start, end))

    def _in_digits(self, reading: Reading) -> Iterator[tuple[tuple[int, int], date]]:
        for match in _ISO.finditer(reading.folded):
            if found := on(int(match[1]), int(match[2]), int(match[3])):
                yield match.span(), found
        for match in _FULL.finditer(reading.folded):
            if found := _ordered(reading, match[1], match[3], match[4], dotted=match[2] == "."):
                yield match.span(), found
        for match in _SLASHED.finditer(reading.folded):
            before = reading.folded[: match.start()]
            if match[0] in ("24/7", "50/50") or _MASKED.search(before) or self._expiry.search(before):
                continue
            if found := _ordered(reading, match[1], match[2], None):
                yield match.span(), found
        for match in _DOTTED.finditer(reading.folded):
            if found := _ordered(reading, match[1], match[2], None, dotted=True):
                yield match.span(), found
        for match in self._dotted_after.finditer(reading.folded):
            if found := _ordered(reading, match[2], match[3], None, dotted=True):
                yield match.span("span"), found

    def _patterns(self) -> Iterator[tuple[str, _Read]]:
        language = self._language
        dates = language.part("dates")
        months, weekdays = one_of(language.months), one_of(language.weekdays)
        numbers = language.numbers.pattern
        unit = rf"(?P<unit>{one_of(self._units)})"
        simple = rf"(?:\d{{1,3}}|{one_of(self._counts)}|{numbers})"
        for key, read in (("ago", self._ago), ("ahead", self._ahead)):
            for template in dates.get(key) or ():
                filled = template.replace("{n}", simple).replace("{unit}", unit)
                yield rf"(?<!\w){alternatives([filled])}", read
        yield rf"(?<!\w)(?P<fixed>{one_of(self._fixed)})(?!\w)", self._read_fixed
        ordinal = rf"(?:{dates['ordinal']})?"
        of = rf"(?:(?:{one_of(dates.get('of') or ())})\s+)?"
        joined = rf"(?:\.?\s*,?\s*{of}{_YEAR})?"
        the = rf"(?:(?:{one_of(dates.get('the_day') or ())})\s+)?"
        before = rf"(?:{one_of(dates.get('before_day') or ())})?"
        day = rf"(?:(?P<day>\d{{1,2}}){ordinal}|(?P<word>{one_of(self._day_words)})(?=\W))"
        yield rf"(?<![\w.,]){before}{day}[\s-]+{of}(?P<month>{months})(?!\w){joined}", self._named
        if dates.get("month_then_day"):
            yield (
                (
                    rf"(?<!\w)(?P<month>{months})(?!\w)\.?\s+{the}(?P<day>\d{{1,2}})(?P<ordinal>{dates['ordinal']})?"
                    rf"(?![\w:/]|[.,]\d)(?:\s*,?\s*{_YEAR})?"
                ),
                self._named,
            )
        not_after = one_of(dates.get("not_after") or ())
        not_before = one_of(dates.get("not_before") or ())
        yield (
            rf"(?<!\w)(?P<not>(?:{not_after})\s+)?(?P<span>{one_of(self._relative)})(?!\w)(?!\s+(?:{not_before})\b)",
            self._read_relative,
        )
        until = one_of(language.words("dates", "until"))
        before_day, after_day = one_of(self._modifiers), one_of(self._after)
        cues = one_of(dates.get("weekday_cues") or ())
        barred = one_of(dates.get("not_after_weekday") or ())
        yield (
            (
                rf"(?<!\w)(?:(?P<until>{until})\s+)?(?P<cue>(?:{cues})\s+)?(?P<span>(?:(?P<mod>{before_day})\s+)?"
                rf"(?P<weekday>{weekdays})(?![\w-])(?:\s+(?P<after>{after_day})(?!\w))?)(?!\s+(?:{barred})\b)"
            ),
            self._weekday,
        )
        for template in dates.get("day_alone") or ():
            yield alternatives([template]), self._day_alone

    def _ago(self, match: re.Match[str], reading: Reading) -> date | None:
        return self._counted(match, reading, direction=-1)

    def _ahead(self, match: re.Match[str], reading: Reading) -> date | None:
        return self._counted(match, reading, direction=1)

    def _counted(self, match: re.Match[str], reading: Reading, *, direction: int) -> date | None:
        unit = self._units[match["unit"]]
        if unit not in ("day", "week", "month"):  # nobody means a day by "twenty years ago"
            return None
        written = _one_space(match["n"])
        count = int(written) if written.isdigit() else self._counts.get(written) or self._number(written) or 1
        return shifted(reading.today, unit=unit, count=direction * count)

    def _read_fixed(self, match: re.Match[str], reading: Reading) -> date | None:
        return reading.today - timedelta(days=self._fixed[_one_space(match["fixed"])])

    def _named(self, match: re.Match[str], reading: Reading) -> date | None:
        parts = match.groupdict()
        word = parts.get("word")
        day = self._day_words[_one_space(word)] if word else int(match["day"])
        name = _one_space(match["month"])
        month = self._language.months[name]
        small = name in self._small and reading.text[match.start("month")].islower()
        if (
            small
            and match.start("month") < match.start("day")
            and not (parts["ordinal"] or self._before_day.search(reading.folded[: match.start()]))
        ):
            return None
        return day_and_month(reading.today, day=day, month=month, year=int(parts["year"]) if parts["year"] else None)

    def _read_relative(self, match: re.Match[str], reading: Reading) -> date | None:
        if match["not"]:
            return None
        return reading.today + timedelta(days=self._relative[_one_space(match["span"])])

    def _weekday(self, match: re.Match[str], reading: Reading) -> date | None:
        modifier = self._modifiers.get(_one_space(match["mod"] or ""))
        if modifier is None:
            modifier = self._after.get(_one_space(match["after"] or ""))
        name = _one_space(match["weekday"])
        if name in self._with_cue and modifier is None and not (match["cue"] or match["until"]):
            return None
        weekday = self._language.weekdays[name]
        if modifier is None:
            return weekday_from(reading.today, weekday, ahead=bool(match["until"]))
        if modifier == 0:
            return weekday_from(reading.today, weekday, ahead=weekday != reading.today.weekday())
        if modifier == -2:
            return weekday_from(reading.today, weekday, ahead=False) - timedelta(weeks=1)
        return weekday_from(reading.today, weekday, ahead=modifier > 0)

    def _day_alone(self, match: re.Match[str], reading: Reading) -> date | None:
        return day_of_month(reading.today, int(match["day"]))


def _ordered(reading: Reading, first: str, second: str, year: str | None, *, dotted: bool = False) -> date | None:
    day, month = int(first), int(second)
    if reading.month_first and not dotted:
        day, month = month, day
    if month > 12 >= day:
        day, month = month, day
    return day_and_month(reading.today, day=day, month=month, year=full_year(year) if year else None)


def _one_space(words: str) -> str:
    return re.sub(r"\s+", " ", words)
