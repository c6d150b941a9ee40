"""`python -m brain.encoder_setup`: convert the sentence encoder once, at set-up, and prove that it works."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from brain.encoder_files import EncoderUnavailable, encoder_files
from brain.encoder_session import EncoderSession

# A sentence, one that means the same, one that does not.
_PROBE = ("I lost my debit card yesterday", "my bank card has gone missing", "what time does the branch open")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the encoder is ready, 1 with one clear sentence when it is not."""
    parser = argparse.ArgumentParser(prog="python -m brain.encoder_setup", description=__doc__)
    parser.add_argument("--model-path", help="a folder with model.safetensors, config.json and tokenizer.json")
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    try:
        files = encoder_files(options.model_path)
        session = EncoderSession(files)
        lost, missing, hours = (session.encode(text) for text in _PROBE)
    except EncoderUnavailable as problem:
        print(f"encoder: {problem}", file=sys.stderr)
        return 1
    near, far = float(lost @ missing), float(lost @ hours)
    if near < far + 0.2:
        print(f"encoder: the converted network confuses meanings ({near:.2f} against {far:.2f}).", file=sys.stderr)
        return 1
    print(f"encoder: ready in {files.folder} ({time.monotonic() - begun:.1f} s, like {near:.2f}, unlike {far:.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
