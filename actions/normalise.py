"""From a customer's words to values: cards, amounts, days, currencies, references, reasons.

Pure functions that know words of several languages; they return None for what they do not recognise and never guess. These words
are understood, not said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

from actions.bank.interface import Card

CardKind = Literal["debit", "credit", "prepaid"]
Reason = Literal["lost", "stolen", "damaged", "mislaid", "other"]

_ENDING: Final = re.compile(r"(?<![\d.,£$€])(\d{4})(?![\d]|[.,]\d)")
_KINDS: Final[dict[CardKind, re.Pattern[str]]] = {
    "debit": re.compile(r"\bdebit|\bdebi(to|t)|\bgirocard\b|\bec.?karte\b"),
    "credit": re.compile(r"\bcredit|\bkredit"),
    "prepaid": re.compile(r"\bprepaid|\bpre.?paid|\bprepag|\bprepay"),
}
_OTHER_ONE: Final = re.compile(
    r"\b(the )?other( one| card)?\b(?! day| week| night| than)"
    r"|\bandere|\bl'autre|\bla otra|\bel otro|\ba outra|\bo outro|\byung isa"
)
_FIRST: Final = re.compile(r"\b(first|1st|former|erste|premi[eè]re?|primer[oa]?|primeir[oa])\b")
_SECOND: Final = re.compile(r"\b(second|2nd|latter|zweite|deuxieme|seconde|segund[oa]|pangalawa)\b")
_REASONS: Final[tuple[tuple[Reason, re.Pattern[str]], ...]] = (
    ("stolen", re.compile(
        r"\b(stole|stolen|theft|thief|robbed|mugged|pickpocket\w*|nicked|snatched|gestohlen|geklaut|vole+s?|rob(o|aron|ada)|roubad\w|"
        r"roubaram|ninakaw|nanakaw)\b"
    )),
    ("mislaid", re.compile(
        r"\b(mislaid|misplaced?|can'?t find|cannot find|not sure where|somewhere (at home|in the house)|might turn up|"
        r"may turn up|verlegt|"
        r"egaree?|no (la )?encuentro|nao (acho|encontro)|hindi ko mahanap|temporar\w*|for now|just in case|freeze|pause)\b"
    )),
    ("lost", re.compile(r"\b(lost|lose|losing|missing|gone|left it|dropped|verloren|perdu|perdi(do|da)?|extravi\w+|nawala)\b")),
    ("damaged", re.compile(
        r"\b(damaged?|broken?|broke|cracked|snapped|bent|chip|does ?n.t work|not working|kaputt|beschadigt|"
        r"cassee?|abimee?|danad\w|rota|"
        r"quebrad\w|danificad\w|sira)\b"
    )),
)  # fmt: skip
_REFERENCE: Final = re.compile(r"\b([A-Za-z]{2})[- ]?(\d{5})\b")
_NUMBER: Final = re.compile(r"(?<![\w-])\d+(?:[.,' \u00a0\u202f]\d{3})*(?:[.,]\d{1,2})?(?![\d-])")
_SCALE: Final = re.compile(r"\s?(k|grand|thousand|mil)\b", re.IGNORECASE)
_LATEST: Final = re.compile(
    r"\b(last|latest|most recent|newest|recent one|letzte|derniere?|ultim[oa]|mas reciente|mais recente|huling?)\b"
)
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_MONTH: Final = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({'|'.join(_MONTHS)})[a-z]*\b")
_MONTH_DAY: Final = re.compile(rf"\b({'|'.join(_MONTHS)})[a-z]* (\d{{1,2}})(?:st|nd|rd|th)?\b")
_ISO_DAY: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_CURRENCIES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (code, re.compile(pattern))
    for code, pattern in (
        ("MXN", r"\bmxn\b|mx\$|mexican pesos?|pesos? mexican"),
        ("PHP", r"\bphp\b|₱|philippine pesos?|\bpisos?\b"),
        ("BRL", r"\bbrl\b|r\$|\breais\b|\breal(es)?\b|brazilian"),
        ("CAD", r"\bcad\b|canadian( dollars?)?|ca\$"),
        ("AUD", r"\baud\b|australian( dollars?)?|au\$"),
        ("USD", r"\busd\b|us\$|us dollars?|(?<![a-z])\$|\bdollars?\b|\bdolar(es)?\b|\bbucks\b"),
        ("EUR", r"\beur\b|€|\beuros?\b"),
        ("GBP", r"\bgbp\b|£|\bpounds?\b|\bsterling\b|\bquid\b|\blibras?\b"),
        ("JPY", r"\bjpy\b|¥|\byen\b"),
        ("CHF", r"\bchf\b|\bfrancs?\b|\bfranken\b"),
        ("PLN", r"\bpln\b|\bzlot\w+"),
        ("SEK", r"\bsek\b|swedish|\bkron(a|or)\b"),
        ("INR", r"\binr\b|₹|\brupees?\b"),
    )
)


#: ISO 20022 account types by the words for them; a credit card's account is named before "card" can mean anything else.
_ACCOUNT_TYPES: Final[dict[str, re.Pattern[str]]] = {
    "SVGS": re.compile(r"\bsavings?\b|\bspar\w+|\btagesgeld|\bepargne\b|\blivret\b|\bahorros?\b|\bpoupanca\b|\bipon\b"),
    "CACC": re.compile(
        r"\b(current|checking|everyday|payroll)\b|\bgiro\w*|\bcourant\b|\bcorriente\b|\bcorrente\b|\bnomina\b"
    ),
    "CARD": re.compile(
        r"\bcredit.?card\b|\bkreditkarte\w*|\bcarte de credit\b|\btarjeta de credito\b|\bcartao de credito\b"
    ),
}


def account_types(text: str) -> set[str]:
    """The types of account that a text names, as ISO 20022 codes."""
    folded = fold(text)
    return {code for code, pattern in _ACCOUNT_TYPES.items() if pattern.search(folded)}


def fold(text: str) -> str:
    """Lower case without accents, as people type."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def card_ending(text: str) -> str | None:
    """Four digits that stand alone. More digits than that are no ending."""
    found = _ENDING.findall(text)
    return found[-1] if found else None


