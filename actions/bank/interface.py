"""The core-banking system, as the assistant sees it.

In the shape of the UK Open Banking Account and Transaction API v4 (standards.openbanking.org.uk): accounts, balances,
transactions, beneficiaries, direct debits and standing orders carry its field names in snake_case and its code lists
(ISO 20022 codes such as BOOK, PDNG, CLAV). Cards, branches, payments by customer, fees and rates are not part of that
API; they follow the same style. A connector to a real bank implements `Bank` and is named by CANDOUR_BANK.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, Protocol

from actions.bank.money import Money
from actions.bank.services import CardOrder, Services, StandingOrder

CardStatus = Literal["active", "frozen", "blocked", "expired", "not_activated"]
BlockReason = Literal["lost", "stolen", "damaged", "other"]
DeclineReason = Literal[
    "insufficient_funds", "contactless_limit", "card_frozen", "card_expired", "foreign_use_blocked", "other"
]
FeeKind = Literal["overdraft_interest", "foreign_use", "cash_withdrawal", "monthly_account", "unpaid_item", "other"]


class BankError(Exception):
    """The bank could not answer."""


class BankUnavailable(BankError):
    """The bank's systems cannot be reached; asking again later may help."""


class CustomerUnknown(BankError):
    """The bank has no customer with this id."""


class CardUnknown(BankError):
    """The customer has no card with this id."""


class CardNotChangeable(BankError):
    """The state of this card does not allow the change."""


class ChangeRefused(BankError):
    """The bank does not make this change."""


@dataclass(frozen=True, kw_only=True)
class Customer:
    customer_id: str
    name: str
    locale: str  #: BCP-47
    region: str  #: ISO 3166
    time_zone: str  #: IANA


@dataclass(frozen=True, kw_only=True)
class Account:
    account_id: str
    status: Literal["Enabled", "Disabled", "Deleted", "ProForma", "Pending"]
    currency: str
    account_category: Literal["Personal", "Business"]
    account_type_code: str  #: ISO 20022, such as CACC (current) or SVGS (savings)
    nickname: str  #: the name under which the customer knows it
    identification: str  #: the last four characters only


@dataclass(frozen=True, kw_only=True)
class Balance:
    account_id: str
    amount: Money
    type: Literal["ITAV", "ITBD"]  #: available now · booked
    date_time: datetime


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """A booked, pending or rejected movement. Money going out is negative."""

    transaction_id: str
    account_id: str
    amount: Money
    status: Literal["BOOK", "PDNG", "RJCT"]  #: booked · pending · rejected
    booking_date_time: datetime  #: in the customer's time zone
    transaction_information: str
    merchant_name: str | None = None
    merchant_category_code: str | None = None
    card_id: str | None = None
    status_reason: DeclineReason | None = None  #: of a rejected card payment
    status_reason_detail: str | None = None  #: a country, a date: what the reason speaks of
    status_reason_amount: Money | None = None  #: the limit, or what was available then
    fee_kind: FeeKind | None = None
    refund_of: str | None = None  #: the merchant or matter for which money comes back
    expected_date: date | None = None  #: by when a pending item should be booked


@dataclass(frozen=True, kw_only=True)
class Beneficiary:
    beneficiary_id: str
    account_id: str
    name: str
    reference: str | None
    identification: str  #: the last four characters only


@dataclass(frozen=True, kw_only=True)
class DirectDebit:
    direct_debit_id: str
    account_id: str
    name: str
    direct_debit_status_code: Literal["Active", "Inactive"]
    previous_payment_date: date
    previous_payment_amount: Money
    next_payment_date: date


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A transfer that the customer has sent."""

    payment_id: str
    account_id: str
    reference: str
    creditor_name: str
    amount: Money  #: positive
    status: Literal["RCVD", "PDNG", "ACSC", "RJCT"]  #: received · pending · settled · rejected
    creation_date_time: datetime
    expected_date: date | None
    status_reason: str | None  #: in the bank's words, for rejected payments and checks


@dataclass(frozen=True, kw_only=True)
class CardLimits:
    per_day_purchases: Money
    per_day_cash: Money
    per_contactless_payment: Money


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card of the customer. The number is never known here, only its last four digits."""

    card_id: str
    account_id: str
    name: str  #: such as "Visa Debit"
    kind: Literal["debit", "credit", "prepaid"]
    ending: str
    status: CardStatus
    expiry: date  #: last day of use
    foreign_use: bool
    limits: CardLimits


