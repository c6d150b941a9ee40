"""The sandbox bank: believable customers, days that stay true, and card changes that are real."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

import actions.bank as bank_package
from actions.bank import SettingInvalid, calendar, get_bank
from actions.bank.interface import Bank, CardNotChangeable, CardUnknown, ChangeRefused, CustomerUnknown
from actions.bank.money import Money
from actions.bank.sandbox import SandboxBank, database_path
from actions.bank.sandbox_store import SEED_FILE
from tests.actions.support import REGIONS, HeldClock

CUSTOMERS = [entry["id"] for entry in yaml.safe_load(SEED_FILE.read_text(encoding="utf-8"))["customers"]]


@pytest.mark.parametrize("customer_id", CUSTOMERS)
async def test_every_demo_customer_is_complete(bank: SandboxBank, customer_id: str) -> None:
    """Each has accounts, cards, about twenty transactions with a declined one, transfers, and a pending refund."""
    customer = await bank.customer(customer_id)
    transactions = await bank.transactions(customer_id)
    declined = [t for t in transactions if t.status == "RJCT"]
    assert REGIONS[customer.locale] == customer.region
    assert len(await bank.accounts(customer_id)) >= 2
    assert len(await bank.cards(customer_id)) == 2
    assert len(transactions) >= 20
    assert [t.status_reason for t in declined] != []
    assert all(t.status_reason and t.card_id for t in declined)
    assert any(t.refund_of and t.expected_date for t in transactions)
    assert any(t.fee_kind for t in transactions)
    assert len({p.status for p in await bank.payments(customer_id)}) >= 2
    assert await bank.beneficiaries(customer_id)
    assert await bank.direct_debits(customer_id)
    assert await bank.standing_orders(customer_id)
    assert await bank.branches(region=customer.region)


async def test_all_reasons_for_a_declined_payment_occur(bank: SandboxBank) -> None:
    reasons = {t.status_reason for c in CUSTOMERS for t in await bank.transactions(c) if t.status == "RJCT"}
    assert reasons == {"insufficient_funds", "contactless_limit", "card_frozen", "card_expired", "foreign_use_blocked"}


@pytest.mark.parametrize("now", ["2026-11-23T10:30", "2027-02-28T23:59", "2028-02-29T00:01", "2026-12-31T12:00"])
async def test_days_are_relative_to_today(bank: SandboxBank, clock: HeldClock, now: str) -> None:
    """Whatever the day, the payment was declined yesterday, nothing lies in the future, and expected days lie ahead."""
    clock.now = datetime.fromisoformat(now).replace(tzinfo=timezone.utc)
    for customer_id in CUSTOMERS:
        here = await bank.now(customer_id)
        transactions = await bank.transactions(customer_id)
        declined = next(t for t in transactions if t.status == "RJCT")
        assert declined.booking_date_time.date() == here.date() - timedelta(days=1)
        assert all(t.booking_date_time < here for t in transactions)
        assert all(t.expected_date > here.date() for t in transactions if t.expected_date)
        assert list(transactions) == sorted(transactions, key=lambda t: t.booking_date_time, reverse=True)
        assert all((card.expiry < here.date()) is (card.status == "expired") for card in await bank.cards(customer_id))


async def test_available_is_booked_less_what_is_on_its_way_out(bank: SandboxBank) -> None:
    balances = {b.type: b.amount for b in await bank.balances("demo-gb") if b.account_id == "gb-current"}
    assert balances["ITBD"] - balances["ITAV"] == Money.of("21.50", "GBP")


async def test_the_same_seed_gives_the_same_answers(tmp_path: Path, clock: HeldClock) -> None:
    one, two = (SandboxBank(tmp_path / f"{n}.sqlite3", clock=clock) for n in (1, 2))
    assert await one.transactions("demo-us") == await two.transactions("demo-us")
    assert await one.cards("demo-us") == await two.cards("demo-us")


async def test_unknown_customers_and_cards_are_named(bank: SandboxBank) -> None:
    with pytest.raises(CustomerUnknown, match="nobody"):
        await bank.accounts("nobody")
    with pytest.raises(CustomerUnknown):
        await bank.cards("nobody")
    with pytest.raises(CardUnknown, match="us-debit"):
        await bank.block_card("demo-gb", "us-debit", reason="lost")


async def test_a_block_is_kept_recorded_and_done_once(bank: SandboxBank, tmp_path: Path, clock: HeldClock) -> None:
    """The card stays blocked in another process's bank; the second block changes nothing and gives the same reference."""
    first = await bank.block_card("demo-gb", "gb-debit", reason="stolen")
    again = await SandboxBank(tmp_path / "sandbox.sqlite3", clock=clock).block_card(
        "demo-gb", "gb-debit", reason="lost"
    )
    assert (first.changed, again.changed) == (True, False)
    assert first.reference == again.reference
    assert [c.status for c in await bank.cards("demo-gb")] == ["blocked", "active"]
    with sqlite3.connect(tmp_path / "sandbox.sqlite3") as connection:
        rows = connection.execute("SELECT card_id, from_status, to_status, reason FROM card_change").fetchall()
    assert rows == [("gb-debit", "active", "blocked", "stolen")]


