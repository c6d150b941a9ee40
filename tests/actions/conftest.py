"""A held clock, and a fresh sandbox bank that all actions of a test use."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from rasa.core.agent import Agent
from rasa_sdk import Action

import actions.bank as bank_package
from actions.bank.sandbox import SandboxBank
from tests.actions import conversation
from tests.actions.conversation import Talk
from tests.actions.support import HeldClock


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def bank(tmp_path: Path, clock: HeldClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxBank]:
    """The sandbox bank in a directory of its own, used by all actions of the test."""
    sandbox = SandboxBank(tmp_path / "sandbox.sqlite3", clock=clock)
    bank_package.get_bank.cache_clear()
    monkeypatch.setattr(bank_package, "CONNECTORS", {"sandbox": lambda: sandbox})
    yield sandbox
    bank_package.get_bank.cache_clear()


@pytest.fixture(scope="session")
def dialogue(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    """Rasa with the project's rules and forms; trained once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Rasa warns of a model without understanding, and of its own libraries
        return Agent.load(conversation.train(tmp_path_factory.mktemp("dialogue")))


@pytest.fixture(scope="session")
def own_actions() -> dict[str, Action]:
    return conversation.all_actions()


@pytest.fixture
def talk(
    bank: SandboxBank,
    dialogue: Agent,
    own_actions: dict[str, Action],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Talk:
    """A new conversation with a signed-in customer."""
    return Talk(agent=dialogue, actions=own_actions, monkeypatch=monkeypatch, sender=request.node.nodeid)
