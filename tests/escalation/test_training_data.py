"""The danger training data: enough of it, with signals the engine knows, and nothing of what is set aside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from escalation import SIGNALS
from tests.escalation.build import ROOT

NLU = ROOT / "data" / "nlu"


def _examples(folder: Path, *, only: str = "*.yml") -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Intent, text and signals of each example."""
    for file in sorted(folder.rglob(only)):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            if "intent" not in block:
                continue
            signals = _signals(block)
            examples: Any = block["examples"]
            if isinstance(examples, str):
                yield from ((block["intent"], line[2:], signals) for line in examples.splitlines())
            else:
                yield from ((block["intent"], each["text"], signals + _signals(each)) for each in examples)


def _signals(item: dict[str, Any]) -> tuple[str, ...]:
    return tuple((item.get("metadata") or {}).get("signals", ()))


def _plain(text: str) -> str:
    return re.sub(r"[^\w\s]", "", text.casefold()).strip()


def test_each_signal_is_known_and_has_its_positives() -> None:
    counts = Counter(signal for _, _, signals in _examples(NLU) for signal in signals)
    assert set(counts) == set(SIGNALS)
    assert min(counts.values()) >= 900
    for language in (folder for folder in NLU.iterdir() if folder.is_dir()):
        counts = Counter(signal for _, _, signals in _examples(language) for signal in signals)
        assert min(counts[name] for name in SIGNALS) >= 120


def test_harmless_twins_are_many_in_every_language_and_carry_no_signal() -> None:
    for language in (folder for folder in NLU.iterdir() if folder.is_dir()):
        twins = list(_examples(language, only="twins*.yml"))
        assert len(twins) >= 550
        assert not any(signals for _, _, signals in twins)


def test_no_message_that_is_set_aside_is_trained_on() -> None:
    held_out = yaml.safe_load((ROOT / "tests/escalation/held_out.yml").read_text(encoding="utf-8"))
    trained = {_plain(text) for _, text, _ in _examples(NLU)}
    assert not [
        text for texts in held_out.values() for text in texts if len(text.split()) > 3 and _plain(text) in trained
    ]
