"""Days, times and periods as customers say them, in several languages; nothing is guessed."""

from __future__ import annotations

from datetime import date, time

import pytest

from actions import when

TODAY = date(2026, 11, 23)  #: a Monday


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("tomorrow", "en-GB", date(2026, 11, 24)),
        ("the day after tomorrow", "en-GB", date(2026, 11, 25)),
        ("next Tuesday please", "en-GB", date(2026, 11, 24)),
        ("on Monday", "en-GB", date(2026, 11, 30)),
        ("the 15th", "en-GB", date(2026, 12, 15)),
        ("3 March", "en-GB", date(2027, 3, 3)),
        ("March 3rd", "en-US", date(2027, 3, 3)),
        ("12/03/2026", "en-GB", date(2026, 3, 12)),
        ("12/03", "en-US", date(2026, 12, 3)),
        ("am Freitag", "de-DE", date(2026, 11, 27)),
        ("übermorgen", "de-DE", date(2026, 11, 25)),
        ("jeudi prochain", "fr-FR", date(2026, 11, 26)),
        ("el miércoles", "es-ES", date(2026, 11, 25)),
        ("3 de diciembre", "es-MX", date(2026, 12, 3)),
        ("quinta-feira", "pt-BR", date(2026, 11, 26)),
        ("bukas", "fil-PH", date(2026, 11, 24)),
        ("/inform{\"date\": \"2026-11-26\"}", "en-GB", date(2026, 11, 26)),
        ("whenever", "en-GB", None),
        ("300 pounds", "en-GB", None),
    ],
)  # fmt: skip
def test_days_ahead(text: str, locale: str, expected: date | None) -> None:
    assert when.day(text, today=TODAY, ahead=True, locale=locale) == expected


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("yesterday", "en-GB", date(2026, 11, 22)),
        ("on Monday", "en-GB", date(2026, 11, 16)),
        ("last Friday", "en-GB", date(2026, 11, 20)),
        ("the 15th", "en-GB", date(2026, 11, 15)),
        ("3 December", "en-GB", date(2025, 12, 3)),
        ("gestern", "de-DE", date(2026, 11, 22)),
        ("anteayer", "es-ES", date(2026, 11, 21)),
        ("kahapon", "fil-PH", date(2026, 11, 22)),
    ],
)
def test_days_gone_by(text: str, locale: str, expected: date) -> None:
    assert when.day(text, today=TODAY, ahead=False, locale=locale) == expected


@pytest.mark.parametrize(
    ("text", "direct", "expected"),
    [
        ("the 15th of each month", False, 15),
        ("on the 1st", False, 1),
        ("15", True, 15),
        ("15", False, None),
        ("the first", True, 1),
        ("last day of the month", False, 31),
        ("am 15.", False, 15),
        ("make it 300", False, None),
        ("make it 55 pounds", True, None),
        ("40", True, None),
    ],
)
def test_days_of_each_month(text: str, direct: bool, expected: int | None) -> None:
    locale = "de-DE" if text.startswith("am") else "en-GB"
    assert when.day_of_month(text, direct=direct, locale=locale) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at 11", time(11)),
        ("2pm", time(14)),
        ("14:30", time(14, 30)),
        ("half past ten", time(10, 30)),
        ("at three", time(15)),
        ("um 10 Uhr", time(10)),
        ("noon", time(12)),
        ("3", time(15)),
        ("whenever you like", None),
        ("on the 15th", None),
    ],
)
def test_times_of_day(text: str, expected: time | None) -> None:
    assert when.clock(text) == expected


@pytest.mark.parametrize(
    ("text", "locale", "first", "last"),
    [
        ("last month", "en-GB", date(2026, 10, 1), date(2026, 10, 31)),
        ("the last three months", "en-GB", date(2026, 8, 23), TODAY),
        ("March", "en-GB", date(2026, 3, 1), date(2026, 3, 31)),
        ("December", "en-GB", date(2025, 12, 1), date(2025, 12, 31)),
        ("November to January", "en-GB", date(2025, 11, 1), date(2026, 1, 31)),
        ("2025", "en-GB", date(2025, 1, 1), date(2025, 12, 31)),
        ("this year", "en-GB", date(2026, 1, 1), TODAY),
        ("letzten Monat", "de-DE", date(2026, 10, 1), date(2026, 10, 31)),
        ("marzo", "es-ES", date(2026, 3, 1), date(2026, 3, 31)),
        ("los últimos tres meses", "es-MX", date(2026, 8, 23), TODAY),
        ("die letzten drei Monate", "de-DE", date(2026, 8, 23), TODAY),
        ("der letzten zwölf Monate", "de-DE", date(2025, 11, 23), TODAY),
        ("ces six derniers mois", "fr-FR", date(2026, 5, 23), TODAY),
        ("os últimos três meses", "pt-BR", date(2026, 8, 23), TODAY),
        ("nakaraang tatlong buwan", "fil-PH", date(2026, 8, 23), TODAY),
        ("huling anim na buwan", "fil-PH", date(2026, 5, 23), TODAY),
    ],
)
def test_periods(text: str, locale: str, first: date, last: date) -> None:
    found = when.period(text, today=TODAY, locale=locale)
    assert found is not None
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize("text", ["2031", "my current account", "by post"])
def test_what_is_no_period(text: str) -> None:
    assert when.period(text, today=TODAY, locale="en-GB") is None
