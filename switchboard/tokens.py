"""Who somebody is: the host site's tokens for customers, and our own for the desk. Both are JWTs signed with HS256."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from switchboard.errors import TokenExpired, TokenInvalid
from switchboard.session.model import CustomerRef

ALGORITHM = "HS256"
DESK_AUDIENCE = "candour-desk"


class CustomerClaims(BaseModel):
    """What the host site says of a customer."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sub: str = Field(min_length=1, max_length=128)
    name: str | None = Field(default=None, max_length=128)
    locale: str | None = Field(default=None, max_length=35)
    region: str | None = Field(default=None, max_length=3)

    @property
    def customer(self) -> CustomerRef:
        """The customer as sessions know her."""
        return CustomerRef(id=self.sub, name=self.name)


class Tokens:
    """Reads and issues tokens."""

    def __init__(self, *, host_secret: str, desk_secret: str, desk_token_s: int) -> None:
        self._host_secret = host_secret
        self._desk_secret = desk_secret
        self._desk_token_s = desk_token_s

    def customer(self, token: object) -> CustomerClaims:
        """The customer that a token of the host site names.

        Raises:
            TokenExpired, TokenInvalid
        """
        if not self._host_secret:
            raise TokenInvalid("This server knows no site that may identify customers.")
        payload = _decode(token, self._host_secret, required=["sub", "exp"])
        try:
            return CustomerClaims.model_validate(payload)
        except ValidationError:
            raise TokenInvalid from None

    def for_customer(self, claims: CustomerClaims, *, valid_s: int = 12 * 3600) -> str:
        """What a host site issues; here for the demo bank, which is its own host site."""
        return _encode({**claims.model_dump(exclude_none=True)}, self._host_secret, valid_s=valid_s)

    def desk_agent(self, token: object) -> str:
        """The id of the desk agent who signed in with this token.

        Raises:
            TokenExpired, TokenInvalid
        """
        return str(_decode(token, self._desk_secret, required=["sub", "exp", "aud"], audience=DESK_AUDIENCE)["sub"])

    def for_desk_agent(self, desk_agent_id: str) -> str:
        """A token for the desk."""
        return _encode({"sub": desk_agent_id, "aud": DESK_AUDIENCE}, self._desk_secret, valid_s=self._desk_token_s)


def _encode(claims: dict[str, object], secret: str, *, valid_s: int) -> str:
    now = datetime.now(UTC)
    return jwt.encode({**claims, "iat": now, "exp": now + timedelta(seconds=valid_s)}, secret, algorithm=ALGORITHM)


def _decode(token: object, secret: str, *, required: list[str], audience: str | None = None) -> dict[str, object]:
    if not isinstance(token, str) or not 0 < len(token) <= 4096:
        raise TokenInvalid
    try:
        payload: dict[str, object] = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            audience=audience,
            # A host site's clock may be ahead of ours: when a token was issued decides nothing, when it ends does.
            options={"require": required, "verify_aud": audience is not None, "verify_iat": False},
        )
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except jwt.InvalidTokenError:
        raise TokenInvalid from None
    return payload
