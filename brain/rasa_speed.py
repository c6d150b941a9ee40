"""What Rasa does over and over although once is enough.

Rasa checks every answer of the action server with `jsonschema.validate`, which each time also checks that the schema itself is
a schema. That took four fifths of a turn (25 ms of processor time per action). The check of the answer stays as it is; the
check of the schema is made once.
"""

from __future__ import annotations

from typing import Any

from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction


def check_action_schema_once() -> None:
    """Let all remote actions of this process share one validator. Calling it again changes nothing."""
    if getattr(RemoteAction, "_checks_schema_once", False):
        return
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)

    def validate(self: RemoteAction, result: dict[str, Any]) -> bool:
        error: ValidationError | None = next(iter(validator.iter_errors(result)), None)
        if error is not None:
            error.message = f"{self.name()}: the action server's answer is malformed. {error.message}"
            raise error
        return True

    RemoteAction._validate_action_result = validate  # noqa: SLF001 - Rasa offers no other way
    RemoteAction._checks_schema_once = True  # noqa: SLF001 - likewise
