"""The store on both databases, empty for each test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from switchboard.store.engine import migrate, open_engine
from switchboard.store.sql import SqlStore

POSTGRES_URL = "CANDOUR_TEST_POSTGRES_URL"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'candour.db'}"
        return
    url = os.environ.get(POSTGRES_URL)
    if not url:
        if os.environ.get("CI"):
            pytest.fail(f"{POSTGRES_URL} is not set: PostgreSQL must be tested here")
        pytest.skip(f"{POSTGRES_URL} is not set: PostgreSQL is not tested")
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    schema = f"test_{uuid4().hex[:12]}"
    admin = create_engine(parsed)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    ours = make_url(url).update_query_dict({"options": f"-csearch_path={schema}"})
    yield ours.render_as_string(hide_password=False)
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    """A store on a migrated database."""
    engine = open_engine(database_url)
    migrate(engine)
    store = SqlStore(engine)
    yield store
    store.close()
