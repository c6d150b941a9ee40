"""How well entities are found: precision, recall and F1 for each entity and language, over marked sentences.

A file of marked sentences (tests/evaluation/entities/<language>.yml) says for each message what must be found in it, with the
exact words and the normalised value, and nothing else: `I sent [£250](amount=250; currency=GBP) to [Anna](payee)`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from brain.entity_finder import EntityFinder, load_finder
from brain.entity_text import Found

_MARK = re.compile(r"\[(?P<words>[^\]]+)\]\((?P<said>[^)]+)\)")
_ALL = "all"


@dataclass(frozen=True, kw_only=True)
class EntityScore:
    """One entity in one language; `right` of those `found` were among those `expected`. Entity `all` is the sum."""

    language: str
    entity: str
    expected: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 if nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what had to be found that was; 1 if there was nothing to find."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.found + self.expected
        return 2 * self.right / both if both else 1.0


@dataclass(frozen=True, kw_only=True)
class Marked:
    """One message and what must be found in it."""

    language: str
    locale: str
    today: date
    text: str
    entities: tuple[Found, ...]


def marked(line: str) -> tuple[str, tuple[Found, ...]]:
    """The plain text of a marked line and its entities. An entity without a value has its words as value."""
    text, found, done = "", [], 0
    for match in _MARK.finditer(line):
        text += line[done : match.start()]
        start = len(text)
        text += match["words"]
        for said in match["said"].split(";"):
            entity, _, value = said.strip().partition("=")
            found.append(Found(entity=entity, value=value or match["words"], start=start, end=len(text)))
        done = match.end()
    return text + line[done:], tuple(found)


def read_marked(path: Path) -> list[Marked]:
    """All sentences of a file."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    sentences = []
    for group in content["groups"]:
        for line in group["messages"].splitlines():
            text, entities = marked(line.strip())
            sentences.append(
                Marked(
                    language=content["language"],
                    locale=group["locale"],
                    today=content["today"],
                    text=text,
                    entities=entities,
                )
            )
    return sentences


def evaluate_entities(folder: Path, *, finder: EntityFinder | None = None) -> list[EntityScore]:
    """Scores over all files of a folder, by language and entity, `all` last. Right is the exact span with the exact value."""
    finder = finder or load_finder()
    scores: list[EntityScore] = []
    for path in sorted(folder.glob("*.yml")):
        sentences = read_marked(path)
        expected = [set(sentence.entities) for sentence in sentences]
        found = [set(finder.find(one.text, today=one.today, locale=one.locale)) for one in sentences]
        language = sentences[0].language if sentences else path.stem
        scores += _scores(language, expected, found)
    return scores


def mistakes(folder: Path, *, finder: EntityFinder | None = None) -> Iterable[tuple[Marked, set[Found], set[Found]]]:
    """Each sentence with what was missed and what was found wrongly, where there is any."""
    finder = finder or load_finder()
    for path in sorted(folder.glob("*.yml")):
        for sentence in read_marked(path):
            found = set(finder.find(sentence.text, today=sentence.today, locale=sentence.locale))
            missed, wrong = set(sentence.entities) - found, found - set(sentence.entities)
            if missed or wrong:
                yield sentence, missed, wrong


#: Microsoft's names for what we find, in the data of presidio-research.
PUBLIC_NAMES: Mapping[str, frozenset[str]] = {
    "PHONE_NUMBER": frozenset({"phone_number"}),
    "IBAN_CODE": frozenset({"iban"}),
    "PERSON": frozenset({"person_name", "payee"}),
    "DATE_TIME": frozenset({"date", "time", "period"}),
    "EMAIL_ADDRESS": frozenset({"email"}),
}


def evaluate_public(path: Path, *, exact: bool = True, finder: EntityFinder | None = None) -> list[EntityScore]:
    """Scores over presidio-research's synthetic texts, by span alone: they have no values. Not exact: an overlap suffices.

    A public set to look at, from many countries and not from banks; nothing is tuned on it.
    """
    finder = finder or load_finder()
    texts = json.loads(path.read_text(encoding="utf-8"))
    read = [finder.find(text["full_text"], today=date(2026, 11, 18), locale="en-US") for text in texts]
    scores = []
    for name, ours in PUBLIC_NAMES.items():
        expected = found = right_found = right_expected = 0
        for text, entities in zip(texts, read, strict=True):
            theirs = {(s["start_position"], s["end_position"]) for s in text["spans"] if s["entity_type"] == name}
            mine = {(f.start, f.end) for f in entities if f.entity in ours}
            expected, found = expected + len(theirs), found + len(mine)
            right_found += sum(any(_same(a, b, exact=exact) for b in theirs) for a in mine)
            right_expected += sum(any(_same(a, b, exact=exact) for b in mine) for a in theirs)
        right = min(right_found, right_expected)
        scores.append(EntityScore(language="en", entity=name, expected=expected, found=found, right=right))
    return scores


def _same(one: tuple[int, int], other: tuple[int, int], *, exact: bool) -> bool:
    return one == other if exact else one[0] < other[1] and other[0] < one[1]


def _scores(language: str, expected: list[set[Found]], found: list[set[Found]]) -> list[EntityScore]:
    wanted, given, right = Counter[str](), Counter[str](), Counter[str]()
    for want, give in zip(expected, found, strict=True):
        wanted.update(one.entity for one in want)
        given.update(one.entity for one in give)
        right.update(one.entity for one in want & give)
    scores = [
        EntityScore(language=language, entity=name, expected=wanted[name], found=given[name], right=right[name])
        for name in sorted({*wanted, *given})
    ]
    total = EntityScore(
        language=language, entity=_ALL, expected=wanted.total(), found=given.total(), right=right.total()
    )
    return [*scores, total]
