"""The order of the queue: urgency, ageing, and who is back in line through no fault of hers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.clock import HeldClock
from switchboard.desk.queue import AGEING_S, Queue, effective_rank
from switchboard.session import events as e
from switchboard.session.machine import advance, open_session
from switchboard.session.model import DeskAgentRef, Escalation, Priority, Session
from switchboard.store.sql import Committed

ANA = DeskAgentRef(id="ana", name="Ana")
CLOCK = HeldClock()


def waiting(name: str, priority: Priority, *, waited: float = 0, to_front: bool = False) -> Session:
    """A session that has been in the queue for so many seconds."""
    at = CLOCK.now() - timedelta(seconds=waited)
    session = open_session(name, e.SessionOpened(channel="web", locale="en-GB"), at=at)
    session = advance(session, e.HandoffRequested(escalation=Escalation(criterion="c", priority=priority)), at=at)
    if to_front:
        session = advance(session, e.AgentAssigned(agent=ANA), at=at)
        session = advance(session, e.SessionRequeued(reason="agent_lost", by=ANA), at=at)
    return session


def queue_of(*sessions: Session) -> Queue:
    """A queue that holds these."""
    queue = Queue(CLOCK)
    queue.restore(sessions)
    return queue


def order(*sessions: Session) -> list[str]:
    """The ids in their order."""
    return [session.id for session in queue_of(*sessions).waiting()]


def test_urgency_comes_before_arrival() -> None:
    """Life-safety, fraud, vulnerable, standard, whoever came first."""
    sessions = [waiting(p.value, p, waited=p.rank * 10) for p in reversed(Priority)]
    assert order(*sessions) == [p.value for p in Priority]


def test_within_a_class_who_was_thrown_back_comes_first() -> None:
    """Then who has waited longest."""
    assert order(
        waiting("late", Priority.FRAUD, waited=10),
        waiting("early", Priority.FRAUD, waited=50),
        waiting("back", Priority.FRAUD, waited=1, to_front=True),
        waiting("standard back", Priority.STANDARD, waited=100, to_front=True),
    ) == ["back", "early", "late", "standard back"]


def test_nobody_starves() -> None:
    """Who has waited long enough comes before every new arrival that is not a life at risk."""
    old = waiting("old", Priority.STANDARD, waited=2 * AGEING_S)
    new = [waiting(f"new {n}", Priority.FRAUD) for n in range(20)]
    assert order(*new, old)[0] == "old"
    assert order(*new, old, waiting("life", Priority.LIFE_SAFETY))[0] == "life"


@given(st.sampled_from(list(Priority)), st.floats(0, 1e6), st.floats(0, 1e6))
def test_waiting_never_makes_less_urgent(priority: Priority, earlier: float, more: float) -> None:
    """And only a life at risk is class 0."""
    before, after = effective_rank(priority, earlier), effective_rank(priority, earlier + more)
    assert after <= before
    assert (after == 0) == (priority is Priority.LIFE_SAFETY)


@given(st.lists(st.tuples(st.sampled_from(list(Priority)), st.floats(0, 5000), st.booleans()), min_size=1, max_size=12))
def test_positions_are_one_to_n(people: list[tuple[Priority, float, bool]]) -> None:
    """Each place is taken once."""
    sessions = [waiting(f"s{n}", p, waited=w, to_front=f) for n, (p, w, f) in enumerate(people)]
    queue = queue_of(*sessions)
    assert sorted(queue.position(s.id) or 0 for s in sessions) == list(range(1, len(sessions) + 1))


async def test_queue_follows_what_was_committed() -> None:
    """In with the handoff, out with the assignment; others who wait are told that they have moved."""
    told: list[int] = []
    queue = Queue(CLOCK)
    queue.on_changed.append(lambda: told.append(1))
    at = CLOCK.now()
    before = open_session("s", e.SessionOpened(channel="web", locale="en-GB"), at=at)
    after = advance(before, e.HandoffRequested(escalation=Escalation(criterion="c")), at=at)
    await queue.committed(Committed(before=before, after=after, records=()))
    assert queue.position("s") == 1
    assigned = advance(after, e.AgentAssigned(agent=ANA), at=at)
    await queue.committed(Committed(before=after, after=assigned, records=()))
    assert queue.position("s") is None
    assert len(told) == 2


def test_nobody_there_means_no_promise() -> None:
    """Without desk agents there is no estimate."""
    queue = queue_of(waiting("s", Priority.STANDARD))
    assert queue.wait("s") is None
    assert queue.agents_available() == 0


def test_clock_before_the_arrival_is_harmless() -> None:
    """A clock that was moved back makes nobody's wait negative."""
    session = waiting("s", Priority.STANDARD, waited=-5000)
    assert queue_of(session).position("s") == 1


@pytest.mark.parametrize("priority", list(Priority))
def test_aged_tells_of_a_new_order_once(priority: Priority) -> None:
    """So that customers are told that they have moved though nothing was committed."""
    queue = queue_of(waiting("s", priority))
    assert queue.aged()
    assert not queue.aged()
