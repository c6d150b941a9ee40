"""Several messages of a customer, read together as one: what a scam told in four drips becomes visible in."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

MESSAGES = 4  #: the latest one included
LONGEST = 700  #: characters; of more, the oldest are cut off, since an encoder reads no further than 128 tokens
_BETWEEN = " / "


def read_together(before: Sequence[str], latest: str) -> str | None:
    """The last messages in one line, oldest first; None where there is only one, or none."""
    kept = [each.strip() for each in before if each.strip()][-(MESSAGES - 1) :]
    if not kept or not latest.strip():
        return None
    joined = _BETWEEN.join([*kept, latest.strip()])
    return joined[-LONGEST:] if len(latest) < LONGEST else latest.strip()


NEIGHBOURS = (
    150  #: examples to either side, of one language as the files stand, from which a made-up conversation is drawn
)


def made_up(
    texts: Sequence[str], named: Sequence[frozenset[str]], *, count: int, seed: int
) -> Iterator[tuple[str, frozenset[str]]]:
    """Conversations put together from single examples, and the signals that they carry.

    Half of them are harmless messages in a row; in the other half one message shows something. So the heads learn that
    length and change of subject say nothing, and that danger counts wherever it stands.
    """
    chance = random.Random(seed)
    harmless = [place for place, signals in enumerate(named) if not signals]
    telling = [place for place, signals in enumerate(named) if signals]
    if not harmless or not telling:
        return
    for number in range(count):
        centre = chance.choice(harmless if number % 2 else telling)
        near = [place for place in harmless if abs(place - centre) <= NEIGHBOURS and place != centre] or harmless
        around = [texts[chance.choice(near)] for _ in range(chance.randint(1, MESSAGES - 1))]
        around.insert(chance.randint(0, len(around)), texts[centre])
        together = read_together(around[:-1], around[-1])
        if together is not None:
            yield together, named[centre]
