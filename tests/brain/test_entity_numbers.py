"""Numbers survive being written: whatever a locale makes of an amount or a date is read back as the same."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.entity_finder import load_finder
from brain.entity_language import load_languages
from brain.entity_numbers import decimal_from_digits, plain

FINDER = load_finder()
LANGUAGES = load_languages()
TODAY = date(2026, 11, 18)
LOCALES = (
    "en_GB",
    "en_US",
    "en_IN",
    "de_DE",
    "de_AT",
    "de_CH",
    "es_ES",
    "es_MX",
    "fr_FR",
    "fr_CH",
    "pt_BR",
    "pt_PT",
    "fil_PH",
)
AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999.99"), places=2)
LENGTHS = ("medium", "long")


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("1,234", "1234"),
        ("1.234", "1234"),
        ("0.125", "0.12"),
        ("1.234,5", "1234.50"),
        ("1 234,50", "1234.50"),
        ("12,50", "12.50"),
        ("1.2.3", "123"),
        ("", None),
        ("1'000", "1000"),
        ("1,00,000", "100000"),
    ],
)
def test_numbers_of_several_countries(digits: str, expected: str | None) -> None:
    """Points and commas are read as thousands or decimals by where they stand."""
    assert decimal_from_digits(digits) == expected


@given(amount=AMOUNTS, locale=st.sampled_from(LOCALES))
def test_a_number_is_read_as_its_locale_wrote_it(amount: Decimal, locale: str) -> None:
    """Two decimals say which mark is which, in every country."""
    assert decimal_from_digits(format_decimal(amount, format="#,##0.00", locale=locale)) == plain(amount)


@settings(max_examples=300)
@given(
    amount=AMOUNTS,
    locale=st.sampled_from(LOCALES),
    currency=st.sampled_from(["EUR", "GBP", "USD", "BRL", "PHP", "CHF", "MXN", "INR"]),
)
def test_money_is_found_as_its_locale_wrote_it(amount: Decimal, locale: str, currency: str) -> None:
    """What Babel formats is found as one amount in the right currency; a bare $ is the region's."""
    written = format_currency(amount, currency, locale=locale)
    found = FINDER.find(f"x {written} x", today=TODAY, locale=locale.replace("_", "-"))
    values = {one.entity: one.value for one in found if one.entity in ("amount", "currency")}
    assert values == {"amount": plain(amount), "currency": currency}


@settings(max_examples=300)
@given(
    days=st.integers(min_value=0, max_value=4000),
    locale=st.sampled_from(LOCALES),
    length=st.sampled_from(LENGTHS),
)
def test_a_date_is_found_as_its_locale_wrote_it(days: int, locale: str, length: str) -> None:
    """Day and month stand in the order of the locale."""
    day = TODAY - timedelta(days=days)
    found = FINDER.find(format_date(day, format=length, locale=locale), today=TODAY, locale=locale.replace("_", "-"))
    assert [one.value for one in found if one.entity == "date"] == [day.isoformat()]


@pytest.mark.parametrize(
    ("language", "words", "expected"),
    [
        ("en", "two thousand three hundred and five", 2305),
        ("en", "a hundred", 100),
        ("en", "two three", None),
        ("en", "twenty-one", 21),
        ("de", "zweihundertfünfzig", 250),
        ("de", "eintausendzweihundertvierunddreißig", 1234),
        ("de", "fünfundzwanzig", 25),
        ("de", "zwei Millionen", 2_000_000),
        ("es", "mil doscientos treinta y cuatro", 1234),
        ("es", "veintiún mil", 21000),
        ("fr", "quatre-vingt-dix-sept", 97),
        ("fr", "deux cent soixante et onze", 271),
        ("fr", "mille deux cents", 1200),
        ("pt", "dois mil trezentos e quarenta e cinco", 2345),
        ("pt", "cento e um", 101),
        ("fil", "limang libo", 5000),
        ("fil", "dalawang libo at limang daan", 2500),
        ("fil", "tatlumpu't lima", 35),
    ],
)
def test_spelled_numbers_add_up(language: str, words: str, expected: int | None) -> None:
    """Words are added and multiplied as their language does; what makes no number is none."""
    assert LANGUAGES[language].numbers.value(words) == expected


@given(text=st.text(max_size=200), locale=st.sampled_from(["en-GB", "de-DE", "fil-PH", "", "x"]))
def test_any_text_can_be_read(text: str, locale: str) -> None:
    """Nothing a customer types breaks the finder, and what it finds lies in the text and does not overlap."""
    found = FINDER.find(text, today=TODAY, locale=locale)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    spans = sorted({(one.start, one.end) for one in found})
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


JUMBLE = [*"0123456789.,-/:€$£kh•()", *["last", "march", "am", "um", "de", "mil", "y", "to", "at", "ending", "card"]]


@given(st.lists(st.sampled_from(JUMBLE), max_size=30))
def test_any_jumble_of_numbers_and_marks_can_be_read(parts: list[str]) -> None:
    """Figures that look like nearly everything raise nothing."""
    for locale in ("en-GB", "es-MX"):
        FINDER.find(" ".join(parts), today=TODAY, locale=locale)
        FINDER.find("".join(parts), today=TODAY, locale=locale)
