"""Another language is answered in it; none named, or none of ours: which there are."""

from __future__ import annotations

import pytest
from rasa_sdk.events import FollowupAction, SlotSet

from actions.language import UTTER_CHANGED, UTTER_WHICH, ActionChangeLanguage, languages, locale_in, named_language
from actions.topic import packs
from tests.actions.support import asked, run


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("can we do this in Spanish?", "es"),
        ("¿podemos hablar en español?", "es"),
        ("espanol", "es"),
        ("auf Deutsch bitte", "de"),
        ("not German, French please", "fr"),
        ("en français svp", "fr"),
        ("pode ser em português?", "pt"),
        ("pwede po ba tagalog", "fil"),
        ("en inglés por favor", "en"),
        ("Englisch", "en"),
        ("do you speak Polish", None),
        ("another language please", None),
        ("", None),
    ],
)
def test_language_is_read_in_any_language(text: str, language: str | None) -> None:
    assert named_language(text) == language


def test_every_language_has_a_pack_and_is_read_off_its_own_button() -> None:
    for language, entry in languages().items():
        assert named_language(entry["button"]) == language
        assert packs()[locale_in(language, "XX")].language == language


def test_pack_of_the_customers_region_is_preferred() -> None:
    assert locale_in("es", "MX") == "es-MX"
    assert locale_in("es", "ES") == "es-ES"
    assert locale_in("de", "GB") == "de-DE"


async def test_customer_is_answered_in_the_language_she_asks_for() -> None:
    """The slots that choose the wording and the formats change, and the words that say so come after that."""
    events, messages = await run(ActionChangeLanguage(), asked("auf Deutsch bitte"))
    assert events == [SlotSet("language", "de"), SlotSet("locale", "de-DE"), FollowupAction(UTTER_CHANGED)]
    assert messages == []


async def test_customer_who_names_no_language_of_ours_hears_which_there_are() -> None:
    events, (message,) = await run(ActionChangeLanguage(), asked("do you speak Polish"))
    assert events == []
    assert message["response"] == UTTER_WHICH
    assert [button["title"] for button in message["buttons"]] == [entry["button"] for entry in languages().values()]
