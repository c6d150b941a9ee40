"""An appointment with an adviser: about what, at a branch or by phone, on which day and at what time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from actions import normalise, when
from actions.bank.interface import Branch
from actions.forms.actions import actions_of
from actions.forms.common import choose, payload
from actions.forms.flow import Field, Flow, FormTurn, Value
from actions.forms.table import FORMS
from actions.topic import Event
from actions.wording import part

PHONE: Final = "phone"
LONGEST_AHEAD: Final = timedelta(days=60)
_OFFERED: Final = 4  #: free times named in one question
_TOPICS: Final = (
    ("mortgage", re.compile(
        r"\b(mortgage|remortgage|house|flat|home loan|hypothek\w*|baufinanz\w*|hypothe\w*|hipotec\w*|imobiliari\w*"
        r"|bahay)\b"
    )),
    ("loan", re.compile(
        r"\b(loan|borrow\w*|overdraft|kredit\w*|darlehen|pret|credit|prestamo|emprestimo|utang|pautang)\b"
    )),
    ("savings", re.compile(
        r"\b(sav(e|ings?)|invest\w*|isa|pension\w*|spar\w*|anlage\w*|epargn\w*|plac\w*|ahorr\w*|invers\w*"
        r"|poupan\w*|ipon)\b"
    )),
    ("account", re.compile(r"\b(accounts?|open|joint|child\w*|business|konto|compte|cuenta|conta|account)\b")),
)  # fmt: skip
LABELS: Final = {
    "mortgage": "utter_appointment__label_mortgage",
    "loan": "utter_appointment__label_loan",
    "savings": "utter_appointment__label_savings",
    "account": "utter_appointment__label_account",
    "other": "utter_appointment__label_other",
}
_PHONE: Final = re.compile(
    r"\b(phone|call|ring|telephone|telefon\w*|anruf\w*|appel\w*|llamada|llam\w*|ligacao|tawag\w*|video)\b"
)


async def _branches(turn: FormTurn) -> Sequence[Branch]:
    return await turn.bank.branches(region=turn.customer.region)


def _branch_id(turn: FormTurn) -> str | None:
    place = turn.text_of(Place.slot)
    return None if place == PHONE else place


async def _free(turn: FormTurn, day: date) -> tuple[time, ...]:
    return await turn.bank.appointment_times(turn.customer.customer_id, branch_id=_branch_id(turn), day=day)


def _day(turn: FormTurn) -> date | None:
    text = turn.text_of(Day.slot)
    return date.fromisoformat(text) if text else None


class Topic(Field):
    """About what."""

    slot = "appointment_topic"
    free = True

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        text = normalise.fold(turn.asked.entity("choice") or turn.asked.text)
        named = next((topic for topic, pattern in _TOPICS if pattern.search(text)), None)
        return named or ("other" if direct else None)

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_appointment__ask_topic")


class Place(Field):
    """At which branch, or by phone."""

    slot = "appointment_place"
    again = "utter_appointment__place_not_found"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        text = turn.asked.said("branch_place", "choice")
        branches = await _branches(turn)
        if turn.asked.entity("choice") == PHONE or (
            _PHONE.search(normalise.fold(text)) and (direct or not self._means_a_call(turn))
        ):
            return PHONE
        for named in (
            [(b.identification, b.name) for b in branches],
            [(b.identification, b.address) for b in branches],
        ):
            found = choose(text, named, previous=turn.text_of(self.slot) or None, direct=False)
            if found is not None:
                return found
        return None

    def _means_a_call(self, turn: FormTurn) -> bool:
        """ "Call me about a mortgage" wants a call; "I'd like to call you" does not say where the appointment is."""
        return re.search(r"\bcall (you|in)\b", normalise.fold(turn.asked.text)) is not None

    async def ask(self, turn: FormTurn) -> None:
        branches = await _branches(turn)
        choices = [(b.name, payload(b.name, entity="branch_place")) for b in branches]
        choices.append((part("utter_appointment__label_phone"), payload(PHONE)))
        turn.say.with_choices("utter_appointment__ask_place", choices)


class Day(Field):
    """On which day; it must be one with free times."""

    slot = "appointment_day"
    again = "utter_appointment__day_not_understood"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        found = when.day(turn.asked.text, today=turn.now.date(), ahead=True, locale=turn.asked.locale)
        if found is None or not turn.now.date() <= found <= turn.now.date() + LONGEST_AHEAD:
            return None
        return found.isoformat()

    async def ask(self, turn: FormTurn) -> None:
        days = await _next_days(turn)
        choices = [
            (f"{turn.asked.weekday(d)}, {turn.asked.short_day(d)}", payload(d.isoformat(), entity="date")) for d in days
        ]
        turn.say.with_choices("utter_appointment__ask_day", choices)


async def _next_days(turn: FormTurn) -> list[date]:
    """The next days with free times."""
    found: list[date] = []
    day = turn.now.date()
    while len(found) < _OFFERED and day <= turn.now.date() + timedelta(days=21):
        if await _free(turn, day):
            found.append(day)
        day += timedelta(days=1)
    return found


class Time(Field):
    """At what time; it must be free."""

    slot = "appointment_time"
    again = "utter_appointment__time_not_free"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        day = _day(turn)
        if day is None or (not direct and not _names_time(turn.asked.text)):
            return None
        free = await _free(turn, day)
        clock = when.clock(turn.asked.text)
        if clock is not None:
            return clock.isoformat("minutes") if clock in free else None
        span = when.part_of_day(turn.asked.text)
        fitting = [entry for entry in free if span is not None and span[0] <= entry < span[1]]
        return fitting[0].isoformat("minutes") if fitting else None

    async def ask(self, turn: FormTurn) -> None:
        day = _day(turn)
        free = await _free(turn, day) if day else ()
        step = max(1, len(free) // _OFFERED)
        choices = [
            (turn.asked.clock_time(entry), payload(entry.isoformat("minutes"))) for entry in free[::step][:_OFFERED]
        ]
        turn.say.with_choices(
            "utter_appointment__ask_time",
            choices,
            day=turn.asked.day(day) if day else "",
            first=turn.asked.clock_time(free[0]) if free else "",
            last=turn.asked.clock_time(free[-1]) if free else "",
        )


def _names_time(text: str) -> bool:
    """Whether a message speaks of a time of day, and not only of some number."""
    return re.search(

        r"\d{1,2}[:.]\d{2}|\d\s?(am|pm|uhr|h\b|o'?clock)|\bat \w+|\bum \d|\ba las? \d|\bas \d|\bnoon\b|morning"
        r"|afternoon"
    , normalise.fold(text)
    ) is not None  # fmt: skip


class AppointmentFlow(Flow):
    """An appointment."""

    form = FORMS["book_appointment_form"]
    action = "action_book_appointment"
    fields = (Topic, Place, Day, Time)
    how_to = "utter_appointment__how_to"

    async def settle(self, turn: FormTurn) -> Mapping[str, Value]:
        """A day on which nothing is free is asked for again, and so is a time that a changed day does not have."""
        day = _day(turn)
        if day is None or not turn.has(Place.slot):
            return {}
        free = await _free(turn, day)
        if not free:
            turn.say("utter_appointment__day_full", day=turn.asked.day(day))
            return {Day.slot: None, Time.slot: None, self.form.confirm: None}
        held = turn.text_of(Time.slot)
        if held and time.fromisoformat(held) not in free:
            turn.say("utter_appointment__time_not_free")
            return {Time.slot: None, self.form.confirm: None}
        return {}

    async def confirm(self, turn: FormTurn) -> None:
        await self._say(turn, phone="utter_appointment__confirm_phone", branch="utter_appointment__confirm_branch")

    async def carry_out(self, turn: FormTurn) -> list[Event]:
        day = _day(turn)
        if day is None:
            return []
        start = datetime.combine(day, time.fromisoformat(turn.text_of(Time.slot)))
        booked = await turn.bank.book_appointment(
            turn.customer.customer_id, topic=turn.text_of(Topic.slot), branch_id=_branch_id(turn), start=start
        )
        await self._say(
            turn,
            phone="utter_appointment__done_phone",
            branch="utter_appointment__done_branch",
            reference=booked.reference,
        )
        return []

    async def _say(self, turn: FormTurn, *, phone: str, branch: str, **more: str) -> None:
        day = _day(turn)
        place = next((b for b in await _branches(turn) if b.identification == _branch_id(turn)), None)
        contact = await turn.bank.contact(turn.customer.customer_id)
        turn.say(
            phone if place is None else branch,
            topic=part(LABELS[turn.text_of(Topic.slot)]),
            day=f"{turn.asked.weekday(day)}, {turn.asked.day(day)}" if day else "",
            time=turn.asked.clock_time(time.fromisoformat(turn.text_of(Time.slot))),
            branch=place.name if place else "",
            address=place.address if place else "",
            phone=contact.phone,
            **more,
        )


ACTIONS: Final = actions_of(AppointmentFlow)
