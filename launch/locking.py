"""`make lock`: resolve the dependency groups of pyproject.toml anew and write them, with hashes, into locks/."""

from __future__ import annotations

from collections.abc import Sequence

from launch.digest import write_whole
from launch.environments import find_uv, uv_environment
from launch.failure import LaunchFailure
from launch.layout import Layout
from launch.steps import answers, run_step

# Each lock, and the groups it holds. The tests' group goes with the switchboard, whose environment runs them.
_LOCKS = {
    "brain.txt": ("--only-group", "brain"),
    "switchboard.txt": ("--only-group", "switchboard", "--only-group", "test"),
    "tools.txt": ("--only-group", "tools"),
}


def lock(layout: Layout) -> int:
    """Write every lock. uv.lock, which names the addresses of whichever index resolved it, is not for committing."""
    uv = find_uv(layout)
    run_step(
        [uv, "lock"],
        what="Resolving the dependencies",
        cwd=layout.root,
        env=uv_environment(),
        log=layout.setup_logs / "lock.log",
        advice="Two of the requirements in pyproject.toml may contradict each other.",
    )
    for name, groups in _LOCKS.items():
        write_whole(layout.locks / name, _exported(uv, groups))
        print(f"locks/{name} written")
    return 0


def _exported(uv: str, groups: Sequence[str]) -> str:
    text = answers(
        [uv, "export", "--frozen", *groups, "--no-emit-project", "--no-annotate", "--no-header"],
        timeout=120,
        env=uv_environment(),
    )
    if not text:
        raise LaunchFailure(f"uv export {' '.join(groups)} failed: run it by hand to see why.")
    if "://" in text:
        raise LaunchFailure(
            "The lock would name an address: a requirement in pyproject.toml comes from a URL instead of an index."
        )
    return text + "\n"
