"""How a message is read while a form is under way: is it a yes, a no, a correction, a question, or an answer at all?

Words are understood in the languages that customers write; none of them is ever said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from rasa_sdk import Tracker

from actions.forms.table import ANSWERING, Form
from actions.normalise import fold
from actions.topic import Asked

#: Messages that are about the conversation, not about the form's matter; danger is judged elsewhere, and first.
CONTROL: Final = frozenset(
    {
        "cancel_request", "say_goodbye", "thank", "greet", "ask_if_human", "ask_capabilities", "change_language",
        "express_frustration", "request_person", "express_crisis", "express_distress", "report_scam",
        "report_unauthorised_payment", "report_coercion", "report_hardship", "report_bereavement", "make_complaint",
        "disclose_vulnerability",
    }
)  # fmt: skip
#: Intents of messages that were hardly understood: in a form, they may be an answer in the customer's own words.
UNSURE: Final = frozenset({"nlu_fallback", "out_of_scope", None})
_SHORT: Final = 9  #: words of an answer that counts although its intent is another's

_QUESTION: Final = re.compile(
    r"\?\s*$|^\W*(what|when|where|why|who|how|which|can|could|do|does|did|is|are|will|would|should|may"
    r"|was|wann|wo|warum|wie|wer|welche\w*|kann|gibt|que|cual|cuando|donde|por que|como|quanto|quando|onde|qual"
    r"|quel\w*|quand|ou est|pourquoi|comment|combien|est.ce|ano|kailan|saan|bakit|paano|magkano)\b"
)
_CORRECTION: Final = re.compile(
    r"\b(i mean|i meant|i said|sorry|actually|rather|instead|not that|not this|wrong one|the other|correction"
    r"|make (it|that)"
    r"|change (it|that) to|should be|no,|nope,|wait|ich meine|ich meinte|doch|nicht die|nicht das|sondern"
    r"|andere\w*|lieber"
    r"|je voulais dire|plutot|l'autre|pas celui|pas celle|en fait|quise decir|mejor|la otra|el otro|perdon|en realidad"
    r"|quis dizer|na verdade|a outra|o outro|melhor|ibig kong sabihin|yung isa|pala)\b|^\W*(no|nein|non|nao|hindi)\W+\w"
)
_YES: Final = re.compile(
    r"^\W*(yes|yep|yeah|yup|sure|ok(ay)?|correct|right|exactly|please do|do it|go ahead|confirm(ed)?|fine"
    r"|perfect|that's right"
    r"|ja|jawohl|genau|gerne|mach(en)? (das|sie)|bitte|oui|d'accord|c'est bon|vas.?y|allez.?y|si|claro|vale"
    r"|adelante|de acuerdo"
    r"|sim|pode|isso|confirmo|oo|opo|sige|tama|go)\b"
)
_NO: Final = re.compile(
    r"^\W*(no|nope|nah|not (now|yet|any ?more)|don'?t|do not|leave it|wait|nein|nicht|lieber nicht|non|pas"
    r"|ne le|nao|deixa"
    r"|mejor no|hindi|huwag|wag)\b"
)


def asks_something(text: str) -> bool:
    """Whether it reads like a question."""
    return _QUESTION.search(fold(text)) is not None


def corrects(asked: Asked) -> bool:
    """Whether the message puts something right that was said before."""
    return asked.intent == "correct_choice" or _CORRECTION.search(fold(asked.text)) is not None


def yes_or_no(asked: Asked) -> bool | None:
    """A yes or a no in so many words; None for anything else. A repeated wish is no yes to a question."""
    folded = fold(asked.text)
    if asked.text.startswith("/"):
        return {"affirm": True, "deny": False}.get(asked.intent or "")
    if asked.intent in CONTROL:
        return None
    if _NO.search(folded):
        return False
    if asked.intent == "deny":
        return False
    if asked.intent == "affirm" or (_YES.search(folded) and not asks_something(asked.text)):
        return True
    return None


def may_answer(asked: Asked, form: Form, *, slot: str, free: bool) -> bool:
    """Whether the message may be the answer to the form's question, as far as can be told without reading its value.

    `free`: any words would be a value; then only a message that is nothing else is taken for an answer.
    """
    if asked.intent in CONTROL:
        return False
    question = next(question for question in form.questions if question.slot == slot)
    if asked.intent in ANSWERING or wants(asked, form):
        return True
    if asks_something(asked.text):
        return False
    if asked.intent in UNSURE or asked.intent in question.intents:
        return True
    return not free and len(asked.text.split()) <= _SHORT


def wants(asked: Asked, form: Form) -> bool:
    """Whether the message asks for the form's own matter. Where its intent may also be a mere question, it must not be one."""
    return asked.intent in form.opened_by and (form.at_once or not asks_something(asked.text))


def opening(tracker: Tracker, form: Form, asked: Asked) -> Asked | None:
    """The newest message that asked for the form's matter, which may have named values already; None if there is none."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            parse = event.get("parse_data") or {}
            if form.opened_by & set(intents_of(parse)):
                name = (parse.get("intent") or {}).get("name")
                entities = tuple(parse.get("entities") or ())
                return replace(asked, text=event.get("text") or "", intent=name, entities=entities)
    return None


def intents_of(parse: Mapping[str, Any]) -> Iterable[str]:
    """The intent of a parse, and those of the message's further clauses."""
    for found in (parse.get("intent") or {}, *(parse.get("also_intents") or ())):
        if isinstance(found, Mapping) and found.get("name"):
            yield str(found["name"])


def comes_back(tracker: Tracker, form: Form) -> bool:
    """Whether something else was answered since the customer wrote, so that the form takes up its question again."""
    own = {form.name, f"validate_{form.name}", "action_listen", "action_extract_slots", "action_hold_topic"}
    for event in reversed(tracker.events):
        if event.get("event") == "user" or (event.get("event") == "active_loop" and event.get("name") == form.name):
            return False
        if event.get("event") == "action" and event.get("name") not in own:
            return not str(event.get("name")).startswith("action_ask_")
    return False