def card_kind(text: str) -> CardKind | None:
    """The one kind that is named; None when none or several are."""
    folded = fold(text)
    kinds = [kind for kind, pattern in _KINDS.items() if pattern.search(folded)]
    return kinds[0] if len(kinds) == 1 else None


def choose_card(text: str, cards: Sequence[Card], *, previous: str | None = None) -> Card | None:
    """The card that is meant: by its ending, its kind, its name, its place, or as the other one of two.

    `previous` is the ending of the card spoken of before. None when it is not one card for certain.
    """
    ending = card_ending(text)
    if ending is not None:
        return _only(card for card in cards if card.ending == ending)
    folded = fold(text)
    if _OTHER_ONE.search(folded):
        others = [card for card in cards if card.ending != previous]
        return others[0] if previous is not None and len(others) == 1 else None
    kind = card_kind(text)
    if kind is not None:
        by_kind = [card for card in cards if card.kind == kind]
        if len(by_kind) == 1:
            return by_kind[0]
    words = set(re.findall(r"\w+", folded))
    scores = [(len(words & set(re.findall(r"\w+", fold(card.name)))), card) for card in cards]
    best = max((score for score, _ in scores), default=0)
    if best > 0:
        return _only(card for score, card in scores if score == best)
    for pattern, index in ((_FIRST, 0), (_SECOND, 1)):
        if pattern.search(folded) and len(cards) > index:
            return cards[index]
    return None


def _only(cards: Iterable[Card]) -> Card | None:
    found = list(cards)
    return found[0] if len(found) == 1 else None


def block_reason(text: str) -> Reason | None:
    """Why a card is to be stopped, as far as the words say it; theft outranks the rest."""
    folded = fold(text)
    return next((reason for reason, pattern in _REASONS if pattern.search(folded)), None)


