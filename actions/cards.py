"""The customer's cards: their state, limits and delivery; letting a frozen card be used again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rasa_sdk import Tracker

from actions import normalise
from actions.bank.interface import Card, CardStatus
from actions.topic import Asked, CustomerTopic, CustomerTurn, Event, card_label
from actions.wording import lines, part

STATE_LINES: Final[dict[CardStatus, str]] = {
    "active": "utter_card__line_active",
    "frozen": "utter_card__line_frozen",
    "blocked": "utter_card__line_blocked",
    "expired": "utter_card__line_expired",
    "not_activated": "utter_card__line_not_activated",
}


def spoken_of_before(events: Sequence[Mapping[str, Any]]) -> str | None:
    """The ending of the card that was chosen last, in whatever form."""
    for event in reversed(events):
        if event.get("event") == "slot" and event.get("name") == "card_choice" and event.get("value"):
            return normalise.card_ending(str(event["value"]))
    return None


def chosen_card(asked: Asked, cards: Sequence[Card], tracker: Tracker) -> Card | None:
    """The card that the message means, if it means one."""
    said = asked.said("card_ending", "card_kind")
    return normalise.choose_card(said, cards, previous=spoken_of_before(tracker.events))


class ActionListCards(CustomerTopic):
    """All cards with their states."""

    NAME = "action_list_cards"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        cards = await turn.bank.cards(turn.customer.customer_id)
        if cards:
            listed = [part(STATE_LINES[c.status], card=card_label(c), expiry=turn.asked.day(c.expiry)) for c in cards]
            turn.say("utter_card__list", lines=lines(listed))
        else:
            turn.say("utter_card__none")
        return []


class ActionUnfreezeCard(CustomerTopic):
    """Lets a frozen card be used again. A blocked card stays blocked."""

    NAME = "action_unfreeze_card"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        cards = await turn.bank.cards(turn.customer.customer_id)
        frozen = [card for card in cards if card.status == "frozen"]
        card = chosen_card(turn.asked, cards, turn.tracker) or (frozen[0] if len(frozen) == 1 else None)
        if card is None and frozen:
            choices = [(card_label(c), f'/unblock_card{{"card_ending": "{c.ending}"}}') for c in frozen]
            turn.say.with_choices("utter_unfreeze__which", choices)
        elif card is None:
            turn.say("utter_unfreeze__none_frozen")
        elif card.status == "frozen":
            change = await turn.bank.unfreeze_card(turn.customer.customer_id, card.card_id)
            turn.say("utter_unfreeze__done", card=card_label(card), reference=change.reference)
        elif card.status == "blocked":
            turn.say("utter_unfreeze__blocked_for_good", card=card_label(card))
        else:
            turn.say("utter_unfreeze__not_frozen", card=card_label(card))
        return []


class ActionCardArrival(CustomerTopic):
    """When a card that was ordered should arrive, and whether it is late."""

    NAME = "action_card_arrival"
    followed_as = "check_card_arrival"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        orders = await turn.bank.card_orders(turn.customer.customer_id)
        today = (await turn.bank.now(turn.customer.customer_id)).date()
        kind = normalise.card_kind(turn.asked.said("card_kind"))
        awaited = [order for order in orders if kind is None or order.kind == kind] or list(orders)
        if not awaited:
            turn.say("utter_card_arrival__none")
            return []
        order = awaited[0]
        values = {
            "card": order.card_name,
            "ordered": turn.asked.day(order.ordered_date),
            "from_day": turn.asked.day(order.expected_from),
            "by_day": turn.asked.day(order.expected_by),
        }
        if order.expected_by < today:
            turn.say("utter_card_arrival__late", **values)
        elif order.sent_date is None:
            turn.say("utter_card_arrival__being_made", **values)
        else:
            turn.say("utter_card_arrival__on_its_way", sent=turn.asked.day(order.sent_date), **values)
        return []


class ActionCheckLimits(CustomerTopic):
    """The limits of the card that is meant, or of every card."""

    NAME = "action_check_limits"
    followed_as = "check_card_limits"

    async def answer(self, turn: CustomerTurn) -> list[Event]:
        cards = await turn.bank.cards(turn.customer.customer_id)
        if not cards:
            turn.say("utter_card__none")
            return []
        chosen = chosen_card(turn.asked, cards, turn.tracker)
        listed = [
            part(
                "utter_limits__line",
                card=card_label(card),
                purchases=turn.asked.money(card.limits.per_day_purchases),
                cash=turn.asked.money(card.limits.per_day_cash),
                contactless=turn.asked.money(card.limits.per_contactless_payment),
            )
            for card in ([chosen] if chosen else cards)
        ]
        # The question whether to change one wants a yes of its own: never beside the question of a form, or among other answers.
        alone = not turn.tracker.active_loop_name and turn.tracker.get_slot("course") is None
        turn.say("utter_limits__list" if alone else "utter_limits__tell", lines=lines(listed))
        return []
