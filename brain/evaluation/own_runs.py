"""Our own intents, signals and outcomes."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy.optimize import minimize_scalar

from brain.adapt import EPOCHS
from brain.adapter_learning import Recipe
from brain.encoder import before
from brain.evaluation.measures import Guess, Share, reliability
from brain.evaluation.own_sets import LOCALES, HeldOut, SentenceSet, by_language
from brain.evaluation.pipeline import Pipeline, Say, Setup, train
from brain.intents import GATE_SCORE
from escalation import Assessment, Conversation, Policy, assess, load_policy, turn_from_parse
from escalation.model import OUTCOMES

_OPEN = {"LogisticIntents": {"gate": 1e-9, "temperature": 1.0}}
KEEP = 0.985  #: share of the messages that were understood which the gate must let through

#: The least that must come of a message with this signal, as the policy says.
LEAST = {"complaint": "offer", "vulnerability": "offer"}


@dataclass(frozen=True, kw_only=True)
class IntentResult:
    """Guesses by language on the measuring half, and the settings that the other half chose."""

    guesses: Mapping[str, Sequence[Guess]]
    temperature: float
    gate: float

    @property
    def all(self) -> list[Guess]:
        return [guess for guesses in self.guesses.values() for guess in guesses]


def own_intents(held_out: HeldOut, *, folder: Path, say: Say) -> tuple[IntentResult, Pipeline]:
    """Train on what was kept; choose temperature and gate on one half of the fifth; measure on the other."""
    setup = Setup(
        settings=_OPEN, without=frozenset({"FallbackClassifier", "SpacyEntities"}), recipe=Recipe(epochs=EPOCHS)
    )
    pipeline = train(held_out.kept, setup, folder=folder, say=say)
    chosen = [_parsed(pipeline, example) for example in held_out.choose if _counts(example)]
    temperature = _best_temperature(chosen)
    passing = [
        score * _cooled(ranking, temperature)[1] / max(1e-9, ranking[0][1])
        for right, ranking, score in chosen
        if score is not None and ranking[0][0] == right
    ]
    gate = float(np.quantile(passing, 1 - KEEP))
    guesses: dict[str, list[Guess]] = {}
    for language, examples in by_language(held_out.measure).items():
        guesses[language] = []
        for example in examples:
            if not _counts(example):
                continue
            right, ranking, _ = _parsed(pipeline, example)
            said, confidence = _cooled(ranking, temperature)
            guesses[language].append(Guess(text=example.get(TEXT), right=right, said=said, confidence=confidence))
    return IntentResult(guesses=guesses, temperature=temperature, gate=gate), pipeline


def _counts(example: Message) -> bool:
    """What ends a conversation says too little by itself."""
    return not before(example)


Ranking = list[tuple[str, float]]


def _parsed(pipeline: Pipeline, example: Message) -> tuple[str, Ranking, float | None]:
    parsed = pipeline.parse(example.get(TEXT), locale=LOCALES[example.get("language")])
    ranking = [(str(each["name"]), float(each["confidence"])) for each in parsed["intent_ranking"]]
    return example.get(INTENT), ranking, parsed.get(GATE_SCORE)


def _cooled(ranking: Ranking, temperature: float) -> tuple[str, float]:
    """The first intent, and its confidence at another temperature (from the ten likeliest, which hold nearly all)."""
    values = np.log(np.maximum(1e-12, [confidence for _, confidence in ranking])) / temperature
    shares = np.exp(values - values.max())
    return ranking[0][0], float(shares[0] / shares.sum())


def _best_temperature(parsed: Sequence[tuple[str, Ranking, float | None]]) -> float:
    """The one with the least calibration loss: squared distance of confidence and truth (Brier 1950)."""

    def loss(temperature: float) -> float:
        cooled = [(_cooled(ranking, temperature), right) for right, ranking, _ in parsed]
        return float(np.mean([(confidence - (said == right)) ** 2 for (said, confidence), right in cooled]))

    return round(float(minimize_scalar(loss, bounds=(0.5, 5.0), method="bounded").x), 2)


@dataclass(frozen=True, kw_only=True)
class SignalResult:
    """One language: how many positives were heard, and how many harmless messages called a person.

    `heard`: at least what the policy has for the signal came of it. `at_all`: a person was called or offered.
    """

    language: str
    heard: Mapping[str, Share]
    at_all: Mapping[str, Share]
    routine: Share
    hard_negatives: Share
    routine_offers: Share
    hard_negative_offers: Share
    missed: Sequence[tuple[str, str, str]]  #: (kind, text, what came of it)


def own_signals(pipeline: Pipeline, test: SentenceSet, policy: Policy) -> SignalResult:
    """Every sentence by itself, through pipeline and policy."""
    heard, at_all = {}, {}
    missed: list[tuple[str, str, str]] = []
    for signal, texts in test.positives.items():
        verdicts = [_verdict(pipeline, policy, [text], test.locale) for text in texts]
        least = OUTCOMES.index(LEAST.get(signal, "handoff"))
        enough = [OUTCOMES.index(verdict.outcome) >= least for verdict in verdicts]
        heard[signal] = Share(count=sum(enough), total=len(texts))
        at_all[signal] = Share(count=sum(verdict.outcome != "answer" for verdict in verdicts), total=len(texts))
        missed += [
            (signal, text, verdict.outcome)
            for text, verdict, fine in zip(texts, verdicts, enough, strict=True)
            if not fine
        ]
    counted: dict[str, tuple[Share, Share]] = {}
    for kind, texts in (("routine", test.routine), ("hard negative", test.hard_negatives)):
        verdicts = [_verdict(pipeline, policy, [text], test.locale) for text in texts]
        alarms = [verdict.outcome == "handoff" for verdict in verdicts]
        offers = [verdict.outcome == "offer" for verdict in verdicts]
        counted[kind] = (Share(count=sum(alarms), total=len(texts)), Share(count=sum(offers), total=len(texts)))
        missed += [
            (kind, text, str(verdict.criterion))
            for text, verdict, alarm in zip(texts, verdicts, alarms, strict=True)
            if alarm
        ]
    return SignalResult(
        language=test.language,
        heard=heard,
        at_all=at_all,
        routine=counted["routine"][0],
        routine_offers=counted["routine"][1],
        hard_negatives=counted["hard negative"][0],
        hard_negative_offers=counted["hard negative"][1],
        missed=missed,
    )


@dataclass(frozen=True, kw_only=True)
class TalkResult:
    """One language's conversations: right[outcome wanted], and the ones that went wrong."""

    language: str
    right: Mapping[str, Share]
    wrong: Sequence[tuple[str, str, str]]  #: (wanted, conversation, what came of it)


