"""What is written in signs rather than words: account and telephone numbers, addresses, card endings, references, kinds of card.

IBANs are checked by their check digits (ISO 13616, python-stdnum), telephone numbers by their country's numbering plan
(libphonenumber) and given in E.164. A card number is masked before it comes here: `•••• 4821`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from stdnum import iban

from brain.entity_language import Language, Shared
from brain.entity_text import Found, Reading, alternatives, fold_pattern, one_of

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?![\w-]|\.\w)")
_IBAN = re.compile(r"(?<![^\W_])[a-z]{2}\d{2}(?:[ -]?[a-z0-9]){11,30}")
_PHONE = re.compile(r"(?<![\w.,/•@-])(?<!• )(?:\+|\(\+?)?\d(?:[ ().\-/]{0,3}\d){6,16}(?![\w@]|[.,/-]\d)")
_MASK = r"(?<![*x•])[*x•]{2,16}(?:[ -][*x•]{2,4}){0,3}[\s-]{0,3}(?P<value>\d{4})(?![\d-])(?!/\d\d\d)"
_BARE_REFERENCE = re.compile(
    r"(?<![\w@./-])(?=[a-z-]*-?\w*\d\w*\d\w*\d)(?:[^\W\d_]{2,5}-?\d{4,16}|[^\W\d_]{2,5}(?:-[a-z0-9]{2,8}){1,3}(?<=\d))(?![\w@-])"
)
#: "... ends 6604 and the new one 1193"
_ANOTHER = re.compile(
    r"\s*(?:,|and|or|und|oder|y|o|et|ou|e|at)\s+(?:(?:the|new|old|other|one|my|in|with|ending|die|der|den|auf|neue|alte|andere|la|el|le|les"
    r"|a|en|otra|nueva|nouvelle|autre|par|outro|outra|novo|final|em|yung|isa|sa)\s+){0,4}(?P<value>\d{4})(?![\w/€£$%]|[.,:-]\d|\s?[€£$])"
)
_FOUR_ALONE = re.compile(r"^[\s.!]*(?P<value>\d{4})[\s.!?]*$")


class CodeFinder:
    """Compiled once for a language."""

    def __init__(self, language: Language, shared: Shared) -> None:
        cards = language.part("cards")
        self._codes = shared.codes
        money = one_of(word for words in language.part("money")["units"].values() for word in words)
        signs = "|".join(re.escape(sign) for sign in shared.signs)
        self._ending = re.compile(
            rf"(?:{alternatives(cards['ending'])})(?:[\s:#]|po\s|es\s|na\s)*[*x•]*\s?(?P<value>\d{{4}})(?![\d/]|-\d|[.,:]\d)(?!\s*(?:{money}|{signs})(?!\w))"
            rf"|{_MASK.replace('value', 'masked')}"
        )
        self._kinds = [
            (kind, re.compile(fold_pattern(pattern)))
            for kind in ("debit", "credit")
            for pattern in cards.get(kind) or ()
        ]
        lead = one_of(cards.get("lead") or ())
        self._alone = [
            (kind, re.compile(rf"^\W*(?:(?:{lead})\s+)*(?P<span>{one_of(cards['alone'][kind])})\W*$"))
            for kind in ("debit", "credit")
        ]
        link = one_of(language.content.get("reference_link") or ())
        self._reference = re.compile(
            rf"\b(?:{alternatives(language.content.get('reference') or ())})(?:[\s:#]+(?:{link})(?!\w)\.?)*[\s:#]+"
            r"(?P<value>(?=[\w-]*\d)[^\W_][\w-]{3,24})(?!\w|[.,]\d|\s?[€$£])"
        )
        _phone("0000000", language.region, cued=False)  # libphonenumber reads a country's plan when it first needs it
        self._phone_cue = re.compile(rf"\b(?:{one_of(language.content.get('phone_cues') or ())})\b")

    def addresses(self, reading: Reading) -> Iterator[Found]:
        """E-mail addresses, then IBANs."""
        if "@" in reading.text:
            for match in _EMAIL.finditer(reading.text):
                yield reading.found("email", match[0], match.span())
        for match in _IBAN.finditer(reading.folded):
            if (end := _iban_end(match)) is not None:
                yield reading.found("iban", iban.compact(match[0][: end - match.start()]), (match.start(), end))

    def references(self, reading: Reading) -> Iterator[Found]:
        """References that are named as such, then those that look like one."""
        for match in self._reference.finditer(reading.folded):
            span = match.span("value")
            yield reading.found("reference", reading.text[slice(*span)].upper(), span)
        for match in _BARE_REFERENCE.finditer(reading.folded):
            written = reading.text[slice(*match.span())].upper()
            if re.match(r"[^\W\d_]*", written)[0] not in self._codes:  # type: ignore[index] # it matches nothing, too
                yield reading.found("reference", written, match.span())

    def endings(self, reading: Reading) -> Iterator[Found]:
        """The last four digits of a card. Four digits alone answer "how much?" alike: the form that asks takes its own."""
        for match in self._ending.finditer(reading.folded):
            group = "value" if match["value"] else "masked"
            yield reading.found("card_ending", match[group], match.span(group))
            if other := _ANOTHER.match(reading.folded, match.end(group)):
                yield reading.found("card_ending", other["value"], other.span("value"))
        if alone := _FOUR_ALONE.match(reading.folded):
            for entity in ("card_ending", "amount"):
                yield reading.found(entity, alone["value"], alone.span("value"))

    def phones(self, reading: Reading) -> Iterator[Found]:
        """Telephone numbers that exist where they are said to be, and with a word like "call" before them those that could."""
        for match in _PHONE.finditer(reading.folded):
            number = _phone(match[0], reading.region, cued=bool(self._phone_cue.search(reading.folded)))
            if number is not None:
                yield reading.found("phone_number", number, match.span())

    def kinds(self, reading: Reading) -> Iterator[Found]:
        """`debit` or `credit`, said of a card or alone as an answer."""
        for kind, pattern in (*self._kinds, *self._alone):
            for match in pattern.finditer(reading.folded):
                yield reading.found("card_kind", kind, match.span("span" if "span" in pattern.groupindex else 0))


def _iban_end(match: re.Match[str]) -> int | None:
    """Where the account number ends that begins here: its check digits say so, and words may follow."""
    text = match[0]
    for at in range(len(text), 14, -1):
        boundary = text[at - 1].isalnum() and not text[at : at + 1].isalnum()
        if boundary and iban.is_valid(text[:at], check_country=False):
            return match.start() + at
    return None


def _phone(written: str, region: str, *, cued: bool) -> str | None:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    good = phonenumbers.is_valid_number(number) or (cued and phonenumbers.is_possible_number(number))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)) if good else None
