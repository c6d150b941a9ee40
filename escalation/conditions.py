"""The conditions a criterion may set. Each can be parsed, matched and compared.

`match` returns what it found (evidence) or None. `implies(a, b)` is sound and conservative: True
only if b holds whenever a does. It is what the floor and the search for shadowed criteria rest on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from escalation.model import READ_TOGETHER, Conversation, Turn
from escalation.parse import read_amount

#: what matched: one entry per condition that held
Found = tuple[dict[str, Any], ...]

#: the intent Rasa gives when it is not sure of any
NOT_UNDERSTOOD = frozenset({"nlu_fallback"})


@dataclass(frozen=True, kw_only=True)
class Intent:
    """The latest message has one of these intents, with at least this confidence."""

    names: tuple[str, ...]
    confidence: float

    def match(self, conversation: Conversation) -> Found | None:
        turn = conversation.turns[-1]
        if turn.intent not in self.names or turn.confidence < self.confidence:
            return None
        return (
            {
                "kind": "intent",
                "intent": turn.intent,
                "value": turn.confidence,
                "threshold": self.confidence,
                "message_ids": [turn.message_id],
            },
        )


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A signal reaches a threshold, in the latest message or over the last `turns` of them.

    `max` takes the strongest message. `noisy_or` takes 1 - Π(1 - p), so that a scam told in drips
    adds up; messages below `from_` are left out, or a long harmless conversation would add up too.
    `together` takes what the brain heard in the last messages read as one, where there are several.
    """

    name: str
    at_least: float
    turns: int = 1
    how: Literal["max", "noisy_or", "together"] = "max"
    from_: float = 0.0

    def match(self, conversation: Conversation) -> Found | None:
        window = conversation.turns[-self.turns :]
        if self.how == "together":
            return self._match_together(window)
        values = [(turn, turn.signals.get(self.name, 0.0)) for turn in window]
        if self.how == "max":
            value = max(value for _, value in values)
            told = [turn for turn, each in values if each >= self.at_least]
        else:
            counted = [(turn, each) for turn, each in values if each >= self.from_ and each > 0]
            # Rounding must not make the sum less than its strongest part.
            strongest = max((each for _, each in counted), default=0.0)
            value = max(strongest, 1.0 - prod(1.0 - each for _, each in counted))
            told = [turn for turn, _ in counted]
        return self._found(value, told) if value >= self.at_least else None

    def _match_together(self, window: Sequence[Turn]) -> Found | None:
        heard = window[-1].signals_together
        value = heard.get(self.name, 0.0) if heard is not None and len(window) > 1 else 0.0
        return self._found(value, window) if heard is not None and value >= self.at_least else None

    def _found(self, value: float, told: Sequence[Turn]) -> Found:
        found: dict[str, Any] = {
            "kind": "signal",
            "signal": self.name,
            "value": round(value, 4),
            "threshold": self.at_least,
            "message_ids": [turn.message_id for turn in told],
        }
        if self.turns > 1:
            found["over"] = {"turns": self.turns, "how": self.how}
        return (found,)


@dataclass(frozen=True, kw_only=True)
class EntityPresent:
    """The latest message names an entity; for an amount, above a sum.

    An amount without a currency counts: in doubt a person looks at it.
    """

    entity: str
    above: float | None = None
    currency: str | None = None

    def match(self, conversation: Conversation) -> Found | None:
        turn = conversation.turns[-1]
        for entity in turn.entities:
            if entity.entity != self.entity:
                continue
            evidence: dict[str, Any] = {"kind": "entity", "entity": self.entity, "message_ids": [turn.message_id]}
            if self.above is None:
                return ({**evidence, "value": entity.value, "threshold": None},)
            amount = read_amount(entity)
            if amount is None or amount.value <= self.above:
                continue
            if self.currency is None or amount.currency in (None, self.currency):
                return ({**evidence, "value": amount.value, "threshold": self.above, "currency": amount.currency},)
        return None


