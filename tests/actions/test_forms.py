"""The forms: which card, why, only after a yes; which transfer, by whatever the customer knows of it."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.events import SlotSet

from actions.bank.sandbox import SandboxBank
from actions.block_card import SLOTS as BLOCK_SLOTS
from actions.block_card import ActionBlockCard, AskCardChoice, AskConfirmBlock, ValidateBlockCardForm
from actions.transfers import SLOTS as TRANSFER_SLOTS
from actions.transfers import ActionTransferStatus, ValidateTransferStatusForm
from tests.actions.support import Event, assert_events, assert_responses, run, said, tracker_of, user_event

EMPTY_BLOCK = [SlotSet(name, None) for name in BLOCK_SLOTS]
EMPTY_TRANSFER = [SlotSet(name, None) for name in TRANSFER_SLOTS]


async def validate(
    form: ValidateBlockCardForm | ValidateTransferStatusForm,
    text: str,
    *filled: Event,
    before: tuple[Event, ...] = (),
    requested: str | None = None,
    customer: str | None = "demo-gb",
    slots: dict[str, Any] | None = None,
    entities: list[Event] | None = None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The slots after the form's validation of a message that filled these slots, and what was said."""
    held = {**(slots or {}), **{event["name"]: event["value"] for event in filled}, "requested_slot": requested}
    tracker = tracker_of(
        *before,
        user_event(text, entities=entities),
        {"event": "action", "name": form.form_name()},
        *filled,
        slots=held,
        loop=form.form_name() if requested else None,
        customer=customer,
    )
    events, messages = await run(form, tracker)
    return {event["name"]: event["value"] for event in events}, messages


@pytest.mark.parametrize(
    ("value", "ending"), [("debit", "4821"), ("9034", "9034"), ("the mastercard", "9034"), ("the second one", "9034")]
)
async def test_a_card_is_kept_by_its_ending(bank: SandboxBank, value: str, ending: str) -> None:
    slots, messages = await validate(
        ValidateBlockCardForm(), value, SlotSet("card_choice", value), requested="card_choice"
    )
    assert slots["card_choice"] == ending
    assert messages == []


async def test_a_correction_to_the_other_one(bank: SandboxBank) -> None:
    """ "No, the other one" means the card that was not chosen before."""
    slots, _ = await validate(
        ValidateBlockCardForm(),
        "no, the other one",
        SlotSet("card_choice", "no, the other one"),
        before=(user_event("debit"), SlotSet("card_choice", "4821")),
        requested="card_choice",
    )
    assert slots["card_choice"] == "9034"


async def test_a_card_that_is_not_hers_is_asked_for_again(bank: SandboxBank) -> None:
    slots, messages = await validate(
        ValidateBlockCardForm(), "1111", SlotSet("card_choice", "1111"), requested="card_choice"
    )
    assert slots["card_choice"] is None
    assert_responses(messages, "utter_block_card__card_not_found")


async def test_a_blocked_card_is_told_to_be_safe(bank: SandboxBank) -> None:
    await bank.block_card("demo-gb", "gb-debit", reason="lost")
    slots, messages = await validate(
        ValidateBlockCardForm(), "debit", SlotSet("card_choice", "debit"), requested="card_choice"
    )
    assert slots["card_choice"] is None
    assert_responses(messages, "utter_block_card__already")


async def test_the_first_message_may_name_card_and_reason(bank: SandboxBank) -> None:
    """ "My credit card was stolen" answers both questions; "block my card" answers neither."""
    text = "my credit card was stolen"
    slots, _ = await validate(ValidateBlockCardForm(), text, SlotSet("block_reason", text))
    assert (slots["card_choice"], slots["block_reason"]) == ("9034", "stolen")
    slots, _ = await validate(ValidateBlockCardForm(), "block my card", SlotSet("block_reason", "block my card"))
    assert slots.get("card_choice") is None
    assert slots["block_reason"] is None


async def test_the_only_card_left_needs_no_question(bank: SandboxBank) -> None:
    await bank.block_card("demo-gb", "gb-debit", reason="lost")
    slots, _ = await validate(ValidateBlockCardForm(), "block my card")
    assert slots["card_choice"] == "9034"


