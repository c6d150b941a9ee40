"""A PostgreSQL for the tests: the one that is named, one that runs here, one that can be started, or one of our own.

Every test run gets a database of its own, dropped afterwards.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from launch.failure import LaunchFailure
from launch.ports import free_port

VARIABLE = "CANDOUR_TEST_POSTGRES_URL"
_HELP = (
    f"The tests need PostgreSQL, and none could be used: start one and name it, {VARIABLE}=postgresql://user@host/database "
    "(a user who may create databases), or install its server programs (initdb, pg_ctl)."
)


@contextmanager
def database(environment: Mapping[str, str]) -> Iterator[str]:
    """The URL of an empty database. Raises LaunchFailure when no server can be had."""
    with ExitStack() as stack:
        server = _server(environment, stack)
        name = f"candour_test_{secrets.token_hex(6)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _with_database(server, name)
        finally:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _server(environment: Mapping[str, str], stack: ExitStack) -> str:
    """The URL of a server that lets us create databases."""
    named = environment.get(VARIABLE)
    if named:
        if not _usable(named):
            raise LaunchFailure(
                f"{VARIABLE} names a PostgreSQL that does not let us in or create a database: {_bare(named)}"
            )
        return named
    usable = _first_usable(environment)
    if usable:
        return usable
    if os.geteuid() == 0 and (shutil.which("pg_ctlcluster") or _install()):
        usable = _start_cluster_of_debian(environment)
        if usable:
            return usable
    return stack.enter_context(_own_cluster())


def _first_usable(environment: Mapping[str, str]) -> str | None:
    users = dict.fromkeys([environment.get("PGUSER", ""), "postgres", getpass.getuser()])
    for user in filter(None, users):
        for name in ("postgres", "test", user):
            url = f"postgresql://{user}@127.0.0.1:{environment.get('PGPORT', '5432')}/{name}"
            if _usable(url):
                return url
    return None


def _usable(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def _install() -> bool:
    """Debian's PostgreSQL, where we may install packages."""
    if shutil.which("apt-get") is None:
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "postgresql"]):
        if _quietly(command, env=quiet) != 0:
            return False
    return shutil.which("pg_ctlcluster") is not None


def _start_cluster_of_debian(environment: Mapping[str, str]) -> str | None:
    """Start the clusters that Debian set up; then, if they ask for a password on TCP, go in through the socket as root may."""
    listed = subprocess.run(["pg_lsclusters", "--no-header"], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        version, name, port, status, *_ = line.split()
        if not status.startswith("online"):
            _quietly(["pg_ctlcluster", version, name, "start"])
        usable = _first_usable({**environment, "PGPORT": port})
        if usable:
            return usable
        role = f"candour_test_{secrets.token_hex(4)}"
        password = secrets.token_hex(16)
        made = _quietly(
            ["runuser", "-u", "postgres", "--", "psql", "--port", port, "--command",
             f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{password}'"],
        )  # fmt: skip
        url = f"postgresql://{role}:{password}@127.0.0.1:{port}/postgres"
        if made == 0 and _usable(url):
            return url
    return None


@contextmanager
def _own_cluster() -> Iterator[str]:
    """A cluster in a temporary folder, on a free port, loopback only. PostgreSQL refuses to run as root: then as postgres."""
    folder = _server_programs()
    if folder is None:
        raise LaunchFailure(_HELP)
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="candour-pg-") as made:
        place = Path(made)
        place.chmod(0o755)
        if as_user:
            shutil.chown(place, "postgres")
        port = free_port()
        data, log = str(place / "data"), str(place / "log")
        initdb = [
            *as_user,
            str(folder / "initdb"),
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
            "--no-locale",
            "-E",
            "UTF8",
        ]
        options = f"-p {port} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off"
        start = [*as_user, str(folder / "pg_ctl"), "-D", data, "-l", log, "-w", "-o", options, "start"]
        if _quietly(initdb) != 0 or _quietly(start) != 0:
            raise LaunchFailure(_HELP)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _quietly([*as_user, str(folder / "pg_ctl"), "-D", data, "-m", "immediate", "stop"])


def _server_programs() -> Path | None:
    """The folder of initdb and pg_ctl: PATH, else where Debian, Fedora and Homebrew keep them, newest first."""
    places = [Path(found).parent for found in [shutil.which("initdb")] if found]
    for pattern in (
        "usr/lib/postgresql/*/bin",
        "usr/pgsql-*/bin",
        "opt/homebrew/opt/postgresql*/bin",
        "usr/local/opt/postgresql*/bin",
    ):
        places += sorted(Path("/").glob(pattern), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


def _quietly(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
    try:
        return subprocess.run(
            list(command),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=600,
            check=False,
            env=None if env is None else dict(env),
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return -1


def _with_database(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    scheme, _, rest = head.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{name}" + (f"?{query}" if query else "")


def _bare(url: str) -> str:
    """The URL without the password it may hold."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
