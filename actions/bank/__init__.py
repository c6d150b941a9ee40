"""The bank that the actions talk to: its interface, and the embedded sandbox that is the default."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from actions.bank.interface import Bank


class SettingInvalid(ValueError):
    """An environment variable of the actions has a faulty value."""


def _sandbox() -> Bank:
    from actions.bank.sandbox import SandboxBank, database_path

    return SandboxBank(database_path())


#: Connectors by the name that CANDOUR_BANK may have.
CONNECTORS: Final[Mapping[str, Callable[[], Bank]]] = {"sandbox": _sandbox}
DEFAULT_CONNECTOR: Final = "sandbox"


@lru_cache(maxsize=1)
def get_bank() -> Bank:
    """The bank that CANDOUR_BANK names, made once in a process."""
    name = os.environ.get("CANDOUR_BANK") or DEFAULT_CONNECTOR
    if name not in CONNECTORS:
        raise SettingInvalid(f"CANDOUR_BANK is {name!r}; it must be one of {', '.join(sorted(CONNECTORS))}")
    return CONNECTORS[name]()


def bank_name() -> str:
    """The name by which customers know the bank: CANDOUR_BANK_NAME, "Demo Bank" by default."""
    return os.environ.get("CANDOUR_BANK_NAME") or "Demo Bank"