async def test_any_answer_to_the_question_is_a_reason(bank: SandboxBank) -> None:
    slots, _ = await validate(
        ValidateBlockCardForm(), "long story", SlotSet("block_reason", "long story"), requested="block_reason"
    )
    assert slots["block_reason"] == "other"


@pytest.mark.parametrize(
    ("text", "value"), [("no, the other one", False), ("block my credit card", True), ("no, the mastercard", False)]
)
async def test_a_yes_or_no_that_names_another_card_is_asked_again_about_that_card(
    bank: SandboxBank, text: str, value: bool
) -> None:
    """Nothing is stopped that the customer was not asked about."""
    slots, _ = await validate(
        ValidateBlockCardForm(),
        text,
        SlotSet("confirm_block", value),
        before=(user_event("debit"), SlotSet("card_choice", "4821")),
        requested="confirm_block",
        slots={"card_choice": "4821", "block_reason": "lost"},
    )
    assert slots["confirm_block"] is None
    assert slots["card_choice"] == "9034"


async def test_another_card_is_no_reason(bank: SandboxBank) -> None:
    slots, _ = await validate(
        ValidateBlockCardForm(),
        "no, the other one",
        SlotSet("block_reason", "no, the other one"),
        before=(user_event("debit"), SlotSet("card_choice", "4821")),
        requested="block_reason",
        slots={"card_choice": "4821"},
    )
    assert slots["block_reason"] is None
    assert slots["card_choice"] == "9034"


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("yes, the debit one", True), ("no", False)])
async def test_a_yes_or_no_to_the_card_that_was_asked_about_counts(bank: SandboxBank, text: str, value: bool) -> None:
    slots, _ = await validate(
        ValidateBlockCardForm(),
        text,
        SlotSet("confirm_block", value),
        before=(user_event("debit"), SlotSet("card_choice", "4821")),
        requested="confirm_block",
        slots={"card_choice": "4821", "block_reason": "lost"},
    )
    assert slots["confirm_block"] is value


@pytest.mark.parametrize("customer", [None, "stranger"])
async def test_without_signing_in_the_form_asks_nothing(bank: SandboxBank, customer: str | None) -> None:
    for form in (ValidateBlockCardForm(), ValidateTransferStatusForm()):
        slots, messages = await validate(form, "block my card", customer=customer)
        assert slots == {"requested_slot": None}
        assert messages == []


async def test_the_question_offers_each_card_that_can_be_stopped(bank: SandboxBank) -> None:
    _, messages = await run(AskCardChoice(), tracker_of(user_event("block my card")))
    assert_responses(messages, "utter_block_card__which")
    assert [b["title"] for b in messages[0]["buttons"]] == ["Visa Debit ending 4821", "Mastercard Credit ending 9034"]


@pytest.mark.parametrize(
    ("reason", "response"), [("lost", "utter_block_card__confirm"), ("mislaid", "utter_block_card__confirm_freeze")]
)
async def test_the_confirmation_says_what_will_happen(bank: SandboxBank, reason: str, response: str) -> None:
    tracker = tracker_of(user_event("x"), slots={"card_choice": "4821", "block_reason": reason})
    _, messages = await run(AskConfirmBlock(), tracker)
    assert_responses(messages, response)
    assert "Visa Debit ending 4821" in said(messages[0])


@pytest.mark.parametrize(
    ("reason", "response", "status"),
    [
        ("lost", "utter_block_card__done", "blocked"),
        ("stolen", "utter_block_card__done", "blocked"),
        ("other", "utter_block_card__done", "blocked"),
        ("mislaid", "utter_block_card__frozen", "frozen"),
    ],
)
async def test_a_confirmed_card_is_stopped(bank: SandboxBank, reason: str, response: str, status: str) -> None:
    held = {"card_choice": "4821", "block_reason": reason, "confirm_block": True}
    events, messages = await run(ActionBlockCard(), tracker_of(user_event("yes"), slots=held))
    assert_responses(messages, response)
    assert_events(events, *EMPTY_BLOCK)
    assert (await bank.cards("demo-gb"))[0].status == status


@pytest.mark.parametrize("confirmed", [False, None])
async def test_without_a_yes_nothing_is_stopped(bank: SandboxBank, confirmed: bool | None) -> None:
    held = {"card_choice": "4821", "block_reason": "lost", "confirm_block": confirmed}
    events, messages = await run(ActionBlockCard(), tracker_of(user_event("no"), slots=held))
    assert_responses(messages, "utter_block_card__cancelled")
    assert_events(events, *EMPTY_BLOCK)
    assert (await bank.cards("demo-gb"))[0].status == "active"


