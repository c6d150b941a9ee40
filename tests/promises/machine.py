"""Customers, agents, supervisors, a brain that goes wrong, a database that fails and a process that is killed, at random."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from switchboard.desk.accounts import Account
from switchboard.session.model import Escalation, Priority
from tests.promises import checks
from tests.promises.scripted_brain import ANSWERS, STARTS, STEPS
from tests.promises.system import AGENTS, CARD, SUPERVISOR, Device, Outgoing, System

PROFILES: dict[str, settings] = {
    "ci": settings(max_examples=200, stateful_step_count=40),
    "long": settings(max_examples=3000, stateful_step_count=80),
}
PROFILE = settings(
    PROFILES[os.environ.get("CANDOUR_HYPOTHESIS_PROFILE", "ci")],
    deadline=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
#: For showing that a broken guard is caught: no time for making the example small.
HUNT = settings(
    PROFILE, max_examples=120, stateful_step_count=40, derandomize=True, database=None, phases=[Phase.generate]
)

SESSIONS = st.integers(0, 2)
AGENT = st.sampled_from(AGENTS)
#: How far the world goes on after a step: until it is quiet, or only a few turns of the loop.
PACE = st.sampled_from([None, None, None, 0, 1, 2, 3, 5, 8, 13])
SCRIPTS = st.one_of(
    st.sampled_from(list(ANSWERS.values())),
    st.sampled_from(list(ANSWERS.values())),
    st.lists(st.sampled_from(STEPS), max_size=8),
)
START_SCRIPTS = st.one_of(st.sampled_from(list(STARTS.values())), st.lists(st.sampled_from(STEPS), max_size=4))


class Promises(RuleBasedStateMachine):
    """Everything that may happen; after each step the promises are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.system = System()
        self.number = 0
        self.broken = False

    def teardown(self) -> None:
        """In the end everybody gets an answer."""
        try:
            if not self.broken:
                self.everything_comes_to_rest()
                self.look(checks.IN_THE_END)
        finally:
            self.system.close()

    # Helpers.

    def go_on(self, pace: int | None) -> None:
        if pace is None:
            self.system.loop.settle()
        else:
            self.system.loop.cycle(pace)

    def session(self, which: int) -> str:
        return self.system.session_ids[which % len(self.system.session_ids)]

    def device(self, which: int) -> Device:
        return self.system.devices[which % len(self.system.devices)]

    def fresh(self) -> str:
        self.number += 1
        return str(self.number)

    def anybody(self) -> bool:
        return bool(self.system.session_ids)

    def look(self, at: Sequence[Callable[[System], None]]) -> None:
        try:
            for check in at:
                check(self.system)
        except AssertionError:
            self.broken = True
            raise

    @invariant()
    def promises_hold(self) -> None:
        self.look(checks.ALWAYS)

    # Customers.

    @initialize(pace=PACE, script=START_SCRIPTS)
    def first_customer(self, pace: int | None, script: list[str]) -> None:
        self.customer_arrives(pace, script)
        self.system.loop.cycle(12)

    @precondition(lambda self: len(self.system.session_ids) < 3)
    @rule(pace=PACE, script=START_SCRIPTS)
    def customer_arrives(self, pace: int | None, script: list[str]) -> None:
        self.system.brain.starts.append(script)
        self.system.go(self.system.open)
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, script=SCRIPTS, card=st.booleans(), with_id=st.sampled_from([True, True, False]), pace=PACE)
    def customer_writes(self, which: int, script: list[str], card: bool, with_id: bool, pace: int | None) -> None:
        self.system.brain.answers.append(script)
        number = self.fresh()
        text = f"Message {number}" + (f" about {CARD}" if card else "")
        outgoing = Outgoing(self.session(which), number if with_id else None, text)
        self.system.outbox.append(outgoing)
        self.system.go(lambda: self.system.send(outgoing))
        self.go_on(pace)

    @precondition(lambda self: any(outgoing.client_id for outgoing in self.system.outbox))
    @rule(back=st.integers(1, 4), pace=PACE)
    def customer_sends_again(self, back: int, pace: int | None) -> None:
        sent = [outgoing for outgoing in self.system.outbox if outgoing.client_id]
        self.system.go(lambda: self.system.send(sent[-min(back, len(sent))]))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, pace=PACE)
    def customer_asks_for_a_person(self, which: int, pace: int | None) -> None:
        self.system.go(lambda: self.system.ask_for_person(self.session(which)))
        self.go_on(pace)

    @precondition(lambda self: len(self.system.session_ids) > 1)
    @rule(pace=PACE)
    def all_customers_ask_for_a_person(self, pace: int | None) -> None:
        for session_id in self.system.session_ids:
            self.system.go(partial(self.system.ask_for_person, session_id))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, pace=PACE)
    def customer_stays_with_the_assistant(self, which: int, pace: int | None) -> None:
        self.system.go(lambda: self.system.router.cancel_handoff(self.session(which)))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, really=st.sampled_from([False, False, False, True]), pace=PACE)
    def customer_leaves(self, which: int, really: bool, pace: int | None) -> None:
        if really:
            self.system.go(lambda: self.system.router.end(self.session(which)))
        self.go_on(pace)

    @precondition(lambda self: bool(self.system.devices))
    @rule(which=SESSIONS)
    def tab_goes_offline(self, which: int) -> None:
        device = self.device(which)
        if device.waiting is None:
            device.online = False

    @precondition(lambda self: bool(self.system.devices))
    @rule(which=SESSIONS, pace=PACE)
    def tab_comes_back(self, which: int, pace: int | None) -> None:
        self.system.go(lambda: self.system.connect(self.device(which)))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, pace=PACE)
    def customer_opens_another_tab(self, which: int, pace: int | None) -> None:
        if len(self.system.devices) < 6:
            device = Device(self.session(which), f"tab {self.fresh()}")
            self.system.devices.append(device)
            self.system.go(lambda: self.system.connect(device))
        self.go_on(pace)

    # Staff.

    @precondition(anybody)
    @rule(which=SESSIONS, agent=AGENT, both=st.booleans(), pace=PACE)
    def agent_claims(self, which: int, agent: Account, both: bool, pace: int | None) -> None:
        for somebody in AGENTS if both else (agent,):
            self.system.go(partial(self.system.desk.claim, self.session(which), by=somebody))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, agent=AGENT, twice=st.booleans(), pace=PACE)
    def agent_writes(self, which: int, agent: Account, twice: bool, pace: int | None) -> None:
        number = self.fresh()
        for _ in range(1 + twice):
            self.system.go(lambda: self.system.say(self.session(which), agent, f"Agent's {number}", number))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, pace=PACE)
    def supervisor_takes_over(self, which: int, pace: int | None) -> None:
        take_over = self.system.desk.take_over
        self.system.go(lambda: take_over(self.session(which), by=SUPERVISOR, reason="a wrong answer"))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, what=st.sampled_from(["return", "return", "end", "wrap up", "transfer"]), pace=PACE)
    def whoever_has_the_session_gives_it_away(self, which: int, what: str, pace: int | None) -> None:
        desk, id = self.system.desk, self.session(which)
        session = self.system.witness.sessions[id]
        by = next(
            (one for one in (*AGENTS, SUPERVISOR) if session.agent is not None and one.id == session.agent.id),
            AGENTS[0],
        )
        match what:
            case "return":
                self.system.go(lambda: desk.return_to_ai(id, by=by, note="Explained the fee."))
            case "end":
                self.system.go(lambda: desk.end(id, by=by))
            case "wrap up":
                self.system.go(lambda: desk.wrap_up(id, by=by, disposition="solved", summary="", details={}))
            case _:
                other = AGENTS[1].ref if which else None
                self.system.go(lambda: desk.transfer(id, by=by, queue="fraud", agent=other, note="Please look."))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, what=st.sampled_from(["lose_agent", "give_up_waiting"]), pace=PACE)
    def time_runs_out(self, which: int, what: str, pace: int | None) -> None:
        self.system.go(lambda: getattr(self.system, what)(self.session(which)))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, pace=PACE)
    def desk_escalates(self, which: int, pace: int | None) -> None:
        # More urgent than those who asked for a person themselves: they lose places to it.
        why = Escalation(criterion="flagged", asked_by="desk", evidence={"by": "supervisor"}, priority=Priority.FRAUD)
        self.system.go(lambda: self.system.escalate(self.session(which), why))
        self.go_on(pace)

    @precondition(anybody)
    @rule(which=SESSIONS, pace=PACE)
    def staff_write_a_note(self, which: int, pace: int | None) -> None:
        text = f"note {self.fresh()}"
        self.system.go(lambda: self.system.desk.note(self.session(which), by=SUPERVISOR, text=text, client_id=text))
        self.go_on(pace)

    @rule(on=st.sampled_from([False, False, True]))
    def supervisor_stops_the_ai(self, on: bool) -> None:
        self.system.stops.on = on

    # What goes wrong.

    @precondition(anybody)
    @rule(which=SESSIONS, epoch_back=st.sampled_from([0, 0, 1, 2]), disclosure=st.booleans(), pace=PACE)
    def careless_part_speaks_as_the_ai(self, which: int, epoch_back: int, disclosure: bool, pace: int | None) -> None:
        text = f"Careless {self.fresh()}"
        self.system.go(lambda: self.system.careless(self.session(which), epoch_back, disclosure=disclosure, text=text))
        self.go_on(pace)

    @rule(script=SCRIPTS, start=START_SCRIPTS)
    def brain_will_do_this_next(self, script: list[str], start: list[str]) -> None:
        self.system.brain.answers.appendleft(script)
        self.system.brain.starts.appendleft(start)

    @rule(pace=PACE)
    def brain_goes_on(self, pace: int | None) -> None:
        self.system.brain.release()
        self.go_on(pace)

    @rule(down=st.booleans())
    def brain_goes_down_or_comes_back(self, down: bool) -> None:
        self.system.brain.down = down
        self.system.brain.restart()

    @rule(writes=st.lists(st.sampled_from(["fine", "refused", "unanswered"]), max_size=4), reads=st.integers(0, 2))
    def database_will_fail(self, writes: list[str], reads: int) -> None:
        self.system.faults.writes.extend(writes)  # type: ignore[arg-type]  # the strategy draws faults
        self.system.faults.reads = reads

    @rule()
    def callers_go_away(self) -> None:
        """Connections break: whoever waits for an answer is cancelled."""
        for caller in self.system.callers:
            caller.cancel()

    @rule(seconds=st.sampled_from([-3600.0, -1.0, 1.0, 60.0]))
    def clock_is_set(self, seconds: float) -> None:
        self.system.set_clock(seconds)

    @rule(seconds=st.sampled_from([0.3, 2.0, 2.6, 5.0, 9.0]))
    def time_passes(self, seconds: float) -> None:
        self.system.set_clock(seconds)
        self.system.loop.advance(seconds)

    @rule(pace=st.integers(1, 6))
    def world_goes_on_a_little(self, pace: int) -> None:
        self.system.loop.cycle(pace)

    @rule(pace=PACE)
    def process_is_killed_and_starts_again(self, pace: int | None) -> None:
        self.system.kill()
        self.system.restart()
        self.go_on(pace)

    @rule()
    def everything_comes_to_rest(self) -> None:
        """The database answers again, and every budget and pause passes; the brain stays as it is."""
        self.system.faults.clear()
        self.system.loop.advance(300.0)
        self.look(checks.ALWAYS)
        self.look(checks.WHEN_QUIET)
