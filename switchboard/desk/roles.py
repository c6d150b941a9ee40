"""Who may do what at the desk, in one table."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from switchboard.errors import Forbidden


class Role(StrEnum):
    """What somebody is at the desk."""

    AGENT = "agent"  #: talks to customers
    SUPERVISOR = "supervisor"  #: an agent who also oversees the AI and other agents
    DESIGNER = "designer"  #: writes what the AI says; reads along
    AUDITOR = "auditor"  #: reads everything, changes nothing
    ADMIN = "admin"  #: manages accounts; sees no conversation


_TALKS = frozenset({Role.AGENT, Role.SUPERVISOR})
_OVERSEES = frozenset({Role.SUPERVISOR})
_READS_ALONG = frozenset({Role.SUPERVISOR, Role.DESIGNER, Role.AUDITOR})

MAY: Final[dict[str, frozenset[Role]]] = {
    "presence": _TALKS,
    "queue": _TALKS | {Role.AUDITOR},
    "claim": _TALKS,
    "say": _TALKS,
    "note": _TALKS,
    "whisper": _OVERSEES,
    "typing": _TALKS,
    "transfer": _TALKS,
    "return_to_ai": _TALKS,
    "end": _TALKS,
    "wrap_up": _TALKS,
    "watch": _TALKS | _READS_ALONG,  #: agents only their own and waiting sessions
    "unwatch": _TALKS | _READS_ALONG,
    "live": _READS_ALONG,
    "take_over": _OVERSEES,
    "stop_ai": _OVERSEES,
    "stops": _TALKS | _READS_ALONG,
    "flag": _TALKS | _READS_ALONG,
}


def require(role: Role, command: str) -> None:
    """Raise Forbidden unless this role may do this; what the table does not list, nobody may."""
    if role not in MAY.get(command, frozenset()):
        raise Forbidden(f"The role {role.value} may not do this: {command}.")


def takes_sessions(role: Role) -> bool:
    """Whether somebody of this role talks to customers."""
    return role in _TALKS


def reads_along(role: Role) -> bool:
    """Whether somebody of this role sees every conversation."""
    return role in _READS_ALONG
