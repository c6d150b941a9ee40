"""Why a card payment was declined, and what the customer can do about it."""

from __future__ import annotations

from typing import Final

from actions.accounts import matching
from actions.bank.interface import Card, DeclineReason, Transaction
from actions.topic import Asked, CustomerTopic, CustomerTurn, Event, card_label

#: Which response explains which reason.
REASON_RESPONSES: Final[dict[DeclineReason, str]] = {
    "insufficient_funds": "utter_declined__insufficient_funds",
    "contactless_limit": "utter_declined__contactless_limit",
    "card_frozen": "utter_declined__card_frozen",
    "card_expired": "utter_declined__card_expired",
    "foreign_use_blocked": "utter_declined__foreign_use_blocked",
    "other": "utter_declined__other",
}
#: Where the card is no longer frozen, the offer to unfreeze it would be wrong.
UTTER_WAS_FROZEN: Final = "utter_declined__card_was_frozen"


class ActionExplainDeclinedPayment(CustomerTopic):
    """The reason that the bank has recorded for the newest declined payment, or for the one that the message names."""

    NAME = "action_explain_declined_payment"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        transactions = await turn.bank.transactions(turn.customer.customer_id)
        declined = [t for t in transactions if t.status == "RJCT"]
        today = (await turn.bank.now(turn.customer.customer_id)).date()
        found = matching(turn.asked, declined, today=today) or declined
        if not found:
            turn.say("utter_declined__none_found")
            return []
        payment = found[0]
        card = next((c for c in await turn.bank.cards(turn.customer.customer_id) if c.card_id == payment.card_id), None)
        response = REASON_RESPONSES[payment.status_reason or "other"]
        if payment.status_reason == "card_frozen" and card is not None and card.status != "frozen":
            response = UTTER_WAS_FROZEN
        turn.say(response, **_values(turn.asked, payment, card))
        return []


def _values(asked: Asked, payment: Transaction, card: Card | None) -> dict[str, str]:
    """What any of the responses may speak of."""
    values = {
        "merchant": payment.merchant_name or payment.transaction_information,
        "amount": asked.money(abs(payment.amount)),
        "day": asked.day(payment.booking_date_time.date()),
        "card": card_label(card) if card else "",
        "expiry": asked.day(card.expiry) if card else "",
        "country": payment.status_reason_detail or "",
        "limit": "",
        "available": "",
    }
    if payment.status_reason_amount is not None:
        key = "limit" if payment.status_reason == "contactless_limit" else "available"
        values[key] = asked.money(payment.status_reason_amount)
    return values
