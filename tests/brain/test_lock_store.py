"""Turns of one session are served first come, first served; sessions do not wait for each other."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.core.lock_store import LockError, LockStore
from rasa.utils.endpoints import EndpointConfig

from brain.lock_store import FifoLockStore


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["work", "fail", "cancel"])), max_size=25))
def test_order_is_kept_whatever_becomes_of_turns(turns: list[tuple[str, str]]) -> None:
    """Turns that fail or are cancelled while they wait neither block nor overtake the others."""

    async def scenario() -> None:
        store = FifoLockStore()
        served: dict[str, list[int]] = {"a": [], "b": [], "c": []}
        inside: set[str] = set()

        async def turn(session: str, number: int, fate: str) -> None:
            async with store.lock(session):
                assert session not in inside
                inside.add(session)
                served[session].append(number)
                await asyncio.sleep(0)
                inside.discard(session)
                if fate == "fail":
                    raise RuntimeError

        tasks = [asyncio.ensure_future(turn(session, number, fate)) for number, (session, fate) in enumerate(turns)]
        await asyncio.sleep(0)
        for task, (_, fate) in zip(tasks, turns, strict=True):
            if fate == "cancel" and not task.done():
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for session, numbers in served.items():
            assert numbers == sorted(numbers)
            assert {n for n, (s, fate) in enumerate(turns) if s == session and fate != "cancel"} <= set(numbers) | {
                n for n in range(len(turns)) if tasks[n].cancelled()
            }
        assert not any(store.is_someone_waiting(session) for session in "abc")

    asyncio.run(scenario())


async def test_waiting_turn_is_woken_at_once() -> None:
    """No polling: the hand-over takes far less than Rasa's second."""
    store = FifoLockStore()
    async with store.lock("s"):
        waiting = asyncio.ensure_future(_hold(store))
        await asyncio.sleep(0.01)
        assert store.waiting("s") == 2
    await asyncio.wait_for(waiting, 0.2)


async def test_sessions_are_independent() -> None:
    """A held session does not keep another from its turn."""
    store = FifoLockStore()
    async with store.lock("one"):
        await asyncio.wait_for(_hold(store, "two"), 0.2)


async def test_patience_ends() -> None:
    """A turn that waits too long fails with Rasa's own error, and leaves the queue."""
    store = LockStore.create(EndpointConfig(type="brain.lock_store.FifoLockStore", patience=0.05))
    assert isinstance(store, FifoLockStore)
    async with store.lock("s"):
        with pytest.raises(LockError):
            await _hold(store, "s")
        assert store.waiting("s") == 1
    assert store.get_lock("s") is None


async def _hold(store: FifoLockStore, session: str = "s") -> None:
    async with store.lock(session):
        pass
