"""A port in use costs a sentence or a detour, never a stack trace."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from launch.failure import LaunchFailure
from launch.ports import free_port, require_free, taken


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_taken_tells_a_listener_from_a_free_port(busy_port: int) -> None:
    assert taken(busy_port)
    assert not taken(free_port())


def test_taken_sees_a_listener_on_all_interfaces() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        assert taken(int(listener.getsockname()[1]))


def test_require_free_names_port_user_and_the_way_out(busy_port: int) -> None:
    with pytest.raises(LaunchFailure) as failure:
        require_free(busy_port, variable="CANDOUR_PORT", used_for="the switchboard")
    sentence = str(failure.value)
    assert str(busy_port) in sentence
    assert "the switchboard" in sentence
    assert "CANDOUR_PORT=" in sentence
    assert "\n" not in sentence


def test_free_port_avoids_what_was_given_out_already() -> None:
    given = frozenset(free_port() for _ in range(5))
    assert free_port(avoid=given) not in given
