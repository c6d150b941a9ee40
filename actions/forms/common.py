"""Readings that several flows share: a card, an account, a sum, one of several things, a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from actions import normalise
from actions.bank.interface import Account, Card
from actions.bank.money import Money
from actions.exchange import to_smallest_unit
from actions.forms.flow import FormTurn
from actions.forms.reading import corrects
from actions.topic import Asked

Choices = Sequence[tuple[str, str]]  #: (key, the words that name it)

_NOT_A_SUM: Final = re.compile(
    r"\b\d{1,2}(?:st|nd|rd|th)\b|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\b\d{1,2}:\d{2}\b"
    r"|\b\d{1,2}\s?[ap]m\b"
    r"|\b(?:ending|ends|last four|card)(?: (?:in|with|digits))?\s*\d{4}\b|\b20\d{2}\b(?!\s*(?:pounds|euros|dollars))",
    re.IGNORECASE,
)
#: Short words that name nothing by themselves.
_COMMON: Final = frozenset(
    {
        "a", "an", "and", "at", "da", "das", "de", "del", "der", "die", "do", "du", "el", "en", "for", "from", "in", "inc", "is",
        "it", "la", "le", "les", "ltd", "me", "mr", "mrs", "my", "ng", "no", "o", "of", "on", "one", "or", "sa", "sr", "sra",
        "the", "to", "und", "us", "y", "yes",
    }
)  # fmt: skip
_OTHER: Final = re.compile(r"\b(other|andere\w*|autre|otr[ao]|outr[ao]|isa pa|yung isa)\b")
_ORDINALS: Final = (
    re.compile(r"\b(first|1st|erste\w*|premi\w+|primer\w*|primeir\w*|una)\b"),
    re.compile(r"\b(second|2nd|zweite\w*|deuxieme|segund\w*|pangalawa)\b"),
    re.compile(r"\b(third|3rd|dritte\w*|troisieme|tercer\w*|terceir\w*|pangatlo)\b"),
    re.compile(r"\b(fourth|4th|vierte\w*|quatrieme|cuart\w*|quart\w*|pang-?apat)\b"),
)


def sum_in(asked: Asked, currency: str, *, direct: bool) -> Money | None:
    """The sum that a message gives.

    A bare number counts only where a sum was asked for or put right; ordinals, dates, times and cards' digits never do.
    """
    text = _NOT_A_SUM.sub(" ", asked.text) if not asked.text.startswith("/") else ""
    marked = re.search(
        r"(?:[£€$₱]|r\$|mx\$)\s?\d[\d.,' ]*(?:\s?k\b)?|\d[\d.,']*(?:\s?k)?\s?(?:[£€₱]|pounds?|quid|euros?|dollars?"
        r"|bucks|pesos?|reais|piso)\b",
        text,
        re.IGNORECASE,
    )
    value: Decimal | None = normalise.amount(marked.group()) if marked else None
    if value is None and direct:
        value = normalise.amount(text)
        stated = asked.entity("amount")
        if value is None and stated is not None and (asked.text.startswith("/") or not re.search(r"\d", asked.text)):
            value = normalise.amount(stated)  # "two hundred": the entity finder knows numbers in words
    return None if value is None else to_smallest_unit(value, currency)


def choose(text: str, choices: Choices, *, previous: str | None = None, direct: bool = True) -> str | None:
    """The key of the one thing that the words name; where it was asked for, also by its place or as the other of two."""
    named = [key for key, words in choices if normalise.mentions(text, words)]
    if len(named) == 1:
        return named[0]
    folded = normalise.fold(text)
    said = set(re.findall(r"\w+", folded)) - _COMMON
    short = [key for key, words in choices if said & set(re.findall(r"\w+", normalise.fold(words)))]
    if not named and len(short) == 1:
        return short[0]
    if previous is not None and _OTHER.search(folded):
        others = [key for key, _ in choices if key != previous]
        return others[0] if len(others) == 1 else None
    if direct and not named:
        for index, pattern in enumerate(_ORDINALS):
            if index < len(choices) and pattern.search(folded):
                return choices[index][0]
    return None


def card_in(turn: FormTurn, cards: Sequence[Card], slot: str, *, direct: bool) -> Card | None:
    """The card that the message names; in a correction also "the other one"."""
    said = turn.asked.said("card_ending", "card_kind")
    previous = turn.text_of(slot) or None
    names_one = normalise.card_kind(said) is not None or normalise.card_ending(said) is not None
    if not direct and not names_one and not corrects(turn.asked):
        return None  # "the first" need not be a card here
    return normalise.choose_card(said, cards, previous=previous)


def card_of(turn: FormTurn, cards: Sequence[Card], slot: str) -> Card | None:
    """The card whose ending a slot holds."""
    return next((card for card in cards if card.ending == turn.text_of(slot)), None)


def account_in(turn: FormTurn, accounts: Sequence[Account], *, direct: bool) -> Account | None:
    """The account that the message names by ending, type or name."""
    text = turn.asked.said("choice", "card_ending")
    types = normalise.account_types(text)
    ending = normalise.card_ending(text)
    found = [account for account in accounts if ending is not None and account.identification == ending]
    found = found or [account for account in accounts if account.account_type_code in types]
    if not found and direct:
        key = choose(text, [(account.account_id, account.nickname) for account in accounts])
        found = [account for account in accounts if account.account_id == key]
    return found[0] if len(found) == 1 else None


def payload(value: str, *, entity: str = "choice") -> str:
    """What a button sends: a bare answer that names its value."""
    return f'/inform{{"{entity}": "{value}"}}'
