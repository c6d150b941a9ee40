"""Settings: read once, from environment variables that begin with CANDOUR_; a faulty one is named in the error."""

from __future__ import annotations

import ipaddress
import os
import secrets
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "CANDOUR_"
ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET = 32  #: bytes; RFC 7518, 3.2: a key for HS256 is at least as long as the hash


class SettingsInvalid(ValueError):
    """A setting is faulty; the message names each faulty environment variable."""


class Settings(BaseSettings):
    """Everything that can be set from outside."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    data_dir: Path = Path("var")
    database_url: str = ""  #: SQLite in the data folder when empty
    brain_port: int = Field(default=5005, ge=1, le=65535)
    brain_url: str = ""  #: the brain on loopback at `brain_port` when empty
    brain_token: str = ""
    host_secret: str = ""  #: HS256 secret of the host site's customer tokens; without one nobody can be identified
    desk_secret: str = ""  #: HS256 secret of the desk's sign-in tokens; made in the data folder when empty
    bank_name: str = Field(default="Demo Bank", min_length=1, max_length=80)
    demo: bool = False
    demo_password: str = ""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()  #: other sites that may embed the widget; or "*"
    policy_dir: Path = ROOT / "policy"
    web_dir: Path = ROOT / "web" / "dist"
    sandbox_file: Path = ROOT / "actions" / "bank" / "sandbox.yml"  #: the demo's customers

    brain_start_s: float = Field(default=2.5, gt=0, le=60)  #: how long the disclosure may wait for the brain
    brain_turn_s: float = Field(default=8.0, gt=0, le=120)  #: how long a customer's message may wait for the brain
    agent_grace_s: float = Field(default=20.0, ge=0)  #: how long a desk agent may be without a connection
    session_idle_s: float = Field(default=1800.0, gt=0)  #: after how long without a word the AI's session ends
    wrap_up_s: float = Field(default=1800.0, gt=0)  #: after how long a case that was not wrapped up is closed
    queue_limit_s: float = Field(default=3600.0, gt=0)  #: how long a customer waits at most for a person
    rate_limit: int = Field(default=20, ge=0)  #: customer's messages in ten seconds; 0 for no limit
    desk_token_s: int = Field(default=12 * 3600, gt=0)
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("host_secret", "desk_secret")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value.encode()) < MIN_SECRET:
            raise ValueError(f"must have at least {MIN_SECRET} bytes, got {len(value.encode())}")
        return value

    @model_validator(mode="after")
    def _demo_stays_at_home(self) -> Self:
        if self.demo and not _is_loopback(self.host):
            raise ValueError(
                f"{PREFIX}HOST={self.host!r} together with {PREFIX}DEMO=1: the demo signs anybody in as anybody, "
                "so it serves on loopback only"
            )
        return self

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'switchboard.db'}"

    @property
    def brain(self) -> str:
        """The brain's address."""
        return self.brain_url or f"http://127.0.0.1:{self.brain_port}"


def read_settings(**overrides: object) -> Settings:
    """The settings from the environment; `overrides` stand above it.

    Raises:
        SettingsInvalid: with one line for each faulty variable.
    """
    try:
        return _with_secrets(Settings(**overrides))  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        faults = []
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"])
            message = fault["msg"].removeprefix("Value error, ")
            faults.append(f"{PREFIX}{where.upper()}: {message}" if where else message)
        raise SettingsInvalid("\n".join(faults)) from None


def _with_secrets(settings: Settings) -> Settings:
    """Secrets that were not given: made once, and kept in the data folder for this user's eyes only."""
    made: dict[str, str] = {}
    if not settings.desk_secret:
        made["desk_secret"] = _kept_secret(settings.data_dir / "desk.secret")
    if not settings.host_secret and settings.demo:
        made["host_secret"] = _kept_secret(settings.data_dir / "host.secret")
    return settings.model_copy(update=made)


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept = path.read_text(encoding="ascii").strip()
        if len(kept) < MIN_SECRET:
            raise SettingsInvalid(f"{path}: holds no usable secret; remove it to have a new one made") from None
        return kept
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret + "\n")
    return secret


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
