"""No card number, code, PIN or password gets past `mask`; IBANs, telephone numbers, amounts and sort codes do."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn

from switchboard.session.masking import mask

SEPARATORS = ["", " ", "-", ".", "/", "\n", "\t", "\u00a0", " - ", "–", "\u200b", "\r\n", "_", "  ", ",", "\u202f"]
OPTIONAL_LETTERS = st.text(st.characters(categories=["Ll", "Lu", "Po", "Zs"]), max_size=12)


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """13 to 19 digits with a right check digit."""
    body = draw(st.text("0123456789", min_size=12, max_size=18))
    number = body + luhn.calc_check_digit(body)
    return number if len(set(number)) > 1 else "4111111111111111"


@st.composite
def spaced_card_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A card number as one text, and as customers write it."""
    number = draw(card_numbers())
    cuts = draw(st.sets(st.integers(1, len(number) - 1), max_size=6))
    written = ""
    for at, digit in enumerate(number):
        if at in cuts:
            written += draw(st.sampled_from(SEPARATORS))
        written += digit
    return number, written


def digits_of(text: str) -> str:
    """All digits in a text, as ASCII, one after the other."""
    return "".join(str(unicodedata.digit(char)) for char in text if char.isdigit() and unicodedata.digit(char, -1) >= 0)


@given(spaced_card_numbers(), OPTIONAL_LETTERS, OPTIONAL_LETTERS)
@example(("4111111111111111", "4111\n1111\n1111\n1111"), "card", "thanks")
@settings(max_examples=400)
def test_no_card_number_survives_however_it_is_spaced(card: tuple[str, str], before: str, after: str) -> None:
    number, written = card
    masked = mask(f"{before} {written} {after}")
    assert "card" in masked.kinds
    assert number not in digits_of(masked.text)
    assert len(digits_of(masked.text)) <= 4


@given(spaced_card_numbers(), st.sampled_from(["0", "０", "٠", "०"]))
def test_no_card_number_survives_in_the_digits_of_another_script(card: tuple[str, str], zero: str) -> None:
    written = "".join(chr(ord(zero) + int(char)) if char in "0123456789" else char for char in card[1])
    assert len(digits_of(mask(written).text)) <= 4


@given(card_numbers(), st.text(st.characters(categories=["Ll", "Lu"]), min_size=1, max_size=6))
def test_a_card_number_that_sticks_to_a_word_does_not_survive(number: str, word: str) -> None:
    for text in (word + number, number + word, word + number + word):
        assert iban.is_valid(text, check_country=False) or number not in digits_of(mask(text).text)


@given(st.lists(card_numbers(), min_size=2, max_size=4), st.sampled_from(SEPARATORS[1:]))
def test_no_card_number_survives_beside_others(numbers: list[str], separator: str) -> None:
    seen = digits_of(mask(separator.join(numbers)).text)
    assert not [number for number in numbers if number in seen]


@given(st.text("0123456789 -", max_size=8), card_numbers(), st.text("0123456789 -", max_size=8))
def test_digits_around_a_card_number_do_not_hide_it(before: str, number: str, after: str) -> None:
    assert number not in digits_of(mask(f"{before} {number} {after}").text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("My card is 4111 1111 1111 1111.", "My card is •••• 1111."),
        ("4111111111111111 12/27", "•••• 1111 12/27"),
        ("4111 1111 1111 1111 123", "•••• 1111 •••"),
        ("5500-0055-5555-5559 exp 12/27 123", "•••• 5559 exp 12/27 •••"),
        ("4111111111111111, 12/27, 123", "•••• 1111, 12/27, •••"),
        ("3782 822463 10005", "•••• 0005"),
        ("3782 822463 10005 CVV 188", "•••• 0005 CVV •••"),
    ],
)
def test_the_last_four_digits_stay_and_nothing_else(text: str, masked: str) -> None:
    assert mask(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "cvv 123",
        "CVV: 1 2 3",
        "my cvc2 is 4321",
        "the security code on the back is 123",
        "3 digits on the back: 123",
        "die Prüfziffer ist 123",
        "Kartenprüfnummer lautet 123",
        "der Sicherheitscode meiner Karte ist 123",
        "le cryptogramme visuel est 123",
        "mon code de sécurité : 123",
        "el código de seguridad de mi tarjeta es 123",
        "o código de segurança do meu cartão é 123",
        "ang security code ko ay 123",
        "ang numero sa likod ay 123",
        "CVV １２３",
    ],
)
def test_security_codes_are_masked_in_every_language(text: str) -> None:
    masked = mask(text)
    assert masked.kinds == ("security_code",)
    assert not re.search(r"(?<!^)\d{3,4}|\d \d \d", masked.text)


