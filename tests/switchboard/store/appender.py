"""A process that appends and says so: `python appender.py <database url>` prints `<session> <version> <message id>`."""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from switchboard.session import events as e
from switchboard.store.engine import open_engine
from switchboard.store.sql import SqlStore
from tests.switchboard.session.samples import START, ai, customer


async def main(url: str) -> None:
    """Append until killed, eight sessions at once."""
    store = SqlStore(open_engine(url))

    async def talk(id: str) -> None:
        session = await store.load(id)
        if session is None:
            session = (await store.open(id, e.SessionOpened(channel="web", locale="en-GB"), at=START)).after
            session = (await store.append(session, ai("I am an AI.", disclosure=True), at=START)).after
        for n in count(session.version):
            message = customer(f"{id} {n}", client_id=str(n), id=f"m{n}")
            session = (await store.append(session, message, e.BrainStarted(epoch=1), at=START)).after
            sys.stdout.write(f"{id} {session.version} {message.id}\n")
            sys.stdout.flush()

    await asyncio.gather(*(talk(f"s{n}") for n in range(8)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
