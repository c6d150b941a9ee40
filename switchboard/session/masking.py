"""Secrets are masked before anything is stored, logged, sent to the brain or shown.

PCI DSS 4.0.1, 3.4.1: at most the first six and last four digits of a card number may be kept; CVV and PIN never. We keep
the last four alone, which is what a desk agent needs to know which card is meant.

A card number is 13 to 19 digits that pass the Luhn check, however they are spaced: customers paste them with dashes, dots,
slashes, tabs, line breaks and invisible characters, and write them with full-width or Arabic digits. An IBAN with right check
digits is left as it is, and so are the first 15 digits after a plus, which are a telephone number's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from stdnum import iban

_INVISIBLE = "\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff"
_SPACE = rf"[\s{_INVISIBLE}]"
_MARK = r"[.,/\\_'’·•()\[\]\-\u2010-\u2015\u2212\uff0d\uff0e\uff0f]"
#: What stands between two digits of one number. A comma with a space after it divides a list of numbers instead.
_GAP = rf"(?:{_SPACE}{{0,3}}(?!,\s){_MARK}?{_SPACE}{{0,3}})"
_RUN = re.compile(rf"\d(?:{_GAP}\d){{12,}}")
_CARD_LENGTHS = (16, 15, 14, 13, 19, 18, 17)  #: the most usual first
_PHONE_DIGITS = 15  #: E.164
_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?:[ \u00a0\-]?[A-Za-z0-9]){11,30}")
#: A security code that stands by itself behind a card number, with the expiry date between them or not.
_CODE_BEHIND = re.compile(
    r"(•••• \d{4}(?:\W{1,3}(?:[a-z]{2,8}\W{1,2})?(?:0[1-9]|1[0-2])\s?[/\-]\s?(?:20)?\d\d(?!\d))?)([\s/|,;\-]{1,3})(\d{3,4})"
    r"(?!\w|[.,/\-]\d)",
    re.IGNORECASE,
)

_CODE_WORDS = (
    r"cvv(?: ?2)?|cvc(?: ?2)?|cvn|csc|cid|card verification (?:code|value|number)|security (?:code|number)|safety code"
    r"|(?:3|three)[ -]digits? (?:code|number)|(?:code|number|digits) on the back"
    r"|prüf(?:ziffer|nummer)n?|kartenprüfnummer|sicherheits(?:code|nummer)"
    r"|cryptogramme(?: visuel)?|code de (?:sécurité|vérification)"
    r"|c[óo]digo de (?:seguridad|segurança|seguranca|verificaci[óo]n|verificaç[ãa]o)|c[óo]digo cvv"
    r"|codice di (?:sicurezza|verifica)|numero sa likod|security code ko"
)
_PIN_WORDS = (
    r"pin(?:[ -]?(?:number|code|nummer|nr|zahl|ko))?|geheim(?:zahl|nummer)|code (?:pin|secret|confidentiel)"
    r"|c[óo]digo (?:pin|secreto)|n[úu]mero secreto|nip|clave(?: de(?:l)? (?:tarjeta|cajero))?|senha(?: d[oe] cart[aã]o)?"
    r"|codice pin"
)
_SIGN_IN_WORDS = (
    r"pass ?word|pass ?code|pass ?phrase|pwd|passwort|kennwort|losung(?:swort)?|mot de passe|mdp|contrase[ñn]a"
    r"|clave(?: de acceso)?|senha|palavra[ -]passe|parola d'ordine"
)
#: Brazil's crisis line, Centro de Valorização da Vida, is called by the word for a security code. It must stay readable.
CRISIS_LINE = ("cvv", "188")
#: Words that may stand between the name of a secret and the secret.
_LINK = (
    r"(?:[\s:=,;.\-–—>#\"'“”«»]|\b(?:is|was|are|its|it's|it|my|the|number|of|for|on|back|card|code|today|now|old|new|still"
    r"|ist|war|lautet|meine?r?|der|die|das|karte|von|auf|est|était|de|la|le|ma|mon|carte|es|era|mi|del?|tarjeta"
    r"|é|era|do|da|meu|minha|cart[ãa]o|ay|ko|ng|aking|yung|numero|nummer)\b){0,12}?"
)
_SPACED = r"[\s.\-–_*/,]{0,2}"
_CODE = re.compile(rf"(?<!\w)({_CODE_WORDS})({_LINK})(?<!\d)(\d(?:{_SPACED}\d){{2,3}})(?!\w)", re.IGNORECASE)
_PIN = re.compile(rf"(?<!\w)({_PIN_WORDS})({_LINK})(?<!\d)(\d(?:{_SPACED}\d){{3,5}})(?!\w)", re.IGNORECASE)
#: "My password is wrong" tells no password.
_SIGN_IN_STATES = (
    r"(?:not|wrong|incorrect|invalid|expired|locked|blocked|forgotten|lost|gone|being|been|no|still|never|always|too|so|the"
    r"|my|a|weak|changed|reset|different|correct|right|needed|required|asked|nicht|falsch|gesperrt|abgelaufen|vergessen|weg"
    r"|pas|faux|oublié|bloqué|expiré|perdu|incorrecta|bloqueada|caducada|olvidada|mala|não|nao|errada|expirada|incorreta"
    r"|mali|hindi|nakalimutan)(?![^\W_])"
)
_PASSWORD = re.compile(
    rf"(?<!\w)((?:{_SIGN_IN_WORDS})(?:\s(?:ko|ng account ko))?)"
    r"(\s*(?:[:=]|->|–|-)\s*[\"'“«]?"
    r"|\s+(?:is|was|ist|war|lautet|est|était|es|era|é|ay)(?!\w)\s*:?\s*[\"'“«]?"
    rf"(?!{_SIGN_IN_STATES})"
    r"|\s+(?=\S*[^\W\d_])(?=\S*\d)(?=\S{6}))(\S+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its secrets, and which kinds were taken out."""

    text: str
    kinds: tuple[str, ...]


