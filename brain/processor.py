"""The turn guard: drives Rasa's MessageProcessor for one turn and keeps the promises that Rasa by itself does not.

- Nothing is uttered in a session before the customer was told that she speaks with an AI.
- Every message is assessed before it is answered; an assessment that says `handoff` ends in a handoff whatever stories, rules,
  forms or actions would do.
- When an action fails, the turn fails: nothing of it is uttered and nothing of it is remembered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import LockError
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.exceptions import ActionLimitReached
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    REQUESTED_SLOT,
    SESSION_START_METADATA_SLOT,
)
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    ConversationResumed,
    Event,
    SessionStarted,
    SlotSet,
)
from rasa.shared.core.trackers import DialogueStateTracker

from brain.actions_client import noting_faults
from brain.assessment import assessment_line, assessment_of, handoff_line
from brain.customer_text import offered_payloads, text_to_parse, without_slashes
from brain.history import is_disclosed, written_before
from brain.output import TurnOutput
from brain.policies import ACTION_HANDOFF, SLOT_ASSESSMENT, HandoffFirst
from brain.together import MESSAGES
from brain.turn import ErrorCode, Line, Turn

logger = logging.getLogger(__name__)

Emit = Callable[[Line], Awaitable[None]]
SLOT_NOTE = "handover_note"
READ_BEFORE = MESSAGES - 1  #: messages before the latest that are read together with it
DEFAULT_BUDGET = 20.0  #: seconds for one turn, the wait for the session's lock not counted


class TurnFailed(Exception):
    """The turn cannot be answered; nothing of it is uttered."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class TurnGuard:
    """Runs turns on Rasa's agent, one at a time per session."""

    def __init__(self, agent: Agent, *, budget: float = DEFAULT_BUDGET) -> None:
        self._agent = agent
        self._budget = budget

    async def run(self, turn: Turn, emit: Emit) -> None:
        """Carry out a turn. Every line goes through `emit` as soon as it is certain; the last is always `done`."""
        processor: MessageProcessor = self._agent.processor
        disclosed = False
        try:
            async with self._agent.lock_store.lock(turn.session_id):
                disclosed = await asyncio.wait_for(self._run(processor, turn, emit), self._budget)
        except TurnFailed as failure:
            logger.warning("turn.failed session=%s code=%s reason=%s", turn.session_id, failure.code, failure)
            disclosed = failure.code != "not_disclosed" and turn.kind == "message"
            await emit(_error(failure.code, str(failure)))
        except asyncio.TimeoutError:
            # All waiting inside a turn is waiting for actions.
            logger.warning("turn.timed_out session=%s", turn.session_id)
            disclosed = turn.kind == "message"
            await emit(_error("actions_unavailable", f"The turn took longer than {self._budget:g} s."))
        except LockError as error:
            logger.warning("turn.lock_timeout session=%s", turn.session_id)
            await emit(_error("internal", str(error)))
        except (asyncio.CancelledError, ConnectionError):
            raise  # nobody listens any more
        except Exception as error:
            logger.exception("turn.broken session=%s error=%s", turn.session_id, type(error).__name__)
            await emit(_error("internal", f"The turn broke: {type(error).__name__}."))
        await emit({"type": "done", "model": self._agent.model_id, "disclosed": disclosed})

    async def parse(self, text: str, metadata: dict[str, Any]) -> Line:
        """The parse line of a text that belongs to no turn."""
        message = UserMessage(without_slashes(text), metadata=metadata)
        return parse_line(await self._agent.processor.parse_message(message))

    async def _run(self, processor: MessageProcessor, turn: Turn, emit: Emit) -> bool:
        with noting_faults() as faults:
            if turn.kind == "message":
                await _Message(processor, turn, emit, faults).run()
            else:
                await _SessionStart(processor, turn, emit, faults).run()
        return True


class _Step:
    """What both kinds of turn share."""

    def __init__(self, processor: MessageProcessor, turn: Turn, emit: Emit, faults: list[str]) -> None:
        self.processor = processor
        self.turn = turn
        self.emit = emit
        self.faults = faults
        self.output = TurnOutput(turn.channel)

    async def act(self, action: Action, tracker: DialogueStateTracker, prediction: PolicyPrediction) -> bool:
        """Run an action as Rasa does, but fail where Rasa would go on. Returns whether another action follows."""
        watched = _Watched(action)
        follows: bool = await self.processor._run_action(  # noqa: SLF001 - Rasa offers no public way to run one action
            watched, tracker, self.output, self.processor.nlg, prediction
        )
        if watched.failure is not None or self.faults:
            raise TurnFailed(
                "actions_unavailable", self.faults[0] if self.faults else f"{action.name()}: {watched.failure}"
            )
        return follows


