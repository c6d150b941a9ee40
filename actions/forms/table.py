"""All forms, in one table: which intents open each, its slots in the order they are asked, and what counts as an answer.

Everything that has to know about forms reads it here: the assessment (was this message understood?), the handoff and the
session's start (which slots are emptied), the course of the conversation (which matter waits for which), the form itself.
Pure data and pure functions; the slots' names are those of domain.yml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from actions import normalise

Reader = Callable[[str], bool]

#: Intents of a message that may answer whatever was asked.
ANSWERING: Final = frozenset({"inform", "affirm", "deny", "correct_choice"})


def anything(text: str) -> bool:
    """Free text: every answer counts."""
    return bool(text.strip())


@dataclass(frozen=True, kw_only=True)
class Question:
    """The question for a slot, and which messages answer it."""

    slot: str
    reads: Reader | None = None  #: whether the words of an answering message hold a value; None: words alone never do
    entities: frozenset[str] = frozenset()  #: one of these in a message is an answer, whatever its intent
    intents: frozenset[str] = frozenset()  #: messages of these intents are an answer, whatever their words

    def answered_by(self, intent: str | None, text: str, *, entities: Iterable[str], openers: frozenset[str]) -> bool:
        if intent in self.intents or not self.entities.isdisjoint(entities):
            return True
        return intent in ANSWERING | openers and self.reads is not None and self.reads(text)


@dataclass(frozen=True, kw_only=True)
class Form:
    name: str
    opened_by: frozenset[str]
    topic: str  #: the response that names its matter in a sentence
    questions: tuple[Question, ...]
    left: str  #: the response when the customer leaves it: nothing was changed
    at_once: bool = True  #: its intents open it always; else data/rules and `course.py` say when

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(question.slot for question in self.questions)

    @property
    def confirm(self) -> str:
        """The slot of the yes without which nothing is done; forms that only look something up have none."""
        return self.slots[-1]

    def answered_by(self, slot: str | None, intent: str | None, text: str, *, entities: Iterable[str] = ()) -> bool:
        """Whether a message answers the form's question for this slot."""
        question = next((question for question in self.questions if question.slot == slot), None)
        return question is not None and question.answered_by(intent, text, entities=entities, openers=self.opened_by)


def _names_card(text: str) -> bool:
    return normalise.card_ending(text) is not None or normalise.card_kind(text) is not None


