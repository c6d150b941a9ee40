"""Parts of sentences from data/responses: lines of a list that a response then holds as a whole.

Rasa fills a response once and cannot repeat a line in it. The lines are therefore responses too, read here, so that their words
stay with the other words.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml

RESPONSES: Final = Path(__file__).resolve().parent.parent / "data" / "responses" / "bank.yml"


def part(response: str, /, **values: object) -> str:
    """The filled text of a response that is part of another."""
    return _texts(os.stat(RESPONSES).st_mtime_ns)[response].format(**values)  # noqa: PTH116 # Path.stat is slower


def lines(parts: list[str]) -> str:
    """Parts, one below the other."""
    return "\n".join(parts)


@lru_cache(maxsize=1)
def _texts(_changed: int) -> dict[str, str]:
    content = yaml.safe_load(RESPONSES.read_text(encoding="utf-8"))
    return {name: str(variants[0].get("text", "")).rstrip() for name, variants in content["responses"].items()}
