"""`python -m brain.evaluation [part …]`: measure, print tables, write a report to results/evaluation/."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

# Rasa and TensorFlow read these when they are imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")

from brain.evaluation.parts import PARTS, Workshop
from brain.evaluation.public_sets import NoPublicSets
from brain.evaluation.report import Report

OUT = Path("results/evaluation")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0: every goal that was measured is reached; 1: one was missed; 2: something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m brain.evaluation", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all of them when none is named"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.parts) - set(PARTS))
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}: there are {', '.join(PARTS)}")
    begun = time.monotonic()
    report = Report(options.out)
    workshop = Workshop(
        report=report, folder=options.out / "models", say=lambda line: print(line, file=sys.stderr, flush=True)
    )
    missing = False
    for name in options.parts or PARTS:
        print(f"\n== {name}", flush=True)
        try:
            PARTS[name](workshop)
        except NoPublicSets as absent:
            print(absent, file=sys.stderr)
            missing = True
    report.write()
    print(f"\n{report.path} written after {time.monotonic() - begun:.0f} s")
    return 2 if missing else 0 if report.all_reached else 1


if __name__ == "__main__":
    sys.exit(main())
