"""Whole conversations: Rasa's rules, forms and slot extraction as they are, our actions in place of the HTTP call to them.

Only the understanding is left out: a test says the intent of each message, so that it fails for the dialogue alone.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels import CollectingOutputChannel, UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import ActionExecutor

from tests.actions.support import ROOT, CheckingDispatcher

#: Seconds since 1970 of the first message.
_BEGAN = 1_800_000_000.0


def train(folder: Path) -> Path:
    """A model of the project's own domain, rules and stories, without understanding. Takes some seconds."""
    import rasa.api

    shutil.copy(ROOT / "domain.yml", folder / "domain.yml")
    for name in ("rules", "stories", "responses"):
        shutil.copytree(ROOT / "data" / name, folder / "data" / name)
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    config["pipeline"] = [{"name": "WhitespaceTokenizer"}]
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    result = rasa.api.train(
        str(folder / "domain.yml"), str(folder / "config.yml"), [str(folder / "data")], output=str(folder)
    )
    assert result.model is not None
    return Path(result.model)


def all_actions() -> dict[str, Action]:
    """Every action of ours by name."""
    executor = ActionExecutor()
    executor.register_package("actions")
    return {name: run.__self__ for name, run in executor.actions.items()}


@dataclass
class Talk:
    """One customer's conversation."""

    agent: Agent
    actions: dict[str, Action]
    monkeypatch: pytest.MonkeyPatch
    sender: str
    customer: str | None = "demo-gb"
    locale: str = "en-GB"
    region: str = "GB"
    said: list[str] = field(default_factory=list)  #: names of the responses to the newest message
    texts: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)  #: payloads offered after the newest message
    _count: int = 0

    async def say(
        self,
        text: str,
        intent: str,
        *,
        also: list[str] | None = None,
        signals: dict[str, float] | None = None,
        **entities: str,
    ) -> list[str]:
        """Say something; the names of the responses. A button's payload carries its own intent and entities."""
        self._count += 1
        found = [{"entity": name, "value": value} for name, value in entities.items()]
        button = re.fullmatch(r"/(\w+)(\{.*\})?", text)
        if button:
            intent = button[1]
            found = [{"entity": k, "value": v} for k, v in json.loads(button[2] or "{}").items()]
        parse = {
            "text": text,
            "intent": {"name": intent, "confidence": 0.95},
            "entities": found,
            "signals": signals or {},
            "also_intents": [{"name": name, "confidence": 0.9} for name in also or ()],
        }
        message_id = f"{self.sender}-{self._count}"
        metadata: dict[str, Any] = {
            "kind": "message",
            "message_id": message_id,
            "locale": self.locale,
            "region": self.region,
            "channel": "web",
            "customer": {"id": self.customer, "name": "Ava Thompson"} if self.customer else None,
        }
        self.monkeypatch.setattr(RemoteAction, "run", _local(self.actions))
        channel = CollectingOutputChannel()
        message = UserMessage(
            text, channel, self.sender, parse_data=parse, input_channel="web", message_id=message_id, metadata=metadata
        )
        known = await self.agent.tracker_store.retrieve(self.sender)
        before = len(known.events) if known else 0
        await self.agent.handle_message(message)
        tracker = await self.tracker()
        new = [event for event in list(tracker.events)[before:] if event.type_name == "bot"]
        spoken = [event for event in new if not (event.metadata or {}).get("disclosure")]
        self.said = [event.metadata.get("utter_action") for event in spoken]
        self.texts = [event.text or "" for event in spoken]
        self.buttons = [button["payload"] for event in spoken for button in (event.data or {}).get("buttons") or ()]
        return self.said

    async def tracker(self) -> DialogueStateTracker:
        return await self.agent.tracker_store.get_or_create_tracker(self.sender)

    async def form(self) -> str | None:
        """The form that is under way."""
        name = (await self.tracker()).active_loop_name
        return str(name) if name else None

    async def slot(self, name: str) -> Any:
        return (await self.tracker()).get_slot(name)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def _local(actions: dict[str, Action]) -> Any:
    """In place of Rasa's call to the action server: the action itself."""

    async def run(
        remote: RemoteAction, channel: Any, nlg: Any, tracker: DialogueStateTracker, _domain: Domain
    ) -> list[Event]:
        dispatcher = CheckingDispatcher()
        state = Tracker.from_dict(tracker.current_state(EventVerbosity.ALL))
        try:
            events = await actions[remote.name()].run(dispatcher, state, {})
        except Exception:
            import traceback

            traceback.print_exc()
            raise
        bot = await RemoteAction._utter_responses(dispatcher.messages, channel, nlg, tracker)
        return [*bot, *deserialise_events(events)]

    return run
