"""Accounts of the desk: passwords are hashed with argon2id, off the event loop."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, insert, select, update

from switchboard.desk.roles import Role
from switchboard.errors import NotFound, PayloadInvalid, RateLimited, SwitchboardError, VersionConflict
from switchboard.limits import Buckets
from switchboard.session.model import DeskAgentRef
from switchboard.store.sql import SqlStore
from switchboard.store.tables import DESK_AGENTS

log = structlog.get_logger(__name__)

MIN_PASSWORD = 8
MAX_PASSWORD = 256


class LoginFailed(SwitchboardError):
    """The e-mail address or the password is not right."""

    code = "login_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in at the desk."""

    id: str
    email: str
    name: str
    role: Role
    active: bool

    @property
    def ref(self) -> DeskAgentRef:
        """The desk agent as sessions know her."""
        return DeskAgentRef(id=self.id, name=self.name)


class Accounts:
    """The desk_agents table."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's minimum for argon2id
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        self._attempts = Buckets(rate=1 / 6, burst=10)
        self._at_once = asyncio.Semaphore(
            2
        )  # hashing is work for the processor: a flood of it must not starve the desk

    async def sign_in(self, email: str, password: str, *, source: str) -> Account:
        """The account of this e-mail address and password; an unknown address takes as long as a false password.

        Raises:
            LoginFailed: without saying which of the two is not right.
            RateLimited: too many attempts for this address or from this source.
        """
        email = normalise(email)
        for key in (f"email:{email}", f"source:{source}"):
            try:
                self._attempts.take(key)
            except RateLimited:
                raise RateLimited("Too many attempts to sign in. Wait a minute and try again.") from None
        row = await self._row(email)
        right = await self._verify(row.password_hash if row is not None else self._nobody, password)
        if row is None or not right or not row.active:
            raise LoginFailed
        return _account(row)

    async def get(self, desk_agent_id: str) -> Account | None:
        """An account that may sign in, or None."""

        def read(connection: Connection) -> Row[tuple[object, ...]] | None:
            return connection.execute(select(DESK_AGENTS).where(DESK_AGENTS.c.id == desk_agent_id)).one_or_none()

        row = await self._store.read(read)
        return _account(row) if row is not None and row.active else None

    async def all(self) -> list[Account]:
        """Every account, by e-mail address."""

        def read(connection: Connection) -> Sequence[Row[tuple[object, ...]]]:
            return connection.execute(select(DESK_AGENTS).order_by(DESK_AGENTS.c.email)).all()

        return [_account(row) for row in await self._store.read(read)]

    async def add(self, *, email: str, name: str, role: Role, password: str, id: str | None = None) -> Account:
        """A new account.

        Raises:
            PayloadInvalid: no e-mail address, no name or too weak a password, or the address is taken.
        """
        account = Account(
            id=id or f"da_{secrets.token_hex(6)}", email=normalise(email), name=name.strip(), role=role, active=True
        )
        if "@" not in account.email or not account.name:
            raise PayloadInvalid("An account needs an e-mail address and a name.")
        password_hash = await self._hash(password)

        def work(connection: Connection) -> None:
            connection.execute(
                insert(DESK_AGENTS),
                {
                    "id": account.id,
                    "email": account.email,
                    "name": account.name,
                    "role": account.role.value,
                    "password_hash": password_hash,
                    "active": 1,
                },
            )

        try:
            await self._store.write(work)
        except VersionConflict:
            raise PayloadInvalid(f"There is an account for {account.email} already.") from None
        log.info("account.added", desk_agent_id=account.id, role=account.role.value)
        return account

    async def set_password(self, email: str, password: str) -> None:
        """Change a password.

        Raises:
            NotFound: no account has this address.
        """
        password_hash = await self._hash(password)

        def work(connection: Connection) -> int:
            statement = update(DESK_AGENTS).where(DESK_AGENTS.c.email == normalise(email))
            return connection.execute(statement.values(password_hash=password_hash)).rowcount

        if not await self._store.write(work):
            raise NotFound(f"There is no account for {email}.")

    async def ensure(self, *, id: str, email: str, name: str, role: Role, password: str) -> None:
        """An account as described, made or brought to this password; for the demo."""
        row = await self._row(normalise(email))
        if row is None:
            await self.add(id=id, email=email, name=name, role=role, password=password)
        elif not await self._verify(row.password_hash, password):
            await self.set_password(email, password)

    async def _row(self, email: str) -> Row[tuple[object, ...]] | None:
        def read(connection: Connection) -> Row[tuple[object, ...]] | None:
            return connection.execute(select(DESK_AGENTS).where(DESK_AGENTS.c.email == email)).one_or_none()

        return await self._store.read(read)

    async def _hash(self, password: str) -> str:
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise PayloadInvalid(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
        async with self._at_once:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _verify(self, password_hash: str, password: str) -> bool:
        def verify() -> bool:
            try:
                return self._hasher.verify(password_hash, password)
            except (VerificationError, InvalidHashError):
                return False

        async with self._at_once:
            return await asyncio.to_thread(verify)


def normalise(email: str) -> str:
    """Addresses are the same whatever their case."""
    return email.strip().casefold()


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(id=row.id, email=row.email, name=row.name, role=Role(row.role), active=bool(row.active))
