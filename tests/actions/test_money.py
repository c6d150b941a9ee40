"""Money is exact, knows its currency's decimals, and never comes from a float."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.bank.money import CurrencyMismatch, Money, MoneyError

cents = st.integers(-(10**12), 10**12).map(lambda n: Money(Decimal(n).scaleb(-2), "GBP"))


@pytest.mark.parametrize("wrong", [1.5, float("nan"), True, None, b"1"])
def test_only_text_whole_numbers_and_decimals_become_money(wrong: object) -> None:
    with pytest.raises(MoneyError, match="amount must be"):
        Money.of(wrong, "GBP")  # type: ignore[arg-type] # the point of the test


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("1.005", "GBP"), ("0.5", "JPY"), ("1.0005", "BHD"), ("NaN", "GBP"), ("Infinity", "GBP"), ("ten", "GBP"),
     ("1", "XQQ"), ("1", "gbp")],
)  # fmt: skip
def test_what_the_currency_cannot_express_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(MoneyError):
        Money.of(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "text"), [("5", "GBP", "5.00 GBP"), ("5", "JPY", "5 JPY"), ("-0.00", "EUR", "0.00 EUR")]
)
def test_amounts_carry_the_decimals_of_the_currency(amount: str, currency: str, text: str) -> None:
    assert str(Money.of(amount, currency)) == text


@given(cents)
def test_open_banking_form_comes_back_unchanged(value: Money) -> None:
    """Amount, currency and indicator hold everything; the amount itself has no sign."""
    assert not value.open_banking_amount.startswith("-")
    assert Money.from_open_banking(value.open_banking_amount, value.currency, value.credit_debit_indicator) == value


@pytest.mark.parametrize(
    ("amount", "indicator"), [("-1.00", "Debit"), ("1e3", "Debit"), ("1.123456", "Debit"), ("1.00", "DBIT")]
)
def test_false_open_banking_forms_are_refused(amount: str, indicator: str) -> None:
    with pytest.raises(MoneyError):
        Money.from_open_banking(amount, "GBP", indicator)


def test_an_amount_too_large_for_open_banking_is_refused() -> None:
    with pytest.raises(MoneyError, match="too large"):
        _ = Money.of(10**14, "GBP").open_banking_amount


@given(cents, cents, cents)
def test_sums_are_exact(a: Money, b: Money, c: Money) -> None:
    assert (a + b) + c == a + (b + c)
    assert a + b - b == a
    negative = -a
    assert -negative == a
    assert abs(a) >= Money.zero("GBP")
    assert (a < b) == (a.amount < b.amount)
    assert bool(a) is (a != Money.zero("GBP"))


@pytest.mark.parametrize("do", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a <= b])
def test_two_currencies_do_not_mix(do: object) -> None:
    with pytest.raises(CurrencyMismatch):
        do(Money.of(1, "GBP"), Money.of(1, "EUR"))  # type: ignore[operator] # a lambda of the list above


def test_exchange_rounds_half_to_even_to_the_smallest_unit() -> None:
    assert Money.of("10.00", "EUR").exchanged(Decimal("163.125"), "JPY") == Money.of(1631, "JPY")
    assert Money.of("0.01", "GBP").exchanged(Decimal("0.5"), "EUR") == Money.zero("EUR")
    assert Money.of("0.03", "GBP").exchanged(Decimal("0.5"), "EUR") == Money.of("0.02", "EUR")
