"""Session start, handoff, and the assessment of every message."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk.events import ActionExecuted, ActiveLoop, SessionStarted, SlotSet

from actions.assess import (
    ActionAssess,
    ActionValidateSlotMappings,
    Assessing,
    PolicySource,
    conversation_of,
    policy_path,
)
from actions.forms.table import FORM_SLOTS, FORMS
from actions.handoff import ActionHandoff
from actions.session_start import ActionSessionStart
from escalation import PolicyInvalid
from localization import load_packs
from tests.actions.support import Event, assert_events, assert_responses, run, said, tracker_of, user_event

STARTED: Event = {"event": "session_started", "timestamp": 900.0}


def metadata(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "session_start",
        "message_id": "m-0",
        "locale": "en-GB",
        "region": "GB",
        "channel": "web",
        "customer": {"id": "demo-gb", "name": "Ava Thompson"},
        "note": None,
        **changes,
    }


def began(**changes: Any) -> Event:
    return {"event": "slot", "name": "session_started_metadata", "value": metadata(**changes)}


@pytest.mark.parametrize("tag", sorted(load_packs()))
@pytest.mark.parametrize("kind", ["session_start", "returned"])
async def test_the_first_thing_said_is_the_disclosure(tag: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly one utterance, marked as the disclosure, in the locale's own words, in every session and on every return."""
    monkeypatch.setenv("CANDOUR_BANK_NAME", "Harbour Bank")
    _, messages = await run(ActionSessionStart(), tracker_of(began(locale=tag, kind=kind), customer=None))
    pack = load_packs()[tag]
    sentence = pack.disclosure.start if kind == "session_start" else pack.disclosure.returned
    assert len(messages) == 1
    assert messages[0]["disclosure"] is True
    assert messages[0]["text"].startswith(sentence.format(bank="Harbour Bank"))
    assert messages[0]["text"].endswith(pack.language_limits)
    assert messages[0]["utter_action"] == f"utter_disclosure__{'start' if kind == 'session_start' else 'returned'}"


async def test_the_session_remembers_who_and_where() -> None:
    events, _ = await run(ActionSessionStart(), tracker_of(began(locale="de-AT", region="AT"), slots={"x": "kept"}))
    slots = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    assert events[0]["event"] == SessionStarted()["event"]
    assert events[-1]["name"] == ActionExecuted("action_listen")["name"]
    assert slots == {
        "x": "kept",
        "locale": "de-AT",
        "language": "de",
        "region": "AT",
        "channel": "web",
        "customer_id": "demo-gb",
        "customer_name": "Ava Thompson",
    }


async def test_nothing_of_the_last_conversation_is_assumed_in_the_next() -> None:
    """Forms, assessments and notes are forgotten; a customer who signed out is not carried over."""
    old = {
        "assessment": {"outcome": "handoff"},
        "card_choice": "4821",
        "handover_note": "x",
        "requested_slot": "card_choice",
        "detail_value": "14 Elm Row",
        "waiting_topics": ["get_statement"],
        "last_topic": "check_balance",
        "course": "several",
    }
    events, _ = await run(ActionSessionStart(), tracker_of(began(customer=None), slots=old))
    slots = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    assert not slots.keys() & old.keys()
    assert slots["customer_id"] is None
    assert slots["customer_name"] is None


async def test_the_agents_note_comes_along_on_the_return() -> None:
    events, _ = await run(ActionSessionStart(), tracker_of(began(kind="returned", note="Refund was sent.")))
    assert SlotSet("handover_note", "Refund was sent.")["value"] in [e.get("value") for e in events]


async def test_the_newest_metadata_counts_and_none_means_the_default_locale() -> None:
    """The metadata of a user message is read as well as the slot that Rasa fills; without any, British English is spoken."""
    later = user_event("/session_start", **metadata(locale="fr-FR", region="FR"))
    events, messages = await run(ActionSessionStart(), tracker_of(began(), later))
    assert messages[0]["text"].startswith("Bonjour")
    _, messages = await run(ActionSessionStart(), tracker_of(slots={"locale": None, "region": None}))
    assert messages[0]["text"].startswith("Hello.")
    assert events[-1]["event"] == "action"


async def test_handoff_says_what_the_criterion_wants_and_ends_the_form() -> None:
    held = {
        "assessment": {"outcome": "handoff", "say": "utter_handoff__fraud"},
        "card_choice": "4821",
        "requested_slot": "block_reason",
    }
    events, messages = await run(ActionHandoff(), tracker_of(user_event("help"), slots=held, loop="block_card_form"))
    assert_responses(messages, "utter_handoff__fraud")
    assert_events(events, ActiveLoop(None), SlotSet("card_choice", None), SlotSet("requested_slot", None))


async def test_handoff_forgets_every_form_and_every_matter_that_waits() -> None:
    """The person takes over now: nothing of the AI's plans comes up again afterwards."""
    held = {**dict.fromkeys(FORM_SLOTS, "x"), "waiting_topics": ["get_statement"], "last_topic": "check_balance"}
    events, _ = await run(ActionHandoff(), tracker_of(user_event("help"), slots=held, loop="get_statement_form"))
    emptied = {event["name"] for event in events if event["event"] == "slot" and event["value"] is None}
    assert emptied >= held.keys()


