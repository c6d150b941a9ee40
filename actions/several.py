"""Several things in one message, follow-ups of the last answer, and matters that must wait.

`ANSWERS` says what can be answered in one go, by a topic or in so many words. It mirrors the rules of data/rules, which answer
the same intents one at a time; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions import accounts, branches, cards, declined, exchange, identity, own_account, transfer_answers, transfers
from actions.course import SLOT_WAITING, also, go_on, last_topic, waiting
from actions.forms.table import FORMS, OPENED
from actions.topic import Event, Topic, TopicTurn, label

ANSWERS: Final[dict[str, type[Topic] | str]] = {
    "check_balance": accounts.ActionShowBalance,
    "list_transactions": accounts.ActionListTransactions,
    "explain_fee": accounts.ActionExplainFee,
    "check_refund_status": accounts.ActionRefundStatus,
    "ask_account_details": own_account.ActionAccountDetails,
    "check_incoming_payment": own_account.ActionIncomingPayment,
    "explain_pending_payment": own_account.ActionPendingPayments,
    "explain_declined_payment": declined.ActionExplainDeclinedPayment,
    "list_cards": cards.ActionListCards,
    "check_card_arrival": cards.ActionCardArrival,
    "check_card_limits": cards.ActionCheckLimits,
    "list_regular_payments": transfers.ActionListRegularPayments,
    "report_failed_transfer": transfer_answers.ActionFailedTransfer,
    "check_transfer_limits": transfer_answers.ActionTransferLimits,
    "find_branch_hours": branches.ActionBranchHours,
    "check_exchange_rate": exchange.ActionExchangeRate,
    "ask_how_to_sign_in": identity.ActionIdentify,
    "reset_login": "utter_account__how_to_reset_login",
    "ask_app_help": "utter_account__app_help",
    "open_account": "utter_account__how_to_open",
    "close_account": "utter_account__how_to_close",
    "verify_identity": "utter_identity__how_to_verify",
    "activate_card": "utter_card__how_to_activate",
    "change_pin": "utter_card__how_to_change_pin",
    "set_contactless": "utter_card__how_to_set_contactless",
    "get_virtual_card": "utter_card__how_to_get_virtual",
    "ask_card_abroad": "utter_card__how_to_use_abroad",
    "send_money_abroad": "utter_payment__how_to_send_abroad",
    "pay_someone_new": "utter_payment__how_to_pay_someone",
    "report_wrong_recipient": "utter_payment__wrong_recipient",
    "cancel_transfer": "utter_payment__how_to_cancel_transfer",
    "top_up_account": "utter_payment__how_to_top_up",
    "pay_in_cash_or_cheque": "utter_payment__how_to_pay_in",
    "find_cash_machine": "utter_branch__cash_machines",
    "ask_overdraft": "utter_product__overdraft",
    "ask_loan": "utter_product__loan",
    "ask_mortgage": "utter_product__mortgage",
    "ask_savings_rate": "utter_product__savings_rates",
    "ask_fees": "utter_product__fees",
    "ask_scam_info": "utter_scam__how_to_stay_safe",
    "ask_bereavement_info": "utter_bereavement__how_it_works",
    "ask_debt_info": "utter_debt__where_to_get_help",
    "ask_third_party_access": "utter_third_party__how_to_arrange",
    "ask_complaint_info": "utter_complaint__how_it_works",
    "report_resolved_matter": "utter_resolved__good_to_hear",
    "make_complaint": "utter_complaint__how_it_works",
    "disclose_vulnerability": "utter_support__adjustments",
    "ask_if_human": "utter_identity__is_ai",
    "ask_capabilities": "utter_capabilities__overview",
}


async def _say(intent: str, turn: TopicTurn) -> list[Event]:
    answer = ANSWERS[intent]
    if isinstance(answer, str):
        turn.say(answer)
        return []
    return await answer().respond(turn)


def _clauses(turn: TopicTurn) -> list[tuple[str, TopicTurn]]:
    """Intent by intent, in the order of the message, each with the turn of its own clause; none twice."""
    found: dict[str, TopicTurn] = {}
    if turn.asked.intent:
        found[turn.asked.intent] = turn
    for clause in also(turn.tracker):
        text = str(clause.get("text") or turn.asked.text)
        own = replace(turn, asked=replace(turn.asked, text=text, intent=str(clause["name"])))
        found.setdefault(str(clause["name"]), own)
    return list(found.items())


def _line_up(turn: TopicTurn, intents: Iterable[str]) -> list[Event]:
    """Put the matters that need a form in line, and begin the first if no form is under way."""
    active = FORMS.get(turn.tracker.active_loop_name or "")
    queue = waiting(turn.tracker)
    new = [i for i in intents if i in OPENED and OPENED[i] is not active and i not in queue]
    queue = [*queue, *new]
    if active is not None:
        for intent in new:
            turn.say("utter_form__will_come_to", topic=label(OPENED[intent].topic))
        return [SlotSet(SLOT_WAITING, queue)] if new else []
    if not queue:
        return []
    form = OPENED[queue[0]]
    turn.say("utter_several__next", topic=label(form.topic))
    return [SlotSet(SLOT_WAITING, queue[1:] or None), FollowupAction(form.name)]


async def answer_beside(turn: TopicTurn) -> list[Event]:
    """What a message asked besides the answer that a form took from it."""
    clauses = [(intent, own) for intent, own in _clauses(turn) if intent != turn.asked.intent]
    for intent, own in clauses:
        if intent in ANSWERS:
            await _say(intent, own)
    return _line_up(turn, (intent for intent, _ in clauses))


class ActionAnswerEach(Topic):
    """Answers the first thing that was asked, then the others; what needs a form comes after that."""

    NAME = "action_answer_each"

    async def reply(self, turn: TopicTurn) -> list[Event]:
        clauses = _clauses(turn)
        events: list[Event] = []
        for intent, own in clauses:
            if intent in ANSWERS:
                events += await _say(intent, own)
        events += _line_up(turn, (intent for intent, _ in clauses))
        if not any(intent in ANSWERS or intent in OPENED for intent, _ in clauses):
            turn.say("utter_fallback__rephrase")
        return events


class ActionHoldTopic(ActionAnswerEach):
    """The same while a form is under way that comes first: the new matter is next."""

    NAME = "action_hold_topic"


class ActionFollowUp(Topic):
    """Answers the last question once more, of what the message names now."""

    NAME = "action_follow_up"

    async def reply(self, turn: TopicTurn) -> list[Event]:
        topic = last_topic(turn.tracker)
        if topic not in ANSWERS:
            turn.say("utter_fallback__rephrase")
            return []
        return await _say(topic, turn)


class ActionLeaveForm(Topic):
    """The customer stops a form: nothing was changed, and the matter that waits is next."""

    NAME = "action_leave_form"

    async def reply(self, turn: TopicTurn) -> list[Event]:
        form = FORMS.get(turn.tracker.active_loop_name or "")
        turn.say(form.left if form else "utter_form__nothing_to_stop")
        emptied = [SlotSet(slot, None) for slot in (*(form.slots if form else ()), "requested_slot")]
        if turn.asked.intent == "say_goodbye":
            return [ActiveLoop(None), *emptied, SlotSet(SLOT_WAITING, None)]
        return [ActiveLoop(None), *emptied, *go_on(turn)]
