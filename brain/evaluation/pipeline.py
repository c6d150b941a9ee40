"""The pipeline of config.yml, trained inside Rasa on any set of examples, with encoders adapted to them."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import logging
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from brain.adapter_learning import Recipe, learn
from brain.encoder_files import cache_folder
from brain.encoder_sources import read_pretrained, source_named
from brain.lessons import Lesson, lessons_of

Say = Callable[[str], None]
Parse = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What differs from config.yml: settings by the name of the component, and components that are left out."""

    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    adapt: tuple[str, ...] = ("minilm", "multilingual")  #: encoders to adapt to the examples; the rest stay pretrained
    signals: bool = True  #: the examples say which signals they carry
    recipe: Recipe = field(default_factory=Recipe)


class Pipeline:
    """A trained pipeline in this process."""

    def __init__(self, model: Path) -> None:
        from rasa.core.agent import Agent
        from rasa.core.channels.channel import UserMessage

        self._message = UserMessage
        begun = time.monotonic()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Rasa and its libraries warn about themselves when loaded
            self._agent = Agent.load(str(model))
        self.load_seconds = time.monotonic() - begun
        self._loop = asyncio.new_event_loop()

    def parse(self, text: str, before: Sequence[str] = (), *, locale: str = "en-GB") -> Parse:
        """The parse of a message, with what the customer wrote before it."""
        message = self._message(text, metadata={"before": list(before), "locale": locale})
        parsed: Parse = self._loop.run_until_complete(self._agent.processor.parse_message(message))
        return parsed


def examples_of(pairs: Iterable[tuple[str, str]]) -> list[Message]:
    """Training examples from texts and their intents."""
    return [Message(data={TEXT: text, INTENT: intent}) for text, intent in pairs]


def train(examples: Sequence[Message], setup: Setup, *, folder: Path, say: Say) -> Pipeline:
    """Adapt the encoders (or take what was adapted to the same texts before), train in Rasa, load."""
    from rasa.model_training import train_nlu

    quieten()
    folder.mkdir(parents=True, exist_ok=True)
    adapters = adapted_to(lessons_of(examples, signals=setup.signals), setup, say=say)
    data = folder / "nlu.yml"
    TrainingData(list(examples)).persist_nlu(str(data))
    config = folder / "config.yml"
    config.write_text(yaml.safe_dump(_config(setup, adapters), allow_unicode=True))
    begun = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = train_nlu(config=str(config), nlu_data=str(data), output=str(folder))
    if model is None:
        raise RuntimeError(f"training on {data} gave no model")
    say(f"trained on {len(examples)} examples in {time.monotonic() - begun:.0f} s")
    return Pipeline(Path(model))


def adapted_to(lessons: Sequence[Lesson], setup: Setup, *, say: Say) -> Path:
    """A folder with adapters learnt from just these texts; kept by content, since it takes long."""
    content = hashlib.sha256(repr(setup.recipe).encode())
    for lesson in lessons:
        content.update(
            f"{lesson.text}|{lesson.intent}|{sorted(lesson.signals or ())}|{lesson.signals is None}\n".encode()
        )
    folder = cache_folder() / "evaluation" / content.hexdigest()[:20] / "-".join(setup.adapt or ("none",))
    folder.mkdir(parents=True, exist_ok=True)
    for name in setup.adapt:
        path = folder / f"{name}.npz"
        if not path.is_file():
            source = source_named(name)
            pretrained = read_pretrained(source, source.folder())
            learn(lessons, pretrained, source, recipe=setup.recipe, say=partial(_named, say, name)).save(path)
    return folder


def _named(say: Say, name: str, line: str) -> None:
    say(f"{name}: {line}")


def quieten() -> None:
    """Rasa prints every parse otherwise, with its text."""
    from rasa.utils.log_utils import configure_structlog

    logging.getLogger().setLevel(logging.ERROR)
    configure_structlog(logging.ERROR)


def _config(setup: Setup, adapters: Path) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(Path("config.yml").read_text(encoding="utf-8"))
    pipeline = []
    for component in config["pipeline"]:
        name = component["name"].rpartition(".")[2]
        if name in setup.without:
            continue
        changed = copy.deepcopy(component)
        if "encoders" in changed:
            changed["adapters"] = str(adapters)
        changed.update(setup.settings.get(name, {}))
        pipeline.append(changed)
    return {**config, "pipeline": pipeline, "policies": []}