@dataclass(frozen=True, kw_only=True)
class CardChange:
    """What a freeze, unfreeze or block did. `changed` is false when the card was in that state already."""

    reference: str
    card: Card
    changed: bool
    at: datetime
    replacement: CardOrder | None = None


@dataclass(frozen=True, kw_only=True)
class OpeningTime:
    opens: time
    closes: time


@dataclass(frozen=True, kw_only=True)
class BranchDay:
    """One day of a branch; no opening time means closed, with the holiday's name if that is why."""

    day: date
    opening: OpeningTime | None
    holiday: str | None = None


@dataclass(frozen=True, kw_only=True)
class Branch:
    identification: str
    name: str
    address: str
    region: str
    time_zone: str
    #: from today on, at least eight days
    days: tuple[BranchDay, ...]
    now: datetime  #: at the branch

    @property
    def today(self) -> BranchDay:
        return self.days[0]

    @property
    def open_now(self) -> bool:
        opening = self.today.opening
        return opening is not None and opening.opens <= self.now.time() < opening.closes

    @property
    def next_opening(self) -> BranchDay | None:
        """The next day on which it opens: today as well, if it has not opened yet."""
        for index, branch_day in enumerate(self.days):
            if branch_day.opening and (index > 0 or self.now.time() < branch_day.opening.opens):
                return branch_day
        return None


@dataclass(frozen=True, kw_only=True)
class ExchangeRate:
    base: str
    quote: str
    rate: Decimal  #: how much of `quote` one unit of `base` buys
    day: date


class Bank(Services, Protocol):
    """What the actions ask of a bank. Every method may raise `BankUnavailable`; those of a customer `CustomerUnknown`."""

    async def customer(self, customer_id: str) -> Customer: ...

    async def accounts(self, customer_id: str) -> tuple[Account, ...]: ...

    async def balances(self, customer_id: str) -> tuple[Balance, ...]:
        """Available and booked balance of every account."""

    async def transactions(self, customer_id: str) -> tuple[Transaction, ...]:
        """The last 90 days, newest first, pending and rejected ones included."""

    async def beneficiaries(self, customer_id: str) -> tuple[Beneficiary, ...]: ...

    async def direct_debits(self, customer_id: str) -> tuple[DirectDebit, ...]: ...

    async def standing_orders(self, customer_id: str) -> tuple[StandingOrder, ...]: ...

    async def payments(self, customer_id: str) -> tuple[Payment, ...]:
        """Transfers of the last 90 days, newest first."""

    async def cards(self, customer_id: str) -> tuple[Card, ...]: ...

    async def card_orders(self, customer_id: str) -> tuple[CardOrder, ...]: ...

    async def block_card(self, customer_id: str, card_id: str, *, reason: BlockReason) -> CardChange:
        """Stop a card for good and order its replacement. A second call changes nothing and says so."""

    async def freeze_card(self, customer_id: str, card_id: str) -> CardChange:
        """Stop a card until it is unfrozen. `CardNotChangeable` unless it is active or frozen."""

    async def unfreeze_card(self, customer_id: str, card_id: str) -> CardChange:
        """Let a frozen card be used again. `CardNotChangeable` unless it is active or frozen."""

    async def branches(self, *, region: str) -> tuple[Branch, ...]: ...

    async def exchange_rate(self, *, base: str, quote: str) -> ExchangeRate | None:
        """None for a currency that the bank does not trade."""

    async def now(self, customer_id: str) -> datetime:
        """The time where the customer is."""