async def test_a_block_orders_a_replacement_in_working_days(bank: SandboxBank) -> None:
    change = await bank.block_card("demo-gb", "gb-debit", reason="lost")
    assert change.replacement is not None
    assert (change.replacement.expected_from, change.replacement.expected_by) == (
        date(2026, 11, 26),
        date(2026, 11, 30),
    )
    assert change.replacement in await bank.card_orders("demo-gb")


async def test_freeze_and_unfreeze_go_back_and_forth(bank: SandboxBank) -> None:
    frozen = await bank.freeze_card("demo-gb", "gb-debit")
    assert (frozen.card.status, frozen.changed, frozen.replacement) == ("frozen", True, None)
    assert not (await bank.freeze_card("demo-gb", "gb-debit")).changed
    thawed = await bank.unfreeze_card("demo-gb", "gb-debit")
    assert (thawed.card.status, thawed.changed) == ("active", True)
    assert thawed.reference != frozen.reference


async def test_a_blocked_or_expired_card_cannot_be_unfrozen(bank: SandboxBank) -> None:
    await bank.block_card("demo-gb", "gb-debit", reason="lost")
    with pytest.raises(CardNotChangeable, match="blocked"):
        await bank.unfreeze_card("demo-gb", "gb-debit")
    with pytest.raises(CardNotChangeable, match="expired"):
        await bank.freeze_card("demo-fr", "fr-debit")


async def test_many_blocks_at_once_are_one_change(bank: SandboxBank, tmp_path: Path, clock: HeldClock) -> None:
    others = [SandboxBank(tmp_path / "sandbox.sqlite3", clock=clock) for _ in range(4)]
    changes = await asyncio.gather(
        *(b.block_card("demo-gb", "gb-debit", reason="lost") for b in (bank, *others) for _ in range(5))
    )
    assert sum(change.changed for change in changes) == 1
    assert len({change.reference for change in changes}) == 1


async def test_exchange_rates_cross_over_the_euro(bank: SandboxBank) -> None:
    there = await bank.exchange_rate(base="GBP", quote="USD")
    back = await bank.exchange_rate(base="USD", quote="GBP")
    assert there is not None
    assert back is not None
    assert abs(there.rate * back.rate - 1) < 1e-20
    assert await bank.exchange_rate(base="GBP", quote="XAU") is None


@pytest.mark.parametrize(
    ("now", "is_open", "next_day", "holiday"),
    [
        ("2026-11-23T10:30", True, None, None),
        ("2026-11-23T09:00", False, date(2026, 11, 23), None),
        ("2026-11-28T13:59", True, None, None),  # Saturday
        ("2026-11-28T14:00", False, date(2026, 11, 30), None),
        (
            "2026-12-25T11:00",
            False,
            date(2026, 12, 28),
            "Christmas Day",
        ),  # Boxing Day is a Saturday; 28 December is open
        ("2027-03-26T11:00", False, date(2027, 3, 27), "Good Friday"),
    ],
)
async def test_branches_know_weekends_and_holidays(
    bank: SandboxBank, clock: HeldClock, now: str, is_open: bool, next_day: date | None, holiday: str | None
) -> None:
    clock.now = datetime.fromisoformat(now).replace(tzinfo=timezone.utc)
    branch = next(b for b in await bank.branches(region="gb") if b.identification == "gb-leeds")
    assert branch.open_now is is_open
    assert branch.today.holiday == holiday
    if next_day is not None:
        assert branch.next_opening is not None
        assert branch.next_opening.day == next_day


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25)), (2285, (3, 22))],
)
def test_easter(year: int, day: tuple[int, int]) -> None:
    assert calendar.easter(year) == date(year, *day)


def test_business_days_leave_out_weekends_and_holidays() -> None:
    rules = {"12-25": "Christmas Day", "12-26": "Boxing Day"}
    assert calendar.add_business_days(date(2026, 12, 23), 2, rules) == date(2026, 12, 28)
    assert calendar.last_day_of_month(date(2026, 12, 31), months_later=2) == date(2027, 2, 28)
    assert calendar.last_day_of_month(date(2026, 1, 31), months_later=-1) == date(2025, 12, 31)
    with pytest.raises(ValueError, match="holiday rule"):
        calendar.rule_date("christmas", 2026)


def test_a_faulty_bank_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    get_bank.cache_clear()
    monkeypatch.setenv("CANDOUR_BANK", "piggy")
    with pytest.raises(SettingInvalid, match="CANDOUR_BANK is 'piggy'; it must be one of sandbox"):
        get_bank()
    get_bank.cache_clear()