def own_talks(pipeline: Pipeline, test: SentenceSet, policy: Policy) -> TalkResult:
    """Message by message, as a customer would write them; what counts is the most that came of it."""
    right: dict[str, list[bool]] = {}
    wrong = []
    for talk in test.conversations:
        strongest, criterion = 0, ""
        for count in range(1, len(talk.messages) + 1):
            verdict = _verdict(pipeline, policy, talk.messages[:count], test.locale)
            if OUTCOMES.index(verdict.outcome) > strongest:
                strongest, criterion = OUTCOMES.index(verdict.outcome), str(verdict.criterion)
        came = OUTCOMES[strongest]
        fine = came in _ALLOWED[talk.outcome]
        right.setdefault(talk.outcome, []).append(fine)
        if not fine:
            wrong.append((talk.outcome, " / ".join(talk.messages), f"{came} {criterion}".strip()))
    return TalkResult(
        language=test.language,
        right={wanted: Share(count=sum(fine), total=len(fine)) for wanted, fine in right.items()},
        wrong=wrong,
    )


#: What may come of a conversation: where a person should be offered, one may be called.
_ALLOWED = {"handoff": ("handoff",), "offer": ("offer", "handoff"), "answer": ("answer",)}


def _verdict(pipeline: Pipeline, policy: Policy, messages: Sequence[str], locale: str) -> Assessment:
    turns = tuple(
        turn_from_parse(f"m{place}", text, _remembered(pipeline, text, tuple(messages[:place]), locale))
        for place, text in enumerate(messages)
    )
    return assess(policy, Conversation(turns=turns, locale=locale, region=locale[-2:]))


_known: dict[tuple[int, str, tuple[str, ...]], Mapping[str, object]] = {}


def _remembered(pipeline: Pipeline, text: str, earlier: tuple[str, ...], locale: str) -> Mapping[str, object]:
    key = (id(pipeline), text, earlier)
    if key not in _known:
        _known[key] = pipeline.parse(text, earlier, locale=locale)
    return _known[key]


def shipped_policy() -> Policy:
    return load_policy(Path("policy/escalation.yml"))


def calibration(guesses: Sequence[Guess]) -> float:
    """Expected calibration error of guesses."""
    return reliability([guess.confidence for guess in guesses], [guess.right == guess.said for guess in guesses]).error


def memory_megabytes() -> float:
    """The most that this process has held so far."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (1024 * 1024 if sys.platform == "darwin" else 1024)
