"""The verdict on a conversation: the first criterion that matches wins."""

from __future__ import annotations

from typing import Any

from escalation.conditions import Found
from escalation.model import Assessment, Conversation, Criterion, Policy, Turn


def assess(policy: Policy, conversation: Conversation) -> Assessment:
    """Judge the conversation after its latest turn. Without any turn there is nothing to judge: the AI answers."""
    if not conversation.turns:
        return Assessment(outcome="answer", policy_version=policy.version)
    for criterion in policy.criteria:
        found = _match(criterion, conversation)
        if found is None or _made_lately(criterion, conversation):
            continue
        return Assessment(
            outcome=criterion.then.outcome,
            policy_version=policy.version,
            criterion=criterion.id,
            why=criterion.why,
            evidence=_evidence(found, conversation),
            queue=criterion.then.queue,
            priority=criterion.then.priority,
            skill=criterion.then.skill,
            say=criterion.then.say,
            protocol=criterion.then.protocol,
            floor=criterion.floor,
        )
    return Assessment(outcome="answer", policy_version=policy.version)


def _match(criterion: Criterion, conversation: Conversation) -> Found | None:
    if not criterion.enabled:
        return None
    found = criterion.when.match(conversation)
    if found is None:
        return None
    if criterion.unless is not None and criterion.unless.match(conversation) is not None:
        return None
    return found


def _made_lately(criterion: Criterion, conversation: Conversation) -> bool:
    """Whether an offer was due at one of the last turns already: a customer is not asked the same at every message."""
    count = len(conversation.turns)
    earlier = range(max(1, count - criterion.again_after + 1), count)
    return any(_match(criterion, conversation.until(turns)) is not None for turns in earlier)


def _evidence(found: Found, conversation: Conversation) -> dict[str, Any]:
    by_id = {turn.message_id: turn for turn in conversation.turns}
    latest = conversation.turns[-1]
    ids = {message_id for entry in found for message_id in entry["message_ids"]} or {latest.message_id}
    return {
        "message_ids": [message_id for message_id in by_id if message_id in ids],
        "matched": list(found),
        "intent": {"name": latest.intent, "confidence": latest.confidence},
        "words": _words(found, by_id),
    }


def _words(found: Found, by_id: dict[str, Turn]) -> list[dict[str, Any]]:
    """The customer's words behind each signal that matched, where the brain pointed at them."""
    seen: set[tuple[str, int, int]] = set()
    words: list[dict[str, Any]] = []
    for entry in found:
        if entry["kind"] != "signal":
            continue
        for message_id in entry["message_ids"]:
            turn = by_id[message_id]
            for span in turn.signal_words.get(entry["signal"], ()):
                place = (message_id, span.start, span.end)
                if place in seen or not 0 <= span.start < span.end <= len(turn.text):
                    continue
                seen.add(place)
                text = turn.text[span.start : span.end]
                words.append({"message_id": message_id, "start": span.start, "end": span.end, "text": text})
    return words
