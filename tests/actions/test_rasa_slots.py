"""What the assessment rests on in Rasa itself: which actions slot extraction runs, when, and what it lets through.

Rasa's own ActionExtractSlots works here on our actions; only the HTTP call between them is left out.
"""

from __future__ import annotations

from typing import Any

import pytest
from rasa.core.actions.action import ActionExtractSlots, RemoteAction
from rasa.core.channels import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, BotUttered, Event, SlotSet, UserUttered, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa_sdk import Tracker

from actions.assess import ActionAssess, ActionValidateSlotMappings
from tests.actions.support import CheckingDispatcher

# Rasa says so of every domain that it reads, whatever stands in it.
pytestmark = pytest.mark.filterwarnings("ignore:Slot auto-fill has been removed")

ACTIONS = {action.name(): action for action in (ActionAssess(), ActionValidateSlotMappings())}


def domain_with(*, validates: bool, mapped: bool = True, ignored: list[str] | None = None) -> Domain:
    mapping: dict[str, Any] = {"type": "custom", **({"action": "action_assess"} if mapped else {})}
    return Domain.from_dict(
        {
            "version": "3.1",
            "intents": ["make_complaint", "check_balance"],
            "slots": {
                "assessment": {"type": "any", "influence_conversation": False, "mappings": [mapping]},
                "card_choice": {
                    "type": "text",
                    "influence_conversation": False,
                    "mappings": [{"type": "from_entity", "entity": "x"}],
                },
            },
            "entities": ["x"],
            "forms": {"block_card_form": {"required_slots": ["card_choice"], "ignored_intents": ignored or []}},
            "responses": {"utter_offer__complaint": [{"text": "A person can help."}]},
            "actions": ["action_assess", *(["action_validate_slot_mappings"] if validates else [])],
        }
    )


async def extract(
    domain: Domain, monkeypatch: pytest.MonkeyPatch, *, loop: str | None = None
) -> tuple[list[Event], list[str]]:
    """The events of slot extraction after a complaint, and the names of the actions that Rasa called."""
    called: list[str] = []

    async def answer(
        remote: RemoteAction, channel: Any, nlg: Any, tracker: DialogueStateTracker, _: Domain
    ) -> list[Event]:
        called.append(remote.name())
        dispatcher = CheckingDispatcher()
        events = await ACTIONS[remote.name()].run(
            dispatcher, Tracker.from_dict(tracker.current_state(EventVerbosity.ALL)), {}
        )
        bot = await RemoteAction._utter_responses(dispatcher.messages, channel, nlg, tracker)
        return [*bot, *deserialise_events(events)]

    monkeypatch.setattr(RemoteAction, "run", answer)
    tracker = DialogueStateTracker.from_events("s", [ActiveLoop(loop)] if loop else [], slots=domain.slots)
    parse = {"intent": {"name": "make_complaint", "confidence": 0.98}, "entities": [], "signals": {"complaint": 0.98}}
    message = UserUttered("this is bad", parse["intent"], [], parse, message_id="m-1", metadata={"message_id": "m-1"})
    tracker.update(message, domain)
    nlg = TemplatedNaturalLanguageGenerator(domain.responses)
    return await ActionExtractSlots(None).run(CollectingOutputChannel(), nlg, tracker, domain), called


def outcome(events: list[Event]) -> str | None:
    found = [event.value for event in events if isinstance(event, SlotSet) and event.key == "assessment"]
    return str(found[-1]["outcome"]) if found else None


def utterances(events: list[Event]) -> list[str]:
    return [event.metadata["utter_action"] for event in events if isinstance(event, BotUttered)]


@pytest.mark.parametrize("loop", [None, "block_card_form"])
async def test_every_message_is_assessed_and_the_offer_comes_through(
    loop: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, called = await extract(domain_with(validates=True), monkeypatch, loop=loop)
    assert called == ["action_assess", "action_validate_slot_mappings"]
    assert outcome(events) == "offer"
    assert utterances(events) == ["utter_offer__complaint"]


async def test_the_validation_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call less for each message: the mapping may name no action."""
    events, called = await extract(domain_with(validates=True, mapped=False), monkeypatch)
    assert called == ["action_validate_slot_mappings"]
    assert outcome(events) == "offer"
    assert utterances(events) == ["utter_offer__complaint"]


async def test_without_the_validation_rasa_drops_the_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why action_validate_slot_mappings exists: of a mapping's action only the slots are kept."""
    events, called = await extract(domain_with(validates=False), monkeypatch)
    assert called == ["action_assess"]
    assert outcome(events) == "offer"
    assert utterances(events) == []


async def test_an_intent_that_a_form_ignores_is_assessed_by_the_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rasa skips the mapping then; the validation runs all the same."""
    ignored = ["make_complaint"]
    events, called = await extract(domain_with(validates=True, ignored=ignored), monkeypatch, loop="block_card_form")
    assert called == ["action_validate_slot_mappings"]
    assert outcome(events) == "offer"
    events, called = await extract(domain_with(validates=False, ignored=ignored), monkeypatch, loop="block_card_form")
    assert (called, outcome(events)) == ([], None)
