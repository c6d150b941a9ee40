"""`python -m brain.adapt`: teach the encoders this domain from data/nlu, and keep what they learnt in brain/adapters.

Takes a quarter of an hour on two cores. Training the model does not need it: an adapter is as good as the sentences that it
was learnt from are like the ones of today, and `--check` says how many are new.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from brain.encoder_adapter import ADAPTERS, Adapter, adapter_path
from brain.encoder_sources import SOURCES, EncoderUnavailable, read_pretrained, source_named

EPOCHS = 5  #: rounds over data/nlu
MANY_NEW = 0.2  #: share of unseen texts from which adapting anew is worth its time


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the adapters are made (or, with --check, fresh enough), else 1."""
    parser = argparse.ArgumentParser(prog="python -m brain.adapt", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/nlu"))
    parser.add_argument("--out", type=Path, default=ADAPTERS)
    parser.add_argument("--encoder", action="append", choices=sorted(SOURCES), help="only this one; may be repeated")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="rounds over the data (default: %(default)s)")
    parser.add_argument(
        "--continue", dest="go_on", action="store_true", help="begin from the kept adapters: for some new texts"
    )
    parser.add_argument("--check", action="store_true", help="only say how much of the data the adapters have not seen")
    options = parser.parse_args(arguments)
    names = options.encoder or list(SOURCES)
    try:
        return _check(options.data, options.out, names) if options.check else _adapt(options, names)
    except EncoderUnavailable as problem:
        print(f"adapt: {problem}", file=sys.stderr)
        return 1


def _adapt(options: argparse.Namespace, names: Sequence[str]) -> int:
    from rasa.shared.nlu.training_data.loading import load_data

    from brain.adapter_learning import Recipe, learn
    from brain.lessons import lessons_of

    lessons = lessons_of(load_data(str(options.data)).training_examples)
    recipe = Recipe(epochs=options.epochs)
    for name in names:
        begun = time.monotonic()
        source = source_named(name)
        pretrained = read_pretrained(source, source.folder())
        kept = adapter_path(str(options.out), name) if options.go_on else None
        begin = Adapter.load(kept) if kept else None
        adapter = learn(lessons, pretrained, source, recipe=recipe, begin=begin, say=partial(_say, name))
        adapter.save(options.out / f"{name}.npz")
        _say(name, f"learnt from {len(lessons)} texts in {time.monotonic() - begun:.0f} s, kept in {options.out}")
    return 0


def _say(name: str, line: str) -> None:
    print(f"{name}: {line}", flush=True)


def _check(data: Path, folder: Path, names: Sequence[str]) -> int:
    from rasa.shared.nlu.training_data.loading import load_data

    from brain.lessons import lessons_of

    texts = [lesson.text for lesson in lessons_of(load_data(str(data)).training_examples)]
    stale = False
    for name in names:
        path = adapter_path(str(folder), name)
        share = Adapter.load(path).unseen_share(texts) if path else 1.0
        stale = stale or share > MANY_NEW
        advice = "; `make adapt` is worth its quarter of an hour" if share > MANY_NEW else ""
        print(f"{name}: {share:.0%} of {len(texts)} texts are new since it was adapted{advice}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
