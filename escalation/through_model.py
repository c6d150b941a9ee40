"""The brain's parse of a text by a trained model, in this process. The only module here that loads Rasa, and late."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from escalation.examples import Parser


class NoModel(Exception):
    """There is no trained model."""


def newest_model(path: Path) -> Path:
    """The model file itself, or the newest one of a folder."""
    if path.is_file():
        return path
    found = sorted(path.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)
    if not found:
        raise NoModel(f"expected a trained model (*.tar.gz) in {path}; `rasa train` makes one")
    return found[-1]


def model_parser(path: Path) -> Parser:
    """Load a model, and return what it makes of a text and the ones before it. What repeats is parsed once."""
    model = newest_model(path)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Rasa and its libraries warn about themselves when loaded
        from rasa.core.agent import Agent
        from rasa.core.channels.channel import UserMessage
        from rasa.utils.log_utils import configure_structlog

        configure_structlog(logging.WARNING)  # Rasa prints every parse otherwise, with its text
        agent = Agent.load(str(model))
    known: dict[tuple[str, ...], Mapping[str, Any]] = {}
    loop = asyncio.new_event_loop()

    def parse(text: str, before: Sequence[str] = ()) -> Mapping[str, Any]:
        said = (*before, text)
        if said not in known:
            message = UserMessage(text, metadata={"before": list(before)})
            known[said] = loop.run_until_complete(agent.processor.parse_message(message))
        return known[said]

    return parse
