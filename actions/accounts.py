"""Money in the customer's accounts: balances, transactions, fees and refunds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from actions import normalise
from actions.bank.interface import Account, Balance, FeeKind, Transaction
from actions.bank.money import Money
from actions.topic import Asked, CustomerTopic, CustomerTurn, Event, account_label
from actions.wording import lines, part

SHOWN: Final = 5  #: transactions in one reply

#: Which response explains which fee.
FEE_RESPONSES: Final[dict[FeeKind, str]] = {
    "overdraft_interest": "utter_fee__overdraft_interest",
    "foreign_use": "utter_fee__foreign_use",
    "cash_withdrawal": "utter_fee__cash_withdrawal",
    "monthly_account": "utter_fee__monthly_account",
    "unpaid_item": "utter_fee__unpaid_item",
    "other": "utter_fee__other",
}
_LINE: Final = {
    "BOOK": "utter_transactions__line_booked",
    "PDNG": "utter_transactions__line_pending",
    "RJCT": "utter_transactions__line_declined",
}


def chosen_accounts(text: str, accounts: Sequence[Account]) -> list[Account]:
    """The accounts that the words single out by their ending, name or type; all of them if they single out none."""
    ending = normalise.card_ending(text)
    by_ending = [account for account in accounts if ending is not None and account.identification == ending]
    types = normalise.account_types(text)
    by_type = [account for account in accounts if account.account_type_code in types]
    return by_ending or by_type or list(accounts)


class ActionShowBalance(CustomerTopic):
    """What is in one account, or in all of them."""

    NAME = "action_show_balance"
    followed_as = "check_balance"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        accounts = chosen_accounts(turn.asked.text, await turn.bank.accounts(turn.customer.customer_id))
        balances = await turn.bank.balances(turn.customer.customer_id)
        if len(accounts) > 1:
            listed = [
                part(
                    "utter_balance__line",
                    account=account_label(a),
                    amount=turn.asked.money(_balance(balances, a, "ITAV")),
                )
                for a in accounts
            ]
            turn.say("utter_balance__all", lines=lines(listed))
            return []
        account = accounts[0]
        available, booked = _balance(balances, account, "ITAV"), _balance(balances, account, "ITBD")
        if available == booked:
            turn.say("utter_balance__one", account=account_label(account), available=turn.asked.money(available))
        else:
            turn.say(
                "utter_balance__one_with_pending",
                account=account_label(account),
                available=turn.asked.money(available),
                booked=turn.asked.money(booked),
                pending=turn.asked.money(abs(booked - available)),
            )
        return []


def _balance(balances: Sequence[Balance], account: Account, kind: str) -> Money:
    return next(b.amount for b in balances if b.account_id == account.account_id and b.type == kind)


def matching(asked: Asked, transactions: Sequence[Transaction], *, today: date) -> list[Transaction]:
    """Transactions of the merchant, day and amount that the message names; of all if it names none."""
    found = list(transactions)
    named = [t for t in found if normalise.mentions(asked.said("merchant", "payee"), t.transaction_information)]
    found = named or found
    day = normalise.day(asked.said("date"), today=today)
    if day is not None:
        found = [t for t in found if t.booking_date_time.date() == day]
    stated = asked.entity("amount")
    amount = normalise.amount(stated) if stated else None
    exact = [t for t in found if amount is not None and abs(t.amount.amount) == amount]
    return exact or found


class ActionListTransactions(CustomerTopic):
    """The newest transactions, or those of a day or merchant."""

    NAME = "action_list_transactions"
    followed_as = "list_transactions"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        transactions = await turn.bank.transactions(turn.customer.customer_id)
        today = (await turn.bank.now(turn.customer.customer_id)).date()
        found = matching(turn.asked, transactions, today=today)[:SHOWN]
        if not found:
            turn.say("utter_transactions__none")
            return []
        listed = [
            part(
                _LINE[t.status],
                day=turn.asked.short_day(t.booking_date_time.date()),
                what=t.transaction_information,
                amount=turn.asked.money(t.amount),
            )
            for t in found
        ]
        turn.say("utter_transactions__list", lines=lines(listed))
        return []


class ActionExplainFee(CustomerTopic):
    """What a fee was for. Without a closer word it is the newest one."""

    NAME = "action_explain_fee"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        fees = [t for t in await turn.bank.transactions(turn.customer.customer_id) if t.fee_kind is not None]
        today = (await turn.bank.now(turn.customer.customer_id)).date()
        found = matching(turn.asked, fees, today=today) or fees
        if not found:
            turn.say("utter_fee__none_found")
            return []
        fee = found[0]
        turn.say(
            FEE_RESPONSES[fee.fee_kind or "other"],
            amount=turn.asked.money(abs(fee.amount)),
            day=turn.asked.day(fee.booking_date_time.date()),
            what=fee.transaction_information,
        )
        return []


class ActionRefundStatus(CustomerTopic):
    """When a refund that is on its way should be in the account."""

    NAME = "action_refund_status"
    followed_as = "check_refund_status"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        refunds = [t for t in await turn.bank.transactions(turn.customer.customer_id) if t.refund_of is not None]
        named = [t for t in refunds if normalise.mentions(turn.asked.said("merchant", "payee"), t.refund_of or "")]
        if not refunds:
            turn.say("utter_refund__none_found")
            return []
        refund = (named or refunds)[0]
        values = {
            "merchant": refund.refund_of or refund.transaction_information,
            "amount": turn.asked.money(refund.amount),
            "announced": turn.asked.day(refund.booking_date_time.date()),
        }
        if refund.status == "PDNG" and refund.expected_date is not None:
            turn.say("utter_refund__pending", expected=turn.asked.day(refund.expected_date), **values)
        else:
            turn.say("utter_refund__booked", **values)
        return []
