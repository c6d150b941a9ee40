"""What the sandbox bank stands on: its seed, its clock, and its file of changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

import yaml

from actions.bank.interface import CustomerUnknown

#: The seed is plain YAML; its shape is described at its head and tested as a whole.
Seed = dict[str, Any]
Clock = Callable[[], datetime]
T = TypeVar("T")

SEED_FILE: Final = Path(__file__).with_name("sandbox.yml")


def utc_now() -> datetime:
    """The time, for everything that is not a test."""
    return datetime.now(timezone.utc)


@lru_cache(maxsize=1)
def _read(seed: Path, _changed: int) -> Seed:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times quicker, where PyYAML was built with it
    return cast(Seed, yaml.load(seed.read_text(encoding="utf-8"), Loader=loader))  # noqa: S506 # both loaders are safe


class SandboxStore:
    """Seed, clock and transactions."""

    def __init__(self, database: Path, *, clock: Clock = utc_now, seed: Path = SEED_FILE) -> None:
        content = _read(seed, seed.stat().st_mtime_ns)
        self._rates: Mapping[str, str] = content["rates"]
        self._holidays: Mapping[str, Mapping[str, str]] = content["holidays"]
        self._branches: list[Seed] = content["branches"]
        self._customers: dict[str, Seed] = {entry["id"]: entry for entry in content["customers"]}
        self._clock = clock
        self._database = database
        database.parent.mkdir(parents=True, exist_ok=True)

    def _seed(self, customer_id: str) -> Seed:
        try:
            return self._customers[customer_id]
        except KeyError:
            raise CustomerUnknown(customer_id) from None

    def _today(self, seed: Seed) -> date:
        return self._clock().astimezone(ZoneInfo(seed["time_zone"])).date()

    def _day(self, seed: Seed, days: int) -> date:
        return self._today(seed) + timedelta(days=days)

    def _at(self, seed: Seed, days_ago: int, clock_time: str) -> datetime:
        day = self._day(seed, -days_ago)
        return datetime.combine(day, time.fromisoformat(clock_time), tzinfo=ZoneInfo(seed["time_zone"]))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._database, timeout=10, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def _in_database(self, work: Callable[[sqlite3.Connection], T], *, begin: str = "BEGIN") -> T:
        """Do the work in one transaction."""
        with self._connection() as connection:
            connection.execute(begin)
            try:
                result = work(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return result
