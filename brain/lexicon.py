"""Phrases that raise a signal by themselves, matched with spaCy over plain words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
import yaml
from spacy.matcher import Matcher
from spacy.tokens import Doc

CRISIS = Path(__file__).with_name("crisis_lexicon.yml")
_WORD = re.compile(r"[^\W_]+(?:['’`´][^\W_]+)*")
_APOSTROPHES = re.compile(r"['’`´]")
_NEARBY = 4  #: words on either side in which an `unless` word takes a phrase back


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Where a phrase stands in the message; `end` is exclusive."""

    start: int
    end: int
    text: str


class Lexicon:
    """Compiled phrases of one file."""

    def __init__(self, *, phrases: list[str], unless: list[str]) -> None:
        self._vocab = spacy.blank("en").vocab
        self._unless = frozenset(_plain(word) for word in unless)
        self._matcher = Matcher(self._vocab)
        for phrase in phrases:
            self._matcher.add(phrase, [[_place(word) for word in phrase.split()]], greedy="LONGEST")

    @classmethod
    def load(cls, path: Path) -> Lexicon:
        """Read `phrases` and `unless` from YAML."""
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(phrases=list(content["phrases"]), unless=list(content.get("unless") or []))

    def find(self, text: str) -> list[Hit]:
        """All phrases in a text, longest first where they overlap."""
        places = list(_WORD.finditer(text))
        if not places:
            return []
        words = [_plain(place[0]) for place in places]
        hits = []
        for _, first, last in self._matcher(Doc(self._vocab, words=words)):
            around = words[max(0, first - _NEARBY) : first] + words[last : last + _NEARBY]
            if not self._unless & set(around):
                start, end = places[first].start(), places[last - 1].end()
                hits.append(Hit(start=start, end=end, text=text[start:end]))
        return sorted(hits, key=lambda hit: (hit.start, -hit.end))


def _plain(word: str) -> str:
    """Without apostrophes, capitals and accents, which many leave out."""
    letters = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", word).lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _place(word: str) -> dict[str, Any]:
    alternatives = [_plain(each) for each in word.rstrip("?").split("|")]
    return {"LOWER": {"IN": alternatives}, **({"OP": "?"} if word.endswith("?") else {})}
