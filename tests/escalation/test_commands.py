"""`python -m escalation`: what it prints and how it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from escalation import load_policy
from escalation.__main__ import main
from escalation.examples import run_examples
from tests.escalation.build import ROOT, SHIPPED, content, criterion, policy


def test_check_accepts_the_shipped_policy_and_all_it_names() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "escalation", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert load_policy(SHIPPED).version in done.stdout


def test_check_prints_every_fault_on_a_line_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faulty = content(criterion("a", {"signals": {"sadness": 0.5}}), criterion("b", {"mood": 1}))
    file = tmp_path / "escalation.yml"
    file.write_text(yaml.safe_dump(faulty), encoding="utf-8")
    assert main(["check", str(file)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("]")[0] for line in lines][:2] == [
        f"{file} [criteria.4.when.signals",
        f"{file} [criteria.5.when",
    ]


def test_check_finds_names_that_the_project_does_not_have(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "domain.yml").write_text("intents: [express_crisis, report_scam: {use_entities: []}]", encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "r.yml").write_text("responses: {utter_x__life_at_risk: [{text: x}]}", encoding="utf-8")
    file = tmp_path / "escalation.yml"
    file.write_text(yaml.safe_dump(content()), encoding="utf-8")
    assert main(["check", str(file), "--project", str(tmp_path)]) == 1
    faults = capsys.readouterr().err
    assert "[criteria.2.when] the domain has no intent report_unauthorised_payment" in faults
    assert "[criteria.1.then.say] there is no response utter_x__fraud_or_scam" in faults
    assert "express_crisis" not in faults
    assert "report_scam" not in faults
    assert "utter_x__life_at_risk" not in faults


def test_test_says_that_there_is_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(SHIPPED), "--model", str(tmp_path)]) == 1
    assert "expected a trained model" in capsys.readouterr().err


def _parse(text: str, _before: Sequence[str]) -> Mapping[str, Any]:
    signals = {word: 0.9 for word in text.split() if word in {"fraud", "complaint", "crisis"}}
    return {"intent": {"name": "greet", "confidence": 0.9}, "signals": signals}


def test_examples_pass_and_fail_as_they_should() -> None:
    rules = policy(
        criterion(
            "complaint",
            {"signals": {"complaint": 0.5}},
            outcome="offer",
            escalates=["a complaint", ["hello", "complaint", "bye"], "fraud and complaint", "hello"],
            stays=["good day", "complaint", ["fraud", "hello"]],
        )
    )
    results = list(run_examples(rules, _parse))
    assert [(each.expected, each.example, each.passed) for each in results] == [
        ("escalates", ("a complaint",), True),
        ("escalates", ("hello", "complaint", "bye"), True),
        ("escalates", ("fraud and complaint",), True),
        ("escalates", ("hello",), False),
        ("stays", ("good day",), True),
        ("stays", ("complaint",), False),
        ("stays", ("fraud", "hello"), False),
    ]
    assert str(results[3]).startswith("complaint [escalates] 'hello': got answer (no criterion); intent greet 0.90")
