"""Days of the sandbox bank: holidays by rule, opening times, business days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_RULE = re.compile(r"(?P<month>\d\d)-(?P<day>\d\d)|easter(?P<offset>[+-]\d+)?")


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leap, skipped = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - moon_shift + 15) % 30
    weekday_shift = (32 + 2 * skipped + 2 * (rest // 4) - epact - rest % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday_shift) // 451
    month, day = divmod(epact + weekday_shift - 7 * correction + 114, 31)
    return date(year, month, day + 1)


def rule_date(rule: str, year: int) -> date:
    """The day of a rule such as `12-25` or `easter-2` in a year."""
    match = _RULE.fullmatch(rule)
    if match is None:
        raise ValueError(f"{rule!r} is no holiday rule: use MM-DD, easter, easter-2 or easter+1")
    if match["month"]:
        return date(year, int(match["month"]), int(match["day"]))
    return easter(year) + timedelta(days=int(match["offset"] or 0))


def holiday_name(day: date, rules: Mapping[str, str]) -> str | None:
    """The name of the holiday on a day, if it is one."""
    return next((name for rule, name in rules.items() if rule_date(rule, day.year) == day), None)


def opening(day: date, hours: Mapping[str, str]) -> tuple[time, time] | None:
    """Opening and closing time of a weekday from `{mon: "09:30-16:30"}`, or None for closed."""
    span = hours.get(WEEKDAYS[day.weekday()])
    if span is None:
        return None
    opens, closes = (time.fromisoformat(part) for part in span.split("-"))
    return opens, closes


def add_business_days(day: date, count: int, rules: Mapping[str, str]) -> date:
    """The day that is so many working days later; weekends and holidays do not count."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and holiday_name(day, rules) is None:
            count -= 1
    return day


def last_day_of_month(day: date, *, months_later: int) -> date:
    """The last day of the month so many months after (or, if negative, before) the month of a day."""
    month = day.year * 12 + day.month - 1 + months_later + 1
    return date(month // 12, month % 12 + 1, 1) - timedelta(days=1)


def next_day_of_month(today: date, day_of_month: int) -> date:
    """The next such day after today; the last day of a month that is too short for it."""
    for later in (0, 1):
        last = last_day_of_month(today, months_later=later)
        found = last.replace(day=min(day_of_month, last.day))
        if found > today:
            return found
    raise ValueError(f"{day_of_month} is no day of a month")
