"""What ends by itself, and what does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from switchboard.session import events as e
from switchboard.session.model import Escalation, Priority, Session, State
from switchboard.upkeep import Housekeeping, Limits
from tests.switchboard.running import Switchboard


def housekeeping(switchboard: Switchboard) -> Housekeeping:
    """With limits that the held clock can pass."""
    system = switchboard.system
    return Housekeeping(
        sessions=system.sessions,
        router=system.router,
        service=system.service,
        words=system.words,
        clock=switchboard.clock,
        limits=Limits(idle_s=600, wrap_up_s=300, queue_s=900),
    )


async def test_idle_session_with_the_ai_ends_and_says_so(local: Switchboard) -> None:
    """Not before its time, and not because the clock jumped back."""
    clock = local.hold_clock()
    await local.restart()
    customer = await local.customer(locale="en-GB")
    await customer.mode("ai")
    house = housekeeping(local)
    for seconds in (500, -5000, 5000):
        clock.advance(seconds)
        await house.tick()
        assert not (await local.system.sessions.get(customer.session_id)).is_closed
    clock.advance(700)
    await house.tick()
    await customer.heard("closed because nothing was written")
    await customer.mode("closed")


@pytest.mark.parametrize(
    ("priority", "stays"), [(Priority.STANDARD, False), (Priority.FRAUD, False), (Priority.LIFE_SAFETY, True)]
)
async def test_long_wait_ends_honestly_but_never_for_a_life_at_risk(
    local: Switchboard, priority: Priority, stays: bool
) -> None:
    """The customer learns when people are there."""
    clock = local.hold_clock()
    await local.restart()
    customer = await local.customer(locale="en-GB")
    await customer.mode("ai")
    handoff = e.HandoffRequested(escalation=Escalation(criterion="c", priority=priority))
    await local.system.sessions.change(customer.session_id, only(handoff))
    await customer.mode("queued")
    clock.advance(1000)
    await housekeeping(local).tick()
    state = (await local.system.sessions.get(customer.session_id)).state
    assert (state is State.QUEUED) == stays
    if not stays:
        await customer.heard("nobody could take over in time")


async def test_case_that_nobody_wraps_up_is_closed(local: Switchboard) -> None:
    """So that its customer's next message opens a new session."""
    clock = local.hold_clock()
    await local.restart()
    customer = await local.waiting_customer()
    ana = await local.desk("ana")
    await ana.do("claim", session_id=customer.session_id)
    await ana.do("end", session_id=customer.session_id)
    clock.advance(400)
    await housekeeping(local).tick()
    await customer.mode("closed")


def only(event: e.Event) -> Callable[[Session], Sequence[e.Event]]:
    """Decide on this event."""
    return lambda session: (event,)
