"""Numbers, money, dates and waiting times as a locale writes them (CLDR through Babel)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_day_names
from babel.numbers import format_currency, format_decimal, format_percent

from localization.packs import CrisisLine, Pack, fill

DateLength = Literal["short", "medium", "long", "full"]

#: Above this many minutes a waiting time is told in steps of five: a closer figure would pretend to knowledge.
_COARSE_ABOVE = 20
_FALLBACK = "en_GB"


def babel_locale(tag: str | None) -> Locale:
    """The CLDR locale of a BCP-47 tag; British English where the tag is unknown."""
    try:
        return Locale.parse((tag or _FALLBACK).replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_FALLBACK)


def money(amount: Decimal, currency: str, *, locale: str | None) -> str:
    """`£1,203.50`, `1.203,50 €`: with the currency's own number of decimals. The sign stands before the currency."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"an amount of money must be a Decimal, got {type(amount).__name__}")
    return format_currency(amount, currency, locale=babel_locale(locale))


def number(value: Decimal | int, *, locale: str | None, decimals: int = 3) -> str:
    """A number with at most so many decimals: `1,203.5`."""
    pattern = f"#,##0.{'#' * decimals}" if decimals else "#,##0"
    return format_decimal(value, format=pattern, locale=babel_locale(locale))


def is_known(tag: str) -> bool:
    """Whether CLDR has formats for exactly this tag."""
    try:
        return str(Locale.parse(tag.replace("-", "_"))) == tag.replace("-", "_")
    except (UnknownLocaleError, ValueError):
        return False


def percent(value: Decimal, *, locale: str | None) -> str:
    """A share as per cent with up to two decimals: `Decimal("0.0299")` → `2.99%`."""
    where = babel_locale(locale)
    pattern = where.percent_formats[None].pattern.replace("0", "0.##", 1)
    return format_percent(value, format=pattern, locale=where)


def day(value: date, *, locale: str | None, length: DateLength = "long") -> str:
    """`21 November 2026`."""
    return format_date(value, format=length, locale=babel_locale(locale))


def short_day(value: date, *, locale: str | None) -> str:
    """Day and month only, for lists: `21 Nov`."""
    return format_skeleton("MMMd", datetime.combine(value, time()), locale=babel_locale(locale))


def weekday(value: date, *, locale: str | None) -> str:
    """`Monday`."""
    names = get_day_names("wide", locale=babel_locale(locale))
    return str(names[value.weekday()])


def clock_time(value: time, *, locale: str | None) -> str:
    """`09:30`, `9:30 AM`."""
    return format_time(value, format="short", locale=babel_locale(locale))


def day_and_time(value: datetime, *, locale: str | None) -> str:
    """`21 Nov 2026, 09:30`, in the zone that the value carries; to the minute."""
    where = babel_locale(locale)
    pattern = str(where.datetime_formats["medium"])
    clock = format_time(value.time(), format="short", locale=where)
    return pattern.format(clock, format_date(value.date(), format="medium", locale=where))


def ordinal(value: int, pack: Pack) -> str:
    """`3rd`, `1er`, `3.`: the pattern of the pack for the number's CLDR category."""
    category = babel_locale(pack.tag).ordinal_form(value)
    return pack.ordinals[category].format(number=value)


def wait_words(low_s: float | None, high_s: float | None, pack: Pack) -> str:
    """Words for a wait between two numbers of seconds; the honest "not known" when either is missing.

    The low end is rounded down and the high end up, so that the words never promise more than the estimate does.
    """
    if low_s is None or high_s is None or low_s < 0 or high_s < low_s:
        return pack.wait.unknown
    if high_s <= 60:
        return pack.wait.under_a_minute
    low = max(1, int(low_s // 60))
    high = max(low + 1, int(-(-high_s // 60)))
    if high > _COARSE_ABOVE:
        high = -(-high // 5) * 5
        low = max(1, low // 5 * 5) if low > 5 else low
    return fill(pack.wait.range, low=low, high=high)


def crisis_lines(lines: Iterable[CrisisLine], pack: Pack) -> str:
    """Each line written out in the pack's words, one below the other."""
    return "\n".join(_crisis_line(line, pack) for line in lines)


def _crisis_line(line: CrisisLine, pack: Pack) -> str:
    wording = pack.crisis_wording
    if line.number and line.text:
        return fill(wording.call_or_text, name=line.name, number=line.number, text=line.text)
    if line.number:
        return fill(wording.call, name=line.name, number=line.number)
    return fill(wording.text, name=line.name, text=line.text)
