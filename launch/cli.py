"""The launcher's command line. `make` calls it; so can you."""

from __future__ import annotations

import argparse


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options. Exits with code 2 and the usage on a wrong command line."""
    parser = argparse.ArgumentParser(prog="launch/start", description="Set up, run and test Candour.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("run", help="set up what is missing, start everything, stop with Ctrl-C")
    commands.add_parser("setup", help="set up what is missing, including the trained model, and start nothing")
    train = commands.add_parser("train", help="train the model if anything it is made from changed")
    train.add_argument("--force", action="store_true", help="train even if nothing changed")
    test = commands.add_parser("test", help="run every test, the quick ones first")
    test.add_argument("stages", nargs="*", metavar="stage", help="only these stages (see --list)")
    test.add_argument("--list", action="store_true", help="name the stages")
    commands.add_parser("format", help="format Python and sort its imports")
    bench = commands.add_parser("bench", help="run the benchmarks in bench/")
    bench.add_argument("names", nargs="*", metavar="name", help="only these, for instance: relay")
    commands.add_parser("adapt", help="teach the sentence encoders this domain anew from data/nlu (takes long)")
    evaluate = commands.add_parser("evaluate", help="measure how well the brain understands, and write a report")
    evaluate.add_argument("parts", nargs="*", metavar="part", help="only these, for instance: signals outcomes")
    commands.add_parser("lock", help="resolve the dependencies anew and write locks/")
    commands.add_parser("clean", help="remove what was built, trained and cached; data and environments stay")
    return parser.parse_args(arguments)
