"""The AI's turns: what the brain has to do for a session is read off the session, so that a crash loses nothing.

One worker for each session that has work. It starts the brain where the brain does not know the session yet, has the
customer's messages answered in their order, and calls a person when the brain says so or cannot answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from switchboard.brain.client import Brain
from switchboard.brain.lines import Assessment, Done, Failure, Handoff, Parse, TurnLine, TurnRequest, Utter
from switchboard.errors import BrainUnavailable, NotStored, SwitchboardError, VersionConflict
from switchboard.session import events as e
from switchboard.session.model import Escalation, Session, State
from switchboard.session.sessions import Duplicate, Sessions
from switchboard.session.turn import Turn
from switchboard.session.words import Words
from switchboard.store.sql import Committed

log = structlog.get_logger(__name__)


class Stops(Protocol):
    """Whoever knows which of the AI's replies are stopped."""

    def applies(self, session: Session, *, intent: str | None) -> bool:
        """Whether the AI may not answer this session (or this intent in it) now."""
        ...


class Typing(Protocol):
    """Whoever shows that the AI is about to say something."""

    def __call__(self, session_id: str, *, on: bool) -> None:
        """The AI began, or ceased, to work on an answer."""
        ...


def _nobody_looks(session_id: str, *, on: bool) -> None:
    """Nobody shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """How long the customer is made to wait for the brain, in seconds."""

    start_s: float = 2.5
    turn_s: float = 8.0
    retry_s: float = 0.5  #: before work that could not be stored is tried again; doubled each time
    retry_most_s: float = 30.0  #: the longest such pause


class BrainForgot(SwitchboardError):
    """The brain does not know this session; it was restarted."""


class Turns:
    """Runs the AI's side of all sessions. `budgets` bound each turn; `stops` may forbid answers at any moment."""

    def __init__(self, sessions: Sessions, brain: Brain, words: Words, stops: Stops, budgets: Budgets) -> None:
        self._sessions = sessions
        self._brain = brain
        self._words = words
        self._stops = stops
        self._budgets = budgets
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._wanted: set[str] = set()
        self._closing = False
        self.on_typing: Typing = _nobody_looks
        sessions.subscribe(self._committed)

    def wake(self, session_id: str) -> None:
        """See to a session's open work soon."""
        if self._closing:
            return
        self._wanted.add(session_id)
        if session_id not in self._workers:
            self._workers[session_id] = asyncio.create_task(self._work(session_id), name=f"turns:{session_id}")

    async def idle(self) -> None:
        """Wait until no session has open work for the AI."""
        while self._workers:
            await asyncio.gather(*self._workers.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop working; what is open stays open in the record and is taken up at the next start."""
        self._closing = True
        for task in list(self._workers.values()):
            task.cancel()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)

    async def _committed(self, committed: Committed) -> None:
        session = committed.after
        if session.state is State.AI and (session.open_turns or not session.disclosed):
            self.wake(session.id)

    async def _work(self, session_id: str) -> None:
        try:
            failures = 0
            while session_id in self._wanted:
                self._wanted.discard(session_id)
                try:
                    while await self._step(session_id):
                        failures = 0
                except (NotStored, VersionConflict) as error:
                    # The customer waits for an answer that the record still owes her: that must not depend on her
                    # writing once more.
                    log.warning("turns.not_stored", session_id=session_id, code=error.code)
                    await asyncio.sleep(min(self._budgets.retry_s * 2**failures, self._budgets.retry_most_s))
                    failures = min(failures + 1, 16)
                    self._wanted.add(session_id)
        except Exception:
            log.exception("turns.failed", session_id=session_id)
        finally:
            del self._workers[session_id]
            if session_id in self._wanted:
                self.wake(session_id)

    async def _step(self, session_id: str) -> bool:
        """Do the next piece of work; False when there is none."""
        session = await self._sessions.get(session_id)
        if session.state is not State.AI:
            return False
        if not session.disclosed:
            await self._start(session)
        elif session.open_turns:
            await self._answer(session, session.open_turns[0])
        else:
            return False
        return True

    async def _ask(self, request: TurnRequest) -> AsyncGenerator[TurnLine, None]:
        """The brain's lines up to Done or Failure. However else it ends, or whatever it raises, it was unavailable."""
        try:
            async with aclosing(_closable(self._brain.turn(request))) as lines:
                async for line in lines:
                    yield line
                    if isinstance(line, Done | Failure):
                        return
        except SwitchboardError:
            raise
        except Exception as error:
            log.exception("brain.raised", session_id=request.session_id)
            raise BrainUnavailable from error
        raise BrainUnavailable("The brain's stream ended in the middle of a turn.")

    # Starting the brain, and the disclosure.

    async def _start(self, session: Session) -> bool:
        """Have the brain take up the session and disclose what it is; the same words stand in when it cannot."""
        returned = session.epoch > 1
        said: Utter | None = None
        try:
            async with asyncio.timeout(self._budgets.start_s):
                async with aclosing(self._ask(await self._start_request(session, returned=returned))) as lines:
                    async for line in lines:
                        if isinstance(line, Utter) and line.disclosure and (line.text or "").strip() and said is None:
                            said = line
                        elif isinstance(line, Failure):
                            raise BrainUnavailable(line.message)
        except (BrainUnavailable, TimeoutError):
            log.warning("brain.not_started", session_id=session.id)
            said = None
            started = False
        else:
            started = said is not None

        def decide(now: Session) -> Sequence[e.Event]:
            if now.state is not State.AI or now.epoch != session.epoch:
                return ()
            events: list[e.Event] = []
            if not now.disclosed:
                words = self._words.disclosure(now, returned=returned)
                events.append(words.model_copy(update={"text": said.text}) if said is not None else words)
            if started:
                events.append(e.BrainStarted(epoch=now.epoch))
            return events

        await self._sessions.change(session.id, decide)
        return started

    async def _start_request(self, session: Session, *, returned: bool) -> TurnRequest:
        note: str | None = None
        if returned:
            for record in reversed(await self._sessions.store.record(session.id)):
                if isinstance(record.event, e.ReturnedToAI):
                    note = record.event.note
                    break
        return self._request(session, "returned" if returned else "session_start", f"start:{session.epoch}", note=note)

    def _request(
        self,
        session: Session,
        kind: Literal["message", "session_start", "returned"],
        message_id: str,
        *,
        text: str = "",
        note: str | None = None,
    ) -> TurnRequest:
        return TurnRequest(
            kind=kind,
            session_id=session.id,
            message_id=message_id,
            epoch=session.epoch,
            text=text,
            locale=session.locale,
            region=session.region,
            channel=session.channel,
            customer=session.customer,
            note=note,
        )

    # Answering a message.

    async def _answer(self, session: Session, message_id: str) -> None:
        turn = Turn(session, message_id)
        if self._stops.applies(session, intent=None):
            await self._hand_over_stopped(turn)
            return
        record = await self._sessions.store.find_message(session.id, message_id)
        self.on_typing(session.id, on=True)
        try:
            async with asyncio.timeout(self._budgets.turn_s):
                if record is None or not isinstance(record.event, e.MessageAdded):
                    raise BrainUnavailable(f"message {message_id} has no record")
                if session.brain_epoch != session.epoch and not await self._start(session):
                    raise BrainUnavailable("the brain could not take up the session")
                try:
                    await self._converse(turn, record.event.text)
                except BrainForgot:
                    if not await self._start(session):
                        raise BrainUnavailable("the brain could not take up the session again") from None
                    turn.begin_again()
                    await self._converse(turn, record.event.text)
        except (BrainUnavailable, BrainForgot, TimeoutError) as error:
            log.warning("brain.unavailable", session_id=session.id, reason=str(error) or "out of time")
            await self._hand_over_unavailable(turn)
        except (NotStored, VersionConflict):
            raise
        except Exception:
            # Whatever went wrong, also by a fault of our own, the customer must not be left without an answer.
            log.exception("turns.fault", session_id=session.id)
            await self._hand_over_unavailable(turn)
        finally:
            self.on_typing(session.id, on=False)

    async def _converse(self, turn: Turn, text: str) -> None:
        session = turn.session
        request = self._request(session, "message", turn.message_id, text=text)
        handed_over = False
        if not turn.owned_by_ai(await self._sessions.get(session.id)):
            return  # somebody took over while the brain was being started: it is not asked
        async with aclosing(self._ask(request)) as lines:
            async for line in lines:
                match line:
                    case Parse():
                        turn.parse = line
                        if self._stops.applies(session, intent=turn.intent):
                            await self._hand_over_stopped(turn)
                            return
                    case Assessment():
                        turn.assess(line)
                    case Utter():
                        await self._say(turn, line)
                    case Handoff():
                        await self._hand_over(turn, turn.escalation(line, asked_by=line.asked_by))
                        handed_over = True
                    case Failure(code="not_disclosed") if turn.spoken == 0:
                        raise BrainForgot
                    case Failure():
                        raise BrainUnavailable(line.code)
                    case _:
                        pass
        if turn.assessment is None and not handed_over:
            raise BrainUnavailable("the turn was not assessed")
        if turn.person_due is not None and not handed_over:
            await self._hand_over(turn, turn.escalation(turn.person_due))
        elif not handed_over:
            if turn.spoken == 0:
                raise BrainUnavailable("the brain had nothing to say")
            await self._finish(turn)

    async def _say(self, turn: Turn, line: Utter) -> None:
        message = turn.message(line)
        if message is None:
            return

        def decide(now: Session) -> Sequence[e.Event]:
            if turn.owned_by_ai(now) and not self._stops.applies(now, intent=turn.intent):
                return (*turn.unrecorded, message)
            reason = "stopped" if turn.owned_by_ai(now) else "not_the_owner"
            return (
                *(() if now.is_closed else turn.unrecorded),
                e.MessageSuppressed(
                    text=message.text,
                    epoch=message.epoch,
                    reason=reason,
                    response=message.response,
                    in_reply_to=message.in_reply_to,
                ),
            )

        turn.spoken += 1
        try:
            await self._sessions.change(
                turn.session.id,
                decide,
                already=lambda: self._sessions.store.find_message(turn.session.id, message.id),
            )
        except Duplicate:
            return  # said before a crash; the record has it and the customer gets it from there
        turn.unrecorded.clear()

    async def _finish(self, turn: Turn) -> None:
        def decide(now: Session) -> Sequence[e.Event]:
            if turn.message_id not in now.open_turns:
                return ()
            if turn.owned_by_ai(now) and self._stops.applies(now, intent=turn.intent):
                return self._called(turn, now, "stopped.handoff", "ai_stopped")
            return (
                *turn.unrecorded,
                e.TurnFinished(message_id=turn.message_id, epoch=turn.session.epoch, outcome="answered"),
            )

        await self._sessions.change(turn.session.id, decide)

    # Calling a person.

    async def _hand_over(self, turn: Turn, escalation: Escalation) -> None:
        def decide(now: Session) -> Sequence[e.Event]:
            if not turn.owned_by_ai(now):
                return ()
            return (
                *turn.unrecorded,
                e.TurnFinished(message_id=turn.message_id, epoch=now.epoch, outcome="handed_over"),
                e.HandoffRequested(escalation=escalation),
            )

        await self._sessions.change(turn.session.id, decide)

    async def _hand_over_stopped(self, turn: Turn) -> None:
        def decide(now: Session) -> Sequence[e.Event]:
            return self._called(turn, now, "stopped.handoff", "ai_stopped") if turn.owned_by_ai(now) else ()

        await self._sessions.change(turn.session.id, decide)

    async def _hand_over_unavailable(self, turn: Turn) -> None:
        """The brain failed. A person is called by the criterion that fired before it did, or because it failed."""

        def decide(now: Session) -> Sequence[e.Event]:
            if not turn.owned_by_ai(now):
                return ()
            return self._called(turn, now, "unavailable.handoff", "ai_unavailable")

        await self._sessions.change(turn.session.id, decide)

    def _called(self, turn: Turn, now: Session, words: str, criterion: str) -> Sequence[e.Event]:
        if turn.person_due is not None:
            escalation = turn.escalation(turn.person_due)
        else:
            escalation = Escalation(
                criterion=criterion, asked_by="switchboard", evidence={"message_id": turn.message_id}
            )
        return (
            *turn.unrecorded,
            self._words.system(now, words),
            e.TurnFinished(message_id=turn.message_id, epoch=now.epoch, outcome="unavailable"),
            e.HandoffRequested(escalation=escalation),
        )


async def _closable(lines: AsyncIterator[TurnLine]) -> AsyncGenerator[TurnLine, None]:
    """The lines, let go of as soon as nobody reads them any more: an abandoned stream holds a connection to the brain."""
    try:
        async for line in lines:
            yield line
    finally:
        if isinstance(lines, AsyncGenerator):
            await lines.aclose()