class _Message(_Step):
    """A customer's message: parse, assess, then hand over or answer."""

    async def run(self) -> None:
        tracker = await self.processor.get_tracker(self.turn.session_id)
        if not is_disclosed(list(tracker.events)):
            raise TurnFailed("not_disclosed", "No disclosure was made in this session.")
        if tracker.is_paused():
            # Who speaks is decided by the switchboard alone: if it asks, the assistant answers.
            tracker.update(ConversationResumed(), self.processor.domain)
        await self._hear(tracker)
        assessment = await self._assess(tracker)
        if assessment["outcome"] == "handoff":
            await self._hand_over(tracker, assessment)
        else:
            await self._answer(tracker, assessment)
        await self.processor.save_tracker(tracker)

    async def _hear(self, tracker: DialogueStateTracker) -> None:
        turn = self.turn
        text = text_to_parse(turn.text, intents=self.processor.domain.intents, offered=offered_payloads(tracker.events))
        metadata = turn.metadata()
        heard = {**metadata, "before": written_before(list(tracker.events))[-READ_BEFORE:]}
        parsed = await self.processor.parse_message(UserMessage(text, metadata=heard), tracker)
        await self.emit(parse_line(parsed))
        parsed = {**parsed, "text": turn.text, "message_id": turn.message_id, "metadata": metadata}
        message = UserMessage(
            turn.text,
            self.output,
            turn.session_id,
            parse_data=parsed,
            input_channel=turn.channel,
            message_id=turn.message_id,
            metadata=metadata,
        )
        await self.processor._handle_message_with_tracker(message, tracker)  # noqa: SLF001 - log_message may start a session

    async def _assess(self, tracker: DialogueStateTracker) -> dict[str, Any]:
        """Let Rasa extract slots, which calls action_assess; what that utters (an offer) waits for the assessment line."""
        failure: Exception | None = None
        try:
            await self.processor.run_action_extract_slots(self.output, tracker)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a garbled answer of the action server raises anything
            failure = error
        assessment = assessment_of(tracker.get_slot(SLOT_ASSESSMENT), message_id=self.turn.message_id)
        if assessment is not None:
            await self.emit(assessment_line(assessment))
            if assessment["outcome"] == "handoff" or (failure is None and not self.faults):
                return assessment
        if failure is not None or self.faults:
            raise TurnFailed(
                "actions_unavailable", self.faults[0] if self.faults else f"slots: {type(failure).__name__}"
            )
        raise TurnFailed("unassessed", "The message was not assessed.")

    async def _hand_over(self, tracker: DialogueStateTracker, assessment: dict[str, Any]) -> None:
        """Run action_handoff and nothing else. If it fails the handoff happens all the same, without its words."""
        self.output.take()
        self.faults.clear()
        domain = self.processor.domain
        if ACTION_HANDOFF in domain.action_names_or_texts:
            prediction = PolicyPrediction.for_action_name(domain, ACTION_HANDOFF, HandoffFirst.__name__)
            try:
                await self.act(self.processor._get_action(ACTION_HANDOFF), tracker, prediction)  # noqa: SLF001 - as in act
                for line in self.output.take():
                    await self.emit(line)
            except TurnFailed as failure:
                logger.warning("handoff.wordless session=%s reason=%s", self.turn.session_id, failure)
        if tracker.active_loop_name:
            tracker.update_with_events([ActiveLoop(None), SlotSet(REQUESTED_SLOT, None)], domain)
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME), domain)
        await self.emit(handoff_line(assessment, intent=_intent(tracker)))

    async def _answer(self, tracker: DialogueStateTracker, assessment: dict[str, Any]) -> None:
        """Rasa's prediction loop. Utterances wait for its end: half an answer is worse than none."""
        handed_over = False
        follows = True
        while follows and not tracker.is_paused():
            try:
                action, prediction = self.processor.predict_next_with_tracker_if_should(tracker)
            except ActionLimitReached:
                raise TurnFailed("internal", "The assistant did not come to an end.") from None
            handed_over = handed_over or action.name() == ACTION_HANDOFF
            follows = await self.act(action, tracker, prediction)
        utterances = self.output.take()
        if not utterances and not handed_over:
            raise TurnFailed("internal", "The assistant had nothing to say.")
        for line in utterances:
            await self.emit(line)
        if handed_over:
            # A story came to the handoff by itself: the customer was told so, hence it must happen.
            await self.emit(handoff_line({**assessment, "outcome": "handoff"}, intent=_intent(tracker)))


