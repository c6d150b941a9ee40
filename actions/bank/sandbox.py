"""The embedded sandbox bank: made-up customers from sandbox.yml, and changes that last.

What never changes (accounts, transactions, …) is read from the seed and placed relative to today. What a customer changes (the
state of a card here, everything else in sandbox_services.py) is written to SQLite under CANDOUR_DATA_DIR, in one transaction with
the record of the change. Several processes and threads may use the same file.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, cast
from zoneinfo import ZoneInfo

from actions.bank import calendar
from actions.bank.interface import (
    Account,
    Balance,
    Beneficiary,
    BlockReason,
    Branch,
    BranchDay,
    Card,
    CardChange,
    CardLimits,
    CardNotChangeable,
    CardStatus,
    CardUnknown,
    Customer,
    ExchangeRate,
    OpeningTime,
    Payment,
    Transaction,
)
from actions.bank.money import Money
from actions.bank.sandbox_services import SCHEMA as SERVICES_SCHEMA
from actions.bank.sandbox_services import SandboxServices
from actions.bank.sandbox_store import SEED_FILE, Clock, Seed, utc_now
from actions.bank.services import CardOrder

_REPLACEMENT_DAYS: Final = (3, 5)  #: working days until a replacement card arrives
_BRANCH_DAYS: Final = 15

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS card_state (
    card_id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'frozen', 'blocked')),
    at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS card_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id TEXT NOT NULL,
    card_id TEXT NOT NULL,
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    reason TEXT,
    at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS card_change_of ON card_change (customer_id, to_status);
"""


def database_path() -> Path:
    """`sandbox.sqlite3` under CANDOUR_DATA_DIR, by default ./var."""
    return Path(os.environ.get("CANDOUR_DATA_DIR") or "var") / "sandbox.sqlite3"


