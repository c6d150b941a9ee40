"""A trimmed history replays to the same state as the whole one, and stays short however often it is trimmed."""

from __future__ import annotations

import warnings

from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from brain.history import is_disclosed, trim, written_before
from brain.session_store import SessionTrackerStore

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa warns that slots are filled otherwise since its version 3
    DOMAIN = Domain.from_yaml(
        """
version: "3.1"
slots:
  a: {type: any, mappings: [{type: custom}]}
  b: {type: any, mappings: [{type: custom}]}
"""
    )
START: list[Event] = [
    ActionExecuted("action_session_start"),
    SessionStarted(),
    SlotSet("a", "start"),
    BotUttered("I am an AI.", metadata={"disclosure": True}),
    ActionExecuted("action_listen"),
]
STEPS = st.sampled_from(
    [
        SlotSet("a", 1),
        SlotSet("a", None),
        SlotSet("b", 2),
        ActiveLoop("form"),
        ActiveLoop(None),
        BotUttered("Well."),
        ActionExecuted("utter_well"),
    ]
)
TURNS = st.lists(st.lists(STEPS, max_size=4), max_size=25)


def _events(turns: list[list[Event]]) -> list[Event]:
    events = list(START)
    for number, steps in enumerate(turns):
        events += [UserUttered(f"text {number}", {"name": "greet"}), *steps, ActionExecuted("action_listen")]
    return events


def _tracker(events: list[Event]) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("s", events, DOMAIN.slots)


@given(TURNS)
def test_trimming_changes_no_state(turns: list[list[Event]]) -> None:
    """Slots, form, latest message and disclosure survive, also when it is done after every turn."""
    whole = _tracker(_events(turns))
    kept = list(START)
    for number, steps in enumerate(turns):
        kept = trim(
            [*kept, UserUttered(f"text {number}", {"name": "greet"}), *steps, ActionExecuted("action_listen")], turns=5
        )
    for events in (kept, trim(_events(turns), turns=5)):
        trimmed = _tracker(events)
        assert trimmed.current_slot_values() == whole.current_slot_values()
        assert trimmed.active_loop_name == whole.active_loop_name
        assert trimmed.latest_message == whole.latest_message
        assert is_disclosed(events)
        assert sum(isinstance(event, UserUttered) for event in events) <= 5
        assert len(events) <= len(START) + 3 + 5 * 6


def test_only_the_last_session_counts() -> None:
    """A new session forgets the one before, its disclosure included."""
    events = [
        *_events([[], []]),
        ActionExecuted("action_session_start"),
        SessionStarted(),
        ActionExecuted("action_listen"),
    ]
    assert len(trim(events)) == 3
    assert not is_disclosed(events)


async def test_store_keeps_no_more_sessions_than_it_may() -> None:
    """The longest unused session goes first."""
    store = SessionTrackerStore(DOMAIN, sessions=2)
    for session in ("one", "two", "one", "three"):
        tracker = await store.get_or_create_tracker(session, append_action_listen=False)
        tracker.update(SlotSet("a", session))
        await store.save(tracker)
    assert list(await store.keys()) == ["one", "three"]
    assert (await store.get_or_create_tracker("one")).get_slot("a") == "one"
    await store.delete("one")
    assert not await store.exists("one")


async def test_store_forgets_what_lies_idle() -> None:
    """Sessions that nobody used for long go at the next save."""
    store = SessionTrackerStore(DOMAIN, idle_hours=0)
    for session in ("one", "two"):
        await store.save(await store.get_or_create_tracker(session))
    assert list(await store.keys()) in (["two"], [])


def test_what_was_written_before_begins_with_the_ais_last_start_and_holds_no_buttons() -> None:
    """A person settled what came before a return; a pressed button tells nothing about the customer."""
    events: list[Event] = [
        ActionExecuted("action_session_start"),
        UserUttered("he told me to move it"),
        ActionExecuted("action_session_start"),
        UserUttered("thanks"),
        UserUttered("/affirm"),
        UserUttered("and my balance"),
    ]
    assert written_before(events) == ["thanks", "and my balance"]
