"""What customers name is found, with values that a program can use; what merely looks alike is left alone."""

from __future__ import annotations

from datetime import date

import pytest
from rasa.shared.nlu.training_data.message import Message

from brain.entities import SpacyEntities
from brain.entity_finder import EntityFinder, load_finder
from brain.entity_language import languages_of, load_languages
from brain.entity_text import fold

TODAY = date(2026, 11, 18)  # a Wednesday


@pytest.fixture(scope="module")
def finder() -> EntityFinder:
    return load_finder()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "I sent £250 to Anna Schmidt yesterday",
            {("amount", "250"), ("currency", "GBP"), ("payee", "Anna Schmidt"), ("date", "2026-11-17")},
        ),
        ("a payment of 1,234.50 pounds", {("amount", "1234.50"), ("currency", "GBP")}),
        ("ich habe 1.234,50 € geschickt", {("amount", "1234.50"), ("currency", "EUR")}),
        ("USD 20 please", {("amount", "20"), ("currency", "USD")}),
        ("fifty quid", {("amount", "50"), ("currency", "GBP")}),
        ("two hundred and fifty dollars", {("amount", "250"), ("currency", "USD")}),
        ("a hundred euros", {("amount", "100"), ("currency", "EUR")}),
        ("they took 2k", {("amount", "2000")}),
        ("$1.5k", {("amount", "1500"), ("currency", "USD")}),
        ("EUR1500 left", {("amount", "1500"), ("currency", "EUR")}),
        ("300", {("amount", "300")}),
        ("4821", {("card_ending", "4821"), ("amount", "4821")}),
        ("freeze card ending 4821", {("card_ending", "4821")}),
        ("the one that ends in 4821", {("card_ending", "4821")}),
        ("last four digits are 0007", {("card_ending", "0007")}),
        ("****4821", {("card_ending", "4821")}),
        ("•••• 4821 12/27", {("card_ending", "4821")}),
        ("block my credit card", {("card_kind", "credit")}),
        ("the debit one", {("card_kind", "debit")}),
        ("Debit", {("card_kind", "debit")}),
        ("cancel my direct debit", set()),
        ("what's my credit score", set()),
        ("I paid £12.99 at Tesco", {("amount", "12.99"), ("currency", "GBP"), ("merchant", "Tesco")}),
        ("why was my card declined at amazon", {("merchant", "amazon")}),
        ("can I top up with Apple Pay", set()),
        ("my card was declined at Joe's Garage", {("merchant", "Joe's Garage")}),
        ("is the branch in leeds open on Saturday", {("branch_place", "Leeds"), ("date", "2026-11-14")}),
        ("opening hours of the Camden branch", {("branch_place", "Camden")}),
        ("what time does my nearest branch open", set()),
        ("transfer reference TRX-2041", {("reference", "TRX-2041")}),
        ("ref: ab12345", {("reference", "AB12345")}),
        ("where is the money I sent to my landlord", {("payee", "landlord")}),
        ("i want to pay someone new", set()),
        ("I want to talk to a person", set()),
        ("where is my transfer to maria", {("payee", "maria")}),
        ("how long does a transfer take to arrive", set()),
        ("what do I have to pay to exchange money", set()),
        ("I may be late", set()),
        ("march over there", set()),
        ("ring me on +44 20 7946 0958", {("phone_number", "+442079460958")}),
        ("to GB82 WEST 1234 5698 7654 32 please", {("iban", "GB82WEST12345698765432")}),
        ("to GB83 WEST 1234 5698 7654 32 please", set()),
        ("my card is valid until 09/28", {("period", "2028-09")}),
        ("", set()),
    ],
)
def test_finder_reads_a_message(finder: EntityFinder, text: str, expected: set[tuple[str, str]]) -> None:
    """A table of messages and everything that must be found in them, and nothing else."""
    found = finder.find(text, today=TODAY)
    assert {(f.entity, f.value) for f in found} == expected
    assert all(0 <= f.start < f.end <= len(text) for f in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-11-18"),
        ("the day before yesterday", "2026-11-16"),
        ("last wednesday", "2026-11-11"),
        ("on monday", "2026-11-16"),
        ("next friday", "2026-11-20"),
        ("until Friday", "2026-11-20"),
        ("3 days ago", "2026-11-15"),
        ("two weeks ago", "2026-11-04"),
        ("a month ago", "2026-10-18"),
        ("3rd of March", "2026-03-03"),
        ("December 24", "2025-12-24"),
        ("24 Dec 2024", "2024-12-24"),
        ("12/03/2026", "2026-03-12"),
        ("25/12", "2025-12-25"),
        ("2026-02-28", "2026-02-28"),
        ("the 3rd", "2026-11-03"),
        ("the 30th", "2026-10-30"),
        ("the 3rd time", None),
        ("31/02/2026", None),
        ("24/7", None),
        ("whenever", None),
        ("am dritten April", "2026-04-03"),
        ("el lunes pasado", "2026-11-16"),
        ("il y a quinze jours", "2026-11-03"),
        ("segunda-feira que vem", "2026-11-23"),
        ("guten Morgen", None),
        ("ika-3 ng Marso", "2026-03-03"),
    ],
)
def test_dates_become_iso(finder: EntityFinder, text: str, expected: str | None) -> None:
    """Dates without a year lie in the past, since customers ask about what has happened."""
    dates = [found.value for found in finder.find(text, today=TODAY) if found.entity == "date"]
    assert dates == ([] if expected is None else [expected])


