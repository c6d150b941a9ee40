"""Changing a card's daily limit for purchases or for cash. `cards.py` tells what the limits are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from actions.bank.interface import Card
from actions.bank.money import Money
from actions.bank.services import LimitKind
from actions.forms.actions import actions_of
from actions.forms.common import card_in, card_of, payload, sum_in
from actions.forms.flow import Field, Flow, FormTurn, Value, money_text
from actions.forms.table import FORMS
from actions.normalise import fold
from actions.topic import Event, card_label
from actions.wording import part

_KINDS: Final[tuple[tuple[LimitKind, re.Pattern[str]], ...]] = (
    ("cash", re.compile(
        r"\b(cash|withdraw\w*|atm|cashpoint|machine|bargeld|abheb\w*|automat\w*|retrait\w*|especes|efectivo"
        r"|retir\w*|cajero|saque\w*|dinheiro|cash)\b"
    )),
    ("purchases", re.compile(
        r"\b(purchas\w*|spend\w*|shop\w*|pay\w*|buy\w*|einkauf\w*|zahl\w*|achat\w*|paiement\w*|compra\w*|pago\w*"
        r"|gast\w*|pamimili|bayad)\b"
    )),
)  # fmt: skip
LABELS: Final = {"cash": "utter_limits__label_cash", "purchases": "utter_limits__label_purchases"}


async def _cards(turn: FormTurn) -> Sequence[Card]:
    return [card for card in await turn.bank.cards(turn.customer.customer_id) if card.status in ("active", "frozen")]


async def _card(turn: FormTurn) -> Card | None:
    return card_of(turn, await _cards(turn), LimitCard.slot)


def _kind(turn: FormTurn) -> LimitKind:
    return cast(LimitKind, turn.text_of(Kind.slot))


def _now(card: Card, kind: LimitKind) -> Money:
    return card.limits.per_day_cash if kind == "cash" else card.limits.per_day_purchases


class LimitCard(Field):
    """Of which card."""

    slot = "limit_card"
    again = "utter_block_card__card_not_found"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        card = card_in(turn, await _cards(turn), self.slot, direct=direct)
        return card.ending if card else None

    async def ask(self, turn: FormTurn) -> None:
        choices = [(card_label(card), payload(card.ending, entity="card_ending")) for card in await _cards(turn)]
        turn.say.with_choices("utter_limits__ask_card", choices)


class Kind(Field):
    """For purchases or for cash."""

    slot = "limit_kind"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        text = fold(turn.asked.entity("choice") or turn.asked.text)
        return next((kind for kind, pattern in _KINDS if pattern.search(text)), None)

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_limits__ask_kind")


class Amount(Field):
    """The new limit; not above what the bank allows."""

    slot = "limit_amount"
    again = "utter_limits__amount_not_understood"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        cards = await _cards(turn)
        currency = cards[0].limits.per_day_cash.currency
        wanted = sum_in(
            turn.asked, currency, direct=direct or re.search(r"\bto\s+\d", fold(turn.asked.text)) is not None
        )
        return None if wanted is None else money_text(wanted)

    async def correct(self, turn: FormTurn) -> str | None:
        return await self.read(turn, direct=True)

    async def ask(self, turn: FormTurn) -> None:
        card = await _card(turn)
        if card is not None:
            most = await turn.bank.card_limit_maximum(turn.customer.customer_id, card.card_id, _kind(turn))
            turn.say(
                "utter_limits__ask_amount",
                what=part(LABELS[_kind(turn)]),
                card=card_label(card),
                now=turn.asked.money(_now(card, _kind(turn))),
                most=turn.asked.money(most),
            )


class CardLimitFlow(Flow):
    """A card's limit."""

    form = FORMS["card_limit_form"]
    action = "action_change_card_limit"
    fields = (LimitCard, Kind, Amount)
    how_to = "utter_card__how_to_change_limit"

    async def nothing_to_do(self, turn: FormTurn) -> str | None:
        return None if await _cards(turn) else "utter_card__none"

    async def settle(self, turn: FormTurn) -> Mapping[str, Value]:
        cards = await _cards(turn)
        settled: dict[str, Value] = {LimitCard.slot: cards[0].ending} if len(cards) == 1 else {}
        card = await _card(turn)
        if card is not None and turn.has(Kind.slot) and turn.has(Amount.slot):
            most = await turn.bank.card_limit_maximum(turn.customer.customer_id, card.card_id, _kind(turn))
            wanted = Money.of(turn.text_of(Amount.slot), most.currency)
            if most < wanted:
                turn.say("utter_limits__too_high", most=turn.asked.money(most))
                settled |= {Amount.slot: None, self.form.confirm: None}
        return settled

    async def confirm(self, turn: FormTurn) -> None:
        card = await _card(turn)
        if card is not None:
            now = _now(card, _kind(turn))
            turn.say(
                "utter_limits__confirm",
                what=part(LABELS[_kind(turn)]),
                card=card_label(card),
                now=turn.asked.money(now),
                new=turn.asked.money(Money.of(turn.text_of(Amount.slot), now.currency)),
            )

    async def carry_out(self, turn: FormTurn) -> list[Event]:
        card = await _card(turn)
        if card is None:
            turn.say("utter_block_card__card_not_found")
            return []
        before = _now(card, _kind(turn))
        new = Money.of(turn.text_of(Amount.slot), before.currency)
        receipt = await turn.bank.change_card_limit(turn.customer.customer_id, card.card_id, _kind(turn), new)
        turn.say(
            "utter_limits__changed",
            what=part(LABELS[_kind(turn)]),
            card=card_label(card),
            before=turn.asked.money(before),
            new=turn.asked.money(new),
            reference=receipt.reference,
        )
        return []


ACTIONS: Final = actions_of(CardLimitFlow)
