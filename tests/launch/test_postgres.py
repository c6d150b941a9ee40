"""Each test run has a database of its own, which is gone afterwards; no PostgreSQL is a sentence."""

from __future__ import annotations

import os

import psycopg
import pytest

from launch.failure import LaunchFailure
from launch.postgres import VARIABLE, _bare, _with_database, database

URL = os.environ.get(VARIABLE)


@pytest.mark.postgres
def test_database_is_empty_and_dropped_afterwards() -> None:
    assert URL, f"{VARIABLE} names no PostgreSQL: run the tests with `make test`, which finds or starts one"
    with database({VARIABLE: URL}) as url:
        assert url.rpartition("/")[2] != URL.rpartition("/")[2]
        with psycopg.connect(url) as connection:
            tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
            assert tables == (0,)
    with pytest.raises(psycopg.OperationalError), psycopg.connect(url):
        pass


def test_server_that_cannot_be_reached_is_named_without_its_password() -> None:
    with pytest.raises(LaunchFailure) as failure, database({VARIABLE: "postgresql://me:secret@127.0.0.1:1/x"}):
        pass
    assert "127.0.0.1:1/x" in str(failure.value)
    assert "secret" not in str(failure.value)


def test_url_keeps_server_and_options_when_the_database_changes() -> None:
    assert _with_database("postgresql://a@h:1/x?sslmode=disable", "y") == "postgresql://a@h:1/y?sslmode=disable"
    assert _bare("postgresql://a:b@h/x") == "postgresql://h/x"
