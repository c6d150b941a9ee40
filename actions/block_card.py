"""Stopping a card: which one, why, and only after a yes. A mislaid card is frozen, any other is blocked for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import normalise
from actions.bank import get_bank
from actions.bank.interface import BankError, BlockReason, Card
from actions.cards import chosen_card, spoken_of_before
from actions.forms.actions import AskForm, EndForm
from actions.forms.table import FORMS
from actions.topic import UTTER_UNAVAILABLE, Asked, CustomerTurn, Event, Speaker, card_label
from actions.wording import lines, part

BLOCK_CARD: Final = FORMS["block_card_form"]
NAME: Final = BLOCK_CARD.name
SLOT_CARD: Final = "card_choice"  #: the ending of the card, once validated
SLOT_REASON: Final = "block_reason"  #: lost, stolen, damaged, mislaid or other, once validated
SLOT_CONFIRM: Final = "confirm_block"
SLOTS: Final = BLOCK_CARD.slots

REASON_MISLAID: Final = "mislaid"
_REASONS: Final[dict[str, BlockReason]] = {"lost": "lost", "stolen": "stolen", "damaged": "damaged"}


def can_be_stopped(card: Card) -> bool:
    return card.status in ("active", "frozen", "not_activated")


async def customers_cards(tracker: Tracker) -> tuple[Card, ...]:
    """The cards of whoever is signed in; none for anybody else, and none while the bank does not answer."""
    asked = Asked.of(tracker)
    if asked.customer_id is None:
        return ()
    try:
        cards: Sequence[Card] = await get_bank().cards(asked.customer_id)
    except BankError:
        return ()
    return tuple(cards)


class ValidateBlockCardForm(FormValidationAction):
    """Turns what was said into a card and a reason. Without a card that can be stopped the form asks nothing."""

    NAME = f"validate_{NAME}"

    def name(self) -> str:
        return self.NAME

    def domain_slots(self, _domain: object) -> list[str]:
        return list(SLOTS)

    async def required_slots(
        self,
        domain_slots: list[str],
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> list[str]:
        stoppable = [card for card in await customers_cards(tracker) if can_be_stopped(card)]
        return list(domain_slots) if stoppable else []

    async def extract_card_choice(
        self,
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> dict[str, str]:
        """The card that the first message already named, or the only one there is."""
        if tracker.get_slot(SLOT_CARD) is not None or tracker.get_slot("requested_slot") == SLOT_CARD:
            return {}
        cards = await customers_cards(tracker)
        card = chosen_card(Asked.of(tracker), cards, tracker)
        stoppable = [c for c in cards if can_be_stopped(c)]
        if card is None and len(stoppable) == 1:
            card = stoppable[0]
        return {SLOT_CARD: card.ending} if card else {}

    async def extract_block_reason(
        self,
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> dict[str, str]:
        """Why, if the first message said so in the middle of another form, where the domain's mapping does not hold."""
        asked = Asked.of(tracker)
        if tracker.get_slot(SLOT_REASON) is not None or tracker.get_slot("requested_slot") in SLOTS:
            return {}
        reason = normalise.block_reason(asked.text) if asked.intent in BLOCK_CARD.opened_by else None
        return {SLOT_REASON: reason} if reason else {}

    async def validate_card_choice(
        self,
        value: object,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        _domain: object,
    ) -> dict[str, str | None]:
        cards = await customers_cards(tracker)
        previous = spoken_of_before([e for e in tracker.events if e.get("value") != value])
        card = normalise.choose_card(str(value), cards, previous=previous)
        if card is None:
            card = normalise.choose_card(Asked.of(tracker).text, cards, previous=previous)
        say = Speaker(dispatcher)
        if card is None:
            if tracker.get_slot("requested_slot") == SLOT_CARD:
                say("utter_block_card__card_not_found")
            return {SLOT_CARD: None}
        if not can_be_stopped(card):
            say("utter_block_card__already", card=card_label(card))
            return {SLOT_CARD: None}
        return {SLOT_CARD: card.ending}

    async def validate_block_reason(
        self,
        value: object,
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> dict[str, str | None]:
        """Any answer to the question counts; a sentence that was not an answer counts only if it names a reason."""
        reason = normalise.block_reason(str(value))
        if reason is None and value == "other":
            reason = "other"
        if reason is None and tracker.get_slot("requested_slot") == SLOT_REASON:
            corrected = await _correction(tracker)
            if corrected is not None:
                return {SLOT_REASON: None, SLOT_CARD: corrected.ending}
            reason = "other"
        return {SLOT_REASON: reason}

    async def validate_confirm_block(
        self,
        value: object,
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> dict[str, str | bool | None]:
        """A yes or no to the card that was asked about. Who names another card is asked again, about that one."""
        corrected = await _correction(tracker)
        if corrected is not None:
            return {SLOT_CONFIRM: None, SLOT_CARD: corrected.ending}
        return {SLOT_CONFIRM: value if isinstance(value, bool) else None}


async def _correction(tracker: Tracker) -> Card | None:
    """The card that the newest message names in place of the one chosen before it."""
    newest = max((i for i, event in enumerate(tracker.events) if event.get("event") == "user"), default=0)
    before = spoken_of_before(tracker.events[:newest])
    if before is None:
        return None
    stoppable = [card for card in await customers_cards(tracker) if can_be_stopped(card)]
    card = normalise.choose_card(Asked.of(tracker).said("card_ending", "card_kind"), stoppable, previous=before)
    return card if card is not None and card.ending != before else None


def _chosen(cards: Sequence[Card], tracker: Tracker) -> Card | None:
    return next((card for card in cards if card.ending == tracker.get_slot(SLOT_CARD)), None)


class AskCardChoice(AskForm):
    """Asks which card, with a button for each that can be stopped."""

    NAME = f"action_ask_{NAME}_{SLOT_CARD}"
    FORM = BLOCK_CARD

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        cards = [card for card in await turn.bank.cards(turn.customer.customer_id) if can_be_stopped(card)]
        listed = [part("utter_block_card__line", card=card_label(card)) for card in cards]
        choices = [(card_label(card), f'/inform{{"card_ending": "{card.ending}"}}') for card in cards]
        turn.say.with_choices("utter_block_card__which", choices, lines=lines(listed))
        return []


class AskBlockReason(AskForm):
    """Asks what happened to the card."""

    NAME = f"action_ask_{NAME}_{SLOT_REASON}"
    FORM = BLOCK_CARD

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        turn.say("utter_ask_block_card_form_block_reason")
        return []


class AskConfirmBlock(AskForm):
    """Says what will happen to which card, and asks for a yes."""

    NAME = f"action_ask_{NAME}_{SLOT_CONFIRM}"
    FORM = BLOCK_CARD

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        card = _chosen(await turn.bank.cards(turn.customer.customer_id), turn.tracker)
        freezes = turn.tracker.get_slot(SLOT_REASON) == REASON_MISLAID and card is not None and card.status == "active"
        label = card_label(card) if card else ""
        turn.say("utter_block_card__confirm_freeze" if freezes else "utter_block_card__confirm", card=label)
        return []


class ActionBlockCard(EndForm):
    """Does what the form has collected, if it was confirmed; empties the form's slots whatever came of it."""

    NAME = "action_block_card"
    FORM = BLOCK_CARD

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        cards = await turn.bank.cards(turn.customer.customer_id)
        card = _chosen(cards, turn.tracker)
        if card is None:
            turn.say(
                "utter_block_card__cancelled" if any(map(can_be_stopped, cards)) else "utter_block_card__none_to_stop"
            )
            return []
        if turn.tracker.get_slot(SLOT_CONFIRM) is not True:
            turn.say("utter_block_card__cancelled")
            return []
        reason = turn.tracker.get_slot(SLOT_REASON)
        if reason == REASON_MISLAID and card.status == "active":
            change = await turn.bank.freeze_card(turn.customer.customer_id, card.card_id)
            turn.say("utter_block_card__frozen", card=card_label(card), reference=change.reference)
            return []
        change = await turn.bank.block_card(
            turn.customer.customer_id, card.card_id, reason=_REASONS.get(str(reason), "other")
        )
        if not change.changed:
            turn.say("utter_block_card__already", card=card_label(card))
        elif change.replacement is None:
            turn.say(UTTER_UNAVAILABLE)
        else:
            turn.say(
                "utter_block_card__done",
                card=card_label(card),
                reference=change.reference,
                from_day=turn.asked.day(change.replacement.expected_from),
                by_day=turn.asked.day(change.replacement.expected_by),
            )
        return []
