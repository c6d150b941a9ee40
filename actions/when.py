"""From a customer's words to days, times and periods, in the language of her locale and in English.

Pure functions; None for what they do not recognise. `ahead` reads "Tuesday" as the next one (an appointment), else as the last
one (something that happened). Names of days and months come from CLDR.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final

from babel.dates import get_day_names, get_month_names

from actions.bank import calendar
from actions.normalise import fold
from localization.formats import babel_locale

_RELATIVE: Final = (
    (2, re.compile(r"\b(?:day after tomorrow|ubermorgen|apres.demain|pasado manana|depois de amanha|sa makalawa)")),
    (-2, re.compile(r"\b(?:day before yesterday|vorgestern|avant.hier|anteayer|antier|anteontem|noong isang araw)")),
    (1, re.compile(r"\b(?:tomorrow|tmrw|morgen\b(?! fruh)|demain|(?<!la )manana\b|amanha|bukas)")),
    (-1, re.compile(r"\b(?:yesterday|last night|gestern|hier\b|ayer\b|anoche|ontem\b|kahapon|kagabi)")),
    (
        0,
        re.compile(
            r"\b(?:today|tonight|this (?:morning|afternoon|evening)|heute|aujourd'hui|hoy\b|hoje\b|ngayon|kanina)"
        ),
    ),
)
_ISO: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_NUMERIC: Final = re.compile(r"\b(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}|\d{2}))?\b")
_ORDINAL: Final = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|er|e|º|ª)(?!\w)")
_DAY_WORD: Final = re.compile(
    r"\b(?:on the|the|el|el dia|dia|le|am|den|zum|no dia|sa|ika-?|day)\s*(\d{1,2})(?:st|nd|rd|th|\.)?(?![\d:,]"
    r"|\s?(?:[ap]m|uhr|h\b))"
)
_BARE: Final = re.compile(r"^\W*(?:on\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?\W*$")
_FIRST_OF_MONTH: Final = re.compile(
    r"\b(first|1st|beginning|start|ersten?|anfang|premier|debut|primero|principio|primeiro|inicio|una)\b"
)
_LAST_OF_MONTH: Final = re.compile(
    r"\b(last day|end of (the|each|every) month|month end|monatsende|letzten?|fin (du|de) mois|fin de mes"
    r"|ultimo dia|fim do mes|katapusan)\b"
)
_CLOCK: Final = re.compile(
    r"(?<![\d/.-])(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.|uhr|h|o'?clock)?(?![\d/])", re.IGNORECASE
)
_HALF: Final = re.compile(r"\bhalf (?:past )?(\d{1,2}|[a-z]+)\b")
_HOURS: Final = {
    word: hour
    for hour, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
}
#: Numbers before a word for months, up to twelve; folded, in the languages of data/responses.
_COUNTS: Final = {
    word: number
    for number, words in enumerate(
        (
            ("one", "ein", "einen", "un", "une", "uno", "um", "isang"),
            ("two", "zwei", "zwo", "deux", "dos", "dois", "dalawang"),
            ("three", "drei", "trois", "tres", "tatlong"),
            ("four", "vier", "quatre", "cuatro", "quatro", "apat"),
            ("five", "funf", "fuenf", "cinq", "cinco", "limang"),
            ("six", "sechs", "seis", "anim"),
            ("seven", "sieben", "sept", "siete", "sete", "pitong"),
            ("eight", "acht", "huit", "ocho", "oito", "walong"),
            ("nine", "neun", "neuf", "nueve", "nove", "siyam"),
            ("ten", "zehn", "dix", "diez", "dez", "sampung"),
            ("eleven", "elf", "onze", "once", "labing-isang"),
            ("twelve", "zwolf", "zwoelf", "douze", "doce", "doze", "labindalawang", "labing-dalawang"),
        ),
        start=1,
    )
    for word in words
}
_NOON: Final = re.compile(r"\b(noon|midday|mittags?|midi|mediodia|meio.dia|tanghali)\b")
_MORNING: Final = re.compile(r"\b(mornings?|vormittags?|morgens|matin|(por|de) la manana|manha|umaga)\b")
_AFTERNOON: Final = re.compile(r"\b(afternoons?|nachmittags?|apres.midi|tarde|hapon)\b")
_EARLIEST: Final = re.compile(
    r"\b(first|earliest|soonest|any ?time|as soon as|asap|whatever|doesn'?t matter|dont mind|fruh\w*|egal"
    r"|plus tot|cuanto antes"
    r"|primer\w*|mais cedo|qualquer|kahit ano|pinakamaaga)\b"
)


@dataclass(frozen=True, kw_only=True)
class Period:
    """From the first day to the last, both included."""

    first: date
    last: date


@lru_cache(maxsize=32)
def _names(locale: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Folded names of weekdays (Monday is 0) and of months (January is 1)."""
    days: dict[str, int] = {}
    months: dict[str, int] = {}
    for where in (babel_locale("en-GB"), babel_locale(locale)):
        for width in ("wide", "abbreviated"):
            days.update({fold(n).rstrip("."): i for i, n in get_day_names(width, locale=where).items()})
            for context in ("format", "stand-alone"):
                months.update(
                    {fold(n).rstrip("."): i for i, n in get_month_names(width, context, locale=where).items()}
                )
    if "mar" in days:
        months.pop("mar", None)  # "mar." is Tuesday in French and Spanish
    return {n: i for n, i in days.items() if len(n) > 2}, {n: i for n, i in months.items() if len(n) > 2}


