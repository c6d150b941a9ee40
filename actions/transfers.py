"""Where a transfer is, and what leaves the account regularly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import normalise
from actions.bank import get_bank
from actions.bank.interface import BankError, Payment
from actions.forms.actions import AskForm, EndForm
from actions.forms.table import FORMS
from actions.topic import Asked, CustomerTopic, CustomerTurn, Event, Speaker
from actions.wording import lines, part

TRANSFER_STATUS: Final = FORMS["transfer_status_form"]
NAME: Final = TRANSFER_STATUS.name
SLOT_REFERENCE: Final = "transfer_reference"  #: the bank's own reference, once validated
SLOT_PAYEE: Final = "transfer_payee"
SLOT_AMOUNT: Final = "transfer_amount"  #: plain digits with a point, once validated
SLOTS: Final = TRANSFER_STATUS.slots

STATUS_RESPONSES: Final = {
    "RCVD": "utter_transfer__received",
    "PDNG": "utter_transfer__pending",
    "ACSC": "utter_transfer__settled",
    "RJCT": "utter_transfer__rejected",
}
#: A transfer that waits for a check of the bank, and one that does not say why it failed, are told differently.
UTTER_PENDING_BECAUSE: Final = "utter_transfer__pending_because"
UTTER_REJECTED_NO_REASON: Final = "utter_transfer__rejected_no_reason"
_SHOWN: Final = 3


async def customers_payments(tracker: Tracker) -> tuple[Payment, ...]:
    """The transfers of whoever is signed in; none for anybody else, and none while the bank does not answer."""
    asked = Asked.of(tracker)
    if asked.customer_id is None:
        return ()
    try:
        payments: Sequence[Payment] = await get_bank().payments(asked.customer_id)
    except BankError:
        return ()
    return tuple(payments)


def find_payments(text: str, payments: Sequence[Payment]) -> list[Payment]:
    """The transfers that a text means: by reference, payee, amount, or as the latest one."""
    wanted = normalise.reference(text)
    if wanted is not None:
        return [payment for payment in payments if payment.reference == wanted]
    by_payee = [payment for payment in payments if normalise.mentions(text, payment.creditor_name)]
    sum_named = normalise.amount(text)
    by_amount = [payment for payment in by_payee or payments if payment.amount.amount == sum_named]
    if by_amount or by_payee:
        return by_amount or by_payee
    return list(payments[:1]) if normalise.says_latest(text) else []


class ValidateTransferStatusForm(FormValidationAction):
    """Any one of reference, payee and amount is enough; only the reference is ever asked for."""

    NAME = f"validate_{NAME}"

    def name(self) -> str:
        return self.NAME

    def domain_slots(self, _domain: object) -> list[str]:
        return list(SLOTS)

    async def required_slots(
        self,
        domain_slots: list[str],
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> list[str]:
        if not await customers_payments(tracker):
            return []
        filled = [name for name in domain_slots if tracker.slots.get(name) is not None]
        return filled or [SLOT_REFERENCE]

    async def extract_transfer_reference(
        self,
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> dict[str, str]:
        """The transfer that the first message already named."""
        if any(tracker.slots.get(name) is not None for name in SLOTS) or tracker.get_slot("requested_slot"):
            return {}
        found = find_payments(Asked.of(tracker).text, await customers_payments(tracker))
        return {SLOT_REFERENCE: found[0].reference} if len(found) == 1 else {}

    async def validate_transfer_reference(
        self,
        value: object,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        _domain: object,
    ) -> dict[str, str | None]:
        payments = await customers_payments(tracker)
        found = find_payments(str(value), payments)
        if found:
            return {SLOT_REFERENCE: found[0].reference}
        if tracker.get_slot(SLOT_PAYEE) is None and tracker.get_slot(SLOT_AMOUNT) is None:
            _say_not_found(Speaker(dispatcher), Asked.of(tracker), payments)
        return {SLOT_REFERENCE: None}

    async def validate_transfer_payee(
        self,
        value: object,
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> dict[str, str | None]:
        payments = await customers_payments(tracker)
        known = [p.creditor_name for p in payments if normalise.mentions(str(value), p.creditor_name)]
        return {SLOT_PAYEE: known[0] if known else None}

    async def validate_transfer_amount(
        self,
        value: object,
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> dict[str, str | None]:
        amount = normalise.amount(str(value))
        known = any(p.amount.amount == amount for p in await customers_payments(tracker))
        return {SLOT_AMOUNT: f"{amount:f}" if amount is not None and known else None}


def _line(asked: Asked, payment: Payment) -> str:
    return part(
        "utter_transfer__line",
        day=asked.short_day(payment.creation_date_time.date()),
        payee=payment.creditor_name,
        amount=asked.money(payment.amount),
        reference=payment.reference,
    )


def _say_not_found(say: Speaker, asked: Asked, payments: Sequence[Payment]) -> None:
    newest = payments[:_SHOWN]
    choices = [(payment.reference, f'/inform{{"reference": "{payment.reference}"}}') for payment in newest]
    say.with_choices("utter_transfer__not_found", choices, lines=lines([_line(asked, p) for p in newest]))


class AskTransferReference(AskForm):
    """Asks which transfer."""

    NAME = f"action_ask_{NAME}_{SLOT_REFERENCE}"
    FORM = TRANSFER_STATUS

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        turn.say("utter_ask_transfer_status_form_transfer_reference")
        return []


class ActionTransferStatus(EndForm):
    """Where the transfer is that the form has found; empties the form's slots."""

    NAME = "action_transfer_status"
    FORM = TRANSFER_STATUS

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        payments = await turn.bank.payments(turn.customer.customer_id)
        found = [payment for payment in payments if _matches(payment, turn.tracker)]
        if not payments:
            turn.say("utter_transfer__none")
            return []
        if not found:
            _say_not_found(turn.say, turn.asked, payments)
            return []
        payment = found[0]
        response = STATUS_RESPONSES[payment.status]
        if payment.status == "PDNG" and payment.status_reason:
            response = UTTER_PENDING_BECAUSE
        if payment.status == "RJCT" and not payment.status_reason:
            response = UTTER_REJECTED_NO_REASON
        turn.say(
            response,
            payee=payment.creditor_name,
            amount=turn.asked.money(payment.amount),
            day=turn.asked.day(payment.creation_date_time.date()),
            reference=payment.reference,
            expected=turn.asked.day(payment.expected_date or payment.creation_date_time.date()),
            reason=payment.status_reason or "",
        )
        return []


