"""Written criteria that decide when a person must take over, and the engine that judges by them.

Pure: no clock, no network, no Rasa. The same code judges a turn in the action server and replays a
record in the switchboard.
"""

from __future__ import annotations

from escalation.engine import assess
from escalation.model import (
    SIGNALS,
    Assessment,
    Conversation,
    Criterion,
    Entity,
    Fault,
    Policy,
    PolicyInvalid,
    Span,
    Turn,
)
from escalation.parse import turn_from_parse
from escalation.policy import load_policy, read_policy

__all__ = [
    "SIGNALS",
    "Assessment",
    "Conversation",
    "Criterion",
    "Entity",
    "Fault",
    "Policy",
    "PolicyInvalid",
    "Span",
    "Turn",
    "assess",
    "load_policy",
    "read_policy",
    "turn_from_parse",
]
