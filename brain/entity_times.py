"""Clock times in one language, as `HH:MM`: `14:30`, `2pm`, `halb drei`, `las tres y media`, `15h30`.

Without a word for the part of the day, an hour is taken as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from brain.entity_language import Language
from brain.entity_text import Found, Reading, fold_pattern, one_of

_PARTS = {"am": "am", "a.m.": "am", "pm": "pm", "p.m.": "pm"}
_HOURS = r"(?:[01]?\d|2[0-4])"


class TimeFinder:
    """Compiled once for a language."""

    def __init__(self, language: Language) -> None:
        times = language.part("times")
        self._parts = {**_PARTS, **language.table("times", "parts")}
        self._fixed = language.table("times", "fixed")
        spelled = {word: value for word, value in language.numbers.words.items() if 1 <= value <= 24}
        self._hours: dict[str, int] = {**spelled, **language.table("times", "hours")}
        self._minutes: dict[str, int] = {
            **{word: value for word, value in language.numbers.words.items() if value < 60},
            **language.table("times", "minutes"),
        }
        part = rf"(?:\s?(?P<part>{one_of(self._parts)})(?!\w))?"
        hour = rf"(?P<hour>{_HOURS}(?!\d)|(?:{one_of(self._hours)})(?!\w))"
        minute = rf"\d{{1,2}}(?!\d)|(?:{one_of(self._minutes)})(?!\w)"
        filled = {
            "hour": hour,
            "digits": rf"(?P<hour>{_HOURS})",
            "mm": r"(?P<plus>[0-5]\d)(?!\d)",
            "plus": rf"(?P<plus>{minute})",
            "minus": rf"(?P<minus>{minute})",
            "fives": rf"(?P<minus>(?:5|10|15|20|25)(?!\d)|(?:{one_of(self._minutes)})(?!\w))",
        }
        before = language.words("times", "before")
        suffix = rf"(?:\s?(?:{one_of(times.get('clock_suffix') or ())})(?!\w))?"
        self._patterns: list[tuple[re.Pattern[str], int]] = [
            (
                re.compile(
                    r"(?<![\w.,:/])(?P<hour>[01]?\d|2[0-3]):(?P<plus>[0-5]\d)(?::[0-5]\d)?(?![\d:])" + suffix + part
                ),
                0,
            ),
            (
                re.compile(
                    r"(?<![\w.,:/])(?P<hour>0?\d|1[0-2])(?:[.:](?P<plus>[0-5]\d))?\s?(?P<part>[ap](?:m|\.m\.?))(?!\w)"
                ),
                0,
            ),
        ]
        for entry in times.get("patterns") or ():
            pattern = fold_pattern(entry["match"]).replace("{{", "{").replace("}}", "}")
            for each in _each_before(pattern, before):
                for name, value in filled.items():
                    each = each.replace("{" + name + "}", value)  # noqa: PLW2901 - each pattern is filled step by step
                self._patterns.append((re.compile(rf"(?<![\w.,]){each}{part}"), int(entry.get("minutes", 0))))
        self._named = re.compile(rf"(?<!\w)(?:{one_of(self._fixed)})(?!\w)")

    def find(self, reading: Reading) -> Iterator[Found]:
        """Times, those in digits first; they may overlap."""
        for pattern, shift in self._patterns:
            for match in pattern.finditer(reading.folded):
                value = self._read(match, shift)
                if value is not None:
                    yield reading.found("time", value, match.span())
        for match in self._named.finditer(reading.folded):
            yield reading.found("time", self._fixed[_one_space(match[0])], match.span())

    def _read(self, match: re.Match[str], shift: int) -> str | None:
        parts = match.groupdict()
        hour = _number(parts["hour"], self._hours)
        plus = _number(parts.get("plus"), self._minutes)
        minus = _number(parts.get("minus"), self._minutes)
        part = parts.get("part")
        half = None if part is None else self._parts.get(_one_space(part), "pm" if part.startswith("p") else "am")
        if half == "pm" and hour < 12:
            hour += 12
        elif half == "am" and hour == 12:
            hour = 0
        total = hour * 60 + plus - minus + shift
        if plus > 59 or minus > 59 or total > 24 * 60:
            return None
        return f"{total // 60 % 24:02d}:{total % 60:02d}"


def _each_before(pattern: str, before: tuple[str, ...]) -> list[str]:
    """`{before}` stands inside a lookbehind, which must be of one length: one pattern for each word."""
    if "{before}" not in pattern:
        return [pattern]
    return [pattern.replace("(?:{before})", re.escape(word)) for word in before]


def _number(written: str | None, words: dict[str, int]) -> int:
    if written is None:
        return 0
    return int(written) if written.isdigit() else words[_one_space(written)]


def _one_space(words: str) -> str:
    return re.sub(r"\s+", " ", words)