def mask(text: str) -> Masked:
    """Mask card numbers (last four digits kept), security codes, PINs and passwords."""
    kinds: list[str] = []
    ibans = [span for found in _IBAN.finditer(text) if (span := _iban(found)) is not None]
    text = _RUN.sub(lambda run: _without_cards(run, ibans, kinds), text)
    for kind, pattern in (
        ("security_code", _CODE_BEHIND),
        ("security_code", _CODE),
        ("pin", _PIN),
        ("password", _PASSWORD),
    ):
        text = pattern.sub(_hide(kind, kinds), text)
    return Masked(text, tuple(dict.fromkeys(kinds)))


def _hide(kind: str, kinds: list[str]) -> Callable[[re.Match[str]], str]:
    def replace(found: re.Match[str]) -> str:
        if "card" not in kinds and (found.group(1).casefold(), found.group(3)) == CRISIS_LINE:
            return found.group()
        kinds.append(kind)
        return f"{found.group(1)}{found.group(2)}•••"

    return replace


def _iban(found: re.Match[str]) -> tuple[int, int] | None:
    """Where the IBAN ends that begins here: its country says how long it is, and words may follow."""
    text = found.group()
    ends = [at for at in range(len(text), 14, -1) if text[at - 1].isalnum() and not text[at : at + 1].isalnum()]
    end = next((at for at in ends if iban.is_valid(text[:at], check_country=False)), None)
    return None if end is None else (found.start(), found.start() + end)


def _without_cards(run: re.Match[str], ibans: list[tuple[int, int]], kinds: list[str]) -> str:
    """A run of digits and gaps, with every card number in it masked.

    A card number may begin or end anywhere in a run that a gap divides ("card 4111 1111 1111 1111 12/27"), but never
    inside an unbroken group of digits: every tenth stretch of a long reference would pass the Luhn check.
    """
    text = run.group()
    groups = [
        group
        for group in re.finditer(r"\d+", text)
        if not any(start < run.start() + group.end() and run.start() + group.start() < end for start, end in ibans)
    ]
    telephone = run.string[: run.start()].rstrip()[-1:] == "+"
    out: list[str] = []
    done = 0
    for start, end, shown in _cards(groups, telephone=telephone):
        kinds.append("card")
        out.append(f"{text[done:start]}•••• {shown}")
        done = end
    return "".join(out) + text[done:]


def _cards(groups: list[re.Match[str]], *, telephone: bool) -> list[tuple[int, int, str]]:
    """Where card numbers stand, as (start, end, the four digits to show); what overlaps is one place.

    Overlaps are no freak: digits that stand before or behind a card number pass the check with it by chance. All of it is
    masked, and the digits that are shown are those of the number with the most usual length.
    """
    digits = [int(digit) for group in groups for digit in group.group()]
    ends = list(accumulate(len(group.group()) for group in groups))
    starts = [0, *ends[:-1]]
    # Luhn sums of every stretch from two running sums: one with the digits at even places as they are, one at odd.
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits]
    sums = [
        [
            0,
            *accumulate(
                digit if at % 2 == even else twice
                for at, (digit, twice) in enumerate(zip(digits, doubled, strict=True))
            ),
        ]
        for even in (0, 1)
    ]
    places: list[tuple[int, int, int, str]] = []
    for first, start in enumerate(starts):
        for last in range(first, len(groups)):
            end = ends[last]
            length = end - start
            if length > max(_CARD_LENGTHS):
                break
            total = sums[(end - 1) % 2]
            if length < min(_CARD_LENGTHS) or (total[end] - total[start]) % 10 or len(set(digits[start:end])) == 1:
                continue
            if telephone and end <= _PHONE_DIGITS:
                continue
            place = (groups[first].start(), groups[last].end(), length, "".join(map(str, digits[end - 4 : end])))
            if places and place[0] < places[-1][1]:
                before = places.pop()
                usual = min(before, place, key=lambda one: _CARD_LENGTHS.index(one[2]))
                place = (before[0], max(before[1], place[1]), *usual[2:])
            places.append(place)
    return [(start, end, shown) for start, end, _length, shown in places]
