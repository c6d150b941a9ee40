"""Response generator `brain.wording.MostFittingResponse`: of a response's variations, the one that says most about when it fits.

Rasa chooses at random among all variations whose conditions hold, so one for Mexico would be told as often as the one for all
who write Spanish. Here a variation with more conditions (`language` and `region`) goes before one with fewer; among equals it
stays chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.constants import RESPONSE_CONDITION
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig


class MostFittingResponse(TemplatedNaturalLanguageGenerator):
    """Named in endpoints.yml under `nlg`."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        super().__init__((domain or Domain.empty()).responses)

    def _random_response_for(
        self, utter_action: str, output_channel: str, filled_slots: dict[str, Any]
    ) -> dict[str, Any] | None:
        if utter_action not in self.responses:
            return None
        fitting = ResponseVariationFilter(self.responses).responses_for_utter_action(
            utter_action, output_channel, filled_slots
        )
        if not fitting:
            return None
        conditions = [len(each.get(RESPONSE_CONDITION) or ()) for each in fitting]
        best = [each for each, count in zip(fitting, conditions, strict=True) if count == max(conditions)]
        chosen: dict[str, Any] = best[np.random.default_rng().integers(len(best))]
        return chosen
