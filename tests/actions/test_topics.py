"""Each topic's answer is true to the bank, and nobody who is not signed in sees an account."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from actions.accounts import ActionExplainFee, ActionListTransactions, ActionRefundStatus, ActionShowBalance
from actions.bank.interface import BankUnavailable
from actions.bank.sandbox import SandboxBank
from actions.block_card import ActionBlockCard, AskCardChoice, AskConfirmBlock
from actions.branches import ActionBranchHours
from actions.cards import ActionCardArrival, ActionCheckLimits, ActionListCards, ActionUnfreezeCard
from actions.declined import ActionExplainDeclinedPayment
from actions.exchange import ActionExchangeRate
from actions.identity import ActionIdentify, ActionStateIdentity
from actions.own_account import ActionAccountDetails, ActionIncomingPayment, ActionPendingPayments
from actions.topic import Asked, CustomerTopic
from actions.transfer_answers import ActionFailedTransfer, ActionTransferLimits
from actions.transfers import ActionListRegularPayments, ActionTransferStatus
from tests.actions.support import (
    REGIONS,
    HeldClock,
    all_responses,
    asked,
    assert_responses,
    run,
    said,
    tracker_of,
    user_event,
)

OF_A_CUSTOMER = [
    ActionShowBalance, ActionListTransactions, ActionExplainFee, ActionRefundStatus, ActionExplainDeclinedPayment,
    ActionListCards, ActionUnfreezeCard, ActionCardArrival, ActionCheckLimits, ActionBlockCard, AskCardChoice, AskConfirmBlock,
    ActionTransferStatus, ActionListRegularPayments, ActionAccountDetails, ActionIncomingPayment, ActionPendingPayments,
    ActionFailedTransfer, ActionTransferLimits,
]  # fmt: skip
CUSTOMERS = {"demo-gb": "en-GB", "demo-us": "en-US", "demo-de": "de-DE", "demo-fr": "fr-FR", "demo-es": "es-ES",
             "demo-mx": "es-MX", "demo-br": "pt-BR", "demo-ph": "fil-PH"}  # fmt: skip


def slots_of(customer: str) -> dict[str, Any]:
    locale = CUSTOMERS[customer]
    return {"locale": locale, "region": REGIONS[locale]}


@pytest.mark.parametrize("topic", OF_A_CUSTOMER)
async def test_without_signing_in_there_is_only_the_way_to_sign_in(
    bank: SandboxBank, topic: type[CustomerTopic]
) -> None:
    for customer in (None, "stranger"):
        _, messages = await run(topic(), asked("my account", customer=customer))
        assert_responses(messages, "utter_identity__how_to_sign_in")


@pytest.mark.parametrize("topic", OF_A_CUSTOMER)
async def test_a_bank_out_of_reach_is_admitted(
    bank: SandboxBank, topic: type[CustomerTopic], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer is told that the bank's systems are out of reach; nothing is made up."""

    async def unavailable(*_: object, **__: object) -> None:
        raise BankUnavailable

    monkeypatch.setattr(bank, "customer", unavailable)
    _, messages = await run(topic(), asked("my account"))
    assert_responses(messages, "utter_bank__unavailable")


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("topic", OF_A_CUSTOMER)
async def test_every_customer_gets_an_answer_to_every_topic(
    bank: SandboxBank, topic: type[CustomerTopic], customer: str
) -> None:
    """One answer, with every place filled (the dispatcher refuses anything else)."""
    _, messages = await run(topic(), asked("tell me", customer=customer, slots=slots_of(customer)))
    assert len(messages) == 1
    assert "{" not in said(messages[0])


async def test_balance_of_all_accounts_and_of_one(bank: SandboxBank) -> None:
    _, messages = await run(ActionShowBalance(), asked("what's my balance"))
    assert_responses(messages, "utter_balance__all")
    assert "Current account ending 4471: £1,182.05" in said(messages[0])
    _, messages = await run(ActionShowBalance(), asked("how much is in my savings?"))
    assert said(messages[0]) == "You have £6,450.00 in your Savings account ending 8820."
    _, messages = await run(ActionShowBalance(), asked("my current account please"))
    assert_responses(messages, "utter_balance__one_with_pending")
    assert "£21.50" in said(messages[0])