def test_the_sandbox_is_the_default_and_lives_in_the_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_bank.cache_clear()
    monkeypatch.delenv("CANDOUR_BANK", raising=False)
    monkeypatch.setenv("CANDOUR_DATA_DIR", str(tmp_path / "data"))
    bank: Bank = bank_package.get_bank()
    assert isinstance(bank, SandboxBank)
    assert database_path().exists()
    get_bank.cache_clear()


async def test_service_changes_last_and_are_the_customers_own(tmp_path: Path, clock: HeldClock) -> None:
    """Written to the file: another process sees them, another customer does not."""
    bank = SandboxBank(tmp_path / "sandbox.sqlite3", clock=clock)
    change = await bank.change_standing_order("demo-gb", "demo-gb-so-0", amount=Money.of("55", "GBP"), day_of_month=31)
    assert change.reference == "SO-000001"
    assert change.order.next_payment_date == date(2026, 11, 30)
    await bank.cancel_direct_debit("demo-gb", "demo-gb-dd-1")
    await bank.change_contact("demo-gb", "phone", "07700 900999")
    await bank.change_card_limit("demo-gb", "gb-debit", "cash", Money.of("0", "GBP"))
    ordered = await bank.order_card("demo-gb", "gb-debit", reason="worn")
    again = SandboxBank(tmp_path / "sandbox.sqlite3", clock=clock)
    assert [o.next_payment_amount for o in await again.standing_orders("demo-gb")] == [Money.of("55", "GBP")]
    assert [d.name for d in await again.direct_debits("demo-gb")] == ["Thames Water", "Council Tax Lambeth"]
    assert (await again.contact("demo-gb")).phone == "07700 900999"
    assert (await again.cards("demo-gb"))[0].limits.per_day_cash == Money.zero("GBP")
    assert ordered.order in await again.card_orders("demo-gb")
    assert len(await again.direct_debits("demo-us")) == 3


async def test_cases_have_a_day_by_which_the_bank_answers(bank: SandboxBank) -> None:
    """Fifteen working days, weekends and holidays not counted."""
    charge = next(t for t in await bank.transactions("demo-gb") if t.transaction_information == "Boots")
    wanted = Money.of("14.20", "GBP")
    case = await bank.open_dispute("demo-gb", charge.transaction_id, problem="twice", wanted=wanted)
    assert (case.reference, case.answer_by) == ("DC-000001", date(2026, 12, 14))
    with pytest.raises(ChangeRefused):
        await bank.open_dispute("demo-gb", charge.transaction_id, problem="twice", wanted=Money.of("20", "GBP"))
    with pytest.raises(ChangeRefused):
        await bank.claim_cash("demo-gb", place="x", day=date(2026, 11, 22), asked=wanted, received=wanted)


async def test_an_appointment_is_given_once(bank: SandboxBank) -> None:
    day = date(2026, 11, 26)
    free = await bank.appointment_times("demo-gb", branch_id="gb-leeds", day=day)
    start = datetime.combine(day, free[0])
    await bank.book_appointment("demo-gb", topic="loan", branch_id="gb-leeds", start=start)
    assert free[0] not in await bank.appointment_times("demo-gb", branch_id="gb-leeds", day=day)
    with pytest.raises(ChangeRefused):
        await bank.book_appointment("demo-gb", topic="loan", branch_id="gb-leeds", start=start)
    assert await bank.appointment_times("demo-gb", branch_id="gb-leeds", day=date(2026, 11, 29)) == ()
    assert await bank.appointment_times("demo-gb", branch_id=None, day=date(2026, 12, 25)) == ()


async def test_what_the_bank_does_not_allow_is_refused(bank: SandboxBank) -> None:
    for refused in (
        bank.change_card_limit("demo-gb", "gb-debit", "cash", Money.of("1001", "GBP")),
        bank.cancel_direct_debit("demo-gb", "demo-us-dd-0"),
        bank.cancel_standing_order("demo-gb", "demo-gb-so-7"),
        bank.set_up_standing_order("demo-gb", creditor_name="Nobody", amount=Money.of("1", "GBP"), day_of_month=1),
        bank.order_statement("demo-gb", "gb-current", first=date(2027, 1, 1), last=date(2027, 1, 31), way="app"),
    ):
        with pytest.raises(ChangeRefused):
            await refused


@pytest.mark.parametrize("customer", CUSTOMERS)
async def test_every_customer_has_contact_numbers_and_limits(bank: SandboxBank, customer: str) -> None:
    """Numbers end as the account is named; IBANs have right check digits."""
    assert "@" in (await bank.contact(customer)).email
    limits = await bank.transfer_limits(customer)
    assert Money.zero(limits.per_day.currency) < limits.left_today <= limits.per_day
    for account in await bank.accounts(customer):
        for number in (await bank.account_details(customer, account.account_id)).numbers:
            plain = number.value.replace(" ", "")
            if number.kind in ("iban", "account_number", "clabe"):
                assert plain.endswith(account.identification)
            if number.kind == "iban":
                assert int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1
