"""Why a transfer failed, and how much the customer may send."""

from __future__ import annotations

from actions import normalise
from actions.topic import CustomerTopic, CustomerTurn, Event


class ActionFailedTransfer(CustomerTopic):
    """The newest transfer that was not carried out, or the one that the message names, with the bank's reason."""

    NAME = "action_failed_transfer"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        payments = await turn.bank.payments(turn.customer.customer_id)
        failed = [payment for payment in payments if payment.status == "RJCT"]
        said = turn.asked.said("payee")
        wanted = normalise.reference(turn.asked.said("reference"))
        named = [p for p in failed if p.reference == wanted or normalise.mentions(said, p.creditor_name)]
        if not failed:
            turn.say("utter_failed_transfer__none")
            return []
        payment = (named or failed)[0]
        values = {
            "payee": payment.creditor_name,
            "amount": turn.asked.money(payment.amount),
            "day": turn.asked.day(payment.creation_date_time.date()),
            "reference": payment.reference,
        }
        if payment.status_reason:
            turn.say("utter_transfer__rejected", reason=payment.status_reason, **values)
        else:
            turn.say("utter_transfer__rejected_no_reason", **values)
        return []


class ActionTransferLimits(CustomerTopic):
    """The limits for sending money, and what is left today."""

    NAME = "action_transfer_limits"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        limits = await turn.bank.transfer_limits(turn.customer.customer_id)
        turn.say(
            "utter_transfer_limits__tell",
            per_payment=turn.asked.money(limits.per_payment),
            per_day=turn.asked.money(limits.per_day),
            left=turn.asked.money(limits.left_today),
        )
        return []
