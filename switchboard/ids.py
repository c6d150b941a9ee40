"""Identifiers that cannot be guessed."""

from __future__ import annotations

import secrets


def session_id() -> str:
    """A new session's id: 192 random bits, URL-safe."""
    return secrets.token_urlsafe(24)


def message_id() -> str:
    """A new message's id: 96 random bits, URL-safe."""
    return secrets.token_urlsafe(12)
