"""Rasa's output channel for one turn: utterances become lines that the guard releases or drops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa.core.channels.channel import OutputChannel

from brain.turn import Line

_OWN_KEYS = frozenset(
    [
        "text",
        "buttons",
        "quick_replies",
        "image",
        "elements",
        "attachment",
        "custom",
        "utter_action",
        "disclosure",
        "timestamp",
        "model_id",
        "assistant_id",
    ]
)


class TurnOutput(OutputChannel):
    """Collects; sends nothing by itself.

    Its name is the customer's channel, so that responses may have `channel:` variations.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.utterances: list[Line] = []

    def name(self) -> str:
        """The customer's channel, for instance `web`."""
        return self._channel

    async def send_response(self, recipient_id: str, message: Mapping[str, Any]) -> None:
        """Called by Rasa for everything that the assistant says."""
        line = utter_line(message)
        if line is not None:
            self.utterances.append(line)

    def take(self) -> list[Line]:
        """The utterances so far, which are then forgotten."""
        taken, self.utterances = self.utterances, []
        return taken


def utter_line(message: Mapping[str, Any]) -> Line | None:
    """The `utter` line of a message of Rasa's; None if there is nothing to see in it."""
    text = message.get("text")
    image = message.get("image") or _attached_image(message.get("attachment"))
    metadata = {key: value for key, value in message.items() if key not in _OWN_KEYS and value is not None}
    if message.get("custom"):
        metadata["custom"] = message["custom"]
    line: Line = {
        "type": "utter",
        "text": text if isinstance(text, str) and text.strip() else None,
        "response": message.get("utter_action"),
        "buttons": _buttons(message.get("buttons") or message.get("quick_replies") or []),
        "image": image if isinstance(image, str) else None,
        "elements": [element for element in message.get("elements") or [] if isinstance(element, dict)],
        "disclosure": message.get("disclosure") is True,
        "metadata": metadata,
    }
    visible = line["text"] or line["buttons"] or line["image"] or line["elements"] or message.get("custom")
    return line if visible else None


def _buttons(buttons: Iterable[Any]) -> list[dict[str, str]]:
    return [
        {"title": str(button["title"]), "payload": str(button.get("payload") or button["title"])}
        for button in buttons
        if isinstance(button, dict) and button.get("title")
    ]


def _attached_image(attachment: Any) -> str | None:
    if isinstance(attachment, dict) and attachment.get("type") == "image":
        source = (attachment.get("payload") or {}).get("src")
        return source if isinstance(source, str) else None
    return None
