"""What the sandbox bank does on request; each change is one line of a log, from which the present state is read.

A line is `(id, customer, kind, subject, detail as JSON, at)`; its id is the number in the reference that the customer gets.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from actions.bank import calendar
from actions.bank.interface import Bank, CardUnknown, ChangeRefused, DirectDebit
from actions.bank.money import Money
from actions.bank.sandbox_store import SandboxStore, Seed
from actions.bank.services import (
    AccountDetails,
    AccountNumber,
    Appointment,
    CardOrdered,
    Case,
    ChargeProblem,
    Contact,
    ContactKind,
    LimitKind,
    Receipt,
    ReplacementReason,
    StandingOrder,
    StandingOrderChange,
    StatementOrder,
    StatementWay,
    TransferLimits,
)

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS service_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS service_change_of ON service_change (customer_id, kind);
"""
_DISPUTE_DAYS: Final = 15  #: working days until the bank answers
_CLAIM_DAYS: Final = 10
_POST_DAYS: Final = 5
_CALLS: Final = dict.fromkeys(calendar.WEEKDAYS[:5], "09:00-17:00")
_HALF_HOUR: Final = timedelta(minutes=30)
_LIMIT_FACTOR: Final = 2  #: a limit may be raised to so many times what it was at first


@dataclass(frozen=True, kw_only=True)
class _Line:
    id: int
    subject: str
    detail: Mapping[str, Any]
    at: datetime