def _matches(payment: Payment, tracker: Tracker) -> bool:
    wanted = {
        SLOT_REFERENCE: payment.reference,
        SLOT_PAYEE: payment.creditor_name,
        SLOT_AMOUNT: f"{payment.amount.amount:f}",
    }
    given = {name: tracker.get_slot(name) for name in SLOTS if tracker.get_slot(name) is not None}
    if SLOT_AMOUNT in given:
        given[SLOT_AMOUNT] = f"{normalise.amount(str(given[SLOT_AMOUNT])) or 0:.2f}"
    return bool(given) and all(wanted[name] == value for name, value in given.items())


class ActionListRegularPayments(CustomerTopic):
    """Direct debits and standing orders, with the next date of each."""

    NAME = "action_list_regular_payments"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        debits = [
            part(
                "utter_regular__line_direct_debit",
                name=debit.name,
                amount=turn.asked.money(debit.previous_payment_amount),
                day=turn.asked.short_day(debit.next_payment_date),
            )
            for debit in await turn.bank.direct_debits(turn.customer.customer_id)
        ]
        orders = [
            part(
                "utter_regular__line_standing_order",
                name=order.creditor_name,
                amount=turn.asked.money(order.next_payment_amount),
                day=turn.asked.short_day(order.next_payment_date),
            )
            for order in await turn.bank.standing_orders(turn.customer.customer_id)
        ]
        if debits or orders:
            turn.say("utter_regular__list", lines=lines([*debits, *orders]))
        else:
            turn.say("utter_regular__none")
        return []
