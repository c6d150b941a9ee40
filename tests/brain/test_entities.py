"""What customers name is found, with values that a program can use; what merely looks alike is left alone."""

from __future__ import annotations

from datetime import date

import pytest

from brain.entities import EntityFinder, load_finder
from brain.entity_values import date_from_text, decimal_from_digits, number_from_words

TODAY = date(2026, 11, 18)  # a Wednesday


@pytest.fixture(scope="module")
def finder() -> EntityFinder:
    return load_finder()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "I sent £250 to Anna Schmidt yesterday",
            {("amount", "250"), ("currency", "GBP"), ("payee", "Anna Schmidt"), ("date", "2026-11-17")},
        ),
        ("a payment of 1,234.50 pounds", {("amount", "1234.50"), ("currency", "GBP")}),
        ("ich habe 1.234,50 € geschickt", {("amount", "1234.50"), ("currency", "EUR")}),
        ("USD 20 please", {("amount", "20"), ("currency", "USD")}),
        ("fifty quid", {("amount", "50"), ("currency", "GBP")}),
        ("two hundred and fifty dollars", {("amount", "250"), ("currency", "USD")}),
        ("a hundred euros", {("amount", "100"), ("currency", "EUR")}),
        ("they took 2k", {("amount", "2000")}),
        ("$1.5k", {("amount", "1500"), ("currency", "USD")}),
        ("300", {("amount", "300")}),
        ("4821", {("card_ending", "4821"), ("amount", "4821")}),
        ("freeze card ending 4821", {("card_ending", "4821")}),
        ("the one that ends in 4821", {("card_ending", "4821")}),
        ("last four digits are 0007", {("card_ending", "0007")}),
        ("****4821", {("card_ending", "4821")}),
        ("block my credit card", {("card_kind", "credit")}),
        ("the debit one", {("card_kind", "debit")}),
        ("Debit", {("card_kind", "debit")}),
        ("cancel my direct debit", set()),
        ("what's my credit score", set()),
        ("I paid £12.99 at Tesco", {("amount", "12.99"), ("currency", "GBP"), ("merchant", "Tesco")}),
        ("why was my card declined at amazon", {("merchant", "amazon")}),
        ("my card was declined at Joe's Garage", {("merchant", "Joe's Garage")}),
        ("is the branch in leeds open on Saturday", {("branch_place", "Leeds"), ("date", "2026-11-14")}),
        ("opening hours of the Camden branch", {("branch_place", "Camden")}),
        ("what time does my nearest branch open", set()),
        ("transfer reference TRX-2041", {("reference", "TRX-2041")}),
        ("ref: ab12345", {("reference", "AB12345")}),
        ("where is the money I sent to my landlord", {("payee", "landlord")}),
        ("i want to pay someone new", set()),
        ("I want to talk to a person", set()),
        ("where is my transfer to maria", {("payee", "maria")}),
        ("I may be late", set()),
        ("", set()),
    ],
)
def test_finder_reads_a_message(finder: EntityFinder, text: str, expected: set[tuple[str, str]]) -> None:
    """A table of messages and everything that must be found in them, and nothing else."""
    found = finder.find(text, today=TODAY)
    assert {(f.entity, f.value) for f in found} == expected
    assert all(0 <= f.start < f.end <= len(text) for f in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-11-18"),
        ("the day before yesterday", "2026-11-16"),
        ("last wednesday", "2026-11-11"),
        ("on monday", "2026-11-16"),
        ("next friday", "2026-11-20"),
        ("3 days ago", "2026-11-15"),
        ("two weeks ago", "2026-11-04"),
        ("a month ago", "2026-10-18"),
        ("3rd of March", "2026-03-03"),
        ("December 24", "2025-12-24"),
        ("24 Dec 2024", "2024-12-24"),
        ("12/03/2026", "2026-03-12"),
        ("25/12", "2025-12-25"),
        ("2026-02-28", "2026-02-28"),
        ("the 3rd", "2026-11-03"),
        ("the 30th", "2026-10-30"),
        ("31/02/2026", None),
        ("whenever", None),
    ],
)
def test_dates_become_iso(text: str, expected: str | None) -> None:
    """Dates without a year lie in the past, since customers ask about what has happened."""
    assert date_from_text(text, today=TODAY) == expected


def test_month_comes_first_where_it_does() -> None:
    """03/12 is March in the United States and December in Britain."""
    assert date_from_text("03/12/2025", today=TODAY, month_first=True) == "2025-03-12"
    assert date_from_text("03/12/2025", today=TODAY) == "2025-12-03"


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("1,234", "1234"),
        ("1.234,5", "1234.50"),
        ("1 234,50", "1234.50"),
        ("12,50", "12.50"),
        ("1.2.3", "123"),
        ("", None),
        ("1'000", "1000"),
    ],
)
def test_numbers_of_several_countries(digits: str, expected: str | None) -> None:
    """Points and commas are read as thousands or decimals by where they stand."""
    assert decimal_from_digits(digits) == expected


def test_number_words_add_up() -> None:
    """Spelled numbers are added and multiplied; any other word spoils them."""
    assert number_from_words(["two", "thousand", "three", "hundred", "and", "five"]) == 2305
    assert number_from_words(["a", "few", "hundred"]) is None
    assert number_from_words(["and", "a"]) is None
