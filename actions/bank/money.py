"""Money: an exact amount in one currency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from babel.numbers import get_currency_precision, list_currencies

_CURRENCIES = frozenset(list_currencies())
#: `Amount` of the Open Banking read/write API: no sign, at most 13 digits and 5 decimals.
_OPEN_BANKING = re.compile(r"\d{1,13}(\.\d{1,5})?")


class MoneyError(ValueError):
    """This is not an amount of money."""


class CurrencyMismatch(MoneyError):
    """Amounts in two currencies cannot be added or compared."""


@dataclass(frozen=True, order=False)
class Money:
    """An amount with exactly as many decimals as the currency has (ISO 4217); negative amounts are money going out."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise MoneyError(f"an amount must be a Decimal, got {type(self.amount).__name__}")
        if self.currency not in _CURRENCIES:
            raise MoneyError(f"{self.currency!r} is not an ISO 4217 code")
        if not self.amount.is_finite():
            raise MoneyError(f"{self.amount} is not an amount")
        places = get_currency_precision(self.currency)
        exact = self.amount.quantize(Decimal(1).scaleb(-places))
        if exact != self.amount:
            raise MoneyError(f"{self.currency} has {places} decimals, got {self.amount}")
        object.__setattr__(self, "amount", exact + 0)  # + 0 turns -0 into 0

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """From text, a whole number or a Decimal; a float is refused, because it has lost the exact amount already."""
        if isinstance(amount, bool) or not isinstance(amount, (str, int, Decimal)):
            raise MoneyError(f"an amount must be text, a whole number or a Decimal, got {type(amount).__name__}")
        try:
            return cls(Decimal(amount), currency)
        except InvalidOperation as error:
            raise MoneyError(f"{amount!r} is not an amount") from error

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in a currency."""
        return cls(Decimal(0), currency)

    @classmethod
    def from_open_banking(cls, amount: str, currency: str, indicator: str) -> Money:
        """From `Amount.Amount`, `Amount.Currency` and `CreditDebitIndicator`: a debit is negative."""
        if not _OPEN_BANKING.fullmatch(amount):
            raise MoneyError(f"{amount!r} is not an Open Banking amount")
        if indicator not in ("Credit", "Debit"):
            raise MoneyError(f"CreditDebitIndicator must be Credit or Debit, got {indicator!r}")
        value = cls.of(amount, currency)
        return -value if indicator == "Debit" else value

    @property
    def open_banking_amount(self) -> str:
        """The unsigned text of `Amount.Amount`; the sign is told by `credit_debit_indicator`."""
        text = format(abs(self.amount), "f")
        if not _OPEN_BANKING.fullmatch(text):
            raise MoneyError(f"{text} is too large for Open Banking")
        return text

    @property
    def credit_debit_indicator(self) -> str:
        """`Credit` or `Debit`; nothing counts as a credit."""
        return "Debit" if self.amount < 0 else "Credit"

    def exchanged(self, rate: Decimal, currency: str) -> Money:
        """This amount in another currency, rounded half to even to its smallest unit."""
        places = get_currency_precision(currency)
        return Money((self.amount * rate).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN), currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"
