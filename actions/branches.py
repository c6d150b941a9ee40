"""When a branch is open, and whether it is open now. Anybody may ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actions import normalise
from actions.bank import get_bank
from actions.bank.interface import Branch, BranchDay
from actions.topic import Asked, Event, Speaker, Topic, TopicTurn
from actions.wording import lines, part

_WEEK: Final = 7


def chosen_branches(asked: Asked, branches: Sequence[Branch]) -> list[Branch]:
    """The branches that the message names, the closest match only; none if it names none."""
    said = asked.entity("branch_place") or asked.text
    named = [branch for branch in branches if normalise.mentions(said, branch.name)]
    named = named or [branch for branch in branches if normalise.mentions(said, branch.address)]
    words = set(normalise.fold(said).replace("?", " ").split())
    shared = {b.identification: len(words & set(normalise.fold(b.name).split())) for b in named}
    best = max(shared.values(), default=0)
    return [branch for branch in named if shared[branch.identification] == best]


class ActionBranchHours(Topic):
    """The hours of the branch that is meant, of the only one there is, or the question which."""

    NAME = "action_branch_hours"
    followed_as = "find_branch_hours"

    async def reply(self, turn: TopicTurn) -> list[Event]:
        branches = await get_bank().branches(region=turn.asked.region)
        found = chosen_branches(turn.asked, branches) or (list(branches) if len(branches) == 1 else [])
        if not branches:
            turn.say("utter_branch__none_in_region")
        elif len(found) == 1:
            _say_hours(turn.say, turn.asked, found[0])
        else:
            offered = found or branches
            place = turn.asked.entity("branch_place")
            listed = [part("utter_branch__line", branch=b.name, address=b.address) for b in offered]
            choices = [(b.name, f'/find_branch_hours{{"branch_place": "{b.name}"}}') for b in offered]
            if place and not found:
                turn.say.with_choices("utter_branch__not_there", choices, place=place, lines=lines(listed))
            else:
                turn.say.with_choices("utter_branch__which", choices, lines=lines(listed))
        return []


def _say_hours(say: Speaker, asked: Asked, branch: Branch) -> None:
    values = {
        "branch": branch.name,
        "address": branch.address,
        "lines": lines([_day_line(asked, day) for day in branch.days[:_WEEK]]),
    }
    coming = branch.next_opening
    if branch.open_now and branch.today.opening is not None:
        say(
            "utter_branch__open_now",
            closes=asked.clock_time(branch.today.opening.closes),
            **values,
        )
    elif coming is None or coming.opening is None:
        say("utter_branch__closed_for_long", **values)
    else:
        values["opens_day"] = asked.weekday(coming.day)
        values["opens"] = asked.clock_time(coming.opening.opens)
        if branch.today.holiday:
            say("utter_branch__closed_holiday", holiday=branch.today.holiday, **values)
        else:
            say("utter_branch__closed_now", **values)


def _day_line(asked: Asked, branch_day: BranchDay) -> str:
    weekday = asked.weekday(branch_day.day)
    if branch_day.opening is None:
        if branch_day.holiday:
            return part("utter_branch__day_holiday", weekday=weekday, holiday=branch_day.holiday)
        return part("utter_branch__day_closed", weekday=weekday)
    return part(
        "utter_branch__day_open",
        weekday=weekday,
        opens=asked.clock_time(branch_day.opening.opens),
        closes=asked.clock_time(branch_day.opening.closes),
    )
