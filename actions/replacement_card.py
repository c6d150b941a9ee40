"""Ordering a new card in place of one that is worn out or expires. A lost or stolen card is blocked instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from rasa_sdk.events import FollowupAction, SlotSet

from actions import normalise
from actions.bank.interface import Card
from actions.bank.services import ReplacementReason
from actions.course import SLOT_WAITING, waiting
from actions.forms.actions import actions_of
from actions.forms.common import card_in, card_of, payload
from actions.forms.flow import NOT_NEEDED, Field, Flow, FormTurn, Value
from actions.forms.reading import yes_or_no
from actions.forms.table import FORMS
from actions.topic import Event, card_label

MISSING: Final = frozenset({"lost", "stolen"})  #: reasons for a block instead
OK, MOVED = "ok", "moved"
_REASONS: Final[tuple[tuple[ReplacementReason, re.Pattern[str]], ...]] = (
    ("expired", re.compile(
        r"\b(expir\w*|run(s|ning)? out|ablauf\w*|abgelaufen|caduc\w*|venc\w*|vencid\w*|nag-?expire\w*)\b"
    )),
    ("new_name", re.compile(r"\b(name|married|namen?|nom|nombre|nome|apellido|sobrenome|apelyido|pangalan)\b")),
    ("worn", re.compile(
        r"\b(worn|faded|scratch\w*|wear|reads? badly|abgenutzt|zerkratzt|usee?|ray\w*|gastad\w*|desgast\w*"
        r"|gasgas\w*)\b"
    )),
    ("damaged", re.compile(

        r"\b(damag\w*|brok\w*|crack\w*|snap\w*|bent|chip|split|kaputt|beschadigt|cassee?|abimee?|rot[ao]|danad\w*"
        r"|quebrad\w*|danificad\w*"

        r"|sira|basag)\b"
    )),
)  # fmt: skip


async def _cards(turn: FormTurn) -> Sequence[Card]:
    return [card for card in await turn.bank.cards(turn.customer.customer_id) if card.status != "blocked"]


class ReplacementCard(Field):
    """Which card."""

    slot = "replacement_card"
    again = "utter_block_card__card_not_found"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        card = card_in(turn, await _cards(turn), self.slot, direct=direct)
        return card.ending if card else None

    async def ask(self, turn: FormTurn) -> None:
        choices = [(card_label(card), payload(card.ending, entity="card_ending")) for card in await _cards(turn)]
        turn.say.with_choices("utter_replacement__ask_card", choices)


class Reason(Field):
    """Why a new one is needed."""

    slot = "replacement_reason"
    free = True

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        text = turn.asked.entity("choice") or turn.asked.text
        missing = normalise.block_reason(text)
        if missing in MISSING or text in MISSING:
            return missing or text
        named = next((reason for reason, pattern in _REASONS if pattern.search(normalise.fold(text))), None)
        if named is None and text in {"damaged", "worn", "expired", "new_name", "other"}:
            named = cast(ReplacementReason, text)
        return named or ("other" if direct else None)

    async def correct(self, turn: FormTurn) -> str | None:
        return await self.read(turn, direct=False)

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_replacement__ask_reason")


class Address(Field):
    """Whether the address that the bank has is still right."""

    slot = "replacement_address"
    again = "utter_form__yes_or_no"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        if not direct:
            return None
        answer = False if turn.asked.intent == "change_personal_details" else yes_or_no(turn.asked)
        return {True: OK, False: MOVED}.get(answer) if answer is not None else None

    async def correct(self, turn: FormTurn) -> str | None:
        moved = re.search(
            r"\b(address|moved|adresse|umgezogen|demenag\w*|direccion|endereco|mud\w+|lipat\w*)\b",
            normalise.fold(turn.asked.text),
        )
        return MOVED if moved else None

    async def ask(self, turn: FormTurn) -> None:
        contact = await turn.bank.contact(turn.customer.customer_id)
        turn.say("utter_replacement__ask_address", address=contact.address)


class ReplacementFlow(Flow):
    """A new card."""

    form = FORMS["order_replacement_card_form"]
    action = "action_order_replacement_card"
    fields = (ReplacementCard, Reason, Address)
    how_to = "utter_card__how_to_order"

    async def nothing_to_do(self, turn: FormTurn) -> str | None:
        return None if await _cards(turn) else "utter_card__none"

    async def settle(self, turn: FormTurn) -> Mapping[str, Value]:
        cards = await _cards(turn)
        settled: dict[str, Value] = {}
        if len(cards) == 1:
            settled[ReplacementCard.slot] = cards[0].ending
        if turn.text_of(Reason.slot) in MISSING:
            # The block asks for its own yes: this form only leads there.
            settled |= {slot: turn.held[slot] or NOT_NEEDED for slot in (ReplacementCard.slot, Address.slot)}
            settled[self.form.confirm] = True
        elif turn.text_of(Address.slot) == MOVED:
            settled[self.form.confirm] = True
        return settled

    async def confirm(self, turn: FormTurn) -> None:
        card = card_of(turn, await _cards(turn), ReplacementCard.slot)
        contact = await turn.bank.contact(turn.customer.customer_id)
        turn.say("utter_replacement__confirm", card=card_label(card) if card else "", address=contact.address)

    async def carry_out(self, turn: FormTurn) -> list[Event]:
        reason = turn.text_of(Reason.slot)
        if reason in MISSING:
            turn.say("utter_replacement__block_first")
            others = [intent for intent in waiting(turn.tracker) if intent not in self.form.opened_by]
            return [
                SlotSet(SLOT_WAITING, others or None),
                SlotSet("card_choice", turn.text_of(ReplacementCard.slot) or None),
                SlotSet("block_reason", reason),
                FollowupAction("block_card_form"),
            ]
        if turn.text_of(Address.slot) == MOVED:
            turn.say("utter_replacement__address_first")
            queue = ["order_replacement_card", *waiting(turn.tracker)]
            return [
                SlotSet(SLOT_WAITING, queue),
                SlotSet("detail_kind", "address"),
                *(SlotSet(slot, turn.held[slot]) for slot in (ReplacementCard.slot, Reason.slot)),
                SlotSet(Address.slot, OK),
                FollowupAction("change_details_form"),
            ]
        card = card_of(turn, await _cards(turn), ReplacementCard.slot)
        if card is None:
            turn.say("utter_block_card__card_not_found")
            return []
        ordered = await turn.bank.order_card(
            turn.customer.customer_id, card.card_id, reason=cast(ReplacementReason, reason)
        )
        turn.say(
            "utter_replacement__done",
            card=card_label(card),
            reference=ordered.reference,
            from_day=turn.asked.day(ordered.order.expected_from),
            by_day=turn.asked.day(ordered.order.expected_by),
        )
        return []


ACTIONS: Final = actions_of(ReplacementFlow)
