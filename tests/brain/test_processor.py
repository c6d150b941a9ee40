"""The turn guard keeps its promises whatever the action server does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.processor import TurnGuard
from brain.turn import Line, Turn
from tests.brain.conftest import FakeActions, says, started


def turn(
    text: str = "hello", *, kind: Any = "message", message_id: str = "m1", session: str = "s1", **more: Any
) -> Turn:
    values: dict[str, Any] = {
        "kind": kind,
        "session_id": session,
        "message_id": message_id,
        "epoch": 0,
        "text": text,
        "locale": "en-GB",
        "region": "GB",
        "channel": "web",
        "customer": None,
        "note": None,
        **more,
    }
    return Turn(**values)


async def run(agent: Any, asked: Turn, **options: Any) -> list[Line]:
    lines: list[Line] = []

    async def emit(line: Line) -> None:
        lines.append(line)

    await TurnGuard(agent, **options).run(asked, emit)
    assert lines[-1]["type"] == "done"
    assert [line["type"] for line in lines].count("done") == 1
    json.dumps(lines)
    return lines


async def start(agent: Any, **more: Any) -> list[Line]:
    return await run(agent, turn("", kind="session_start", message_id="", **more))


def kinds(lines: list[Line]) -> list[str]:
    return [line["type"] for line in lines]


def texts(lines: list[Line]) -> list[str | None]:
    return [line["text"] for line in lines if line["type"] == "utter"]


def code(lines: list[Line]) -> str | None:
    return next((line["code"] for line in lines if line["type"] == "error"), None)


async def test_session_start_yields_the_disclosure(agent: Any) -> None:
    """A session begins with exactly one utterance, and that one is the disclosure."""
    lines = await start(agent)
    assert kinds(lines) == ["utter", "done"]
    assert lines[0]["disclosure"] is True
    assert lines[0]["response"] == "utter_disclosure__start"
    assert lines[-1]["disclosed"] is True


@pytest.mark.parametrize(
    "answer",
    [
        started(),
        started(says("Welcome!")["responses"][0]),
        started(says("Welcome!")["responses"][0], {"text": "I am an AI.", "disclosure": True}),
        started({"text": " ", "disclosure": True}),
        started({"text": "I am an AI.", "disclosure": "yes"}),
        started(*[{"text": "I am an AI.", "disclosure": True}] * 2),
        {"events": [], "responses": []},
    ],
)
async def test_nothing_is_uttered_before_the_disclosure(agent: Any, actions: FakeActions, answer: Any) -> None:
    """A start without a proper disclosure in first place utters nothing at all, and the session stays closed."""
    actions.answers["action_session_start"] = answer
    lines = await start(agent)
    assert kinds(lines) == ["error", "done"]
    assert code(lines) == "not_disclosed"
    assert code(await run(agent, turn())) == "not_disclosed"


@pytest.mark.parametrize(
    "answer",
    [500, 404, b"", b"<html>", b"[]", b'{"events": "x"}', b'{"events": [{"name": 1}]}', b'{"responses": [3]}', 3.0],
)
async def test_failing_session_start_is_told(agent: Any, actions: FakeActions, answer: Any) -> None:
    """Rasa would swallow these failures and log the action as if it had run."""
    actions.answers["action_session_start"] = answer
    lines = await start(agent)
    assert kinds(lines) == ["error", "done"]
    assert code(lines) == "actions_unavailable"
    assert lines[-1]["disclosed"] is False


async def test_message_in_unknown_session_is_not_answered(agent: Any, actions: FakeActions) -> None:
    """A brain that has lost a session says so, and asks nobody."""
    lines = await run(agent, turn())
    assert kinds(lines) == ["error", "done"]
    assert code(lines) == "not_disclosed"
    assert actions.called() == []


async def test_message_is_parsed_then_assessed_then_answered(agent: Any) -> None:
    """The lines of a plain turn and their order."""
    await start(agent)
    lines = await run(agent, turn("what is my balance"))
    assert kinds(lines) == ["parse", "assessment", "utter", "done"]
    assert lines[0]["intent"]["name"] == "check_balance"
    assert set(lines[0]["signals"]) >= {"crisis", "fraud", "person"}
    assert lines[1]["outcome"] == "answer"
    assert texts(lines) == ["You have 42."]


async def test_actions_see_the_message_metadata(agent: Any, actions: FakeActions) -> None:
    """kind, ids, locale and customer reach the actions, at the session's start too."""
    customer = {"id": "c1", "name": "Ada"}
    await start(agent, customer=customer, locale="de-DE")
    assert actions.calls[0]["tracker"]["slots"]["session_started_metadata"]["customer"] == customer
    await run(agent, turn(message_id="m7", customer=customer, locale="de-DE"))
    metadata = next(c for c in actions.calls if c["next_action"] == "action_assess")["tracker"]["latest_message"][
        "metadata"
    ]
    assert (metadata["message_id"], metadata["locale"], metadata["kind"]) == ("m7", "de-DE", "message")