def _names_number(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _choice(slot: str, *entities: str) -> Question:
    return Question(slot=slot, reads=anything, entities=frozenset(entities))


def _card(slot: str) -> Question:
    return Question(slot=slot, reads=anything, entities=frozenset({"card_ending", "card_kind"}))


def _sum(slot: str) -> Question:
    return Question(slot=slot, reads=_names_number, entities=frozenset({"amount"}))


def _free(slot: str, *intents: str, entities: tuple[str, ...] = ()) -> Question:
    return Question(slot=slot, reads=anything, intents=frozenset(intents), entities=frozenset(entities))


def _yes_or_no(slot: str, *intents: str) -> Question:
    return Question(slot=slot, intents=frozenset({"affirm", "deny", "correct_choice", *intents}))


_FORMS: Final = (
    Form(
        name="block_card_form",
        opened_by=frozenset({"block_card"}),
        topic="utter_topic__label_block_card",
        left="utter_form__left_block_card",
        questions=(
            Question(slot="card_choice", reads=_names_card, entities=frozenset({"card_ending", "card_kind"})),
            _free("block_reason", "order_replacement_card", "block_card"),
            _yes_or_no("confirm_block", "block_card"),
        ),
    ),
    Form(
        name="transfer_status_form",
        opened_by=frozenset({"check_transfer_status"}),
        topic="utter_topic__label_transfer_status",
        left="utter_form__left_transfer_status",
        questions=(
            Question(
                slot="transfer_reference",
                reads=lambda text: normalise.reference(text) is not None,
                entities=frozenset({"reference", "payee", "amount"}),
            ),
            Question(slot="transfer_payee", entities=frozenset({"reference", "payee", "amount"})),
            Question(slot="transfer_amount", entities=frozenset({"reference", "payee", "amount"})),
        ),
    ),
    Form(
        name="change_standing_order_form",
        opened_by=frozenset({"change_standing_order"}),
        topic="utter_topic__label_standing_order",
        left="utter_form__left_standing_order",
        questions=(
            _choice("order_action"),
            _choice("order_choice", "payee"),
            Question(slot="order_amount", reads=_names_number, entities=frozenset({"amount", "date"})),
            Question(slot="order_day", reads=anything, entities=frozenset({"date"})),
            _yes_or_no("confirm_order"),
        ),
    ),
    Form(
        name="cancel_direct_debit_form",
        opened_by=frozenset({"cancel_direct_debit"}),
        topic="utter_topic__label_direct_debit",
        left="utter_form__left_direct_debit",
        questions=(_choice("debit_choice", "merchant", "payee"), _yes_or_no("confirm_debit")),
    ),
    Form(
        name="order_replacement_card_form",
        opened_by=frozenset({"order_replacement_card"}),
        topic="utter_topic__label_replacement_card",
        left="utter_form__left_replacement_card",
        questions=(
            _card("replacement_card"),
            _free("replacement_reason", "block_card", "explain_declined_payment"),
            _yes_or_no("replacement_address", "change_personal_details"),
            _yes_or_no("confirm_replacement"),
        ),
    ),
    Form(
        name="get_statement_form",
        opened_by=frozenset({"get_statement"}),
        topic="utter_topic__label_statement",
        left="utter_form__left_statement",
        questions=(
            _choice("statement_account"),
            Question(slot="statement_period", reads=anything, entities=frozenset({"date"})),
            _choice("statement_way"),
            _yes_or_no("confirm_statement"),
        ),
    ),
    Form(
        name="change_details_form",
        opened_by=frozenset({"change_personal_details"}),
        topic="utter_topic__label_details",
        left="utter_form__left_details",
        questions=(_choice("detail_kind"), _free("detail_value"), _yes_or_no("confirm_detail")),
    ),
    Form(
        name="wrong_charge_form",
        opened_by=frozenset({"report_wrong_charge"}),
        topic="utter_topic__label_wrong_charge",
        left="utter_form__left_wrong_charge",
        questions=(
            _choice("charge_choice", "merchant", "payee"),
            _free("charge_problem", "check_refund_status", "cancel_direct_debit"),
            _sum("charge_amount"),
            _yes_or_no("confirm_charge"),
        ),
    ),
    Form(
        name="book_appointment_form",
        opened_by=frozenset({"book_appointment"}),
        topic="utter_topic__label_appointment",
        left="utter_form__left_appointment",
        questions=(
            _free("appointment_topic", "ask_mortgage", "ask_loan", "ask_savings_rate", "open_account", "ask_overdraft"),
            _choice("appointment_place", "branch_place"),
            Question(slot="appointment_day", reads=anything, entities=frozenset({"date"})),
            Question(slot="appointment_time", reads=anything, entities=frozenset({"amount"})),
            _yes_or_no("confirm_appointment"),
        ),
    ),
    Form(
        name="card_limit_form",
        opened_by=frozenset({"check_card_limits"}),
        topic="utter_topic__label_card_limit",
        left="utter_form__left_card_limit",
        at_once=False,
        questions=(_card("limit_card"), _choice("limit_kind"), _sum("limit_amount"), _yes_or_no("confirm_limit")),
    ),
    Form(
        name="cash_machine_claim_form",
        opened_by=frozenset({"report_cash_machine_problem"}),
        topic="utter_topic__label_cash_claim",
        left="utter_form__left_cash_claim",
        questions=(
            _free("machine_place", "find_cash_machine", "find_branch_hours", entities=("branch_place", "merchant")),
            Question(slot="machine_day", reads=anything, entities=frozenset({"date"})),
            _sum("machine_asked"),
            Question(slot="machine_received", reads=anything, entities=frozenset({"amount"})),
            _yes_or_no("confirm_machine"),
        ),
    ),
)

FORMS: Final = {form.name: form for form in _FORMS}
#: Every slot that a form fills: a message from which one of them was taken was understood, whatever its intent.
FORM_SLOTS: Final = frozenset(slot for form in _FORMS for slot in form.slots)
#: Which form an intent opens, whatever else the message says.
OPENED: Final = {intent: form for form in _FORMS if form.at_once for intent in form.opened_by}
