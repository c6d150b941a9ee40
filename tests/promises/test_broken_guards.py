"""The property tests can fail: each guard is taken away once, and the check that stands for its promise has to see it.

Most are found by the same random search that looks for faults. Where that takes too long for every run, a short story leads
to the place; the story itself is run with nothing broken, too. A table of what was broken and which check saw it is printed
in the end (`pytest -s`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis.stateful import run_state_machine_as_test

from switchboard.brain.lines import Assessment, Verdict
from switchboard.errors import NotDisclosed, StaleEpoch, SwitchboardError
from switchboard.ids import message_id
from switchboard.session import announcer, guard, machine, router, sessions, turn, turns
from switchboard.session import events as e
from switchboard.session.inbound import Inbound, Receipt
from switchboard.session.masking import Masked
from switchboard.session.model import Escalation, Session, State
from switchboard.store import rows, sql
from switchboard.store.sql import Committed
from tests.promises.checks import PromiseBroken
from tests.promises.machine import HUNT, Promises
from tests.promises.scripted_brain import ANSWERS, STARTS
from tests.promises.system import AGENTS

Patch = pytest.MonkeyPatch
Break = Callable[[Patch], None]

CAUGHT: list[tuple[str, str, str]] = []
Story = Callable[[Promises], None]
BROKEN: dict[str, tuple[Break, tuple[str, ...], Story | None]] = {}


def broken(what: str, *seen_by: str, story: Story | None = None) -> Callable[[Break], Break]:
    """A guard that is taken away, the checks of which one has to see it, and the story that leads there, if any."""

    def add(take_away: Break) -> Break:
        BROKEN[what] = (take_away, seen_by, story)
        return take_away

    return add


def _tell(story: Story) -> None:
    world = Promises()
    try:
        world.first_customer(pace=None, script=STARTS["good"])
        story(world)
        world.promises_hold()
        world.everything_comes_to_rest()
    except PromiseBroken:
        world.broken = True
        raise
    finally:
        world.teardown()


def _write(world: Promises, script: str, pace: int | None = None) -> None:
    world.customer_writes(which=0, script=ANSWERS[script], card=False, with_id=True, pace=pace)


def _person_hands_back(world: Promises) -> None:
    world.desk_escalates(which=0, pace=None)
    world.agent_claims(which=0, agent=AGENTS[0], both=False, pace=None)
    world.whoever_has_the_session_gives_it_away(which=0, what="return", pace=None)
    _write(world, "good")


def _takeover_during_a_turn(world: Promises) -> None:
    _write(world, "late")
    world.supervisor_takes_over(which=0, pace=None)
    world.brain_goes_on(pace=None)


def _connections_break_at_every_point(world: Promises) -> None:
    for cycles in range(1, 9):
        _write(world, "good", pace=cycles)
        world.callers_go_away()
        world.system.loop.settle()


def _message_sent_twice(world: Promises) -> None:
    _write(world, "good")
    world.customer_sends_again(back=1, pace=None)


def _verdict_taken_back(world: Promises) -> None:
    _write(world, "takes the verdict back")


def _unexplained_verdict(world: Promises) -> None:
    _write(world, "unexplained")


def _spoken_before_the_disclosure(world: Promises) -> None:
    world.customer_arrives(script=STARTS["slow"], pace=None)
    world.careless_part_speaks_as_the_ai(which=1, epoch_back=0, disclosure=False, pace=None)


def _person_wanted_while_the_brain_hangs(world: Promises) -> None:
    _write(world, "hangs")
    world.customer_asks_for_a_person(which=0, pace=None)


def _store_refuses_an_answer(world: Promises) -> None:
    _write(world, "late")
    world.database_will_fail(writes=["refused"], reads=0)
    world.brain_goes_on(pace=None)


def _store_gives_no_answer(world: Promises) -> None:
    world.database_will_fail(writes=["unanswered"], reads=0)
    _write(world, "good")
    world.staff_write_a_note(which=0, pace=None)


def _place_behind_somebody_unknown(world: Promises) -> None:
    world.customer_arrives(script=STARTS["good"], pace=None)
    world.database_will_fail(writes=["unanswered"], reads=1)
    world.all_customers_ask_for_a_person(pace=None)


def _killed_before_the_place_is_told(world: Promises) -> None:
    for cycles in range(1, 9):
        world.customer_asks_for_a_person(which=0, pace=cycles)
        world.process_is_killed_and_starts_again(pace=None)
        world.everything_comes_to_rest()
        world.customer_stays_with_the_assistant(which=0, pace=None)


def _killed_while_the_brain_thinks(world: Promises) -> None:
    _write(world, "hangs")
    world.process_is_killed_and_starts_again(pace=None)


def _admit_without(*errors: type[SwitchboardError]) -> Callable[[Session, e.MessageAdded], None]:
    def admit(session: Session, message: e.MessageAdded) -> None:
        try:
            guard.admit(session, message)
        except errors:
            return

    return admit


@broken("the guard does not look for the disclosure", "disclosure_first", story=_spoken_before_the_disclosure)
def _(patch: Patch) -> None:
    patch.setattr(machine, "admit", _admit_without(NotDisclosed))


@broken("the guard does not look at the epoch", "one_speaker")
def _(patch: Patch) -> None:
    patch.setattr(machine, "admit", _admit_without(StaleEpoch))


@broken("the guard does not look at the owner", "one_speaker")
def _(patch: Patch) -> None:
    def admit(session: Session, message: e.MessageAdded) -> None:
        guard.admit(session.model_copy(update={"state": State.AI}), message)

    patch.setattr(machine, "admit", admit)


@broken("the owner changes without a new epoch", "one_speaker")
def _(patch: Patch) -> None:
    changes = machine._transition_changes

    def without_epoch(session: Session, *args: Any, **kwargs: Any) -> dict[str, object]:
        return {**changes(session, *args, **kwargs), "epoch": session.epoch}

    patch.setattr(machine, "_transition_changes", without_epoch)


@broken("a person handing back does not reset the disclosure", "disclosure_first", story=_person_hands_back)
def _(patch: Patch) -> None:
    changes = machine._transition_changes

    def without_reset(session: Session, *args: Any, **kwargs: Any) -> dict[str, object]:
        return {**changes(session, *args, **kwargs), "disclosed": session.disclosed}

    patch.setattr(machine, "_transition_changes", without_reset)


@broken("a turn is not checked again after a takeover", "suppressed_is_kept", story=_takeover_during_a_turn)
def _(patch: Patch) -> None:
    patch.setattr(turn.Turn, "owned_by_ai", lambda self, session: True)


@broken("listeners are told twice", "listeners_hear_all_once")
def _(patch: Patch) -> None:
    publish = sessions.Sessions._publish

    async def twice(self: sessions.Sessions, committed: Committed) -> None:
        await publish(self, committed)
        await publish(self, committed)

    patch.setattr(sessions.Sessions, "_publish", twice)


@broken(
    "listeners are not told of every fifth event",
    "listeners_hear_all_once",
    "tabs_have_the_transcript",
    "tabs_are_up_to_date",
)
def _(patch: Patch) -> None:
    publish = sessions.Sessions._publish

    async def most(self: sessions.Sessions, committed: Committed) -> None:
        if committed.after.version % 5:
            await publish(self, committed)

    patch.setattr(sessions.Sessions, "_publish", most)


@broken(
    "a change stops halfway when its caller does",
    "tabs_are_up_to_date",
    "tabs_have_the_transcript",
    story=_connections_break_at_every_point,
)
def _(patch: Patch) -> None:
    async def in_the_callers_task(self: sessions.Sessions, session_id: str, decide: Any, *, already: Any = None) -> Any:
        return await self._change(session_id, decide, already)

    patch.setattr(sessions.Sessions, "change", in_the_callers_task)


@broken(
    "nobody finds out whether an unanswered commit was stored",
    "tabs_are_up_to_date",
    "tabs_have_the_transcript",
    "listeners_hear_all_once",
    story=_store_gives_no_answer,
)
def _(patch: Patch) -> None:
    async def never(self: sessions.Sessions, session_id: str) -> bool:
        self._unsure.pop(session_id, None)
        return False

    patch.setattr(sessions.Sessions, "_settle", never)


@broken("a message is acknowledged before it is stored", "nothing_lost")
def _(patch: Patch) -> None:
    receive = router.Router.receive

    async def at_once(self: router.Router, inbound: Inbound) -> Receipt:
        async def later() -> None:
            try:
                await receive(self, inbound)
            except SwitchboardError:
                pass

        session = await self._sessions.get(inbound.session_id)
        at_once.tasks.append(asyncio.create_task(later()))  # type: ignore[attr-defined]  # keeps a reference
        return Receipt(id=message_id(), seq=session.seq + 1)

    at_once.tasks = []  # type: ignore[attr-defined]  # likewise
    patch.setattr(router.Router, "receive", at_once)


@broken("a client's id is not unique", "nothing_lost", story=_message_sent_twice)
def _(patch: Patch) -> None:
    columns = rows.columns_of
    patch.setattr(rows, "columns_of", lambda event, *, seq: {**columns(event, seq=seq), "client_key": None})


@broken("no person is called when the brain fails", "failures_bring_a_person", "nobody_is_left_waiting")
def _(patch: Patch) -> None:
    async def count_as_answered(self: turns.Turns, answered: turn.Turn) -> None:
        await self._finish(answered)

    patch.setattr(turns.Turns, "_hand_over_unavailable", count_as_answered)


@broken(
    "a later verdict takes a floor verdict back",
    "failures_bring_a_person",
    "nobody_is_left_waiting",
    story=_verdict_taken_back,
)
def _(patch: Patch) -> None:
    def latest(self: turn.Turn, assessment: Assessment) -> None:
        self.assessment = assessment
        self.person_due = assessment if assessment.outcome == "handoff" else None
        self.unrecorded.append(self.assessed())

    patch.setattr(turn.Turn, "assess", latest)


@broken(
    "asking for a person waits for the brain's turn to end",
    "person_on_request",
    story=_person_wanted_while_the_brain_hangs,
)
def _(patch: Patch) -> None:
    request = router.Router.request_person

    async def when_idle(self: router.Router, session_id: str) -> Session:
        session = await self._sessions.get(session_id)
        return session if session.open_turns else await request(self, session_id)

    patch.setattr(router.Router, "request_person", when_idle)


@broken("a restart forgets who is owed an answer", "nobody_is_left_waiting", story=_killed_while_the_brain_thinks)
def _(patch: Patch) -> None:
    patch.setattr(router.Router, "resume_work", lambda self: None)


@broken(
    "a restart forgets who was not told her place", "nobody_is_left_waiting", story=_killed_before_the_place_is_told
)
def _(patch: Patch) -> None:
    patch.setattr(announcer.Announcer, "resume_work", lambda self: None)


@broken("a turn that could not be stored is not tried again", "nobody_is_left_waiting", story=_store_refuses_an_answer)
def _(patch: Patch) -> None:
    async def once(self: turns.Turns, session_id: str) -> None:
        try:
            while await self._step(session_id):
                pass
        except SwitchboardError:
            pass
        finally:
            self._wanted.discard(session_id)
            del self._workers[session_id]

    patch.setattr(turns.Turns, "_work", once)


@broken("the place is told before it is committed", "places_are_true")
def _(patch: Patch) -> None:
    async def at_once(self: router.Router, session_id: str) -> Session:
        waiting = sum(session.state is State.QUEUED for session in self._sessions.all_open())

        def decide(session: Session) -> tuple[e.Event, ...]:
            if session.state is not State.AI:
                return ()
            words = self._words.system(session, "queue.joined", position=waiting + 1, wait="")
            why = Escalation(criterion="person_requested", asked_by="customer", evidence={"by": "button"})
            return (e.HandoffRequested(escalation=why), words)

        return (await self._sessions.change(session_id, decide)).after

    patch.setattr(router.Router, "request_person", at_once)


@broken(
    "a place is told before every unanswered commit is settled",
    "places_are_true",
    story=_place_behind_somebody_unknown,
)
def _(patch: Patch) -> None:
    async def not_at_all(self: sessions.Sessions) -> None:
        pass

    patch.setattr(sessions.Sessions, "settle", not_at_all)


@broken(
    "a handoff without a criterion passes for the criteria's", "escalations_are_explained", story=_unexplained_verdict
)
def _(patch: Patch) -> None:
    def unexplained(_turn: turn.Turn, verdict: Verdict, *, asked_by: Any = "assistant") -> Escalation:
        return Escalation(criterion=verdict.criterion or "unnamed", evidence=verdict.evidence or {}, asked_by=asked_by)

    patch.setattr(turn.Turn, "escalation", unexplained)


@broken("card numbers are not masked", "no_card_is_stored")
def _(patch: Patch) -> None:
    patch.setattr(router, "mask", lambda text: Masked(text, ()))
    patch.setattr("tests.promises.checks.mask", lambda text: Masked(text, ()))


@broken("the hash is not over the event", "record_is_whole")
def _(patch: Patch) -> None:
    chain = machine.chain
    patch.setattr(machine, "chain", lambda prev, id, version, at, payload: chain(prev, id, version, at, ""))


@broken(
    "events and state are not stored together",
    "rollback",
    "nothing_lost",
    "record_is_whole",
    "tabs_have_the_transcript",
)
def _(patch: Patch) -> None:
    row = rows.session_row
    patch.setattr(sql, "session_row", lambda session: {**row(session), "state": "ai"})


@pytest.fixture(autouse=True, scope="module")
def _table() -> Iterator[None]:
    yield
    width = max((len(what) for what, _, _ in CAUGHT), default=0)
    print(f"\n{'what was broken':{width}}  {'seen by':26}  found by")  # noqa: T201 (the table is the proof)
    for what, check, how in CAUGHT:
        print(f"{what:{width}}  {check:26}  {how}")  # noqa: T201 (likewise)


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_guard_is_seen(what: str, monkeypatch: Patch) -> None:
    take_away, seen_by, story = BROKEN[what]
    take_away(monkeypatch)
    look = partial(_tell, story) if story else partial(run_state_machine_as_test, Promises, settings=HUNT)
    with pytest.raises(PromiseBroken) as seen:
        look()
    CAUGHT.append((what, seen.value.check, "story" if story else "search"))
    assert seen.value.check in seen_by


@pytest.mark.parametrize("what", [what for what, (_, _, story) in BROKEN.items() if story])
def test_a_story_is_without_fault_where_nothing_is_broken(what: str) -> None:
    story = BROKEN[what][2]
    assert story is not None
    _tell(story)