@pytest.mark.parametrize("answer", [500, b"nonsense", b'{"events": [{"event": "unheard_of"}]}', b"null", 3.0])
async def test_failing_assessment_silences_the_turn(agent: Any, actions: FakeActions, answer: Any) -> None:
    """Without an assessment there is no answer."""
    await start(agent)
    actions.answers["action_assess"] = answer
    lines = await run(agent, turn())
    assert kinds(lines) == ["parse", "error", "done"]
    assert code(lines) in {"actions_unavailable", "unassessed"}


@pytest.mark.parametrize(
    "value",
    [
        {"outcome": "answer", "message_id": "m0"},
        {"outcome": "perhaps"},
        {"outcome": "handoff", "criterion": None},
    ],
)
async def test_assessment_of_something_else_does_not_count(
    agent: Any, actions: FakeActions, value: dict[str, Any]
) -> None:
    """An assessment of another message, or one that cannot be read, is none."""
    await start(agent)
    actions.answers["action_assess"] = FakeActions.assess(value.pop("outcome"), **value)
    lines = await run(agent, turn())
    assert code(lines) == "unassessed"
    assert texts(lines) == []


async def test_action_server_down_utters_nothing(agent: Any) -> None:
    """Nobody listens on the address: no answer, and the fault has a name."""
    await start(agent)
    agent.processor.action_endpoint.url = "http://127.0.0.1:1/webhook"
    lines = await run(agent, turn())
    assert kinds(lines) == ["parse", "error", "done"]
    assert code(lines) == "actions_unavailable"


async def test_half_an_answer_is_no_answer(agent: Any, actions: FakeActions) -> None:
    """What was said before an action failed is dropped with it, and the failed turn is not remembered."""
    await start(agent)
    actions.answers["action_wander"] = 500
    lines = await run(agent, turn("go for a wander"))
    assert kinds(lines) == ["parse", "assessment", "error", "done"]
    tracker = await agent.tracker_store.retrieve("s1")
    assert tracker.latest_message.text is None
    actions.reset()
    assert texts(await run(agent, turn("go for a wander", message_id="m2"))) == ["Done", "Wandered."]


async def test_turn_that_takes_too_long_is_given_up(agent: Any, actions: FakeActions) -> None:
    """The budget bounds the whole turn, however many actions it calls."""
    await start(agent)
    actions.answers["action_show_balance"] = 0.8
    lines = await run(agent, turn("what is my balance"), budget=0.4)
    assert code(lines) == "actions_unavailable"
    assert texts(lines) == []


async def test_handoff_says_its_words_and_comes_last(agent: Any, actions: FakeActions) -> None:
    """The handoff line carries the assessment and who asked, after the words of action_handoff."""
    await start(agent)
    actions.answers["action_assess"] = FakeActions.assess("handoff", "fraud_or_scam", queue="fraud", why="a scam")
    lines = await run(agent, turn("I fell for a scam"))
    assert kinds(lines) == ["parse", "assessment", "utter", "handoff", "done"]
    assert texts(lines) == ["A person takes over."]
    assert (lines[3]["criterion"], lines[3]["queue"], lines[3]["asked_by"]) == ("fraud_or_scam", "fraud", "assistant")
    actions.answers["action_assess"] = FakeActions.assess("handoff", "person_requested")
    assert (await run(agent, turn("/request_person", message_id="m2")))[-2]["asked_by"] == "customer"


@pytest.mark.parametrize("answer", [500, b"", 3.0])
async def test_handoff_happens_without_its_words(agent: Any, actions: FakeActions, answer: Any) -> None:
    """A failing action_handoff costs its words, not the person."""
    await start(agent)
    actions.answers |= {"action_assess": FakeActions.assess("handoff", "life_at_risk"), "action_handoff": answer}
    lines = await run(agent, turn("help"))
    assert kinds(lines) == ["parse", "assessment", "handoff", "done"]


async def test_handoff_from_the_middle_of_a_form(agent: Any, actions: FakeActions) -> None:
    """A form that waits for its answer does not get it, and is over."""
    await start(agent)
    assert texts(await run(agent, turn("make a transfer"))) == ["How much?"]
    actions.answers["action_assess"] = FakeActions.assess("handoff", "person_requested")
    lines = await run(agent, turn("I want a human", message_id="m2"))
    assert kinds(lines) == ["parse", "assessment", "utter", "handoff", "done"]
    tracker = await agent.tracker_store.retrieve("s1")
    assert tracker.active_loop_name is None
    actions.reset()
    await run(agent, turn("", kind="returned", message_id="", note="Settled."))
    assert texts(await run(agent, turn("what is my balance", message_id="m3"))) == ["You have 42."]


async def test_followup_action_cannot_displace_a_handoff(agent: Any, actions: FakeActions) -> None:
    """Rasa runs follow-up actions before asking any policy; a handoff does not ask either."""
    await start(agent)
    actions.answers["action_show_balance"] = {
        "events": [{"event": "followup", "name": "action_wander"}, {"event": "pause"}],
        "responses": [{"text": "You have 42."}],
    }
    await run(agent, turn("what is my balance"))
    actions.answers["action_assess"] = FakeActions.assess("handoff", "life_at_risk")
    assert kinds(await run(agent, turn("help", message_id="m2"))) == ["parse", "assessment", "utter", "handoff", "done"]


