"""Learns an adapter: pulls messages of one intent together and dangers away from their harmless twins.

Two losses on the encoder's unit vectors: a softmax over the cosines to one learnt direction per intent (NormFace, Wang et al.
2017), and a logistic loss for each signal over a learnt linear map. Examples with earlier messages count for signals only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from brain.adapter_network import AdaptedNetwork
from brain.encoder_adapter import Adapter, text_hash
from brain.encoder_sources import Pretrained, Source
from brain.lessons import Lesson

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How an adapter is learnt. The defaults were chosen on validation data; docs/why.md has the figures."""

    rank: int = 16
    epochs: int = 3
    fewest_steps: int = 250  #: a small set is gone through more often
    batch: int = 32
    rate: float = 1e-3  #: of the additions, at its highest
    head_rate: float = 1e-2
    warm_up: float = 0.1  #: share of the steps in which the rate rises; then it falls to zero
    dropout: float = 0.1
    sharpness: float = 20.0  #: of the softmax over cosines
    signal_weight: float = 1.0
    tokens: int = 96  #: longer texts are cut
    seed: int = 7


def learn(
    lessons: Sequence[Lesson],
    pretrained: Pretrained,
    source: Source,
    *,
    recipe: Recipe | None = None,
    begin: Adapter | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Adapter:
    """Learn an adapter for one encoder, from nothing or from what `begin` knows already.

    On two cores about a minute per round over 10,000 short texts and six layers.
    """
    recipe = recipe or Recipe()
    rng = np.random.default_rng(recipe.seed)
    tf.keras.utils.set_random_seed(recipe.seed)
    network = AdaptedNetwork(
        pretrained.weights,
        pretrained.shape,
        first=source.frozen_layers,
        rank=recipe.rank,
        dropout=recipe.dropout,
        rng=rng,
        begin=begin.additions if begin else None,
    )
    course = _Course(lessons, pretrained, source, recipe)
    course.prepare(network)
    trainer = _Trainer(network, course, recipe)
    begun = time.monotonic()
    trainer.begin_at_means()
    epochs = course.epochs(recipe)
    for epoch in range(epochs):
        losses = [trainer.step(*batch) for batch in course.batches(rng)]
        say(f"epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.4f}, {time.monotonic() - begun:.0f} s")
    return Adapter(
        additions={name: (out.numpy(), into.numpy()) for name, (out, into) in network.additions.items()},
        learnt_from=frozenset(text_hash(lesson.text) for lesson in lessons),
    )


class _Course:
    """The lessons as numbers: tokens, the place of the intent (-1: none), and which signals hold."""

    def __init__(self, lessons: Sequence[Lesson], pretrained: Pretrained, source: Source, recipe: Recipe) -> None:
        tokenizer = pretrained.tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(recipe.tokens)
        self._pretrained = pretrained
        self._batch = recipe.batch
        self._states: list[NDArray[np.float16]] = []
        self.tokens = [each.ids for each in tokenizer.encode_batch([source.prefix + each.text for each in lessons])]
        self.intents = sorted({each.intent for each in lessons if each.intent is not None})
        self.signals = sorted({name for each in lessons for name in each.signals or ()})
        places = {name: place for place, name in enumerate(self.intents)}
        self._intent = np.array([places.get(each.intent or "", -1) for each in lessons], dtype=np.int64)
        self._signal = np.array(
            [[name in (each.signals or ()) for name in self.signals] for each in lessons], dtype=np.float32
        ).reshape(len(lessons), len(self.signals))
        self._teaches = np.array([each.signals is not None for each in lessons], dtype=np.float32)

    @property
    def steps(self) -> int:
        """Batches of one epoch."""
        return -(-len(self.tokens) // self._batch)

    def epochs(self, recipe: Recipe) -> int:
        """How often the lessons are gone through."""
        return max(recipe.epochs, -(-recipe.fewest_steps // self.steps))

    def prepare(self, network: AdaptedNetwork) -> None:
        """Work out what the frozen layers make of each text: some 20 KB each."""
        run = tf.function(network.states, autograph=False, reduce_retracing=True)
        self._states = [np.zeros((0, 0), np.float16)] * len(self.tokens)
        for group in self._groups(None):
            ids, mask = _padded([self.tokens[each] for each in group])
            states = run(tf.constant(self._pretrained.word_vectors(ids)), tf.constant(mask)).numpy().astype(np.float16)
            for row, each in enumerate(group):
                self._states[each] = states[row, : len(self.tokens[each])].copy()

    def batches(self, rng: np.random.Generator | None) -> Iterator[tuple[tf.Tensor, ...]]:
        """All lessons once, in batches of like length; in random order, or as they come without a source of chance."""
        for group in self._groups(rng):
            longest = -(-max(len(self.tokens[each]) for each in group) // 4) * 4
            states = np.zeros((len(group), longest, self._states[0].shape[-1]), dtype=np.float32)
            mask = np.zeros((len(group), longest), dtype=np.float32)
            for row, each in enumerate(group):
                length = len(self.tokens[each])
                states[row, :length] = self._states[each]
                mask[row, :length] = 1.0
            yield (
                tf.constant(states),
                tf.constant(mask),
                tf.constant(self._intent[group]),
                tf.constant(self._signal[group]),
                tf.constant(self._teaches[group]),
            )

    def _groups(self, rng: np.random.Generator | None) -> list[Ints]:
        order = np.arange(len(self.tokens)) if rng is None else rng.permutation(len(self.tokens))
        pool = self._batch * 32
        groups: list[Ints] = []
        for begin in range(0, len(order), pool):
            part = order[begin : begin + pool]
            part = part[np.argsort([len(self.tokens[each]) for each in part], kind="stable")]
            groups += [part[place : place + self._batch] for place in range(0, len(part), self._batch)]
        return groups if rng is None else [groups[place] for place in rng.permutation(len(groups))]


class _Trainer:
    """Adam (Kingma and Ba 2015) with decoupled weight decay left out: the additions are small and few."""

    def __init__(self, network: AdaptedNetwork, course: _Course, recipe: Recipe) -> None:
        self._network = network
        self._course = course
        self._recipe = recipe
        hidden = network.additions[next(iter(network.additions))][1].shape[1]
        begin = tf.random_normal_initializer(stddev=0.05, seed=recipe.seed)
        self._directions = tf.Variable(begin([max(1, len(course.intents)), hidden]))
        self._signal_map = tf.Variable(begin([hidden, len(course.signals)]))
        self._signal_bias = tf.Variable(tf.fill([len(course.signals)], -2.0))
        self._steps = course.steps * course.epochs(recipe)
        self._slow = tf.keras.optimizers.Adam(learning_rate=0.0)
        self._quick = tf.keras.optimizers.Adam(learning_rate=0.0)
        self._done = 0
        inner = [None, None, hidden]
        self._step = tf.function(
            self._update,
            autograph=False,
            input_signature=[
                tf.TensorSpec(inner, tf.float32),
                tf.TensorSpec([None, None], tf.float32),
                tf.TensorSpec([None], tf.int64),
                tf.TensorSpec([None, len(course.signals)], tf.float32),
                tf.TensorSpec([None], tf.float32),
            ],
        )

    def begin_at_means(self) -> None:
        """Let each intent's direction begin at the mean of its messages as the pretrained encoder sees them."""
        if not self._course.intents:
            return
        total = np.zeros(self._directions.shape, dtype=np.float32)
        run = tf.function(partial(self._network.run, training=False), autograph=False, reduce_retracing=True)
        for states, mask, intents, _, _ in self._course.batches(None):
            known = intents.numpy() >= 0
            np.add.at(total, intents.numpy()[known], run(states, mask).numpy()[known])
        self._directions.assign(total / np.maximum(1e-6, np.linalg.norm(total, axis=1, keepdims=True)))

    def step(self, *batch: tf.Tensor) -> float:
        """One batch; returns its loss."""
        recipe, rise = self._recipe, self._recipe.warm_up * self._steps
        self._done += 1
        share = self._done / rise if self._done < rise else max(0.0, (self._steps - self._done) / (self._steps - rise))
        self._slow.learning_rate.assign(recipe.rate * share)
        self._quick.learning_rate.assign(recipe.head_rate * share)
        return float(self._step(*batch))

    def _update(
        self, states: tf.Tensor, mask: tf.Tensor, intents: tf.Tensor, signals: tf.Tensor, teaches: tf.Tensor
    ) -> tf.Tensor:
        heads = [self._directions, self._signal_map, self._signal_bias]
        with tf.GradientTape() as tape:
            vectors = self._network.run(states, mask, training=True)
            loss = self._intent_loss(vectors, intents) + self._recipe.signal_weight * self._signal_loss(
                vectors, signals, teaches
            )
        slow = self._network.variables
        gradients = tape.gradient(loss, [*slow, *heads], unconnected_gradients=tf.UnconnectedGradients.ZERO)
        gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
        self._slow.apply_gradients(zip(gradients[: len(slow)], slow, strict=True))
        self._quick.apply_gradients(zip(gradients[len(slow) :], heads, strict=True))
        return loss

    def _intent_loss(self, vectors: tf.Tensor, intents: tf.Tensor) -> tf.Tensor:
        counts = tf.cast(intents >= 0, tf.float32)
        cosines = tf.matmul(vectors, tf.math.l2_normalize(self._directions, axis=-1), transpose_b=True)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.maximum(intents, 0), logits=self._recipe.sharpness * cosines
        )
        return tf.reduce_sum(losses * counts) / tf.maximum(1.0, tf.reduce_sum(counts))

    def _signal_loss(self, vectors: tf.Tensor, signals: tf.Tensor, teaches: tf.Tensor) -> tf.Tensor:
        logits = self._recipe.sharpness * tf.matmul(vectors, self._signal_map) + self._signal_bias
        losses = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=signals, logits=logits), axis=-1)
        return tf.reduce_sum(losses * teaches) / tf.maximum(1.0, tf.reduce_sum(teaches))


def _padded(tokens: Sequence[Sequence[int]]) -> tuple[Ints, NDArray[np.float32]]:
    """Token ids and mask [batch, tokens], the length rounded up so that fewer shapes occur."""
    length = -(-max(map(len, tokens)) // 4) * 4
    ids = np.zeros((len(tokens), length), dtype=np.int64)
    mask = np.zeros((len(tokens), length), dtype=np.float32)
    for row, each in enumerate(tokens):
        ids[row, : len(each)] = each
        mask[row, : len(each)] = 1.0
    return ids, mask
