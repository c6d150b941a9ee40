"""What a backtest found, for a terminal or as JSON. Customers' words only where they were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from escalation.backtest import CHANGES, Arrival, Change, Compared, Course, Decision, Summary, arrival
from escalation.recording import Recording

WORDS: dict[Change, str] = {
    "no_longer_escalated": "no longer escalated",
    "newly_escalated": "newly escalated",
    "later": "escalated later",
    "earlier": "escalated earlier",
    "other_route": "other queue, priority or skill",
    "other_reason": "escalated for another reason only",
    "offers": "only offers of a person change",
    "none": "unchanged",
}


def as_json(summary: Summary, *, show: int, show_text: bool, timezone: tzinfo) -> dict[str, Any]:
    """Everything that the terminal shows, as plain content."""
    return {
        "conversations": summary.conversations,
        "messages": summary.messages,
        "messages_without_parse": summary.unread,
        "from": summary.first.astimezone(timezone).isoformat() if summary.first else None,
        "to": summary.last.astimezone(timezone).isoformat() if summary.last else None,
        "days": summary.days,
        "record": {
            "checked": summary.checked,
            "as_recorded": summary.as_recorded,
            "decided_by_this_version": summary.by_this_version,
        },
        "changes": {change: summary.changes[change] for change in CHANGES},
        "criteria": [
            {"criterion": criterion, "outcome": outcome, "before": before, "after": after}
            for (criterion, outcome), (before, after) in summary.criteria.items()
        ],
        "load": {queue: {"before": before, "after": after} for queue, (before, after) in summary.load.items()},
        "notes": _notes(summary),
        "changed": [_changed_as_json(each, show_text=show_text) for each in choose(summary.changed, show)],
    }


def choose(changed: Sequence[Compared], count: int) -> list[Compared]:
    """At most so many, of each kind of change the first ones: a frequent kind must not crowd out a rare one."""
    place: Counter[Change] = Counter()
    ranked: list[tuple[int, int]] = []
    for index, compared in enumerate(changed):
        ranked.append((place[compared.change], index))
        place[compared.change] += 1
    return [changed[index] for index in sorted(index for _, index in sorted(ranked)[:count])]


def _changed_as_json(compared: Compared, *, show_text: bool) -> dict[str, Any]:
    content: dict[str, Any] = {
        "change": compared.change,
        "session_id": compared.recording.session_id,
        "began": compared.recording.began.isoformat(),
        "before": _course_as_json(compared.recording, compared.before),
        "after": _course_as_json(compared.recording, compared.after),
    }
    if show_text:
        content["texts"] = _texts(compared)
    return content


def _course_as_json(recording: Recording, course: Course) -> dict[str, Any]:
    came = arrival(recording, course) if course.handoff is None else None
    return {
        "handoff": None if course.handoff is None else _decision_as_json(course.handoff),
        "offers": [_decision_as_json(each) for each in course.offers],
        "came_otherwise": None if came is None else {"reason": came.reason.strip("()"), "queue": came.queue},
    }


def _decision_as_json(decision: Decision) -> dict[str, Any]:
    return {
        "criterion": decision.criterion,
        "queue": decision.queue,
        "priority": decision.priority,
        "skill": decision.skill,
        "message": decision.number,
        "message_ids": list(decision.message_ids),
    }


def print_report(
    console: Console, summary: Summary, *, title: Sequence[str], show: int, show_text: bool, timezone: tzinfo
) -> None:
    """Totals, what changes, the criteria, the load of the queues, and the first `show` changed conversations."""
    for line in (*title, *_totals(summary, timezone)):
        console.print(_plain(line), soft_wrap=True)
    for name, table in (
        ("What changes", _changes(summary)),
        ("By criterion (in brackets: a person called without one)", _criteria(summary)),
        (f"Handoffs per hour of the day ({timezone}), all days together", _load(summary)),
    ):
        console.print()
        console.print(_plain(name, style="bold"), soft_wrap=True)
        _print_whole(console, table)
    if notes := _notes(summary):
        console.print()
    for note in notes:
        console.print(_plain(f"Note: {note}", style="yellow"))
    if show and summary.changed:
        console.print()
        for compared in choose(summary.changed, show):
            _print_changed(console, compared, show_text=show_text, timezone=timezone)
        left = len(summary.changed) - show
        if left > 0:
            console.print(_plain(f"… and {_n(left, 'more changed conversation')}: --show {len(summary.changed)}"))


def _totals(summary: Summary, timezone: tzinfo) -> list[str]:
    lines = []
    if summary.first is not None and summary.last is not None:
        first, last = (f"{at.astimezone(timezone):%Y-%m-%d}" for at in (summary.first, summary.last))
        said = f"{_n(summary.conversations, 'conversation')} with {_n(summary.messages, 'message')} of customers"
        lines.append(f"{said}, {first} to {last} ({_n(summary.days, 'day')}, {timezone})")
    if summary.checked:
        share = summary.as_recorded / summary.checked
        lines.append(
            f"As a check: the policy compared with decides as recorded in {summary.as_recorded:,} of "
            f"{_n(summary.checked, 'conversation')} ({share:.0%}); {summary.by_this_version:,} were judged by this version then"
        )
    return lines


def _changes(summary: Summary) -> Table:
    table = _table("", "conversations")
    for change in CHANGES:
        count = summary.changes[change]
        style = "dim" if not count or change == "none" else "bold"
        table.add_row(Text(WORDS[change], style=style), Text(f"{count:,}", style=style))
    return table


def _criteria(summary: Summary) -> Table:
    table = _table("criterion", "does", "before", "after", "")
    for (criterion, outcome), (before, after) in summary.criteria.items():
        if before or after:
            style = "bold" if before != after else ""
            cells = (criterion, outcome, f"{before:,}", f"{after:,}", f"{after - before:+,}" if before != after else "")
            table.add_row(*(_plain(cell, style=style) for cell in cells))
    return table


def _load(summary: Summary) -> Table:
    """Handoffs per hour of the day, the hours downwards and the queues across. Hours in which nothing comes are left out."""
    table = _table("hour", *summary.load, "all")
    columns = [*summary.load.values()]
    before_all, after_all = ([sum(side[hour] for side in sides) for hour in range(24)] for sides in _sides(columns))
    columns.append((before_all, after_all))
    for hour in range(24):
        cells = [(before[hour], after[hour]) for before, after in columns]
        if any(cells[-1]):
            table.add_row(f"{hour:02}", *(_both(f"{first:,}", f"{second:,}") for first, second in cells))
    table.add_section()
    table.add_row("total", *(_both(f"{sum(before):,}", f"{sum(after):,}") for before, after in columns))
    days = max(1, summary.days)
    table.add_row(
        "per day", *(_both(f"{sum(before) / days:.1f}", f"{sum(after) / days:.1f}") for before, after in columns)
    )
    table.add_row("busiest", *(_both(_busiest(before), _busiest(after)) for before, after in columns))
    return table


def _print_whole(console: Console, table: Table) -> None:
    """With all its columns: a figure that is cut off is worse than a line that a terminal breaks."""
    width = console.width
    console.width = max(width, console.measure(table, options=console.options.update_width(1000)).maximum)
    console.print(table)
    console.width = width


def _sides(columns: Sequence[tuple[list[int], list[int]]]) -> tuple[list[list[int]], list[list[int]]]:
    return [before for before, _ in columns], [after for _, after in columns]


def _busiest(hours: Sequence[int]) -> str:
    return f"{hours.index(max(hours)):02}h" if any(hours) else "–"


def _both(before: str, after: str) -> Text:
    if before == after:
        return Text("·" if before == "0" else before, style="dim")
    return Text(f"{before} → {after}", style="bold")


def _notes(summary: Summary) -> list[str]:
    notes = []
    if summary.unread:
        notes.append(
            f"{_n(summary.unread, 'message')} had no parse in the record (the brain was down or stopped, or a person came "
            "first): not judged."
        )
    if summary.not_read_together:
        notes.append(
            f"a policy asks what messages say when read together; the record does not hold it for "
            f"{_n(summary.not_read_together, 'message')}, on which such conditions were taken not to hold."
        )
    if summary.rest_on_counts:
        notes.append(
            f"in {_n(summary.rest_on_counts, 'conversation')} a decision rests on a count of messages that were not understood; "
            "the record does not tell which of them a form took as its answer, so that there may be fewer."
        )
    if summary.attributes_unknown:
        named = ", ".join(summary.attributes_unknown)
        notes.append(f"no recorded customer has the attribute {named}: conditions on it were taken not to hold.")
    if summary.changes["no_longer_escalated"] or summary.changes["later"]:
        notes.append("what a customer would have written after a handoff that no longer happens is not known.")
    return notes


def _print_changed(console: Console, compared: Compared, *, show_text: bool, timezone: tzinfo) -> None:
    recording = compared.recording
    head = Text()
    head.append(WORDS[compared.change], style="bold")
    head.append(_clean(f"  {recording.began.astimezone(timezone):%Y-%m-%d %H:%M}  session {recording.session_id}"))
    console.print(head, soft_wrap=True)
    for name, course in (("before", compared.before), ("after", compared.after)):
        for index, step in enumerate(_steps(recording, course)):
            console.print(_plain(f"  {name if index == 0 else '':<7} {step}"), soft_wrap=True)
    if show_text:
        for id, text in _texts(compared).items():
            console.print(_plain(f"  {id}: {text}", style="cyan"), soft_wrap=True)


def _steps(recording: Recording, course: Course) -> list[str]:
    steps = [f"offer   {_what(each)}" for each in course.offers]
    if course.handoff is not None:
        steps.append(f"handoff {_what(course.handoff)}")
    came: Arrival | None = arrival(recording, course) if course.handoff is None else None
    if came is not None:
        steps.append(f"a person is called all the same {came.reason} → {came.queue}")
    return steps or ["the AI answers"]


def _what(decision: Decision) -> str:
    route = "/".join(part for part in (decision.queue, decision.priority, decision.skill) if part)
    ids = ", ".join(decision.message_ids)
    return f"at message {decision.number}: {decision.criterion} → {route}  [{ids}]"


def _texts(compared: Compared) -> dict[str, str]:
    """The messages that are evidence on either side, in their order."""
    decisions = (*compared.before.decisions, *compared.after.decisions)
    ids = {id for each in decisions for id in each.message_ids}
    return {message.id: message.text for message in compared.recording.messages if message.id in ids}


def _table(first: str, *others: str) -> Table:
    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(_plain(name), justify="left" if name == "does" else "right", no_wrap=True)
    return table


def _plain(text: str, *, style: str = "") -> Text:
    return Text(_clean(text), style=style)


def _clean(text: str) -> str:
    """Without what a terminal would obey: customers write anything."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _n(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
