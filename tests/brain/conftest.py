"""A small assistant, really trained, and an action server, really listening, whose answers the tests write."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

DOMAIN = """
version: "3.1"
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
intents: [greet, check_balance, report_scam, request_person, affirm, transfer_money, wander, nlu_fallback]
entities: [amount, currency, date, card_ending, card_kind, payee, merchant, branch_place, reference,
           iban, phone_number, person_name, time, period, email]
slots:
  assessment: {type: any, influence_conversation: false, mappings: [{type: custom, action: action_assess}]}
  handover_note: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  locale: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  sum:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, conditions: [{active_loop: transfer_form, requested_slot: sum}]}]
forms:
  transfer_form: {required_slots: [sum]}
responses:
  utter_greet:
    - text: Good day
      buttons:
        - {title: Set, payload: '/affirm{{"amount": "5"}}'}
        - {title: Again, payload: /restart}
  utter_ask_sum: [{text: "How much?"}]
  utter_done: [{text: Done}]
  utter_rephrase: [{text: Say it in other words}]
actions: [action_session_start, action_assess, action_handoff, action_show_balance, action_wander]
"""
EXAMPLES: dict[str, tuple[str, ...]] = {
    "greet": ("hello", "hi there", "good morning", "hey"),
    "check_balance": ("what is my balance", "how much money is in my account", "balance please", "show my balance"),
    "affirm": ("yes", "yes please", "sure", "ok do it"),
    "transfer_money": ("send money to my friend", "make a transfer", "transfer money", "I want to transfer money"),
    "wander": ("wander about", "go for a wander", "wander around the park", "wandering"),
    "report_scam": (
        "I have been scammed",
        "a man on the phone made me send him my savings",
        "I fell for a scam",
        "I sent money to a fraudster",
        "someone tricked me into paying",
        "scammers took my money",
        "it was a fake police officer and I paid him",
        "I think that seller was a con man",
        "I was conned online",
        "I gave my savings to a swindler",
        "got tricked by a fake investment",
    ),
    "request_person": (
        "let me talk to a person",
        "I want a human",
        "agent please",
        "get me a real person",
        "connect me to an agent",
        "someone real please",
        "speak to a human being",
        "can I have a human",
        "person now",
        "operator",
        "a member of staff please",
    ),
}
SIGNALS = {"report_scam": "fraud", "request_person": "person"}
RULES = """
  - {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
  - {rule: affirm, steps: [{intent: affirm}, {action: utter_done}]}
  - {rule: balance, steps: [{intent: check_balance}, {action: action_show_balance}]}
  - {rule: wander, steps: [{intent: wander}, {action: utter_done}, {action: action_wander}]}
  - {rule: start form, steps: [{intent: transfer_money}, {action: transfer_form}, {active_loop: transfer_form}]}
  - rule: end form
    condition: [{active_loop: transfer_form}]
    steps:
      - action: transfer_form
      - active_loop: null
      - slot_was_set: [{requested_slot: null}]
      - action: utter_done
  - {rule: scam, steps: [{intent: report_scam}, {action: utter_done}]}
  - {rule: person, steps: [{intent: request_person}, {action: utter_done}]}
  - {rule: fallback, steps: [{intent: nlu_fallback}, {action: utter_rephrase}]}
"""


def _data() -> str:
    nlu = [
        {
            "intent": intent,
            **({"metadata": {"signals": [SIGNALS[intent]]}} if intent in SIGNALS else {}),
            "examples": "".join(f"- {example}\n" for example in examples),
        }
        for intent, examples in EXAMPLES.items()
    ]
    return str(yaml.safe_dump({"version": "3.1", "nlu": nlu, "rules": yaml.safe_load(RULES)}, sort_keys=False))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rasa warns of things in a small assistant that are as they should be."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::UserWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own config.yml, trained on a handful of examples."""
    import rasa.api

    folder = tmp_path_factory.mktemp("assistant")
    (folder / "domain.yml").write_text(DOMAIN)
    (folder / "data.yml").write_text(_data())
    config = yaml.safe_load(Path("config.yml").read_text())
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    result = rasa.api.train(
        str(folder / "domain.yml"),
        str(folder / "config.yml"),
        [str(folder / "data.yml")],
        output=str(folder),
        force_training=True,
    )
    assert result.model is not None
    return Path(result.model)


Answer = dict[str, Any] | bytes | int | float | None


def says(text: str, **more: Any) -> dict[str, Any]:
    """An action's answer that utters a text."""
    return {"events": [], "responses": [{"text": text, **more}]}


DISCLOSURE = says("I am an AI.", disclosure=True, utter_action="utter_disclosure__start")


def started(*responses: dict[str, Any]) -> dict[str, Any]:
    """An answer of action_session_start."""
    return {
        "events": [{"event": "session_started"}, {"event": "action", "name": "action_listen"}],
        "responses": list(responses),
    }


@dataclass
class FakeActions:
    """Answers per action: an object, raw bytes, a status code, seconds to wait, or a function of the request."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def reset(self) -> None:
        self.calls.clear()
        self.answers = {
            "action_session_start": started(DISCLOSURE["responses"][0]),
            "action_assess": self.assess("answer"),
            "action_handoff": says("A person takes over.", utter_action="utter_handoff__joining_queue"),
            "action_show_balance": says("You have 42."),
            "action_wander": says("Wandered."),
        }

    @staticmethod
    def assess(outcome: str, criterion: str | None = None, **more: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """An assessment of the message that is asked about."""

        def answer(body: dict[str, Any]) -> dict[str, Any]:
            value = {"outcome": outcome, "criterion": criterion, "policy_version": "sha256:0", "floor": True, **more}
            value.setdefault("message_id", body["tracker"]["latest_message"]["metadata"]["message_id"])
            return {"events": [{"event": "slot", "name": "assessment", "value": value}], "responses": []}

        return answer

    def called(self) -> list[str]:
        return [call["next_action"] for call in self.calls]

    async def healthy(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.calls.append(body)
        answer = self.answers.get(body["next_action"], {"events": [], "responses": []})
        if callable(answer):
            answer = answer(body)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = {"events": [], "responses": []}
        if isinstance(answer, int):
            return web.Response(status=answer, text="{}")
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/json")
        return web.json_response(answer)


@pytest.fixture
async def actions() -> AsyncIterator[FakeActions]:
    """An action server on a free port of the loopback."""
    fake = FakeActions()
    fake.reset()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/webhook", fake.handle)
    app.router.add_get("/health", fake.healthy)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=0.1)
    await site.start()
    host, port = runner.addresses[0][:2]
    fake.url = f"http://{host}:{port}/webhook"
    yield fake
    await runner.cleanup()


@pytest.fixture(scope="session")
def processor_of(tiny_model: Path) -> Any:
    """Loads the model once."""
    from rasa.core.agent import Agent

    return Agent.load(tiny_model)


@pytest.fixture
async def agent(processor_of: Any, actions: FakeActions, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Rasa's agent with our stores, speaking to the fake action server."""
    from brain.channel import use_actions_endpoint
    from brain.lock_store import FifoLockStore
    from brain.session_store import SessionTrackerStore

    agent = processor_of
    monkeypatch.setenv("CANDOUR_ACTIONS_URL", actions.url)
    agent.lock_store = agent.processor.lock_store = FifoLockStore()
    agent.tracker_store = agent.processor.tracker_store = SessionTrackerStore(agent.domain)
    agent.action_endpoint = None
    use_actions_endpoint(agent, timeout=1.0)
    yield agent
    await agent.action_endpoint.close()
