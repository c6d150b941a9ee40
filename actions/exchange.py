"""The bank's exchange rates. Anybody may ask."""

from __future__ import annotations

from decimal import Decimal

from actions import normalise
from actions.bank import get_bank
from actions.bank.money import Money
from actions.topic import Event, Topic, TopicTurn, packs
from localization import formats


class ActionExchangeRate(Topic):
    """What one unit of the home currency buys, or what a sum comes to."""

    NAME = "action_exchange_rate"
    followed_as = "check_exchange_rate"

    async def reply(self, turn: TopicTurn) -> list[Event]:
        home = home_currency(turn.asked.region, default=turn.asked.pack.currency)
        named = normalise.currencies(turn.asked.said("currency"))
        abroad = [code for code in named if code != home]
        if not abroad:
            turn.say("utter_rate__which_currency", home=home)
            return []
        base, quote = (named[0], named[1]) if len(named) > 1 and home not in named else (home, abroad[0])
        rate = await get_bank().exchange_rate(base=base, quote=quote)
        if rate is None:
            turn.say("utter_rate__not_traded", currency=quote)
            return []
        values = {
            "base": base,
            "quote": quote,
            "rate": formats.number(rate.rate, locale=turn.asked.locale, decimals=4),
            "day": turn.asked.day(rate.day),
        }
        stated = turn.asked.text if normalise.amount(turn.asked.text) is not None else turn.asked.entity("amount") or ""
        amount = normalise.amount(stated)
        if amount is None:
            turn.say("utter_rate__quote", **values)
            return []
        # "200 euros" asks what euros cost; a bare sum is in the home currency.
        from_quote = normalise.amount_currency(stated) == quote
        given = to_smallest_unit(amount, quote if from_quote else base)
        result = given.exchanged(1 / rate.rate, base) if from_quote else given.exchanged(rate.rate, quote)
        turn.say("utter_rate__converted", given=turn.asked.money(given), result=turn.asked.money(result), **values)
        return []


def to_smallest_unit(amount: Decimal, currency: str) -> Money:
    """An amount as it can be paid: two decimals of a pound, none of a yen."""
    return Money(amount.quantize(Money.zero(currency).amount), currency)


def home_currency(region: str, *, default: str) -> str:
    """The currency of the region a customer is in, where a pack knows it."""
    return next((pack.currency for pack in packs().values() if pack.region == region), default)
