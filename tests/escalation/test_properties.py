"""What holds for every policy that is accepted, and for every conversation."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from escalation import SIGNALS, Conversation, Entity, Policy, PolicyInvalid, Turn, assess, load_policy
from escalation.conditions import AllOf, AnyOf, Condition, Count, Intent, NotThat, Place, SecondsInAI, Signal, implies
from escalation.floor import CEILING_CONFIDENCE, CEILING_SIGNAL, FLOOR
from tests.escalation.build import SHIPPED, content, criterion, read

PROBABILITIES = st.floats(0, 1, allow_nan=False)
INTENTS = ("greet", "nlu_fallback", "report_scam", "request_person", "express_crisis", "report_unauthorised_payment")
FLOOR_INPUTS = (
    ("express_crisis", "crisis"),
    ("report_scam", "fraud"),
    ("report_unauthorised_payment", "takeover"),
    ("request_person", "person"),
)
SHIPPED_POLICY = load_policy(SHIPPED)


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    return Turn(
        message_id="m",
        text=draw(st.text(max_size=5)),
        intent=draw(st.sampled_from((*INTENTS, None))),
        confidence=draw(PROBABILITIES),
        signals=draw(st.dictionaries(st.sampled_from(SIGNALS), PROBABILITIES, max_size=4)),
        signals_together=draw(st.none() | st.dictionaries(st.sampled_from(SIGNALS), PROBABILITIES, max_size=4)),
        entities=tuple(
            draw(st.lists(st.builds(Entity, entity=st.just("amount"), value=st.integers(0, 5000)), max_size=1))
        ),
        understood=draw(st.sampled_from((None, None, True, False))),
    )


@st.composite
def floor_turns(draw: st.DrawFn) -> Turn:
    """A turn on which the floor must fire: by its intent or by its signal, at the ceiling or above."""
    turn = draw(turns())
    intent, signal = draw(st.sampled_from(FLOOR_INPUTS))
    if draw(st.booleans()):
        return Turn(**{**vars(turn), "intent": intent, "confidence": draw(st.floats(CEILING_CONFIDENCE, 1))})
    return Turn(**{**vars(turn), "signals": {**turn.signals, signal: draw(st.floats(CEILING_SIGNAL, 1))}})


@st.composite
def conversations(draw: st.DrawFn, last: st.SearchStrategy[Turn]) -> Conversation:
    listed = [*draw(st.lists(turns(), max_size=6)), draw(last)]
    return Conversation(
        turns=tuple(Turn(**{**vars(each), "message_id": f"m{number}"}) for number, each in enumerate(listed)),
        locale=draw(st.sampled_from(("en-GB", "de-DE", "fil-PH"))),
        region=draw(st.sampled_from(("GB", "DE", "PH"))),
        channel=draw(st.sampled_from(("web", "sms"))),
        customer=draw(st.sampled_from((None, {"id": "1", "staff": True}))),
        seconds_in_ai=draw(st.floats(0, 5000)),
    )


Mutation = Callable[[list[dict[str, Any]]], object]


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    """A change that somebody might make to a policy: by mistake, or to quieten it."""
    place = draw(st.integers(0, 5))
    number = draw(st.floats(0.05, 1))
    condition: dict[str, Any] = draw(
        st.sampled_from(
            (
                {"channel": "sms"},
                {"not": {"channel": "sms"}},
                {"customer": "staff", "is": True},
                {"seconds_in_ai": 30},
                {"signals": {"crisis": number, "fraud": number, "takeover": number, "person": number}},
                {"signals": {"fraud": number}, "over": {"turns": 3, "how": "noisy_or", "from": min(number, 0.3)}},
                {"intent": list(INTENTS), "confidence": number},
                {"count": "low_confidence", "below": number, "at_least": 1},
            )
        )
    )

    def at(criteria: list[dict[str, Any]]) -> dict[str, Any]:
        return criteria[place % len(criteria)]

    changes: tuple[Mutation, ...] = (
        lambda criteria: criteria.pop(place % len(criteria)) if len(criteria) > 1 else None,
        lambda criteria: criteria.insert(place, criterion(f"extra_{len(criteria)}", condition, outcome="offer")),
        lambda criteria: criteria.insert(0, criteria.pop(place % len(criteria))),
        lambda criteria: at(criteria).update(enabled=False),
        lambda criteria: at(criteria).update(floor=False),
        lambda criteria: at(criteria).update(unless=condition),
        lambda criteria: at(criteria).update(again_after=3),
        lambda criteria: at(criteria).update(when=condition),
        lambda criteria: at(criteria).update(when={"all": [at(criteria)["when"], condition]}),
        lambda criteria: at(criteria).update(when={"any": [at(criteria)["when"], condition]}),
        lambda criteria: at(criteria).update(when={"not": {"not": at(criteria)["when"]}}),
        lambda criteria: at(criteria)["then"].update(outcome="offer"),
        lambda criteria: at(criteria).update(id="life_at_risk"),
        lambda criteria: _set_thresholds(at(criteria)["when"], number),
    )
    return draw(st.sampled_from(changes))


def _set_thresholds(condition: Any, number: float) -> None:
    for child in condition.get("any", ()):
        _set_thresholds(child, number)
    if "signals" in condition:
        condition["signals"] = dict.fromkeys(condition["signals"], number)
    if "intent" in condition:
        condition["confidence"] = number


def _accepted(changes: list[Mutation]) -> Policy | None:
    changed = copy.deepcopy(
        content(
            criterion("complaint", {"signals": {"complaint": 0.5}}, outcome="offer"),
            criterion("twice", {"count": "misunderstood", "at_least": 2}),
        )
    )
    for change in changes:
        change(changed["criteria"])
    try:
        policy = read(changed)
    except PolicyInvalid:
        event("refused")
        return None
    event("accepted")
    return policy


@given(changes=st.lists(mutations(), max_size=3), talk=conversations(floor_turns()))
def test_policy_is_either_refused_or_brings_a_person_whenever_the_floor_says(
    changes: list[Mutation], talk: Conversation
) -> None:
    policy = _accepted(changes)
    if policy is None:
        return
    verdict = assess(policy, talk)
    assert verdict.outcome == "handoff"
    assert verdict.floor
    assert verdict.criterion in FLOOR


@given(talk=conversations(floor_turns()))
def test_shipped_policy_brings_a_person_whenever_the_floor_says(talk: Conversation) -> None:
    verdict = assess(SHIPPED_POLICY, talk)
    assert (verdict.outcome, verdict.floor) == ("handoff", True)


@given(talk=conversations(turns()), earlier=st.lists(turns(), max_size=6))
def test_earlier_turns_never_take_the_floor_back(talk: Conversation, earlier: list[Turn]) -> None:
    alone = Conversation(**{**vars(talk), "turns": talk.turns[-1:]})
    longer = Conversation(**{**vars(talk), "turns": (*earlier, *talk.turns)})
    for shorter in (alone, talk):
        if assess(SHIPPED_POLICY, shorter).floor:
            assert assess(SHIPPED_POLICY, longer).floor


@given(talk=conversations(turns()), locale=st.sampled_from(("en-US", "ja-JP")), region=st.sampled_from(("US", "JP")))
def test_verdict_of_the_shipped_policy_is_the_same_everywhere(talk: Conversation, locale: str, region: str) -> None:
    elsewhere = Conversation(**{**vars(talk), "locale": locale, "region": region})
    assert assess(SHIPPED_POLICY, elsewhere) == assess(SHIPPED_POLICY, talk)


@given(talk=conversations(turns()))
def test_evidence_speaks_only_of_messages_that_were_sent(talk: Conversation) -> None:
    verdict = assess(SHIPPED_POLICY, talk)
    sent = [turn.message_id for turn in talk.turns]
    if verdict.evidence is None:
        assert verdict.criterion is None
        return
    named = verdict.evidence["message_ids"]
    assert named
    assert named == [message_id for message_id in sent if message_id in named]


LEAVES: st.SearchStrategy[Condition] = st.one_of(
    st.builds(
        Signal,
        name=st.sampled_from(("fraud", "crisis")),
        at_least=st.sampled_from((0.2, 0.5, 0.8)),
        turns=st.sampled_from((1, 2, 4)),
        how=st.sampled_from(("max", "noisy_or", "together")),
        from_=st.sampled_from((0.0, 0.2)),
    ),
    st.builds(
        Intent,
        names=st.sampled_from((("greet",), ("greet", "report_scam"))),
        confidence=st.sampled_from((0.3, 0.6)),
    ),
    st.builds(
        Count,
        of=st.sampled_from(("misunderstood", "low_confidence")),
        at_least=st.sampled_from((1, 2)),
        below=st.sampled_from((0.0, 0.5)),
        also=st.sampled_from(((), ("greet",))),
    ),
    st.builds(SecondsInAI, at_least=st.sampled_from((10.0, 1000.0))),
    st.builds(Place, of=st.just("channel"), values=st.sampled_from((("web",), ("web", "sms")))),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda children: st.one_of(
        st.builds(AnyOf, children=st.lists(children, min_size=1, max_size=3).map(tuple)),
        st.builds(AllOf, children=st.lists(children, min_size=1, max_size=3).map(tuple)),
        st.builds(NotThat, child=children),
    ),
    max_leaves=5,
)


FRAUD = st.sampled_from((0.0, 0.3, 0.6, 0.9)).map(lambda value: {"fraud": value})
FRAUD_TURNS = st.builds(
    Turn,
    message_id=st.just("m"),
    text=st.just(""),
    intent=st.none(),
    confidence=st.just(0.0),
    signals=FRAUD,
    signals_together=st.none() | FRAUD,
)
FRAUD_SIGNALS = st.builds(
    Signal,
    name=st.just("fraud"),
    at_least=st.sampled_from((0.2, 0.5, 0.8)),
    turns=st.sampled_from((1, 4)),
    how=st.sampled_from(("max", "noisy_or", "together")),
    from_=st.sampled_from((0.0, 0.2)),
)


@given(a=FRAUD_SIGNALS, b=FRAUD_SIGNALS, listed=st.lists(FRAUD_TURNS, min_size=1, max_size=5))
def test_implication_between_signals_is_sound(a: Signal, b: Signal, listed: list[Turn]) -> None:
    """Of one message, of several, and of several read together."""
    talk = Conversation(turns=tuple(listed))
    if implies(a, b) and a.match(talk) is not None:
        assert b.match(talk) is not None


@given(a=CONDITIONS, b=CONDITIONS, talk=conversations(turns()))
def test_implication_is_sound(a: Condition, b: Condition, talk: Conversation) -> None:
    for first, second in ((a, b), (a, AnyOf(children=(b, a))), (AllOf(children=(a, b)), b)):
        if implies(first, second) and first.match(talk) is not None:
            assert second.match(talk) is not None
