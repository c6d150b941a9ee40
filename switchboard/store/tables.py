"""The tables. Migrations in `migrations/` make them; this module is how the code speaks of them."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

METADATA = MetaData()

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("customer_id", String(128), index=True),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("snapshot", Text, nullable=False),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("session_id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("seq", Integer),
    Column("type", String(32), nullable=False),
    Column("at", String(40), nullable=False),
    Column("message_id", String(128)),
    Column("client_key", String(192)),
    Column("payload", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("session_id", "seq", name="events_seq_once"),
    UniqueConstraint("session_id", "message_id", name="events_message_once"),
    UniqueConstraint("session_id", "client_key", name="events_client_key_once"),
    Index("events_type", "type"),
)

DESK_AGENTS = Table(
    "desk_agents",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Integer, nullable=False, default=1),
)

AI_STOPS = Table(
    "ai_stops",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("scope_kind", String(16), nullable=False),
    Column("scope_value", String(64), nullable=False, default=""),
    Column("stopped", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by_agent", String(64), nullable=False),
    Column("at", String(40), nullable=False),
)
