"""`python -m escalation check` validates the policy; `test` runs its examples through the trained model; `backtest` replays
recorded conversations under a changed one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from escalation import backtest_command
from escalation.examples import run_examples
from escalation.model import Policy, PolicyInvalid
from escalation.policy import load_policy
from escalation.recording import CannotReplay
from escalation.references import reference_faults

POLICY = Path("policy/escalation.yml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0: all is well; 1: faults or failing examples, each on a line of its own; 2: wrong usage, nothing to replay."""
    parser = argparse.ArgumentParser(prog="python -m escalation", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="validate the policy, and the intents and responses it names")
    check.add_argument("policy", nargs="?", type=Path, default=POLICY)
    check.add_argument("--project", type=Path, default=Path(), help="folder of the Rasa project")
    test = commands.add_parser("test", help="run the policy's examples through a trained model")
    test.add_argument("policy", nargs="?", type=Path, default=POLICY)
    test.add_argument("--model", type=Path, default=Path("models"), help="a model, or a folder of them")
    replay = commands.add_parser("backtest", help=backtest_command.HELP)
    backtest_command.add_arguments(replay, in_force=POLICY)
    options = parser.parse_args(arguments)
    try:
        if options.command == "backtest":
            return _backtest(options)
        policy = load_policy(options.policy)
    except PolicyInvalid as invalid:
        for fault in invalid.faults:
            print(fault, file=sys.stderr)
        return 1
    if options.command == "check":
        return _check(policy, file=options.policy, project=options.project)
    return _test(policy, model=options.model)


def _check(policy: Policy, *, file: Path, project: Path) -> int:
    faults = list(reference_faults(policy, project, file=str(file)))
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    print(f"{file}: {len(policy.criteria)} criteria, version {policy.version}")
    return 0


def _backtest(options: argparse.Namespace) -> int:
    try:
        backtest_command.run(options)
    except CannotReplay as reason:
        print(f"backtest: {reason}", file=sys.stderr)
        return 2
    return 0


def _test(policy: Policy, *, model: Path) -> int:
    from escalation.through_model import NoModel, model_parser

    try:
        parse = model_parser(model)
    except NoModel as missing:
        print(missing, file=sys.stderr)
        return 1
    results = list(run_examples(policy, parse))
    failed = [result for result in results if not result.passed]
    for result in failed:
        print(result, file=sys.stderr)
    print(f"{len(results) - len(failed)} of {len(results)} examples pass")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
