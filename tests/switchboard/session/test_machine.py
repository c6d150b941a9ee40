"""The session machine, pair by pair."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.errors import SwitchboardError, WrongState
from switchboard.session import events as e
from switchboard.session.machine import FACTS, LATE_FACTS, TRANSITIONS, advance, chain
from switchboard.session.model import OWNERS, Session, State
from tests.switchboard.session.samples import AMARA, EVENT_TYPES, EVENTS, START, ai, customer, in_state, opened

CHANGES = [kind for kind in EVENT_TYPES if kind not in FACTS and kind not in LATE_FACTS]

#: The table of the design page, written a second time on purpose: whoever changes one has to change the other.
DESIGN = """
ai      handoff_requested    queued
ai      taken_over           human
ai      customer_left        closed
ai      session_expired      closed
queued  agent_assigned       human
queued  handoff_cancelled    ai
queued  callback_booked      ai
queued  queue_timed_out      ai
queued  customer_left        closed
queued  session_expired      closed
human   session_requeued     queued
human   conversation_ended   wrap_up
wrap_up customer_wrote_again human
wrap_up returned_to_ai       ai
wrap_up session_closed       closed
"""


def test_there_is_a_sample_of_every_event() -> None:
    assert set(EVENTS) == set(EVENT_TYPES)


def test_the_table_is_that_of_the_design() -> None:
    table = {(state, event): target for state, event, target in (line.split() for line in DESIGN.strip().splitlines())}
    assert table == {(state.value, EVENTS[kind].type): target.value for (state, kind), target in TRANSITIONS.items()}


@pytest.mark.parametrize(
    ("state", "kind"), product(State, CHANGES), ids=lambda value: getattr(value, "__name__", value)
)
def test_every_pair_leads_to_its_one_target_or_is_refused(state: State, kind: type[e.Event]) -> None:
    session = in_state(state)
    target = TRANSITIONS.get((state, kind))
    if target is None:
        with pytest.raises(WrongState, match=state.value):
            advance(session, EVENTS[kind], at=START)
    else:
        assert advance(session, EVENTS[kind], at=START).state is target


@pytest.mark.parametrize("pair", TRANSITIONS, ids=lambda pair: f"{pair[0]}-{pair[1].__name__}")
def test_epoch_grows_by_one_exactly_when_the_owner_changes(pair: tuple[State, type[e.Event]]) -> None:
    before = in_state(pair[0])
    after = advance(before, EVENTS[pair[1]], at=START)
    assert after.epoch - before.epoch == (1 if OWNERS[before.state] is not OWNERS[after.state] else 0)


@pytest.mark.parametrize(
    ("state", "kind"), product(State, (*FACTS, *LATE_FACTS)), ids=lambda value: getattr(value, "__name__", value)
)
def test_facts_change_neither_state_nor_epoch_and_only_some_may_follow_the_end(
    state: State, kind: type[e.Event]
) -> None:
    before = in_state(state)
    if state is State.CLOSED and kind in FACTS:
        with pytest.raises(SwitchboardError):
            advance(before, EVENTS[kind], at=START)
        return
    after = advance(before, EVENTS[kind], at=START)
    assert (after.state, after.epoch, after.version) == (before.state, before.epoch, before.version + 1)


def test_nothing_leads_out_of_closed() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] is State.CLOSED]


def test_a_person_handing_back_makes_the_ai_disclose_again() -> None:
    returned = advance(in_state(State.WRAP_UP), EVENTS[e.ReturnedToAI], at=START)
    assert not returned.disclosed
    assert returned.brain_epoch is None


def test_leaving_the_queue_keeps_the_disclosure_unless_a_person_had_spoken() -> None:
    assert advance(in_state(State.QUEUED), e.HandoffCancelled(), at=START).disclosed
    requeued = advance(in_state(State.HUMAN), EVENTS[e.SessionRequeued], at=START)
    for leave in (e.HandoffCancelled, e.CallbackBooked, e.QueueTimedOut):
        assert not advance(requeued, EVENTS[leave], at=START).disclosed


def test_a_customers_message_is_owed_an_answer_only_while_the_ai_owns_the_session() -> None:
    assert advance(in_state(State.AI), customer("hello"), at=START).open_turns == ("c",)
    for state in (State.QUEUED, State.HUMAN, State.WRAP_UP):
        assert advance(in_state(state), customer("hello"), at=START).open_turns == ()


def test_a_change_of_owner_lets_go_of_open_turns() -> None:
    asked = advance(in_state(State.AI), customer("hello"), at=START)
    for kind in (e.HandoffRequested, e.TakenOver, e.CustomerLeft):
        assert advance(asked, EVENTS[kind], at=START).open_turns == ()


def test_a_lost_agents_session_goes_to_the_front_and_keeps_its_time_in_the_queue() -> None:
    human = in_state(State.HUMAN)
    later = START + timedelta(minutes=10)
    requeued = advance(human, EVENTS[e.SessionRequeued], at=later)
    assert requeued.to_front
    assert requeued.queued_at == START
    assert requeued.agent is None
    assert not requeued.announced


def test_a_session_that_was_taken_over_can_be_transferred_with_an_explanation() -> None:
    taken = advance(in_state(State.AI), e.TakenOver(agent=AMARA, reason="wrong"), at=START)
    requeued = advance(taken, e.SessionRequeued(reason="transfer", by=AMARA, queue="fraud"), at=START)
    assert requeued.escalation is not None
    assert (requeued.escalation.criterion, requeued.escalation.queue) == ("taken_over", "fraud")


@given(seconds=st.lists(st.integers(-3600, 3600), max_size=8))
def test_time_in_a_record_never_goes_back_though_the_clock_may(seconds: list[int]) -> None:
    session, at = opened(), START
    for number, step in enumerate(seconds):
        at += timedelta(seconds=step)
        after = advance(session, ai("I am an AI.", disclosure=True, id=str(number)), at=at)
        assert after.updated_at >= session.updated_at
        session = after
    queued = advance(session, EVENTS[e.HandoffRequested], at=START - timedelta(days=1))
    assert queued.queued_at is not None
    assert queued.queued_at >= queued.opened_at


@given(st.lists(st.sampled_from(list(EVENT_TYPES)), max_size=25))
def test_any_walk_keeps_the_invariants(kinds: list[type[e.Event]]) -> None:
    session = in_state(State.AI)
    for number, kind in enumerate(kinds):
        event = EVENTS[kind]
        if isinstance(event, e.MessageAdded):
            event = event.model_copy(update={"id": str(number)})
        try:
            after = advance(session, event, at=START)
        except SwitchboardError:
            continue
        assert after.version == session.version + 1
        assert after.seq - session.seq == isinstance(event, e.MessageAdded)
        assert (after.agent is not None) == (after.state in (State.HUMAN, State.WRAP_UP)) or after.is_closed
        assert after.state is not State.QUEUED or (after.queued_at is not None and after.escalation is not None)
        assert not after.open_turns or after.state is State.AI
        assert Session.model_validate_json(after.model_dump_json()) == after
        session = after


def test_the_hash_depends_on_everything_that_is_recorded() -> None:
    usual = ("0" * 64, "s", 1, START.isoformat(), "{}")
    for place, other in enumerate(("1" * 64, "t", 2, "2026-11-02T09:00:01+00:00", '{"a":1}')):
        changed = (*usual[:place], other, *usual[place + 1 :])
        assert chain(*changed) != chain(*usual)  # type: ignore[arg-type]  # the tuple mixes texts and one number
