"""One running system for all tests of this folder; tests that kill parts wait until it is whole again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from tests.integration.clients import Customer, Desk, demo_token
from tests.integration.running import RunningSystem, running_system

DESK_EMAILS = ("agent@demo.example", "agent2@demo.example", "supervisor@demo.example")


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """Actions, brain and switchboard, started by the launcher."""
    with running_system(tmp_path_factory.mktemp("candour")) as system:
        yield system


@pytest.fixture
def system(whole: RunningSystem) -> RunningSystem:
    """The running system, with every part answering."""
    whole.wait_ready()
    return whole


class Cast:
    """Makes customers and desk agents, and sees them out at the end of a test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._stack = AsyncExitStack()

    async def customer(self, *, demo: str | None = "first", locale: str = "en-GB") -> Customer:
        """A customer with an open session; identified unless `demo` is None."""
        customer = Customer(self.url)
        token = None
        if demo is not None:
            token = await demo_token(self.url, None if demo == "first" else demo)
        self._stack.push_async_callback(customer.close)
        return await customer.arrive(token=token, locale=locale)

    async def desk(self, number: int = 0, *, status: str = "available") -> Desk:
        """The first or second agent, or (2) the supervisor."""
        desk = Desk(self.url, DESK_EMAILS[number])
        self._stack.push_async_callback(desk.close)
        return await desk.log_in(status=status)

    async def see_out(self) -> None:
        """Everybody leaves."""
        await self._stack.aclose()


@pytest.fixture
async def cast(system: RunningSystem) -> AsyncIterator[Cast]:
    """Customers and desk agents for one test."""
    cast = Cast(system.url)
    yield cast
    await cast.see_out()
