"""Replays recorded conversations under two policies and compares what each would have done. Pure: reads and prints nothing.

Each recording is judged message by message, as it was judged live; its first handoff ends it. What the customer would have
written after a handoff that did not happen is not known: a conversation that is no longer escalated stays with the AI at least
to the end of what was recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Literal

from escalation.conditions import Customer, Leaf, Signal, leaves
from escalation.engine import assess
from escalation.model import Assessment, Conversation, Policy, Turn
from escalation.parse import turn_from_parse
from escalation.recording import RecordedMessage, Recording

Change = Literal[
    "newly_escalated", "no_longer_escalated", "earlier", "later", "other_route", "other_reason", "offers", "none"
]

#: in the order in which a reader wants to see them
CHANGES: tuple[Change, ...] = (
    "no_longer_escalated",
    "newly_escalated",
    "later",
    "earlier",
    "other_route",
    "other_reason",
    "offers",
    "none",
)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A handoff or an offer. `number` counts the customer's messages of the recording from 1."""

    criterion: str
    queue: str
    priority: str
    skill: str | None
    protocol: str | None
    number: int
    at: datetime
    message_ids: tuple[str, ...]  #: the messages that are the evidence
    counted: bool = False  #: rests on a count of messages that were not understood

    @property
    def route(self) -> tuple[str, str, str | None, str | None]:
        """What the desk notices of it."""
        return (self.queue, self.priority, self.skill, self.protocol)


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a policy makes of a recording: offers, then perhaps a handoff; the AI answers whatever else was said."""

    offers: tuple[Decision, ...] = ()
    handoff: Decision | None = None

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All of them in order."""
        return self.offers if self.handoff is None else (*self.offers, self.handoff)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A conversation that comes into a queue. One that no criterion decided has its reason in brackets."""

    queue: str
    at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One recording under both policies."""

    recording: Recording
    before: Course
    after: Course
    change: Change


@dataclass(kw_only=True)
class Summary:
    """What all recordings together show."""

    conversations: int = 0
    messages: int = 0
    unread: int = 0  #: messages without a parse: not judged
    days: int = 0  #: from the first conversation to the last
    first: datetime | None = None
    last: datetime | None = None
    changes: Counter[Change] = field(default_factory=Counter)
    #: (criterion, outcome) to how often, before and after
    criteria: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    #: queue to handoffs in each hour of the day, before and after
    load: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)
    checked: int = 0  #: recordings of which the record says what was decided
    as_recorded: int = 0  #: of these, how many the policy in force decides likewise now
    by_this_version: int = 0  #: of these, how many were decided by this very version
    not_read_together: int = (
        0  #: later messages without the signals of messages read together, where a policy asks for them
    )
    rest_on_counts: int = 0  #: decisions that rest on a count, of which the record does not know what a form took
    attributes_unknown: tuple[str, ...] = ()  #: attributes of customers that a policy reads and no recording has
    changed: list[Compared] = field(default_factory=list)


def replay(policy: Policy, recording: Recording) -> Course:
    """Judge a recording message by message until a person is called."""
    turns: list[Turn] = []
    offers: list[Decision] = []
    for number, message in enumerate(recording.messages, start=1):
        if message.parse is None:
            continue
        turns.append(turn_from_parse(message.id, message.text, message.parse))
        verdict = assess(
            policy,
            Conversation(
                turns=tuple(turns),
                locale=recording.locale,
                region=recording.region,
                channel=recording.channel,
                customer=recording.customer,
                seconds_in_ai=max(0.0, (message.at - recording.began).total_seconds()),
            ),
        )
        if verdict.outcome == "handoff":
            return Course(offers=tuple(offers), handoff=_decision(verdict, message, number))
        if verdict.outcome == "offer":
            offers.append(_decision(verdict, message, number))
    return Course(offers=tuple(offers))


def _decision(verdict: Assessment, message: RecordedMessage, number: int) -> Decision:
    evidence = verdict.evidence or {}
    return Decision(
        criterion=verdict.criterion or "",
        queue=verdict.queue or "",
        priority=verdict.priority or "",
        skill=verdict.skill,
        protocol=verdict.protocol,
        number=number,
        at=message.at,
        message_ids=tuple(evidence.get("message_ids", ())),
        counted=any(entry["kind"] == "count" for entry in evidence.get("matched", ())),
    )


def change_between(before: Course, after: Course) -> Change:
    """What the second policy changes. Where a person is called is looked at before why, and offers last."""
    first, second = before.handoff, after.handoff
    if first is None and second is not None:
        return "newly_escalated"
    if first is not None and second is None:
        return "no_longer_escalated"
    if first is not None and second is not None:
        if first.number != second.number:
            return "earlier" if second.number < first.number else "later"
        if first.route != second.route:
            return "other_route"
        if first.criterion != second.criterion:
            return "other_reason"
    return "none" if _offered(before) == _offered(after) else "offers"


def _offered(course: Course) -> list[tuple[int, str, str, str]]:
    return [(each.number, each.criterion, each.queue, each.priority) for each in course.offers]


