"""Rasa component `brain.entities.SpacyEntities`: what a customer names, found by rules, with normalised values.

amount "250.50" · currency "GBP" · date "2026-03-12" · time "14:30" · period "2026-03", "2025" or "2026-11-09/2026-11-15" ·
card_ending "4821" · card_kind "debit" or "credit" · iban · phone_number "+447911123456" · email · reference "TRX-2041" ·
payee · merchant · branch_place · person_name. Rules, because these must be exact, explainable and need no annotated examples.
English, German, Spanish, French, Portuguese and Taglish: a language is one file in brain/entity_languages/.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from brain.entity_finder import EntityFinder, load_finder
from brain.entity_language import FOLDER

EXTRACTOR = "SpacyEntities"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SpacyEntities(GraphComponent, EntityExtractorMixin):
    """Adds what `EntityFinder` finds to each message, read by the locale in the message's metadata."""

    def __init__(self, finder: EntityFinder) -> None:
        self._finder = finder

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpacyEntities:
        """Read the languages: the project's, or those of `languages` in config.yml."""
        return cls(load_finder(Path(config["languages"]) if config.get("languages") else FOLDER))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`languages`: a folder in place of brain/entity_languages."""
        return {"languages": None}

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["spacy", "babel", "phonenumbers", "stdnum"]

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities."""
        today = datetime.now().astimezone().date()
        for message in messages:
            metadata = message.get("metadata")
            told = metadata if isinstance(metadata, dict) else {}
            found = self._finder.find(
                message.get(TEXT) or "",
                today=today,
                locale=str(told.get("locale") or "en-GB"),
                region=str(told.get("region") or ""),
            )
            entities = [
                {"entity": f.entity, "value": f.value, "start": f.start, "end": f.end, "extractor": EXTRACTOR}
                for f in found
            ]
            message.set(ENTITIES, (message.get(ENTITIES) or []) + entities, add_to_output=True)
        return messages
