"""A new address, phone number or email. A new name needs a document, and is not changed here."""

from __future__ import annotations

import re
from typing import Final, cast

from actions.bank.services import Contact, ContactKind
from actions.forms.actions import actions_of
from actions.forms.flow import Field, Flow, FormTurn
from actions.forms.table import FORMS
from actions.normalise import fold
from actions.topic import Event
from actions.wording import part

NAME: Final = "name"
_KINDS: Final = (
    ("email", re.compile(r"\b(e-?mail|mail address|correo( electronico)?|courriel)\b|[\w.+-]+@[\w-]+\.\w+")),
    ("phone", re.compile(
        r"\b(phone|mobile|cell|number|telefon\w*|handy\w*|numer[oi]|numero|portable|telephone|movil|celular"
        r"|telefone)\b"
    )),
    ("address", re.compile(

        r"\b(address|moved|moving|house|street|adresse|anschrift|umgezogen|umzug|demenag\w*|direccion|domicilio"
        r"|mud\w+|endereco|lipat\w*|tirahan)\b"

    )),
    (NAME, re.compile(
        r"\b(name|surname|married|nachnam\w*|namen?|nom|nombre|apellidos?|nome|sobrenome|pangalan|apelyido)\b"
    )),
)  # fmt: skip
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE: Final = re.compile(r"\+?\(?\d[\d\s()./-]{5,}\d")
_LEAD: Final = re.compile(
    r"^\W*(?:(?:no|sorry|actually|i meant?|please|yes|ok|oops)[,.]?\s+)*"
    r"(?:(?:my|the|our)\s+)?(?:new\s+)?(?:address|number|phone|e-?mail)?\s*(?:is|'s|:|to|should be|make (?:it"
    r"|that)|it'?s(?: now)?"
    r"|i(?:'ve| have)? moved to|we(?:'ve| have)? moved to|change (?:it|that|my address) to)\s+",
    re.IGNORECASE,
)
_ANY_LEAD: Final = re.compile(r"^\W*(?:(?:no|sorry|actually|i meant?|please|yes|oops)[,.]?\s+)+", re.IGNORECASE)
_LABELS: Final = {
    "address": "utter_details__label_address",
    "phone": "utter_details__label_phone",
    "email": "utter_details__label_email",
}


def contact_value(kind: str, text: str) -> str | None:
    """The new value of a kind in a text: an email, a phone number with at least seven digits, an address with a number."""
    if kind == "email":
        found = _EMAIL.search(text)
        return found.group() if found else None
    if kind == "phone":
        found = _PHONE.search(text)
        return found.group().strip() if found and sum(sign.isdigit() for sign in found.group()) >= 7 else None
    address = _ANY_LEAD.sub("", _LEAD.sub("", text.strip(), count=1), count=1).strip(" .!")
    enough = any(sign.isdigit() for sign in address) and len(address.split()) >= 3 and len(address) <= 160
    return address if enough and "@" not in address else None


def held_value(contact: Contact, kind: str) -> str:
    """What the bank has now."""
    return {"address": contact.address, "phone": contact.phone, "email": contact.email}[kind]


class DetailKind(Field):
    """What changes."""

    slot = "detail_kind"
    resets = ("detail_value",)
    again = "utter_details__kind_not_understood"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        chosen = turn.asked.entity("choice")
        text = fold(chosen or turn.asked.text)
        return next((kind for kind, pattern in _KINDS if pattern.search(text)), None)

    async def correct(self, turn: FormTurn) -> str | None:
        """Only where the words name a kind beside no value: "no, my email", not a new address in Mail Street."""
        kind = await self.read(turn, direct=False)
        held = turn.text_of(self.slot)
        return None if kind is None or (held in _LABELS and contact_value(held, turn.asked.text)) else kind

    async def ask(self, turn: FormTurn) -> None:
        turn.say("utter_details__ask_kind")


class DetailValue(Field):
    """The new value."""

    slot = "detail_value"
    free = True
    again = "utter_details__value_not_understood"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        kind = turn.text_of(DetailKind.slot)
        if kind not in _LABELS:
            return None
        if kind == "address" and not direct and not _LEAD.search(turn.asked.text):
            return None
        return contact_value(kind, turn.asked.text)

    async def correct(self, turn: FormTurn) -> str | None:
        kind = turn.text_of(DetailKind.slot)
        return contact_value(kind, turn.asked.text) if kind in _LABELS else None

    async def claims(self, turn: FormTurn) -> bool:
        """An address has words of all kinds: "Park Row, Leeds" is no question about a branch."""
        kind = turn.text_of(DetailKind.slot)
        return kind in _LABELS and contact_value(kind, turn.asked.text) is not None and "?" not in turn.asked.text

    async def ask(self, turn: FormTurn) -> None:
        kind = turn.text_of(DetailKind.slot)
        contact = await turn.bank.contact(turn.customer.customer_id)
        turn.say("utter_details__ask_value", what=part(_LABELS[kind]), old=held_value(contact, kind))


class DetailsFlow(Flow):
    """New contact details."""

    form = FORMS["change_details_form"]
    action = "action_change_details"
    fields = (DetailKind, DetailValue)
    how_to = "utter_account__how_to_change_details"

    async def settle(self, turn: FormTurn) -> dict[str, str | bool | None]:
        if turn.text_of(DetailKind.slot) != NAME:
            return {}
        turn.say("utter_details__name_needs_document")
        return {DetailKind.slot: None}

    async def confirm(self, turn: FormTurn) -> None:
        kind = turn.text_of(DetailKind.slot)
        contact = await turn.bank.contact(turn.customer.customer_id)
        turn.say(
            "utter_details__confirm",
            what=part(_LABELS[kind]),
            old=held_value(contact, kind),
            new=turn.text_of(DetailValue.slot),
        )

    async def carry_out(self, turn: FormTurn) -> list[Event]:
        kind, value = turn.text_of(DetailKind.slot), turn.text_of(DetailValue.slot)
        receipt = await turn.bank.change_contact(turn.customer.customer_id, cast(ContactKind, kind), value)
        turn.say("utter_details__done", what=part(_LABELS[kind]), new=value, reference=receipt.reference)
        return []


ACTIONS: Final = actions_of(DetailsFlow)
