"""Every test folder belongs to a stage, and what the launcher starts listens on loopback only."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.benching import needs_brain
from launch.failure import LaunchFailure
from launch.layout import HERE, Layout
from launch.parts import the_parts
from launch.settings import Ports, Secrets, read_settings
from launch.stages import _no_forgotten_folder, all_stages


def test_a_test_folder_that_no_stage_runs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tests" / "forgotten").mkdir(parents=True)
    with pytest.raises(LaunchFailure, match="tests/forgotten"):
        _no_forgotten_folder(Layout(root=tmp_path))


def test_the_quick_stages_come_first_and_the_real_thing_last() -> None:
    names = [stage.name for stage in all_stages(HERE)]
    assert names[0] == "lint"
    assert names[-2:] == ["integration", "browser"]


def test_every_part_listens_on_loopback_and_no_command_line_holds_a_secret(tmp_path: Path) -> None:
    parts = the_parts(
        HERE,
        settings=read_settings({"CANDOUR_DATA_DIR": str(tmp_path)}, root=tmp_path),
        ports=Ports(switchboard=1, brain=2, actions=3),
        secrets=Secrets(brain_token="the-token", host_secret="the-secret", demo_password="the-password"),
    )
    actions, brain, switchboard = parts
    assert actions.env["SANIC_HOST"] == "127.0.0.1"
    assert brain.command[brain.command.index("--interface") + 1] == "127.0.0.1"
    for part in parts:
        assert not {"the-token", "the-secret", "the-password"} & set(part.command)
        assert "the-" not in repr(part)
    assert "CANDOUR_HOST_SECRET" not in brain.env
    assert "CANDOUR_DEMO_PASSWORD" not in actions.env
    assert switchboard.env["CANDOUR_BRAIN_TOKEN"] == brain.env["CANDOUR_BRAIN_TOKEN"]


def test_benchmark_runs_where_its_imports_are(tmp_path: Path) -> None:
    script = tmp_path / "bot_turn.py"
    script.write_text("from rasa.core.agent import Agent\n")
    assert needs_brain(script)
    script.write_text("import socketio  # not rasa\n")
    assert not needs_brain(script)
