"""What one language brings to the entity finder: its file in brain/entity_languages/ and its calendar from CLDR (Babel).

Keys of a file. Words are compared without accents and capitals; what is marked *pattern* is a regular expression over such
text, in which `{n}` stands for a number, `{unit}` for a unit of time and `{hour}`, `{plus}`, `{minus}`, `{fives}`, `{digits}`,
`{mm}`, `{before}` for parts of a time.

- `cldr`, `spacy`, `region`: Babel's and spaCy's names of it, the country if the locale names none; `also`: a language
  always read beside it, but for `own_words`, which mean something else here
- `hints`: words by which a message is taken for this language, beside spaCy's stop words and those of the calendar
  and numbers
- `numbers`: see `NumberWords`
- `money`: `units`, words for a currency or for a family of `by_region`; `prefixes`, before the number only;
  `hundredths`; `thousands`, slang for a thousand of it; `before_unit`, "de" in "mil de euros"; `between`, "and" in
  "five euros and ten cents"; `alone`, a number with this scale is an amount without any currency; `spelled_alone`, so
  is a spelled number with this word
- `dates`: `relative`, days from today, unless `not_after` or `not_before` these words; `modifiers`,
  `modifiers_after`, "last", "next" before or behind a weekday, month or unit; `until`, makes a bare weekday lie
  ahead; `ordinal`, `of`, `month_then_day`, `the_day`, `before_day`, `day_words`, `dotted_after`, how day and month
  stand together; `ago`, `ahead`, `lasting`, `day_alone`, *patterns*; `counts`, other words for a number of units;
  `cues`, `cues_month`, before a month whose name needs one (`months_with_cue`, all of it;
  `months_in_small_letters_with_cue`, unless it has a capital; `not_months`, no month without
  day or year); `year_cues`, before a year; `expiry`, before a card's
  month
- `times`: `patterns`, *patterns* with minutes to add; `parts`, words for the part of the day; `clock_suffix`, behind
  `14:30`
- `cards`: `ending`, *patterns* before the last four digits; `debit`, `credit`, *patterns*; `alone`, `lead`, an answer
  of nothing else
- `reference`, `phone_cues`: *patterns* and words before a reference, a telephone number; `reference_link`, between
  them
- `names`: see brain/entity_names.py
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
import yaml
from babel import Locale
from spacy.language import Language as Tokenizer

from brain.entity_numbers import NumberWords, number_words
from brain.entity_text import fold

FOLDER = Path(__file__).with_name("entity_languages")
SHARED = Path(__file__).with_name("entity_patterns.yml")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


@dataclass(frozen=True, kw_only=True)
class Language:
    """One language, read. `vocabulary` is what speaks for it in a message."""

    code: str
    region: str
    also: str | None
    content: Mapping[str, Any]
    numbers: NumberWords
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    vocabulary: frozenset[str]
    symbols: Mapping[str, str]  #: signs by which CLDR tells currencies apart in this language: `$US` in French
    places: frozenset[str]  #: countries, continents and great cities (those CLDR names time zones by)
    tokenizer: Tokenizer

    def part(self, name: str) -> Mapping[str, Any]:
        """One section of the file."""
        found = self.content.get(name) or {}
        if not isinstance(found, Mapping):
            raise TypeError(f"{self.code}.yml [{name}] expected a mapping, got {type(found).__name__}")
        return found

    def words(self, section: str, key: str) -> tuple[str, ...]:
        """A list of one section as folded words."""
        return tuple(fold(str(word)) for word in self.part(section).get(key) or ())

    def table(self, section: str, key: str) -> dict[str, Any]:
        """A mapping of one section, its keys folded."""
        return {fold(str(word)): value for word, value in (self.part(section).get(key) or {}).items()}


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What holds in every language: entity_patterns.yml."""

    signs: Mapping[str, str]
    codes: frozenset[str]
    by_region: Mapping[str, Mapping[str, str]]
    month_first: frozenset[str]
    merchants: tuple[str, ...]
    merchants_that_are_words: tuple[str, ...]
    not_merchants: tuple[str, ...]  #: ways to pay that have a merchant's name in theirs
    never_a_name: frozenset[str]
    also_names: frozenset[str]  #: countries that are people's names, too

    def currency(self, name: str, *, region: str) -> str:
        """ISO 4217 of a code or of a family such as `peso` in a country."""
        family = self.by_region.get(name)
        return name if family is None else family.get(region, family["any"])


