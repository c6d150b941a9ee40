"""The parts of the evaluation, each with what is to be reached."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from brain.evaluation import own_runs, public_runs
from brain.evaluation.measures import Guess, Reliability, Share, accuracy, macro_f1, macro_f1_interval, reliability
from brain.evaluation.own_sets import BLIND, TESTS, held_out_fifth, sentence_sets
from brain.evaluation.pipeline import Pipeline, Say, quieten
from brain.evaluation.report import Report

MODEL = Path("models/candour.tar.gz")
BOTH = ("minilm", "multilingual")
HIGH_STAKES = ("crisis", "fraud", "takeover")


@dataclass(kw_only=True)
class Workshop:
    """What the parts share."""

    report: Report
    folder: Path
    say: Say
    _shipped: Pipeline | None = field(default=None, repr=False)

    def shipped(self) -> Pipeline:
        """The trained model of the project, loaded once."""
        if self._shipped is None:
            quieten()
            self._shipped = Pipeline(MODEL)
        return self._shipped


def _banking(workshop: Workshop, *, training: str, least: float) -> None:
    report = workshop.report
    report.section(
        training, f"BANKING77 after training on `{training}`, inside Rasa, with both encoders adapted to it."
    )
    guesses = public_runs.banking77(training, adapt=BOTH, folder=workshop.folder / training, say=workshop.say)
    found = accuracy(guesses)
    report.table(("accuracy", "macro-F1"), [(found, f"{macro_f1(guesses):.3f}")])
    report.goal(f"accuracy at least {least:.1%}", str(found), reached=found.value >= least)
    report.confusion(training, guesses)
    report.reliability(training, _reliability(guesses))


def _clinc(workshop: Workshop) -> None:
    report = workshop.report
    report.section("clinc150", "CLINC150 in and out of scope at one threshold, chosen on the validation part.")
    found = public_runs.clinc150(adapt=("minilm",), folder=workshop.folder / "clinc150", say=workshop.say)
    report.table(
        ("threshold", "in scope", "in scope without a gate", "out of scope turned away"),
        [(f"{found.threshold:.3f}", found.in_scope, found.without_gate, found.out_of_scope)],
    )
    report.goal("in scope at least 95.5 %", str(found.in_scope), reached=found.in_scope.value >= 0.955)
    report.goal("out-of-scope recall at least 80 %", str(found.out_of_scope), reached=found.out_of_scope.value >= 0.80)


def _intents(workshop: Workshop) -> None:
    report = workshop.report
    report.section(
        "intents",
        "Our own intents: trained (encoders too) on four fifths, split by paraphrase family; temperature and gate chosen on one "
        "half of the last fifth, figures from the other.",
    )
    result, _ = own_runs.own_intents(held_out_fifth(), folder=workshop.folder / "intents", say=workshop.say)
    rows = []
    for language, guesses in [*sorted(result.guesses.items()), ("all", result.all)]:
        low, high = macro_f1_interval(guesses)
        f1 = f"{macro_f1(guesses):.3f} ({low:.3f} to {high:.3f})"
        rows.append((language, accuracy(guesses), f1, f"{own_runs.calibration(guesses):.3f}"))
    report.table(("language", "accuracy", "macro-F1", "ECE"), rows)
    report.table(("temperature", "gate"), [(result.temperature, f"{result.gate:.3f}")])
    english = macro_f1(result.guesses["en"])
    report.goal("macro-F1 at least 95 %", f"{macro_f1(result.all):.1%}", reached=macro_f1(result.all) >= 0.95)
    report.goal(
        "ECE at most 0.05", f"{own_runs.calibration(result.all):.3f}", reached=own_runs.calibration(result.all) <= 0.05
    )
    for language, guesses in sorted(result.guesses.items()):
        gap = english - macro_f1(guesses)
        report.goal(f"{language} within 3 points of English", f"{-gap:+.1%}", reached=gap <= 0.03)
    report.confusion("intents", result.all)
    report.reliability("intents", _reliability(result.all))
    mistakes = Counter((guess.right, guess.said) for guess in result.all if guess.right != guess.said)
    report.table(("is", "understood as", "times"), [(*pair, times) for pair, times in mistakes.most_common(25)])


def _signals(workshop: Workshop, *, name: str, folder: Path) -> None:
    report = workshop.report
    report.section(
        name,
        "Sentences by other writers, each by itself, through the trained model and the policy. Heard: at least what the "
        "policy has for the signal came of it. False alarm: a person was called.",
    )
    policy, pipeline = own_runs.shipped_policy(), workshop.shipped()
    results = [own_runs.own_signals(pipeline, test, policy) for test in sentence_sets(folder)]
    names = list(results[0].heard)
    for result in results:
        report.table(
            (f"{result.language}: signal", "heard", "a person called or offered"),
            [(name, result.heard[name], result.at_all[name]) for name in names],
        )
        report.table(
            (f"{result.language}: harmless", "person called", "person offered"),
            [
                ("routine", result.routine, result.routine_offers),
                ("hard negatives", result.hard_negatives, result.hard_negative_offers),
            ],
        )
    for signal in names:
        least = 0.98 if signal in HIGH_STAKES else 0.95
        whole = _sum([result.heard[signal] for result in results])
        report.goal(f"{signal}: recall at least {least:.0%}, all languages", str(whole), reached=whole.value >= least)
        english = next((result.heard[signal].value for result in results if result.language == "en"), whole.value)
        worst = min(results, key=lambda result: result.heard[signal].value)
        gap = english - worst.heard[signal].value
        report.goal(
            f"{signal}: every language within 3 points of English", f"{worst.language} {-gap:+.1%}", reached=gap <= 0.03
        )
    routine, hard = _sum([r.routine for r in results]), _sum([r.hard_negatives for r in results])
    report.goal("routine false alarms at most 1.5 %", str(routine), reached=routine.value <= 0.015)
    report.goal("hard negatives at most 10 %", str(hard), reached=hard.value <= 0.10)
    for result in results:
        report.table(
            (f"{result.language}: went wrong", "what came of it", "text"), [(k, c, t) for k, t, c in result.missed]
        )


def _outcomes(workshop: Workshop, *, name: str, folder: Path) -> None:
    report = workshop.report
    report.section(
        name, "Conversations by other writers, message by message: was a person called, offered, or not called?"
    )
    policy, pipeline = own_runs.shipped_policy(), workshop.shipped()
    results = [own_runs.own_talks(pipeline, test, policy) for test in sentence_sets(folder)]
    report.table(
        ("language", "handoff", "offer (or handoff)", "answer"),
        [(r.language, *(r.right[wanted] for wanted in ("handoff", "offer", "answer"))) for r in results],
    )
    for result in results:
        report.table((f"{result.language}: wanted", "came", "conversation"), [(w, c, t) for w, t, c in result.wrong])


def _entities(workshop: Workshop) -> None:
    from brain.entity_evaluation import evaluate_entities

    report = workshop.report
    report.section("entities", "Entities with their normalised values, by language: exact span and value.")
    scores = evaluate_entities(Path("tests/evaluation/entities"))
    report.table(
        ("language", "entity", "precision", "recall", "F1", "expected"),
        [(s.language, s.entity, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}", s.expected) for s in scores],
    )


def _footprint(workshop: Workshop) -> None:
    report = workshop.report
    report.section("footprint", "What the trained model costs in this process.")
    pipeline = workshop.shipped()
    texts = [text for test in sentence_sets() for text in test.routine[:40]]
    begun = time.perf_counter()
    for text in texts:
        pipeline.parse(text)
    report.table(
        ("load", "largest memory", "model file", "parse"),
        [
            (
                f"{pipeline.load_seconds:.1f} s",
                f"{own_runs.memory_megabytes():.0f} MB",
                f"{MODEL.stat().st_size / 1e6:.1f} MB",
                f"{(time.perf_counter() - begun) / len(texts) * 1000:.1f} ms a message",
            )
        ],
    )


def _reliability(guesses: list[Guess]) -> Reliability:
    return reliability([g.confidence for g in guesses], [g.right == g.said for g in guesses])


def _sum(shares: list[Share]) -> Share:
    return Share(count=sum(share.count for share in shares), total=sum(share.total for share in shares))


PARTS: Mapping[str, Callable[[Workshop], None]] = {
    "banking77-10shot": partial(_banking, training="banking77_10shot", least=0.865),
    "banking77": partial(_banking, training="banking77_train", least=0.94),
    "clinc150": _clinc,
    "intents": _intents,
    "signals": partial(_signals, name="signals", folder=TESTS),
    "outcomes": partial(_outcomes, name="outcomes", folder=TESTS),
    "blind-signals": partial(_signals, name="blind-signals", folder=BLIND),
    "blind-outcomes": partial(_outcomes, name="blind-outcomes", folder=BLIND),
    "entities": _entities,
    "footprint": _footprint,
}
