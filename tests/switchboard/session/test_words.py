"""What the switchboard says, in every locale."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localization import Packs
from switchboard.session.model import Session, Speaker
from switchboard.session.words import Words
from tests.switchboard.session.conftest import Line
from tests.switchboard.session.samples import opened

LOCALES = ("en-GB", "en-US", "de-DE", "fr-FR", "es-ES", "es-MX", "pt-BR", "fil-PH")
VALUES: dict[str, Any] = {"agent": "Amara", "position": 3, "wait": "5", "hours": "9–17"}
KEYS = (
    "queue.cancelled",
    "queue.timed_out",
    "queue.agent_joined",
    "queue.agent_lost",
    "queue.transferred",
    "queue.returned",
    "unavailable.handoff",
    "stopped.handoff",
    "session.ended",
    "session.ended_by_agent",
    "session.expired",
)


@pytest.fixture
def words(packs: Packs) -> Words:
    return Words(packs, bank="Demo Bank")


def session(locale: str) -> Session:
    return opened().model_copy(update={"locale": locale})


def test_there_is_a_test_for_every_pack(packs: Packs) -> None:
    assert set(packs) == set(LOCALES)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_is_complete_and_the_systems(words: Words, locale: str, key: str) -> None:
    message = words.system(session(locale), key, **VALUES)
    assert message.text.strip()
    assert not re.search(r"[{}]", message.text)
    assert (message.speaker, message.response, message.epoch) == (Speaker.SYSTEM, key, 1)


@pytest.mark.parametrize("returned", [False, True])
@pytest.mark.parametrize("locale", LOCALES)
def test_the_disclosure_is_the_ais_and_names_the_bank(words: Words, locale: str, returned: bool) -> None:
    message = words.disclosure(session(locale), returned=returned)
    assert message.disclosure
    assert message.speaker is Speaker.AI
    assert "Demo Bank" in message.text
    assert not re.search(r"[{}]", message.text)


def test_a_language_in_which_the_ai_is_weak_is_told_so(words: Words, packs: Packs) -> None:
    for locale in LOCALES:
        limits = packs.resolve(locale).language_limits
        assert words.disclosure(session(locale), returned=False).text.endswith(limits)


@pytest.mark.parametrize("available", [0, 2])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_place_is_told_with_its_number(words: Words, locale: str, available: int) -> None:
    line = Line()
    line.available = available
    message = words.place_in_queue(session(locale), line)
    assert message is not None
    assert "3" in message.text
    assert message.response == ("queue.joined" if available else "queue.joined_no_agents")


def test_a_place_has_one_id_in_each_epoch_so_that_it_is_told_once(words: Words) -> None:
    first, second = (words.place_in_queue(session("en-GB"), Line()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.id == second.id
    later = words.place_in_queue(session("en-GB").model_copy(update={"epoch": 3}), Line())
    assert later is not None
    assert later.id != first.id


def test_an_unknown_locale_is_answered_in_british_english(words: Words) -> None:
    assert words.pack("xx-YY").tag == "en-GB"
    assert words.pack("").tag == "en-GB"
    assert words.pack("de-AT").tag == "de-DE"
