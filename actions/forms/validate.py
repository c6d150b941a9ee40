"""The form itself: takes what a message gives, lets earlier answers be corrected at any point, and chooses the next question.

Rasa calls validate_<form> after each message while the form is under way. No slot of a flow has a mapping of Rasa's own: the
fields read them, so that the words "the credit one" mean a card only where a card was asked for or put right.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Final

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.bank import get_bank
from actions.bank.interface import BankError
from actions.forms import reading
from actions.forms.flow import Field, Flow, FormTurn, Value
from actions.forms.table import ANSWERING, Form
from actions.topic import Asked, Event, Speaker

log = logging.getLogger(__name__)

REQUESTED_SLOT: Final = "requested_slot"


async def form_turn(tracker: Tracker, say: Speaker, form: Form) -> FormTurn | None:
    """The turn of whoever is signed in; None for anybody else. Raises `BankError`."""
    asked = Asked.of(tracker)
    if asked.customer_id is None:
        return None
    bank = get_bank()
    return FormTurn(
        asked=asked,
        say=say,
        tracker=tracker,
        bank=bank,
        customer=await bank.customer(asked.customer_id),
        form=form,
        now=await bank.now(asked.customer_id),
        held={slot: tracker.get_slot(slot) for slot in form.slots},
    )


class ValidateFlow(FormValidationAction, ABC):
    """Drives one flow."""

    @abstractmethod
    def flow(self) -> Flow:
        """The flow."""

    def name(self) -> str:
        return f"validate_{self.flow().form.name}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: object) -> list[Event]:
        flow = self.flow()
        with wording.speaking(tracker.slots):
            try:
                turn = await form_turn(tracker, Speaker(dispatcher), flow.form)
                if turn is None or await flow.nothing_to_do(turn):
                    return _ended(flow.form)
                return await self._proceed(flow, turn)
            except BankError as error:
                # The form ends without a yes; the action that follows says why.
                log.warning("form.ended form=%s reason=%s", flow.form.name, type(error).__name__)
                return _ended(flow.form)

    async def _proceed(self, flow: Flow, turn: FormTurn) -> list[Event]:
        tracker, form = turn.tracker, flow.form
        before = dict(turn.held)
        beside: list[Event] = []
        requested = tracker.get_slot(REQUESTED_SLOT)
        heard: list[str] = []
        if requested not in form.slots:
            source = reading.opening(tracker, form, turn.asked)
            if source is not None:
                await _fill(flow, replace(turn, asked=source), but=None)
        elif not reading.comes_back(tracker, form):
            if not await _hear(flow, turn, requested):
                return []  # Rasa then lets rules answer, and comes back to the form
            heard = [requested]
            beside = await _answer_beside(turn)
        turn.held.update(await flow.settle(turn))
        changed = [slot for slot in form.slots if turn.held[slot] != before[slot] or slot in heard]
        missing = next((slot for slot in form.slots if turn.held[slot] is None), None)
        return [*beside, *(SlotSet(slot, turn.held[slot]) for slot in changed), SlotSet(REQUESTED_SLOT, missing)]


def _ended(form: Form) -> list[Event]:
    """The end of a form without a yes. A slot has to be set beside the question's: else Rasa takes it for a refusal."""
    return [SlotSet(form.confirm, None), SlotSet(REQUESTED_SLOT, None)]


async def _hear(flow: Flow, turn: FormTurn, requested: str) -> bool:
    """Take what the message gives; whether it was meant for the form at all."""
    if requested == flow.form.confirm:
        return await _hear_confirm(flow, turn)
    field = next(field for field in flow.fields if field.slot == requested)
    if turn.asked.intent not in reading.CONTROL and reading.corrects(turn.asked) and await _correct(flow, turn):
        return True
    if not reading.may_answer(turn.asked, flow.form, slot=requested, free=field.free) and not await _insists(
        field, turn
    ):
        return False
    value = await field().read(turn, direct=True)
    if value is not None:
        _put(field, turn, value)
    if await _fill(flow, turn, but=requested) or value is not None:
        return True
    if turn.asked.intent in ANSWERING or reading.wants(turn.asked, flow.form):
        await field().refuse(turn)
        return True
    return False


async def _insists(field: type[Field], turn: FormTurn) -> bool:
    """Whether a message that sounds like something else is the answer all the same: a button, or words the field claims."""
    return turn.asked.entity("choice") is not None or await field().claims(turn)


async def _hear_confirm(flow: Flow, turn: FormTurn) -> bool:
    asked, form = turn.asked, flow.form
    if asked.intent in reading.CONTROL:
        return False
    concerned = asked.intent in ANSWERING | form.opened_by | reading.UNSURE or reading.corrects(asked)
    if concerned and (reading.corrects(asked) or not reading.asks_something(asked.text)) and await _correct(flow, turn):
        turn.say("utter_form__changed")
        return True
    answer = reading.yes_or_no(asked)
    if answer is not None and asked.intent == "correct_choice":
        turn.say("utter_form__what_to_change")
        return True
    if answer is not None:
        turn.held[form.confirm] = answer
        return True
    if asked.intent in ANSWERING or reading.wants(asked, form):
        turn.say("utter_form__yes_or_no")
        return True
    return False


async def _correct(flow: Flow, turn: FormTurn) -> bool:
    """Change what the message puts right; whether anything changed."""
    changed = False
    for field in flow.fields:
        if turn.held.get(field.slot) is not None:
            value = await field().correct(turn)
            if value is not None and value != turn.held[field.slot]:
                _put(field, turn, value)
                changed = True
    return changed


async def _fill(flow: Flow, turn: FormTurn, *, but: str | None) -> bool:
    """Fill what is still open from a message that was not an answer to it; whether anything was found."""
    found = False
    for field in flow.fields:
        if field.slot != but and turn.held.get(field.slot) is None:
            value = await field().read(turn, direct=False)
            if value is not None:
                _put(field, turn, value)
                found = True
    return found


def _put(field: type[Field], turn: FormTurn, value: Value) -> None:
    turn.held[field.slot] = value
    for slot in (*field.resets, turn.form.confirm):
        turn.held[slot] = None


async def _answer_beside(turn: FormTurn) -> list[Event]:
    """What the same message asked besides is answered before the form goes on."""
    from actions.several import answer_beside  # it knows every topic, and so every form

    return await answer_beside(turn)