class SandboxBank(SandboxServices):
    """`Bank` over the seed and the changes in SQLite."""

    def __init__(self, database: Path, *, clock: Clock = utc_now, seed: Path = SEED_FILE) -> None:
        super().__init__(database, clock=clock, seed=seed)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_SCHEMA + SERVICES_SCHEMA)

    # -- what is read ------------------------------------------------------------------------------------------------

    async def customer(self, customer_id: str) -> Customer:
        seed = self._seed(customer_id)
        return Customer(
            customer_id=seed["id"],
            name=seed["name"],
            locale=seed["locale"],
            region=seed["region"],
            time_zone=seed["time_zone"],
        )

    async def now(self, customer_id: str) -> datetime:
        return self._clock().astimezone(ZoneInfo(self._seed(customer_id)["time_zone"]))

    async def accounts(self, customer_id: str) -> tuple[Account, ...]:
        seed = self._seed(customer_id)
        return tuple(
            Account(
                account_id=entry["id"],
                status="Enabled",
                currency=seed["currency"],
                account_category="Personal",
                account_type_code=entry["type"],
                nickname=entry["nickname"],
                identification=entry["ending"],
            )
            for entry in seed["accounts"]
        )

    async def balances(self, customer_id: str) -> tuple[Balance, ...]:
        seed = self._seed(customer_id)
        now = await self.now(customer_id)
        waiting = [entry for entry in await self.transactions(customer_id) if entry.status == "PDNG"]
        found: list[Balance] = []
        for entry in seed["accounts"]:
            booked = Money.of(entry["balance"], seed["currency"])
            available = booked
            for transaction in waiting:
                # Money that is still to come in cannot be spent yet; money on its way out can no longer be spent.
                if transaction.account_id == entry["id"] and transaction.amount.amount < 0:
                    available += transaction.amount
            found.append(Balance(account_id=entry["id"], amount=available, type="ITAV", date_time=now))
            found.append(Balance(account_id=entry["id"], amount=booked, type="ITBD", date_time=now))
        return tuple(found)

    async def transactions(self, customer_id: str) -> tuple[Transaction, ...]:
        seed = self._seed(customer_id)
        currency = seed["currency"]
        accounts_of_cards = {card["id"]: card["account"] for card in seed["cards"]}
        found = [
            Transaction(
                transaction_id=f"{customer_id}-{index:03}",
                account_id=accounts_of_cards.get(entry.get("card"), seed["accounts"][0]["id"]),
                amount=Money.of(entry["amount"], currency),
                status=entry.get("status", "BOOK"),
                booking_date_time=self._at(seed, entry["ago"], entry["at"]),
                transaction_information=entry["what"],
                merchant_name=entry["what"] if "mcc" in entry else None,
                merchant_category_code=entry.get("mcc"),
                card_id=entry.get("card"),
                status_reason=entry.get("reason"),
                status_reason_detail=entry.get("detail"),
                status_reason_amount=Money.of(entry["reason_amount"], currency) if "reason_amount" in entry else None,
                fee_kind=entry.get("fee"),
                refund_of=entry.get("refund_of"),
                expected_date=self._day(seed, entry["expected_in"]) if "expected_in" in entry else None,
            )
            for index, entry in enumerate(seed["transactions"])
        ]
        return tuple(sorted(found, key=lambda entry: entry.booking_date_time, reverse=True))

    async def beneficiaries(self, customer_id: str) -> tuple[Beneficiary, ...]:
        seed = self._seed(customer_id)
        return tuple(
            Beneficiary(
                beneficiary_id=f"{customer_id}-to-{index}",
                account_id=seed["accounts"][0]["id"],
                name=entry["name"],
                reference=entry["reference"] or None,
                identification=entry["ending"],
            )
            for index, entry in enumerate(seed["beneficiaries"])
        )

    async def payments(self, customer_id: str) -> tuple[Payment, ...]:
        seed = self._seed(customer_id)
        found = [
            Payment(
                payment_id=f"{customer_id}-{entry['reference']}",
                account_id=seed["accounts"][0]["id"],
                reference=entry["reference"],
                creditor_name=entry["to"],
                amount=Money.of(entry["amount"], seed["currency"]),
                status=entry["status"],
                creation_date_time=self._at(seed, entry["ago"], entry["at"]),
                expected_date=self._day(seed, entry["expected_in"]) if "expected_in" in entry else None,
                status_reason=entry.get("reason"),
            )
            for entry in seed["payments"]
        ]
        return tuple(sorted(found, key=lambda entry: entry.creation_date_time, reverse=True))

    async def cards(self, customer_id: str) -> tuple[Card, ...]:
        self._seed(customer_id)
        return await asyncio.to_thread(self._in_database, lambda connection: self._cards(connection, customer_id))

    async def card_orders(self, customer_id: str) -> tuple[CardOrder, ...]:
        self._seed(customer_id)
        return await asyncio.to_thread(self._in_database, lambda connection: self._orders(connection, customer_id))

    async def branches(self, *, region: str) -> tuple[Branch, ...]:
        return tuple(self._branch(entry) for entry in self._branches if entry["region"] == region.upper())

    async def exchange_rate(self, *, base: str, quote: str) -> ExchangeRate | None:
        if base not in self._rates or quote not in self._rates:
            return None
        rate = Decimal(self._rates[quote]) / Decimal(self._rates[base])
        return ExchangeRate(base=base, quote=quote, rate=rate, day=self._clock().date())

    # -- what is changed ---------------------------------------------------------------------------------------------

    async def block_card(self, customer_id: str, card_id: str, *, reason: BlockReason) -> CardChange:
        return await self._change(customer_id, card_id, "blocked", reason=reason)

    async def freeze_card(self, customer_id: str, card_id: str) -> CardChange:
        return await self._change(customer_id, card_id, "frozen", reason=None)

    async def unfreeze_card(self, customer_id: str, card_id: str) -> CardChange:
        return await self._change(customer_id, card_id, "active", reason=None)

    async def _change(self, customer_id: str, card_id: str, to: CardStatus, *, reason: str | None) -> CardChange:
        self._seed(customer_id)
        return await asyncio.to_thread(
            self._in_database,
            lambda connection: self._change_in(connection, customer_id, card_id, to, reason),
            begin="BEGIN IMMEDIATE",  # the write lock from the start, so that no two changes interleave
        )

    def _change_in(
        self, connection: sqlite3.Connection, customer_id: str, card_id: str, to: CardStatus, reason: str | None
    ) -> CardChange:
        card = next((card for card in self._cards(connection, customer_id) if card.card_id == card_id), None)
        if card is None:
            raise CardUnknown(card_id)
        if to in ("frozen", "active") and card.status not in ("active", "frozen"):
            raise CardNotChangeable(f"{card_id} is {card.status}")
        at = self._clock()
        changed = card.status != to
        if changed:
            connection.execute(
                "INSERT INTO card_state (card_id, customer_id, status, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (card_id) DO UPDATE SET status = excluded.status, at = excluded.at",
                (card_id, customer_id, to, at.isoformat()),
            )
            cursor = connection.execute(
                "INSERT INTO card_change (customer_id, card_id, from_status, to_status, reason, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (customer_id, card_id, card.status, to, reason, at.isoformat()),
            )
            number = cursor.lastrowid
        else:
            row = connection.execute(
                "SELECT id, at FROM card_change WHERE card_id = ? AND to_status = ? ORDER BY id DESC LIMIT 1",
                (card_id, to),
            ).fetchone()
            number = row[0] if row else 0  # 0: it was in that state in the seed
            at = datetime.fromisoformat(row[1]) if row else at
        replacement = self._replacement(customer_id, card, at) if to == "blocked" else None
        return CardChange(
            reference=f"CC-{number:06}", card=replace(card, status=to), changed=changed, at=at, replacement=replacement
        )

    # -- inside ------------------------------------------------------------------------------------------------------

    def _cards(self, connection: sqlite3.Connection, customer_id: str) -> tuple[Card, ...]:
        seed = self._seed(customer_id)
        rows = connection.execute("SELECT card_id, status FROM card_state WHERE customer_id = ?", (customer_id,))
        changed: dict[str, str] = dict(rows.fetchall())
        limits = self.changed_limits(connection, customer_id)
        return tuple(
            Card(
                card_id=entry["id"],
                account_id=entry["account"],
                name=entry["name"],
                kind=entry["kind"],
                ending=entry["ending"],
                status=cast(CardStatus, changed.get(entry["id"], entry["status"])),
                expiry=calendar.last_day_of_month(self._today(seed), months_later=entry["expires_in_months"]),
                foreign_use=entry["foreign_use"],
                limits=CardLimits(
                    per_day_purchases=limits.get(
                        (entry["id"], "purchases"), Money.of(entry["limits"]["purchases"], seed["currency"])
                    ),
                    per_day_cash=limits.get((entry["id"], "cash"), Money.of(entry["limits"]["cash"], seed["currency"])),
                    per_contactless_payment=Money.of(entry["limits"]["contactless"], seed["currency"]),
                ),
            )
            for entry in seed["cards"]
        )

    def _orders(self, connection: sqlite3.Connection, customer_id: str) -> tuple[CardOrder, ...]:
        seed = self._seed(customer_id)
        orders = [
            CardOrder(
                card_name=entry["card"],
                kind=entry["kind"],
                ordered_date=self._day(seed, -entry["ago"]),
                sent_date=self._day(seed, -entry["sent_ago"]) if "sent_ago" in entry else None,
                expected_from=self._day(seed, entry["in"][0]),
                expected_by=self._day(seed, entry["in"][1]),
            )
            for entry in seed.get("card_orders", ())
        ]
        cards = {card.card_id: card for card in self._cards(connection, customer_id)}
        rows = connection.execute(
            "SELECT card_id, at FROM card_change WHERE customer_id = ? AND to_status = 'blocked' ORDER BY id",
            (customer_id,),
        )
        for card_id, at in rows.fetchall():
            if card_id in cards:
                orders.append(self._replacement(customer_id, cards[card_id], datetime.fromisoformat(at)))
        for card_id, at_ordered in self.ordered_cards(connection, customer_id):
            orders.append(self._replacement(customer_id, cards[card_id], at_ordered))
        return tuple(sorted(orders, key=lambda order: order.ordered_date, reverse=True))

    def _replacement(self, customer_id: str, card: Card, at: datetime) -> CardOrder:
        seed = self._seed(customer_id)
        ordered = at.astimezone(ZoneInfo(seed["time_zone"])).date()
        rules = self._holidays.get(seed["region"], {})
        first, last = (calendar.add_business_days(ordered, days, rules) for days in _REPLACEMENT_DAYS)
        return CardOrder(
            card_name=card.name,
            kind=card.kind,
            ordered_date=ordered,
            sent_date=None,
            expected_from=first,
            expected_by=last,
        )

    def _branch(self, entry: Seed) -> Branch:
        now = self._clock().astimezone(ZoneInfo(entry["time_zone"]))
        rules = self._holidays.get(entry["region"], {})
        days: list[BranchDay] = []
        for offset in range(_BRANCH_DAYS):
            day = now.date() + timedelta(days=offset)
            holiday = calendar.holiday_name(day, rules)
            hours = None if holiday else calendar.opening(day, entry["hours"])
            opening = OpeningTime(opens=hours[0], closes=hours[1]) if hours else None
            days.append(BranchDay(day=day, opening=opening, holiday=holiday))
        return Branch(
            identification=entry["id"],
            name=entry["name"],
            address=entry["address"],
            region=entry["region"],
            time_zone=entry["time_zone"],
            days=tuple(days),
            now=now,
        )
