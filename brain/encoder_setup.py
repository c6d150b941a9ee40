"""`python -m brain.encoder_setup`: convert the encoders that config.yml names once, at set-up, and prove that they work."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from brain.encoder_adapter import AdapterInvalid
from brain.encoder_session import EncoderSession
from brain.encoder_sources import EncoderUnavailable
from brain.encoders import EncoderOptions

# A sentence, one that means the same, one that does not.
_PROBE = ("I lost my debit card yesterday", "my bank card has gone missing", "what time does the branch open")
_APART = 0.1  #: how much more alike the same meaning must look


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the encoders are ready, 1 with one clear sentence when one is not."""
    parser = argparse.ArgumentParser(prog="python -m brain.encoder_setup", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config.yml"))
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    try:
        for files in EncoderOptions.from_config(_configured(options.config)).files():
            session = EncoderSession(files)
            lost, missing, hours = (session.encode(text) for text in _PROBE)
            near, far = float(lost @ missing), float(lost @ hours)
            if near < far + _APART:
                print(f"encoder: {files.folder} confuses meanings ({near:.2f} against {far:.2f}).", file=sys.stderr)
                return 1
            spent = time.monotonic() - begun
            print(f"encoder: ready in {files.folder} ({spent:.1f} s, like {near:.2f}, unlike {far:.2f})")
    except (EncoderUnavailable, AdapterInvalid, OSError) as problem:
        print(f"encoder: {problem}", file=sys.stderr)
        return 1
    return 0


def _configured(path: Path) -> Mapping[str, Any]:
    for component in yaml.safe_load(path.read_text(encoding="utf-8"))["pipeline"]:
        if component.get("name") == "brain.encoder.SentenceEncoder":
            found: Mapping[str, Any] = component
            return found
    return {}


if __name__ == "__main__":
    sys.exit(main())
