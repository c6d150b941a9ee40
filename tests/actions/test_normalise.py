"""What customers write becomes a value, or nothing; never a guess."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import normalise as n
from actions.bank.sandbox import SandboxBank

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        ("the debit one", "4821"),
        ("DEBIT", "4821"),
        ("my visa", "4821"),
        ("credit card please", "9034"),
        ("Mastercard", "9034"),
        ("it ends in 9034", "9034"),
        ("ending 4821, please", "4821"),
        ("**** 4821", "4821"),
        ("the first one", "4821"),
        ("the second", "9034"),
        ("the other one", None),
        ("1234", None),
        ("my card", None),
        ("credit or debit, not sure", None),
        ("4111111111111111", None),
        ("£4821", None),
    ],
)
async def test_a_card_is_chosen_by_what_is_said(bank: SandboxBank, said: str, ending: str | None) -> None:
    chosen = n.choose_card(said, await bank.cards("demo-gb"))
    assert (chosen.ending if chosen else None) == ending


@pytest.mark.parametrize(("previous", "ending"), [("4821", "9034"), ("9034", "4821"), (None, None)])
@pytest.mark.parametrize("said", ["no, the other one", "the other card", "other", "die andere", "la otra", "a outra"])
async def test_the_other_one_is_the_one_not_spoken_of(
    bank: SandboxBank, said: str, previous: str | None, ending: str | None
) -> None:
    chosen = n.choose_card(said, await bank.cards("demo-gb"), previous=previous)
    assert (chosen.ending if chosen else None) == ending


@given(st.text())
def test_choosing_never_fails_and_never_invents(text: str) -> None:
    assert n.choose_card(text, []) is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("It was stolen", "stolen"),
        ("I lost my wallet and someone stole it", "stolen"),
        ("I lost it", "lost"),
        ("it's gone", "lost"),
        ("I can't find it, it might turn up", "mislaid"),
        ("I think it's somewhere at home", "mislaid"),
        ("the chip is broken", "damaged"),
        ("me la robaron", "stolen"),
        ("ich habe sie verloren", "lost"),
        ("carte volée", "stolen"),
        ("fui roubada", "stolen"),
        ("block my card", None),
        ("", None),
    ],
)
def test_reasons(said: str, reason: str | None) -> None:
    assert n.block_reason(said) == reason


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("£1,203.50", "1203.50"),
        ("1.203,50 €", "1203.50"),
        ("1 203,50", "1203.50"),
        ("1'203.50", "1203.50"),
        ("40", "40"),
        ("about 40 quid", "40"),
        ("2k", "2000"),
        ("3.5k", "3500"),
        ("2 grand", "2000"),
        ("1,200", "1200"),
        ("0,99", "0.99"),
        ("FT-48213", None),
        ("none", None),
    ],
)
def test_amounts(said: str, value: str | None) -> None:
    assert n.amount(said) == (Decimal(value) if value else None)


@given(st.integers(0, 10**9 - 1), st.integers(0, 99))
def test_amounts_read_back_in_both_notations(whole: int, hundredths: int) -> None:
    """`1,234,567.89` and `1.234.567,89` are the same sum."""
    english = f"{whole:,}.{hundredths:02}"
    german = english.translate(str.maketrans(",.", ".,"))
    expected = Decimal(whole) + Decimal(hundredths) / 100
    assert n.amount(english) == n.amount(german) == expected


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("FT-48213", "FT-48213"),
        ("it's ft48213", "FT-48213"),
        ("Ft 48213.", "FT-48213"),
        ("FT-482139", None),
        ("48213", None),
    ],
)
def test_references(said: str, found: str | None) -> None:
    assert n.reference(said) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("yesterday", date(2026, 11, 22)),
        ("the day before yesterday", date(2026, 11, 21)),
        ("today", MONDAY),
        ("on friday", date(2026, 11, 20)),
        ("on monday", date(2026, 11, 16)),
        ("21 Nov", date(2026, 11, 21)),
        ("Nov 21st", date(2026, 11, 21)),
        ("24th of December", date(2025, 12, 24)),
        ("2026-11-01", date(2026, 11, 1)),
        ("31 feb", None),
        ("recently", None),
    ],
)
def test_days_lie_in_the_past(said: str, found: date | None) -> None:
    assert n.day(said, today=MONDAY) == found


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("200 euros in pounds", ("EUR", "GBP")),
        ("what's the dollar at", ("USD",)),
        ("R$ 100", ("BRL",)),
        ("mexican pesos", ("MXN",)),
        ("Canadian dollars", ("CAD",)),
        ("yen", ("JPY",)),
        ("bitcoin", ()),
    ],
)
def test_currencies(said: str, codes: tuple[str, ...]) -> None:
    assert n.currencies(said) == codes


@pytest.mark.parametrize(
    ("said", "name", "meant"),
    [
        ("did my payment to oliver arrive", "Oliver Reid", True),
        ("Café Ramos", "Cafeteria Ramos", True),
        ("hernandez", "Rosa Hernández", True),
        ("my rent", "Oliver Reid", False),
        ("", "Oliver Reid", False),
        ("oliver", "", False),
    ],
)
def test_names_are_recognised_without_accents_or_surnames(said: str, name: str, meant: bool) -> None:
    assert n.mentions(said, name) is meant


@given(st.text())
def test_no_text_breaks_a_normaliser(text: str) -> None:
    for normaliser in (
        n.amount,
        n.reference,
        n.currencies,
        n.block_reason,
        n.card_ending,
        n.card_kind,
        n.account_types,
    ):
        normaliser(text)
    n.day(text, today=MONDAY)
    assert n.says_latest(text) in (True, False)
    assert n.mentions(text, text) in (True, False)
