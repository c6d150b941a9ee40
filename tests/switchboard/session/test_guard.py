"""The one door to the transcript."""

from __future__ import annotations

import pytest

from switchboard.errors import NotDisclosed, NotYours, SessionClosed, StaleEpoch, WrongState
from switchboard.session.guard import admit
from switchboard.session.model import Speaker, State
from tests.switchboard.session.samples import AMARA, BEN, EVENTS, agent, ai, customer, in_state, opened


def test_guard_refuses_the_ai_before_the_disclosure() -> None:
    with pytest.raises(NotDisclosed):
        admit(opened(), ai("Your balance is 3."))


def test_guard_lets_the_disclosure_be_first() -> None:
    admit(opened(), ai("I am an AI.", disclosure=True))


def test_guard_lets_the_ai_speak_when_it_has_disclosed() -> None:
    admit(in_state(State.AI), ai("Your balance is 3."))


@pytest.mark.parametrize("epoch", [0, 2, 99])
def test_guard_refuses_what_the_ai_said_in_another_epoch(epoch: int) -> None:
    with pytest.raises(StaleEpoch):
        admit(in_state(State.AI), ai("Your balance is 3.", epoch=epoch))


@pytest.mark.parametrize("state", [State.QUEUED, State.HUMAN, State.WRAP_UP])
def test_guard_refuses_the_ai_in_a_session_of_others_even_with_the_right_epoch(state: State) -> None:
    session = in_state(state)
    with pytest.raises(WrongState):
        admit(session, ai("Me again.", epoch=session.epoch))


@pytest.mark.parametrize("state", [State.QUEUED, State.HUMAN, State.WRAP_UP])
def test_guard_refuses_a_disclosure_too_in_a_session_of_others(state: State) -> None:
    session = in_state(state)
    with pytest.raises(WrongState):
        admit(session, ai("I am an AI.", epoch=session.epoch, disclosure=True))


def test_guard_lets_the_sessions_own_agent_write() -> None:
    admit(in_state(State.HUMAN), agent("Hello.", by=AMARA))


def test_guard_refuses_another_agent() -> None:
    with pytest.raises(NotYours):
        admit(in_state(State.HUMAN), agent("Hello.", by=BEN))


@pytest.mark.parametrize("state", [State.AI, State.QUEUED, State.WRAP_UP])
def test_guard_refuses_agents_where_no_person_is_in_the_talk(state: State) -> None:
    with pytest.raises(WrongState):
        admit(in_state(state), agent("Hello."))


@pytest.mark.parametrize("state", [state for state in State if state is not State.CLOSED])
def test_guard_lets_customers_and_the_system_speak_in_every_open_session(state: State) -> None:
    admit(in_state(state), customer("Hello?"))
    admit(in_state(state), customer("A notice.").model_copy(update={"speaker": Speaker.SYSTEM}))


@pytest.mark.parametrize("speaker", Speaker)
def test_guard_refuses_everybody_after_the_end(speaker: Speaker) -> None:
    with pytest.raises(SessionClosed):
        admit(in_state(State.CLOSED), customer("Hello?").model_copy(update={"speaker": speaker}))


def test_every_message_has_a_speaker() -> None:
    assert all(speaker in Speaker for speaker in [message.speaker for message in (agent(""), ai(""), customer(""))])
    assert "speaker" in type(agent("")).model_json_schema()["required"]
    assert EVENTS
