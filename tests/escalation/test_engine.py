"""The engine: which criterion wins, and what it gives as evidence."""

from __future__ import annotations

from typing import Any

import pytest

from escalation import Assessment, Conversation, Entity, Span, assess, load_policy
from escalation.conditions import parse_condition
from tests.escalation.build import SHIPPED, conversation, criterion, policy, turn


def _matches(when: dict[str, Any], talk: Conversation) -> bool:
    return parse_condition(when).match(talk) is not None


@pytest.mark.parametrize(
    ("when", "matching", "other"),
    [
        (
            {"intent": ["a", "b"], "confidence": 0.6},
            conversation(turn(intent="b", confidence=0.6)),
            conversation(turn(intent="b", confidence=0.59)),
        ),
        ({"signals": {"fraud": 0.5}}, conversation(turn(fraud=0.5)), conversation(turn(fraud=0.49))),
        (
            {"signals": {"fraud": 0.5, "distress": 0.5}},
            conversation(turn(distress=0.9)),
            conversation(turn(fraud=0.4, distress=0.4)),
        ),
        (
            {"signals": {"fraud": 0.5, "distress": 0.5}, "match": "all"},
            conversation(turn(fraud=0.5, distress=0.9)),
            conversation(turn(distress=0.9)),
        ),
        (
            {"signals": {"fraud": 0.5}, "over": {"turns": 2, "how": "max"}},
            conversation(turn(fraud=0.6), turn()),
            conversation(turn(fraud=0.6), turn(), turn()),
        ),
        (
            {"signals": {"fraud": 0.6}, "over": {"turns": 3, "how": "noisy_or", "from": 0.2}},
            conversation(turn(fraud=0.4), turn(), turn(fraud=0.4)),
            conversation(turn(fraud=0.4), turn(fraud=0.15), turn(fraud=0.15), turn(fraud=0.19)),
        ),
        (
            {"signals": {"fraud": 0.6}, "over": {"how": "together"}},
            conversation(turn(), turn(fraud=0.1, together={"fraud": 0.6})),
            conversation(turn(fraud=0.9), turn(fraud=0.9, together={"fraud": 0.59})),
        ),
        (
            {"signals": {"fraud": 0.6}, "over": {"how": "together"}},
            conversation(turn(), turn(), turn(together={"fraud": 0.7})),
            conversation(turn(together={"fraud": 0.7})),
        ),
        (
            {"entity": "amount", "above": 1000, "currency": "GBP"},
            conversation(turn(entities=(Entity(entity="amount", value="1,200", text="£1,200"),))),
            conversation(turn(entities=(Entity(entity="amount", value="1,200", text="1,200 euros"),))),
        ),
        (
            {"entity": "amount", "above": 1000},
            conversation(turn(entities=(Entity(entity="amount", value=1000.5),))),
            conversation(turn(entities=(Entity(entity="amount", value=1000),))),
        ),
        (
            {"entity": "payee"},
            conversation(turn(entities=(Entity(entity="payee", value="Ann"),))),
            conversation(turn(entities=(Entity(entity="amount", value=3),))),
        ),
        (
            {"count": "misunderstood", "at_least": 2},
            conversation(turn(intent="nlu_fallback"), turn(intent=None)),
            conversation(turn(intent="nlu_fallback"), turn(), turn(intent="nlu_fallback")),
        ),
        (
            {"count": "misunderstood", "at_least": 2, "also": "inform"},
            conversation(turn(intent="inform"), turn(intent="nlu_fallback")),
            conversation(turn(intent="inform"), turn(intent="greet")),
        ),
        (
            {"count": "misunderstood", "at_least": 1},
            conversation(turn(understood=False)),
            conversation(turn(intent="nlu_fallback", understood=True)),
        ),
        (
            {"count": "low_confidence", "below": 0.4, "at_least": 2},
            conversation(turn(confidence=0.39), turn(intent="nlu_fallback", confidence=0.5)),
            conversation(turn(confidence=0.39), turn(confidence=0.4)),
        ),
        (
            {"customer": "declared_vulnerability", "is": True},
            conversation(turn(), customer={"declared_vulnerability": True}),
            conversation(turn(), customer={"declared_vulnerability": 1}),
        ),
        (
            {"seconds_in_ai": 600},
            conversation(turn(), seconds_in_ai=600),
            conversation(turn(), seconds_in_ai=599),
        ),
        ({"channel": ["sms", "web"]}, conversation(turn()), conversation(turn(), channel="slack")),
        ({"region": "GB"}, conversation(turn()), conversation(turn(), region="US")),
        ({"locale": "de-DE"}, conversation(turn(), locale="de-DE"), conversation(turn())),
        (
            {"all": [{"channel": "web"}, {"not": {"region": "US"}}]},
            conversation(turn()),
            conversation(turn(), region="US"),
        ),
        (
            {"any": [{"channel": "sms"}, {"region": "US"}]},
            conversation(turn(), region="US"),
            conversation(turn()),
        ),
    ],
)
def test_condition_matches_what_it_says_and_nothing_less(
    when: dict[str, Any], matching: Conversation, other: Conversation
) -> None:
    assert _matches(when, matching)
    assert not _matches(when, other)


