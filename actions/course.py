"""Where the conversation goes next, beyond the one message: which matters wait, and what course the newest message takes.

The slot `course` is judged after each message, before Rasa chooses what to do; rules in data/rules/course.yml have it as their
condition. `waiting_topics` holds intents whose forms are still to come.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet

from actions import normalise
from actions.forms import reading
from actions.forms.table import FORMS, OPENED, Form
from actions.topic import SLOT_LAST_TOPIC, Asked, Event, TopicTurn, label

SLOT_COURSE: Final = "course"
SLOT_WAITING: Final = "waiting_topics"

#: What belongs to one conversation, beside the forms.
CONVERSATION_SLOTS: Final = frozenset({SLOT_COURSE, SLOT_WAITING, SLOT_LAST_TOPIC})

SEVERAL: Final = "several"  #: the message asks more than one thing
HOLD: Final = "hold"  #: it wants a matter with a form of its own, while another form is under way
FOLLOW_UP: Final = "follow_up"  #: "and my savings?", after a balance
CHANGE: Final = "change"  #: a limit is to be changed, not only told

#: What is so urgent that it interrupts a form; that form waits and is taken up again.
URGENT: Final = frozenset({"block_card"})
_REMEMBERED: Final = 3  #: messages for which the last topic is remembered
_CONFIDENCE: Final = 0.35  #: of a further clause; below it, an answer would be a guess

_CHANGE: Final = re.compile(
    r"\b(raise|increase|up my|higher|lower|reduce|decrease|change|set|put (it|my|the)|more than|bump|double"
    r"|erhoh\w*|hoher|senk\w*|andern"
    r"|augment\w*|relever|baisser|changer|modifier|subir|aument\w*|bajar|reduc\w*|cambiar|diminu\w*|abaixar"
    r"|mudar|alterar|taasan"
    r"|babaan|dagdagan|palit\w*)\b"
)
_HOW: Final = re.compile(r"^\W*(how (do|can|would|to)|where (do|can)|is it possible)\b")
_ELLIPSIS: Final = re.compile(
    r"^\W*(and|what about|how about|and what about|same for|also|und|wie sieht es mit|was ist mit|et|et pour"
    r"|qu'en est.il|y|que tal"
    r"|y que tal|e|e o|e a|e quanto|at|paano naman|eh|yung)\b"
)


def waiting(tracker: Tracker) -> list[str]:
    """Intents of the matters that wait, first come first."""
    held = tracker.get_slot(SLOT_WAITING)
    return [str(intent) for intent in held if intent in OPENED] if isinstance(held, list) else []


def go_on(turn: TopicTurn, *, after: Sequence[Event] = ()) -> list[Event]:
    """The events that begin the next matter that waits; none if none waits or something else follows already."""
    queue = waiting(turn.tracker)
    if not queue or any(event.get("event") == "followup" for event in after):
        return []
    form = OPENED[queue[0]]
    turn.say("utter_several__next", topic=label(form.topic))
    return [SlotSet(SLOT_WAITING, queue[1:] or None), FollowupAction(form.name)]


def also(tracker: Tracker) -> list[Mapping[str, Any]]:
    """The further clauses of the newest message that were understood well enough."""
    found = (tracker.latest_message or {}).get("also_intents") or []
    return [
        clause
        for clause in found
        if isinstance(clause, Mapping) and clause.get("name") and float(clause.get("confidence") or 0) >= _CONFIDENCE
    ]


def course_events(tracker: Tracker) -> list[Event]:
    """The slots that say which course the newest message takes, where they change."""
    course = _course(tracker)
    events = [] if tracker.get_slot(SLOT_COURSE) == course else [SlotSet(SLOT_COURSE, course)]
    interrupted = FORMS.get(tracker.active_loop_name or "")
    intent = Asked.of(tracker).intent
    if interrupted is not None and intent in URGENT - interrupted.opened_by and not _answers(tracker, interrupted):
        opener = next((opener for opener, form in OPENED.items() if form is interrupted), None)
        if opener is not None and opener not in waiting(tracker):
            events.append(SlotSet(SLOT_WAITING, [opener, *waiting(tracker)]))
    return events


def _course(tracker: Tracker) -> str | None:
    asked = Asked.of(tracker)
    form = FORMS.get(tracker.active_loop_name or "")
    opened = OPENED.get(asked.intent or "")
    if form is not None and opened is not None and opened is not form and asked.intent not in URGENT:
        return HOLD
    if also(tracker):
        return SEVERAL
    if form is None and follows_up(asked, tracker):
        return FOLLOW_UP
    if asked.intent == "check_card_limits" and form is None and wants_change(asked.text):
        return CHANGE
    return None


def _answers(tracker: Tracker, form: Form) -> bool:
    """Whether the form takes the message for an answer: "it was stolen" says why a new card is needed."""
    asked = Asked.of(tracker)
    return form.answered_by(tracker.get_slot("requested_slot"), asked.intent, asked.text)


def wants_change(text: str) -> bool:
    """Whether a limit is to be changed: so it is said, and not only asked how."""
    folded = normalise.fold(text)
    return _CHANGE.search(folded) is not None and _HOW.search(folded) is None


def follows_up(asked: Asked, tracker: Tracker) -> bool:
    """Whether the message only makes sense as the last question, asked of something else."""
    if last_topic(tracker) is None or len(asked.text.split()) > 8 or asked.intent in reading.CONTROL:
        return False
    names = normalise.account_types(asked.text) or normalise.card_kind(asked.text) or normalise.card_ending(asked.text)
    if not names and asked.entity("branch_place", "currency", "date", "merchant", "card_kind", "card_ending") is None:
        return False
    return _ELLIPSIS.search(normalise.fold(asked.text)) is not None or asked.intent in {"inform", "nlu_fallback"}


def last_topic(tracker: Tracker) -> str | None:
    """The intent that was answered last and can be asked again of something else, if that was a moment ago."""
    topic = tracker.get_slot(SLOT_LAST_TOPIC)
    if not isinstance(topic, str):
        return None
    messages = 0
    for event in reversed(tracker.events):
        messages += event.get("event") == "user"
        if event.get("event") == "slot" and event.get("name") == SLOT_LAST_TOPIC:
            return topic
        if messages > _REMEMBERED:
            return None
    return None
