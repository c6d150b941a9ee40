"""What a bank does for a customer on request: standing orders, direct debits, cards by post, statements, details, cases,
appointments, limits. `Bank` (interface.py) is made of these and of what it only reads.

A change is asked for once and answered with a `Receipt`, whose reference is the proof the customer keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal, Protocol

from actions.bank.money import Money

#: What a line of account details is: a label of the wording, never shown as it stands here.
NumberKind = Literal["sort_code", "account_number", "iban", "bic", "routing_number", "clabe", "branch_code"]
ContactKind = Literal["address", "phone", "email"]
LimitKind = Literal["purchases", "cash"]
StatementWay = Literal["app", "post"]
ReplacementReason = Literal["damaged", "worn", "expired", "new_name", "other"]
ChargeProblem = Literal["twice", "too_much", "cancelled", "not_delivered", "other"]


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The proof of a change."""

    reference: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Case:
    """A matter that the bank looks into, and the day by which it answers."""

    reference: str
    at: datetime
    answer_by: date


@dataclass(frozen=True, kw_only=True)
class AccountNumber:
    """One number by which others pay into an account."""

    kind: NumberKind
    value: str


@dataclass(frozen=True, kw_only=True)
class AccountDetails:
    account_id: str
    holder: str
    numbers: tuple[AccountNumber, ...]


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Where the bank writes and calls."""

    address: str
    phone: str
    email: str


@dataclass(frozen=True, kw_only=True)
class TransferLimits:
    per_payment: Money
    per_day: Money
    left_today: Money


@dataclass(frozen=True, kw_only=True)
class StandingOrder:
    standing_order_id: str
    account_id: str
    creditor_name: str
    standing_order_status_code: Literal["Active", "Inactive"]
    next_payment_date: date
    next_payment_amount: Money
    day_of_month: int  #: 1 to 31; in a shorter month it is paid on the last day


@dataclass(frozen=True, kw_only=True)
class StandingOrderChange:
    reference: str
    at: datetime
    order: StandingOrder  #: as it is now


@dataclass(frozen=True, kw_only=True)
class CardOrder:
    """A card on its way to the customer."""

    card_name: str
    kind: str
    ordered_date: date
    expected_from: date
    expected_by: date
    sent_date: date | None


@dataclass(frozen=True, kw_only=True)
class CardOrdered:
    reference: str
    at: datetime
    order: CardOrder


@dataclass(frozen=True, kw_only=True)
class StatementOrder:
    reference: str
    at: datetime
    ready: date  #: in the app, or by post at the latest


@dataclass(frozen=True, kw_only=True)
class Appointment:
    reference: str
    topic: str
    branch_id: str | None  #: None for a call
    start: datetime  #: where the customer is


class Services(Protocol):
    """Every method may raise `BankUnavailable` and `CustomerUnknown`; those that change something `ChangeRefused`."""

    async def account_details(self, customer_id: str, account_id: str) -> AccountDetails: ...

    async def contact(self, customer_id: str) -> Contact: ...

    async def change_contact(self, customer_id: str, kind: ContactKind, value: str) -> Receipt: ...

    async def transfer_limits(self, customer_id: str) -> TransferLimits: ...

    async def set_up_standing_order(
        self, customer_id: str, *, creditor_name: str, amount: Money, day_of_month: int
    ) -> StandingOrderChange:
        """Monthly, to somebody whom the customer has paid before."""

    async def change_standing_order(
        self, customer_id: str, standing_order_id: str, *, amount: Money | None, day_of_month: int | None
    ) -> StandingOrderChange:
        """What is None stays."""

    async def cancel_standing_order(self, customer_id: str, standing_order_id: str) -> StandingOrderChange: ...

    async def cancel_direct_debit(self, customer_id: str, direct_debit_id: str) -> Receipt: ...

    async def order_card(self, customer_id: str, card_id: str, *, reason: ReplacementReason) -> CardOrdered:
        """A new card in place of one that the customer has; the old one works until then."""

    async def order_statement(
        self, customer_id: str, account_id: str, *, first: date, last: date, way: StatementWay
    ) -> StatementOrder: ...

    async def open_dispute(
        self, customer_id: str, transaction_id: str, *, problem: ChargeProblem, wanted: Money
    ) -> Case: ...

    async def claim_cash(self, customer_id: str, *, place: str, day: date, asked: Money, received: Money) -> Case: ...

    async def appointment_times(self, customer_id: str, *, branch_id: str | None, day: date) -> tuple[time, ...]:
        """Free times of a day at a branch, or for a call (None)."""

    async def book_appointment(
        self, customer_id: str, *, topic: str, branch_id: str | None, start: datetime
    ) -> Appointment: ...

    async def card_limit_maximum(self, customer_id: str, card_id: str, kind: LimitKind) -> Money: ...

    async def change_card_limit(self, customer_id: str, card_id: str, kind: LimitKind, amount: Money) -> Receipt: ...