@dataclass(frozen=True, kw_only=True)
class Count:
    """So many of the latest messages in a row were misunderstood, or understood with little confidence."""

    of: Literal["misunderstood", "low_confidence"]
    at_least: int
    below: float = 0.0
    #: intents that count as misunderstood as well, such as an answer to a question that nobody had asked
    also: tuple[str, ...] = ()

    def match(self, conversation: Conversation) -> Found | None:
        row: list[Turn] = []
        for turn in reversed(conversation.turns):
            if not self._counts(turn):
                break
            row.append(turn)
        if len(row) < self.at_least:
            return None
        return (
            {
                "kind": "count",
                "count": self.of,
                "value": len(row),
                "threshold": self.at_least,
                "message_ids": [turn.message_id for turn in reversed(row)],
            },
        )

    def _counts(self, turn: Turn) -> bool:
        if turn.understood is not None:
            return not turn.understood
        misunderstood = turn.intent is None or turn.intent in NOT_UNDERSTOOD or turn.intent in self.also
        return misunderstood if self.of == "misunderstood" else misunderstood or turn.confidence < self.below


@dataclass(frozen=True, kw_only=True)
class Customer:
    """What the host site or the record says about the customer, such as a declared need."""

    attribute: str
    value: str | int | float | bool

    def match(self, conversation: Conversation) -> Found | None:
        actual = (conversation.customer or {}).get(self.attribute)
        if type(actual) is not type(self.value) or actual != self.value:
            return None
        return ({"kind": "customer", "attribute": self.attribute, "value": actual, "message_ids": []},)


@dataclass(frozen=True, kw_only=True)
class SecondsInAI:
    """The AI has had the conversation for at least this long."""

    at_least: float

    def match(self, conversation: Conversation) -> Found | None:
        if conversation.seconds_in_ai < self.at_least:
            return None
        return (
            {
                "kind": "seconds_in_ai",
                "value": conversation.seconds_in_ai,
                "threshold": self.at_least,
                "message_ids": [],
            },
        )


@dataclass(frozen=True, kw_only=True)
class Place:
    """The conversation's locale, region or channel is one of these."""

    of: Literal["locale", "region", "channel"]
    values: tuple[str, ...]

    def match(self, conversation: Conversation) -> Found | None:
        actual: str = getattr(conversation, self.of)
        return ({"kind": self.of, "value": actual, "message_ids": []},) if actual in self.values else None


@dataclass(frozen=True, kw_only=True)
class AnyOf:
    """At least one holds. The evidence is that of all which hold."""

    children: tuple[Condition, ...]

    def match(self, conversation: Conversation) -> Found | None:
        held = [found for found in (child.match(conversation) for child in self.children) if found is not None]
        return tuple(entry for found in held for entry in found) if held else None


@dataclass(frozen=True, kw_only=True)
class AllOf:
    """Every one holds."""

    children: tuple[Condition, ...]

    def match(self, conversation: Conversation) -> Found | None:
        held: list[dict[str, Any]] = []
        for child in self.children:
            found = child.match(conversation)
            if found is None:
                return None
            held.extend(found)
        return tuple(held)


@dataclass(frozen=True, kw_only=True)
class NotThat:
    """It does not hold."""

    child: Condition

    def match(self, conversation: Conversation) -> Found | None:
        return () if self.child.match(conversation) is None else None


