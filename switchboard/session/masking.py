"""Secrets are masked before anything is stored, logged, sent to the brain or shown.

PCI DSS 4.0.1, 3.4.1: at most the first six and last four digits of a card number may be kept; CVV and PIN never. We keep
the last four alone, which is what a desk agent needs to know which card is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import luhn

_DIGIT_RUN = re.compile(r"(?<![\w.,])\d(?:[ \-.\u00a0]?\d){11,18}(?!\w)")
_CODE_WORDS = r"cvv2?|cvc2?|cvn|csc|security code|código de seguridad|prüfziffer|cryptogramme|código de segurança"
_PIN_WORDS = r"pin(?: ?(?:number|code|nummer))?|geheimzahl|code (?:pin|secret)|clave|senha do cart[aã]o"
_PASSWORD_WORDS = r"password|passcode|passwort|kennwort|mot de passe|contraseña|senha"
_LINK = r"(?:\s*(?:is|was|are|ist|est|es|é|ay|:|=|-|,|\bthe\b|\bnumber\b|\bof\b|on the back)\s*){0,3}\s*"
_CODE = re.compile(rf"\b({_CODE_WORDS})({_LINK})(\d{{3,4}})\b", re.IGNORECASE)
_PIN = re.compile(rf"\b({_PIN_WORDS})({_LINK})(\d{{4,6}})\b", re.IGNORECASE)
_PASSWORD = re.compile(rf"\b({_PASSWORD_WORDS})(\s*(?:is|was|ist|est|es|é|:|=)\s*)(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its secrets, and which kinds were taken out."""

    text: str
    kinds: tuple[str, ...]


def mask(text: str) -> Masked:
    """Mask card numbers (last four digits kept), security codes, PINs and passwords."""
    kinds: list[str] = []

    def card(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match.group())
        if not (12 <= len(digits) <= 19 and luhn.is_valid(digits)) or len(set(digits)) == 1:
            return match.group()
        kinds.append("card")
        return f"•••• {digits[-4:]}"

    def secret(kind: str, shown: str) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            kinds.append(kind)
            return f"{match.group(1)}{match.group(2)}{shown}"

        return replace

    text = _DIGIT_RUN.sub(card, text)
    for kind, pattern in (("security_code", _CODE), ("pin", _PIN), ("password", _PASSWORD)):
        text = pattern.sub(secret(kind, "•••"), text)
    return Masked(text, tuple(dict.fromkeys(kinds)))
