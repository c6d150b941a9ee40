"""Each form as customers lead it: straight on, interrupted, corrected, left; with Rasa's own rules, and a look at the bank."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from actions.bank.money import Money
from actions.bank.sandbox import SandboxBank
from actions.forms.table import FORMS
from tests.actions.conversation import Talk

pytestmark = pytest.mark.filterwarnings("ignore")  # Rasa's own, about itself

INFORM = "inform"


@dataclass(frozen=True)
class Case:
    """How a form is opened, answered and confirmed, and what is said at the end."""

    form: str
    opening: str
    answers: tuple[tuple[str, dict[str, Any]], ...]  #: text and entities, each of the intent inform
    done: str
    words: tuple[str, ...]  #: in the confirming question
    correction: tuple[str, str]  #: what is put right at the last question, and what that question then says
    entities: dict[str, Any] = field(default_factory=dict)

    @property
    def intent(self) -> str:
        return next(iter(FORMS[self.form].opened_by))

    @property
    def left(self) -> str:
        return FORMS[self.form].left


CASES = [
    Case(
        "change_standing_order_form",
        "please change my standing order to Grandma Jo",
        (("make it 55 pounds", {}),),
        "utter_standing_order__changed",
        ("Grandma Jo", "£40.00", "£55.00"),
        ("I meant the 15th", "£55.00 on day 15"),
    ),
    Case(
        "cancel_direct_debit_form",
        "I want to cancel a direct debit",
        (("the thames one", {}),),
        "utter_direct_debit__done",
        ("Thames Water", "£34.50"),
        ("no, the EE one", "EE Mobile"),
    ),
    Case(
        "order_replacement_card_form",
        "I need a new card",
        (("the debit one", {"card_kind": "debit"}), ("it's cracked", {}), ("/affirm", {})),
        "utter_replacement__done",
        ("Visa Debit ending 4821", "27 Acre Lane"),
        ("sorry, I meant the credit card", "Mastercard Credit ending 9034"),
    ),
    Case(
        "get_statement_form",
        "I need a statement",
        (("my savings", {}), ("the last three months", {}), ("by post please", {})),
        "utter_statement__done_post",
        ("Savings account ending 8820", "23 August 2026", "by post"),
        ("I meant March", "from 1 March 2026 to 31 March 2026"),
    ),
    Case(
        "change_details_form",
        "I have a new email",
        (("ava@new.example", {}),),
        "utter_details__done",
        ("ava.thompson@mail.example", "ava@new.example"),
        ("no, ava.t@new.example", "ava.t@new.example"),
    ),
    Case(
        "wrong_charge_form",
        "sainsburys charged me twice",
        (("all of it", {}),),
        "utter_wrong_charge__done",
        ("Sainsbury's", "charged twice", "£41.96 back"),
        ("make it 20", "£20.00 back"),
    ),
    Case(
        "book_appointment_form",
        "I'd like to talk to an adviser about a mortgage",
        (("in Leeds", {"branch_place": "Leeds"}), ("next Thursday", {}), ("at 11", {})),
        "utter_appointment__done_branch",
        ("a mortgage", "Thursday, 26 November 2026", "11:00", "Leeds Park Row"),
        ("no, Friday", "Friday, 27 November 2026 at 11:00"),
    ),
    Case(
        "cash_machine_claim_form",
        "the machine kept my money",
        (("the one on Brixton Road", {}), ("yesterday", {}), ("I asked for 100", {}), ("only got 20", {})),
        "utter_cash_claim__done",
        ("£80.00", "22 November 2026", "Brixton Road"),
        ("I meant 120", "claim for £100.00"),
    ),
]
BY_FORM = pytest.mark.parametrize("case", CASES, ids=[case.form for case in CASES])


async def fill(talk: Talk, case: Case) -> None:
    await talk.say(case.opening, case.intent)
    for text, entities in case.answers:
        assert await talk.form() == case.form
        await talk.say(text, INFORM, **entities)


async def state(bank: SandboxBank) -> list[Any]:
    """Everything that a form can change."""
    customer = "demo-gb"
    return [
        await bank.standing_orders(customer),
        await bank.direct_debits(customer),
        await bank.cards(customer),
        await bank.card_orders(customer),
        await bank.contact(customer),
        await bank._lines(customer, "statement"),
        await bank._lines(customer, "dispute"),
        await bank._lines(customer, "appointment"),
        await bank._lines(customer, "cash_claim"),
    ]


@BY_FORM
async def test_straight_on(talk: Talk, bank: SandboxBank, case: Case) -> None:
    """The last question names what will be done; only after the yes it is done, and the confirmation has a reference."""
    before = await state(bank)
    await fill(talk, case)
    assert await talk.slot("requested_slot") == FORMS[case.form].confirm
    for word in case.words:
        assert word in talk.text
    assert talk.buttons == ["/affirm", "/deny"]
    assert await state(bank) == before
    assert await talk.say("yes", "affirm") == [case.done]
    assert "-000001" in talk.text
    assert await talk.form() is None
    assert await state(bank) != before
    assert [slot for slot in FORMS[case.form].slots if await talk.slot(slot) is not None] == []


@BY_FORM
async def test_interrupted_and_corrected(talk: Talk, bank: SandboxBank, case: Case) -> None:
    """A question is answered, the form says what it comes back to; a correction is taken over and confirmed anew."""
    await talk.say(case.opening, case.intent)
    asked = talk.said[-1]
    await talk.say("when is the Leeds branch open?", "find_branch_hours", branch_place="Leeds")
    assert talk.said == ["utter_branch__open_now", "utter_form__returning", asked]
    for text, entities in case.answers:
        await talk.say(text, INFORM, **entities)
    await talk.say("thanks", "thank")
    assert talk.said[:2] == ["utter_thank__welcome", "utter_form__returning"]
    before = await state(bank)
    await talk.say(case.correction[0], "correct_choice")
    assert talk.said[0] == "utter_form__changed"
    assert case.correction[1] in talk.text
    assert await talk.form() == case.form
    assert await state(bank) == before
    assert await talk.say("yes please", "affirm") == [case.done]
    assert await state(bank) != before


@BY_FORM
@pytest.mark.parametrize("at", ["first", "last"])
async def test_left(talk: Talk, bank: SandboxBank, case: Case, at: str) -> None:
    """ "Never mind" ends it at any point and says that nothing was changed; so does a no to the last question."""
    before = await state(bank)
    if at == "first":
        await talk.say(case.opening, case.intent)
    else:
        await fill(talk, case)
    assert await talk.say("never mind", "cancel_request") == [case.left]
    assert await talk.form() is None
    assert [slot for slot in FORMS[case.form].slots if await talk.slot(slot) is not None] == []
    await fill(talk, case)
    assert await talk.say("no", "deny") == [case.left]
    assert await state(bank) == before


@BY_FORM
async def test_a_person_is_one_step_away(talk: Talk, case: Case) -> None:
    await fill(talk, case)
    await talk.say("can I talk to somebody", "request_person", signals={"person": 0.99})
    assert talk.said == ["utter_handoff__person"]
    assert await talk.form() is None
    assert [slot for slot in FORMS[case.form].slots if await talk.slot(slot) is not None] == []


@BY_FORM
async def test_a_crisis_ends_the_form_without_another_question(talk: Talk, bank: SandboxBank, case: Case) -> None:
    await fill(talk, case)
    before = await state(bank)
    await talk.say("I don't want to live any more", "express_crisis", signals={"crisis": 0.95})
    assert talk.said == ["utter_handoff__life_at_risk"]
    assert talk.buttons == []
    assert await talk.form() is None
    assert await state(bank) == before


@BY_FORM
async def test_a_wish_repeated_is_no_yes(talk: Talk, bank: SandboxBank, case: Case) -> None:
    """Only a yes to the question that names what will be done lets it be done."""
    await fill(talk, case)
    before = await state(bank)
    for text, intent in (("hm", INFORM), (case.opening, case.intent), ("is that safe?", "nlu_fallback")):
        await talk.say(text, intent)
        assert await talk.form() == case.form
    assert await state(bank) == before


@BY_FORM
async def test_who_is_not_signed_in_is_told_how_it_is_done(talk: Talk, case: Case) -> None:
    talk.customer = None
    await talk.say(case.opening, case.intent)
    assert len(talk.said) == 1
    assert "how_to" in talk.said[0]
    assert await talk.form() is None


async def test_a_card_limit_is_changed(talk: Talk, bank: SandboxBank) -> None:
    """Told first, changed on a yes; or at once where the message says so."""
    assert await talk.say("what's my limit?", "check_card_limits") == ["utter_limits__list"]
    await talk.say("yes", "affirm")
    await talk.say("debit", INFORM, card_kind="debit")
    await talk.say("cash", INFORM)
    await talk.say("5000", INFORM)
    assert talk.said == ["utter_limits__too_high", "utter_limits__ask_amount"]
    await talk.say("800", INFORM)
    assert "from £500.00 to £800.00" in talk.text
    assert await talk.say("yes", "affirm") == ["utter_limits__changed"]
    assert (await bank.cards("demo-gb"))[0].limits.per_day_cash == Money.of("800", "GBP")
    await talk.say("lower the cash limit of my debit card to 300", "check_card_limits", card_kind="debit")
    assert await talk.slot("requested_slot") == "confirm_limit"
    await talk.say("no, the credit card", "correct_choice", card_kind="credit")
    assert "Mastercard Credit ending 9034 from £300.00 to £300.00" in talk.text
    assert await talk.say("stop", "cancel_request") == ["utter_form__left_card_limit"]
    assert (await bank.cards("demo-gb"))[0].limits.per_day_cash == Money.of("800", "GBP")


async def test_a_standing_order_is_set_up_and_stopped(talk: Talk, bank: SandboxBank) -> None:
    await talk.say("set up a standing order", "change_standing_order")
    assert talk.said == ["utter_standing_order__ask_payee"]
    await talk.say("Oliver", INFORM)
    await talk.say("a hundred pounds", INFORM, amount="100")
    await talk.say("the 1st", INFORM)
    assert "£100.00 to Oliver Reid, on day 1" in talk.text
    await talk.say("yes", "affirm")
    assert [order.creditor_name for order in await bank.standing_orders("demo-gb")] == ["Grandma Jo", "Oliver Reid"]
    await talk.say("stop the standing order to Oliver", "change_standing_order", payee="Oliver")
    assert talk.said == ["utter_standing_order__confirm_stop"]
    await talk.say("go ahead", "affirm")
    assert [order.creditor_name for order in await bank.standing_orders("demo-gb")] == ["Grandma Jo"]


async def test_a_stolen_card_is_blocked_instead_of_replaced(talk: Talk, bank: SandboxBank) -> None:
    await talk.say("I need a new card", "order_replacement_card")
    await talk.say("the credit one", INFORM, card_kind="credit")
    await talk.say("it was stolen", "block_card")
    assert talk.said[-2:] == ["utter_replacement__block_first", "utter_block_card__confirm"]
    await talk.say("yes", "affirm")
    assert talk.said == ["utter_block_card__done"]
    assert (await bank.cards("demo-gb"))[1].status == "blocked"


async def test_a_card_to_an_old_address_waits_for_the_new_one(talk: Talk, bank: SandboxBank) -> None:
    """One form leads into the other and back, with what was said already."""
    await talk.say("my debit card is cracked, I need a new one", "order_replacement_card", card_kind="debit")
    assert talk.said == ["utter_replacement__ask_address"]
    await talk.say("no, I've moved", "deny")
    assert talk.said == ["utter_replacement__address_first", "utter_details__ask_value"]
    await talk.say("14 Elm Row, Leeds LS2 7AB", "find_branch_hours")
    await talk.say("yes", "affirm")
    assert talk.said == ["utter_details__done", "utter_several__next", "utter_replacement__confirm"]
    assert "14 Elm Row, Leeds LS2 7AB" in talk.text
    assert await talk.say("yes", "affirm") == ["utter_replacement__done"]


async def test_a_taken_day_or_time_is_asked_again(talk: Talk, bank: SandboxBank) -> None:
    await talk.say("can an adviser call me about savings?", "book_appointment")
    assert talk.said == ["utter_appointment__ask_day"]
    await talk.say("Sunday", INFORM)
    assert talk.said == ["utter_appointment__day_full", "utter_appointment__ask_day"]
    await talk.say("tomorrow", INFORM)
    await talk.say("at 7pm", INFORM)
    assert talk.said == ["utter_appointment__time_not_free", "utter_appointment__ask_time"]
    await talk.say("in the afternoon", INFORM)
    assert "24 November 2026 at 12:00" in talk.text
    assert await talk.say("perfect", "affirm") == ["utter_appointment__done_phone"]


async def test_two_questions_are_both_answered(talk: Talk) -> None:
    text = "what's my balance and when does the branch in Leeds open?"
    await talk.say(text, "check_balance", also=["find_branch_hours"], branch_place="Leeds")
    assert talk.said == ["utter_balance__all", "utter_branch__open_now"]


async def test_what_needs_a_form_comes_after_the_answer(talk: Talk) -> None:
    """In the order of the message, one after the other, and none is forgotten, not even when one is stopped."""
    also = ["check_balance", "get_statement"]
    await talk.say("cancel my direct debit, my balance, and I need a statement", "cancel_direct_debit", also=also)
    assert talk.said == ["utter_balance__all", "utter_several__next", "utter_direct_debit__ask_choice"]
    await talk.say("never mind", "cancel_request")
    assert talk.said == ["utter_form__left_direct_debit", "utter_several__next", "utter_statement__ask_account"]
    assert await talk.form() == "get_statement_form"
    assert await talk.slot("waiting_topics") is None


async def test_an_answer_and_a_question_in_one_message(talk: Talk) -> None:
    await talk.say("cancel a direct debit", "cancel_direct_debit")
    await talk.say("EE, and what's my balance?", INFORM, also=["check_balance"])
    assert talk.said == ["utter_balance__all", "utter_direct_debit__confirm"]
    assert "EE Mobile" in talk.text


async def test_one_matter_after_the_other(talk: Talk) -> None:
    """A second matter waits, a card to block does not, and the first is taken up again after it."""
    await talk.say("change my standing order", "change_standing_order")
    await talk.say("and I need a statement", "get_statement")
    assert talk.said == ["utter_form__will_come_to", "utter_standing_order__ask_new"]
    await talk.say("wait, my debit card was stolen", "block_card", card_kind="debit")
    assert await talk.form() == "block_card_form"
    await talk.say("yes", "affirm")
    assert talk.said == ["utter_block_card__done", "utter_several__next", "utter_standing_order__ask_new"]
    await talk.say("60", INFORM)
    await talk.say("yes", "affirm")
    assert talk.said == ["utter_standing_order__changed", "utter_several__next", "utter_statement__ask_account"]


async def test_goodbye_ends_everything(talk: Talk) -> None:
    await talk.say("cancel a direct debit", "cancel_direct_debit", also=["get_statement"])
    assert await talk.say("bye", "say_goodbye") == ["utter_form__left_direct_debit"]
    assert await talk.form() is None
    assert await talk.slot("waiting_topics") is None


async def test_the_last_question_asked_of_something_else(talk: Talk) -> None:
    await talk.say("what's my balance", "check_balance")
    assert await talk.say("and my savings?", INFORM) == ["utter_balance__one"]
    assert "£6,450.00" in talk.text
    assert await talk.say("what about the credit card?", "list_cards") == ["utter_balance__one"]
    await talk.say("what's the limit of my debit card", "check_card_limits", card_kind="debit")
    assert await talk.say("and credit?", INFORM, card_kind="credit") == ["utter_limits__tell"]
    assert "9034" in talk.text
    await talk.say("when does Leeds open", "find_branch_hours", branch_place="Leeds")
    assert await talk.say("and Manchester?", INFORM, branch_place="Manchester") == ["utter_branch__open_now"]


async def test_a_bare_name_after_something_else_is_no_follow_up(talk: Talk) -> None:
    await talk.say("what's my balance", "check_balance")
    for _ in range(4):
        await talk.say("thanks", "thank")
    assert await talk.say("my savings", INFORM) == ["utter_inform__what_for"]


async def test_the_card_form_is_corrected_only_by_what_is_about_it(talk: Talk, bank: SandboxBank) -> None:
    """A question about another card is no correction; "no, the credit card" is one."""
    await talk.say("I lost my debit card", "block_card", card_kind="debit")
    await talk.say("what's the limit of my credit card?", "check_card_limits", card_kind="credit")
    assert talk.said == ["utter_limits__tell", "utter_form__returning", "utter_block_card__confirm"]
    assert "4821" in talk.texts[-1]
    await talk.say("no, the credit card", "correct_choice", card_kind="credit")
    assert "9034" in talk.text
    await talk.say("yes", "affirm")
    assert [card.status for card in await bank.cards("demo-gb")] == ["active", "blocked"]


async def test_a_bank_out_of_reach_in_the_middle_is_admitted(
    talk: Talk, bank: SandboxBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actions.bank.interface import BankUnavailable

    async def unavailable(*_: object, **__: object) -> None:
        raise BankUnavailable

    await talk.say("cancel a direct debit", "cancel_direct_debit")
    monkeypatch.setattr(bank, "customer", unavailable)
    assert await talk.say("EE Mobile", INFORM) == ["utter_bank__unavailable"]
    assert await talk.form() is None
