"""A brain that does what it is told, in every way that a brain can go wrong. It waits only for the test."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from switchboard.brain.lines import Assessment, Done, Failure, Handoff, Parse, TurnLine, TurnRequest, Utter
from switchboard.errors import BrainUnavailable
from switchboard.session.model import Priority

POLICY = "sha256:0123"
EXPLAINED: dict[str, object] = {
    "criterion": "fraud_or_scam",
    "why": "Money is being taken.",
    "evidence": {"message_ids": ["m"], "matched": ["signal fraud"]},
    "policy_version": POLICY,
    "queue": "fraud",
    "priority": Priority.FRAUD,
    "floor": True,
}

Script = Sequence[str]

#: What a brain may do at a session's start.
STARTS: dict[str, Script] = {
    "good": ("disclose", "done"),
    "slow": ("wait", "disclose", "done"),
    "dead": ("die",),
    "hangs": ("hang",),
    "speaks first": ("say", "disclose", "done"),
    "says nothing": ("done",),
    "blank": ("blank", "done"),
    "errs": ("internal",),
    "errs after it": ("disclose", "internal"),
    "raises": ("raise",),
    "ends": ("disclose",),
}

#: What a brain may do with a message.
ANSWERS: dict[str, Script] = {
    "good": ("parse", "answer", "say", "done"),
    "two lines": ("parse", "answer", "say", "say", "done"),
    "offers": ("parse", "offer", "say", "say", "done"),
    "slow": ("wait", "parse", "answer", "say", "done"),
    "slow in the middle": ("parse", "answer", "say", "wait", "say", "done"),
    "late": ("parse", "answer", "wait", "say", "say", "done"),
    "dies": ("parse", "answer", "say", "die"),
    "dies at once": ("die",),
    "ends": ("parse", "answer", "say"),
    "repeats itself": ("parse", "answer", "say", "again", "again", "done", "again", "done"),
    "not disclosed": ("not_disclosed",),
    "not disclosed late": ("parse", "answer", "say", "not_disclosed"),
    "speaks before the verdict": ("say", "parse", "answer", "say", "done"),
    "unassessed": ("parse", "say", "done"),
    "says nothing": ("parse", "answer", "done"),
    "actions down": ("actions_unavailable",),
    "internal": ("parse", "answer", "internal"),
    "raises": ("parse", "answer", "raise"),
    "hangs": ("parse", "answer", "hang"),
    "hangs after its words": ("parse", "answer", "say", "hang"),
    "hangs at once": ("hang",),
    "hangs when done": ("parse", "answer", "say", "done", "hang"),
    "hands over": ("parse", "floor", "say", "handoff", "done"),
    "hands over slowly": ("parse", "floor", "say", "wait", "handoff", "done"),
    "drops the handover": ("parse", "floor", "say", "done"),
    "takes the verdict back": ("parse", "floor", "answer", "say", "done"),
    "dies on the floor": ("parse", "floor", "die"),
    "forgets on the floor": ("parse", "floor", "not_disclosed"),
    "hangs on the floor": ("parse", "floor", "say", "hang"),
    "floor as an answer": ("parse", "floor_answered", "say", "done"),
    "unexplained": ("parse", "unexplained", "say", "handoff_unexplained", "done"),
    "not a number": ("nan", "answer", "say", "done"),
    "hands over twice": ("parse", "floor", "handoff", "handoff", "say", "done"),
    "says it is an AI again": ("parse", "answer", "disclose", "say", "done"),
}

#: Single steps, of which any sequence may be made.
STEPS = sorted({step for script in (*STARTS.values(), *ANSWERS.values()) for step in script})


@dataclass(frozen=True, slots=True)
class Said:
    """Words that the brain gave to the switchboard."""

    session_id: str
    message_id: str
    epoch: int
    text: str
    number: int  #: how many words of the same turn went before


@dataclass(slots=True)
class ScriptedBrain:
    """Takes the next script for each turn, and keeps what it said and what was asked of it."""

    starts: deque[Script] = field(default_factory=deque)
    answers: deque[Script] = field(default_factory=deque)
    known: set[str] = field(default_factory=set)  #: sessions that it started
    asked: list[TurnRequest] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    floors: set[tuple[str, int, str]] = field(default_factory=set)  #: (session, epoch, message) with a floor verdict
    finished: set[tuple[str, int, str]] = field(default_factory=set)  #: turns that it brought to their end
    down: bool = False
    _gates: list[asyncio.Future[None]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def release(self) -> None:
        """Let every waiting turn go on."""
        for gate in self._gates:
            if not gate.done():
                gate.set_result(None)
        self._gates.clear()

    def restart(self) -> None:
        """Forget every session."""
        self.known.clear()

    def process_ended(self) -> None:
        """Whoever asked is gone: nothing of what was under way counts."""
        self.said.clear()
        self.floors.clear()
        self._gates.clear()

    async def turn(self, request: TurnRequest) -> AsyncIterator[TurnLine]:
        """Follow the next script."""
        self.asked.append(request)
        key = (request.session_id, request.epoch, request.message_id)
        if self.down:
            raise BrainUnavailable
        if request.kind == "message":
            if request.session_id not in self.known:
                yield Failure(code="not_disclosed")
                return
            script = self.answers.popleft() if self.answers else ANSWERS["good"]
        else:
            script = self.starts.popleft() if self.starts else STARTS["good"]
        text, spoken = "", 0
        for step in script:
            await asyncio.sleep(0)
            match step:
                case "wait" | "hang":
                    gate = asyncio.get_running_loop().create_future()
                    if step == "wait":
                        self._gates.append(gate)
                    await gate
                case "die":
                    raise BrainUnavailable
                case "raise":
                    raise RuntimeError("a fault in the client of the brain")
                case "disclose":
                    if request.kind != "message":
                        self.known.add(request.session_id)
                    spoken += 1
                    yield Utter(text=f"I am an AI ({next(self._numbers)}).", disclosure=True)
                case "blank":
                    yield Utter(text="  ", disclosure=True)
                case "say" | "again":
                    text = text if step == "again" and text else f"Answer {next(self._numbers)}."
                    if request.kind == "message":
                        self.said.append(Said(request.session_id, request.message_id, request.epoch, text, spoken))
                    spoken += 1
                    yield Utter(text=text, response="utter_answer")
                case "parse":
                    yield Parse(intent={"name": "ask_balance", "confidence": 0.9})
                case "nan":
                    yield Parse(
                        intent={"name": "ask_balance", "confidence": float("nan")}, signals={"fraud": float("inf")}
                    )
                case "answer" | "offer":
                    yield Assessment(outcome="answer" if step == "answer" else "offer", policy_version=POLICY)
                case "floor" | "floor_answered":
                    yield Assessment.model_validate(
                        {"outcome": "handoff" if step == "floor" else "answer", **EXPLAINED}
                    )
                    if request.kind == "message":
                        self.floors.add(key)
                case "unexplained":
                    yield Assessment(outcome="handoff")
                    if request.kind == "message":
                        self.floors.add(key)
                case "handoff":
                    yield Handoff.model_validate(EXPLAINED)
                case "handoff_unexplained":
                    yield Handoff(criterion="")
                case "done":
                    self.finished.add(key)
                    yield Done()
                case code:
                    yield Failure(code=code)
                    return

    actions: bool | None = None

    async def parse(self, text: str, *, locale: str) -> Parse:
        """No opinion."""
        return Parse()

    async def ready(self) -> str | None:
        """Always the same model."""
        return None if self.down else "scripted"
