"""Replaying recordings under two policies: what is compared, what is counted, and the command on a file."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import event, given
from hypothesis import strategies as st

from escalation import SIGNALS, Policy, load_policy
from escalation.__main__ import main
from escalation.backtest import CHANGES, Course, Summary, backtest, compare, is_as_recorded, replay
from escalation.recording import CannotReplay, Decided, Ended, RecordedMessage, Recording, read_lines, to_line
from tests.escalation.build import SHIPPED, content, criterion, policy

UTC = timezone.utc
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
WORDS = "my secret words"


def message(number: int, /, *, intent: str = "greet", parsed: bool = True, **signals: float) -> RecordedMessage:
    parse = {"intent": {"name": intent, "confidence": 0.9}, "signals": signals} if parsed else None
    return RecordedMessage(id=f"m{number}", at=START + timedelta(minutes=number), text=f"{WORDS} {number}", parse=parse)


def recording(*said: Mapping[str, Any], **more: Any) -> Recording:
    """A recording whose messages m1, m2, … come a minute after each other."""
    messages = tuple(message(number, **each) for number, each in enumerate(said, start=1))
    facts = {"session_id": "s1", "began": START, "channel": "web", "locale": "en-GB", "region": "GB", **more}
    return Recording(**facts, messages=messages)


def total(*recordings: Recording, before: Policy, after: Policy, zone: str | None = None) -> Summary:
    return backtest(recordings, before=before, after=after, timezone=ZoneInfo(zone) if zone else UTC)


def hardship(threshold: float = 0.5, **more: Any) -> dict[str, Any]:
    return criterion("hardship", {"signals": {"hardship": threshold}}, **more)


def sent_to(queue: str, each: dict[str, Any], **then: str) -> dict[str, Any]:
    each["then"].update(queue=queue, **then)
    return each


DISTRESS = criterion("distress", {"signals": {"distress": 0.5}})
OFFER = criterion("complaint", {"signals": {"complaint": 0.5}}, outcome="offer")


@pytest.mark.parametrize(
    ("before", "after", "said", "change"),
    [
        (policy(), policy(hardship()), [{"hardship": 0.6}], "newly_escalated"),
        (policy(hardship()), policy(hardship(0.7)), [{"hardship": 0.6}], "no_longer_escalated"),
        (policy(hardship(0.7)), policy(hardship()), [{"hardship": 0.6}, {"hardship": 0.8}], "earlier"),
        (policy(hardship()), policy(hardship(0.7)), [{"hardship": 0.6}, {"hardship": 0.8}], "later"),
        (policy(hardship()), policy(sent_to("care", hardship())), [{"hardship": 0.6}], "other_route"),
        (
            policy(hardship()),
            policy(sent_to("general", hardship(), priority="vulnerable")),
            [{"hardship": 0.6}],
            "other_route",
        ),
        (policy(hardship(), DISTRESS), policy(DISTRESS), [{"hardship": 0.6, "distress": 0.6}], "other_reason"),
        (policy(), policy(OFFER), [{"complaint": 0.6}], "offers"),
        (policy(DISTRESS), policy(OFFER, DISTRESS), [{"complaint": 0.6}, {"distress": 0.6}], "offers"),
        (policy(OFFER), policy(OFFER), [{"complaint": 0.6}], "none"),
        (policy(), policy(hardship()), [{"hardship": 0.4}], "none"),
    ],
)
def test_each_kind_of_change_is_told(before: Policy, after: Policy, said: list[Any], change: str) -> None:
    assert compare(recording(*said), before=before, after=after).change == change


def test_first_handoff_counts_and_offers_before_it() -> None:
    course = replay(policy(hardship(), OFFER), recording({"complaint": 0.9}, {"hardship": 0.9}, {"crisis": 0.9}))
    assert [(each.criterion, each.number) for each in course.decisions] == [("complaint", 1), ("hardship", 2)]
    assert course.handoff is not None
    assert (course.handoff.message_ids, course.handoff.at) == (("m2",), START + timedelta(minutes=2))


def test_messages_before_are_in_view_and_time_with_the_ai_grows() -> None:
    """A policy judges a recording as it judges live: with all that was said, at the time at which it was said."""
    over = criterion("drips", {"signals": {"hardship": 0.6}, "over": {"turns": 3, "how": "noisy_or"}})
    long = criterion("long", {"seconds_in_ai": 120})
    said = recording({"hardship": 0.4}, {}, {"hardship": 0.4})
    found = [replay(policy(each), said).handoff for each in (over, long)]
    assert [each.number if each else None for each in found] == [3, 2]


def test_message_without_a_parse_is_counted_and_not_judged() -> None:
    """Nor does it count as one that was not understood."""
    twice = criterion("twice", {"count": "misunderstood", "at_least": 2})
    said = recording({"intent": "nlu_fallback"}, {"parsed": False}, {"intent": "greet"}, {"hardship": 0.9})
    summary = total(said, before=policy(twice), after=policy(twice, hardship()))
    assert (summary.messages, summary.unread) == (4, 1)
    assert summary.changed[0].after.handoff is not None
    assert summary.changed[0].after.handoff.number == 4
    assert summary.criteria["twice", "handoff"] == (0, 0)


def test_load_is_counted_by_queue_and_local_hour() -> None:
    """Days too are those of the timezone: half past nine in the evening in UTC is tomorrow in Manila."""
    late = replace(recording({"hardship": 0.9}), began=START + timedelta(hours=12, minutes=30))
    before, after = policy(hardship()), policy(sent_to("care", hardship()))
    summary = total(recording({"hardship": 0.9}), late, before=before, after=after, zone="Asia/Manila")
    assert {queue: (was[17], now[17]) for queue, (was, now) in summary.load.items()} == {
        "general": (2, 0),
        "care": (0, 2),
    }
    assert sum(map(sum, summary.load["care"])) == 2
    assert summary.days == 2


def test_person_called_without_a_criterion_comes_in_any_case_unless_a_criterion_is_first() -> None:
    button = Ended(
        how="handed_over", at=START + timedelta(hours=1), reason="button", queue="general", priority="standard"
    )
    said = recording({"hardship": 0.6}, ended=button)
    summary = total(said, before=policy(), after=policy(sent_to("care", hardship())))
    assert summary.criteria["(button)", "handoff"] == (1, 0)
    assert summary.criteria["hardship", "handoff"] == (0, 1)
    assert [(queue, sum(was), sum(now)) for queue, (was, now) in summary.load.items()] == [
        ("care", 0, 1),
        ("general", 1, 0),
    ]


def test_handoff_of_an_older_policy_is_not_taken_for_one_that_comes_in_any_case() -> None:
    decided = Ended(how="handed_over", at=START, reason="old", queue="general", priority="standard", policy_version="x")
    assert total(recording({}, ended=decided), before=policy(), after=policy()).load == {}


def test_record_is_held_against_the_policy_it_was_judged_by() -> None:
    said, rules = recording({}, {"hardship": 0.9}), policy(sent_to("care", hardship()))
    first, second = said.messages
    answer = Decided(outcome="answer", policy_version=rules.version)
    called = Decided(outcome="handoff", criterion="hardship", queue="care", priority="standard", policy_version="older")

    def recorded(*decided: Decided | None) -> Recording:
        pairs = zip((first, second), decided, strict=True)
        return replace(said, messages=tuple(replace(each, decided=verdict) for each, verdict in pairs))

    course = replay(rules, said)
    assert is_as_recorded(recorded(answer, called), course) is True
    assert is_as_recorded(recorded(answer, answer), course) is False
    assert is_as_recorded(recorded(answer, replace(called, queue="general")), course) is False
    assert is_as_recorded(recorded(called, None), course) is False
    assert is_as_recorded(recorded(answer, None), course) is None
    summary = total(recorded(answer, called), recorded(answer, answer), before=rules, after=rules)
    assert (summary.checked, summary.as_recorded, summary.by_this_version) == (2, 1, 1)


def test_what_the_record_does_not_hold_is_told() -> None:
    """Conditions that cannot come true on it must not look as if they were never met."""
    rules = policy(
        criterion("together", {"signals": {"hardship": 0.5}, "over": {"how": "together"}}),
        criterion("needs", {"customer": "declared_vulnerable", "is": True}),
        criterion("twice", {"count": "misunderstood", "at_least": 2}),
    )
    said = recording({"intent": "nlu_fallback"}, {"intent": "nlu_fallback"}, customer={"id": "c", "name": "Kim"})
    summary = total(said, before=policy(), after=rules)
    assert summary.not_read_together == 1
    assert summary.attributes_unknown == ("declared_vulnerable",)
    assert summary.rest_on_counts == 1


# Properties.

#: most messages show one thing, and seldom one of the floor's, which would leave the other criteria nothing to say
FLOOR_SIGNALS = ("crisis", "fraud", "takeover", "person")
SHOWN = st.sampled_from([*3 * [name for name in SIGNALS if name not in FLOOR_SIGNALS], *FLOOR_SIGNALS])
SAID = st.builds(
    lambda shown, intent, parsed: {**shown, "intent": intent, "parsed": parsed},
    st.dictionaries(SHOWN, st.floats(0.1, 1), max_size=2),
    st.sampled_from(("greet", "nlu_fallback", "ask_debt_info", "make_complaint", "block_card")),
    st.sampled_from((True, True, True, False)),
)
RECORDINGS = st.lists(SAID, max_size=6).map(lambda said: recording(*said))
SHIPPED_POLICY = load_policy(SHIPPED)
REMOVABLE = [each for each in SHIPPED_POLICY.criteria if not each.floor]


def without(name: str) -> Policy:
    kept = tuple(each for each in SHIPPED_POLICY.criteria if each.id != name)
    return Policy(version=f"without {name}", criteria=kept)


@given(st.lists(RECORDINGS, max_size=4))
def test_same_policy_twice_changes_nothing(recordings: list[Recording]) -> None:
    summary = total(*recordings, before=SHIPPED_POLICY, after=SHIPPED_POLICY)
    assert set(summary.changes) <= {"none"}
    assert summary.changed == []
    assert all(before == after for before, after in [*summary.criteria.values(), *summary.load.values()])


@st.composite
def removals(draw: st.DrawFn, *, outcomes: tuple[str, ...]) -> tuple[Recording, str]:
    """A criterion, and a recording in which it mostly has something to say."""
    name = draw(st.sampled_from([each.id for each in REMOVABLE if each.then.outcome in outcomes]))
    said = draw(st.lists(SAID, max_size=4))
    meant: dict[str, Any] = {"intent": "nlu_fallback", **({name: draw(st.floats(0.3, 1))} if name in SIGNALS else {})}
    place = draw(st.integers(0, len(said)))
    return recording(*said[:place], meant, meant, *said[place:]), name


@given(removals(outcomes=("handoff",)))
def test_criterion_removed_only_loses_or_moves_handoffs(removal: tuple[Recording, str]) -> None:
    """None is new and none is earlier; and where the criterion had no say, nothing changes."""
    said, name = removal
    compared = compare(said, before=SHIPPED_POLICY, after=without(name))
    event(compared.change)
    assert compared.change not in {"newly_escalated", "earlier"}
    if all(each.criterion != name for each in compared.before.decisions):
        assert compared.before == compared.after


@given(removals(outcomes=("offer", "handoff")))
def test_changes_of_opposite_directions_mirror_each_other(removal: tuple[Recording, str]) -> None:
    said, name = removal
    mirrored = {"newly_escalated": "no_longer_escalated", "earlier": "later"}
    mirrored |= {after: before for before, after in mirrored.items()}
    there = compare(said, before=SHIPPED_POLICY, after=without(name)).change
    back = compare(said, before=without(name), after=SHIPPED_POLICY).change
    event(there)
    assert back == mirrored.get(there, there)


@given(st.lists(RECORDINGS, max_size=5))
def test_counts_add_up(recordings: list[Recording]) -> None:
    summary = total(*recordings, before=SHIPPED_POLICY, after=without("hardship"))
    assert sum(summary.changes[change] for change in CHANGES) == summary.conversations == len(recordings)
    for side in (0, 1):
        called = sum(counts[side] for (_, outcome), counts in summary.criteria.items() if outcome == "handoff")
        assert called == sum(sum(hours[side]) for hours in summary.load.values())


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


@given(RECORDINGS, TEXTS)
def test_line_of_json_gives_back_the_recording(said: Recording, text: str) -> None:
    ended = Ended(how="handed_over", at=START, reason="hardship", queue="care", priority="standard", policy_version="v")
    messages = tuple(replace(each, text=text, decided=Decided(outcome="answer")) for each in said.messages)
    whole = replace(said, messages=messages, ended=ended, customer={"id": text, "name": None})
    line = to_line(whole)
    assert "\n" not in line
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", lambda *_args, **_more: _Lines([line, ""]))
        assert list(read_lines(Path("f"))) == [whole]


class _Lines(list[str]):
    """Lines as an open file gives them."""

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        pass


# The command, on a file.


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Two policies, and an export of three recordings of which the new one escalates the first."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    paths = {name: str(tmp_path / f"{name}.yml") for name in ("old", "new")}
    for name, what in (("old", content()), ("new", content(sent_to("care", hardship())))):
        Path(paths[name]).write_text(yaml.safe_dump(what), encoding="utf-8")
    said = (
        recording({}, {"hardship": 0.9}, session_id="poor"),
        recording({"fraud": 0.9}, session_id="cheated"),
        recording({}, session_id="content"),
    )
    export = tmp_path / "export.jsonl"
    export.write_text("".join(f"{to_line(each)}\n" for each in said), encoding="utf-8")
    return {**paths, "export": str(export), "folder": str(tmp_path)}


def run(files: Mapping[str, str], *more: str, policy: str = "new") -> int:
    here = ["--against", files["old"], "--from", files["export"], "--project", files["folder"]]
    return main(["backtest", "--policy", files[policy], *here, *more])


def test_command_prints_what_changes_without_customers_words(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files) == 0
    told = capsys.readouterr().out
    assert "3 conversations with 4 messages" in told
    assert "session poor" in told
    assert "at message 2: hardship → care/standard  [m2]" in told
    assert "session cheated" not in told
    assert WORDS not in told
    assert run(files, "--show-text") == 0
    assert f"m2: {WORDS} 2" in capsys.readouterr().out
    assert run(files, "--show", "0") == 0
    assert "session poor" not in capsys.readouterr().out


def test_each_kind_of_change_is_listed_before_more_of_one(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """And of many queues, none is cut off where the terminal is narrow."""
    queues = [f"a_queue_with_a_long_name_{n}" for n in range(6)]
    signals = ("hardship", "distress", "coercion", "bereavement", "vulnerability", "complaint")
    new = [
        sent_to(queue, criterion(name, {"signals": {name: 0.5}})) for name, queue in zip(signals, queues, strict=True)
    ]
    old = criterion("tired", {"intent": "tired", "confidence": 0.5})
    Path(files["new"]).write_text(yaml.safe_dump(content(*new)), encoding="utf-8")
    Path(files["old"]).write_text(yaml.safe_dump(content(old)), encoding="utf-8")
    said = [recording({name: 0.9}, session_id=name) for name in signals] + [
        recording({"intent": "tired"}, session_id="t")
    ]
    Path(files["export"]).write_text("".join(f"{to_line(each)}\n" for each in said), encoding="utf-8")
    assert run(files, "--show", "2") == 0
    told = capsys.readouterr().out
    assert [line.split("session ")[1] for line in told.splitlines() if "session " in line] == ["t", "bereavement"]
    assert "5 more changed conversations" in told
    assert all(queue in told for queue in queues)
    assert "…" not in told.replace("… and", "")


def test_json_holds_the_same(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "--json", "--timezone", "Europe/Berlin") == 0
    printed = capsys.readouterr().out
    told = json.loads(printed)
    assert told["changes"]["newly_escalated"] == 1
    assert told["changes"]["none"] == 2
    assert (told["load"]["care"]["before"][10], told["load"]["care"]["after"][10]) == (0, 1)
    assert told["changed"][0]["after"]["handoff"]["message_ids"] == ["m2"]
    assert {"criterion": "hardship", "outcome": "handoff", "before": 0, "after": 1} in told["criteria"]
    assert WORDS not in printed


def test_terminal_does_not_obey_a_customer(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    said = recording({"hardship": 0.9})
    nasty = replace(said.messages[0], text="\x1b[2J\x1b]0;owned\x07 [bold red]x[/] \u202ereversed")
    Path(files["export"]).write_text(f"{to_line(replace(said, messages=(nasty,)))}\n", encoding="utf-8")
    assert run(files, "--show-text") == 0
    told = capsys.readouterr().out
    assert "[bold red]x[/]" in told
    assert not {"\x1b", "\x07", "\u202e"} & set(told)


def test_period_is_that_of_the_timezone(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """A day given as the end is in it."""
    for period, code in (
        (["--since", "2026-11-02", "--until", "2026-11-02"], 0),
        (["--since", "2026-11-03"], 2),
        (["--until", "2026-11-01"], 2),
        (["--until", "2026-11-01", "--timezone", "Pacific/Pago_Pago"], 0),
        (["--since", "2026-11-02T09:00"], 0),
        (["--until", "2026-11-02T09:00"], 2),
        (["--since", "2026-11-02T09:30", "--timezone", "Europe/Berlin"], 0),
        (["--since", "2026-11-03", "--until", "2026-11-01"], 2),
        (["--since", "yesterday"], 2),
    ):
        assert run(files, *period) == code, period
        capsys.readouterr()


def test_invalid_policy_prints_all_its_faults(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    faulty = content(criterion("a", {"signals": {"sadness": 0.5}}), criterion("b", {"mood": 1}))
    Path(files["new"]).write_text(yaml.safe_dump(faulty), encoding="utf-8")
    assert run(files) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "[criteria.4.when.signals" in told.err
    assert "[criteria.5.when" in told.err


def test_names_are_checked_where_the_project_is(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    (Path(files["folder"]) / "domain.yml").write_text("intents: [greet]", encoding="utf-8")
    (Path(files["folder"]) / "data").mkdir()
    assert run(files) == 1
    assert "the domain has no intent express_crisis" in capsys.readouterr().err


def test_policy_that_cannot_be_read_is_a_fault(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    Path(files["old"]).unlink()
    assert run(files) == 1
    assert files["old"] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("", "there is no recorded conversation"),
        (to_line(recording({"parsed": False})), "none of the 1 messages recorded has a parse"),
        ("{", "line 1: expected JSON"),
        ('{"format": 2}', "line 1: not a recorded conversation: [format] breaks const 1"),
        (to_line(recording({})).replace("+00:00", ""), "line 1: expected times"),
        (to_line(recording({})).replace(f'"text":"{WORDS} 1"', f'"text":["{WORDS}"]'), "[messages.0.text] breaks type"),
    ],
)
def test_nothing_to_replay_is_told_in_a_sentence(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], lines: str, sentence: str
) -> None:
    Path(files["export"]).write_text(f"{lines}\n", encoding="utf-8")
    assert run(files) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert WORDS not in told


def test_wrong_usage_ends_with_2(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", "--from", files["export"]]) == 2
    assert "--policy" in capsys.readouterr().err
    assert run({**files, "export": "missing.jsonl"}) == 2
    assert "missing.jsonl cannot be read" in capsys.readouterr().err
    for wrong in (["--show", "-1"], ["--timezone", "Mars/Base"], ["--record", "sqlite:///x"]):
        with pytest.raises(SystemExit) as ended:
            run(files, *wrong)
        assert ended.value.code == 2


def test_export_is_its_owners_alone_and_overwrites_nothing(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(files["folder"]) / "copy.jsonl"
    exporting = ["backtest", "--from", files["export"], "--export", str(copy)]
    assert main(exporting) == 0
    assert copy.read_text(encoding="utf-8") == Path(files["export"]).read_text(encoding="utf-8")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "holds customers' words" in capsys.readouterr().err
    assert main(exporting) == 2
    assert "exists already" in capsys.readouterr().err


def test_export_of_nothing_leaves_no_file(files: dict[str, str]) -> None:
    Path(files["export"]).write_text("", encoding="utf-8")
    copy = Path(files["folder"]) / "copy.jsonl"
    assert main(["backtest", "--from", files["export"], "--export", str(copy)]) == 2
    assert not copy.exists()


def test_no_course_is_the_ai_answering() -> None:
    assert replay(policy(), recording()) == Course()


def test_file_that_is_no_text_cannot_be_replayed(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\xff\xfe")
    with pytest.raises(CannotReplay, match="cannot be read"):
        list(read_lines(tmp_path / "f"))
