"""One turn of the AI as it unfolds: what the brain has told so far, and the events that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from switchboard.brain.lines import Assessment, Parse, Utter, Verdict
from switchboard.session import events as e
from switchboard.session.model import Content, Escalation, Priority, Session, Speaker, State


@dataclass(slots=True)
class Turn:
    """The brain's work on one message, begun while `session` stood as it did."""

    session: Session
    message_id: str
    parse: Parse | None = None
    assessment: Assessment | None = None
    unrecorded: list[e.Event] = field(default_factory=list)
    person_due: Assessment | None = None  #: the first verdict that calls a person; a later one cannot take it back
    spoken: int = 0

    @property
    def intent(self) -> str | None:
        """The intent that was understood, once it is known."""
        return self.parse.intent_name if self.parse else None

    def owned_by_ai(self, session: Session) -> bool:
        """Whether the AI still has the session in which the turn began."""
        return session.state is State.AI and session.epoch == self.session.epoch

    def assess(self, assessment: Assessment) -> None:
        """Take note of a verdict, to be recorded with whatever follows from it."""
        self.assessment = assessment
        if self.person_due is None and (assessment.outcome == "handoff" or assessment.floor):
            self.person_due = assessment
        self.unrecorded.append(self.assessed())

    def assessed(self) -> e.TurnAssessed:
        """What was understood, and what the criteria made of it."""
        return e.TurnAssessed(
            message_id=self.message_id,
            epoch=self.session.epoch,
            parse=self.parse.model_dump(mode="json", exclude={"type"}) if self.parse else {},
            assessment=self.assessment.model_dump(mode="json", exclude={"type"}) if self.assessment else {},
        )

    def begin_again(self) -> None:
        """The brain is asked once more. If a person was due already, she still is."""
        self.parse = self.assessment = None

    def message(self, line: Utter) -> e.MessageAdded | None:
        """The next message of the turn; None for an utterance that has nothing to show."""
        text = line.text if (line.text or "").strip() else None
        if not (text or line.image or line.elements):
            return None
        return e.MessageAdded(
            id=f"{self.message_id}.{self.spoken}",
            speaker=Speaker.AI,
            text=text or "",
            epoch=self.session.epoch,
            disclosure=line.disclosure and text is not None,
            response=line.response,
            content=_content(line),
            in_reply_to=self.message_id,
        )

    def escalation(self, verdict: Verdict, *, asked_by: Literal["assistant", "customer"] = "assistant") -> Escalation:
        """Why a person is called. A verdict that does not explain itself is followed all the same, as our own."""
        evidence = verdict.evidence or {}
        missing = [name for name in ("criterion", "policy_version", "evidence") if not getattr(verdict, name)]
        if missing:
            evidence = {**evidence, "message_id": self.message_id, "unexplained": [*missing]}
        return Escalation(
            criterion=verdict.criterion or "ai_unavailable",
            why=verdict.why,
            evidence=evidence,
            policy_version=verdict.policy_version,
            queue=verdict.queue or "general",
            priority=verdict.priority or Priority.STANDARD,
            skill=verdict.skill,
            protocol=verdict.protocol,
            asked_by="switchboard" if missing else asked_by,
        )


def _content(line: Utter) -> Content | None:
    if not (line.buttons or line.image or line.elements):
        return None
    return Content(buttons=line.buttons, image=line.image, elements=line.elements)
