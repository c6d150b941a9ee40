"""Signals are probabilities that hold what they say, and a life at risk is heard by words alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.shared.nlu.training_data.message import Message

from brain.lexicon import CRISIS, Lexicon
from brain.signal_model import SignalModel, fit
from brain.signals import SIGNALS, UnknownSignals, _labels


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load(CRISIS)


@pytest.mark.parametrize(
    "text",
    [
        "I want to kill myself",
        "i dont want to live anymore",
        "I don’t want to be here any more, honestly",
        "there's NO POINT in living",
        "I've taken all my pills",
        "thinking about suicide",
        "everyone would be better off without me",
        "i want to d1e... no, i want to die",
        "no quiero nada, quiero morirme",
        "ich möchte nicht mehr leben",
        "je veux mourir",
        "I have been self-harming again",
        "I'm going to jump in front of a train",
        "I'd rather be dead",
    ],
)
def test_lexicon_hears_a_life_at_risk(lexicon: Lexicon, text: str) -> None:
    """However it is spelled or punctuated; the hit says where."""
    hits = lexicon.find(text)
    assert hits
    assert all(text[hit.start : hit.end] == hit.text for hit in hits)


@pytest.mark.parametrize(
    "text",
    [
        "my phone died",
        "this queue is killing me",
        "I nearly died of embarrassment at the till",
        "I'd rather die than ring you again",
        "two tickets for Suicide Squad were charged twice",
        "kill the direct debit",
        "there is no point in keeping this account",
        "I can't go on holiday without my card",
        "cut myself off from online banking",
        "end my contract",
        "",
        "???",
    ],
)
def test_lexicon_lets_idioms_pass(lexicon: Lexicon, text: str) -> None:
    """Figures of speech are no danger; the classifier judges what the lexicon does not know."""
    assert lexicon.find(text) == []


def _clusters(count: int = 400) -> tuple[Any, list[str], Any]:
    random = np.random.default_rng(3)
    positive = random.random(count) < 0.2
    vectors = random.normal(size=(count, 8)).astype(np.float32)
    vectors[:, 0] += np.where(positive, 1.2, -1.2).astype(np.float32)
    return vectors, ["some words" for _ in range(count)], positive


def test_probabilities_are_calibrated(tmp_path: Path) -> None:
    """On messages never seen, the mean probability is the share of positives, and so in the upper and lower half."""
    vectors, texts, positive = _clusters(1200)
    model = fit(vectors[:800], texts[:800], {"fraud": positive[:800]})
    model.save(tmp_path / "signals.npz")
    got = SignalModel.load(tmp_path / "signals.npz").probabilities(vectors[800:], texts[800:])[:, 0]
    truth = positive[800:]
    assert abs(got.mean() - truth.mean()) < 0.06
    assert abs(got[got > 0.5].mean() - truth[got > 0.5].mean()) < 0.15
    assert ((got > 0.5) == truth).mean() > 0.85


def test_too_few_positives_make_no_signal() -> None:
    """A signal that cannot be cross-validated stays at zero instead of guessing."""
    vectors, texts, positive = _clusters()
    rare = np.zeros_like(positive)
    rare[:3] = True
    assert fit(vectors, texts, {"fraud": positive, "crisis": rare}).names == ("fraud",)
    nothing = fit(vectors, texts, {"crisis": rare})
    assert nothing.probabilities(vectors, texts).shape == (len(texts), 0)


def test_misspelled_signal_stops_the_training() -> None:
    """A typo in the data would otherwise switch a safeguard off unseen."""
    good = Message.build(
        "text", "intent", intent_metadata={"signals": ["fraud"]}, example_metadata={"signals": ["person"]}
    )
    assert [signal for signal, is_positive in _labels([good]).items() if is_positive[0]] == ["fraud", "person"]
    with pytest.raises(UnknownSignals, match="fruad"):
        _labels([Message.build("text", "intent", intent_metadata={"signals": ["fruad"]})])


async def test_parse_carries_all_signals_and_the_words_behind_them(agent: Any) -> None:
    """Every signal has a value; where one is strong, words say why; the lexicon overrules the classifier."""
    parsed = await _parse(agent, "hello")
    assert set(parsed["signals"]) == set(SIGNALS)
    assert all(0.0 <= value <= 1.0 for value in parsed["signals"].values())
    strong = await _parse(agent, "I fell for a scam, I sent money to a fraudster")
    assert strong["signals"]["fraud"] > max(0.5, parsed["signals"]["fraud"])
    text = "tell the fraudster that I want to kill myself"
    crisis = await _parse(agent, text)
    assert crisis["signals"]["crisis"] >= 0.95
    assert "kill myself" in [word["text"] for word in crisis["signal_words"] if word["signal"] == "crisis"]
    assert all(text[word["start"] : word["end"]] == word["text"] for word in crisis["signal_words"])


async def _parse(agent: Any, text: str) -> dict[str, Any]:
    from rasa.core.channels.channel import UserMessage

    parsed: dict[str, Any] = await agent.processor.parse_message(UserMessage(text))
    return parsed
