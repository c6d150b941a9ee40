"""`python -m launch <command>`: makes sure of the switchboard's environment, then goes on inside it."""

from __future__ import annotations

import os
import sys
import traceback

from launch.cli import parse
from launch.digest import write_whole
from launch.environments import only_one_setup, switchboard_environment, sync
from launch.failure import LaunchFailure, Stopped
from launch.groups import GROUPS
from launch.layout import HERE
from launch.parent import watch_parent
from launch.settings import choose_ports, read_settings
from launch.stopping import stop_on_signals, stopping


def main(arguments: list[str]) -> int:
    """The exit code: 0, 1 after a failure told in a sentence, 2 for a wrong command line, 128 + n after a signal."""
    stop_on_signals()
    watch_parent(stopping=stopping)
    try:
        return _main(arguments)
    except LaunchFailure as failure:
        print(f"\ncandour: {failure}", file=sys.stderr, flush=True)
        return 1
    except Stopped as stop:
        return 128 + stop.signal_number
    except Exception as fault:  # noqa: BLE001 - whoever runs this gets a sentence; the trace goes to a file
        log = HERE.setup_logs / "launcher.log"
        write_whole(log, traceback.format_exc())
        print(
            f"\ncandour: the launcher met a fault it does not know ({type(fault).__name__}: {fault}). "
            f"Where it happened is written in {log}; please report it.",
            file=sys.stderr,
            flush=True,
        )
        return 1
    finally:
        GROUPS.stop_all(grace=3.0)
        GROUPS.close()


def _main(arguments: list[str]) -> int:
    options = parse(arguments)
    os.chdir(HERE.root)
    if options.command == "clean":
        from launch.clean import clean

        return clean(HERE)
    if options.command == "lock":
        from launch.locking import lock

        return lock(HERE)
    if options.command == "run":
        choose_ports(read_settings(os.environ, root=HERE.root))  # a fault here should not cost the time of a set-up
    _go_on_inside(arguments)
    from launch.commands import execute

    return execute(options)


def _go_on_inside(arguments: list[str]) -> None:
    """Replace this process with one that runs in the switchboard's environment, unless it does already."""
    environment = switchboard_environment(HERE)
    changed = False
    if not environment.ready():
        print("Setting up the switchboard's environment (.venv) …", flush=True)
        with only_one_setup(HERE, tell=print):
            changed = sync(environment, layout=HERE)
    if changed or not environment.folder.samefile(sys.prefix):
        GROUPS.close()
        python = str(environment.python)
        os.execv(python, [python, "-m", "launch", *arguments])  # noqa: S606 - our own Python, no shell wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
