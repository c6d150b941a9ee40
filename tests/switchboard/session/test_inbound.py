"""What may be a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.errors import PayloadInvalid, SwitchboardError, TextEmpty, TextInvalid, TextTooLong
from switchboard.session.inbound import MAX_CLIENT_ID, MAX_TEXT, check_client_id, check_text


@pytest.mark.parametrize("value", [None, 3, 1.5, True, ["hello"], {"text": "hello"}, b"hello"])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(TextInvalid):
        check_text(value)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\N{NO-BREAK SPACE}", "\N{EM SPACE}"])
def test_white_space_is_no_message(text: str) -> None:
    with pytest.raises(TextEmpty):
        check_text(text)


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\x7f", chr(0xD800), chr(0xDFFF)])
def test_characters_that_cannot_be_stored_are_refused(char: str) -> None:
    with pytest.raises(TextInvalid):
        check_text(f"hello{char}there")


def test_the_limit_itself_is_allowed_and_one_more_is_not() -> None:
    assert check_text("a" * MAX_TEXT) == "a" * MAX_TEXT
    with pytest.raises(TextTooLong) as error:
        check_text("a" * (MAX_TEXT + 1))
    assert error.value.facts == {"limit": MAX_TEXT, "length": MAX_TEXT + 1}


def test_line_breaks_and_tabs_stay() -> None:
    assert check_text(" one\n\ttwo ") == "one\n\ttwo"


@given(st.text(st.characters(), max_size=1200))
def test_every_text_is_either_storable_or_refused(text: str) -> None:
    try:
        checked = check_text(text)
    except SwitchboardError:
        return
    assert checked == text.strip()
    assert checked.encode()
    assert "\x00" not in checked


@pytest.mark.parametrize("client_id", ["", "a" * (MAX_CLIENT_ID + 1), "a\x00b", "\ud800"])
def test_a_client_id_that_no_column_could_hold_is_refused_at_once(client_id: str) -> None:
    with pytest.raises(PayloadInvalid):
        check_client_id(client_id)


@pytest.mark.parametrize("client_id", [None, "1", "a" * MAX_CLIENT_ID, "ünïcode"])
def test_other_client_ids_are_taken(client_id: str | None) -> None:
    check_client_id(client_id)
