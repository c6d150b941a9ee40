"""Formats follow CLDR, and waiting times never promise more than the estimate."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localization import CrisisLine, load_packs
from localization import formats as f

PACKS = load_packs()
GB = PACKS["en-GB"]


@pytest.mark.parametrize(
    ("locale", "currency", "written"),
    [("en-GB", "GBP", "-£1,203.50"), ("de-DE", "EUR", "-1.203,50\xa0€"), ("en-US", "USD", "-$1,203.50"),
     ("en-GB", "JPY", "-JP¥1,204"), ("??", "GBP", "-£1,203.50"), (None, "GBP", "-£1,203.50")],
)  # fmt: skip
def test_money_is_written_as_the_locale_writes_it(locale: str | None, currency: str, written: str) -> None:
    assert f.money(Decimal("-1203.50"), currency, locale=locale) == written


def test_money_refuses_floats() -> None:
    with pytest.raises(TypeError, match="Decimal"):
        f.money(1.5, "GBP", locale="en-GB")  # type: ignore[arg-type] # the point of the test


def test_dates_times_and_shares() -> None:
    day = date(2026, 11, 21)
    assert f.day(day, locale="en-GB") == "21 November 2026"
    assert f.day(day, locale="en-US") == "November 21, 2026"
    assert f.short_day(day, locale="en-GB") == "21 Nov"
    assert f.weekday(day, locale="de-DE") == "Samstag"
    assert f.clock_time(time(9, 30), locale="en-GB") == "09:30"
    assert f.day_and_time(datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc), locale="en-GB") == "21 Nov 2026, 09:30"
    assert f.percent(Decimal("0.0299"), locale="en-GB") == "2.99%"
    assert f.number(Decimal("1.1742"), locale="en-GB") == "1.174"


@pytest.mark.parametrize(
    ("tag", "written"),
    [("en-GB", ("1st", "2nd", "3rd", "4th", "11th", "22nd")), ("fr-FR", ("1er", "2e", "3e", "4e", "11e", "22e")),
     ("de-DE", ("1.", "2.", "3.", "4.", "11.", "22.")),
     ("fil-PH", ("ika-1", "ika-2", "ika-3", "ika-4", "ika-11", "ika-22"))],
)  # fmt: skip
def test_ordinals_follow_the_language(tag: str, written: tuple[str, ...]) -> None:
    assert tuple(f.ordinal(n, PACKS[tag]) for n in (1, 2, 3, 4, 11, 22)) == written


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0, 40, "less than a minute"), (None, 40, "not known yet"), (50, None, "not known yet"), (90, 60, "not known yet"),
     (-5, 60, "not known yet"), (30, 180, "1 to 3 minutes"), (120, 120, "2 to 3 minutes"),
     (1500, 2000, "25 to 35 minutes")],
)  # fmt: skip
def test_wait_is_told_in_words(low: float | None, high: float | None, words: str) -> None:
    assert f.wait_words(low, high, GB) == words


@given(st.floats(0, 40_000), st.floats(0, 40_000))
def test_wait_never_promises_more_than_the_estimate(a: float, b: float) -> None:
    """The upper figure told is never below the upper estimate, and the range is never empty."""
    low_s, high_s = sorted((a, b))
    words = f.wait_words(low_s, high_s, GB)
    match = re.fullmatch(r"(\d+) to (\d+) minutes", words)
    if match is None:
        assert words == "less than a minute"
        assert high_s <= 60
    else:
        low, high = int(match[1]), int(match[2])
        assert low < high
        assert high * 60 >= high_s
        assert low * 60 <= low_s or low == 1


def test_crisis_lines_are_written_with_call_and_text_routes() -> None:
    lines = (CrisisLine(name="A", number="1", text="2"), CrisisLine(name="B", number="3", text=None),
             CrisisLine(name="C", number=None, text="4"))  # fmt: skip
    assert f.crisis_lines(lines, GB) == "A: call 1 or text 2\nB: call 3\nC: text 4"