@pytest.mark.parametrize(
    "text",
    [
        "my pin is 1234",
        "my pin 1 2 3 4",
        "PIN:1234",
        "my PIN number is 1-2-3-4",
        "pin code = 123456",
        "meine Geheimzahl ist 1234",
        "die PIN meiner Karte lautet 1234",
        "mon code secret est 1234",
        "le code confidentiel : 1234",
        "mi nip es 1234",
        "mi número secreto es 1234",
        "la clave de la tarjeta es 1234",
        "a senha do cartão é 1234",
        "ang pin ko ay 1234",
    ],
)
def test_pins_are_masked_in_every_language(text: str) -> None:
    masked = mask(text)
    assert "pin" in masked.kinds
    assert not digits_of(masked.text)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("my password is hunter2!", "hunter2!"),
        ("password: correcthorse", "correcthorse"),
        ("password hunter22", "hunter22"),
        ("Mein Passwort lautet Sommer2024!", "Sommer2024!"),
        ("mot de passe : soleil", "soleil"),
        ("la contraseña es gatito", "gatito"),
        ("minha senha é cachorro", "cachorro"),
        ("ang password ko: aso", "aso"),
    ],
)
def test_passwords_are_masked(text: str, secret: str) -> None:
    masked = mask(text)
    assert secret not in masked.text
    assert masked.kinds


@pytest.mark.parametrize(
    "text",
    [
        "my password is not working",
        "my password is wrong",
        "mein Passwort ist falsch",
        "I forgot my password and need a new one",
        "the pin pad on the 2024 reader is broken",
        "I paid £1,234.56 on 12/03/2026 and €1.234,56 on 13/03/2026",
        "sort code 20-00-00 account 55779911",
        "IBAN DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "FR14 2004 1010 0505 0001 3M02 606 please",
        "ES91 2100 0418 4502 0005 1332",
        "call me on +44 7911 123456",
        "call me on 07911 123456 after 17:30",
        "reference 2026-11-02 09:00:00",
        "amounts 100, 200, 300, 400, 500, 600",
        "123456789012345678901234567890",
        "0000 0000 0000 0000",
        "my card ending 1111 was stolen",
        "Você pode ligar para o CVV no 188, a qualquer hora",
        "CVV 188",
    ],
)
def test_harmless_texts_stay_as_they_are(text: str) -> None:
    assert mask(text).text == text
    assert mask(text).kinds == ()


@given(
    st.from_regex(r"(DE[0-9]{20}|ES[0-9]{22}|GB[0-9]{2}[A-Z]{4}[0-9]{14}|NL[0-9]{2}[A-Z]{4}[0-9]{10})", fullmatch=True),
    st.booleans(),
)
def test_valid_ibans_survive(text: str, spaced: bool) -> None:
    number = text[:2] + iban.calc_check_digits(text[:2] + "00" + text[4:]) + text[4:]
    if spaced:
        number = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    assert mask(f"to {number} please").text == f"to {number} please"


@given(
    st.from_regex(r"\+[1-9][0-9]{0,2}( ?[0-9]{2,4}){2,3}", fullmatch=True).filter(
        lambda text: len(digits_of(text)) <= 15
    )
)
def test_international_telephone_numbers_survive(text: str) -> None:
    assert mask(f"my number is {text}.").text == f"my number is {text}."


@given(st.decimals(min_value=0, max_value=99_999_999, places=2), st.sampled_from("£$€"))
def test_amounts_survive(amount: object, sign: str) -> None:
    for text in (f"{sign}{amount}", f"{sign}{amount:,}", f"I paid {amount} {sign} twice"):
        assert mask(text).text == text


@given(
    st.from_regex(r"[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{8}", fullmatch=True).filter(
        lambda text: not luhn.is_valid(digits_of(text))
    )
)
def test_sort_codes_with_account_numbers_survive(text: str) -> None:
    assert mask(text).text == text


@given(st.text(max_size=1000))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


@pytest.mark.parametrize(
    "text",
    [
        "1 " * 500,
        "1" * 1000,
        "pin " * 250,
        "cvv " + "my " * 330,
        "password " * 111,
        "pin" + " " * 997,
        "A1" * 500,
        "GB29" * 250,
    ],
)
def test_no_text_makes_masking_slow(text: str) -> None:
    begun = time.process_time()
    mask(text)
    assert time.process_time() - begun < 0.5  # seconds of the processor; usually five milliseconds at most
