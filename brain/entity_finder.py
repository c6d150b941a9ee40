"""All rules together: what a customer names in a message, in whichever of our languages she writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from brain.entity_codes import CodeFinder
from brain.entity_dates import DateFinder
from brain.entity_language import FOLDER, SHARED, Language, Shared, languages_of, load_languages, load_shared
from brain.entity_money import MoneyFinder
from brain.entity_names import NameFinder
from brain.entity_numbers import DIGITS, decimal_from_digits
from brain.entity_periods import PeriodFinder
from brain.entity_text import Found, Reading, fold
from brain.entity_times import TimeFinder

_ALONE = re.compile(rf"^[\s.!]*(?P<value>{DIGITS})[\s.!?]*$")
_Rule = Callable[[Reading], Iterator[Found]]


@dataclass(frozen=True)
class _Rules:
    """One language's finders, what is strictest first: of two entities that overlap the earlier rule's stays."""

    language: Language
    rules: tuple[_Rule, ...]


class EntityFinder:
    """`find` is pure: the same message on the same day and in the same locale gives the same entities."""

    def __init__(self, languages: Mapping[str, Language], shared: Shared) -> None:
        self._languages = languages
        self._shared = shared
        self._rules = {code: _rules(language, shared) for code, language in languages.items()}

    def find(self, text: str, *, today: date, locale: str = "en-GB", region: str = "") -> list[Found]:
        """Entities in the order of the text; an amount and its currency share one span.

        The message's own words decide in which language it is read; locale and region decide what a dollar is and whether
        the month comes first.
        """
        folded = fold(text)
        kept: list[Found] = []
        shadowed: set[str] = set()  # what means something else in the language that the message is in
        for language in languages_of(folded, locale=locale, languages=self._languages):
            reading = self._reading(text, folded, language, today=today, locale=locale, region=region)
            for rule in self._rules[language.code].rules:
                _keep((found for found in rule(reading) if folded[found.start : found.end] not in shadowed), kept)
            shadowed |= set(language.content.get("own_words") or ())
        return sorted(kept, key=lambda found: (found.start, found.entity))

    def _reading(self, text: str, folded: str, language: Language, *, today: date, locale: str, region: str) -> Reading:
        parts = locale.split("-")
        country = next((part.upper() for part in parts[1:] if len(part) == 2), region.upper())
        # Who writes German from a British locale still puts the day first, and a Spaniard in the States may do either.
        own = parts[0] in (language.code, "en") or language.code == "en"
        return Reading(
            text=text,
            folded=folded,
            today=today,
            region=country or language.region,
            month_first=own and country in self._shared.month_first,
        )


def load_finder(folder: Path = FOLDER, *, shared: Path = SHARED) -> EntityFinder:
    """The finder with the languages of a folder."""
    return EntityFinder(load_languages(folder), load_shared(shared))


def _rules(language: Language, shared: Shared) -> _Rules:
    codes = CodeFinder(language, shared)
    dates, periods, times = DateFinder(language), PeriodFinder(language), TimeFinder(language)
    money, names = MoneyFinder(language, shared), NameFinder(language, shared)
    return _Rules(
        language,
        (
            codes.addresses,
            codes.endings,
            codes.references,
            dates.in_full,
            money.find,
            codes.phones,
            times.find,
            dates.find,
            periods.find,
            money.bare,
            _number_alone,
            codes.kinds,
            names.find,
        ),
    )


def _keep(found: Iterator[Found], kept: list[Found]) -> None:
    """Add what does not overlap with another, unless the two go together."""
    before = len(kept)
    for one in found:
        if not any(
            one.start < other.end and other.start < one.end and not (at >= before and _together(one, other))
            for at, other in enumerate(kept)
        ):
            kept.append(one)


def _together(one: Found, other: Found) -> bool:
    """One rule may say two things of one span: an amount and its currency, four digits that answer either question."""
    same = (one.start, one.end) == (other.start, other.end)
    return same and {one.entity, other.entity} in ({"amount", "currency"}, {"amount", "card_ending"})


def _number_alone(reading: Reading) -> Iterator[Found]:
    match = _ALONE.match(reading.folded)
    if match and len(match["value"]) <= 9 and (value := decimal_from_digits(match["value"])) is not None:
        yield reading.found("amount", value, match.span("value"))
