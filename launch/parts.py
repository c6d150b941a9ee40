"""The three processes: how each is started, and how it says that it is ready."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from launch.layout import Layout
from launch.model import brain_variables
from launch.ports import LOOPBACK
from launch.settings import LaunchSettings, Ports, Secrets, own_environment

# What only the switchboard needs: who customers and staff are, and where the record lies.
_KEPT_FROM_BRAIN = ("CANDOUR_HOST_SECRET", "CANDOUR_DESK_SECRET", "CANDOUR_DEMO_PASSWORD", "CANDOUR_DATABASE_URL")


#: The AI's processes give way to the switchboard: what people say to each other comes before what the AI thinks. Where
#: Linux groups processes by session, a process's niceness counts only within its group; the group has one of its own.
_AFTER_PEOPLE = ("sh", "-c", 'echo 10 2>/dev/null >/proc/self/autogroup; exec nice -n 10 "$@"', "sh")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the running system."""

    name: str  #: as in parts.json and in the log's file name
    title: str  #: as in a sentence: "the brain"
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(repr=False)  # holds secrets
    port: int
    log: Path
    ready_paths: tuple[str, ...]  #: all must answer 200, asked in this order
    needs: tuple[str, ...] = ()  #: names of parts that must be ready before this one is first started
    start_timeout: float = 180.0  #: seconds from start to ready, the first time

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def the_parts(layout: Layout, *, settings: LaunchSettings, ports: Ports, secrets: Secrets) -> tuple[Part, ...]:
    """Actions and brain start side by side; the switchboard opens when it has something behind it."""
    shared = {
        "CANDOUR_PORT": str(ports.switchboard),
        "CANDOUR_BRAIN_PORT": str(ports.brain),
        "CANDOUR_ACTIONS_PORT": str(ports.actions),
        "CANDOUR_BRAIN_TOKEN": secrets.brain_token,
        "CANDOUR_DATA_DIR": str(settings.data_dir),
        "CANDOUR_DEMO": "1" if settings.demo else "0",
        "PYTHONUNBUFFERED": "1",
    }
    outside = {name: value for name, value in own_environment().items() if name not in _KEPT_FROM_BRAIN}
    brain_env = brain_variables(layout, {**outside, **shared})
    brain_bin = layout.brain_environment / "bin"
    actions = Part(
        name="actions",
        title="the action server",
        # What `rasa run actions` calls, without importing Rasa and TensorFlow first: ready in one second, not in eight.
        command=(
            *_AFTER_PEOPLE,
            str(brain_bin / "python"),
            "-m",
            "rasa_sdk",
            "--actions",
            "actions",
            "--port",
            str(ports.actions),
        ),
        cwd=layout.root,
        env={**brain_env, "SANIC_HOST": LOOPBACK},
        port=ports.actions,
        log=settings.logs / "actions.log",
        ready_paths=("/health",),
        start_timeout=90.0,
    )
    brain = Part(
        name="brain",
        title="the brain",
        command=(
            *_AFTER_PEOPLE, str(brain_bin / "rasa"), "run", "--interface", LOOPBACK, "--port", str(ports.brain),
            "--credentials", "credentials.yml", "--endpoints", "endpoints.yml", "--model", str(layout.model),
        ),
        cwd=layout.root,
        # endpoints.yml names the usual port of the action server; this takes its place.
        env={**brain_env, "CANDOUR_ACTIONS_URL": f"http://{LOOPBACK}:{ports.actions}/webhook"},
        port=ports.brain,
        log=settings.logs / "brain.log",
        ready_paths=("/webhooks/switchboard/",),
        start_timeout=300.0,
    )  # fmt: skip
    switchboard = Part(
        name="switchboard",
        title="the switchboard",
        command=(str(layout.switchboard_environment / "bin" / "python"), "-m", "switchboard", "serve"),
        cwd=layout.root,
        env={
            **own_environment(),
            **shared,
            "CANDOUR_HOST_SECRET": secrets.host_secret,
            "CANDOUR_DEMO_PASSWORD": secrets.demo_password,
        },
        port=ports.switchboard,
        log=settings.logs / "switchboard.log",
        ready_paths=("/healthz", "/readyz"),
        needs=("actions", "brain"),
        start_timeout=90.0,
    )
    return (actions, brain, switchboard)


def is_ready(part: Part, *, timeout: float = 1.0) -> bool:
    """Whether the part answers 200 on every path that says so."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes through a proxy
    for path in part.ready_paths:
        try:
            with opener.open(f"{part.address}{path}", timeout=timeout) as answer:
                if answer.status != 200:
                    return False
        except (OSError, ValueError, http.client.HTTPException):  # URLError is an OSError
            return False
    return True
