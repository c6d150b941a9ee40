"""The customer's own account numbers, and money that comes in or is still on its way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actions import normalise
from actions.accounts import SHOWN, chosen_accounts
from actions.bank.interface import Transaction
from actions.bank.services import NumberKind
from actions.topic import CustomerTopic, CustomerTurn, Event, account_label
from actions.wording import lines, part

LABELS: Final[dict[NumberKind, str]] = {
    "sort_code": "utter_account_details__label_sort_code",
    "account_number": "utter_account_details__label_account_number",
    "iban": "utter_account_details__label_iban",
    "bic": "utter_account_details__label_bic",
    "routing_number": "utter_account_details__label_routing_number",
    "clabe": "utter_account_details__label_clabe",
    "branch_code": "utter_account_details__label_branch_code",
}


class ActionAccountDetails(CustomerTopic):
    """The numbers by which others pay into an account: of the one that is meant, else of the first."""

    NAME = "action_account_details"
    followed_as = "ask_account_details"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        accounts = await turn.bank.accounts(turn.customer.customer_id)
        account = chosen_accounts(turn.asked.text, accounts)[0]
        details = await turn.bank.account_details(turn.customer.customer_id, account.account_id)
        if not details.numbers:
            turn.say("utter_account_details__none", account=account_label(account))
            return []
        listed = [
            part("utter_account_details__line", what=part(LABELS[number.kind]), value=number.value)
            for number in details.numbers
        ]
        turn.say(
            "utter_account_details__list", account=account_label(account), holder=details.holder, lines=lines(listed)
        )
        return []


def _named(turn: CustomerTurn, found: Sequence[Transaction]) -> list[Transaction]:
    """Those that the message names by who is on the other side; all of them if it names none."""
    said = turn.asked.said("merchant", "payee")
    return [t for t in found if normalise.mentions(said, t.transaction_information)] or list(found)


class ActionIncomingPayment(CustomerTopic):
    """Whether money from somebody has arrived, with what came in last."""

    NAME = "action_incoming_payment"
    followed_as = "check_incoming_payment"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        transactions = await turn.bank.transactions(turn.customer.customer_id)
        coming = [t for t in transactions if t.amount.amount > 0 and t.refund_of is None]
        found = _named(turn, coming)
        if not found:
            turn.say("utter_incoming__none")
            return []
        newest = found[0]
        values = {
            "what": newest.transaction_information,
            "amount": turn.asked.money(newest.amount),
            "day": turn.asked.day(newest.booking_date_time.date()),
        }
        if newest.status == "PDNG" and newest.expected_date is not None:
            turn.say("utter_incoming__pending", expected=turn.asked.day(newest.expected_date), **values)
        else:
            turn.say("utter_incoming__arrived", **values)
        return []


class ActionPendingPayments(CustomerTopic):
    """What is pending, and until when."""

    NAME = "action_pending_payments"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        transactions = await turn.bank.transactions(turn.customer.customer_id)
        found = _named(turn, [t for t in transactions if t.status == "PDNG"])[:SHOWN]
        if not found:
            turn.say("utter_pending__none")
            return []
        listed = [
            part(
                "utter_pending__line_out" if t.amount.amount < 0 else "utter_pending__line_in",
                what=t.transaction_information,
                amount=turn.asked.money(abs(t.amount)),
                day=turn.asked.short_day(t.booking_date_time.date()),
                expected=turn.asked.short_day(t.expected_date or t.booking_date_time.date()),
            )
            for t in found
        ]
        turn.say("utter_pending__list", lines=lines(listed))
        return []
