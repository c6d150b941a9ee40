"""kill -9 at random moments: what was acknowledged is in the record, and every chain is whole."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from switchboard.store.engine import migrate, open_engine
from switchboard.store.sql import SqlStore

ROOT = Path(__file__).resolve().parents[3]
KILLS = 3


def test_acknowledged_events_survive_a_kill(database_url: str) -> None:
    engine = open_engine(database_url)
    migrate(engine)
    acknowledged: list[tuple[str, int, str]] = []
    for kill in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.switchboard.store.appender", database_url],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(random.Random(kill).uniform(0.0, 0.25))
        process.kill()
        lines = [first, *process.stdout.read().splitlines(keepends=True)]
        process.stdout.close()
        process.wait()
        assert first, "the process ended before it appended anything"
        whole = [line.split() for line in lines if line.endswith("\n")]
        acknowledged += [(id, int(version), message) for id, version, message in whole]
    assert len(acknowledged) > KILLS
    store = SqlStore(engine)
    assert set(acknowledged) <= asyncio.run(_stored(store, {id for id, _, _ in acknowledged}))
    assert asyncio.run(store.verify()) == []
    store.close()


async def _stored(store: SqlStore, ids: set[str]) -> set[tuple[str, int, str | None]]:
    """Each message with the version to which its append led: the event after it was stored with it."""
    return {
        (record.session_id, record.version + 1, getattr(record.event, "id", None))
        for id in ids
        for record in await store.record(id)
    }
