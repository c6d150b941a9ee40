"""Every message of a customer is judged by the escalation policy, in forms too.

Rasa runs `action_assess` as the mapping of the slot `assessment` inside its action_extract_slots, but keeps only its slot and
drops what it utters. `action_validate_slot_mappings`, which Rasa runs right after it, may utter: the offer of a person comes from
there. It also assesses where action_assess did not run, so that nothing goes unjudged.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.course import course_events
from actions.forms.table import FORM_SLOTS, FORMS
from actions.topic import Event, packs
from escalation import Conversation, Policy, PolicyInvalid, Turn, assess, load_policy, turn_from_parse

log = logging.getLogger(__name__)

SLOT_ASSESSMENT: Final = "assessment"
_CONTROL_KINDS: Final = frozenset({"session_start", "returned"})
_CONTROL_INTENTS: Final = frozenset({"session_start", "restart"})


class PolicySource:
    """The policy in a file, read once and again after the file has changed. A faulty change leaves the policy in force."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._policy: Policy | None = None
        self._seen: int | None = None

    def current(self) -> Policy:
        """The policy in force. Raises `PolicyInvalid` only if there has never been a valid one."""
        changed = os.stat(self._path).st_mtime_ns  # noqa: PTH116 # on every message; Path.stat is slower
        if self._policy is not None and changed == self._seen:
            return self._policy
        self._seen = changed
        try:
            self._policy = load_policy(self._path)
        except PolicyInvalid as error:
            if self._policy is None:
                raise
            log.error(
                "policy.change_refused faults=%d in_force=%s\n%s", len(error.faults), self._policy.version, error
            )  # the faults say more than a traceback
        else:
            log.info("policy.loaded version=%s", self._policy.version)
        return self._policy


def policy_path() -> Path:
    """escalation.yml under CANDOUR_POLICY_DIR, or under the project's own policy folder."""
    configured = os.environ.get("CANDOUR_POLICY_DIR")
    folder = Path(configured) if configured else Path(__file__).resolve().parent.parent / "policy"
    return folder / "escalation.yml"


def conversation_of(tracker: Tracker) -> Conversation:
    """The customer's turns since the AI last took the conversation, that is since the session started or was handed back.

    Walks back from the newest event and stops there, so that a long history costs nothing.
    """
    turns: list[Turn] = []
    taken: dict[str, object] = {}  # form slots set after the user event that is still to come in this walk
    newest: Mapping[str, Any] | None = None
    began: float | None = None
    for event in reversed(tracker.events):
        kind = event.get("event")
        if kind == "slot" and event.get("name") in FORM_SLOTS:
            taken.setdefault(event["name"], event.get("value"))
        elif kind in ("session_started", "restart"):
            began = event.get("timestamp")
            break
        elif kind == "user":
            parse = event.get("parse_data") or {}
            if (event.get("metadata") or {}).get("kind") in _CONTROL_KINDS or _intent(parse) in _CONTROL_INTENTS:
                began = event.get("timestamp")
                break
            understood = any(value is not None for value in taken.values())
            if newest is None:
                newest = event
                understood = understood or answers_form(tracker, event)
            turns.append(
                turn_from_parse(message_id(event), event.get("text") or "", parse, understood=understood or None)
            )
            taken = {}
    metadata = (newest or {}).get("metadata") or {}
    pack = packs().resolve(metadata.get("locale") or tracker.get_slot("locale"))
    now = (newest or {}).get("timestamp") or time.time()
    return Conversation(
        turns=tuple(reversed(turns)),
        locale=metadata.get("locale") or tracker.get_slot("locale") or pack.tag,
        region=(metadata.get("region") or tracker.get_slot("region") or pack.region).upper(),
        channel=metadata.get("channel") or tracker.get_slot("channel") or "web",
        customer=_customer(metadata, tracker),
        seconds_in_ai=max(0.0, now - began) if began is not None else 0.0,
    )


