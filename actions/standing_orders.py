"""Setting up, changing or stopping a standing order: which, what shall be new, and only after a yes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from actions import when
from actions.bank.money import Money
from actions.bank.services import StandingOrder
from actions.forms.actions import actions_of
from actions.forms.common import choose, payload, sum_in
from actions.forms.flow import NOT_NEEDED, Field, Flow, FormTurn, Value, money_text
from actions.forms.table import FORMS
from actions.normalise import fold
from actions.topic import Event
from actions.wording import lines, part

SET_UP, CHANGE, STOP = "set_up", "change", "stop"
_ACTIONS: Final = (
    (STOP, re.compile(

        r"\b(cancel|stop|end|delete|remove|get rid|kundig\w*|stopp\w*|losch\w*|beend\w*|annul\w*|arret\w*"
        r"|supprim\w*|cancelar|anular"

        r"|eliminar|parar|encerrar|itigil|tanggal\w*|kansel\w*)\b"
    )),
    (CHANGE, re.compile(

        r"\b(change|amend|alter|increase|raise|reduce|lower|update|move|different|make it|ander\w*|erhoh\w*"
        r"|senk\w*|modif\w*|chang\w*"

        r"|augment\w*|baiss\w*|cambi\w*|subir|aument\w*|bajar|alter\w*|mudar|palit\w*|baguhin|taas\w*)\b"
    )),
    (SET_UP, re.compile(

        r"\b(set ?up|new|create|start|make a|add|einricht\w*|neue?n?|anleg\w*|creer|mettre en place|nouve\w*|crear"
        r"|nuev\w*|configurar"

        r"|criar|nov[oa]|mag-?set|bago\w*)\b"
    )),
)  # fmt: skip


_BARE_SUM: Final = re.compile(r"^\W*\d[\d.,]*\W*$")


def _line(turn: FormTurn, order: StandingOrder) -> str:
    return part(
        "utter_standing_order__line",
        name=order.creditor_name,
        amount=turn.asked.money(order.next_payment_amount),
        day=turn.asked.day(order.next_payment_date),
    )


async def _order(turn: FormTurn) -> StandingOrder | None:
    orders = await turn.bank.standing_orders(turn.customer.customer_id)
    return next((order for order in orders if order.standing_order_id == turn.text_of(OrderChoice.slot)), None)


async def _currency(turn: FormTurn) -> str:
    return (await turn.bank.accounts(turn.customer.customer_id))[0].currency


def _amount(turn: FormTurn, currency: str) -> Money | None:
    text = turn.text_of(OrderAmount.slot)
    return Money.of(text, currency) if text else None


def _day(turn: FormTurn) -> int | None:
    text = turn.text_of(OrderDay.slot)
    return int(text) if text else None


class OrderAction(Field):
    """Set up, change or stop."""

    slot = "order_action"
    resets = ("order_choice", "order_amount", "order_day")

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        chosen = turn.asked.entity("choice")
        if chosen in (SET_UP, CHANGE, STOP):
            return chosen
        return next((key for key, pattern in _ACTIONS if pattern.search(fold(turn.asked.text))), None)

    async def correct(self, turn: FormTurn) -> str | None:
        """ "Change it to 50" corrects the amount, not the whole plan."""
        if turn.text_of(self.slot) != STOP and not re.search(r"\b(cancel|stop)\b", fold(turn.asked.text)):
            return None
        return await self.read(turn, direct=False)

    async def claims(self, turn: FormTurn) -> bool:
        return turn.asked.intent == "cancel_direct_debit"

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_standing_order__ask_action")


class OrderChoice(Field):
    """Which standing order; for a new one, to whom."""

    slot = "order_choice"
    again = "utter_standing_order__not_found"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        choices = await self._choices(turn)
        return choose(
            turn.asked.said("payee", "choice"), choices, previous=turn.text_of(self.slot) or None, direct=direct
        )

    async def ask(self, turn: FormTurn) -> None:
        if turn.text_of(OrderAction.slot) == SET_UP:
            choices = [(name, payload(name, entity="payee")) for name, _ in await self._choices(turn)]
            turn.say.with_choices("utter_standing_order__ask_payee", choices)
            return
        orders = await turn.bank.standing_orders(turn.customer.customer_id)
        choices = [(order.creditor_name, payload(order.creditor_name, entity="payee")) for order in orders]
        turn.say.with_choices(
            "utter_standing_order__ask_choice", choices, lines=lines([_line(turn, order) for order in orders])
        )

    async def _choices(self, turn: FormTurn) -> Sequence[tuple[str, str]]:
        if turn.text_of(OrderAction.slot) == SET_UP:
            return [(b.name, b.name) for b in await turn.bank.beneficiaries(turn.customer.customer_id)]
        orders = await turn.bank.standing_orders(turn.customer.customer_id)
        return [(order.standing_order_id, order.creditor_name) for order in orders]


class OrderAmount(Field):
    """How much each time; for a change, the question is what shall be new, and a new day is an answer too."""

    slot = "order_amount"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        if direct and not _BARE_SUM.match(turn.asked.text):
            # "on the 15th", "am 15.": the number is the day, unless a currency stands beside another one.
            direct = when.day_of_month(turn.asked.text, direct=False, locale=turn.asked.locale) is None
        amount = sum_in(turn.asked, await _currency(turn), direct=direct)
        if amount is not None and amount.amount > 0:
            return money_text(amount)
        return None

    async def correct(self, turn: FormTurn) -> str | None:
        return await self.read(turn, direct=True)

    async def ask(self, turn: FormTurn) -> None:
        order = await _order(turn)
        if turn.text_of(OrderAction.slot) == CHANGE and order is not None:
            turn.say(
                "utter_standing_order__ask_new",
                name=order.creditor_name,
                amount=turn.asked.money(order.next_payment_amount),
                day=str(order.day_of_month),
            )
        else:
            turn.say("utter_standing_order__ask_amount")


class OrderDay(Field):
    """On which day of the month."""

    slot = "order_day"
    again = "utter_standing_order__day_not_understood"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        day = when.day_of_month(turn.asked.text, direct=direct, locale=turn.asked.locale)
        return None if day is None else str(day)

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_standing_order__ask_day")


class StandingOrderFlow(Flow):
    """A standing order."""

    form = FORMS["change_standing_order_form"]
    action = "action_change_standing_order"
    fields = (OrderAction, OrderChoice, OrderAmount, OrderDay)
    how_to = "utter_payment__how_to_change_standing_order"

    async def settle(self, turn: FormTurn) -> Mapping[str, Value]:
        action = turn.text_of(OrderAction.slot)
        orders = await turn.bank.standing_orders(turn.customer.customer_id)
        settled: dict[str, Value] = {}
        if action in (CHANGE, STOP) and not orders:
            turn.say("utter_standing_order__none")
            return {OrderAction.slot: None}
        if action in (CHANGE, STOP) and len(orders) == 1:
            settled[OrderChoice.slot] = orders[0].standing_order_id
        if action == STOP:
            settled |= {OrderAmount.slot: NOT_NEEDED, OrderDay.slot: NOT_NEEDED}
        elif action == CHANGE:
            if turn.has(OrderAmount.slot) and not turn.has(OrderDay.slot):
                settled[OrderDay.slot] = NOT_NEEDED
            elif turn.has(OrderDay.slot) and not turn.has(OrderAmount.slot):
                settled[OrderAmount.slot] = NOT_NEEDED
        return settled

    async def confirm(self, turn: FormTurn) -> None:
        order = await _order(turn)
        amount, day = _amount(turn, await _currency(turn)), _day(turn)
        action = turn.text_of(OrderAction.slot)
        if action == SET_UP and amount is not None and day is not None:
            turn.say(
                "utter_standing_order__confirm_set_up",
                name=turn.text_of(OrderChoice.slot),
                amount=turn.asked.money(amount),
                day=str(day),
            )
        elif order is not None and action == STOP:
            turn.say(
                "utter_standing_order__confirm_stop",
                name=order.creditor_name,
                amount=turn.asked.money(order.next_payment_amount),
            )
        elif order is not None:
            turn.say(
                "utter_standing_order__confirm_change",
                name=order.creditor_name,
                old_amount=turn.asked.money(order.next_payment_amount),
                old_day=str(order.day_of_month),
                amount=turn.asked.money(amount or order.next_payment_amount),
                day=str(day or order.day_of_month),
            )

    async def carry_out(self, turn: FormTurn) -> list[Event]:
        customer, amount, day = turn.customer.customer_id, _amount(turn, await _currency(turn)), _day(turn)
        choice, action = turn.text_of(OrderChoice.slot), turn.text_of(OrderAction.slot)
        if action == STOP:
            change = await turn.bank.cancel_standing_order(customer, choice)
            turn.say("utter_standing_order__stopped", name=change.order.creditor_name, reference=change.reference)
            return []
        if action == SET_UP and amount is not None and day is not None:
            change = await turn.bank.set_up_standing_order(
                customer, creditor_name=choice, amount=amount, day_of_month=day
            )
            response = "utter_standing_order__set_up"
        else:
            change = await turn.bank.change_standing_order(customer, choice, amount=amount, day_of_month=day)
            response = "utter_standing_order__changed"
        turn.say(
            response,
            name=change.order.creditor_name,
            amount=turn.asked.money(change.order.next_payment_amount),
            day=turn.asked.day(change.order.next_payment_date),
            reference=change.reference,
        )
        return []


ACTIONS: Final = actions_of(StandingOrderFlow)
