"""From the brain's parse of a message to a turn, and from an amount's wording to a number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

from escalation.model import Entity, Span, Turn

_CURRENCIES: tuple[tuple[str, str], ...] = (
    (r"£|\bgbp\b|\bpounds?\b|\bquid\b", "GBP"),
    (r"€|\beur\b|\beuros?\b", "EUR"),
    (r"r\$|\bbrl\b|\breais\b|\breal\b", "BRL"),
    (r"mx\$|\bmxn\b", "MXN"),
    (r"₱|\bphp\b", "PHP"),
    (r"\$|\busd\b|\bdollars?\b|\bbucks\b", "USD"),
)
_NUMBER = re.compile(r"\d(?:[\d.,' ]*\d)?")
_THOUSANDS = re.compile(r"^\s*(?:k\b|grand\b|thousand\b)", re.IGNORECASE)
_MILLIONS = re.compile(r"^\s*(?:m\b|million\b)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A sum of money as a customer wrote it; `currency` is None when she named none."""

    value: float
    currency: str | None


def read_amount(entity: Entity) -> Amount | None:
    """Read an amount of the forms `£1,200.50`, `1.200,50 €`, `5k`, `2 grand`, `300 pounds`, or a plain number."""
    wording = entity.text or str(entity.value or "")
    currency = next((code for pattern, code in _CURRENCIES if re.search(pattern, wording, re.IGNORECASE)), None)
    if isinstance(entity.value, (int, float)) and not isinstance(entity.value, bool):
        return Amount(value=float(entity.value), currency=currency)
    for source in (str(entity.value or ""), wording):
        found = _NUMBER.search(source)
        if found is None:
            continue
        value = _to_number(found.group())
        rest = source[found.end() :]
        if _THOUSANDS.match(rest):
            value *= 1_000
        elif _MILLIONS.match(rest):
            value *= 1_000_000
        if currency is None:
            currency = next((code for pattern, code in _CURRENCIES if re.search(pattern, source, re.IGNORECASE)), None)
        return Amount(value=value, currency=currency)
    return None


def _to_number(digits: str) -> float:
    """A last separator with one or two digits behind it is the decimal sign; every other separator groups."""
    plain = digits.replace(" ", "").replace("'", "")
    decimal = re.search(r"[.,](\d{1,2})$", plain)
    whole = plain[: decimal.start()] if decimal else plain
    whole = re.sub(r"[.,]", "", whole)
    return float(f"{whole or '0'}.{decimal.group(1)}") if decimal else float(whole)


def turn_from_parse(message_id: str, text: str, parse: Mapping[str, Any], *, understood: bool | None = None) -> Turn:
    """A turn from a parse as the brain gives it: `intent {name, confidence}`, `entities`, `signals` {name: probability},
    `signals_together` likewise, `signal_words` [{signal, start, end, text}].

    Keys that are missing or of another type count as "nothing found", never as an error: a turn is judged whatever the
    brain could make of it.
    """
    intent = parse.get("intent")
    name: str | None = None
    confidence = 0.0
    if isinstance(intent, Mapping):
        name = str(intent["name"]) if intent.get("name") else None
        confidence = _probability(intent.get("confidence"))
    return Turn(
        message_id=message_id,
        text=text,
        intent=name,
        confidence=confidence,
        signals=_signals(parse.get("signals")) or {},
        signals_together=_signals(parse.get("signals_together")),
        entities=tuple(_entity(found, text) for found in parse.get("entities") or () if isinstance(found, Mapping)),
        signal_words=_words(parse.get("signal_words")),
        understood=understood,
    )


def _signals(found: object) -> dict[str, float] | None:
    return {str(key): _probability(value) for key, value in found.items()} if isinstance(found, Mapping) else None


def _probability(value: object) -> float:
    if isinstance(value, bool) or value is None:
        return 0.0
    try:
        number = float(value)  # type: ignore[arg-type]  # what float() refuses counts as nothing found
    except (TypeError, ValueError):
        return 0.0
    return 0.0 if isnan(number) else min(1.0, max(0.0, number))


def _entity(found: Mapping[str, Any], text: str) -> Entity:
    start, end = found.get("start"), found.get("end")
    wording = found.get("text")
    if not isinstance(wording, str):
        wording = text[start:end] if isinstance(start, int) and isinstance(end, int) else ""
    value = found.get("value")
    return Entity(
        entity=str(found.get("entity", "")),
        value=value if isinstance(value, (str, int, float)) else None,
        text=wording,
        start=start if isinstance(start, int) else None,
        end=end if isinstance(end, int) else None,
    )


def _words(found: object) -> dict[str, tuple[Span, ...]]:
    """From the brain's list of `{signal, start, end, text}` to the spans of each signal."""
    words: dict[str, tuple[Span, ...]] = {}
    for word in found if isinstance(found, (list, tuple)) else ():
        if not isinstance(word, Mapping):
            continue
        signal, start, end = word.get("signal"), word.get("start"), word.get("end")
        if isinstance(signal, str) and isinstance(start, int) and isinstance(end, int):
            words[signal] = (*words.get(signal, ()), Span(start=start, end=end))
    return words
