"""What all tests of the switchboard share: both databases, and a running switchboard with real sockets."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from switchboard.store.tables import METADATA
from tests.switchboard.running import Switchboard

POSTGRES = "CANDOUR_TEST_POSTGRES_URL"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A schema of this test run's own on a real PostgreSQL server."""
    given = os.environ.get(POSTGRES)
    if not given:
        message = f"{POSTGRES} is not set: what concerns PostgreSQL is not tested"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    schema = f"candour_{secrets.token_hex(6)}"
    admin = create_engine(make_url(given).set(drivername="postgresql+psycopg"))
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(given).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    url: str = request.getfixturevalue("postgres_url")
    yield url
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(text(f"DROP TABLE IF EXISTS {table.name} CASCADE"))
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    engine.dispose()


@pytest.fixture
async def switchboard(database_url: str, tmp_path: Path) -> AsyncIterator[Switchboard]:
    """A running switchboard on each database."""
    running = Switchboard(database_url, tmp_path)
    await running.start()
    yield running
    await running.close()


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Switchboard]:
    """A running switchboard on SQLite, for what has nothing to do with the database."""
    running = Switchboard(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)
    await running.start()
    yield running
    await running.close()
