"""The switchboard's command line."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from switchboard.desk.accounts import Accounts
from switchboard.desk.roles import Role
from switchboard.errors import SwitchboardError
from switchboard.logs import set_up_logs
from switchboard.settings import Settings, SettingsInvalid, read_settings
from switchboard.store.engine import migrate as migrate_engine
from switchboard.store.engine import open_engine
from switchboard.store.sql import SqlStore

T = TypeVar("T")

app = typer.Typer(
    help="Candour's switchboard.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
audit = typer.Typer(help="The record.", no_args_is_help=True)
agent = typer.Typer(help="Accounts of the desk.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(agent, name="agent")


def _settings() -> Settings:
    try:
        settings = read_settings()
    except SettingsInvalid as error:
        print(f"candour: a setting is faulty:\n{error}", file=sys.stderr)
        raise typer.Exit(2) from None
    set_up_logs(settings.log_level)
    return settings


def _with_store(settings: Settings, use: Callable[[SqlStore], Awaitable[T]]) -> T:
    async def run() -> T:
        store = SqlStore(open_engine(settings.database))
        try:
            await asyncio.to_thread(migrate_engine, store.engine)
            return await use(store)
        finally:
            store.close()

    try:
        return asyncio.run(run())
    except SwitchboardError as error:
        print(f"candour: {error.detail}", file=sys.stderr)
        raise typer.Exit(1) from None


@app.command()
def serve() -> None:
    """Serve customers and the desk."""
    from switchboard.server import serve_until_stopped

    raise typer.Exit(serve_until_stopped(_settings()))


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    engine = open_engine(_settings().database)
    try:
        migrate_engine(engine)
    finally:
        engine.dispose()
    print("The database is up to date.")


@audit.command()
def verify() -> None:
    """Recompute the hash chain of every record; exit code 1 when a record was changed."""
    faults = _with_store(_settings(), lambda store: store.verify())
    for fault in faults:
        print(fault)
    if faults:
        print(f"{len(faults)} faults: the record was changed.", file=sys.stderr)
        raise typer.Exit(1)
    print("The record is whole: every event follows from the one before it.")


@agent.command("add")
def add_agent(
    email: str,
    name: Annotated[str, typer.Option(help="As customers will see it.")],
    role: Annotated[Role, typer.Option()] = Role.AGENT,
) -> None:
    """Make an account; the password is read from the terminal, or from standard input."""
    settings = _settings()
    password = _password()
    account = _with_store(
        settings, lambda store: Accounts(store).add(email=email, name=name, role=role, password=password)
    )
    print(f"{account.email} may sign in as {account.role.value}.")


@agent.command("list")
def list_agents() -> None:
    """All accounts."""
    table = Table("E-mail", "Name", "Role", "Active")
    for account in _with_store(_settings(), lambda store: Accounts(store).all()):
        table.add_row(account.email, account.name, account.role.value, "yes" if account.active else "no")
    Console().print(table)


@agent.command("password")
def set_password(email: str) -> None:
    """Change a password; it is read from the terminal, or from standard input."""
    settings = _settings()
    password = _password()
    _with_store(settings, lambda store: Accounts(store).set_password(email, password))
    print(f"The password of {email} is changed.")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        print("candour: the two are not the same.", file=sys.stderr)
        raise typer.Exit(1)
    return password
