"""What every banking topic needs: who asks, where, in which words, and which bank answers."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.bank import get_bank
from actions.bank.interface import Account, Bank, BankUnavailable, Card, Customer, CustomerUnknown
from actions.bank.money import Money
from localization import Pack, Packs, formats, load_packs

log = logging.getLogger(__name__)

#: rasa-sdk's own form of an event.
Event = dict[str, Any]

SLOT_CUSTOMER_ID = "customer_id"
SLOT_LOCALE = "locale"
SLOT_REGION = "region"
SLOT_LAST_TOPIC = "last_topic"

UTTER_SIGN_IN = "utter_identity__how_to_sign_in"
UTTER_UNAVAILABLE = "utter_bank__unavailable"


@lru_cache(maxsize=1)
def packs() -> Packs:
    """The locale packs, read once in a process."""
    return load_packs()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One message of a customer, with what the session knows."""

    text: str
    intent: str | None
    entities: tuple[Mapping[str, Any], ...]
    locale: str
    region: str
    customer_id: str | None

    @classmethod
    def of(cls, tracker: Tracker) -> Asked:
        """From the tracker: its latest message and the session's slots."""
        message = tracker.latest_message or {}
        locale = tracker.get_slot(SLOT_LOCALE)
        pack = packs().resolve(locale)
        return cls(
            text=message.get("text") or "",
            intent=(message.get("intent") or {}).get("name"),
            entities=tuple(message.get("entities") or ()),
            locale=locale or pack.tag,
            region=(tracker.get_slot(SLOT_REGION) or pack.region).upper(),
            customer_id=tracker.get_slot(SLOT_CUSTOMER_ID),
        )

    @property
    def pack(self) -> Pack:
        return packs().resolve(self.locale)

    def entity(self, *names: str) -> str | None:
        """The value of the first entity of these names in the message."""
        for found in self.entities:
            if found.get("entity") in names and found.get("value") not in (None, ""):
                return str(found["value"])
        return None

    def said(self, *names: str) -> str:
        """What the entities of these names say and, after it, the whole message: what normalisers read."""
        return " ".join([*(str(e["value"]) for e in self.entities if e.get("entity") in names), self.text]).strip()

    @property
    def sentence_locale(self) -> str:
        """The locale for names of days and months: they stand in sentences, and must be in the language of these.

        A pack with `language_limits` says that the assistant answers in English; then it is the English of her region.
        """
        if not self.pack.language_limits:
            return self.locale
        regional = f"en-{self.pack.region}"
        return regional if formats.is_known(regional) else "en-GB"

    def money(self, amount: Money) -> str:
        return formats.money(amount.amount, amount.currency, locale=self.locale)

    def day(self, day: date) -> str:
        return formats.day(day, locale=self.sentence_locale)

    def short_day(self, day: date) -> str:
        return formats.short_day(day, locale=self.sentence_locale)

    def weekday(self, day: date) -> str:
        return formats.weekday(day, locale=self.sentence_locale)

    def clock_time(self, value: time) -> str:
        return formats.clock_time(value, locale=self.sentence_locale)


class Speaker:
    """Utters responses by name with the values of their places."""

    def __init__(self, dispatcher: CollectingDispatcher) -> None:
        self._dispatcher = dispatcher

    def __call__(self, response: str, **values: str) -> None:
        self._dispatcher.utter_message(response=response, **values)

    def with_choices(self, response: str, choices: Sequence[tuple[str, str]], **values: str) -> None:
        """A response with a button for each (title, payload)."""
        buttons = [{"title": title, "payload": payload} for title, payload in choices]
        self._dispatcher.utter_message(response=response, buttons=buttons, **values)


def label(response: str) -> str:
    """A name inside a sentence."""
    return wording.part(response)


def card_label(card: Card) -> str:
    return wording.part("utter_card__label", name=card.name, ending=card.ending)


def account_label(account: Account) -> str:
    return wording.part("utter_account__label", name=account.nickname, ending=account.identification)


@dataclass(frozen=True, kw_only=True)
class TopicTurn:
    """What a topic works with: what was asked, a voice, and the tracker."""

    asked: Asked
    say: Speaker
    tracker: Tracker


@dataclass(frozen=True, kw_only=True)
class CustomerTurn(TopicTurn):
    """The same for a signed-in customer, with her bank."""

    bank: Bank
    customer: Customer


class Topic(Action, ABC):
    """An action that answers one topic. Failures of the bank are told as such, never as an empty answer."""

    NAME: ClassVar[str]
    followed_as: ClassVar[str | None] = None  #: the intent under which "and my savings?" asks for it again

    def name(self) -> str:
        return self.NAME

    def events_after(self) -> list[Event]:
        """Events that follow whatever the answer was, such as emptied slots of a form."""
        return []

    @abstractmethod
    async def reply(self, turn: TopicTurn) -> list[Event]:
        """Utter the answer; return what the tracker should remember."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: object) -> list[Event]:
        say = Speaker(dispatcher)
        with wording.speaking(tracker.slots):
            return await self.respond(TopicTurn(asked=Asked.of(tracker), say=say, tracker=tracker))

    async def respond(self, turn: TopicTurn) -> list[Event]:
        """The reply, or the truth about why there is none."""
        say = turn.say
        try:
            events = await self.reply(turn)
        except CustomerUnknown:
            log.warning("bank.customer_unknown action=%s", self.NAME)
            say(UTTER_SIGN_IN)
            events = []
        except BankUnavailable:
            log.exception("bank.unavailable action=%s", self.NAME)
            say(UTTER_UNAVAILABLE)
            events = []
        remembered = [SlotSet(SLOT_LAST_TOPIC, self.followed_as)] if self.followed_as else []
        return [*events, *remembered, *self.events_after()]


class CustomerTopic(Topic, ABC):
    """A topic that only a signed-in customer gets an answer to; everybody else is told how to sign in."""

    async def reply(self, turn: TopicTurn) -> list[Event]:
        if turn.asked.customer_id is None:
            turn.say(UTTER_SIGN_IN)
            return []
        bank = get_bank()
        customer = await bank.customer(turn.asked.customer_id)
        return await self.answer(
            CustomerTurn(asked=turn.asked, say=turn.say, tracker=turn.tracker, bank=bank, customer=customer)
        )

    @abstractmethod
    async def answer(self, turn: CustomerTurn) -> list[Event]:
        """Utter the answer for this customer."""