class SandboxServices(SandboxStore):
    """`Services` over the seed and the log."""

    # -- numbers, contact, limits --------------------------------------------------------------------------------------

    async def account_details(self, customer_id: str, account_id: str) -> AccountDetails:
        seed = self._seed(customer_id)
        entry = next(entry for entry in seed["accounts"] if entry["id"] == account_id)
        numbers = tuple(AccountNumber(kind=kind, value=value) for kind, value in entry.get("numbers", {}).items())
        return AccountDetails(account_id=account_id, holder=seed["name"], numbers=numbers)

    async def contact(self, customer_id: str) -> Contact:
        seed = self._seed(customer_id)
        values = dict(seed["contact"])
        values.update({line.subject: line.detail["value"] for line in await self._lines(customer_id, "contact")})
        return Contact(address=values["address"], phone=values["phone"], email=values["email"])

    async def change_contact(self, customer_id: str, kind: ContactKind, value: str) -> Receipt:
        return await self._receipt(customer_id, "contact", kind, {"value": value}, prefix="PD")

    async def transfer_limits(self, customer_id: str) -> TransferLimits:
        seed = self._seed(customer_id)
        per_payment, per_day = (
            Money.of(seed["transfer_limits"][key], seed["currency"]) for key in ("per_payment", "per_day")
        )
        today = self._today(seed)
        sent = Money.zero(seed["currency"])
        for payment in await cast(Bank, self).payments(customer_id):
            if payment.creation_date_time.date() == today and payment.status != "RJCT":
                sent += payment.amount
        left = per_day - sent
        return TransferLimits(
            per_payment=per_payment, per_day=per_day, left_today=left if left.amount > 0 else Money.zero(left.currency)
        )

    async def card_limit_maximum(self, customer_id: str, card_id: str, kind: LimitKind) -> Money:
        seed = self._seed(customer_id)
        entry = next((entry for entry in seed["cards"] if entry["id"] == card_id), None)
        if entry is None:
            raise CardUnknown(card_id)
        first = Money.of(entry["limits"][kind], seed["currency"])
        return Money(first.amount * _LIMIT_FACTOR, first.currency)

    async def change_card_limit(self, customer_id: str, card_id: str, kind: LimitKind, amount: Money) -> Receipt:
        most = await self.card_limit_maximum(customer_id, card_id, kind)
        if amount.amount < 0 or most < amount:
            raise ChangeRefused(f"{amount} is not between 0 and {most}")
        return await self._receipt(
            customer_id, "card_limit", card_id, {"of": kind, "amount": str(amount.amount)}, prefix="CL"
        )

    def changed_limits(self, connection: sqlite3.Connection, customer_id: str) -> dict[tuple[str, str], Money]:
        """The limits that the customer has changed, by card and kind."""
        currency = self._seed(customer_id)["currency"]
        return {
            (line.subject, line.detail["of"]): Money.of(line.detail["amount"], currency)
            for line in _read_lines(connection, customer_id, "card_limit")
        }

    # -- regular payments ------------------------------------------------------------------------------------------------

    async def direct_debits(self, customer_id: str) -> tuple[DirectDebit, ...]:
        seed = self._seed(customer_id)
        cancelled = {line.subject for line in await self._lines(customer_id, "direct_debit")}
        debits = (
            DirectDebit(
                direct_debit_id=f"{customer_id}-dd-{index}",
                account_id=seed["accounts"][0]["id"],
                name=entry["name"],
                direct_debit_status_code="Active",
                previous_payment_date=self._day(seed, -entry["ago"]),
                previous_payment_amount=Money.of(entry["amount"], seed["currency"]),
                next_payment_date=self._day(seed, entry["in"]),
            )
            for index, entry in enumerate(seed["direct_debits"])
        )
        return tuple(debit for debit in debits if debit.direct_debit_id not in cancelled)

    async def cancel_direct_debit(self, customer_id: str, direct_debit_id: str) -> Receipt:
        if direct_debit_id not in {debit.direct_debit_id for debit in await self.direct_debits(customer_id)}:
            raise ChangeRefused(f"there is no direct debit {direct_debit_id}")
        return await self._receipt(customer_id, "direct_debit", direct_debit_id, {}, prefix="DD")

    async def standing_orders(self, customer_id: str) -> tuple[StandingOrder, ...]:
        seed = self._seed(customer_id)
        orders: dict[str, dict[str, Any]] = {}
        for index, entry in enumerate(seed["standing_orders"]):
            day = self._day(seed, entry["in"]).day
            orders[f"{customer_id}-so-{index}"] = {"to": entry["to"], "amount": entry["amount"], "day": day}
        for line in await self._lines(customer_id, "standing_order"):
            if line.detail.get("cancelled"):
                orders.pop(line.subject, None)
            else:
                orders.setdefault(line.subject, {}).update(line.detail)
        return tuple(self._standing_order(seed, subject, values) for subject, values in orders.items())

    def _standing_order(self, seed: Seed, subject: str, values: Mapping[str, Any]) -> StandingOrder:
        return StandingOrder(
            standing_order_id=subject,
            account_id=seed["accounts"][0]["id"],
            creditor_name=values["to"],
            standing_order_status_code="Active",
            next_payment_date=calendar.next_day_of_month(self._today(seed), values["day"]),
            next_payment_amount=Money.of(values["amount"], seed["currency"]),
            day_of_month=values["day"],
        )

    async def set_up_standing_order(
        self, customer_id: str, *, creditor_name: str, amount: Money, day_of_month: int
    ) -> StandingOrderChange:
        known = {beneficiary.name for beneficiary in await cast(Bank, self).beneficiaries(customer_id)}
        if creditor_name not in known:
            raise ChangeRefused(f"{creditor_name} has not been paid before")
        subject = f"{customer_id}-so-{int(self._clock().timestamp() * 1000)}"
        detail = {"to": creditor_name, "amount": str(amount.amount), "day": day_of_month}
        return await self._standing_order_change(customer_id, subject, detail)

    async def change_standing_order(
        self, customer_id: str, standing_order_id: str, *, amount: Money | None, day_of_month: int | None
    ) -> StandingOrderChange:
        await self._order(customer_id, standing_order_id)
        detail: dict[str, Any] = {}
        if amount is not None:
            detail["amount"] = str(amount.amount)
        if day_of_month is not None:
            detail["day"] = day_of_month
        return await self._standing_order_change(customer_id, standing_order_id, detail)

    async def cancel_standing_order(self, customer_id: str, standing_order_id: str) -> StandingOrderChange:
        order = await self._order(customer_id, standing_order_id)
        receipt = await self._receipt(
            customer_id, "standing_order", standing_order_id, {"cancelled": True}, prefix="SO"
        )
        return StandingOrderChange(reference=receipt.reference, at=receipt.at, order=order)

    async def _order(self, customer_id: str, standing_order_id: str) -> StandingOrder:
        for order in await self.standing_orders(customer_id):
            if order.standing_order_id == standing_order_id:
                return order
        raise ChangeRefused(f"there is no standing order {standing_order_id}")

    async def _standing_order_change(
        self, customer_id: str, subject: str, detail: Mapping[str, Any]
    ) -> StandingOrderChange:
        receipt = await self._receipt(customer_id, "standing_order", subject, detail, prefix="SO")
        order = await self._order(customer_id, subject)
        return StandingOrderChange(reference=receipt.reference, at=receipt.at, order=order)

    # -- orders ----------------------------------------------------------------------------------------------------------

    async def order_card(self, customer_id: str, card_id: str, *, reason: ReplacementReason) -> CardOrdered:
        bank = cast(Bank, self)
        card = next((card for card in await bank.cards(customer_id) if card.card_id == card_id), None)
        if card is None:
            raise CardUnknown(card_id)
        if card.status == "blocked":
            raise ChangeRefused(f"{card_id} was replaced when it was blocked")
        receipt = await self._receipt(customer_id, "card_order", card_id, {"reason": reason}, prefix="CR")
        newest = max(await bank.card_orders(customer_id), key=lambda order: order.ordered_date)
        return CardOrdered(reference=receipt.reference, at=receipt.at, order=newest)

    def ordered_cards(self, connection: sqlite3.Connection, customer_id: str) -> list[tuple[str, datetime]]:
        """Which cards were ordered anew, and when."""
        return [(line.subject, line.at) for line in _read_lines(connection, customer_id, "card_order")]

    async def order_statement(
        self, customer_id: str, account_id: str, *, first: date, last: date, way: StatementWay
    ) -> StatementOrder:
        seed = self._seed(customer_id)
        if last < first or first > self._today(seed):
            raise ChangeRefused(f"there is no statement from {first} to {last}")
        detail = {"first": first.isoformat(), "last": last.isoformat(), "way": way}
        receipt = await self._receipt(customer_id, "statement", account_id, detail, prefix="ST")
        ready = self._today(seed) if way == "app" else self._working_days(seed, _POST_DAYS)
        return StatementOrder(reference=receipt.reference, at=receipt.at, ready=ready)

    # -- cases -----------------------------------------------------------------------------------------------------------

    async def open_dispute(
        self, customer_id: str, transaction_id: str, *, problem: ChargeProblem, wanted: Money
    ) -> Case:
        transactions = await cast(Bank, self).transactions(customer_id)
        charge = next((entry for entry in transactions if entry.transaction_id == transaction_id), None)
        if charge is None or not 0 < wanted.amount <= abs(charge.amount.amount):
            raise ChangeRefused(f"{wanted} cannot be asked back for {transaction_id}")
        detail = {"problem": problem, "wanted": str(wanted.amount)}
        receipt = await self._receipt(customer_id, "dispute", transaction_id, detail, prefix="DC")
        return self._case(customer_id, receipt, _DISPUTE_DAYS)

    async def claim_cash(self, customer_id: str, *, place: str, day: date, asked: Money, received: Money) -> Case:
        if not 0 <= received.amount < asked.amount:
            raise ChangeRefused(f"{received} of {asked} leaves nothing to claim")
        detail = {"day": day.isoformat(), "asked": str(asked.amount), "received": str(received.amount)}
        receipt = await self._receipt(customer_id, "cash_claim", place, detail, prefix="CM")
        return self._case(customer_id, receipt, _CLAIM_DAYS)

    def _case(self, customer_id: str, receipt: Receipt, days: int) -> Case:
        answer_by = self._working_days(self._seed(customer_id), days)
        return Case(reference=receipt.reference, at=receipt.at, answer_by=answer_by)

    # -- appointments ----------------------------------------------------------------------------------------------------

    async def appointment_times(self, customer_id: str, *, branch_id: str | None, day: date) -> tuple[time, ...]:
        seed = self._seed(customer_id)
        branch = next((entry for entry in self._branches if entry["id"] == branch_id), None)
        region = branch["region"] if branch else seed["region"]
        hours = branch["hours"] if branch else _CALLS
        span = None
        if calendar.holiday_name(day, self._holidays.get(region, {})) is None:
            span = calendar.opening(day, hours)
        if span is None:
            return ()
        now = self._clock().astimezone(ZoneInfo(branch["time_zone"] if branch else seed["time_zone"]))
        taken = {line.detail["start"] for line in await self._lines(None, "appointment", subject=branch_id or "phone")}
        start, closes = datetime.combine(day, span[0]), datetime.combine(day, span[1])
        free: list[time] = []
        while start + _HALF_HOUR <= closes:
            if start > now.replace(tzinfo=None) and (branch is None or start.isoformat() not in taken):
                free.append(start.time())
            start += _HALF_HOUR
        return tuple(free)

    async def book_appointment(
        self, customer_id: str, *, topic: str, branch_id: str | None, start: datetime
    ) -> Appointment:
        free = await self.appointment_times(customer_id, branch_id=branch_id, day=start.date())
        if start.time() not in free:
            raise ChangeRefused(f"{start} is not free")
        detail = {"topic": topic, "start": start.replace(tzinfo=None).isoformat()}
        receipt = await self._receipt(customer_id, "appointment", branch_id or "phone", detail, prefix="AP")
        return Appointment(reference=receipt.reference, topic=topic, branch_id=branch_id, start=start)

    # -- inside ----------------------------------------------------------------------------------------------------------

    def _working_days(self, seed: Seed, count: int) -> date:
        return calendar.add_business_days(self._today(seed), count, self._holidays.get(seed["region"], {}))

    async def _receipt(
        self, customer_id: str, kind: str, subject: str, detail: Mapping[str, Any], *, prefix: str
    ) -> Receipt:
        self._seed(customer_id)
        at = self._clock()

        def write(connection: sqlite3.Connection) -> int:
            cursor = connection.execute(
                "INSERT INTO service_change (customer_id, kind, subject, detail, at) VALUES (?, ?, ?, ?, ?)",
                (customer_id, kind, subject, json.dumps(detail), at.isoformat()),
            )
            return int(cursor.lastrowid or 0)

        number = await asyncio.to_thread(self._in_database, write, begin="BEGIN IMMEDIATE")
        return Receipt(reference=f"{prefix}-{number:06}", at=at)

    async def _lines(self, customer_id: str | None, kind: str, *, subject: str | None = None) -> list[_Line]:
        """The lines of a kind: of one customer, or of everybody (None) about one subject."""
        if customer_id is not None:
            self._seed(customer_id)
        return await asyncio.to_thread(
            self._in_database, lambda connection: _read_lines(connection, customer_id, kind, subject=subject)
        )


def _read_lines(
    connection: sqlite3.Connection, customer_id: str | None, kind: str, *, subject: str | None = None
) -> list[_Line]:
    rows = connection.execute(
        "SELECT id, subject, detail, at FROM service_change WHERE kind = ?1 AND (?2 IS NULL OR customer_id = ?2)"
        " AND (?3 IS NULL OR subject = ?3) ORDER BY id",
        (kind, customer_id, subject),
    )
    return [
        _Line(id=row[0], subject=row[1], detail=json.loads(row[2]), at=datetime.fromisoformat(row[3])) for row in rows
    ]
