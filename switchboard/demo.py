"""The demo: made-up customers who sign in with one press, and desk accounts with one password. On loopback only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from switchboard.desk.accounts import Accounts
from switchboard.desk.roles import Role
from switchboard.errors import NotFound
from switchboard.tokens import CustomerClaims, Tokens

log = structlog.get_logger(__name__)

ACCOUNTS: Final = (
    ("demo-agent", "agent@demo.example", "Amina Hart", Role.AGENT),
    ("demo-agent-2", "agent2@demo.example", "Tomás Ruiz", Role.AGENT),
    ("demo-supervisor", "supervisor@demo.example", "Ingrid Solheim", Role.SUPERVISOR),
    ("demo-designer", "designer@demo.example", "Noor Haddad", Role.DESIGNER),
    ("demo-auditor", "auditor@demo.example", "Wei Zhang", Role.AUDITOR),
)


class DemoCustomer(BaseModel):
    """A customer of the sandbox bank."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(min_length=1, max_length=128)
    name: str = Field(min_length=1, max_length=128)
    locale: str = "en-GB"
    region: str | None = None
    about: str = ""


_CUSTOMERS: TypeAdapter[list[DemoCustomer]] = TypeAdapter(list[DemoCustomer])


class Demo:
    """What only the demo has."""

    def __init__(self, *, tokens: Tokens, sandbox_file: Path) -> None:
        self._tokens = tokens
        self._sandbox_file = sandbox_file

    def customers(self) -> list[DemoCustomer]:
        """The sandbox bank's customers; none when its file is missing or unreadable."""
        try:
            content = yaml.safe_load(self._sandbox_file.read_text(encoding="utf-8"))
            return _CUSTOMERS.validate_python((content or {}).get("customers", []))
        except (OSError, yaml.YAMLError, AttributeError, ValidationError) as error:
            log.warning("demo.no_customers", reason=type(error).__name__)
            return []

    def sign_in(self, customer_id: str) -> str:
        """A token such as a host site would issue.

        Raises:
            NotFound: the sandbox bank has no such customer.
        """
        for customer in self.customers():
            if customer.id == customer_id:
                claims = CustomerClaims(
                    sub=customer.id, name=customer.name, locale=customer.locale, region=customer.region
                )
                return self._tokens.for_customer(claims)
        raise NotFound("The demo bank has no such customer.")


async def seed_accounts(accounts: Accounts, *, password: str) -> None:
    """Make the demo's desk accounts, and bring them to this password."""
    for id, email, name, role in ACCOUNTS:
        await accounts.ensure(id=id, email=email, name=name, role=role, password=password)