def test_the_month_comes_first_where_it_does(finder: EntityFinder) -> None:
    """03/12 is March in the United States and December in Britain, and in German everywhere."""

    def read(text: str, locale: str) -> str:
        return finder.find(text, today=TODAY, locale=locale)[0].value

    assert read("03/12/2025", "en-US") == "2025-03-12"
    assert read("03/12/2025", "en-GB") == "2025-12-03"
    assert read("am 03.12.2025 habe ich nicht bezahlt", "en-US") == "2025-12-03"


@pytest.mark.parametrize(
    ("text", "locale", "currency"),
    [
        ("$20", "en-US", "USD"),
        ("$20", "es-MX", "MXN"),
        ("20 dollars", "en-AU", "AUD"),
        ("20 pesos", "fil-PH", "PHP"),
        ("20 pesos", "es-MX", "MXN"),
        ("20 pesos", "en-GB", "PHP"),
        ("R$20", "es-MX", "BRL"),
        ("50 cents", "en-US", "USD"),
    ],
)
def test_the_region_decides_which_dollar_or_peso(finder: EntityFinder, text: str, locale: str, currency: str) -> None:
    """The same word is another currency in another country."""
    found = finder.find(text, today=TODAY, locale=locale)
    assert [one.value for one in found if one.entity == "currency"] == [currency]


def test_the_region_stands_in_for_a_locale_without_one(finder: EntityFinder) -> None:
    """A locale need not name a country when the message's region does."""
    found = finder.find("$20", today=TODAY, locale="es", region="MX")
    assert [one.value for one in found if one.entity == "currency"] == ["MXN"]


@pytest.mark.parametrize(
    ("text", "locale", "first"),
    [
        ("ich habe gestern Geld überwiesen", "en-GB", "de"),
        ("no reconozco este cargo", "en-US", "es"),
        ("where is my money", "de-DE", "en"),
        ("nawala po ang card ko", "en-PH", "fil"),
        ("500", "fr-FR", "fr"),
        ("500", "sw-KE", "en"),
        ("não recebi o pix", "es-ES", "pt"),
    ],
)
def test_the_words_tell_the_language_and_the_locale_when_they_do_not(text: str, locale: str, first: str) -> None:
    """A customer may write another language than her locale's."""
    chosen = languages_of(fold(text), locale=locale, languages=load_languages())
    assert chosen[0].code == first


def test_english_is_read_beside_filipino() -> None:
    """Taglish is both at once."""
    chosen = languages_of(fold("nawala po yung card ko last Friday"), locale="fil-PH", languages=load_languages())
    assert [language.code for language in chosen] == ["fil", "en"]


def test_folding_keeps_every_character_in_its_place() -> None:
    """Accents, capitals, odd spaces and apostrophes go; the length stays."""
    text = "MÄRZ\u202f1\u00a0250 d’été İß"
    assert len(fold(text)) == len(text)
    assert fold("MÄRZ\u202f1\u00a0250 d’été").startswith("marz 1 250 d'ete")


def test_the_component_reads_the_locale_of_each_message(finder: EntityFinder) -> None:
    """Rasa hands over what the switchboard said of the customer as metadata."""
    british = Message(data={"text": "03/04/2025 and $5", "metadata": {"locale": "en-GB", "region": "GB"}})
    mexican = Message(data={"text": "$5", "metadata": {"locale": "es-MX", "region": "MX"}})
    plain = Message(data={"text": "£5"})
    SpacyEntities(finder).process([british, mexican, plain])
    read = [[(e["entity"], e["value"]) for e in message.get("entities")] for message in (british, mexican, plain)]
    assert read[0] == [("date", "2025-04-03"), ("amount", "5"), ("currency", "USD")]
    assert read[1] == [("amount", "5"), ("currency", "MXN")]
    assert read[2] == [("amount", "5"), ("currency", "GBP")]
    assert {entity["extractor"] for entity in plain.get("entities")} == {"SpacyEntities"}