CRISIS: Event = {"assessment": {"outcome": "handoff", "say": "utter_handoff__life_at_risk"}}


@pytest.mark.parametrize(
    ("locale", "region", "call", "text", "emergency"),
    [
        ("en-GB", "GB", "116 123", "SHOUT to 85258", "999"),
        ("en-IE", "IE", "116 123", "HELLO to 50808", "112 or 999"),
        ("en-US", "US", "988", "text 988", "911"),
        ("es-MX", "US", "988", "SMS al 988", "911"),
        ("de-DE", "DE", "0800 1110111", "", "112"),
        ("fr-FR", "FR", "3114", "", "112"),
        ("es-ES", "ES", "024", "", "112"),
        ("es-MX", "MX", "800 911 2000", "", "911"),
        ("pt-BR", "BR", "188", "", "192"),
        ("fil-PH", "PH", "1553", "", "911"),
        ("en-GB", "NZ", "findahelpline.com", "text", "your local emergency number"),
    ],
)
async def test_a_life_at_risk_is_told_where_somebody_is(
    locale: str, region: str, call: str, text: str, emergency: str
) -> None:
    """To call and, where there is one, to text, in the region where she is, whatever her language; and nothing else is asked."""
    held = {**CRISIS, "locale": locale, "region": region, "requested_slot": "order_amount"}
    events, messages = await run(
        ActionHandoff(), tracker_of(user_event("x"), slots=held, loop="change_standing_order_form")
    )
    assert_responses(messages, "utter_handoff__life_at_risk")
    words = said(messages[0])
    for expected in (call, text, f"call {emergency}"):
        assert expected in words
    assert not messages[0]["buttons"]
    assert "?" not in words
    assert events[0] == ActiveLoop(None)


@pytest.mark.parametrize("assessment", [None, {"outcome": "offer", "say": "utter_offer__complaint"}, "nonsense"])
async def test_handoff_without_a_verdict_still_brings_a_person(assessment: object) -> None:
    events, messages = await run(ActionHandoff(), tracker_of(user_event("help"), slots={"assessment": assessment}))
    assert_responses(messages, "utter_handoff__person")
    assert events == []


async def verdict(*events: Event, **options: Any) -> dict[str, Any]:
    found, messages = await run(ActionAssess(), tracker_of(*events, **options))
    assert messages == []
    assert [event["name"] for event in found] == ["assessment"]
    value: dict[str, Any] = found[0]["value"]
    return value


async def test_a_message_is_assessed_under_its_own_id() -> None:
    calm = await verdict(STARTED, user_event("what's my balance", intent="check_balance", message_id="m-7"))
    assert (calm["outcome"], calm["message_id"]) == ("answer", "m-7")
    assert calm["policy_version"].startswith("sha256:")
    scam = await verdict(STARTED, user_event("a man on the phone", intent="report_scam", signals={"fraud": 0.98}))
    assert (scam["outcome"], scam["criterion"], scam["floor"]) == ("handoff", "fraud_or_scam", True)


@pytest.mark.parametrize("loop", [*FORMS, None])
async def test_a_form_does_not_keep_a_person_away(loop: str | None) -> None:
    found = await verdict(
        STARTED, user_event("get me a human", intent="request_person", signals={"person": 0.99}), loop=loop
    )
    assert found["criterion"] == "person_requested"


async def test_what_was_said_before_the_return_no_longer_counts() -> None:
    """Only turns since the newest session start are judged, and a control message is not one of them."""
    tracker = tracker_of(
        STARTED,
        user_event("scam", intent="report_scam", signals={"fraud": 0.99}, message_id="m-1"),
        {"event": "session_started", "timestamp": 2_000.0},
        user_event("", intent="session_start", message_id="m-2", kind="returned", timestamp=2_001.0),
        user_event("thanks", intent="thank", message_id="m-3", timestamp=2_031.0),
    )
    conversation = conversation_of(tracker)
    assert [turn.message_id for turn in conversation.turns] == ["m-3"]
    assert conversation.seconds_in_ai == 30.0


def test_the_conversation_carries_place_channel_and_customer() -> None:
    message = user_event(
        "hi",
        intent="greet",
        locale="pt-BR",
        region="br",
        channel="telegram",
        customer={"id": "c", "need": "large print"},
    )
    conversation = conversation_of(tracker_of(STARTED, message))
    assert (conversation.locale, conversation.region, conversation.channel) == ("pt-BR", "BR", "telegram")
    assert conversation.customer == {"id": "c", "need": "large print"}
    plain = conversation_of(tracker_of(STARTED, user_event("hi")))
    assert plain.customer == {"id": "demo-gb", "name": "Ava Thompson"}
    assert conversation_of(tracker_of(STARTED, customer=None)).turns == ()