class _SessionStart(_Step):
    """A new session, or the return from a person: the disclosure comes first or nothing does."""

    async def run(self) -> None:
        processor, turn = self.processor, self.turn
        domain = processor.domain
        tracker = await processor.get_tracker(turn.session_id)
        tracker.update(SlotSet(SESSION_START_METADATA_SLOT, turn.metadata()), domain)
        action = processor._get_action(ACTION_SESSION_START_NAME)  # noqa: SLF001 - as in act
        try:
            events = await action.run(self.output, processor.nlg, tracker, domain)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            raise TurnFailed("actions_unavailable", f"{action.name()}: {type(error).__name__}") from error
        prediction = PolicyPrediction.for_action_name(domain, ACTION_SESSION_START_NAME)
        processor._log_action_on_tracker(  # noqa: SLF001 - as in act
            tracker, action, self._complete(events, tracker), prediction
        )
        await processor._send_bot_messages(events, tracker, self.output)  # noqa: SLF001 - as in act
        utterances = self.output.take()
        if not utterances or not utterances[0]["disclosure"] or sum(line["disclosure"] for line in utterances) != 1:
            raise TurnFailed("not_disclosed", "The session's start did not begin with exactly one disclosure.")
        for line in utterances:
            await self.emit(line)
        await processor.save_tracker(tracker)

    def _complete(self, events: list[Event], tracker: DialogueStateTracker) -> list[Event]:
        """The action's events, with what must not be missing: a start, a clean slate for the assessment, the note, an end."""
        slots = tracker.slots
        head = [] if any(isinstance(event, SessionStarted) for event in events) else [SessionStarted()]
        starts = [event for event in events if isinstance(event, SessionStarted)]
        body = [event for event in events if not isinstance(event, SessionStarted) and not _is_listen(event)]
        own: list[Event] = []
        if SLOT_ASSESSMENT in slots:
            own.append(SlotSet(SLOT_ASSESSMENT, None))
        if SLOT_NOTE in slots:
            own.append(SlotSet(SLOT_NOTE, self.turn.note if self.turn.kind == "returned" else None))
        said = [event for event in body if isinstance(event, BotUttered)]
        other = [event for event in body if not isinstance(event, BotUttered)]
        return [*head, *starts, *other, *own, *said, ActionExecuted(ACTION_LISTEN_NAME)]


class _Watched(Action):
    """An action that remembers how it failed, which Rasa only writes to its log."""

    def __init__(self, action: Action) -> None:
        self._action = action
        self.failure: str | None = None

    def name(self) -> str:
        return str(self._action.name())

    async def run(self, *args: Any, **kwargs: Any) -> list[Event]:
        try:
            events: list[Event] = await self._action.run(*args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            self.failure = type(error).__name__
            raise
        return events

    def event_for_successful_execution(self, prediction: PolicyPrediction) -> ActionExecuted:
        return self._action.event_for_successful_execution(prediction)


def parse_line(parsed: dict[str, Any]) -> Line:
    """The `parse` line of Rasa's parse data."""
    intent = parsed.get("intent") or {}
    line: Line = {
        "type": "parse",
        "intent": _named(intent),
        "ranking": [_named(entry) for entry in (parsed.get("intent_ranking") or [])[:3]],
        "entities": [
            {
                "entity": found["entity"],
                "value": found.get("value"),
                "text": parsed.get("text", "")[found["start"] : found["end"]]
                if "start" in found and "end" in found
                else None,
                "start": found.get("start"),
                "end": found.get("end"),
            }
            for found in parsed.get("entities") or []
        ],
        "signals": parsed.get("signals") or {},
    }
    for key in ("signals_together", "signal_words", "also_intents"):
        if parsed.get(key):
            line[key] = parsed[key]
    return line


def _named(intent: dict[str, Any]) -> dict[str, Any]:
    return {"name": intent.get("name"), "confidence": round(float(intent.get("confidence") or 0.0), 4)}


def _error(code: ErrorCode, message: str) -> Line:
    return {"type": "error", "code": code, "message": message}


def _intent(tracker: DialogueStateTracker) -> str | None:
    message = tracker.latest_message
    return None if message is None else message.intent.get("name")


def _is_listen(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME
