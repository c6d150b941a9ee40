"""A statement: of which account, for which time, in the app or by post."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final, cast

from actions import when
from actions.bank.interface import Account
from actions.bank.services import StatementWay
from actions.forms.actions import actions_of
from actions.forms.common import account_in, payload
from actions.forms.flow import Field, Flow, FormTurn, Value
from actions.forms.table import FORMS
from actions.normalise import fold
from actions.topic import Event, account_label

APP, POST = "app", "post"
_POST: Final = re.compile(
    r"\b(post|posted|mail(ed)?|paper|letter|printed?|hard copy|papier|brief|courrier|poste|correo postal|papel"
    r"|impres\w*|carta|correios|koreo|sulat)\b"
)
_APP: Final = re.compile(
    r"\b(app|pdf|online|digital\w*|download|email|e-mail|phone|electronic\w*|herunterlad\w*|telecharg\w*"
    r"|descarg\w*|baixar)\b"
)


async def _account(turn: FormTurn) -> Account | None:
    accounts = await turn.bank.accounts(turn.customer.customer_id)
    return next((a for a in accounts if a.account_id == turn.text_of(StatementAccount.slot)), None)


def _period(turn: FormTurn) -> when.Period:
    first, last = turn.text_of(StatementPeriod.slot).split("/")
    return when.Period(first=date.fromisoformat(first), last=date.fromisoformat(last))


class StatementAccount(Field):
    """Of which account."""

    slot = "statement_account"
    again = "utter_statement__account_not_found"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        account = account_in(turn, await turn.bank.accounts(turn.customer.customer_id), direct=direct)
        return account.account_id if account else None

    async def ask(self, turn: FormTurn) -> None:
        accounts = await turn.bank.accounts(turn.customer.customer_id)
        choices = [(account_label(a), payload(a.identification)) for a in accounts]
        turn.say.with_choices("utter_statement__ask_account", choices)


class StatementPeriod(Field):
    """For which time."""

    slot = "statement_period"
    again = "utter_statement__period_not_understood"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        text = turn.asked.entity("choice") or turn.asked.text
        today = turn.now.date()
        found = when.period(text.replace("_", " "), today=today, locale=turn.asked.locale)
        return None if found is None else f"{found.first.isoformat()}/{found.last.isoformat()}"

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_statement__ask_period")


class StatementDelivery(Field):
    """In the app or by post."""

    slot = "statement_way"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        text = fold(turn.asked.entity("choice") or turn.asked.text)
        if _POST.search(text):
            return POST
        return APP if _APP.search(text) else None

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_statement__ask_way")


class StatementFlow(Flow):
    """A statement."""

    form = FORMS["get_statement_form"]
    action = "action_order_statement"
    fields = (StatementAccount, StatementPeriod, StatementDelivery)
    how_to = "utter_account__how_to_get_statement"

    async def settle(self, turn: FormTurn) -> Mapping[str, Value]:
        accounts = await turn.bank.accounts(turn.customer.customer_id)
        return {StatementAccount.slot: accounts[0].account_id} if len(accounts) == 1 else {}

    async def confirm(self, turn: FormTurn) -> None:
        account, period = await _account(turn), _period(turn)
        values = {
            "account": account_label(account) if account else "",
            "first": turn.asked.day(period.first),
            "last": turn.asked.day(period.last),
        }
        if turn.text_of(StatementDelivery.slot) == POST:
            contact = await turn.bank.contact(turn.customer.customer_id)
            turn.say("utter_statement__confirm_post", address=contact.address, **values)
        else:
            turn.say("utter_statement__confirm_app", **values)

    async def carry_out(self, turn: FormTurn) -> list[Event]:
        account, period = await _account(turn), _period(turn)
        way = cast(StatementWay, turn.text_of(StatementDelivery.slot))
        order = await turn.bank.order_statement(
            turn.customer.customer_id,
            turn.text_of(StatementAccount.slot),
            first=period.first,
            last=period.last,
            way=way,
        )
        turn.say(
            "utter_statement__done_post" if way == POST else "utter_statement__done_app",
            account=account_label(account) if account else "",
            first=turn.asked.day(period.first),
            last=turn.asked.day(period.last),
            ready=turn.asked.day(order.ready),
            reference=order.reference,
        )
        return []


ACTIONS: Final = actions_of(StatementFlow)
