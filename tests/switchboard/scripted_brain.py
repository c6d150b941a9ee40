"""A brain that says what a test wants, at the time that a test wants, behind the same protocol as the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from switchboard.brain.lines import Assessment, Done, Handoff, Parse, TurnLine, TurnRequest, Utter
from switchboard.errors import BrainUnavailable
from switchboard.session.model import Priority

Script = Callable[[TurnRequest], Sequence[TurnLine]]


def parse_of(intent: str = "check_balance", confidence: float = 0.95) -> Parse:
    """What the model would understand."""
    return Parse(intent={"name": intent, "confidence": confidence})


def answers(*texts: str, intent: str = "check_balance") -> list[TurnLine]:
    """A turn in which the AI answers."""
    return [
        parse_of(intent),
        Assessment(outcome="answer"),
        *(Utter(text=text) for text in texts),
        Done(model="scripted"),
    ]


def hands_over(criterion: str = "fraud_or_scam", priority: Priority = Priority.FRAUD) -> list[TurnLine]:
    """A turn in which a person is called."""
    return [
        parse_of("report_scam"),
        Assessment(outcome="handoff", criterion=criterion, priority=priority, queue="fraud", policy_version="sha256:0"),
        Handoff(criterion=criterion, priority=priority, queue="fraud", policy_version="sha256:0", why="told by a test"),
        Done(model="scripted"),
    ]


def echo(request: TurnRequest) -> Sequence[TurnLine]:
    """Answers with what was said; calls a person when it hears the word help."""
    if "help" in request.text:
        return hands_over()
    return answers(f"You said: {request.text}")


class ScriptedBrain:
    """Answers by `script`; `hold()` keeps every turn back until `release()`."""

    def __init__(self, script: Script = echo) -> None:
        self.script = script
        self.asked: list[TurnRequest] = []
        self.parsed: list[str] = []
        self.up = True
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        """Let turns begin and not get on."""
        self._open.clear()

    def release(self) -> None:
        """Let them get on."""
        self._open.set()

    async def turn(self, request: TurnRequest) -> AsyncIterator[TurnLine]:
        """The lines of one turn."""
        self.asked.append(request)
        if not self.up:
            raise BrainUnavailable
        if request.kind != "message":
            yield Utter(
                text=f"[{request.locale}] I am an AI, not a person.",
                disclosure=True,
                response="utter_disclosure__start",
            )
            yield Done(model="scripted", disclosed=True)
            return
        lines = list(self.script(request))
        for line in lines:
            if not isinstance(line, Parse | Assessment):
                await self._open.wait()
            yield line

    actions: bool | None = None

    async def parse(self, text: str, *, locale: str) -> Parse:
        """What is understood of a text."""
        self.parsed.append(text)
        if not self.up:
            raise BrainUnavailable
        return parse_of()

    async def ready(self) -> str | None:
        """The model's id."""
        return "scripted" if self.up else None
