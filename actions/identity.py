"""Who the customer is, and who she is talking to."""

from __future__ import annotations

from actions.bank import bank_name
from actions.topic import UTTER_SIGN_IN, Event, Topic, TopicTurn
from localization import fill

UTTER_AI = "utter_identity__ai"
UTTER_SIGNED_IN = "utter_identity__signed_in"


class ActionIdentify(Topic):
    """Tells how to sign in, or that she is signed in already."""

    NAME = "action_identify"

    async def reply(self, turn: TopicTurn) -> list[Event]:
        name = turn.tracker.get_slot("customer_name")
        if turn.asked.customer_id and name:
            turn.say(UTTER_SIGNED_IN, name=name)
        else:
            turn.say(UTTER_SIGN_IN)
        return []


class ActionStateIdentity(Topic):
    """Says that this is an AI, in the customer's own language."""

    NAME = "action_state_identity"

    async def reply(self, turn: TopicTurn) -> list[Event]:
        turn.say(UTTER_AI, statement=fill(turn.asked.pack.identity, bank=bank_name()))
        return []