async def test_form_is_answered_while_nothing_speaks_against_it(agent: Any) -> None:
    """Forms work through the guard."""
    await start(agent)
    await run(agent, turn("make a transfer"))
    assert texts(await run(agent, turn("50 pounds", message_id="m2"))) == ["Done"]


async def test_return_starts_anew_with_the_note(agent: Any, actions: FakeActions) -> None:
    """After the return an older handoff is no longer in force, and the note is there."""
    await start(agent)
    actions.answers["action_assess"] = FakeActions.assess("handoff", "fraud_or_scam")
    await run(agent, turn("I fell for a scam"))
    actions.reset()
    actions.answers["action_session_start"] = started({"text": "Back to the AI.", "disclosure": True})
    lines = await run(agent, turn("", kind="returned", message_id="", note="Refund arranged."))
    assert texts(lines) == ["Back to the AI."]
    tracker = await agent.tracker_store.retrieve("s1")
    assert tracker.get_slot("handover_note") == "Refund arranged."
    assert tracker.get_slot("assessment") is None
    assert texts(await run(agent, turn("hello", message_id="m2"))) == ["Good day"]


@pytest.mark.parametrize(
    "text",
    ["/restart", "/back", "/session_start", '/affirm{"sum": "1"}', '/greet{"amount": "9"}', " /restart", "//restart"],
)
async def test_customers_cannot_command_rasa(agent: Any, text: str) -> None:
    """What looks like a command is read as a sentence: no intent with certainty, no entities out of JSON."""
    await start(agent)
    lines = await run(agent, turn(text))
    assert lines[0]["intent"]["confidence"] < 1.0
    assert all("9" not in str(e["value"]) for e in lines[0]["entities"] if e["start"] is None)
    assert (await agent.tracker_store.retrieve("s1")).latest_message.text == text.strip()


async def test_buttons_work_while_they_are_offered(agent: Any) -> None:
    """A button's own payload may carry entities, until the customer writes something else; not even a button may restart."""
    await start(agent)
    payload = '/affirm{"amount": "5"}'
    assert (await run(agent, turn(payload)))[0]["intent"]["confidence"] < 1.0
    await run(agent, turn("hello", message_id="m2"))
    lines = await run(agent, turn(payload, message_id="m3"))
    assert lines[0]["intent"] == {"name": "affirm", "confidence": 1.0}
    assert lines[0]["entities"][0]["value"] == "5"
    await run(agent, turn("hello", message_id="m4"))
    assert (await run(agent, turn("/restart", message_id="m5")))[0]["intent"]["confidence"] < 1.0
    assert (await run(agent, turn("/request_person", message_id="m6")))[0]["intent"]["confidence"] == 1.0


async def test_turns_of_a_session_are_serial(agent: Any, actions: FakeActions) -> None:
    """Two messages at once are answered one after the other, in their order."""
    await start(agent)
    both = await asyncio.gather(
        run(agent, turn("hello", message_id="a")), run(agent, turn("what is my balance", message_id="b"))
    )
    assert [texts(lines) for lines in both] == [["Good day"], ["You have 42."]]
    assert actions.called() == ["action_session_start", "action_assess", "action_assess", "action_show_balance"]


async def test_long_conversation_keeps_the_working_memory_short(agent: Any, actions: FakeActions) -> None:
    """What is sent to the action server does not grow with the conversation."""
    await start(agent)
    for number in range(30):
        await run(agent, turn("hello", message_id=f"m{number}"))
    sizes = [len(call["tracker"]["events"]) for call in actions.calls]
    assert max(sizes[15:]) <= sizes[14] + 6
    assert (await agent.tracker_store.retrieve("s1")).latest_message.message_id == "m29"


async def test_domain_texts_are_not_sent_to_actions(agent: Any, actions: FakeActions) -> None:
    """Responses make up most of a domain and no action reads them."""
    await start(agent)
    assert "slots" in actions.calls[0]["domain"]
    assert "responses" not in actions.calls[0]["domain"]


async def test_parse_without_a_turn(agent: Any, actions: FakeActions) -> None:
    """Agent assist gets intent and signals; slashes have no power and no action is asked."""
    line = await TurnGuard(agent).parse("I fell for a scam", {"locale": "en-GB"})
    assert line["intent"]["name"] == "report_scam"
    assert (await TurnGuard(agent).parse("/restart", {}))["intent"]["confidence"] < 1.0
    assert actions.calls == []


@given(st.text(max_size=40))
def test_any_text_is_read_without_command(text: str) -> None:
    """No text at all, unless it is a known intent or an offered button, keeps its leading slash."""
    from brain.customer_text import text_to_parse

    assert not text_to_parse("/" + text, intents={"greet"} - {text.strip()}, offered=()).strip().startswith("/")
