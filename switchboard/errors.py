"""Every error that a customer, a desk agent or a caller can meet, each with the code that goes over the wire."""

from __future__ import annotations


class SwitchboardError(Exception):
    """The switchboard could not do this."""

    code = "internal"

    def __init__(self, detail: str | None = None, **facts: str | int | None) -> None:
        self.detail = detail or (self.__doc__ or "").strip()
        self.facts = facts
        super().__init__(self.detail)

    def as_wire(self) -> dict[str, object]:
        """The error as it stands in an acknowledgement: `{"error": {"code", "message", ...}}`."""
        return {"error": {"code": self.code, "message": self.detail, **self.facts}}


class PayloadInvalid(SwitchboardError):
    """The event's payload does not have the form that this event takes."""

    code = "payload_invalid"


class TextEmpty(SwitchboardError):
    """The message has no text. Write something and send it again."""

    code = "text_empty"


class TextTooLong(SwitchboardError):
    """The message is longer than a message may be. Shorten it, or send it in parts."""

    code = "text_too_long"


class TextInvalid(SwitchboardError):
    """The message holds characters that cannot be stored, such as NUL."""

    code = "text_invalid"


class TokenInvalid(SwitchboardError):
    """The token is not one that this server issued or trusts."""

    code = "token_invalid"


class TokenExpired(SwitchboardError):
    """The token has expired. Sign in again."""

    code = "token_expired"


class RateLimited(SwitchboardError):
    """Too many messages in too short a time. Wait a moment and send it again."""

    code = "rate_limited"


class SessionUnknown(SwitchboardError):
    """There is no such session."""

    code = "session_unknown"


class SessionForeign(SwitchboardError):
    """This session belongs to somebody else."""

    code = "session_foreign"


class SessionClosed(SwitchboardError):
    """This session has ended. The next conversation starts a new one."""

    code = "session_closed"


class NotStored(SwitchboardError):
    """The message could not be stored, so it was not sent. Please try again."""

    code = "not_stored"


class VersionConflict(SwitchboardError):
    """Somebody else changed this session in the meantime."""

    code = "conflict"


class AlreadyClaimed(SwitchboardError):
    """Another desk agent took this session first."""

    code = "already_claimed"


class NotYours(SwitchboardError):
    """This session is with another desk agent."""

    code = "not_yours"


class WrongState(SwitchboardError):
    """The session is not in a state in which this can be done."""

    code = "wrong_state"


class Forbidden(SwitchboardError):
    """Your role may not do this."""

    code = "forbidden"


class NotFound(SwitchboardError):
    """There is nothing of that name."""

    code = "not_found"


class UnknownEvent(SwitchboardError):
    """There is no event of that name in the protocol."""

    code = "unknown_event"


class BrainUnavailable(SwitchboardError):
    """The assistant's brain did not give an answer in time, or at all."""

    code = "brain_unavailable"


class StaleEpoch(SwitchboardError):
    """What was said belongs to an earlier owner of the session and is not sent."""

    code = "stale_epoch"


class NotDisclosed(SwitchboardError):
    """The customer has not yet been told that this is an AI."""

    code = "not_disclosed"
