"""From the brain's parse to a turn, whatever the brain could make of the message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation import Entity, Span, turn_from_parse
from escalation.parse import Amount, read_amount

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_turn_takes_everything_the_brain_found() -> None:
    turn = turn_from_parse(
        "m7",
        "send £50 to Ann",
        {
            "intent": {"name": "pay_someone_new", "confidence": 0.8},
            "entities": [{"entity": "amount", "value": "50", "start": 5, "end": 8}],
            "signals": {"fraud": 0.2},
            "signal_words": [
                {"signal": "fraud", "start": 0, "end": 4, "text": "send"},
                {"signal": "fraud", "start": 12, "end": 15, "text": "Ann"},
            ],
        },
    )
    assert (turn.message_id, turn.intent, turn.confidence) == ("m7", "pay_someone_new", 0.8)
    assert turn.entities == (Entity(entity="amount", value="50", text="£50", start=5, end=8),)
    assert turn.signals == {"fraud": 0.2}
    assert turn.signal_words == {"fraud": (Span(start=0, end=4), Span(start=12, end=15))}
    assert turn.understood is None


@given(
    st.fixed_dictionaries(
        {}, optional={"intent": JSON, "entities": st.lists(JSON, max_size=3), "signals": JSON, "signal_words": JSON}
    )
)
def test_any_parse_makes_a_turn_with_probabilities(parse: dict[str, Any]) -> None:
    turn = turn_from_parse("m", "hello", parse)
    assert 0 <= turn.confidence <= 1
    assert all(0 <= value <= 1 for value in turn.signals.values())


@pytest.mark.parametrize(
    ("value", "text", "amount", "currency"),
    [
        ("1,200.50", "£1,200.50", 1200.5, "GBP"),
        (None, "1.200,50 €", 1200.5, "EUR"),
        (None, "5k", 5000, None),
        (None, "2 grand", 2000, None),
        (None, "$3", 3, "USD"),
        (None, "R$ 1.000", 1000, "BRL"),
        (None, "₱15,000", 15000, "PHP"),
        (None, "300 pounds", 300, "GBP"),
        (None, "1.5 million USD", 1500000, "USD"),
        (42.5, "", 42.5, None),
        (7, "7 quid", 7, "GBP"),
    ],
)
def test_amount_is_read_as_customers_write_it(
    value: str | float | None, text: str, amount: float, currency: str | None
) -> None:
    assert read_amount(Entity(entity="amount", value=value, text=text)) == Amount(value=amount, currency=currency)


def test_what_has_no_number_is_no_amount() -> None:
    assert read_amount(Entity(entity="amount", value="lots", text="lots")) is None