def amount(text: str) -> Decimal | None:
    """The first sum of money in a text: `£1,203.50`, `1.203,50 €`, `1 203,50`, `2k`, `40`.

    The last separator is the decimal sign if one or two digits follow it; any other separates thousands.
    """
    found = _NUMBER.search(text)
    if found is None:
        return None
    digits = re.sub(r"[' \u00a0\u202f]", "", found.group())
    decimals = re.search(r"[.,](\d{1,2})$", digits)
    whole = re.sub(r"[.,]", "", digits[: decimals.start()] if decimals else digits)
    value = Decimal(f"{whole}.{decimals[1]}" if decimals else whole)
    return value * 1000 if _SCALE.match(text, found.end()) else value


def amount_currency(text: str) -> str | None:
    """The currency that stands beside the first sum in a text: `£100`, `200 euros`."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    before = text[: found.start()].rsplit(" ", maxsplit=1)[-1]
    after = " ".join(re.split(r"\s+", text[found.end() :].strip())[:2])
    named = currencies(before) or currencies(after)
    return named[0] if named else None


def reference(text: str) -> str | None:
    """A transfer's reference in the bank's own form: `ft48213` → `FT-48213`."""
    found = _REFERENCE.search(text)
    return f"{found[1].upper()}-{found[2]}" if found else None


def says_latest(text: str) -> bool:
    """Whether the newest of several is meant."""
    return _LATEST.search(fold(text)) is not None


def day(text: str, *, today: date) -> date | None:
    """The day in the past that is meant: `yesterday`, `on Friday`, `21 Nov`, `Nov 21st`, `2026-11-21`."""
    folded = fold(text)
    if re.search(r"\bday before yesterday\b", folded):
        return today - timedelta(days=2)
    if re.search(r"\byesterday\b|\blast night\b", folded):
        return today - timedelta(days=1)
    if re.search(r"\btoday\b|\bthis morning\b|\btonight\b", folded):
        return today
    if iso := _ISO_DAY.search(folded):
        return _date(int(iso[1]), int(iso[2]), int(iso[3]))
    for pattern, month_group, day_group in ((_DAY_MONTH, 2, 1), (_MONTH_DAY, 1, 2)):
        if found := pattern.search(folded):
            month, number = _MONTHS.index(found[month_group]) + 1, int(found[day_group])
            this_year = _date(today.year, month, number)
            return this_year if this_year is None or this_year <= today else _date(today.year - 1, month, number)
    for index, weekday in enumerate(_WEEKDAYS):
        if re.search(rf"\b{weekday}\b", folded):
            return today - timedelta(days=(today.weekday() - index) % 7 or 7)
    return None


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def currencies(text: str) -> tuple[str, ...]:
    """ISO codes of all currencies that are named, in the order of the text."""
    folded = fold(text)
    found: list[tuple[int, str]] = []
    for code, pattern in _CURRENCIES:
        match = pattern.search(folded)
        if match and not any(start <= match.start() < end for start, end in _spans(folded, found)):
            found.append((match.start(), code))
    return tuple(code for _, code in sorted(found))


def _spans(folded: str, found: Sequence[tuple[int, str]]) -> list[tuple[int, int]]:
    patterns = dict(_CURRENCIES)
    return [match.span() for _, code in found if (match := patterns[code].search(folded))]


def mentions(text: str, name: str) -> bool:
    """Whether a text names somebody or something: all its words, or one distinctive word of it."""
    said = _words(text)
    words = _words(name)
    distinctive = {word for word in words if len(word) > 3}
    return bool(words) and (words <= said or bool(distinctive & said))


def _words(text: str) -> set[str]:
    """The words of a text; a name counts with and without its possessive: "Sainsbury's", "sainsburys", "sainsbury"."""
    plain = re.sub(r"'s?\b", "", fold(text))
    return {word[:-1] if len(word) > 4 and word.endswith("s") else word for word in re.findall(r"\w+", plain)}
