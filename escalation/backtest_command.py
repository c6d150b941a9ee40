"""`python -m escalation backtest`: its options, and where recordings come from and go to."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from escalation.backtest import backtest
from escalation.model import Fault, Policy, PolicyInvalid
from escalation.policy import load_policy
from escalation.recording import CannotReplay, Recording, read_lines, to_line
from escalation.references import reference_faults

HELP = "replay recorded conversations under a changed policy, and compare"
DESCRIPTION = """Replay recorded conversations under a changed policy: which would escalate, stay or change queue, and what each
queue would have to do at each hour. The record is only read, and the switchboard may run meanwhile. Runs in the switchboard's
environment; with --from in either. Exit code 0; 1 when a policy is invalid; 2 for wrong usage or nothing to replay."""
_PERSONAL = (
    "Such a file holds customers' words and names: keep it as you keep the record, and delete it when you are done."
)


def add_arguments(parser: argparse.ArgumentParser, *, in_force: Path) -> None:
    """The command's options. `in_force` is where the policy in force stands when no setting says otherwise."""
    parser.description = DESCRIPTION
    folder = os.environ.get("CANDOUR_POLICY_DIR")
    in_force = Path(folder) / "escalation.yml" if folder else in_force
    parser.add_argument(
        "--policy", type=Path, metavar="NEW.yml", help="the changed policy (needed unless --export is given)"
    )
    parser.add_argument(
        "--against", type=Path, default=in_force, metavar="OLD.yml", help="default: the one in force, %(default)s"
    )
    parser.add_argument(
        "--project",
        type=Path,
        default=Path(),
        help="folder of the Rasa project, whose intents and responses --policy may name",
    )
    parser.add_argument(
        "--since",
        metavar="DATE",
        help="conversations that began on this day or later; a time may follow: 2026-11-02T09:00",
    )
    parser.add_argument(
        "--until", metavar="DATE", help="conversations that began on this day or before, or before this time"
    )
    parser.add_argument(
        "--timezone",
        type=_timezone,
        default="UTC",
        metavar="NAME",
        help="of hours and days, such as Europe/London (default: UTC)",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--record", metavar="URL", help="the record's database (default: that of the settings)")
    source.add_argument(
        "--from",
        type=Path,
        dest="from_file",
        metavar="FILE.jsonl",
        help=f"read a file that --export wrote. {_PERSONAL}",
    )
    parser.add_argument(
        "--export",
        type=Path,
        metavar="FILE.jsonl",
        help=f"write the conversations to a new file, one a line. {_PERSONAL}",
    )
    parser.add_argument(
        "--show", type=_count, default=20, metavar="N", help="how many changed conversations to list (default: 20)"
    )
    parser.add_argument("--show-text", action="store_true", help="also show what the customers wrote in them")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> None:
    """Do what the options say.

    Raises:
        PolicyInvalid: with the faults of both policies.
        CannotReplay: for whatever else stands in the way.
    """
    from rich.console import Console

    from escalation.backtest_report import as_json, print_report

    if options.policy is None and options.export is None:
        raise CannotReplay("name the changed policy: --policy NEW.yml")
    policies = None if options.policy is None else _policies(options)
    console = Console(soft_wrap=False, highlight=False)
    if options.export is not None:
        written = _export(_recordings(options), options.export)
        said = Console(stderr=True, highlight=False, markup=False)
        said.print(f"{options.export}: {written} conversations. {_PERSONAL}", soft_wrap=True)
    if policies is None:
        return
    before, after = policies
    summary = backtest(_recordings(options), before=before, after=after, timezone=options.timezone)
    if not summary.messages:
        raise CannotReplay(f"there is no recorded conversation{_when(options)} in which a customer wrote to the AI")
    if summary.messages == summary.unread:
        raise CannotReplay(
            f"none of the {summary.messages} messages recorded{_when(options)} has a parse: nothing to judge"
        )
    how = {"show": options.show, "show_text": options.show_text, "timezone": options.timezone}
    if options.json:
        named = {
            "policy": {"file": str(options.policy), "version": after.version},
            "against": {"file": str(options.against), "version": before.version},
        }
        console.out(json.dumps({**named, **as_json(summary, **how)}, ensure_ascii=False, indent=2), highlight=False)
        return
    title = [
        f"before  {options.against}  {before.version[:19]}",
        f"after   {options.policy}  {after.version[:19]}",
    ]
    if before.version == after.version:
        title.append("Both have the same content.")
    print_report(console, summary, title=title, **how)


def _policies(options: argparse.Namespace) -> tuple[Policy, Policy]:
    """Before and after; all faults of both at once."""
    faults: list[Fault] = []
    read: list[Policy] = []
    for file in dict.fromkeys((options.against, options.policy)):
        try:
            read.append(load_policy(file))
        except PolicyInvalid as invalid:
            faults += invalid.faults
        else:
            # A policy may be tried where its project is not; then its names cannot be checked.
            if file == options.policy and (options.project / "domain.yml").is_file():
                faults += reference_faults(read[-1], options.project, file=str(file))
    if faults:
        raise PolicyInvalid(faults)
    return read[0], read[-1]


def _recordings(options: argparse.Namespace) -> Iterator[Recording]:
    since, until = _bounds(options)
    if options.from_file is not None:
        for recording in read_lines(options.from_file):
            if (since is None or recording.began >= since) and (until is None or recording.began < until):
                yield recording
        return
    try:
        # The name is looked up late and by name: neither the brain nor its type checker can read the switchboard's modules.
        record = import_module("switchboard.oversight.recordings")
    except ImportError as missing:
        raise CannotReplay(
            f"the record is read in the switchboard's environment (.venv/bin/python -m escalation backtest …), or give --from "
            f"FILE.jsonl; here {missing}"
        ) from missing
    yield from record.read_recordings(options.record or record.record_of_settings(), since=since, until=until)


def _export(recordings: Iterator[Recording], file: Path) -> int:
    """Write recordings to a new file that only its owner may read; how many."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CannotReplay(f"{file} exists already: export to a new file") from None
    except OSError as error:
        raise CannotReplay(f"{file} cannot be written: {error}") from error
    try:
        written = 0
        with os.fdopen(descriptor, "w", encoding="utf-8") as lines:
            for recording in recordings:
                lines.write(f"{to_line(recording)}\n")
                written += 1
        if not written:
            raise CannotReplay("there is no recorded conversation to export")
    except BaseException:
        with suppress(OSError):
            file.unlink()
        raise
    return written


def _bounds(options: argparse.Namespace) -> tuple[datetime | None, datetime | None]:
    since = None if options.since is None else _moment(options.since, options.timezone, name="--since", end=False)
    until = None if options.until is None else _moment(options.until, options.timezone, name="--until", end=True)
    if since is not None and until is not None and since >= until:
        raise CannotReplay("--since lies after --until")
    return since, until


def _moment(text: str, zone: tzinfo, *, name: str, end: bool) -> datetime:
    """A moment; a mere day means its beginning, or its end."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise CannotReplay(f"{name}: expected a date as in 2026-11-02 or 2026-11-02T09:00, got {text!r}") from None
        return at if at.tzinfo is not None else at.replace(tzinfo=zone)
    return datetime.combine(day + timedelta(days=1) if end else day, time(), tzinfo=zone)


def _when(options: argparse.Namespace) -> str:
    since = f" since {options.since}" if options.since else ""
    return f"{since} until {options.until}" if options.until else since


def _timezone(name: str) -> tzinfo:
    if name == "UTC":
        return timezone.utc  # needs no database of timezones
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise argparse.ArgumentTypeError(
            f"there is no timezone {name!r}; expected a name such as Europe/London"
        ) from None


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a number from 0 on, got {text!r}")
    return int(text)
