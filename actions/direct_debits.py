"""Cancelling a direct debit: which one, and only after a yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actions.bank.interface import DirectDebit
from actions.forms.actions import actions_of
from actions.forms.common import choose, payload
from actions.forms.flow import Field, Flow, FormTurn, Value
from actions.forms.table import FORMS
from actions.topic import Event
from actions.wording import lines, part


async def _debits(turn: FormTurn) -> tuple[DirectDebit, ...]:
    return await turn.bank.direct_debits(turn.customer.customer_id)


async def _debit(turn: FormTurn) -> DirectDebit | None:
    return next((d for d in await _debits(turn) if d.direct_debit_id == turn.text_of(DebitChoice.slot)), None)


class DebitChoice(Field):
    """Whose direct debit."""

    slot = "debit_choice"
    again = "utter_direct_debit__not_found"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        choices = [(debit.direct_debit_id, debit.name) for debit in await _debits(turn)]
        said = turn.asked.said("merchant", "payee", "choice")
        return choose(said, choices, previous=turn.text_of(self.slot) or None, direct=direct)

    async def ask(self, turn: FormTurn) -> None:
        debits = await _debits(turn)
        listed = [
            part(
                "utter_direct_debit__line",
                name=debit.name,
                amount=turn.asked.money(debit.previous_payment_amount),
                day=turn.asked.short_day(debit.next_payment_date),
            )
            for debit in debits
        ]
        choices = [(debit.name, payload(debit.name, entity="payee")) for debit in debits]
        turn.say.with_choices("utter_direct_debit__ask_choice", choices, lines=lines(listed))


class DirectDebitFlow(Flow):
    """The end of a direct debit."""

    form = FORMS["cancel_direct_debit_form"]
    action = "action_cancel_direct_debit"
    fields = (DebitChoice,)
    how_to = "utter_payment__how_to_cancel_direct_debit"

    async def nothing_to_do(self, turn: FormTurn) -> str | None:
        return None if await _debits(turn) else "utter_direct_debit__none"

    async def settle(self, turn: FormTurn) -> Mapping[str, Value]:
        debits = await _debits(turn)
        return {DebitChoice.slot: debits[0].direct_debit_id} if len(debits) == 1 else {}

    async def confirm(self, turn: FormTurn) -> None:
        debit = await _debit(turn)
        if debit is not None:
            turn.say(
                "utter_direct_debit__confirm",
                name=debit.name,
                amount=turn.asked.money(debit.previous_payment_amount),
                day=turn.asked.day(debit.next_payment_date),
            )

    async def carry_out(self, turn: FormTurn) -> list[Event]:
        debit = await _debit(turn)
        receipt = await turn.bank.cancel_direct_debit(turn.customer.customer_id, turn.text_of(DebitChoice.slot))
        turn.say("utter_direct_debit__done", name=debit.name if debit else "", reference=receipt.reference)
        return []


ACTIONS: Final = actions_of(DirectDebitFlow)
