"""Reading a policy: what is refused, all of it at once, and what its version stands for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from escalation import PolicyInvalid, load_policy, read_policy
from escalation.policy import content_version
from tests.escalation.build import SHIPPED, content, criterion, read


def _faults(policy_content: Any) -> list[str]:
    with pytest.raises(PolicyInvalid) as caught:
        read(policy_content)
    return [str(fault) for fault in caught.value.faults]


def test_shipped_policy_is_valid_and_every_criterion_has_examples() -> None:
    policy = load_policy(SHIPPED)
    for each in policy.criteria:
        assert len(each.stays) >= 10, each.id
        if each.id not in {"misunderstood_twice", "low_confidence_twice", "possible_danger"}:
            assert len(each.escalates) >= 10, each.id


def test_every_fault_is_reported_at_once_with_its_place() -> None:
    faulty = content(
        criterion("one", {"signals": {"sadness": 0.5}}, colour="red"),
        criterion("two", {"intent": "a", "confidence": 1.5}),
        criterion("three", {"intent": "a", "confidence": 0.5, "channel": "web"}),
        criterion("four", {"mood": "bad"}),
    )
    del faulty["criteria"][5]["why"]
    faulty["criteria"][0]["enabled"] = False
    faulty["notes"] = "x"
    faults = _faults(faulty)
    for start in (
        "p.yml [file] unknown key notes; known are format, criteria",
        "p.yml [criteria.4] unknown key colour",
        "p.yml [criteria.4.when.signals] unknown key sadness; known are crisis, distress",
        "p.yml [criteria.5] 'why' is a required property",
        "p.yml [criteria.5.when.confidence] 1.5 is greater than the maximum of 1",
        "p.yml [criteria.6.when] a condition has exactly one of any, all",
        "p.yml [criteria.7.when] a condition has exactly one of any, all",
        "p.yml [criteria.0.enabled] the floor criterion life_at_risk cannot be switched off",
    ):
        assert any(fault.startswith(start) for fault in faults), start


def _without(index: int) -> Callable[[dict[str, Any]], object]:
    return lambda policy: policy["criteria"].pop(index)


def _set(index: int, **change: Any) -> Callable[[dict[str, Any]], object]:
    return lambda policy: policy["criteria"][index].update(change)


def _then(index: int, **change: Any) -> Callable[[dict[str, Any]], object]:
    return lambda policy: policy["criteria"][index]["then"].update(change)


def _first(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda policy: policy["criteria"].insert(0, criterion(name, {"signals": {"complaint": 0.5}}))


@pytest.mark.parametrize(
    ("weaken", "fault"),
    [
        (_without(0), "[criteria] the floor criterion life_at_risk is missing"),
        (_without(3), "[criteria] the floor criterion person_requested is missing"),
        (_set(1, enabled=False), "[criteria.1.enabled] the floor criterion fraud_or_scam cannot be switched off"),
        (_set(1, floor=False), "[criteria.1.floor] fraud_or_scam belongs to the floor"),
        (_set(3, unless={"channel": "sms"}), "[criteria.3.unless] the floor criterion person_requested allows no"),
        (_set(3, again_after=4), "[criteria.3.again_after] the floor criterion person_requested holds at every turn"),
        (_then(0, outcome="offer"), "[criteria.0.then.outcome] the floor criterion life_at_risk must hand off"),
        (_then(0, priority="standard"), "[criteria.0.then.priority] the floor criterion life_at_risk needs priority"),
        (
            _set(0, when={"signals": {"crisis": 0.5}}),
            "[criteria.0.when] the floor criterion life_at_risk must fire whenever the intent is express_crisis",
        ),
        (
            _set(1, when={"any": [{"intent": "report_scam", "confidence": 0.7}, {"signals": {"fraud": 0.51}}]}),
            "[criteria.1.when] the floor criterion fraud_or_scam must fire whenever the signal fraud is 0.5 or more",
        ),
        (
            _set(1, when={"all": [{"intent": "report_scam", "confidence": 0.7}, {"signals": {"fraud": 0.5}}]}),
            "[criteria.1.when] the floor criterion fraud_or_scam must fire whenever",
        ),
        (
            _set(
                3,
                when={
                    "all": [
                        {"any": [{"intent": "request_person", "confidence": 0.7}, {"signals": {"person": 0.5}}]},
                        {"not": {"channel": "sms"}},
                    ]
                },
            ),
            "[criteria.3.when] the floor criterion person_requested must fire whenever",
        ),
        (_first("nice"), "[criteria.1] the floor criterion life_at_risk must come before all others"),
        (
            lambda policy: policy["criteria"].insert(0, policy["criteria"].pop(3)),
            "[criteria.1] the floor criterion life_at_risk must come before less urgent ones",
        ),
    ],
)
def test_weakened_floor_is_refused(weaken: Callable[[dict[str, Any]], object], fault: str) -> None:
    weakened = content()
    weaken(weakened)
    assert any(each.startswith(f"p.yml {fault}") for each in _faults(weakened))


def test_floor_may_be_more_careful() -> None:
    careful = content()
    careful["criteria"][1]["when"]["any"] += [
        {"signals": {"fraud": 0.2}, "over": {"turns": 5, "how": "max"}},
        {"entity": "amount", "above": 10000},
    ]
    assert read(careful).criteria[1].id == "fraud_or_scam"


@pytest.mark.parametrize(
    ("criteria", "fault"),
    [
        (
            [criterion("a", {"signals": {"complaint": 0.4}}), criterion("b", {"signals": {"complaint": 0.6}})],
            "[criteria.5.when] b can never fire: a matches whenever it does",
        ),
        (
            [criterion("a", {"all": [{"signals": {"fraud": 0.6}}, {"channel": "web"}]})],
            "[criteria.4.when] a can never fire: fraud_or_scam matches whenever it does",
        ),
        (
            [criterion("a", {"count": "misunderstood", "at_least": 2}), criterion("a", {"channel": "web"})],
            "[criteria.5.id] a stands twice",
        ),
        (
            [criterion("a", {"all": [{"signals": {"complaint": 0.4}}, {"locale": "de-DE"}]})],
            "[criteria.4] a reads signals, so it may not read locale or region",
        ),
        (
            [criterion("a", {"signals": {"complaint": 0.4}}, unless={"region": "US"})],
            "[criteria.4] a reads signals, so it may not read locale or region",
        ),
        (
            [criterion("a", {"signals": {"complaint": 0.4}}, again_after=2)],
            "[criteria.4.again_after] only an offer may wait",
        ),
        (
            [criterion("a", {"signals": {"complaint": 0.4}}, floor=True)],
            "[criteria.4.floor] a is no floor criterion",
        ),
        (
            [
                criterion(
                    "a",
                    {"signals": {"complaint": 0.4}, "over": {"turns": 3, "how": "noisy_or", "from": 0.5}},
                )
            ],
            "[criteria.4.when] `from` (0.5) may not lie above the threshold of complaint (0.4)",
        ),
        (
            [criterion("a", {"signals": {"complaint": 0.4}}, escalates=["x"], stays=["x"])],
            "[criteria.4] a has an example that both escalates and stays: x",
        ),
    ],
)
def test_senseless_policy_is_refused(criteria: list[dict[str, Any]], fault: str) -> None:
    assert any(each.startswith(f"p.yml {fault}") for each in _faults(content(*criteria)))


def test_criterion_with_an_exception_shadows_nothing() -> None:
    read(
        content(
            criterion("a", {"signals": {"complaint": 0.4}}, unless={"channel": "sms"}),
            criterion("b", {"signals": {"complaint": 0.6}}),
        )
    )


def test_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(PolicyInvalid, match="the key 'format' stands twice"):
        read_policy("format: 1\nformat: 1\ncriteria: []\n")


def test_what_is_no_policy_at_all_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match=r"none\.yml \[file\] cannot be read"):
        load_policy(tmp_path / "none.yml")
    with pytest.raises(PolicyInvalid, match=r"x\.yml \[file\] is not valid YAML"):
        read_policy("a: [", file="x.yml")
    with pytest.raises(PolicyInvalid, match=r"x\.yml \[file\] 3 is not of type 'object'"):
        read_policy("3", file="x.yml")


def test_version_is_that_of_the_content_not_of_its_layout() -> None:
    text = yaml.safe_dump(content(), sort_keys=False)
    version = read_policy(text).version
    assert read_policy(f"# a note\n{yaml.safe_dump(content(), sort_keys=True, width=40)}").version == version
    changed = content()
    changed["criteria"][0]["when"]["any"][1]["signals"]["crisis"] = 0.49
    assert read(changed).version != version


def test_version_stays_the_same_from_release_to_release() -> None:
    """Made with sha256sum over {"criteria":[{"id":"a","why":"é"}],"format":1}."""
    golden = "sha256:5b98a8f132a55913a9091f528ede2937cc41a2f8dc800fb2b33660782071c6a3"
    assert content_version({"format": 1, "criteria": [{"why": "é", "id": "a"}]}) == golden
