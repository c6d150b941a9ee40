"""Parts of sentences from data/responses: lines of a list and names of things, which other responses then hold as a whole.

Rasa fills a response once and cannot repeat a line in it. The lines are therefore responses too, read here, so that their words
stay with the other words and are translated with them. A part is chosen as `brain.wording` chooses a response: of the variations
whose conditions all hold, the one with the most.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

RESPONSES: Final = Path(__file__).resolve().parent.parent / "data" / "responses"

#: The slots that conditions of the wording speak of, for the turn that is being answered.
_speaking: ContextVar[Mapping[str, object]] = ContextVar("speaking", default={})  # noqa: B039 # nobody writes into it


@contextmanager
def speaking(slots: Mapping[str, object]) -> Iterator[None]:
    """Within it, parts are in the language (and for the region) of these slots."""
    token = _speaking.set(slots)
    try:
        yield
    finally:
        _speaking.reset(token)


def part(response: str, /, **values: object) -> str:
    """The filled text of a response that is part of another."""
    text: str = variation(response, _speaking.get())["text"]
    return text.rstrip().format(**values)


def lines(parts: list[str]) -> str:
    """Parts, one below the other."""
    return "\n".join(parts)


def variation(response: str, slots: Mapping[str, object]) -> Mapping[str, Any]:
    """The variation of a response that says most about when it fits; of several, the first."""
    fitting = [entry for entry in responses()[response] if _holds(entry.get("condition") or [], slots)]
    return max(fitting, key=lambda entry: len(entry.get("condition") or []))


def _holds(conditions: list[Mapping[str, Any]], slots: Mapping[str, object]) -> bool:
    return all(_same(slots.get(condition["name"]), condition["value"]) for condition in conditions)


def _same(held: object, wanted: object) -> bool:
    if isinstance(held, str) and isinstance(wanted, str):
        return held.casefold() == wanted.casefold()
    return held == wanted


def responses() -> Mapping[str, list[dict[str, Any]]]:
    """All variations of all responses, read again after any file has changed."""
    files = _files(RESPONSES)
    return _read(tuple((path, os.stat(path).st_mtime_ns) for path in files))  # noqa: PTH116 # Path.stat is slower


def _files(folder: Path) -> list[str]:
    found: list[str] = []
    for entry in os.scandir(folder):
        if entry.is_dir():
            found.extend(_files(Path(entry.path)))
        elif entry.name.endswith(".yml"):
            found.append(entry.path)
    return sorted(found)


@lru_cache(maxsize=1)
def _read(files: tuple[tuple[str, int], ...]) -> Mapping[str, list[dict[str, Any]]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times quicker, where PyYAML was built with it
    found: dict[str, list[dict[str, Any]]] = {}
    for path, _changed in files:
        content = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 # both loaders are safe
        found.update((content or {}).get("responses") or {})
    return found
