"""What an entity's words mean: amounts as decimal numbers, currencies as ISO 4217, dates as ISO 8601. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

CURRENCIES = {
    "£": "GBP",
    "gbp": "GBP",
    "pound": "GBP",
    "pounds": "GBP",
    "quid": "GBP",
    "pound sterling": "GBP",
    "sterling": "GBP",
    "$": "USD",
    "usd": "USD",
    "dollar": "USD",
    "dollars": "USD",
    "bucks": "USD",
    "€": "EUR",
    "eur": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "₱": "PHP",
    "php": "PHP",
    "peso": "PHP",
    "pesos": "PHP",
    "r$": "BRL",
    "brl": "BRL",
    "reais": "BRL",
    "real": "BRL",
    "mxn": "MXN",
    "₹": "INR",
    "inr": "INR",
    "rupees": "INR",
    "chf": "CHF",
    "francs": "CHF",
    "¥": "JPY",
    "yen": "JPY",
    "jpy": "JPY",
}

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBER_WORDS: dict[str, int] = {
    **{word: number for number, word in enumerate(_UNITS)},
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
}
_MULTIPLIERS = {"hundred": 100, "thousand": 1_000, "grand": 1_000, "k": 1_000, "million": 1_000_000, "m": 1_000_000}
_FILLERS = {"a", "an", "and"}
MULTIPLIER_WORDS = frozenset(_MULTIPLIERS)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]  #: in order; the first three letters suffice


def number_from_words(words: list[str]) -> int | None:
    """`["two", "hundred", "and", "fifty"]` → 250; None when a word is not part of a number."""
    total, current, seen = 0, 0, False
    for word in words:
        if word in NUMBER_WORDS:
            current += NUMBER_WORDS[word]
            seen = True
        elif word == "hundred":
            current, seen = (current or 1) * 100, True
        elif word in _MULTIPLIERS:
            total, current, seen = total + (current or 1) * _MULTIPLIERS[word], 0, True
        elif word not in _FILLERS:
            return None
    return total + current if seen else None


def decimal_from_digits(text: str, *, multiplier: str | None = None) -> str | None:
    """`1,234.50`, `1.234,50`, `1 234,50` and `1234.5` → `1234.50`; whole numbers keep no decimals. None if unreadable."""
    digits = text.strip().replace(" ", "").replace("\u00a0", "").replace("'", "")
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma > point:
        # A comma followed by exactly three digits separates thousands, unless a point already does.
        thousands = len(digits) - comma == 4 and point < 0
        digits = digits.replace(",", "") if thousands else digits.replace(".", "").replace(",", ".")
    elif point > comma >= 0:
        digits = digits.replace(",", "")
    elif point >= 0 and digits.count(".") > 1:
        digits = digits.replace(".", "")
    try:
        value = Decimal(digits)
    except InvalidOperation:
        return None
    if multiplier:
        value *= _MULTIPLIERS[multiplier.lower()]
    return str(value.to_integral()) if value == value.to_integral() else f"{value:.2f}"


@dataclass(frozen=True)
class _Day:
    today: date
    month_first: bool


def date_from_text(text: str, *, today: date, month_first: bool = False) -> str | None:
    """The ISO date of a phrase like `last tuesday`, `3rd of March`, `12/03/2026`, `two days ago`; None if there is none.

    Weekdays and days of the month without more are taken as past, since customers ask about what has happened;
    `month_first` reads 03/12 as the twelfth of March.
    """
    words = text.lower().replace(",", " ")
    context = _Day(today, month_first)
    for reader in (_relative, _counted, _weekday, _numeric, _named_month, _ordinal_only):
        found = reader(words, context)
        if found is not None:
            return found.isoformat()
    return None


def _relative(words: str, context: _Day) -> date | None:
    days = {
        "day before yesterday": -2,
        "yesterday": -1,
        "today": 0,
        "this morning": 0,
        "tonight": 0,
        "last night": -1,
        "tomorrow": 1,
    }
    for phrase, offset in days.items():
        if phrase in words:
            return context.today + timedelta(days=offset)
    return None


def _counted(words: str, context: _Day) -> date | None:
    match = re.search(r"\b(\d{1,3}|[a-z]+)\s+(day|week|month)s?\s+ago\b", words)
    if not match:
        return None
    count = (
        int(match[1])
        if match[1].isdigit()
        else number_from_words([match[1]]) or (1 if match[1] in ("a", "an", "one") else None)
    )
    if count is None:
        return None
    if match[2] == "month":
        months = context.today.year * 12 + context.today.month - 1 - count
        return _date(months // 12, months % 12 + 1, context.today.day, last_possible=True)
    return context.today - timedelta(days=count * (7 if match[2] == "week" else 1))


def _weekday(words: str, context: _Day) -> date | None:
    match = re.search(rf"\b(?:(last|this|next|on)\s+)?({'|'.join(WEEKDAYS)})\b", words)
    if not match:
        return None
    ahead = (WEEKDAYS.index(match[2]) - context.today.weekday()) % 7
    if match[1] == "next" or (match[1] == "this" and ahead):
        return context.today + timedelta(days=ahead or 7)
    back = (context.today.weekday() - WEEKDAYS.index(match[2])) % 7
    return context.today - timedelta(days=back or 7)


def _numeric(words: str, context: _Day) -> date | None:
    if match := re.search(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b", words):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    match = re.search(r"\b(\d{1,2})[/.](\d{1,2})(?:[/.](\d{2}|\d{4}))?\b", words)
    if not match:
        return None
    first, second = int(match[1]), int(match[2])
    day, month = (second, first) if context.month_first else (first, second)
    if month > 12 >= day:
        day, month = month, day
    return _in_year(match[3], month, day, context)


def _named_month(words: str, context: _Day) -> date | None:
    names = "|".join(f"{month[:3]}(?:{month[3:]}|t)?" for month in MONTHS)
    for pattern in (
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{names})\b\.?(?:\s+(?P<year>\d{{4}}))?",
        rf"\b(?P<month>{names})\b\.?\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:\s+(?P<year>\d{{4}}))?",
    ):
        if match := re.search(pattern, words):
            month = 1 + [name[:3] for name in MONTHS].index(match["month"][:3])
            return _in_year(match["year"], month, int(match["day"]), context)
    return None


def _ordinal_only(words: str, context: _Day) -> date | None:
    match = re.search(r"\bthe\s+(\d{1,2})(?:st|nd|rd|th)\b", words)
    if not match:
        return None
    day = int(match[1])
    this_month = _date(context.today.year, context.today.month, day)
    if this_month is not None and this_month <= context.today:
        return this_month
    before = context.today.replace(day=1) - timedelta(days=1)
    return _date(before.year, before.month, day)


def _in_year(year: str | None, month: int, day: int, context: _Day) -> date | None:
    if year:
        return _date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _date(context.today.year, month, day)
    return found if found is None or found <= context.today else _date(context.today.year - 1, month, day)


def _date(year: int, month: int, day: int, *, last_possible: bool = False) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return _date(year, month, day - 1, last_possible=True) if last_possible and day > 28 else None