def load_shared(path: Path = SHARED) -> Shared:
    """Read what holds in every language."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Shared(
        signs={fold(sign): code for sign, code in content["signs"].items()},
        codes=frozenset(content["codes"]),
        by_region=content["by_region"],
        month_first=frozenset(content["month_first"]),
        merchants=tuple(map(str, content["merchants"])),
        merchants_that_are_words=tuple(map(str, content["merchants_that_are_words"])),
        not_merchants=tuple(content["not_merchants"]),
        never_a_name=frozenset(map(fold, content["never_a_name"])) | {code.lower() for code in content["codes"]},
        also_names=frozenset(content["names_of_countries_too"]),
    )


def load_language(path: Path) -> Language:
    """Read one language's file."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    tokenizer = spacy.blank(content["spacy"])
    numbers = number_words(content["numbers"])
    dates = content["dates"]
    locale = Locale.parse(content["cldr"])
    months = _names(locale.months, offset=0) | _folded_keys(dates.get("months") or {})
    weekdays = _names({"format": {"wide": locale.days["format"]["wide"]}}, offset=0)
    weekdays |= _folded_keys(dates.get("weekdays") or {})
    known = (
        *content["hints"],
        *(word for word in tokenizer.Defaults.stop_words if len(word) > 1),
        *numbers.words,
        *(name for name in (*months, *weekdays) if len(name) > 3),
        *(dates.get("relative") or ()),
    )
    return Language(
        code=path.stem,
        region=content["region"],
        also=content.get("also"),
        content=content,
        numbers=numbers,
        months=months,
        weekdays=weekdays,
        vocabulary=frozenset(fold(str(word)) for word in known),
        symbols={fold(sign): code for code, sign in locale.currency_symbols.items() if not sign.isalpha()},
        places=frozenset(map(fold, locale.territories.values())) | frozenset(map(fold, _cities(locale))),
        tokenizer=tokenizer,
    )


def load_languages(folder: Path = FOLDER) -> dict[str, Language]:
    """All languages of a folder by their codes."""
    return {path.stem: load_language(path) for path in sorted(folder.glob("*.yml"))}


def languages_of(folded: str, *, locale: str, languages: Mapping[str, Language]) -> list[Language]:
    """In which languages to read a message, the likeliest first: by its words, and by the locale where they do not tell.

    A customer may write another language than her locale's. The locale's own language is read second if any of its words
    occur, and what a file names as `also` after that.
    """
    words = set(_WORD.findall(folded))
    own = locale.split("-", maxsplit=1)[0]
    own = "fil" if own == "tl" else own
    scores = {code: len(words & language.vocabulary) for code, language in languages.items()}
    best = max(languages, key=lambda code: (scores[code] + (0.5 if code == own else 0), code == "en"))
    if not scores[best]:
        best = own if own in languages else best
    chosen = [best]
    if own in languages and own != best and scores[own]:
        chosen.append(own)
    also = languages[best].also
    if also in languages and also not in chosen:
        chosen.append(str(also))
    return [languages[code] for code in chosen]


def _cities(locale: Locale) -> Iterable[str]:
    for zone, names in locale.time_zones.items():
        yield names.get("city") or zone.rsplit("/", maxsplit=1)[-1].replace("_", " ")


def _folded_keys(table: Mapping[str, int]) -> dict[str, int]:
    return {fold(str(word)): int(number) for word, number in table.items()}


def _names(tables: Mapping[str, Mapping[str, Mapping[int, str]]], *, offset: int) -> dict[str, int]:
    """CLDR's names, wide and abbreviated, without the point; letters alone say too little."""
    found: dict[str, int] = {}
    for context in tables.values():
        for width in ("wide", "abbreviated"):
            for number, name in context.get(width, {}).items():
                for written in _spellings(name):
                    found.setdefault(written, number + offset)
    return found


def _spellings(name: str) -> Iterable[str]:
    plain = fold(name).rstrip(".")
    return (plain,) if len(plain) > 2 else ()
