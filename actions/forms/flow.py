"""A flow: what a form asks, in order, how each answer is read, and what is done after a yes.

A topic subclasses `Flow` and writes a `Field` for each slot of its form (table.py). `actions_of` (actions.py) makes of it the
actions that Rasa calls: validate_<form>, action_ask_<form>_<slot>, and the one that ends the form.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from actions.bank.money import Money
from actions.forms.table import Form
from actions.topic import CustomerTurn, Event

#: In a slot that this way through the form does not need.
NOT_NEEDED: Final = "-"

Value = str | bool | None


@dataclass(frozen=True, kw_only=True)
class FormTurn(CustomerTurn):
    """A turn inside a form: besides bank and customer, what the form holds so far."""

    form: Form
    now: datetime  #: where the customer is
    held: dict[str, Value] = field(default_factory=dict)

    def text_of(self, slot: str) -> str:
        """What a slot holds; empty while it holds nothing."""
        value = self.held.get(slot)
        return value if isinstance(value, str) and value != NOT_NEEDED else ""

    def has(self, slot: str) -> bool:
        return self.held.get(slot) not in (None, NOT_NEEDED)


class Field(ABC):
    """One question of a form."""

    slot: ClassVar[str]
    free: ClassVar[bool] = False  #: any words are a value
    resets: ClassVar[tuple[str, ...]] = ()  #: slots that mean nothing any more once this one changes
    again: ClassVar[str] = "utter_form__not_caught"  #: said before the question is asked again

    @abstractmethod
    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        """The value that the message gives; None if it gives none.

        `direct`: it answers this very question, so that a bare word may count. Otherwise it is the first message, an answer to
        another question, or a correction: then only what cannot be meant for anything else.
        """

    @abstractmethod
    async def ask(self, turn: FormTurn) -> None:
        """Utter the question."""

    async def correct(self, turn: FormTurn) -> str | None:
        """The value that a correction gives in place of the one that is held."""
        return await self.read(turn, direct=False)

    async def claims(self, turn: FormTurn) -> bool:
        """Whether a message of another intent, or a question, answers this question all the same."""
        return False

    async def refuse(self, turn: FormTurn) -> None:
        """Say, kindly, that no value was found in the answer."""
        turn.say(self.again)


class Flow(ABC):
    """One form from its first question to what is done."""

    form: ClassVar[Form]
    action: ClassVar[str]  #: the name of the action that ends the form
    fields: ClassVar[tuple[type[Field], ...]]
    how_to: ClassVar[str]  #: said to whoever is not signed in: how it is done without this chat

    async def nothing_to_do(self, turn: FormTurn) -> str | None:
        """The response that says why there is nothing to ask, if there is nothing."""
        return None

    async def settle(self, turn: FormTurn) -> Mapping[str, Value]:
        """Values that follow from those that are held: the only account there is, a question that is not needed."""
        return {}

    @abstractmethod
    async def confirm(self, turn: FormTurn) -> None:
        """Utter the question that names what will be done."""

    @abstractmethod
    async def carry_out(self, turn: FormTurn) -> list[Event]:
        """Do it, and utter what was done."""


def money_text(value: Money) -> str:
    """Money as a slot holds it: plain digits with a point."""
    return f"{value.amount:f}"
