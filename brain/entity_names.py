"""Who and where: payees, merchants, people and places in one language, by spaCy's matchers over its tokens.

Keys of `names` in a language's file:

- `sending`: without one of these words no payee is looked for; `payee_before`, `payee_verbs`: what stands before her
  name; `payee_before_any_case`: also before it in small letters, if one of `payee_any_after` stands before "to", and
  one of `payee_any_then` or nothing more behind the name
- `relations`: what she is to the customer, behind one of `possessives` with `relation_before` before it, or behind
  one of `relation_contracted` ("al" in Spanish), or before one of `possessives_after` (`relation_then_possessive`);
  with `verb_last` the verb that sends may come later, and `not_before_possessive` says what no recipient follows
- `merchant_before`: what stands before a shop's name, if one of `merchant_needs` occurs; `merchant_after_nouns`:
  likewise, whatever occurs; `merchant_then`: what stands behind it
- `place_cues`, `place_before`, `place_before_any_case`, `place_then`: what stands near, before and behind a branch's
  place
- `person_intro`, `titles`: before a person's name; `person_intro_weak`: before one of two words or more
- `never`: words that are no name
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span

from brain.entity_language import Language, Shared
from brain.entity_text import Found, Reading, fold

_LISTS = (
    "sending",
    "relations",
    "possessives",
    "possessives_after",
    "not_before_payee",
    "merchant_needs",
    "place_cues",
    "place_then",
    "never",
    "not_before_possessive",
    "payee_any_after",
    "payee_any_then",
    "relation_before",
    "relation_contracted",
)
_CAPITAL = {"TEXT": {"REGEX": r"^[A-ZÀ-ÖØ-Þ][\w'’&.+-]*$"}}
_INNER = [
    "de",
    "la",
    "del",
    "los",
    "las",
    "da",
    "do",
    "dos",
    "das",
    "von",
    "van",
    "der",
    "den",
    "di",
    "du",
    "des",
    "le",
    "el",
    "'s",
    "’s",
    "&",
    "ng",
    "zu",
    "al",
    "bin",
    "y",
    "d'",
    "d’",
    "'",
    "-",
]
_TITLE_OR_INNER = {"TEXT": {"REGEX": rf"^(?:[A-ZÀ-ÖØ-Þ][\w'’&.+-]*|{'|'.join(_INNER)})$"}}
_CLOSE = 7  #: tokens from a word that speaks of buying or sending to the name of who gets the money
_NEAR = 5  #: tokens between a branch's name and the word that speaks of branches
_SIGNS = re.compile(r"([^\w\s])\1{3,}")
_Matches = dict[str, list[tuple[int, int]]]  #: where the names of each rule stand, without the words that led to them
_NAME = [_CAPITAL, {**_TITLE_OR_INNER, "OP": "{0,4}"}]


class NameFinder:
    """Compiled once for a language."""

    def __init__(self, language: Language, shared: Shared) -> None:
        self._nlp = language.tokenizer
        self._words = {key: frozenset(language.words("names", key)) for key in _LISTS}
        self._never = self._words["never"] | shared.never_a_name | (language.places - shared.also_names)
        self._relations = self._words["relations"]
        self._verb_last = bool(language.part("names").get("verb_last"))
        self._after = bool(language.part("names").get("relation_then_possessive"))
        self._known = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._known.add("known", [self._nlp.make_doc(name) for name in shared.merchants])
        self._known.add("word", [self._nlp.make_doc(name) for name in shared.merchants_that_are_words])
        self._known.add("other", [self._nlp.make_doc(name) for name in shared.not_merchants])
        self._matcher = Matcher(self._nlp.vocab)
        any_word = [{"IS_ALPHA": True}]
        for rule, keys, name in (
            ("payee", ("payee_before", "payee_verbs"), _NAME),
            ("payee_any", ("payee_before_any_case",), any_word),
            ("merchant", ("merchant_before",), _NAME),
            ("merchant_noun", ("merchant_after_nouns",), _NAME),
            ("place", ("place_before",), _NAME),
            ("place_any", ("place_before_any_case",), [{"IS_ALPHA": True}, {**_TITLE_OR_INNER, "OP": "{0,4}"}]),
            ("person", ("person_intro",), _NAME),
            ("person_weak", ("person_intro_weak",), _NAME),
            ("title", ("titles",), _NAME),
        ):
            by_length: dict[int, list[list[dict[str, Any]]]] = {}
            for phrase in (phrase for key in keys for phrase in language.part("names").get(key) or ()):
                cue = [{"LOWER": token.lower_} for token in self._nlp.make_doc(str(phrase))]
                by_length.setdefault(len(cue), []).append([*cue, *name])
            for length, patterns in by_length.items():
                self._matcher.add(f"{rule} {length}", patterns, greedy="LONGEST")
        for phrase in language.part("names").get("merchant_then") or ():
            verb = [{"LOWER": token.lower_} for token in self._nlp.make_doc(str(phrase))]
            self._matcher.add(f"then {-len(verb)}", [[_CAPITAL, {**_CAPITAL, "OP": "{0,2}"}, *verb]], greedy="LONGEST")
        if then := self._words["place_then"]:
            self._matcher.add(
                "place_then 0",
                [[_CAPITAL, {"LOWER": {"IN": sorted(then)}}], [{"IS_ALPHA": True}, {"LOWER": {"IN": sorted(then)}}]],
            )

    def find(self, reading: Reading) -> Iterator[Found]:
        """Names in the order of how surely they are one; they may overlap."""
        # spaCy's tokenizer takes a run of signs apart one by one, in quadratic time.
        doc = self._nlp.make_doc(_SIGNS.sub(lambda run: " " * len(run[0]), reading.text))
        folded = [fold(token.text) for token in doc]
        words = set(folded)
        known = [(self._nlp.vocab.strings[key], start, end) for key, start, end in self._known(doc)]
        taken = {at for kind, start, end in known if kind == "other" for at in range(start, end + 1)}
        matches: _Matches = {}
        for key, start, end in self._matcher(doc):
            rule, words_before = self._nlp.vocab.strings[key].split()
            length = int(words_before)
            name = (start + max(length, 0), end + min(length, 0))  # below 0: the words are behind the name
            if name[0] not in taken:
                matches.setdefault(rule, []).append(name)
        for kind, start, end in known:
            if kind == "known" or (kind == "word" and doc[start].text[0].isupper() and start not in {0, *taken}):
                yield _found("merchant", doc[start:end])
        yield from self._named(doc, folded, matches, "title", "person_name")
        yield from self._named(doc, folded, matches, "person", "person_name")
        yield from self._named(doc, folded, matches, "person_weak", "person_name", least=2)
        if words & self._words["place_cues"]:
            yield from self._places(doc, folded, matches)
        if words & self._words["sending"]:
            yield from self._payees(doc, folded, matches)
        yield from self._named(doc, folded, matches, "merchant_noun", "merchant")
        matches["then"] = [match for match in matches.get("then", ()) if not doc[match[0]].is_stop]
        yield from self._named(doc, folded, matches, "then", "merchant")
        needed = self._words["merchant_needs"]
        if needed and not self._verb_last:
            matches["merchant"] = _close(matches.get("merchant", ()), folded, needed)
        if not needed or words & needed:
            yield from self._named(doc, folded, matches, "merchant", "merchant")

    def _named(
        self, doc: Doc, folded: list[str], matches: _Matches, rule: str, entity: str, *, least: int = 1
    ) -> Iterator[Found]:
        for start, end in matches.get(rule, ()):
            span = self._name(doc, folded, start, end)
            if span is not None and len(span) >= least:
                yield _found(entity, span)

    def _payees(self, doc: Doc, folded: list[str], matches: _Matches) -> Iterator[Found]:
        sent = next(at for at, word in enumerate(folded) if word in self._words["sending"])
        for at, word in enumerate(folded):
            if word not in self._relations or (at < sent and not self._verb_last):
                continue
            if self._owned(folded, at) and folded[at + 1 : at + 2] != ["'s"]:
                yield Found(entity="payee", value=doc[at].lower_, start=doc[at].idx, end=doc[at].idx + len(doc[at]))
        if not self._verb_last:
            matches["payee"] = _close(matches.get("payee", ()), folded, self._words["sending"])
        yield from self._named(doc, folded, matches, "payee", "payee")
        for start, end in matches.get("payee_any", ()):
            if self._sent_to(doc, folded, start) and not doc[start].is_stop and folded[start] not in self._never:
                yield _found("payee", doc[start:end])

    def _owned(self, folded: list[str], at: int) -> bool:
        """Whether a relation is the customer's and the one who is paid: "to my landlord", "paid my landlord", "al fontanero"."""
        if self._after:
            return " ".join(folded[at + 1 : at + 2]) in self._words["possessives_after"]
        before, further = ["", "", *folded][at + 1], ["", "", *folded][at]
        leads = self._words["relation_before"]
        if before in self._words["possessives"] and (self._verb_last or further in leads | self._words["sending"]):
            return True
        return before in self._words["relation_contracted"]

    def _sent_to(self, doc: Doc, folded: list[str], at: int) -> bool:
        """Whether a word in small letters after "to" is a name: "transfer to maria", but not "money to buy it"."""
        if not (after := self._words["payee_any_after"]):
            return True
        cue, before = folded[at - 1], folded[at - 2] if at > 1 else ""
        sent = cue != "to" or before in after or before[:1].isdigit() or before in self._relations
        then = folded[at + 1] if at + 1 < len(doc) else "."
        return sent and (not then[0].isalpha() or then in self._words["payee_any_then"])

    def _dative(self, doc: Doc, folded: list[str], at: int) -> bool:
        """Whether a possessive may follow here that says to whom: not "die Karte meiner Mutter", nor "von meiner Mutter"."""
        if at < 0:
            return True
        noun = at > 0 and doc[at].text[:1].isupper()
        return not noun and folded[at] not in self._words["not_before_possessive"]

    def _places(self, doc: Doc, folded: list[str], matches: _Matches) -> Iterator[Found]:
        for start, end in matches.get("place_then", ()):
            if not doc[start].is_stop and folded[start] not in self._never:
                yield _found("branch_place", doc[start : end - 1], as_name=True)
        cues = [at for at, word in enumerate(folded) if word in self._words["place_cues"]]
        for rule in ("place_any", "place"):
            for start, end in matches.get(rule, ()):
                if not any(abs(start - cue) <= _NEAR for cue in cues):
                    continue
                span = self._name(doc, folded, start, end)
                if span is not None and not span[0].is_stop:
                    yield _found("branch_place", span, as_name=True)

    def _name(self, doc: Doc, folded: list[str], start: int, end: int) -> Span | None:
        """The name in a match, without the small words at its end; None if it begins with a word that is none."""
        barred = next((at for at in range(start, end) if folded[at] in self._never and folded[at] not in _INNER), end)
        if barred == start or folded[start] in self._never:
            return None
        end = barred
        if " ".join(folded[start:end]) in self._never:
            return None
        while end - 1 > start and not doc[end - 1].text[:1].isupper():
            end -= 1
        return doc[start:end]


def _close(matches: Iterable[tuple[int, int]], folded: list[str], words: frozenset[str]) -> list[tuple[int, int]]:
    """Names with one of these words a little way before them."""
    return [(start, end) for start, end in matches if not words.isdisjoint(folded[max(0, start - _CLOSE) : start])]


def _found(entity: str, span: Span, *, as_name: bool = False) -> Found:
    value = span.text.title() if as_name and span.text.islower() else span.text
    return Found(entity=entity, value=value, start=span.start_char, end=span.end_char)