async def test_amounts_follow_the_locale_and_words_the_sentence(bank: SandboxBank) -> None:
    """Amounts are written as the locale does; names of months are in the language that the AI speaks with the customer."""
    _, messages = await run(ActionShowBalance(), asked("girokonto", customer="demo-de", slots=slots_of("demo-de")))
    assert "1.784,40\xa0€" in said(messages[0])
    tracker = asked("fee", customer="demo-mx", slots=slots_of("demo-mx"))
    _, messages = await run(ActionExplainFee(), tracker)
    spoken = "11 November 2026" if Asked.of(tracker).pack.language_limits else "11 de noviembre de 2026"
    assert spoken in said(messages[0])


async def test_transactions_are_marked_and_can_be_narrowed(bank: SandboxBank) -> None:
    _, messages = await run(ActionListTransactions(), asked("what did I spend"))
    lines = said(messages[0]).splitlines()
    assert len(lines) == 6
    assert any("pending" in line for line in lines)
    assert any("declined" in line for line in lines)
    _, messages = await run(ActionListTransactions(), asked("what did I pay at tesco"))
    assert said(messages[0]).splitlines()[1:] == ["• 21 Nov, Tesco Stores: -£23.40"]
    _, messages = await run(ActionListTransactions(), asked("payments on 1 January"))
    assert_responses(messages, "utter_transactions__none")


@pytest.mark.parametrize(
    ("customer", "response", "words"),
    [
        (
            "demo-gb",
            "utter_declined__contactless_limit",
            ["£124.00", "The Crown & Anchor", "22 November 2026", "£100.00", "4821"],
        ),
        ("demo-us", "utter_declined__insufficient_funds", ["$349.99", "Best Buy", "$212.40", "6610"]),
        ("demo-de", "utter_declined__foreign_use_blocked", ["Albert Heijn", "Netherlands", "3197"]),
        ("demo-fr", "utter_declined__card_expired", ["Galeries Lafayette", "31 octo"]),
        ("demo-mx", "utter_declined__card_frozen", ["Liverpool", "5163"]),
    ],
)
async def test_a_declined_payment_is_explained_by_its_real_reason(
    bank: SandboxBank, customer: str, response: str, words: list[str]
) -> None:
    _, messages = await run(
        ActionExplainDeclinedPayment(), asked("why was I declined", customer=customer, slots=slots_of(customer))
    )
    assert_responses(messages, response)
    for word in words:
        assert word.casefold() in said(messages[0]).casefold()


async def test_a_card_that_was_unfrozen_since_is_not_offered_to_be_unfrozen(bank: SandboxBank) -> None:
    await bank.unfreeze_card("demo-mx", "mx-debit")
    _, messages = await run(ActionExplainDeclinedPayment(), asked("why", customer="demo-mx", slots=slots_of("demo-mx")))
    assert_responses(messages, "utter_declined__card_was_frozen")


async def test_unfreezing_is_real_and_never_lifts_a_block(bank: SandboxBank) -> None:
    slots = slots_of("demo-mx")
    _, messages = await run(ActionUnfreezeCard(), asked("unfreeze my card", customer="demo-mx", slots=slots))
    assert_responses(messages, "utter_unfreeze__done")
    assert (await bank.cards("demo-mx"))[0].status == "active"
    await bank.block_card("demo-mx", "mx-debit", reason="lost")
    _, messages = await run(ActionUnfreezeCard(), asked("unfreeze my debit card", customer="demo-mx", slots=slots))
    assert_responses(messages, "utter_unfreeze__blocked_for_good")
    _, messages = await run(ActionUnfreezeCard(), asked("unfreeze my credit card", customer="demo-mx", slots=slots))
    assert_responses(messages, "utter_unfreeze__not_frozen")


async def test_which_of_two_frozen_cards_is_asked(bank: SandboxBank) -> None:
    await bank.freeze_card("demo-gb", "gb-debit")
    await bank.freeze_card("demo-gb", "gb-credit")
    _, messages = await run(ActionUnfreezeCard(), asked("unfreeze my card"))
    assert_responses(messages, "utter_unfreeze__which")
    assert [b["payload"] for b in messages[0]["buttons"]] == [
        '/unblock_card{"card_ending": "4821"}',
        '/unblock_card{"card_ending": "9034"}',
    ]


