"""Another language: answered in it from then on, where it is one of ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.topic import SLOT_LOCALE, Event, Speaker, packs

SLOT_LANGUAGE: Final = "language"
UTTER_CHANGED: Final = "utter_language__changed"
UTTER_WHICH: Final = "utter_language__which"
NAMES: Final = Path(__file__).with_name("languages.yml")


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Mapping[str, Any]]:
    """What each language's button says, and the names that customers have for it."""
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(NAMES.read_text(encoding="utf-8"))
    return found


def named_language(text: str) -> str | None:
    """The language of ours that a text names; the last one of several ("not German, Spanish")."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = re.findall(r"[^\W\d_]+", plain)
    by_name = {name: language for language, entry in languages().items() for name in entry["names"]}
    return next((by_name[word] for word in reversed(words) if word in by_name), None)


def locale_in(language: str, region: str) -> str:
    """A locale pack of the language: that of the customer's region, where there is one."""
    of_language = [pack for pack in packs().values() if pack.language == language]
    same_region = [pack for pack in of_language if pack.region == region]
    return (same_region or of_language)[0].tag


class ActionChangeLanguage(Action):
    """Goes on in the language asked for, or says which there are."""

    NAME = "action_change_language"

    def name(self) -> str:
        return self.NAME

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        _domain: object,
    ) -> list[Event]:
        language = named_language((tracker.latest_message or {}).get("text") or "")
        if language is None:
            choices = [(str(entry["button"]), str(entry["button"])) for entry in languages().values()]
            Speaker(dispatcher).with_choices(UTTER_WHICH, choices)
            return []
        locale = locale_in(language, tracker.get_slot("region") or "")
        # Rasa chooses a response by the slots as they were before an action: the answer is an action of its own.
        return [SlotSet(SLOT_LANGUAGE, language), SlotSet(SLOT_LOCALE, locale), FollowupAction(UTTER_CHANGED)]
