"""From Rasa's training data to what an encoder's adapter learns from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_EXAMPLE, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from brain.encoder import before
from brain.together import read_together


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One text to learn from. `intent` None: it teaches no intent. `signals`: names, empty for none; None: it teaches none."""

    text: str
    intent: str | None
    signals: frozenset[str] | None = frozenset()


def lessons_of(examples: Iterable[Message], *, signals: bool = True) -> list[Lesson]:
    """A lesson for each example with a text. `signals` False: the data says nothing of signals."""
    lessons = []
    for example in examples:
        text = example.get(TEXT)
        if not text:
            continue
        together = read_together(before(example), text)
        named = frozenset(named_signals(example)) if signals else None
        intent = None if together is not None else example.get(INTENT)
        lessons.append(Lesson(text=together or text, intent=intent, signals=named))
    return lessons


def named_signals(example: Message) -> Sequence[str]:
    """The signals that an example carries: those of its block and its own."""
    metadata = example.get(METADATA) or {}
    named: list[str] = []
    for level in (METADATA_INTENT, METADATA_EXAMPLE):
        content = metadata.get(level)
        found = (content.get("signals") or []) if isinstance(content, dict) else []
        named += [each for each in ([found] if isinstance(found, str) else found) if each not in named]
    return named
