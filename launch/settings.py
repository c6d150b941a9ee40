"""What the environment tells the launcher, read once."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launch.digest import write_whole
from launch.failure import LaunchFailure
from launch.ports import free_port, require_free, taken

_DEFAULT_PORT = 8080
_DEFAULT_BRAIN_PORT = 5005
_DEFAULT_ACTIONS_PORT = 5055


@dataclass(frozen=True, kw_only=True)
class LaunchSettings:
    """The settings of one start. A port of 0 means any that is free."""

    data_dir: Path
    port: int
    brain_port: int | None  #: None: the usual one, or a free one when that is taken
    actions_port: int | None  #: likewise
    demo: bool
    demo_password: str | None
    host_secret: str | None

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def run(self) -> Path:
        """What describes the running system: the processes and their ports."""
        return self.data_dir / "run"


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports of one start, kept over restarts of the parts."""

    switchboard: int
    brain: int
    actions: int


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What the parts trust each other by. Never logged; only the demo's password is shown, and only in the demo."""

    brain_token: str
    host_secret: str
    demo_password: str


def read_settings(environment: Mapping[str, str], *, root: Path) -> LaunchSettings:
    """The settings from CANDOUR_* variables. Raises LaunchFailure naming the faulty one."""
    data_dir = Path(environment.get("CANDOUR_DATA_DIR") or "var").expanduser()
    port = _port(environment, "CANDOUR_PORT")
    return LaunchSettings(
        data_dir=data_dir if data_dir.is_absolute() else root / data_dir,
        port=_DEFAULT_PORT if port is None else port,
        brain_port=_port(environment, "CANDOUR_BRAIN_PORT"),
        actions_port=_port(environment, "CANDOUR_ACTIONS_PORT"),
        demo=_flag(environment, "CANDOUR_DEMO", default=True),
        demo_password=environment.get("CANDOUR_DEMO_PASSWORD") or None,
        host_secret=environment.get("CANDOUR_HOST_SECRET") or None,
    )


def choose_ports(settings: LaunchSettings) -> Ports:
    """Ports that are free now. Raises LaunchFailure when one that was asked for is not."""
    if settings.port:
        require_free(settings.port, variable="CANDOUR_PORT", used_for="the switchboard")
    switchboard = settings.port or free_port()
    used = frozenset({switchboard})
    brain = _inner_port(
        settings.brain_port, usual=_DEFAULT_BRAIN_PORT, variable="CANDOUR_BRAIN_PORT", used_for="the brain", used=used
    )
    actions = _inner_port(
        settings.actions_port,
        usual=_DEFAULT_ACTIONS_PORT,
        variable="CANDOUR_ACTIONS_PORT",
        used_for="the action server",
        used=used | {brain},
    )
    return Ports(switchboard=switchboard, brain=brain, actions=actions)


def load_secrets(settings: LaunchSettings) -> Secrets:
    """The brain's token is new at each start; the others are kept, so that log-ins and sessions survive a restart."""
    path = settings.data_dir / "secrets.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    host_secret = settings.host_secret or kept.get("host_secret") or secrets.token_urlsafe(48)
    password = settings.demo_password or kept.get("demo_password") or secrets.token_urlsafe(9)
    remembered = {
        "host_secret": kept.get("host_secret") if settings.host_secret else host_secret,
        "demo_password": kept.get("demo_password") if settings.demo_password else password,
    }
    remembered = {name: value for name, value in remembered.items() if value}
    if remembered != kept:
        write_whole(path, json.dumps(remembered, indent=2) + "\n", mode=0o600)
    return Secrets(brain_token=secrets.token_urlsafe(32), host_secret=host_secret, demo_password=password)


def _inner_port(asked: int | None, *, usual: int, variable: str, used_for: str, used: frozenset[int]) -> int:
    if asked:
        require_free(asked, variable=variable, used_for=used_for)
        if asked in used:
            raise LaunchFailure(f"{variable}={asked} is the port of another part: give {used_for} a port of its own.")
        return asked
    if asked is None and usual not in used and not taken(usual):
        return usual
    return free_port(avoid=used)


def _port(environment: Mapping[str, str], name: str) -> int | None:
    value = environment.get(name)
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or int(value) > 65535:
        raise LaunchFailure(f"{name}={value!r} is no port: give a number from 1 to 65535 (0 takes any that is free).")
    return int(value)


def _flag(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environment.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise LaunchFailure(f"{name}={value!r} is neither yes nor no: give 1 or 0.")


def own_environment() -> dict[str, str]:
    """This process's environment without what would lead a child's Python astray."""
    astray = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    return {name: value for name, value in os.environ.items() if name not in astray}
