"""Days and stretches of days relative to another day. Pure functions; what cannot be is None."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def on(year: int, month: int, day: int) -> date | None:
    """A date, if there is such a day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def full_year(written: str) -> int:
    """`26` → 2026."""
    return int(written) + (2000 if len(written) == 2 else 0)


def weekday_from(today: date, weekday: int, *, ahead: bool | None) -> date:
    """The next or the last day of that name, never today itself; without more it is the last, since customers ask about what
    has happened."""
    days = (weekday - today.weekday()) % 7
    return today + timedelta(days=days or 7) if ahead else today - timedelta(days=(7 - days) % 7 or 7)


def day_and_month(today: date, *, day: int, month: int, year: int | None, ahead: bool = False) -> date | None:
    """A date without its year lies in the past, or today, unless it is said to lie ahead."""
    if year is not None:
        return on(year, month, day)
    found = on(today.year, month, day)
    if found is None:
        return on(today.year - 1, month, day)
    if ahead:
        return found if found >= today else on(today.year + 1, month, day)
    return found if found <= today else on(today.year - 1, month, day)


def day_of_month(today: date, day: int) -> date | None:
    """The last day with that number, today included."""
    if day <= today.day:
        return on(today.year, today.month, day)
    before = today.replace(day=1) - timedelta(days=1)
    return on(before.year, before.month, day)


def shifted(today: date, *, unit: str, count: int) -> date:
    """So many units (`day`, `week`, `month`, `year`) from a day; a month later than 31 January is the end of February."""
    if unit in ("day", "week"):
        return today + timedelta(days=count * (7 if unit == "week" else 1))
    months = today.year * 12 + today.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}.get(unit, 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def month_of(today: date, month: int, *, year: int | None, direction: int | None) -> str:
    """`2026-03`: without a year the latest such month that has begun; `direction` 1 is the next one to come."""
    if year is None:
        year = today.year - (month > today.month)
        if direction == -1 and month == today.month:
            year -= 1
        if direction == 1:
            year = today.year + (month <= today.month)
    return f"{year:04d}-{month:02d}"


def unit_of(today: date, *, unit: str, direction: int) -> str | None:
    """Last, this or next week, weekend, month, quarter, year: `2026`, `2026-10`, `2026-11-09/2026-11-15`."""
    if unit == "year":
        return f"{today.year + direction:04d}"
    if unit == "month":
        return shifted(today.replace(day=1), unit="month", count=direction).isoformat()[:7]
    if unit == "quarter":
        first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        first = shifted(first, unit="quarter", count=direction)
        return between(first, shifted(first, unit="quarter", count=1) - timedelta(days=1))
    if unit in ("week", "weekend"):
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=direction)
        return between(monday + timedelta(days=5 if unit == "weekend" else 0), monday + timedelta(days=6))
    return None


def quarter_of(today: date, quarter: int, *, year: int | None) -> str:
    """A calendar quarter, the latest that has begun if no year is said."""
    if year is None:
        year = today.year - (quarter * 3 - 2 > today.month)
    first = date(year, quarter * 3 - 2, 1)
    return between(first, shifted(first, unit="quarter", count=1) - timedelta(days=1))


def between(first: date, last: date) -> str:
    """`2026-11-09/2026-11-15`, both included."""
    return f"{first.isoformat()}/{last.isoformat()}"
