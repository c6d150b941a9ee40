"""Our own sets: a fifth of the training examples, and the sentences of tests/evaluation, which other people wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message

from brain.evaluation.families import split

TRAINING = Path("data/nlu")
TESTS = Path("tests/evaluation")  #: thresholds were chosen, and gaps in the training data found, with these
BLIND = TESTS / "blind"  #: nothing was ever chosen by these: whoever changes the brain measures here last
SEED = 11
LOCALES = {"en": "en-GB", "es": "es-ES", "de": "de-DE", "fr": "fr-FR", "pt": "pt-BR", "tl": "fil-PH"}


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Training examples without the held-out fifth, and that fifth in two halves: one to choose by, one to measure."""

    kept: list[Message]
    choose: list[Message]
    measure: list[Message]


def languages() -> list[str]:
    """The languages that have training examples."""
    return sorted(path.name for path in TRAINING.iterdir() if path.is_dir())


def held_out_fifth() -> HeldOut:
    """Split by paraphrase family within each language and intent."""
    kept: list[Message] = []
    aside: list[Message] = []
    for language in languages():
        examples = load_data(str(TRAINING / language)).training_examples
        for example in examples:
            example.set("language", language)
        groups = [f"{e.get(INTENT)}|{bool(e.get('metadata', {}).get('example'))}" for e in examples]
        own_kept, own_aside = split(examples, [e.get(TEXT) for e in examples], groups, share=0.2, seed=SEED)
        kept += own_kept
        aside += own_aside
    choose, measure = split(
        aside,
        [e.get(TEXT) for e in aside],
        [f"{e.get('language')}|{e.get(INTENT)}" for e in aside],
        share=0.5,
        seed=SEED,
    )
    return HeldOut(kept=kept, choose=choose, measure=measure)


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A conversation of a few messages and what must come of it."""

    outcome: str
    messages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SentenceSet:
    """One language's sentences: positives by signal, harmless ones, conversations."""

    language: str
    positives: Mapping[str, Sequence[str]]
    routine: Sequence[str]
    hard_negatives: Sequence[str]
    conversations: Sequence[Talk]

    @property
    def locale(self) -> str:
        return LOCALES[self.language]


def sentence_sets(folder: Path = TESTS) -> list[SentenceSet]:
    """All files of a folder."""
    return [_read(path) for path in sorted(folder.glob("*.yml"))]


def _read(path: Path) -> SentenceSet:
    content = cast("dict[str, Any]", yaml.safe_load(path.read_text(encoding="utf-8")))
    return SentenceSet(
        language=content["language"],
        positives={name: lines(text) for name, text in content["positives"].items()},
        routine=lines(content["routine"]),
        hard_negatives=lines(content["hard_negatives"]),
        conversations=[
            Talk(outcome=each["outcome"], messages=tuple(each["messages"])) for each in content["conversations"]
        ],
    )


def lines(block: str) -> list[str]:
    """The sentences of a block, each on a line that begins with a dash."""
    return [line.strip().removeprefix("-").strip() for line in block.splitlines() if line.strip()]


def by_language(examples: Sequence[Message]) -> dict[str, list[Message]]:
    """Held-out examples by their language."""
    found: dict[str, list[Message]] = defaultdict(list)
    for example in examples:
        found[str(example.get("language"))].append(example)
    return dict(found)
