"""The switch that stops the AI."""

from __future__ import annotations

import time

import pytest

from switchboard.oversight.stops import Scope, ScopeKind
from tests.switchboard.running import Switchboard, until
from tests.switchboard.scripted_brain import answers


async def test_stop_brings_people_within_a_second(switchboard: Switchboard) -> None:
    """A turn in flight included: its answer is never sent, and the customer is told and queued at once."""
    sue, ana = await switchboard.desk("sue"), await switchboard.desk("ana")
    customer = await switchboard.customer(locale="en-GB")
    await customer.mode("ai")
    switchboard.brain.hold()
    switchboard.brain.script = lambda request: answers("a stopped answer")
    await customer.say("hello")
    await until(lambda: len(switchboard.brain.asked) == 2)
    began = time.monotonic()
    ack = await sue.do("stop_ai", scope="all", on=True, reason="wrong rates")
    await customer.mode("queued")
    assert time.monotonic() - began < 1
    assert ack["stops"][0] | {"at": ""} == {
        "scope": "all",
        "on": True,
        "reason": "wrong rates",
        "by": {"id": "sue", "name": "Sue"},
        "at": "",
    }
    await customer.heard("We've paused the AI assistant")
    assert (await ana.got("stops_changed"))["stops"] == ack["stops"]
    assert (await ana.got("alert"))["criterion"] == "ai_stopped"
    switchboard.brain.release()
    other = await switchboard.customer()
    await other.say("hello")
    await other.mode("queued")
    assert "a stopped answer" not in customer.texts() + other.texts()


async def test_stop_survives_a_restart_and_is_lifted(switchboard: Switchboard) -> None:
    """Durable both ways."""
    sue = await switchboard.desk("sue")
    await sue.do("stop_ai", scope="all", on=True, reason="wrong rates")
    await sue.do("stop_ai", scope="channel:web", on=True, reason="wrong rates there")
    await switchboard.restart()
    sue = await switchboard.desk("sue")
    stops = (await sue.do("live"))["stops"]
    assert [(stop["scope"], stop["by"]["name"]) for stop in stops] == [("all", "Sue"), ("channel:web", "Sue")]
    await sue.do("stop_ai", scope="all", on=False, reason="mended")
    await sue.do("stop_ai", scope={"kind": "channel", "value": "web"}, on=False, reason="mended")
    customer = await switchboard.customer()
    await customer.say("hello")
    await customer.heard("You said: hello")


@pytest.mark.parametrize(
    ("scope", "stopped"),
    [
        ("intent:check_balance", True),
        ("intent:find_branch", False),
        ("channel:web", True),
        ("channel:sms", False),
        ("region:gb", True),
        ("region:US", False),
    ],
)
async def test_stop_of_a_part_stops_that_part(local: Switchboard, scope: str, stopped: bool) -> None:
    """The rest of the AI goes on answering."""
    sue = await local.desk("sue")
    await sue.do("stop_ai", scope=scope, on=True, reason="a test")
    customer = await local.customer(locale="en-GB")
    await customer.say("hello")
    if stopped:
        await customer.mode("queued")
        assert customer.texts("ai")[1:] == []
    else:
        await customer.heard("You said: hello")


async def test_person_is_reachable_while_the_ai_is_stopped(local: Switchboard) -> None:
    """The button does not depend on the AI."""
    sue = await local.desk("sue")
    await sue.do("stop_ai", scope="all", on=True, reason="a test")
    customer = await local.customer()
    await customer.call("human_request")
    await customer.mode("queued")
    await sue.do("claim", session_id=customer.session_id)
    await customer.mode("human")


def test_scope_all_takes_no_value() -> None:
    """And the others need one."""
    from switchboard.errors import PayloadInvalid

    with pytest.raises(PayloadInvalid):
        Scope(kind=ScopeKind.ALL, value="x")
    with pytest.raises(PayloadInvalid):
        Scope(kind=ScopeKind.INTENT)
