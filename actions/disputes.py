"""A charge of a merchant that is wrong: which one, what is wrong, how much should come back. Ends in a dispute case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, cast

from actions import normalise, when
from actions.bank.interface import Transaction
from actions.bank.money import Money
from actions.bank.services import ChargeProblem
from actions.forms.actions import actions_of
from actions.forms.common import choose, payload, sum_in
from actions.forms.flow import Field, Flow, FormTurn, money_text
from actions.forms.table import FORMS
from actions.normalise import fold
from actions.topic import Event
from actions.wording import lines, part

_SHOWN: Final = 6
_PROBLEMS: Final[tuple[tuple[ChargeProblem, re.Pattern[str]], ...]] = (
    ("twice", re.compile(

        r"\b(twice|two times|double\w*|duplicate\w*|again|doppelt|zweimal|deux fois|dos veces|duas vezes"
        r"|dalawang beses|doble)\b"

    )),
    ("not_delivered", re.compile(

        r"\b(not? (been )?deliver\w*|never (arrived|came|got|delivered|received)|did ?n.?t (arrive|come|get)"
        r"|has ?n.?t (arrived|come)"


        r"|not received|nicht (geliefert|angekommen|erhalten)|pas (ete )?(livr\w*|recu)|no (lleg\w*|recib\w*)"
        r"|nao (cheg\w*|receb\w*)"

        r"|hindi (dumating|natanggap)|not_delivered)\b"
    )),
    ("cancelled", re.compile(

        r"\b(cancel\w*|returned|sent (it|them) back|gekundigt|storniert|zuruck\w*|annul\w*|renvoye|devolv\w*"
        r"|devuelt\w*|ibinalik|kinansela)\b"

    )),
    ("too_much", re.compile(

        r"\b(too much|too_much|more than|over ?charged?|wrong (amount|price)|should have been|instead of|zu viel"
        r"|zuviel|trop|demasiado|de mas"

        r"|demais|a mais|sobra)\b"
    )),
)  # fmt: skip
LABELS: Final = {
    "twice": "utter_wrong_charge__label_twice",
    "too_much": "utter_wrong_charge__label_too_much",
    "cancelled": "utter_wrong_charge__label_cancelled",
    "not_delivered": "utter_wrong_charge__label_not_delivered",
    "other": "utter_wrong_charge__label_other",
}


async def _charges(turn: FormTurn) -> Sequence[Transaction]:
    """Payments to merchants, newest first; what was declined took no money."""
    transactions = await turn.bank.transactions(turn.customer.customer_id)
    return [t for t in transactions if t.amount.amount < 0 and t.status != "RJCT" and t.fee_kind is None]


async def _charge(turn: FormTurn) -> Transaction | None:
    return next((t for t in await _charges(turn) if t.transaction_id == turn.text_of(ChargeChoice.slot)), None)


def _newest_of_one(said: str, charges: Sequence[Transaction]) -> str | None:
    """Of several payments to the one merchant that is named, the newest: where she was charged twice, the second."""
    found = [t for t in charges if normalise.mentions(said, t.transaction_information)]
    merchants = {t.transaction_information for t in found}
    return found[0].transaction_id if len(merchants) == 1 else None


class ChargeChoice(Field):
    """Which payment: by merchant, sum, day, or as one of the list."""

    slot = "charge_choice"
    resets = ("charge_amount",)
    again = "utter_wrong_charge__not_found"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        charges = await _charges(turn)
        chosen = turn.asked.entity("choice")
        if chosen in {charge.transaction_id for charge in charges}:
            return chosen
        said = turn.asked.said("merchant", "payee")
        named = [(t.transaction_id, t.transaction_information) for t in charges]
        found = choose(said, named, previous=None, direct=False) or _newest_of_one(said, charges)
        if found is not None or not direct:
            return found
        text = turn.asked.text
        amount = sum_in(turn.asked, charges[0].amount.currency, direct=True) if charges else None
        day = when.day(text, today=turn.now.date(), ahead=False, locale=turn.asked.locale)
        fitting = [
            t for t in charges if (amount is not None and abs(t.amount) == amount) or t.booking_date_time.date() == day
        ]
        if len(fitting) == 1:
            return fitting[0].transaction_id
        return choose(text, named[:_SHOWN])

    async def ask(self, turn: FormTurn) -> None:
        charges = (await _charges(turn))[:_SHOWN]
        listed = [
            part(
                "utter_wrong_charge__line",
                day=turn.asked.short_day(t.booking_date_time.date()),
                merchant=t.transaction_information,
                amount=turn.asked.money(abs(t.amount)),
            )
            for t in charges
        ]
        choices = [(t.transaction_information, payload(t.transaction_id)) for t in charges]
        turn.say.with_choices("utter_wrong_charge__ask_choice", choices, lines=lines(listed))


class Problem(Field):
    """What is wrong with it."""

    slot = "charge_problem"
    free = True

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        text = fold(turn.asked.entity("choice") or turn.asked.text)
        named = next((problem for problem, pattern in _PROBLEMS if pattern.search(text)), None)
        return named or ("other" if direct else None)

    async def correct(self, turn: FormTurn) -> str | None:
        return await self.read(turn, direct=False)

    async def ask(self, turn: FormTurn) -> None:
        charge = await _charge(turn)
        turn.say("utter_wrong_charge__ask_problem", merchant=charge.transaction_information if charge else "")


class WantedBack(Field):
    """How much should come back: a sum up to what was charged, or all of it."""

    slot = "charge_amount"
    again = "utter_wrong_charge__amount_not_understood"

    async def read(self, turn: FormTurn, *, direct: bool) -> str | None:
        charge = await _charge(turn)
        if charge is None:
            return None
        paid = abs(charge.amount)
        if direct and re.search(
            r"\b(all|everything|whole|full|total|alles|ganze\w*|tout|totalite|todo|toda|tudo|lahat|buo)\b",
            fold(turn.asked.entity("choice") or turn.asked.text),
        ):
            return money_text(paid)
        wanted = sum_in(turn.asked, paid.currency, direct=direct)
        if wanted is None or wanted.amount <= 0:
            return None
        if wanted <= paid:
            return money_text(wanted) if direct else None
        return None

    async def correct(self, turn: FormTurn) -> str | None:
        return await self.read(turn, direct=True)

    async def ask(self, turn: FormTurn) -> None:
        charge = await _charge(turn)
        turn.say("utter_wrong_charge__ask_amount", amount=turn.asked.money(abs(charge.amount)) if charge else "")


class WrongChargeFlow(Flow):
    """A dispute with a merchant."""

    form = FORMS["wrong_charge_form"]
    action = "action_open_dispute"
    fields = (ChargeChoice, Problem, WantedBack)
    how_to = "utter_wrong_charge__how_to"

    async def nothing_to_do(self, turn: FormTurn) -> str | None:
        return None if await _charges(turn) else "utter_transactions__none"

    async def confirm(self, turn: FormTurn) -> None:
        charge = await _charge(turn)
        if charge is not None:
            turn.say(
                "utter_wrong_charge__confirm",
                merchant=charge.transaction_information,
                day=turn.asked.day(charge.booking_date_time.date()),
                amount=turn.asked.money(abs(charge.amount)),
                problem=part(LABELS[turn.text_of(Problem.slot)]),
                wanted=turn.asked.money(Money.of(turn.text_of(WantedBack.slot), charge.amount.currency)),
            )

    async def carry_out(self, turn: FormTurn) -> list[Event]:
        charge = await _charge(turn)
        if charge is None:
            turn.say("utter_wrong_charge__not_found")
            return []
        wanted = Money.of(turn.text_of(WantedBack.slot), charge.amount.currency)
        case = await turn.bank.open_dispute(
            turn.customer.customer_id,
            charge.transaction_id,
            problem=cast(ChargeProblem, turn.text_of(Problem.slot)),
            wanted=wanted,
        )
        turn.say(
            "utter_wrong_charge__done",
            merchant=charge.transaction_information,
            wanted=turn.asked.money(wanted),
            reference=case.reference,
            answer_by=turn.asked.day(case.answer_by),
        )
        return []


ACTIONS: Final = actions_of(WrongChargeFlow)
