"""Rasa component `brain.entities.SpacyEntities`: what a customer names, found by rules, with normalised values.

amount "250.50" · currency "GBP" · date "2026-03-12" · card_ending "4821" · card_kind "debit" or "credit" · payee · merchant ·
branch_place · reference "TRX-2041". Rules, because these must be exact, explainable and need no annotated examples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import spacy
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span

from brain.entity_values import (
    CURRENCIES,
    MONTHS,
    MULTIPLIER_WORDS,
    NUMBER_WORDS,
    WEEKDAYS,
    date_from_text,
    decimal_from_digits,
    number_from_words,
)

PATTERNS = Path(__file__).with_name("entity_patterns.yml")
EXTRACTOR = "SpacyEntities"


@dataclass(frozen=True, kw_only=True)
class Found:
    """One entity; `start` and `end` count characters of the message, `end` exclusive."""

    entity: str
    value: str
    start: int
    end: int


_WORDS = "|".join(sorted([re.escape(word) for word in CURRENCIES if word.isalpha()], key=len, reverse=True))
_SIGNS = "|".join(re.escape(sign) for sign in sorted((s for s in CURRENCIES if not s.isalpha()), key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:[ ,.']\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_SPELLED = rf"(?:(?:{'|'.join([*NUMBER_WORDS, *sorted(MULTIPLIER_WORDS - {'k', 'm'})])}|and|an?)[\s-]+)+"
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?:(?P<sign>{_SIGNS}|\b(?:GBP|USD|EUR|PHP|BRL|MXN|CHF|INR|JPY)\b)\s?(?P<after>{_DIGITS})\s?(?P<k1>k|m|grand)?\b"
    rf"|(?P<before>{_DIGITS})\s?(?P<k2>k|m|grand|thousand|hundred)?\s?(?P<unit>{_SIGNS}|(?:{_WORDS})\b)"
    rf"|(?P<spelled>{_SPELLED})(?P<spelled_unit>(?:{_WORDS})\b)|(?P<grand>\d+(?:\.\d)?)\s?(?:k|grand)\b)",
    re.IGNORECASE,
)
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]}|t)?" for month in MONTHS)
_DATE = re.compile(
    rf"\b(?:day before yesterday|yesterday|today|tomorrow|this morning|last night|tonight"
    rf"|(?:(?:last|this|next|on)\s+)?(?:{'|'.join(WEEKDAYS)})|(?:\d{{1,3}}|an?|{'|'.join(NUMBER_WORDS)})\s+(?:day|week|month)s?\s+ago"
    rf"|\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}/\d{{1,2}}(?:/(?:\d{{4}}|\d{{2}}))?|\d{{1,2}}\.\d{{1,2}}\.(?:\d{{4}}|\d{{2}})"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTH})\b(?:\s+\d{{4}})?|(?:{_MONTH})\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?"
    rf"|the\s+\d{{1,2}}(?:st|nd|rd|th))\b",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"(?:\bend(?:ing|s|ed)?(?:\s+(?:in|with|is|on))?|\blast\s+(?:four|4)(?:\s+(?:digits|numbers))?(?:\s+(?:are|is|being))?|\bcard(?:\s+(?:number|no\.?))?"
    r"|[*x•]{1,12})[\s:]*(?P<value>\d{4})(?![\d/-])(?!\s*(?:pounds|quid|dollars|euros))",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"(?<!direct )(?<!direct)\b(?P<value>debit|credit)(?:\s*cards?|\s+one)\b"
    r"|^\W*(?:(?:it'?s|its|the|my)\s+)*(?P<alone>debit|credit)\W*$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\bref(?:erence)?\b\.?(?:\s+(?:number|no\.?|code|is|was|of))*[\s:#]*(?P<named>(?=[\w-]*\d)[A-Za-z0-9][\w-]{3,24})"
    r"|(?<![\w-])"
    r"(?P<bare>[A-Za-z]{2,5}-?\d{4,16}|[A-Za-z]{2,5}(?:-[A-Za-z0-9]{2,8}){1,3}(?<=\d))(?![\w-])",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"^[\s.!]*(?P<value>{_DIGITS})[\s.!?]*$")
_SENT = {
    "send",
    "sent",
    "sending",
    "transfer",
    "transfered",
    "transferred",
    "transferring",
    "pay",
    "paid",
    "paying",
    "payment",
    "money",
    "wire",
    "wired",
    "standing",
}
_PLACE_CUES = {
    "branch",
    "branches",
    "open",
    "opening",
    "hours",
    "atm",
    "cash",
    "cashpoint",
    "machine",
    "near",
    "nearest",
    "close",
    "closing",
    "closed",
}


class EntityFinder:
    """All rules together. `find` is pure but for the day it is told."""

    def __init__(self, patterns: dict[str, list[str]]) -> None:
        self._nlp = spacy.blank("en")
        self._never = frozenset(patterns["never_a_name"])
        self._relations = frozenset(patterns["payee_relation"])
        self._merchants = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._merchants.add("merchant", [self._nlp.make_doc(name) for name in patterns["merchant"]])
        self._names = Matcher(self._nlp.vocab)
        title = {"IS_TITLE": True, "IS_STOP": False}
        self._names.add(
            "payee_named", [[{"LOWER": {"IN": ["to", "for"]}}, title, {**title, "OP": "{0,2}"}]], greedy="LONGEST"
        )
        owner = {"LOWER": {"IN": ["'s", "’s", "&"]}, "OP": "?"}
        self._names.add(
            "merchant_named",
            [[{"LOWER": {"IN": ["at", "from", "by", "with"]}}, title, owner, {**title, "OP": "{0,2}"}]],
            greedy="LONGEST",
        )
        self._names.add(
            "place_after",
            [[{"LOWER": {"IN": ["in", "at", "near", "for"]}}, {"IS_ALPHA": True}, {"IS_TITLE": True, "OP": "{0,2}"}]],
            greedy="LONGEST",
        )
        self._names.add("place_before", [[{"IS_ALPHA": True}, {"LOWER": {"IN": ["branch", "branches"]}}]])

    def find(self, text: str, *, today: date, month_first: bool = False) -> list[Found]:
        """Entities in the order of the text. Of two that overlap the one found by the stricter rule stays."""
        doc = self._nlp(text)
        finders: tuple[Callable[[], Iterator[Found]], ...] = (
            lambda: _references(text),
            lambda: _endings(text),
            lambda: _amounts(text),
            lambda: _dates(text, today=today, month_first=month_first),
            lambda: _kinds(text),
            lambda: self._known_merchants(doc),
            lambda: self._places(doc),
            lambda: self._payees(doc),
            lambda: self._named_merchants(doc),
        )
        kept: list[Found] = []
        for finder in finders:
            before = tuple(kept)
            for found in finder():
                # What one finder says together (an amount and its currency, an ending that may be an amount) may share a span.
                own = (other for other in kept[len(before) :] if other.entity == found.entity)
                if not any(found.start < k.end and k.start < found.end for k in (*before, *own)):
                    kept.append(found)
        return sorted(kept, key=lambda found: (found.start, found.entity))

    def _known_merchants(self, doc: Doc) -> Iterator[Found]:
        for span in self._merchants(doc, as_spans=True):
            yield _of_span("merchant", span, span.text)

    def _payees(self, doc: Doc) -> Iterator[Found]:
        words = {token.lower_ for token in doc}
        if not words & _SENT:
            return
        for token in doc[:-2]:
            if (
                token.lower_ in ("to", "for")
                and doc[token.i + 1].lower_ in ("my", "our")
                and doc[token.i + 2].lower_ in self._relations
            ):
                yield _of_span("payee", doc[token.i + 2 : token.i + 3], doc[token.i + 2].lower_)
        for span in self._matches(doc, "payee_named"):
            if span[0].lower_ == "to" and not self._barred(span[1:]):
                yield _of_span("payee", span[1:], span[1:].text)
        for token in doc[:-1]:
            after = doc[token.i + 1]
            if (
                token.lower_ in ("to", "paid", "pay")
                and after.is_alpha
                and not after.is_stop
                and not self._barred(doc[after.i : after.i + 1])
            ):
                if token.lower_ == "to" and doc[max(0, token.i - 4) : token.i].text.lower().split()[-1:] in (
                    ["want"],
                    ["need"],
                    ["like"],
                    ["going"],
                    ["trying"],
                    ["how"],
                ):
                    continue
                yield _of_span("payee", doc[after.i : after.i + 1], after.text)

    def _named_merchants(self, doc: Doc) -> Iterator[Found]:
        for span in self._matches(doc, "merchant_named"):
            if not self._barred(span[1:]):
                yield _of_span("merchant", span[1:], span[1:].text)

    def _places(self, doc: Doc) -> Iterator[Found]:
        if not {token.lower_ for token in doc} & _PLACE_CUES:
            return
        for span in self._matches(doc, "place_after"):
            place = span[1:]
            if not self._barred(place) and not place[0].is_stop:
                yield _of_span("branch_place", place, _as_name(place))
        for span in self._matches(doc, "place_before"):
            place = span[:1]
            if (
                not self._barred(place)
                and not place[0].is_stop
                and place[0].lower_ not in ("nearest", "local", "main", "closest", "bank")
            ):
                yield _of_span("branch_place", place, _as_name(place))

    def _matches(self, doc: Doc, rule: str) -> list[Span]:
        return [span for span in self._names(doc, as_spans=True) if span.label_ == rule]

    def _barred(self, span: Span) -> bool:
        return any(token.lower_ in self._never for token in span)


def load_finder(path: Path = PATTERNS) -> EntityFinder:
    """The finder with the patterns of a file."""
    return EntityFinder(yaml.safe_load(path.read_text(encoding="utf-8")))


def _of_span(entity: str, span: Span, value: str) -> Found:
    return Found(entity=entity, value=value, start=span.start_char, end=span.end_char)


def _as_name(span: Span) -> str:
    return str(span.text.title()) if span.text.islower() else str(span.text)


def _amounts(text: str) -> Iterator[Found]:
    for match in _AMOUNT.finditer(text):
        unit = match["sign"] or match["unit"] or match["spelled_unit"]
        if match["spelled"]:
            number = number_from_words(re.split(r"[\s-]+", match["spelled"].lower().strip()))
            value = None if number is None else str(number)
        else:
            multiplier = match["k1"] or match["k2"] or ("k" if match["grand"] else None)
            value = decimal_from_digits(match["after"] or match["before"] or match["grand"], multiplier=multiplier)
        if value is None:
            continue
        yield Found(entity="amount", value=value, start=match.start(), end=match.end())
        if unit:
            yield Found(entity="currency", value=CURRENCIES[unit.lower()], start=match.start(), end=match.end())
    alone = _ALONE.match(text)
    if alone and len(alone["value"]) <= 9 and (value := decimal_from_digits(alone["value"])) is not None:
        yield Found(entity="amount", value=value, start=alone.start("value"), end=alone.end("value"))


def _dates(text: str, *, today: date, month_first: bool) -> Iterator[Found]:
    for match in _DATE.finditer(text):
        value = date_from_text(match[0], today=today, month_first=month_first)
        if value is not None:
            yield Found(entity="date", value=value, start=match.start(), end=match.end())


def _endings(text: str) -> Iterator[Found]:
    for match in _ENDING.finditer(text):
        yield Found(entity="card_ending", value=match["value"], start=match.start("value"), end=match.end("value"))
    if alone := re.match(r"^[\s.!]*(?P<value>\d{4})[\s.!?]*$", text):
        # Four digits and nothing else answer "which card?" and "how much?" alike; the form that asks takes its own.
        for entity in ("card_ending", "amount"):
            yield Found(entity=entity, value=alone["value"], start=alone.start("value"), end=alone.end("value"))


def _kinds(text: str) -> Iterator[Found]:
    for match in _KIND.finditer(text):
        group = "value" if match["value"] else "alone"
        yield Found(entity="card_kind", value=match[group].lower(), start=match.start(group), end=match.end(group))


def _references(text: str) -> Iterator[Found]:
    for match in _REFERENCE.finditer(text):
        group = "named" if match["named"] else "bare"
        yield Found(entity="reference", value=match[group].upper(), start=match.start(group), end=match.end(group))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SpacyEntities(GraphComponent, EntityExtractorMixin):
    """Adds what `EntityFinder` finds to each message. Dates are read month first for locales of the United States."""

    def __init__(self, finder: EntityFinder) -> None:
        self._finder = finder

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpacyEntities:
        """Read the patterns: the project's, or those of `patterns` in config.yml."""
        return cls(load_finder(Path(config["patterns"]) if config.get("patterns") else PATTERNS))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`patterns`: a file in place of brain/entity_patterns.yml."""
        return {"patterns": None}

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["spacy"]

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities."""
        for message in messages:
            metadata = message.get("metadata") or {}
            month_first = (
                str(metadata.get("locale", "")).endswith(("-US", "-PH")) if isinstance(metadata, dict) else False
            )
            today = datetime.now().astimezone().date()
            found = self._finder.find(message.get(TEXT) or "", today=today, month_first=month_first)
            entities = [
                {"entity": f.entity, "value": f.value, "start": f.start, "end": f.end, "extractor": EXTRACTOR}
                for f in found
            ]
            message.set(ENTITIES, (message.get(ENTITIES) or []) + entities, add_to_output=True)
        return messages
