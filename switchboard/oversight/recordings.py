"""Reads recorded conversations out of the record, for the replay of a policy.

Nothing is written, and the switchboard may run meanwhile. What is read is one `Recording` for each stretch in which the AI held a
session; `escalation.recording` says what that is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, create_engine, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from escalation.recording import CannotReplay, Decided, Ended, HowEnded, RecordedMessage, Recording
from switchboard import store
from switchboard.session import events as e
from switchboard.session.machine import TRANSITIONS
from switchboard.session.model import CustomerRef, Speaker, State
from switchboard.settings import MIN_SECRET, SettingsInvalid, read_settings
from switchboard.store.engine import open_engine
from switchboard.store.tables import EVENTS, SESSIONS

_STEPS: frozenset[type[e.Event]] = frozenset(kind for _, kind in TRANSITIONS)
_NEEDED = sorted(
    str(kind.model_fields["type"].default) for kind in {*_STEPS, e.SessionOpened, e.MessageAdded, e.TurnAssessed}
)
_ENDINGS: dict[State, HowEnded] = {
    State.QUEUED: "handed_over",
    State.HUMAN: "taken_over",
    State.CLOSED: "closed",
}


def record_of_settings() -> str:
    """The address of the record that the settings name.

    Raises:
        CannotReplay: a setting is faulty.
    """
    placeholder = "-" * MIN_SECRET  # or secrets that are missing would be made, in a data folder that may not be there
    try:
        return read_settings(desk_secret=placeholder, host_secret=placeholder).database
    except SettingsInvalid as error:
        raise CannotReplay(f"a setting is faulty: {error}") from None


def read_recordings(
    url: str, *, since: datetime | None = None, until: datetime | None = None
) -> Generator[Recording, None, None]:
    """Every recording that began in `since` <= t < `until`, session by session.

    Raises:
        CannotReplay: there is no record, it is of another revision, or it cannot be read.
    """
    try:
        with _read_only(url) as connection:
            _check_revision(connection)
            for recording in _all(connection, since=since):
                if (since is None or recording.began >= since) and (until is None or recording.began < until):
                    yield recording
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise CannotReplay(f"{_shown(url)} cannot be read: {reason}") from error


def _all(connection: Connection, *, since: datetime | None) -> Iterator[Recording]:
    wanted = select(EVENTS.c.session_id, EVENTS.c.version, EVENTS.c.at, EVENTS.c.payload).where(
        EVENTS.c.type.in_(_NEEDED)
    )
    if since is not None:
        # SQLite compares what is written, which is UTC without saying so.
        touched = select(SESSIONS.c.id).where(SESSIONS.c.updated_at >= since.astimezone(UTC))
        wanted = wanted.where(EVENTS.c.session_id.in_(touched))
    wanted = wanted.order_by(EVENTS.c.session_id, EVENTS.c.version).execution_options(yield_per=1000)
    for session_id, rows in groupby(connection.execute(wanted), key=lambda row: str(row.session_id)):
        happened: list[tuple[datetime, e.Event]] = []
        for row in rows:
            try:
                happened.append((datetime.fromisoformat(row.at), e.EVENT.validate_json(row.payload)))
            except (ValidationError, ValueError):
                raise CannotReplay(f"event {row.version} of session {session_id} cannot be read") from None
        yield from recordings_of(session_id, happened)


def recordings_of(session_id: str, happened: Iterable[tuple[datetime, e.Event]]) -> list[Recording]:
    """The stretches of one session in which the AI held it, of those in which the customer wrote or was handed over."""
    happened = list(happened)
    if not happened or not isinstance(happened[0][1], e.SessionOpened):
        raise CannotReplay(f"the record of session {session_id} does not begin with its opening")
    opening = happened[0][1]
    parses, decided = _understood(event for _, event in happened)
    state, began = State.AI, happened[0][0]
    messages: list[RecordedMessage] = []
    recordings: list[Recording] = []

    def close(ended: Ended | None) -> None:
        if messages or (ended is not None and ended.how == "handed_over"):
            recordings.append(
                Recording(
                    session_id=session_id,
                    began=began,
                    channel=opening.channel,
                    locale=opening.locale,
                    region=(opening.region or "").upper(),
                    customer=_customer(opening.customer),
                    messages=tuple(messages),
                    ended=ended,
                )
            )
        messages.clear()

    for at, event in happened[1:]:
        if isinstance(event, e.MessageAdded) and event.speaker is Speaker.CUSTOMER and state is State.AI:
            parse, verdict = parses.get(event.id), decided.get(event.id)
            messages.append(RecordedMessage(id=event.id, at=at, text=event.text, parse=parse, decided=verdict))
        before, state = state, TRANSITIONS.get((state, type(event)), state)
        if before is State.AI and state is not State.AI:
            close(_ended(event, at, how=_ENDINGS[state]))
        elif state is State.AI and before is not State.AI:
            began = at
    if state is State.AI:
        close(None)
    return recordings


def _customer(customer: CustomerRef | None) -> dict[str, Any] | None:
    """As the brain is told of her."""
    return None if customer is None else customer.model_dump(mode="json")


def _understood(events: Iterable[e.Event]) -> tuple[dict[str, Mapping[str, Any]], dict[str, Decided]]:
    """Parse and verdict of each message. A turn may be assessed again: what was understood last counts, and the first handoff."""
    parses: dict[str, Mapping[str, Any]] = {}
    decided: dict[str, Decided] = {}
    for event in events:
        if not isinstance(event, e.TurnAssessed):
            continue
        if event.parse:
            parses[event.message_id] = event.parse
        verdict = _decided(event.assessment)
        earlier = decided.get(event.message_id)
        if verdict is not None and (earlier is None or earlier.outcome != "handoff"):
            decided[event.message_id] = verdict
    return parses, decided


def _decided(assessment: Mapping[str, Any]) -> Decided | None:
    if assessment.get("outcome") not in ("answer", "offer", "handoff"):
        return None
    return Decided(
        outcome=assessment["outcome"],
        criterion=assessment.get("criterion"),
        queue=assessment.get("queue"),
        priority=assessment.get("priority"),
        policy_version=assessment.get("policy_version"),
    )


def _ended(event: e.Event, at: datetime, *, how: HowEnded) -> Ended:
    if not isinstance(event, e.HandoffRequested):
        return Ended(how=how, at=at, reason=event.type)
    called = event.escalation
    by_button = called.asked_by == "customer" and called.evidence.get("by") == "button"
    return Ended(
        how=how,
        at=at,
        reason="button" if by_button else called.criterion,
        queue=called.queue,
        priority=called.priority.value,
        policy_version=called.policy_version,
    )


# Opening the record without changing it.


@contextmanager
def _read_only(url: str) -> Iterator[Connection]:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise CannotReplay("expected a database's address, such as sqlite:////folder/switchboard.db") from None
    if parsed.get_backend_name() == "sqlite":
        with _sqlite(parsed) as connection:
            yield connection
        return
    if parsed.get_backend_name() != "postgresql":
        raise CannotReplay(f"expected a record on SQLite or PostgreSQL, got {parsed.get_backend_name()}")
    engine = open_engine(url)
    frozen = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with _closing(frozen) as connection:
        yield connection


@contextmanager
def _sqlite(url: URL) -> Iterator[Connection]:
    """A connection that cannot write.

    A reader of a WAL makes the files beside it where they are missing, and leaves them lying there, perhaps in its own name. So a
    record that nobody has open is read as one that does not change; if it changes all the same, what was read is not used.
    """
    path = Path(url.database or ":memory:")
    if not path.is_file():
        raise CannotReplay(f"there is no record at {path}")
    path = path.resolve()
    journal = path.with_name(f"{path.name}-wal")
    in_use = journal.exists()
    seen = path.stat()
    mode = "mode=ro" if in_use else "mode=ro&immutable=1"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, timeout=10, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        return connection

    with _closing(create_engine("sqlite://", creator=connect, poolclass=NullPool)) as connection:
        yield connection
    now = path.stat()
    if not in_use and (journal.exists() or (now.st_size, now.st_mtime_ns) != (seen.st_size, seen.st_mtime_ns)):
        raise CannotReplay("the switchboard was started while its record was being read: run this once more")


@contextmanager
def _closing(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _check_revision(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).with_name("migrations")))
    expected = ScriptDirectory.from_config(config).get_current_head()
    if not inspect(connection).has_table("alembic_version"):
        raise CannotReplay("this database holds no record of Candour")
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found != expected:
        raise CannotReplay(
            f"the record is of revision {found}, and this is the code of revision {expected}: use the code that belongs to "
            "the record, or a copy of the record after `python -m switchboard migrate`"
        )


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)
