"""The web pages: npm's packages when the lock changed, a build when a source changed."""

from __future__ import annotations

from launch.digest import Stamp, digest_of
from launch.failure import LaunchFailure
from launch.layout import Layout
from launch.node import Node, find_node
from launch.settings import own_environment
from launch.steps import Watch, run_step

_NOT_BUILT_FROM = ("tests", "test", "README.md")  #: changes here need no new build


def install_packages(layout: Layout, *, node: Node, watch: Watch | None = None) -> bool:
    """`npm ci` when package-lock.json changed. True when it did."""
    web = layout.web
    if not (web / "package-lock.json").is_file():
        raise LaunchFailure(f"{web / 'package-lock.json'} is missing: restore the checkout with git.")
    stamp = Stamp(path=web / "node_modules" / ".synced")
    digest = digest_of([web / "package-lock.json", web / "package.json"], base=web, extra=[node.version.split(".")[0]])
    if stamp.fresh(digest):
        return False
    run_step(
        [node.npm, "ci", "--no-audit", "--no-fund", "--prefer-offline"],
        what="Installing the web pages' packages",
        cwd=web,
        env=node.environment(own_environment()),
        log=layout.setup_logs / "web-packages.log",
        advice="See whether npm's registry can be reached (npm config get registry).",
        watch=watch,
    )
    stamp.write(digest)
    return True


def sources_digest(layout: Layout) -> str:
    """Over everything in web/ that the build reads."""
    sources = [
        path for path in layout.web.iterdir() if path.name not in _NOT_BUILT_FROM and path.name != "node_modules"
    ]
    sources = [path for path in sources if path.name != "dist" and not path.name.startswith(".")]
    return digest_of(sources, base=layout.web)


def build(layout: Layout, *, watch: Watch | None = None) -> bool:
    """Build into web/dist if a source changed. True when it did."""
    if not layout.web.is_dir():
        raise LaunchFailure(f"{layout.web} is missing: restore the checkout with git.")
    stamp = Stamp(path=layout.web / "dist" / ".built")
    digest = sources_digest(layout)
    if stamp.fresh(digest):
        return False
    node = find_node(layout)
    install_packages(layout, node=node, watch=watch)
    stamp.clear()
    run_step(
        [node.npm, "run", "build"],
        what="Building the web pages",
        cwd=layout.web,
        env=node.environment(own_environment()),
        log=layout.setup_logs / "web-build.log",
        advice="The sources in web/ do not build as they are.",
        watch=watch,
    )
    stamp.write(digest)
    return True
