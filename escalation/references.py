"""What a policy names that lives elsewhere in the project: intents in the domain, responses in its data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from escalation.conditions import Intent, leaves
from escalation.model import Fault, Policy


def reference_faults(policy: Policy, project: Path, *, file: str) -> Iterator[Fault]:
    """Intents and responses the policy names but the Rasa project in `project` does not have."""
    domain = project / "domain.yml"
    if not domain.is_file():
        yield Fault(file=file, path="", message=f"no domain.yml in {project}: names cannot be checked")
        return
    intents = _intents(_read(domain))
    responses = _responses(project)
    for index, criterion in enumerate(policy.criteria):
        conditions = [("when", criterion.when)]
        if criterion.unless is not None:
            conditions.append(("unless", criterion.unless))
        for key, condition in conditions:
            named = {name for leaf in leaves(condition) if isinstance(leaf, Intent) for name in leaf.names}
            for name in sorted(named - intents):
                message = f"the domain has no intent {name}"
                yield Fault(file=file, path=f"criteria.{index}.{key}", message=message)
        if criterion.then.say not in responses:
            message = f"there is no response {criterion.then.say}"
            yield Fault(file=file, path=f"criteria.{index}.then.say", message=message)


def _intents(domain: dict[str, Any]) -> set[str]:
    listed = domain.get("intents") or []
    return {name for each in listed for name in (each if isinstance(each, dict) else [each])}


def _responses(project: Path) -> set[str]:
    files = [project / "domain.yml", *sorted((project / "data").rglob("*.yml"))]
    return {name for file in files for name in _read(file).get("responses") or {}}


def _read(file: Path) -> dict[str, Any]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}