def _alternatives(names: Mapping[str, int]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


def day(text: str, *, today: date, ahead: bool, locale: str) -> date | None:
    """The day that is meant."""
    folded = fold(text)
    for offset, pattern in _RELATIVE:
        if pattern.search(folded):
            return today + timedelta(days=offset)
    if iso := _ISO.search(folded):
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    named = _named_month(folded, today=today, ahead=ahead, locale=locale)
    if named is not None:
        return named
    if numeric := _NUMERIC.search(folded):
        return _numeric(numeric, today=today, ahead=ahead, month_first=locale.endswith(("-US", "-PH")))
    days, _ = _names(locale)
    if found := re.search(rf"\b({_alternatives(days)})s?\b", folded):
        gap = (days[found[1]] - today.weekday()) % 7
        if ahead:
            return today + timedelta(days=gap or 7)
        return today - timedelta(days=(7 - gap) % 7 or 7)
    number = _day_number(folded)
    return None if number is None else _in_month(number, today=today, ahead=ahead)


def day_of_month(text: str, *, direct: bool, locale: str) -> int | None:
    """A day of each month: `the 15th`, `on the 1st of every month`; where it was asked for, a bare `15` too."""
    folded = fold(text)
    if _LAST_OF_MONTH.search(folded):
        return 31
    number = _day_number(folded)
    if number is None and direct and (bare := _BARE.search(folded)):
        number = int(bare[1])
    if number is None:
        found = _month_parts(folded, locale=locale)
        number = found[0] if found else None
    if number is None and direct and _FIRST_OF_MONTH.search(folded):
        number = 1
    return number if number is not None and 1 <= number <= 31 else None


def clock(text: str) -> time | None:
    """A time of day; hours without more are in the bank's opening hours: `3` is 15:00, `9` is 09:00."""
    folded = fold(text)
    if _NOON.search(folded):
        return time(12)
    if half := _HALF.search(folded):
        hour = int(half[1]) if half[1].isdigit() else _HOURS.get(half[1])
        return None if hour is None else _time(hour, 30, None)
    without_dates = _ORDINAL.sub(" ", _ISO.sub(" ", folded))
    for found in _CLOCK.finditer(without_dates):
        value = _time(int(found[1]), int(found[2] or 0), (found[3] or "").lower().replace(".", ""))
        if value is not None:
            return value
    spelled = re.search(rf"\bat ({'|'.join(_HOURS)})\b|^\W*({'|'.join(_HOURS)})(?: o'?clock)?\W*$", folded)
    return _time(_HOURS[spelled[1] or spelled[2]], 0, None) if spelled else None


def part_of_day(text: str) -> tuple[time, time] | None:
    """Morning, afternoon, or any time, as the earliest and latest start."""
    folded = fold(text)
    if _MORNING.search(folded):
        return time(0), time(12)
    if _AFTERNOON.search(folded):
        return time(12), time(23, 59)
    return (time(0), time(23, 59)) if _EARLIEST.search(folded) else None


def period(text: str, *, today: date, locale: str) -> Period | None:
    """The stretch of time a statement is wanted for; never beyond today."""
    folded = fold(text)
    _, months = _names(locale)
    if found := re.search(
        rf"\b(\d{{1,2}}|{'|'.join(_COUNTS)})\s+(?:(?:na|derniers|ultimos|letzten|last)\s+)?(?:months?|monat(?:en?)?|mois|mes(?:es)?|buwan)\b",
        folded,
    ):
        count = int(found[1]) if found[1].isdigit() else _COUNTS[found[1]]
        return Period(first=_months_back(today, count), last=today)
    named = [months[name] for name in re.findall(rf"\b({_alternatives(months)})\b", folded)]
    years = [int(year) for year in re.findall(r"\b(20\d{2})\b", folded)]
    if named:
        year = years[0] if years else None
        first, last = _month(named[0], year, today), _month(named[-1], years[-1] if years else None, today)
        if last < first:
            first = first.replace(year=first.year - 1)
        return _until(first, calendar.last_day_of_month(last, months_later=0), today)
    if years:
        return _until(date(years[0], 1, 1), date(years[-1], 12, 31), today)
    if re.search(r"\b(this month|diesen monat|ce mois|este mes|ngayong buwan)\b", folded):
        return Period(first=today.replace(day=1), last=today)
    if re.search(
        r"\b(last|previous|letzte\w*|dernier|pasado|passado|nakaraang)\b.*\b(month|monat|mois|mes|buwan)\b"
        r"|\bmois dernier\b|\bmes pas",
        folded,
    ):
        last = calendar.last_day_of_month(today, months_later=-1)
        return Period(first=last.replace(day=1), last=last)
    if re.search(r"\b(this year|dieses jahr|cette annee|este ano|ngayong taon)\b", folded):
        return Period(first=date(today.year, 1, 1), last=today)
    if re.search(r"\b(last year|letztes jahr|annee derniere|ano pasado|ano passado|nakaraang taon)\b", folded):
        return Period(first=date(today.year - 1, 1, 1), last=date(today.year - 1, 12, 31))
    if re.search(r"\b(latest|most recent|newest|last (one|statement))\b", folded):
        last = calendar.last_day_of_month(today, months_later=-1)
        return Period(first=last.replace(day=1), last=last)
    return None


def _until(first: date, last: date, today: date) -> Period | None:
    return None if first > today else Period(first=first, last=min(last, today))


def _month(number: int, year: int | None, today: date) -> date:
    """The first of a month; without a year, the latest that has begun."""
    if year is not None:
        return date(year, number, 1)
    return date(today.year if number <= today.month else today.year - 1, number, 1)


def _months_back(today: date, count: int) -> date:
    last = calendar.last_day_of_month(today, months_later=-count)
    return last.replace(day=min(today.day, last.day))


def _day_number(folded: str) -> int | None:
    for pattern in (_ORDINAL, _DAY_WORD):
        if found := pattern.search(folded):
            return int(found[1])
    return None


def _month_parts(folded: str, *, locale: str) -> tuple[int, int] | None:
    """Day and month of `3 March`, `March 3rd`, `3 de marzo`."""
    _, months = _names(locale)
    names = _alternatives(months)
    if found := re.search(rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+|ng\s+)?({names})\b", folded):
        return int(found[1]), months[found[2]]
    if found := re.search(rf"\b({names})\.?\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*:)", folded):
        return int(found[2]), months[found[1]]
    return None


def _named_month(folded: str, *, today: date, ahead: bool, locale: str) -> date | None:
    parts = _month_parts(folded, locale=locale)
    if parts is None:
        return None
    year = re.search(r"\b(20\d{2})\b", folded)
    if year:
        return _date(int(year[1]), parts[1], parts[0])
    return _nearest(_candidates(parts[0], parts[1], today), today=today, ahead=ahead)


def _candidates(number: int, month: int, today: date) -> Iterator[date]:
    for year in (today.year - 1, today.year, today.year + 1):
        found = _date(year, month, number)
        if found is not None:
            yield found


def _numeric(found: re.Match[str], *, today: date, ahead: bool, month_first: bool) -> date | None:
    first, second = int(found[1]), int(found[2])
    number, month = (second, first) if month_first else (first, second)
    if month > 12 >= number:
        number, month = month, number
    if not 1 <= month <= 12:
        return None
    if found[3]:
        return _date(int(found[3]) + (2000 if len(found[3]) == 2 else 0), month, number)
    return _nearest(_candidates(number, month, today), today=today, ahead=ahead)


def _in_month(number: int, *, today: date, ahead: bool) -> date | None:
    offsets = (0, 1, 2) if ahead else (0, -1, -2)
    for offset in offsets:
        last = calendar.last_day_of_month(today, months_later=offset)
        found = _date(last.year, last.month, number)
        if found is not None and (found > today if ahead else found <= today):
            return found
    return None


def _nearest(found: Iterator[date], *, today: date, ahead: bool) -> date | None:
    if ahead:
        return min((entry for entry in found if entry >= today), default=None)
    return max((entry for entry in found if entry <= today), default=None)


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _time(hour: int, minute: int, half: str | None) -> time | None:
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    elif not half and 1 <= hour <= 6:
        hour += 12
    return time(hour, minute) if 0 <= hour < 24 and 0 <= minute < 60 else None
