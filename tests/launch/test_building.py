"""The web pages and the model are made again exactly when what they are made from changed."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from launch.failure import LaunchFailure
from launch.layout import Layout
from launch.model import model_is_fresh, model_stamp, train, training_stage
from launch.web_build import build, sources_digest


def script(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + textwrap.dedent(body))
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Layout:
    """A checkout whose npm and rasa only count how often they were called."""
    layout = Layout(root=tmp_path)
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "src" / "app.ts").write_text("1")
    (tmp_path / "web" / "package.json").write_text("{}")
    (tmp_path / "web" / "package-lock.json").write_text("{}")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text("nlu")
    (tmp_path / "domain.yml").write_text("domain")
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "brain.txt").write_text("rasa")
    bin_folder = tmp_path / ".venv" / "bin"
    script(bin_folder / "node", "echo v24.0.0\n")
    script(
        bin_folder / "npm",
        """
        [ "$1" = --version ] && exit 0
        echo "$1" >> ../npm-calls
        [ "$1" = ci ] && mkdir -p node_modules
        [ "$1" = run ] && mkdir -p dist
        exit 0
        """,
    )
    script(
        tmp_path / ".venv-brain" / "bin" / "rasa",
        """
        echo trained >> rasa-calls
        mkdir -p models
        [ -e broken ] && echo "domain.yml: mapping values are not allowed here" && exit 1
        echo model > models/candour.tar.gz
        """,
    )
    return layout


@pytest.fixture(autouse=True)
def no_programs_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin:/usr/bin")
    monkeypatch.setattr("launch.node.shutil.which", lambda *_args, **_options: None)


def calls(layout: Layout, name: str) -> list[str]:
    path = layout.root / name
    return path.read_text().split() if path.exists() else []


def test_web_is_built_once_then_again_for_a_changed_source_only(checkout: Layout) -> None:
    assert build(checkout) is True
    assert build(checkout) is False
    assert calls(checkout, "npm-calls") == ["ci", "run"]
    (checkout.web / "src" / "app.ts").write_text("2")
    assert build(checkout) is True
    assert calls(checkout, "npm-calls") == ["ci", "run", "run"]


def test_packages_are_installed_again_when_their_lock_changed(checkout: Layout) -> None:
    build(checkout)
    (checkout.web / "package-lock.json").write_text('{"a": 1}')
    build(checkout)
    assert calls(checkout, "npm-calls") == ["ci", "run", "ci", "run"]


def test_changed_test_needs_no_new_build(checkout: Layout) -> None:
    before = sources_digest(checkout)
    (checkout.web / "tests").mkdir()
    (checkout.web / "tests" / "app.test.ts").write_text("test")
    assert sources_digest(checkout) == before


def test_model_is_trained_once_then_again_for_changed_inputs_only(checkout: Layout) -> None:
    assert train(checkout) is True
    assert train(checkout) is False
    (checkout.root / "README.md").write_text("not an input")
    assert train(checkout) is False
    (checkout.root / "data" / "nlu.yml").write_text("more")
    assert not model_is_fresh(checkout)
    assert train(checkout) is True
    assert calls(checkout, "rasa-calls") == ["trained", "trained"]


def test_failed_training_tells_the_reason_and_is_tried_again(checkout: Layout) -> None:
    (checkout.root / "broken").touch()
    with pytest.raises(LaunchFailure, match="mapping values are not allowed here"):
        train(checkout)
    (checkout.root / "broken").unlink()
    assert train(checkout) is True


def test_model_that_vanished_is_trained_again(checkout: Layout) -> None:
    train(checkout)
    checkout.model.unlink()
    assert model_stamp(checkout).path.exists()
    assert train(checkout) is True


@pytest.mark.parametrize(
    ("line", "stage"),
    [
        (
            "2026-01-01 10:00:00 INFO rasa.engine.training.hooks - Starting to train component 'SignalClassifier'.",
            "training SignalClassifier",
        ),
        ("rasa.engine.training.hooks  - Restored component 'RulePolicy' from cache.", "RulePolicy unchanged"),
        ("Something else", None),
    ],
)
def test_training_stage_reads_rasas_log(line: str, stage: str | None) -> None:
    assert training_stage(line) == stage
