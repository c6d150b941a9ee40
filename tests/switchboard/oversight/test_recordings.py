"""Recorded conversations are read as they were, from a record that nothing happens to."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from escalation.recording import CannotReplay, Decided, Ended, Recording, read_lines
from switchboard.oversight.recordings import read_recordings, record_of_settings, recordings_of
from switchboard.session import events as e
from switchboard.session.model import CustomerRef, Escalation, Priority, Session, Speaker
from switchboard.settings import ROOT
from switchboard.store.engine import migrate, open_engine
from switchboard.store.sql import SqlStore
from tests.switchboard.running import Switchboard
from tests.switchboard.scripted_brain import answers, hands_over
from tests.switchboard.session.samples import AMARA, START, ai

SECRET = "words that stay in the record"


def said(id: str, *, epoch: int = 1) -> e.MessageAdded:
    return e.MessageAdded(id=id, speaker=Speaker.CUSTOMER, text=f"{SECRET} {id}", epoch=epoch)


def assessed(id: str, *, outcome: str = "answer", criterion: str | None = None, **signals: float) -> e.TurnAssessed:
    parse: dict[str, Any] = {"intent": {"name": "greet", "confidence": 0.9}, "signals": signals}
    verdict: dict[str, Any] = {"outcome": outcome, "criterion": criterion, "policy_version": "v1"}
    return e.TurnAssessed(message_id=id, epoch=1, parse=parse, assessment=verdict)


def called(criterion: str = "hardship", **more: Any) -> e.HandoffRequested:
    escalation = {"queue": "care", "priority": Priority.VULNERABLE, "policy_version": "v1", **more}
    return e.HandoffRequested(escalation=Escalation(criterion=criterion, **escalation))


def later(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


async def opened(store: SqlStore, id: str, *, at: datetime = START, **more: Any) -> Session:
    opening = e.SessionOpened(channel="web", locale="en-GB", region="gb", **more)
    session = (await store.open(id, opening, at=at)).after
    return (await store.append(session, ai("I am an AI.", disclosure=True, id="disclosure"), at=at)).after


async def written(url: str, *talks: tuple[str, float, tuple[e.Event, ...]]) -> None:
    """A record on a database: sessions with the minute at which they begin, and their events, a minute apart."""
    engine = open_engine(url)
    migrate(engine)
    store = SqlStore(engine)
    try:
        for id, minute, events in talks:
            session = await opened(store, id, at=later(minute), customer=CustomerRef(id="c-1", name="Kim"))
            for n, event in enumerate(events, start=1):
                session = (await store.append(session, event, at=later(minute + n))).after
        assert await store.verify() == []
    finally:
        store.close()


POOR = (
    said("a"),
    assessed("a"),
    said("b"),
    assessed("b", outcome="handoff", criterion="hardship", hardship=0.9),
    called(),
)
CALM = (said("c"), assessed("c", hardship=0.4))
DOWN = (
    said("d"),
    e.TurnFinished(message_id="d", epoch=1, outcome="unavailable"),
    called("ai_unavailable", policy_version=None),
)


def reading(url: str, **period: datetime) -> list[Recording]:
    return list(read_recordings(url, **period))


async def test_conversations_are_read_from_both_databases(database_url: str) -> None:
    await written(database_url, ("poor", 0, POOR), ("calm", 60, CALM), ("down", 120, DOWN))
    calm, down, poor = await asyncio.to_thread(reading, database_url)
    assert [message.id for message in poor.messages] == ["a", "b"]
    assert poor.messages[1].text == f"{SECRET} b"
    assert poor.messages[1].at == later(3)
    assert poor.messages[1].parse == {"intent": {"name": "greet", "confidence": 0.9}, "signals": {"hardship": 0.9}}
    assert poor.messages[1].decided == Decided(outcome="handoff", criterion="hardship", policy_version="v1")
    assert poor.ended == Ended(
        how="handed_over", at=later(5), reason="hardship", queue="care", priority="vulnerable", policy_version="v1"
    )
    assert (poor.began, poor.channel, poor.locale, poor.region) == (START, "web", "en-GB", "GB")
    assert poor.customer == {"id": "c-1", "name": "Kim"}
    assert (calm.session_id, calm.ended) == ("calm", None)
    assert down.messages[0].parse is None
    assert down.ended is not None
    assert (down.ended.reason, down.ended.policy_version) == ("ai_unavailable", None)
    manila = timezone(timedelta(hours=8))
    period = {"since": later(60).astimezone(manila), "until": later(120).astimezone(manila)}
    assert [each.session_id for each in await asyncio.to_thread(lambda: reading(database_url, **period))] == ["calm"]


def events(*listed: e.Event) -> list[tuple[datetime, e.Event]]:
    opening = e.SessionOpened(channel="web", locale="en-GB", region="GB")
    return [(later(n), event) for n, event in enumerate((opening, *listed))]


def test_each_stretch_of_the_ai_is_a_recording_of_its_own() -> None:
    """What is written while somebody else has the session is none of the AI's, and none of the policy's."""
    recordings = recordings_of(
        "s",
        events(
            said("a"),
            assessed("a"),
            called(),
            said("queued"),
            e.HandoffCancelled(),
            said("b"),
            e.TakenOver(agent=AMARA, reason="wrong"),
            assessed("b"),  # the brain was not through yet
            said("human"),
            e.ConversationEnded(by="agent"),
            e.ReturnedToAI(agent=AMARA, note=""),
            said("c"),
            e.CustomerLeft(),
        ),
    )
    assert [[message.id for message in each.messages] for each in recordings] == [["a"], ["b"], ["c"]]
    assert [each.began for each in recordings] == [later(0), later(5), later(11)]
    assert [each.ended.how if each.ended else None for each in recordings] == ["handed_over", "taken_over", "closed"]
    assert recordings[1].messages[0].parse is not None


def test_button_is_told_from_a_person_asked_for_in_words() -> None:
    by_button = called("person_requested", asked_by="customer", evidence={"by": "button"}, policy_version=None)
    in_words = called("person_requested", asked_by="customer", evidence={"matched": []})
    reasons = [recordings_of("s", events(said("a"), each))[0].ended for each in (by_button, in_words)]
    assert [each.reason if each else None for each in reasons] == ["button", "person_requested"]
    assert recordings_of("s", events(by_button))[0].messages == ()


def test_session_in_which_nobody_wrote_is_no_conversation() -> None:
    assert recordings_of("s", events(e.SessionExpired())) == []


def test_message_judged_twice_has_its_last_parse_and_its_first_handoff() -> None:
    """As the switchboard does: a later verdict cannot take back a person."""
    twice = recordings_of(
        "s",
        events(said("a"), assessed("a", outcome="handoff", criterion="x", crisis=0.9), assessed("a", crisis=0.1)),
    )
    message = twice[0].messages[0]
    assert message.parse is not None
    assert message.parse["signals"] == {"crisis": 0.1}
    assert message.decided is not None
    assert message.decided.outcome == "handoff"


async def test_live_conversations_are_read_while_the_switchboard_runs(switchboard: Switchboard) -> None:
    """As they are at that moment, and without a hold on the switchboard."""
    switchboard.brain.script = lambda request: hands_over() if "help" in request.text else answers("an answer")
    customer = await switchboard.customer(locale="en-GB")
    await customer.say("hello")
    await customer.heard("an answer")
    url = str(switchboard._settings["database_url"])
    before = await switchboard.system.store.heads()
    reader = read_recordings(url)
    first = await asyncio.to_thread(lambda: next(reader))
    assert [message.parse is not None for message in first.messages] == [True]
    assert await switchboard.system.store.heads() == before
    await customer.say("help")  # while the reader has not finished
    await customer.mode("queued")
    await asyncio.to_thread(reader.close)
    (now,) = await asyncio.to_thread(reading, url)
    assert now.ended is not None
    assert (now.ended.reason, now.ended.queue, len(now.messages)) == ("fraud_or_scam", "fraud", 2)


def traces(folder: Path) -> dict[str, str]:
    """What lies in a folder."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