async def test_a_second_block_says_that_it_is_done(bank: SandboxBank) -> None:
    held = {"card_choice": "4821", "block_reason": "lost", "confirm_block": True}
    await run(ActionBlockCard(), tracker_of(user_event("yes"), slots=held))
    _, messages = await run(ActionBlockCard(), tracker_of(user_event("yes"), slots=held))
    assert_responses(messages, "utter_block_card__already")


async def test_nothing_left_to_stop(bank: SandboxBank) -> None:
    for card in ("gb-debit", "gb-credit"):
        await bank.block_card("demo-gb", card, reason="lost")
    _, messages = await run(ActionBlockCard(), tracker_of(user_event("block my card")))
    assert_responses(messages, "utter_block_card__none_to_stop")


@pytest.mark.parametrize(
    ("text", "reference"),
    [("ft48213", "FT-48213"), ("the one to Oliver", "FT-48213"), ("£180", "FT-46977"), ("the last one", "FT-48213"),
     ("grandma", "FT-47102")],
)  # fmt: skip
async def test_a_transfer_is_found_by_whatever_is_known_of_it(bank: SandboxBank, text: str, reference: str) -> None:
    slots, messages = await validate(
        ValidateTransferStatusForm(), text, SlotSet("transfer_reference", text), requested="transfer_reference"
    )
    assert slots["transfer_reference"] == reference
    assert slots["requested_slot"] is None
    assert messages == []


async def test_the_first_message_may_name_the_transfer(bank: SandboxBank) -> None:
    slots, _ = await validate(ValidateTransferStatusForm(), "has my payment to Oliver arrived?")
    assert slots == {"transfer_reference": "FT-48213", "requested_slot": None}
    slots, _ = await validate(ValidateTransferStatusForm(), "where is my transfer")
    assert slots == {"requested_slot": "transfer_reference"}


async def test_payee_and_amount_are_checked_against_the_transfers(bank: SandboxBank) -> None:
    slots, _ = await validate(
        ValidateTransferStatusForm(),
        "250 to oliver",
        SlotSet("transfer_payee", "oliver"),
        SlotSet("transfer_amount", "£250"),
    )
    assert (slots["transfer_payee"], slots["transfer_amount"]) == ("Oliver Reid", "250")
    slots, _ = await validate(ValidateTransferStatusForm(), "7 to zoe", SlotSet("transfer_payee", "zoe"))
    assert slots["transfer_payee"] is None
    assert slots["requested_slot"] == "transfer_reference"


async def test_a_transfer_that_is_not_found_comes_with_the_latest_ones(bank: SandboxBank) -> None:
    slots, messages = await validate(
        ValidateTransferStatusForm(),
        "FT-99999",
        SlotSet("transfer_reference", "FT-99999"),
        requested="transfer_reference",
    )
    assert slots["transfer_reference"] is None
    assert slots["requested_slot"] == "transfer_reference"
    assert_responses(messages, "utter_transfer__not_found")
    assert '/inform{"reference": "FT-48213"}' in [b["payload"] for b in messages[0]["buttons"]]


@pytest.mark.parametrize(
    ("held", "customer", "response"),
    [
        ({"transfer_reference": "FT-48213"}, "demo-gb", "utter_transfer__pending_because"),
        ({"transfer_payee": "Grandma Jo"}, "demo-gb", "utter_transfer__settled"),
        ({"transfer_amount": "180"}, "demo-gb", "utter_transfer__rejected"),
        ({"transfer_payee": "Brooklyn Dental", "transfer_amount": "95"}, "demo-us", "utter_transfer__pending"),
        ({"transfer_payee": "Oliver Reid", "transfer_amount": "1"}, "demo-gb", "utter_transfer__not_found"),
    ],
)
async def test_transfer_status(bank: SandboxBank, held: dict[str, str], customer: str, response: str) -> None:
    events, messages = await run(ActionTransferStatus(), tracker_of(user_event("x"), slots=held, customer=customer))
    assert_responses(messages, response)
    assert_events(events, *EMPTY_TRANSFER)