def test_answers_that_a_form_took_were_understood() -> None:
    """A card's digits are no misunderstanding, however unsure the intent; chit-chat in a form may be one."""
    past = (user_event("4821", intent="nlu_fallback", message_id="m-1"), SlotSet("card_choice", "4821"))
    refused = (user_event("qwe", intent="nlu_fallback", message_id="m-2"), SlotSet("card_choice", None))
    ending = [{"entity": "card_ending", "value": "9034"}]
    newest = user_event("9034", intent="nlu_fallback", entities=ending, message_id="m-3")
    tracker = tracker_of(
        STARTED, *past, *refused, newest, loop="block_card_form", slots={"requested_slot": "card_choice"}
    )
    assert [turn.understood for turn in conversation_of(tracker).turns] == [True, None, True]


@pytest.mark.parametrize(
    ("requested", "intent", "text", "understood"),
    [
        ("confirm_block", "affirm", "yes", True),
        ("confirm_block", "nlu_fallback", "eh", None),
        ("block_reason", "inform", "it fell into the sea", True),
        ("block_reason", "nlu_fallback", "grmbl", None),
        ("card_choice", "inform", "the debit one", True),
        ("card_choice", "inform", "hm", None),
        ("transfer_reference", "inform", "FT-48213", True),
        ("transfer_reference", "inform", "hm", None),
        ("order_amount", "inform", "make it 300", True),
        ("order_amount", "inform", "hm", None),
        ("order_amount", "change_standing_order", "change it to 300", True),
        ("confirm_order", "correct_choice", "no, the other one", True),
        ("confirm_order", "check_balance", "my balance?", None),
        ("detail_value", "inform", "14 Elm Row, Leeds", True),
        ("machine_place", "find_cash_machine", "the one beside the baker", True),
        ("appointment_topic", "ask_mortgage", "a mortgage", True),
        ("replacement_reason", "block_card", "it was stolen", True),
        ("other_slot", "inform", "x", None),
    ],
)
def test_which_answers_a_form_will_take(requested: str, intent: str, text: str, understood: bool | None) -> None:
    form = next((form.name for form in FORMS.values() if requested in form.slots), "block_card_form")
    tracker = tracker_of(STARTED, user_event(text, intent=intent), loop=form, slots={"requested_slot": requested})
    assert conversation_of(tracker).turns[-1].understood is understood


async def test_the_offer_is_uttered_once_for_a_message() -> None:
    """Rasa extracts slots twice when a form starts; the customer is offered a person once."""
    complaint = user_event(
        "this is not acceptable", intent="make_complaint", signals={"complaint": 0.97}, message_id="m-9"
    )
    events, messages = await run(ActionValidateSlotMappings(), tracker_of(STARTED, complaint))
    assert_responses(messages, "utter_offer__complaint")
    assert events[0]["value"]["message_id"] == "m-9"
    uttered = {"event": "bot", "text": "…", "metadata": {"utter_action": "utter_offer__complaint"}}
    again = tracker_of(STARTED, complaint, uttered, slots={"assessment": events[0]["value"]})
    _, messages = await run(ActionValidateSlotMappings(), again)
    assert messages == []


@pytest.mark.parametrize("intent", ["check_balance", "report_scam"])
async def test_only_an_offer_is_uttered_beside_the_answer(intent: str) -> None:
    _, messages = await run(ActionValidateSlotMappings(), tracker_of(STARTED, user_event("x", intent=intent)))
    assert messages == []


async def test_an_assessment_is_made_once_for_a_message() -> None:
    held = {"assessment": {"outcome": "answer", "message_id": "m-1", "mark": "first"}}
    assert (await verdict(STARTED, user_event("x", message_id="m-1"), slots=held))["mark"] == "first"
    assert "mark" not in await verdict(STARTED, user_event("x", message_id="m-2"), slots=held)


async def test_a_long_conversation_is_assessed_quickly() -> None:
    """The work ends at the session's start: old sessions cost nothing. (A coarse bound: milliseconds, not seconds.)"""
    old = [user_event("scam", intent="report_scam", message_id=f"old-{n}") for n in range(5_000)]
    now = [user_event("hello", intent="greet", message_id=f"m-{n}") for n in range(300)]
    tracker = tracker_of(*old, STARTED, *now)
    began_at = time.perf_counter()
    conversation = conversation_of(tracker)
    assert len(conversation.turns) == 300
    assert time.perf_counter() - began_at < 1


def test_a_changed_policy_is_taken_over_and_a_faulty_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "escalation.yml"
    valid = policy_path().read_text(encoding="utf-8")
    path.write_text(valid, encoding="utf-8")
    source = PolicySource(path)
    first = source.current()
    assert source.current() is first
    path.write_text("format: 1\ncriteria: []\n", encoding="utf-8")
    assert source.current() is first
    path.write_text(valid.replace("why: ", "why: Indeed: ", 1).replace("Indeed: ", "Indeed, "), encoding="utf-8")
    assert source.current().version != first.version


def test_a_server_with_a_faulty_policy_does_not_come_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "escalation.yml").write_text("format: 1\ncriteria: []\n", encoding="utf-8")
    monkeypatch.setenv("CANDOUR_POLICY_DIR", str(tmp_path))
    monkeypatch.setattr(Assessing, "source", None)
    with pytest.raises(PolicyInvalid):
        ActionAssess()
