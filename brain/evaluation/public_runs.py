"""The shipped pipeline on the public sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brain.evaluation import public_sets
from brain.evaluation.measures import Guess, Share, accuracy
from brain.evaluation.pipeline import Parse, Pipeline, Say, Setup, examples_of, train
from brain.intents import GATE_SCORE, NOT_UNDERSTOOD

# Without what reads nothing that these sets have.
_WITHOUT = frozenset({"SignalClassifier", "SpacyEntities", "FallbackClassifier"})
OPEN = {"LogisticIntents": {"gate": 1e-9, "temperature": 1.0}}  #: scores are given, nothing is turned away
RECALL = 0.85  #: of out-of-scope messages that the threshold must turn away on the validation set


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """In-scope accuracy counts a message that is turned away as wrong."""

    threshold: float
    in_scope: Share
    out_of_scope: Share
    without_gate: Share


def banking77(training: str, *, adapt: tuple[str, ...], folder: Path, say: Say) -> list[Guess]:
    """Guesses for the test part of BANKING77 after training on `banking77_train` or `banking77_10shot`."""
    pipeline = _trained(public_sets.read(training), adapt=adapt, folder=folder, say=say)
    return _guesses(pipeline, public_sets.read("banking77_test"))


def clinc150(*, adapt: tuple[str, ...], folder: Path, say: Say) -> GateResult:
    """The gate's threshold is chosen on the validation part alone."""
    pipeline = _trained(public_sets.read("clinc_train"), adapt=adapt, folder=folder, say=say)
    scores = [_score(pipeline.parse(text)) for text, _ in public_sets.read("clinc_val_oos")]
    threshold = float(np.quantile(scores, RECALL))
    known = [(pipeline.parse(text), text, right) for text, right in public_sets.read("clinc_test")]
    guesses = [_guess(parsed, text, right) for parsed, text, right in known]
    passed = [_score(parsed) >= threshold for parsed, _, _ in known]
    strange = [_score(pipeline.parse(text)) < threshold for text, _ in public_sets.read("clinc_test_oos")]
    return GateResult(
        threshold=threshold,
        in_scope=Share(
            count=sum(g.right == g.said and through for g, through in zip(guesses, passed, strict=True)),
            total=len(known),
        ),
        out_of_scope=Share(count=sum(strange), total=len(strange)),
        without_gate=accuracy(guesses),
    )


def _trained(pairs: public_sets.Pairs, *, adapt: tuple[str, ...], folder: Path, say: Say) -> Pipeline:
    setup = Setup(settings=OPEN, without=_WITHOUT, adapt=adapt, signals=False)
    return train(examples_of(pairs), setup, folder=folder, say=say)


def _guesses(pipeline: Pipeline, pairs: Sequence[tuple[str, str]]) -> list[Guess]:
    return [_guess(pipeline.parse(text), text, right) for text, right in pairs]


def _guess(parsed: Parse, text: str, right: str) -> Guess:
    intent = parsed["intent"]
    return Guess(text=text, right=right, said=str(intent["name"]), confidence=float(intent["confidence"]))


def _score(parsed: Parse) -> float:
    return 0.0 if parsed["intent"]["name"] == NOT_UNDERSTOOD else float(parsed[GATE_SCORE])
