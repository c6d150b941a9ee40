"""Makes the actions of a flow: its validation, a question for each slot, and the action that ends it."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import ClassVar

from rasa_sdk import Action
from rasa_sdk.events import SlotSet

from actions.bank.interface import CardNotChangeable, CardUnknown, ChangeRefused
from actions.course import go_on
from actions.forms.flow import Flow, FormTurn
from actions.forms.reading import comes_back
from actions.forms.table import Form
from actions.forms.validate import ValidateFlow, form_turn
from actions.topic import UTTER_UNAVAILABLE, CustomerTopic, CustomerTurn, Event, TopicTurn, label

log = logging.getLogger(__name__)

UTTER_RETURNING = "utter_form__returning"


class AskForm(CustomerTopic, ABC):
    """A question of a form. After something else was answered, it first says what it comes back to."""

    FORM: ClassVar[Form]

    async def reply(self, turn: TopicTurn) -> list[Event]:
        if turn.asked.customer_id is not None and comes_back(turn.tracker, self.FORM):
            turn.say(UTTER_RETURNING, topic=label(self.FORM.topic))
        return await super().reply(turn)


class EndForm(CustomerTopic, ABC):
    """The action after a form: empties its slots whatever came of it, and goes on to the matter that waits, if one does."""

    FORM: ClassVar[Form]

    async def respond(self, turn: TopicTurn) -> list[Event]:
        events = await super().respond(turn)
        emptied = [SlotSet(slot, None) for slot in self.FORM.slots]
        return [*emptied, *events, *go_on(turn, after=events)]


class AskFlow(AskForm, ABC):
    """A question of a flow."""

    SLOT: ClassVar[str]

    @abstractmethod
    def flow(self) -> Flow:
        """The flow."""

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        flow = self.flow()
        asking = await form_turn(turn.tracker, turn.say, flow.form)
        if asking is not None and flow.form.confirm == self.SLOT:
            await flow.confirm(asking)
        elif asking is not None:
            await next(field for field in flow.fields if field.slot == self.SLOT)().ask(asking)
        return []


class EndFlow(EndForm, ABC):
    """Does what was confirmed; says that nothing was changed where it was not."""

    @abstractmethod
    def flow(self) -> Flow:
        """The flow."""

    async def reply(self, turn: TopicTurn) -> list[Event]:
        if turn.asked.customer_id is None:
            turn.say(self.flow().how_to)
            return []
        return await super().reply(turn)

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        flow = self.flow()
        ending = await form_turn(turn.tracker, turn.say, flow.form)
        confirmed = turn.tracker.get_slot(flow.form.confirm)
        if ending is None:
            return []
        if confirmed is True:
            return await self._carry_out(flow, ending)
        if confirmed is False:
            turn.say(flow.form.left)
        else:
            turn.say(await flow.nothing_to_do(ending) or UTTER_UNAVAILABLE)
        return []

    async def _carry_out(self, flow: Flow, turn: FormTurn) -> list[Event]:
        try:
            return await flow.carry_out(turn)
        except (ChangeRefused, CardNotChangeable, CardUnknown) as error:
            log.warning("form.refused form=%s reason=%s", flow.form.name, type(error).__name__)
            turn.say("utter_bank__refused")
            return []


def actions_of(flow: type[Flow]) -> tuple[type[Action], ...]:
    """The actions of a flow, named as Rasa looks for them."""
    form = flow.form
    shared = {"flow": lambda _self: flow(), "FORM": form, "__module__": flow.__module__, "__doc__": flow.__doc__}
    stem = flow.__name__
    asks = tuple(
        type(f"{stem}Ask_{slot}", (AskFlow,), {**shared, "SLOT": slot, "NAME": f"action_ask_{form.name}_{slot}"})
        for slot in form.slots
    )
    return (
        type(f"{stem}Validation", (ValidateFlow,), shared),
        *asks,
        type(f"{stem}End", (EndFlow,), {**shared, "NAME": flow.action}),
    )
