"""The shape of an escalation policy file, as a JSON schema, and its faults in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from escalation.model import PRIORITIES, SIGNALS, Fault

#: the key that says what kind of condition it is
KINDS: tuple[str, ...] = (
    "any",
    "all",
    "not",
    "intent",
    "signals",
    "entity",
    "count",
    "customer",
    "seconds_in_ai",
    "locale",
    "region",
    "channel",
)

_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
_TEXT = {"type": "string", "pattern": r"\S"}
_PROBABILITY = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
_SOME_TEXTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_SOME_NAMES = {"anyOf": [_NAME, {"type": "array", "items": _NAME, "minItems": 1}]}
_CONDITION = {"$ref": "#/$defs/condition"}
_CONDITIONS = {"type": "array", "items": _CONDITION, "minItems": 1}
_TURNS = {"type": "integer", "minimum": 2, "maximum": 50}
_EXAMPLES = {
    "type": "array",
    "items": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 2}]},
    "uniqueItems": True,
}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_SHAPES: dict[str, dict[str, Any]] = {
    "any": _object({"any": _CONDITIONS}),
    "all": _object({"all": _CONDITIONS}),
    "not": _object({"not": _CONDITION}),
    "intent": _object({"intent": _SOME_NAMES, "confidence": _PROBABILITY}, "confidence"),
    "signals": _object(
        {
            "signals": {
                "type": "object",
                "properties": dict.fromkeys(SIGNALS, _PROBABILITY),
                "additionalProperties": False,
                "minProperties": 1,
            },
            "match": {"enum": ["any", "all"]},
            "over": _object(
                {"turns": _TURNS, "how": {"enum": ["max", "noisy_or", "together"]}, "from": _PROBABILITY}, "how"
            ),
        }
    ),
    "entity": _object(
        {
            "entity": _NAME,
            "above": {"type": "number", "minimum": 0},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        }
    ),
    "count": _object(
        {
            "count": {"enum": ["misunderstood", "low_confidence"]},
            "at_least": {"type": "integer", "minimum": 1, "maximum": 10},
            "below": _PROBABILITY,
            "also": _SOME_NAMES,
        },
        "at_least",
    ),
    "customer": _object({"customer": _NAME, "is": {"type": ["string", "number", "boolean"]}}, "is"),
    "seconds_in_ai": _object({"seconds_in_ai": {"type": "number", "exclusiveMinimum": 0}}),
    "locale": _object({"locale": _SOME_TEXTS}),
    "region": _object({"region": _SOME_TEXTS}),
    "channel": _object({"channel": _SOME_TEXTS}),
}

_CRITERION = _object(
    {
        "id": _NAME,
        "why": _TEXT,
        "floor": {"type": "boolean"},
        "enabled": {"type": "boolean"},
        "when": _CONDITION,
        "unless": _CONDITION,
        "again_after": {"type": "integer", "minimum": 1, "maximum": 50},
        "then": _object(
            {
                "outcome": {"enum": ["offer", "handoff"]},
                "queue": _NAME,
                "priority": {"enum": list(PRIORITIES)},
                "skill": _NAME,
                "say": {"type": "string", "pattern": "^utter_[a-z0-9_]+$"},
                "protocol": _NAME,
            },
            "outcome",
            "queue",
            "priority",
            "say",
        ),
        "escalates": _EXAMPLES,
        "stays": _EXAMPLES,
    },
    "id",
    "why",
    "when",
    "then",
)

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {
        "condition": {
            "type": "object",
            "oneOf": [{"required": [kind]} for kind in KINDS],
            "allOf": [{"if": {"required": [kind]}, "then": shape} for kind, shape in _SHAPES.items()],
        }
    },
    **_object(
        {"format": {"const": 1}, "criteria": {"type": "array", "items": _CRITERION, "minItems": 1}},
        "format",
        "criteria",
    ),
}

_VALIDATOR = Draft202012Validator(SCHEMA)


def shape_faults(content: object, file: str) -> Iterator[Fault]:
    """Everything about the file's shape that is wrong, in the order of the file."""
    errors = sorted(_VALIDATOR.iter_errors(content), key=lambda error: [str(part) for part in error.absolute_path])
    for error in errors:
        path = ".".join(str(part) for part in error.absolute_path)
        yield Fault(file=file, path=path, message=_plain(error))


def _plain(error: ValidationError) -> str:
    if error.validator == "oneOf":
        found = sorted(set(error.instance) & set(KINDS)) if isinstance(error.instance, dict) else []
        got = f"got {' and '.join(found)}" if found else f"got {_short(error.instance)}"
        return f"a condition has exactly one of {', '.join(KINDS)}; {got}"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
        unknown = sorted(set(map(str, error.instance)) - set(known))
        return f"unknown key{'s' if len(unknown) > 1 else ''} {', '.join(unknown)}; known are {', '.join(known)}"
    if error.validator == "pattern" and error.validator_value == _TEXT["pattern"]:
        return "expected some text, got an empty one"
    if error.validator == "anyOf":
        return f"expected one, or a list of them, got {_short(error.instance)}"
    return str(error.message)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