async def test_reading_leaves_no_trace(tmp_path: Path) -> None:
    """Not in the record, and not beside it: no journal that might belong to another user than the switchboard."""
    url = f"sqlite:///{tmp_path / 'switchboard.db'}"
    await written(url, ("poor", 0, POOR))
    before = traces(tmp_path)
    assert len(reading(url)) == 1
    assert traces(tmp_path) == before
    assert set(before) == {"switchboard.db"}


async def test_record_of_a_killed_switchboard_is_read_with_its_journal(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    await written(url, ("poor", 0, POOR))
    engine = open_engine(url)
    store = SqlStore(engine)
    await opened(store, "newer")
    session = await store.load("newer")
    assert session is not None
    await store.append(session, *CALM, at=START)
    left = tmp_path / "left"
    left.mkdir()
    for file in ("a.db", "a.db-wal"):
        (left / file).write_bytes((tmp_path / file).read_bytes())
    store.close()
    before = traces(left)
    assert [each.session_id for each in reading(f"sqlite:///{left / 'a.db'}")] == ["newer", "poor"]
    assert before.items() <= traces(left).items()


async def test_switchboard_started_meanwhile_is_noticed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'switchboard.db'}"
    await written(url, ("calm", 0, CALM), ("poor", 0, POOR))
    reader = read_recordings(url)
    next(reader)
    store = SqlStore(open_engine(url))
    await opened(store, "new")
    with pytest.raises(CannotReplay, match="once more"):
        list(reader)
    store.close()