def message_id(user_event: Mapping[str, Any]) -> str:
    """The switchboard's id of a message; Rasa's own where the message came another way."""
    metadata = user_event.get("metadata") or {}
    return str(metadata.get("message_id") or user_event.get("message_id") or "")


def answers_form(tracker: Tracker, user_event: Mapping[str, Any]) -> bool:
    """Whether the newest message is an answer that the form has asked for.

    The form itself has not taken the answer yet when the message is judged; the table of forms says what it will take.
    """
    form = FORMS.get(tracker.active_loop_name or "")
    if form is None:
        return False
    parse = user_event.get("parse_data") or {}
    named = {str(entity.get("entity")) for entity in parse.get("entities") or ()}
    text = user_event.get("text") or ""
    return form.answered_by(tracker.get_slot("requested_slot"), _intent(parse), text, entities=named)


def _intent(parse: Mapping[str, Any]) -> str | None:
    name = (parse.get("intent") or {}).get("name")
    return str(name) if name else None


def _customer(metadata: Mapping[str, Any], tracker: Tracker) -> dict[str, Any] | None:
    if metadata.get("customer"):
        return dict(metadata["customer"])
    customer_id = tracker.get_slot("customer_id")
    return {"id": customer_id, "name": tracker.get_slot("customer_name")} if customer_id else None


def newest_message_id(events: Sequence[Mapping[str, Any]]) -> str | None:
    """The id of the newest message of the customer, if there is one."""
    for event in reversed(events):
        if event.get("event") == "user":
            return message_id(event)
    return None


def assessed(tracker: Tracker, newest: str | None) -> dict[str, Any] | None:
    """The assessment of the newest message, if it has been made already (a form that starts asks for it again)."""
    found = tracker.get_slot(SLOT_ASSESSMENT)
    return found if isinstance(found, dict) and newest and found.get("message_id") == newest else None


def already_uttered(events: Sequence[Mapping[str, Any]], response: str) -> bool:
    """Whether a response was uttered after the newest message of the customer."""
    for event in reversed(events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "bot" and (event.get("metadata") or {}).get("utter_action") == response:
            return True
    return False


class Assessing:
    """Both actions share one policy source."""

    source: PolicySource | None = None

    def __init__(self) -> None:
        # A server whose policy is faulty must not come up: it would answer without judging.
        if Assessing.source is None:
            source = PolicySource(policy_path())
            source.current()
            Assessing.source = source

    def judge(self, tracker: Tracker) -> dict[str, Any]:
        """The assessment as it is kept in the slot."""
        newest = newest_message_id(tracker.events)
        found = assessed(tracker, newest)
        if found is not None:
            return found
        assert Assessing.source is not None
        verdict = assess(Assessing.source.current(), conversation_of(tracker))
        return {**verdict.to_dict(), "message_id": newest}


class ActionAssess(Assessing, Action):
    """Judges the conversation after the newest message."""

    NAME = "action_assess"

    def name(self) -> str:
        return self.NAME

    async def run(
        self,
        _dispatcher: object,
        tracker: Tracker,
        _domain: object,
    ) -> list[Event]:
        return [SlotSet(SLOT_ASSESSMENT, self.judge(tracker))]


class ActionValidateSlotMappings(Assessing, Action):
    """Utters the offer of a person, before the answer; assesses if nothing has assessed the message yet.

    It also says which course the message takes (course.py): Rasa asks no other action of ours before it chooses a rule.
    """

    NAME = "action_validate_slot_mappings"

    def name(self) -> str:
        return self.NAME

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        _domain: object,
    ) -> list[Event]:
        verdict = self.judge(tracker)
        say = verdict.get("say")
        if verdict.get("outcome") == "offer" and say and not already_uttered(tracker.events, say):
            dispatcher.utter_message(response=say)
        return [SlotSet(SLOT_ASSESSMENT, verdict), *course_events(tracker)]