@pytest.mark.parametrize(
    ("customer", "response"),
    [
        ("demo-gb", "utter_card_arrival__on_its_way"),
        ("demo-de", "utter_card_arrival__late"),
        ("demo-us", "utter_card_arrival__none"),
    ],
)
async def test_a_late_card_is_called_late(bank: SandboxBank, customer: str, response: str) -> None:
    _, messages = await run(ActionCardArrival(), asked("where is my card", customer=customer, slots=slots_of(customer)))
    assert_responses(messages, response)


async def test_a_replacement_that_was_just_ordered_is_being_made(bank: SandboxBank) -> None:
    await bank.block_card("demo-us", "us-debit", reason="lost")
    _, messages = await run(ActionCardArrival(), asked("new card?", customer="demo-us", slots=slots_of("demo-us")))
    assert_responses(messages, "utter_card_arrival__being_made")


async def test_limits_of_the_card_that_is_meant(bank: SandboxBank) -> None:
    _, messages = await run(ActionCheckLimits(), asked("limits of my credit card"))
    assert "9034" in said(messages[0])
    assert "4821" not in said(messages[0])


async def test_fees_are_explained_by_kind(bank: SandboxBank) -> None:
    _, messages = await run(ActionExplainFee(), asked("what is the café central charge"))
    assert_responses(messages, "utter_fee__foreign_use")
    _, messages = await run(ActionExplainFee(), asked("why a fee"))
    assert_responses(messages, "utter_fee__overdraft_interest")


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("is the leeds branch open", "utter_branch__open_now"),
        ("opening hours brixton", "utter_branch__open_now"),
        ("when are you open", "utter_branch__which"),
        ("branch in London", "utter_branch__open_now"),
    ],
)
async def test_branch_hours_for_the_place_that_is_asked(bank: SandboxBank, text: str, response: str) -> None:
    _, messages = await run(ActionBranchHours(), asked(text, customer=None))
    assert_responses(messages, response)


async def test_a_place_without_a_branch_is_admitted(bank: SandboxBank) -> None:
    entities = [{"entity": "branch_place", "value": "Atlantis"}]
    _, messages = await run(ActionBranchHours(), asked("hours in Atlantis", entities=entities, customer=None))
    assert_responses(messages, "utter_branch__not_there")
    assert len(messages[0]["buttons"]) == 3
    _, messages = await run(ActionBranchHours(), asked("hours", customer=None, slots={"region": "NZ"}))
    assert_responses(messages, "utter_branch__none_in_region")


async def test_a_branch_on_a_holiday_says_so(bank: SandboxBank, clock: HeldClock) -> None:
    clock.now = datetime(2026, 12, 25, 11, 0, tzinfo=timezone.utc)
    _, messages = await run(ActionBranchHours(), asked("leeds", customer=None))
    assert_responses(messages, "utter_branch__closed_holiday")
    assert "Christmas Day" in said(messages[0])
    assert "It opens on Monday at 09:30" in said(messages[0])


@pytest.mark.parametrize(
    ("text", "response", "words"),
    [
        ("dollar rate", "utter_rate__quote", "1 GBP is 1.2921 USD"),
        ("how much is 200 euros", "utter_rate__converted", "€200.00 is £167.82"),
        ("how many euros do I get for £100", "utter_rate__converted", "£100.00 is €119.18"),
        ("what is the rate", "utter_rate__which_currency", "GBP"),
        ("100 pounds in dollars", "utter_rate__converted", "£100.00 is US$129.21"),
        ("1000 yen", "utter_rate__converted", "JP¥1,000 is £5.14"),
    ],
)
async def test_exchange_rates(bank: SandboxBank, text: str, response: str, words: str) -> None:
    _, messages = await run(ActionExchangeRate(), asked(text, customer=None))
    assert_responses(messages, response)
    assert words in said(messages[0])