Leaf = Intent | Signal | EntityPresent | Count | Customer | SecondsInAI | Place
Condition = Leaf | AnyOf | AllOf | NotThat


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every simple condition inside, in reading order."""
    if isinstance(condition, (AnyOf, AllOf)):
        for child in condition.children:
            yield from leaves(child)
    elif isinstance(condition, NotThat):
        yield from leaves(condition.child)
    else:
        yield condition


def implies(a: Condition, b: Condition) -> bool:
    """True only if `b` holds whenever `a` does. False means "not shown", not "untrue"."""
    if a == b:
        return True
    if isinstance(a, AnyOf):
        return all(implies(child, b) for child in a.children)
    if isinstance(b, AllOf):
        return all(implies(a, child) for child in b.children)
    if isinstance(a, AllOf) and any(implies(child, b) for child in a.children):
        return True
    if isinstance(b, AnyOf):
        return any(implies(a, child) for child in b.children)
    if isinstance(a, NotThat) and isinstance(b, NotThat):
        return implies(b.child, a.child)
    if isinstance(a, (AllOf, NotThat)) or isinstance(b, NotThat):
        return False
    return _leaf_implies(a, b)


def _leaf_implies(a: Leaf, b: Leaf) -> bool:
    if isinstance(a, Intent) and isinstance(b, Intent):
        return set(a.names) <= set(b.names) and a.confidence >= b.confidence
    if isinstance(a, Signal) and isinstance(b, Signal):
        return _signal_implies(a, b)
    if isinstance(a, EntityPresent) and isinstance(b, EntityPresent):
        sum_holds = b.above is None or (a.above is not None and a.above >= b.above)
        return a.entity == b.entity and sum_holds and b.currency in (None, a.currency)
    if isinstance(a, Count) and isinstance(b, Count):
        wider = a.of == "misunderstood" or (b.of == "low_confidence" and a.below <= b.below)
        return wider and a.at_least >= b.at_least and set(a.also) <= set(b.also)
    if isinstance(a, SecondsInAI) and isinstance(b, SecondsInAI):
        return a.at_least >= b.at_least
    if isinstance(a, Place) and isinstance(b, Place):
        return a.of == b.of and set(a.values) <= set(b.values)
    return False


def _signal_implies(a: Signal, b: Signal) -> bool:
    if a.name != b.name or a.at_least < b.at_least or a.turns > b.turns:
        return False
    if "together" in (a.how, b.how):
        # What several messages say as one can be more, or less, than what each of them says.
        return a.how == b.how and a.turns == b.turns
    if a.how == "noisy_or" and a.turns > 1:
        return b.how == "noisy_or" and b.from_ <= a.from_
    # One message of a's window reaches a's threshold; b counts that message if it lies above what b leaves out.
    return b.how == "max" or b.from_ <= a.at_least


_PLACES: tuple[Literal["locale", "region", "channel"], ...] = ("locale", "region", "channel")


def parse_condition(content: Mapping[str, Any]) -> Condition:
    """A condition from content that passed the schema."""
    if "any" in content:
        return AnyOf(children=tuple(parse_condition(child) for child in content["any"]))
    if "all" in content:
        return AllOf(children=tuple(parse_condition(child) for child in content["all"]))
    if "not" in content:
        return NotThat(child=parse_condition(content["not"]))
    if "intent" in content:
        return Intent(names=_strings(content["intent"]), confidence=float(content["confidence"]))
    if "signals" in content:
        return _parse_signals(content)
    if "entity" in content:
        above = content.get("above")
        return EntityPresent(
            entity=content["entity"], above=None if above is None else float(above), currency=content.get("currency")
        )
    if "count" in content:
        return Count(
            of=content["count"],
            at_least=content["at_least"],
            below=float(content.get("below", 0.0)),
            also=_strings(content.get("also", [])),
        )
    if "customer" in content:
        return Customer(attribute=content["customer"], value=content["is"])
    if "seconds_in_ai" in content:
        return SecondsInAI(at_least=float(content["seconds_in_ai"]))
    for of in _PLACES:
        if of in content:
            return Place(of=of, values=_strings(content[of]))
    raise ValueError(f"expected a condition, got the keys {sorted(content)}")


def _parse_signals(content: Mapping[str, Any]) -> Condition:
    over: Mapping[str, Any] = content.get("over", {})
    turns = over.get("turns", READ_TOGETHER) if over else 1
    each = tuple(
        Signal(
            name=name,
            at_least=float(threshold),
            turns=turns,
            how=over.get("how", "max"),
            from_=float(over.get("from", 0.0)),
        )
        for name, threshold in content["signals"].items()
    )
    if len(each) == 1:
        return each[0]
    return AllOf(children=each) if content.get("match") == "all" else AnyOf(children=each)


def _strings(content: str | list[str]) -> tuple[str, ...]:
    return (content,) if isinstance(content, str) else tuple(content)
