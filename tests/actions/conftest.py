"""A held clock, and a fresh sandbox bank that all actions of a test use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import actions.bank as bank_package
from actions.bank.sandbox import SandboxBank
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
