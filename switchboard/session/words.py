"""What the switchboard itself says, in the customer's language. The wording stands in policy/locales."""

from __future__ import annotations

from typing import Protocol

from localization import Pack, Packs, fill
from localization.formats import wait_words
from switchboard import ids
from switchboard.session.events import MessageAdded
from switchboard.session.model import Session, Speaker


class Places(Protocol):
    """Whoever knows the queue."""

    def position(self, session_id: str) -> int | None:
        """1 for the next in line; None when the session is not in the queue."""
        ...

    def wait(self, session_id: str) -> tuple[float, float] | None:
        """The expected wait as a range of seconds; None when it cannot be told."""
        ...

    def agents_available(self) -> int:
        """How many desk agents take sessions now."""
        ...


class Words:
    """Makes system messages, and the AI's own disclosure where the brain cannot."""

    def __init__(self, packs: Packs, *, bank: str) -> None:
        self._packs = packs
        self._bank = bank

    def pack(self, locale: str) -> Pack:
        """The pack nearest to a locale."""
        return self._packs.resolve(locale)

    def system(self, session: Session, key: str, *, message_id: str | None = None, **values: object) -> MessageAdded:
        """A system message; `key` is the sentence's place in the pack, such as "queue.agent_joined"."""
        sentence: object = self.pack(session.locale)
        for name in key.split("."):
            sentence = getattr(sentence, name)
        return MessageAdded(
            id=message_id or ids.message_id(),
            speaker=Speaker.SYSTEM,
            text=fill(str(sentence), bank=self._bank, **values),
            epoch=session.epoch,
            response=key,
        )

    def place_in_queue(self, session: Session, places: Places) -> MessageAdded | None:
        """What a customer who waits is told, derived from the queue as committed; None where that knows no place for her."""
        position = places.position(session.id)
        if position is None:
            return None
        pack = self.pack(session.locale)
        told = f"place:{session.id}:{session.epoch}"
        if places.agents_available() == 0:
            return self.system(
                session, "queue.joined_no_agents", message_id=told, position=position, hours=pack.human_hours
            )
        low, high = places.wait(session.id) or (None, None)
        words = wait_words(low, high, pack)
        was_with_a_person = session.human_since is not None
        key = "queue.position_changed" if was_with_a_person else "queue.joined"
        return self.system(session, key, message_id=told, position=position, wait=words)

    def disclosure(self, session: Session, *, returned: bool) -> MessageAdded:
        """The AI's disclosure, word for word as the brain gives it."""
        pack = self.pack(session.locale)
        text = fill(pack.disclosure.returned if returned else pack.disclosure.start, bank=self._bank)
        if pack.language_limits:
            text = f"{text} {pack.language_limits}"
        return MessageAdded(
            id=f"disclosure:{session.epoch}",
            speaker=Speaker.AI,
            text=text,
            epoch=session.epoch,
            disclosure=True,
            response="utter_disclosure__returned" if returned else "utter_disclosure__start",
        )
