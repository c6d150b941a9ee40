"""The estimate of the wait, against its formula and against a simulation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.desk.wait import PICK_UP_S, PRIOR_TALK_S, Rates, expected_wait, wait_range
from tests.switchboard.running import Switchboard

MU, THETA = 1 / 480, 1 / 1200


def test_expected_wait_is_the_sum_of_its_steps() -> None:
    """Σ 1/(sμ + iθ), by hand for two before her and three desk agents."""
    by_hand = 1 / (3 * MU) + 1 / (3 * MU + THETA) + 1 / (3 * MU + 2 * THETA)
    assert expected_wait(2, agents=3, mu=MU, theta=THETA) == pytest.approx(by_hand)


def test_range_holds_six_of_ten_waits() -> None:
    """A simulation of the same queue: 20 % are shorter, 20 % are longer, within what a simulation can tell."""
    chance = random.Random(7)
    ahead, agents = 4, 3
    low, high = wait_range(ahead, agents=agents, free=0, mu=MU, theta=THETA) or (0.0, 0.0)
    waits = []
    for _ in range(20_000):
        left, clock = ahead, 0.0
        while left >= 0:
            clock += chance.expovariate(agents * MU + left * THETA)
            left -= 1
        waits.append(clock)
    assert sum(wait < low for wait in waits) / len(waits) == pytest.approx(0.2, abs=0.02)
    assert sum(wait > high for wait in waits) / len(waits) == pytest.approx(0.2, abs=0.02)


@given(st.integers(0, 60), st.integers(1, 30), st.floats(1e-4, 1e-1), st.floats(1e-5, 1e-1))
def test_range_is_a_range_around_the_expectation(ahead: int, agents: int, mu: float, theta: float) -> None:
    """And grows with the number of people before her."""
    low, high = wait_range(ahead, agents=agents, free=0, mu=mu, theta=theta) or (0.0, 0.0)
    assert 0 <= low < expected_wait(ahead, agents=agents, mu=mu, theta=theta) < high
    later = wait_range(ahead + 1, agents=agents, free=0, mu=mu, theta=theta)
    assert later is not None
    assert later[0] > low
    assert later[1] > high


def test_nobody_there_means_no_estimate() -> None:
    """No number is better than a false one."""
    assert wait_range(0, agents=0, free=0, mu=MU, theta=THETA) is None


def test_free_desk_agent_means_soon() -> None:
    """Whoever is among the first for whom somebody is free waits for a pick-up only."""
    assert wait_range(1, agents=4, free=2, mu=MU, theta=THETA) == (0.0, PICK_UP_S)
    later = wait_range(2, agents=4, free=2, mu=MU, theta=THETA)
    assert later is not None
    assert later[1] > PICK_UP_S


def test_rates_start_from_the_prior_and_learn() -> None:
    """Before the first talk the prior; after many, what was seen."""
    rates = Rates()
    assert rates.mu == pytest.approx(1 / PRIOR_TALK_S)
    for _ in range(200):
        rates.talked(60)
        rates.waited(30, gave_up=False)
    assert rates.mu == pytest.approx(1 / 60, rel=0.2)
    patient = rates.theta
    for _ in range(200):
        rates.waited(30, gave_up=True)
    assert rates.theta > 10 * patient


async def test_rates_are_learnt_from_the_record_after_a_start(switchboard: Switchboard) -> None:
    """A talk and a wait of the last run count in this one."""
    clock = switchboard.hold_clock()
    await switchboard.restart()
    customer = await switchboard.waiting_customer()
    ana = await switchboard.desk("ana")
    clock.advance(300)
    await ana.do("claim", session_id=customer.session_id)
    clock.advance(60)
    await ana.do("end", session_id=customer.session_id)
    learnt = switchboard.system.queue.rates
    await switchboard.restart()
    again = switchboard.system.queue.rates
    assert (again.mu, again.theta) == pytest.approx((learnt.mu, learnt.theta))
    assert again.mu > 1 / PRIOR_TALK_S