def compare(recording: Recording, *, before: Policy, after: Policy) -> Compared:
    """One recording under both policies."""
    first, second = replay(before, recording), replay(after, recording)
    return Compared(recording=recording, before=first, after=second, change=change_between(first, second))


def arrival(recording: Recording, course: Course) -> Arrival | None:
    """The handoff that reaches the desk: the policy's, or else the one that came about without any criterion."""
    if course.handoff is not None:
        return Arrival(queue=course.handoff.queue, at=course.handoff.at, reason=course.handoff.criterion)
    ended = recording.ended
    if ended is None or ended.how != "handed_over" or ended.policy_version is not None:
        return None
    return Arrival(queue=ended.queue or "general", at=ended.at, reason=f"({ended.reason})")


def is_as_recorded(recording: Recording, course: Course) -> bool | None:
    """Whether a course is what the record says was decided. None where it does not say so for every message judged."""
    said: list[tuple[int, str, str | None, str | None, str | None]] = []
    judged = [(number, each) for number, each in enumerate(recording.messages, start=1) if each.parse is not None]
    if not judged:
        return None
    for number, message in judged:
        decided = message.decided
        if decided is None:
            return None
        if decided.outcome != "answer":
            said.append((number, decided.outcome, decided.criterion, decided.queue, decided.priority))
        if decided.outcome == "handoff":
            break
    made = [(each.number, "offer", each.criterion, each.queue, each.priority) for each in course.offers]
    if course.handoff is not None:
        last = course.handoff
        made.append((last.number, "handoff", last.criterion, last.queue, last.priority))
    return said == made


def backtest(recordings: Iterable[Recording], *, before: Policy, after: Policy, timezone: tzinfo) -> Summary:
    """Replay everything under both policies. Hours and days are those of `timezone`."""
    summary = Summary()
    reads_together = any(isinstance(leaf, Signal) and leaf.how == "together" for leaf in _leaves(before, after))
    unknown = {leaf.attribute for leaf in _leaves(before, after) if isinstance(leaf, Customer)}
    criteria: tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]] = (Counter(), Counter())
    for recording in recordings:
        compared = compare(recording, before=before, after=after)
        _count_messages(summary, recording, reads_together=reads_together)
        unknown -= set(recording.customer or {})
        summary.changes[compared.change] += 1
        if compared.change != "none":
            summary.changed.append(compared)
        for side, course in enumerate((compared.before, compared.after)):
            criteria[side].update((each.criterion, "offer") for each in course.offers)
            came = arrival(recording, course)
            if came is not None:
                criteria[side][came.reason, "handoff"] += 1
                hours = summary.load.setdefault(came.queue, ([0] * 24, [0] * 24))[side]
                hours[came.at.astimezone(timezone).hour] += 1
        counted = any(each.counted for course in (compared.before, compared.after) for each in course.decisions)
        summary.rest_on_counts += counted
        _check(summary, compared, version=before.version)
    summary.criteria = {key: (criteria[0][key], criteria[1][key]) for key in _ordered(criteria, before, after)}
    summary.load = {queue: summary.load[queue] for queue in sorted(summary.load)}
    summary.attributes_unknown = tuple(sorted(unknown))
    if summary.first is not None and summary.last is not None:
        span = summary.last.astimezone(timezone).date() - summary.first.astimezone(timezone).date()
        summary.days = span.days + 1
    summary.changed.sort(key=lambda each: (CHANGES.index(each.change), each.recording.began, each.recording.session_id))
    return summary


def _count_messages(summary: Summary, recording: Recording, *, reads_together: bool) -> None:
    read = [message.parse for message in recording.messages if message.parse is not None]
    summary.conversations += 1
    summary.messages += len(recording.messages)
    summary.unread += len(recording.messages) - len(read)
    if reads_together:
        summary.not_read_together += sum(not parse.get("signals_together") for parse in read[1:])
    summary.first = min(summary.first or recording.began, recording.began)
    summary.last = max(summary.last or recording.began, recording.began)


def _check(summary: Summary, compared: Compared, *, version: str) -> None:
    same = is_as_recorded(compared.recording, compared.before)
    if same is None:
        return
    summary.checked += 1
    summary.as_recorded += same
    versions = {each.decided.policy_version for each in compared.recording.messages if each.decided is not None}
    summary.by_this_version += versions == {version}


def _leaves(*policies: Policy) -> Iterator[Leaf]:
    for policy in policies:
        for criterion in policy.criteria:
            if criterion.enabled:
                yield from leaves(criterion.when)
                if criterion.unless is not None:
                    yield from leaves(criterion.unless)


def _ordered(
    criteria: tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]], before: Policy, after: Policy
) -> list[tuple[str, str]]:
    """In the order of the new policy, then what only the old one has, then what no criterion decided."""
    listed = [(each.id, each.then.outcome) for policy in (after, before) for each in policy.criteria if each.enabled]
    others = sorted(key for key in {*criteria[0], *criteria[1]} if key not in listed)
    return [*dict.fromkeys(listed), *others]