async def test_record_cannot_be_written_through_the_reader(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by a mistake in the reader itself."""
    await written(database_url, ("poor", 0, POOR))
    monkeypatch.setattr(
        "switchboard.oversight.recordings._all",
        lambda connection, since: connection.execute(text("DELETE FROM events")),
    )
    with pytest.raises(CannotReplay, match=r"(?i)read-?only"):
        await asyncio.to_thread(reading, database_url)


async def test_record_of_another_revision_is_refused_and_left_as_it_is(database_url: str) -> None:
    await written(database_url, ("poor", 0, POOR))
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(CannotReplay, match="of revision 0000"):
        await asyncio.to_thread(reading, database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0000"
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///{folder}/none.db", "there is no record at"),
        ("sqlite://", "there is no record at"),
        ("sqlite:///{folder}/text.db", "cannot be read"),
        ("sqlite:///{folder}/empty.db", "holds no record"),
        ("postgresql://somebody:a-password@127.0.0.1:1/none", "cannot be read"),
        ("mysql://db/none", "expected a record on SQLite or PostgreSQL"),
        ("nonsense", "expected a database's address"),
    ],
)
def test_what_is_no_record_is_told(tmp_path: Path, url: str, reason: str) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to be looked into" * 40, encoding="utf-8")
    (tmp_path / "empty.db").touch()
    with pytest.raises(CannotReplay, match=reason) as refused:
        reading(url.format(folder=tmp_path))
    assert "a-password" not in str(refused.value)
    assert {file.name for file in tmp_path.iterdir()} == {"text.db", "empty.db"}


def test_settings_are_read_without_making_what_they_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a data folder nor secrets."""
    monkeypatch.delenv("CANDOUR_DATABASE_URL", raising=False)
    monkeypatch.setenv("CANDOUR_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("CANDOUR_DEMO", "1")
    assert record_of_settings() == f"sqlite:///{tmp_path / 'none' / 'switchboard.db'}"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("CANDOUR_PORT", "many")
    with pytest.raises(CannotReplay, match="CANDOUR_PORT"):
        record_of_settings()


# The command on a record, as a process of its own.

Backtest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def backtest(tmp_path: Path) -> Backtest:
    """Run the command on the record in a data folder of the test's own; the new policy lets hardship wait for more."""
    shipped = (ROOT / "policy" / "escalation.yml").read_text(encoding="utf-8")
    head, hardship, tail = shipped.partition("  - id: hardship\n")
    (tmp_path / "new.yml").write_text(
        head + hardship + tail.replace("    why:", "    enabled: false\n    why:", 1), encoding="utf-8"
    )
    data = tmp_path / "data"
    data.mkdir()
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("CANDOUR_", "FORCE_COLOR"))}

    def run(*more: str, policy: bool = True) -> subprocess.CompletedProcess[str]:
        new = ["--policy", str(tmp_path / "new.yml")] if policy else []
        return subprocess.run(
            [sys.executable, "-m", "escalation", "backtest", "--project", str(tmp_path), *new, *more],
            cwd=ROOT,
            env={**mine, "CANDOUR_DATA_DIR": str(data)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def record(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'switchboard.db'}"


async def test_command_reads_the_record_of_the_settings_and_changes_nothing(tmp_path: Path, backtest: Backtest) -> None:
    await written(record(tmp_path), ("poor", 0, POOR), ("calm", 60, CALM), ("down", 120, DOWN))
    before = traces(tmp_path / "data")
    done = await asyncio.to_thread(backtest)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 conversations with 4 messages of customers, 2026-11-02 to 2026-11-02" in done.stdout
    assert "no longer escalated  2026-11-02 09:00  session poor" in done.stdout
    assert "at message 2: hardship → care/" in done.stdout
    assert "(ai_unavailable)" in done.stdout
    assert "1 message had no parse" in done.stdout
    assert SECRET not in done.stdout
    assert traces(tmp_path / "data") == before


async def test_command_works_while_the_switchboard_runs(local: Switchboard, tmp_path: Path, backtest: Backtest) -> None:
    customer = await local.customer(locale="en-GB")
    await customer.say("hello")
    await customer.heard("You said: hello")
    heads = await local.system.store.heads()
    done = await asyncio.to_thread(backtest, "--json", "--record", f"sqlite:///{tmp_path / 'test.db'}")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["conversations"], told["messages"], told["messages_without_parse"]) == (1, 1, 0)
    assert await local.system.store.heads() == heads
    assert await local.system.store.verify() == []


async def test_export_carries_the_conversations_elsewhere(tmp_path: Path, backtest: Backtest) -> None:
    await written(record(tmp_path), ("poor", 0, POOR), ("calm", 60, CALM))
    file = tmp_path / "export.jsonl"
    done = await asyncio.to_thread(backtest, "--export", str(file), policy=False)
    assert done.returncode == 0, done.stderr
    assert list(read_lines(file)) == reading(record(tmp_path))
    there = await asyncio.to_thread(backtest, "--from", str(file))
    here = await asyncio.to_thread(backtest)
    assert there.stdout == here.stdout != ""


async def test_command_ends_with_2_where_there_is_nothing_to_replay(tmp_path: Path, backtest: Backtest) -> None:
    missing = await asyncio.to_thread(backtest)
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "there is no record at" in missing.stderr
    await written(record(tmp_path))
    empty = await asyncio.to_thread(backtest)
    assert (empty.returncode, empty.stdout) == (2, "")
    assert "there is no recorded conversation" in empty.stderr


async def test_command_ends_with_1_for_an_invalid_policy(tmp_path: Path, backtest: Backtest) -> None:
    await written(record(tmp_path), ("poor", 0, POOR))
    new = tmp_path / "new.yml"
    new.write_text(new.read_text(encoding="utf-8").replace("floor: true", "floor: false"), encoding="utf-8")
    done = await asyncio.to_thread(backtest)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 4
