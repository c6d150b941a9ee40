"""Several messages read together, and one message taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.clauses import MOST, SHORTEST, clauses
from brain.together import LONGEST, MESSAGES, made_up, read_together

_words = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=900)


def test_messages_are_read_in_order_and_no_more_than_four() -> None:
    assert read_together(["one", "two", "three", "four"], "five") == "two / three / four / five"
    assert MESSAGES == 4


@pytest.mark.parametrize(("before", "latest"), [([], "hello"), (["", "  "], "hello"), (["hello"], " ")])
def test_one_message_is_not_several(before: list[str], latest: str) -> None:
    assert read_together(before, latest) is None


_long = st.builds(lambda letter, count: letter * count, st.sampled_from("abc"), st.integers(0, 900))


@given(st.lists(_words | _long, max_size=6), _words | _long)
def test_latest_message_is_never_cut_off(before: list[str], latest: str) -> None:
    """Whatever came before, what she says now is read, and the whole stays within what an encoder reads."""
    together = read_together(before, latest)
    if together is not None:
        assert together.endswith(latest.strip()[-LONGEST:])
        assert len(together) <= max(LONGEST, len(latest.strip()))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "what's my balance and when does the branch in Leeds open",
            ["what's my balance", "when does the branch in Leeds open"],
        ),
        ("¿cuál es mi saldo? y quiero bloquear mi tarjeta", ["¿cuál es mi saldo", "y quiero bloquear mi tarjeta"]),
        ("wie ist mein Kontostand und wann öffnet die Filiale", ["wie ist mein Kontostand", "wann öffnet die Filiale"]),
        ("bread and butter", []),
        ("hello, what's my balance?", []),
        ("", []),
    ],
)
def test_message_is_taken_apart_where_both_halves_can_stand(text: str, parts: list[str]) -> None:
    assert clauses(text) == parts


@given(_words)
def test_clauses_are_parts_of_the_message(text: str) -> None:
    found = clauses(text)
    assert len(found) <= MOST
    assert all(part in text and len(part.split()) >= SHORTEST for part in found)


def test_made_up_conversations_carry_what_their_message_carries() -> None:
    """One message that shows something among harmless ones, or none at all; the same every time."""
    texts = [f"harmless {number}" for number in range(20)] + [f"danger {number}" for number in range(5)]
    named = [frozenset[str]()] * 20 + [frozenset({"fraud"})] * 5
    talks = list(made_up(texts, named, count=100, seed=3))
    assert len(talks) == 100
    assert all(("danger" in text) is ("fraud" in signals) for text, signals in talks)
    assert sum("fraud" in signals for _, signals in talks) == 50
    assert talks == list(made_up(texts, named, count=100, seed=3))
    assert list(made_up(texts[:20], named[:20], count=10, seed=3)) == []
