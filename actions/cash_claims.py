"""A cash machine gave no money, or too little: where, when, how much was asked for and how much came out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from actions import when
from actions.bank.money import Money
from actions.forms.actions import actions_of
from actions.forms.common import sum_in
from actions.forms.flow import Field, Flow, FormTurn, Value, money_text
from actions.forms.table import FORMS
from actions.normalise import fold
from actions.topic import Event

_OLDEST: Final = timedelta(days=120)
_NOTHING: Final = re.compile(
    r"\b(nothing|none|no (money|cash|notes)|zero|not a penny|did ?n.?t give|never came|nichts|kein geld|rien"
    r"|aucun|nada|nenhum|wala|walang)\b"
)
_RECEIVED: Final = re.compile(
    r"\b(only|just|got|gave( me)?|received|came out|dispensed|nur|bekommen|recu|donne|seulement|solo|recibi"
    r"|dio|so|recebi|deu|lang|lumabas"
    r"|nakuha)\s+(?:me\s+)?[£€$₱]?\s?\d"
)
_ASKED: Final = re.compile(
    r"\b(asked|wanted|requested|tried|withdraw\w*|take out|take|abheb\w*|retir\w*|demand\w*|pedi|pid\w*"
    r"|sac\w*)\b"
)


async def _currency(turn: FormTurn) -> str:
    return (await turn.bank.accounts(turn.customer.customer_id))[0].currency


async def _received_in(turn: FormTurn) -> Money | None:
    """What came out, where the words say that it came out: "only got 20", "gave me nothing"."""
    currency = await _currency(turn)
    folded = fold(turn.asked.text)
    if _NOTHING.search(folded):
        return Money.zero(currency)
    found = _RECEIVED.search(folded)
    if found is None:
        return None
    return _sum_at(turn, currency, start=found.start())


def _sum_at(turn: FormTurn, currency: str, *, start: int) -> Money | None:
    return sum_in(replace(turn.asked, text=turn.asked.text[start:], entities=()), currency, direct=True)


class Place(Field):
    """Which machine."""

    slot = "machine_place"
    free = True

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        named = turn.asked.entity("branch_place", "merchant")
        if named is not None and not direct:
            return named
        if direct and not sum_only(turn):
            return turn.asked.entity("choice") or turn.asked.text.strip(" .!")[:120]
        return None

    async def correct(self, turn: FormTurn) -> str | None:
        return turn.asked.entity("branch_place")

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_cash_claim__ask_place")


def sum_only(turn: FormTurn) -> bool:
    """Whether a message is a bare sum or day, and so no place."""
    return (
        re.fullmatch(
            r"\W*\d+([.,]\d+)?\W*|\W*(yesterday|today|gestern|heute|hier|ayer|hoy|ontem|hoje)\W*", fold(turn.asked.text)
        )
        is not None
    )


class Day(Field):
    """On which day."""

    slot = "machine_day"
    again = "utter_cash_claim__day_not_understood"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        today = turn.now.date()
        found = when.day(turn.asked.text, today=today, ahead=False, locale=turn.asked.locale)
        return found.isoformat() if found is not None and today - _OLDEST <= found <= today else None

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_cash_claim__ask_day")


class AskedFor(Field):
    """How much the customer wanted."""

    slot = "machine_asked"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        folded = fold(turn.asked.text)
        got = _RECEIVED.search(folded)
        if not direct and not _ASKED.search(folded):
            return None
        text_end = got.start() if got else len(turn.asked.text)
        found = _sum_before(turn, await _currency(turn), end=text_end, direct=direct)
        return money_text(found) if found is not None and found.amount > 0 else None

    async def correct(self, turn: FormTurn) -> str | None:
        """A sum put right is the one asked for, unless the words speak of what came out."""
        if await _received_in(turn) is not None and not _ASKED.search(fold(turn.asked.text)):
            return None
        found = sum_in(turn.asked, await _currency(turn), direct=True)
        return money_text(found) if found is not None and found.amount > 0 else None

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_cash_claim__ask_asked")


def _sum_before(turn: FormTurn, currency: str, *, end: int, direct: bool) -> Money | None:
    asked = turn.asked if end >= len(turn.asked.text) else replace(turn.asked, text=turn.asked.text[:end], entities=())
    return sum_in(asked, currency, direct=direct)


class Received(Field):
    """How much came out."""

    slot = "machine_received"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        found = await _received_in(turn)
        if found is None and direct:
            found = sum_in(turn.asked, await _currency(turn), direct=True)
            if found is None and turn.asked.intent == "deny":
                found = Money.zero(await _currency(turn))
        return None if found is None else money_text(found)

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_cash_claim__ask_received")


class CashClaimFlow(Flow):
    """Money that a cash machine kept."""

    form = FORMS["cash_machine_claim_form"]
    action = "action_claim_cash"
    fields = (Place, Day, AskedFor, Received)
    how_to = "utter_cash_claim__how_to"

    async def settle(self, turn: FormTurn) -> dict[str, Value]:
        if turn.has(AskedFor.slot) and turn.has(Received.slot):
            currency = await _currency(turn)
            if Money.of(turn.text_of(AskedFor.slot), currency) <= Money.of(turn.text_of(Received.slot), currency):
                turn.say("utter_cash_claim__nothing_missing")
                return {Received.slot: None, self.form.confirm: None}
        return {}

    async def confirm(self, turn: FormTurn) -> None:
        turn.say("utter_cash_claim__confirm", **await self._values(turn))

    async def carry_out(self, turn: FormTurn) -> list[Event]:
        currency = await _currency(turn)
        case = await turn.bank.claim_cash(
            turn.customer.customer_id,
            place=turn.text_of(Place.slot),
            day=date.fromisoformat(turn.text_of(Day.slot)),
            asked=Money.of(turn.text_of(AskedFor.slot), currency),
            received=Money.of(turn.text_of(Received.slot), currency),
        )
        turn.say(
            "utter_cash_claim__done",
            reference=case.reference,
            answer_by=turn.asked.day(case.answer_by),
            **await self._values(turn),
        )
        return []

    async def _values(self, turn: FormTurn) -> dict[str, str]:
        currency = await _currency(turn)
        asked, received = (Money.of(turn.text_of(slot), currency) for slot in (AskedFor.slot, Received.slot))
        return {
            "place": turn.text_of(Place.slot),
            "day": turn.asked.day(date.fromisoformat(turn.text_of(Day.slot))),
            "asked": turn.asked.money(asked),
            "received": turn.asked.money(received),
            "missing": turn.asked.money(asked - received),
        }


ACTIONS: Final = actions_of(CashClaimFlow)
