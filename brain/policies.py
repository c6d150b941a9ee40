"""Policy `brain.policies.HandoffFirst`: when the assessment says that a person takes over, nothing else is predicted."""

from __future__ import annotations

from typing import Any

from rasa.core.constants import POLICY_PRIORITY
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

ACTION_HANDOFF = "action_handoff"
SLOT_ASSESSMENT = "assessment"
PRIORITY = 100  #: Rasa's highest is 6, for RulePolicy


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class HandoffFirst(Policy):
    """Predicts action_handoff, then action_listen, for a message whose assessment has the outcome `handoff`.

    The turn guard does the same when the switchboard asks; this policy makes `rasa shell`, `rasa test` and any other
    channel behave alike.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`priority` over all of Rasa's policies."""
        return {POLICY_PRIORITY: PRIORITY}

    @staticmethod
    def supported_data() -> SupportedData:
        """Takes part beside rules and stories alike; it learns from neither."""
        return SupportedData.ML_AND_RULE_DATA

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """There is nothing to learn."""
        with self._model_storage.write_to(self._resource):
            pass
        return self._resource

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **kwargs: Any
    ) -> PolicyPrediction:
        """Certainty for the handoff or for listening after it, nothing at all otherwise."""
        action = _next_action(tracker)
        if action is None or action not in domain.action_names_or_texts:
            return self._prediction([0.0] * domain.num_actions)
        prediction = self._prediction(PolicyPrediction.for_action_name(domain, action).probabilities)
        # A form asks for its turn with a "no user" prediction, which outranks every priority: so must this one.
        prediction.is_no_user_prediction = True
        return prediction

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> HandoffFirst:
        """Nothing was stored; the policy is its configuration."""
        return cls(config, model_storage, resource, execution_context)


def _next_action(tracker: DialogueStateTracker) -> str | None:
    if not handoff_is_due(tracker):
        return None
    if tracker.latest_action_name == ACTION_LISTEN_NAME:
        return ACTION_HANDOFF
    if tracker.latest_action_name == ACTION_HANDOFF:
        return str(ACTION_LISTEN_NAME)
    return None


def handoff_is_due(tracker: DialogueStateTracker) -> bool:
    """Whether the assessment of the latest message, and of no earlier one, says `handoff`."""
    assessment = tracker.get_slot(SLOT_ASSESSMENT)
    if not isinstance(assessment, dict) or assessment.get("outcome") != "handoff":
        return False
    message = tracker.latest_message
    if message is None:
        return False
    own = {message.message_id, (message.metadata or {}).get("message_id")}
    return assessment.get("message_id") in own or not any(own)