async def test_refunds_and_regular_payments(bank: SandboxBank) -> None:
    _, messages = await run(ActionRefundStatus(), asked("where is my refund"))
    assert_responses(messages, "utter_refund__pending")
    _, messages = await run(ActionListRegularPayments(), asked("direct debits"))
    assert "Thames Water" in said(messages[0])
    assert "standing order" in said(messages[0])


@pytest.mark.parametrize(
    ("customer", "words"),
    [
        ("demo-gb", ["Ava Thompson", "Sort code: 20-99-61", "Account number: 60124471", "IBAN: GB"]),
        ("demo-us", ["Routing number: 026099991", "7001923058"]),
        ("demo-mx", ["CLABE: 999180"]),
    ],
)
async def test_own_account_numbers(bank: SandboxBank, customer: str, words: list[str]) -> None:
    _, messages = await run(ActionAccountDetails(), asked("my details", customer=customer, slots=slots_of(customer)))
    assert_responses(messages, "utter_account_details__list")
    for word in words:
        assert word in said(messages[0])


async def test_an_account_without_numbers_of_its_own(bank: SandboxBank) -> None:
    _, messages = await run(ActionAccountDetails(), asked("the iban of my credit card"))
    assert_responses(messages, "utter_account_details__none")


async def test_money_coming_in_and_pending(bank: SandboxBank) -> None:
    """A refund is not income; what is pending says until when."""
    _, messages = await run(ActionIncomingPayment(), asked("has my salary arrived"))
    assert_responses(messages, "utter_incoming__arrived")
    assert "£2,412.60" in said(messages[0])
    _, messages = await run(ActionPendingPayments(), asked("what is pending"))
    assert said(messages[0]).count("•") == 2
    assert "Uber Eats: £21.50, reserved since 22 Nov" in said(messages[0])


async def test_why_a_transfer_failed_and_how_much_may_be_sent(bank: SandboxBank) -> None:
    _, messages = await run(ActionFailedTransfer(), asked("my transfer failed"))
    assert_responses(messages, "utter_transfer__rejected")
    assert "account number and name do not match" in said(messages[0])
    _, messages = await run(ActionFailedTransfer(), asked("failed", customer="demo-ph", slots=slots_of("demo-ph")))
    assert_responses(messages, "utter_failed_transfer__none")
    _, messages = await run(ActionTransferLimits(), asked("how much can I send"))
    assert "£10,000.00 in one payment and £20,000.00 a day" in said(messages[0])


async def test_a_question_with_a_yes_of_its_own_never_stands_beside_another(bank: SandboxBank) -> None:
    """ "Change a limit?" inside a form would make its yes the yes to the form."""
    _, messages = await run(ActionCheckLimits(), asked("my limits"))
    assert_responses(messages, "utter_limits__list")
    _, messages = await run(ActionCheckLimits(), asked("my limits", slots={"course": "several"}))
    assert_responses(messages, "utter_limits__tell")
    inside = tracker_of(user_event("my limits"), loop="block_card_form")
    _, messages = await run(ActionCheckLimits(), inside)
    assert_responses(messages, "utter_limits__tell")


async def test_identity_is_told_in_the_customers_language(bank: SandboxBank) -> None:
    _, messages = await run(ActionStateIdentity(), asked("are you human?", slots=slots_of("demo-fr")))
    assert "Je ne suis pas une personne" in said(messages[0])
    _, messages = await run(ActionIdentify(), asked("who am I"))
    assert_responses(messages, "utter_identity__signed_in")
    _, messages = await run(ActionIdentify(), asked("who am I", customer=None, slots={"customer_name": None}))
    assert_responses(messages, "utter_identity__how_to_sign_in")


#: "no money was taken", in every language that the assistant answers in
NOTHING_TAKEN = (
    "o money was taken",
    "o se cobró nada",
    "ein Geld abgebucht",
    "ien n'a été débité",
    "enhum valor foi cobrado",
    "ala pong perang nabawas",
)


def test_every_declined_reason_offers_a_way_on() -> None:
    """Each explanation says that no money was taken."""
    for name, variants in all_responses().items():
        if name.startswith("utter_declined__") and not name.endswith("none_found"):
            assert all(any(words in variant["text"] for words in NOTHING_TAKEN) for variant in variants), name