def test_first_criterion_in_the_file_wins() -> None:
    rules = policy(
        criterion("first", {"signals": {"complaint": 0.8}}),
        criterion("second", {"signals": {"complaint": 0.5}}),
    )
    assert assess(rules, conversation(turn(complaint=0.9))).criterion == "first"
    assert assess(rules, conversation(turn(complaint=0.6))).criterion == "second"


def test_life_at_risk_outranks_the_wish_for_a_person_in_the_shipped_policy() -> None:
    verdict = assess(load_policy(SHIPPED), conversation(turn(crisis=0.9, person=0.9, fraud=0.9)))
    assert (verdict.criterion, verdict.priority, verdict.queue) == ("life_at_risk", "life_safety", "urgent")


def test_unless_keeps_a_criterion_from_firing() -> None:
    rules = policy(criterion("c", {"signals": {"complaint": 0.5}}, unless={"channel": "sms"}))
    assert assess(rules, conversation(turn(complaint=0.9))).criterion == "c"
    assert assess(rules, conversation(turn(complaint=0.9), channel="sms")).outcome == "answer"


def test_disabled_criterion_never_fires() -> None:
    rules = policy(criterion("c", {"signals": {"complaint": 0.5}}, enabled=False))
    assert assess(rules, conversation(turn(complaint=0.9))).outcome == "answer"


def test_no_turn_and_no_match_leave_the_answer_to_the_ai() -> None:
    rules = policy()
    nothing = Assessment(outcome="answer", policy_version=rules.version)
    assert assess(rules, conversation()) == nothing
    assert assess(rules, conversation(turn())) == nothing


def test_offer_is_not_repeated_until_enough_turns_have_passed() -> None:
    rules = policy(criterion("c", {"signals": {"complaint": 0.5}}, outcome="offer", again_after=3))
    cross = turn(complaint=0.9)
    outcomes = [assess(rules, conversation(*[cross] * count)).outcome for count in range(1, 4)]
    assert outcomes == ["offer", "answer", "answer"]
    assert assess(rules, conversation(cross, turn(), turn(), cross)).outcome == "offer"


def test_scam_told_in_drips_is_heard_when_read_together() -> None:
    """No message says it, the last four of them do; the evidence names all that were read."""
    rules = load_policy(SHIPPED)
    drip = turn(fraud=0.09)
    assert assess(rules, conversation(drip)).outcome != "handoff"
    last = turn(fraud=0.09, together={"fraud": 0.7})
    verdict = assess(rules, conversation(drip, drip, turn(), drip, last))
    assert (verdict.criterion, verdict.outcome) == ("fraud_or_scam", "handoff")
    assert verdict.evidence is not None
    assert verdict.evidence["message_ids"] == ["m2", "m3", "m4", "m5"]


def test_evidence_names_values_thresholds_messages_intent_and_words() -> None:
    said = turn(
        "he told me to move it to a safe account",
        intent="report_scam",
        confidence=0.8,
        fraud=0.97,
        words={"fraud": (Span(start=27, end=39), Span(start=90, end=99)), "person": (Span(start=0, end=2),)},
    )
    verdict = assess(policy(), conversation(turn(), said))
    assert verdict.evidence == {
        "message_ids": ["m2"],
        "matched": [
            {"kind": "intent", "intent": "report_scam", "value": 0.8, "threshold": 0.7, "message_ids": ["m2"]},
            {"kind": "signal", "signal": "fraud", "value": 0.97, "threshold": 0.5, "message_ids": ["m2"]},
        ],
        "intent": {"name": "report_scam", "confidence": 0.8},
        "words": [{"message_id": "m2", "start": 27, "end": 39, "text": "safe account"}],
    }


def test_evidence_of_a_window_holds_only_the_messages_inside_it() -> None:
    over = {"turns": 2, "how": "max"}
    rules = policy(criterion("c", {"signals": {"hardship": 0.5}, "over": over}))
    verdict = assess(rules, conversation(turn(hardship=0.9), turn(hardship=0.8), turn()))
    assert verdict.evidence is not None
    assert verdict.evidence["matched"] == [
        {
            "kind": "signal",
            "signal": "hardship",
            "value": 0.8,
            "threshold": 0.5,
            "message_ids": ["m2"],
            "over": over,
        }
    ]


def test_assessment_carries_the_policys_version_and_who_asked() -> None:
    rules = policy()
    asked = assess(rules, conversation(turn(person=0.9)))
    assert asked.policy_version == rules.version
    assert asked.floor
    assert asked.asked_by == "customer"
    assert assess(rules, conversation(turn(fraud=0.9))).asked_by == "assistant"
    assert asked.to_dict()["criterion"] == "person_requested"
