"""Reads an escalation policy and refuses a faulty one, with all its faults at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from escalation.conditions import Condition, Place, Signal, implies, leaves, parse_condition
from escalation.floor import floor_faults
from escalation.model import Criterion, Example, Fault, Policy, PolicyInvalid, Then
from escalation.schema import shape_faults


def load_policy(path: Path | str) -> Policy:
    """Read the policy file at `path`.

    Raises PolicyInvalid with every fault as `file [path] message`.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyInvalid([Fault(file=str(path), path="", message=f"cannot be read: {error}")]) from error
    return read_policy(text, file=str(path))


def read_policy(text: str, *, file: str = "escalation.yml") -> Policy:
    """Read a policy from YAML text; `file` is the name its faults carry."""
    try:
        content = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as error:
        raise PolicyInvalid([Fault(file=file, path="", message=f"is not valid YAML: {error}")]) from error
    faults = list(shape_faults(content, file))
    if faults:
        raise PolicyInvalid([*faults, *_floor_faults_of_the_sound(content, file)])
    criteria = tuple(_criterion(each) for each in content["criteria"])
    faults = [Fault(file=file, path=path, message=message) for path, message in _sense_faults(criteria)]
    if faults:
        raise PolicyInvalid(faults)
    return Policy(version=content_version(content), criteria=criteria)


def content_version(content: object) -> str:
    """`sha256:<hex>` of the content; comments, key order and layout don't count, the order of criteria does."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _criterion(content: dict[str, Any]) -> Criterion:
    then = content["then"]
    unless = content.get("unless")
    return Criterion(
        id=content["id"],
        why=" ".join(content["why"].split()),
        when=parse_condition(content["when"]),
        then=Then(
            outcome=then["outcome"],
            queue=then["queue"],
            priority=then["priority"],
            say=then["say"],
            skill=then.get("skill"),
            protocol=then.get("protocol"),
        ),
        floor=content.get("floor", False),
        enabled=content.get("enabled", True),
        unless=None if unless is None else parse_condition(unless),
        again_after=content.get("again_after", 1),
        escalates=_examples(content.get("escalates", [])),
        stays=_examples(content.get("stays", [])),
    )


def _examples(content: list[str | list[str]]) -> tuple[Example, ...]:
    return tuple((each,) if isinstance(each, str) else tuple(each) for each in content)


def _floor_faults_of_the_sound(content: object, file: str) -> Iterator[Fault]:
    """With a fault of shape somewhere, the floor is still judged on the criteria whose own shape is right."""
    if not isinstance(content, dict) or not isinstance(content.get("criteria"), list):
        return
    listed = content["criteria"]
    sound = [
        (index, _criterion(each))
        for index, each in enumerate(listed)
        if not list(shape_faults({"format": 1, "criteria": [each]}, file))
    ]
    named = {each.get("id") for each in listed if isinstance(each, dict)}
    for path, message in floor_faults([criterion for _, criterion in sound]):
        if path == "criteria":
            if not any(isinstance(name, str) and name in message.split() for name in named):
                yield Fault(file=file, path=path, message=message)
            continue
        _, index, *rest = path.split(".")
        yield Fault(file=file, path=".".join(["criteria", str(sound[int(index)][0]), *rest]), message=message)


def _sense_faults(criteria: Sequence[Criterion]) -> Iterator[tuple[str, str]]:
    """What the schema cannot see, as (path, message)."""
    seen: set[str] = set()
    for index, criterion in enumerate(criteria):
        path = f"criteria.{index}"
        if criterion.id in seen:
            yield f"{path}.id", f"{criterion.id} stands twice"
        seen.add(criterion.id)
        yield from _condition_faults(f"{path}.when", criterion.when)
        if criterion.unless is not None:
            yield from _condition_faults(f"{path}.unless", criterion.unless)
        if _reads_signals(criterion) and _reads_place(criterion):
            rule = "thresholds are the same everywhere"
            yield path, f"{criterion.id} reads signals, so it may not read locale or region: {rule}"
        if criterion.again_after > 1 and criterion.then.outcome == "handoff":
            yield f"{path}.again_after", "only an offer may wait before it is made again"
        both = set(criterion.escalates) & set(criterion.stays)
        for example in sorted(both):
            yield path, f"{criterion.id} has an example that both escalates and stays: {' / '.join(example)}"
    yield from floor_faults(criteria)
    yield from _shadow_faults(criteria)


def _condition_faults(path: str, condition: Condition) -> Iterator[tuple[str, str]]:
    for leaf in leaves(condition):
        if isinstance(leaf, Signal) and leaf.from_ > leaf.at_least:
            yield path, f"`from` ({leaf.from_}) may not lie above the threshold of {leaf.name} ({leaf.at_least})"


def _reads_signals(criterion: Criterion) -> bool:
    return any(isinstance(leaf, Signal) for leaf in _all_leaves(criterion))


def _reads_place(criterion: Criterion) -> bool:
    return any(isinstance(leaf, Place) and leaf.of != "channel" for leaf in _all_leaves(criterion))


def _all_leaves(criterion: Criterion) -> list[object]:
    unless = () if criterion.unless is None else tuple(leaves(criterion.unless))
    return [*leaves(criterion.when), *unless]


def _shadow_faults(criteria: Sequence[Criterion]) -> Iterator[tuple[str, str]]:
    """Criteria that can never fire, because an earlier one matches whenever they do."""
    for index, criterion in enumerate(criteria):
        for earlier in criteria[:index]:
            always_fires = earlier.enabled and earlier.unless is None and earlier.again_after == 1
            if criterion.enabled and always_fires and implies(criterion.when, earlier.when):
                yield f"criteria.{index}.when", f"{criterion.id} can never fire: {earlier.id} matches whenever it does"
                break


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a fault, not a silent replacement."""

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002  # PyYAML's signature
    ) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise yaml.constructor.ConstructorError(
                    "while reading a mapping",
                    node.start_mark,
                    f"the key {key!r} stands twice",
                    node.value[index][0].start_mark,
                )
        return super().construct_mapping(node, deep=deep)
