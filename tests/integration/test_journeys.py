"""The journeys of customers and desk agents through the three real processes, over real sockets."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.integration.clients import Customer, Desk
from tests.integration.conftest import Cast
from tests.integration.running import RunningSystem, wait_for

pytestmark = pytest.mark.integration

SCAM = "I sent my savings to the safe account the officer told me about"


async def with_a_person(cast: Cast) -> tuple[Customer, Desk, str]:
    """A customer who is with the first agent."""
    customer, desk = await cast.customer(), await cast.desk()
    await customer.call("human_request")
    session_id = str(customer.session_id)
    await desk.until_queued(session_id)
    ack = await desk.claim(session_id)
    assert ack.get("ok"), ack
    await customer.until_mode("human")
    return customer, desk, session_id


async def came_back(system: RunningSystem, part: str, killed: int) -> None:
    """Wait until the launcher has started a killed part again and everything answers, letting the sockets live on."""

    def wait() -> None:
        wait_for(lambda: system.pid(part) not in (None, killed), within_s=60, what=f"the restart of the {part}")
        system.wait_ready()

    await asyncio.to_thread(wait)


def assert_in_order(customer: Customer) -> None:
    """Nothing lost, nothing twice, nothing out of order, as far as messages of others go."""
    seqs = [m["metadata"]["seq"] for m in customer.transcript]
    assert seqs == sorted(set(seqs)), seqs


async def test_customer_reads_that_it_is_an_ai_before_typing_anything(cast: Cast) -> None:
    customer = await cast.customer()
    first = customer.transcript[0]
    assert first["metadata"]["sender"] == "ai"
    assert first["metadata"]["disclosure"] is True
    assert first["metadata"]["seq"] == 1
    text = first["text"]
    assert "AI" in text
    assert "person" in text
    assert "recorded" in text
    await customer.until_mode("ai")


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR", "es-MX", "pt-BR", "fil-PH", "en-US"])
async def test_disclosure_comes_in_the_customers_language(cast: Cast, locale: str) -> None:
    customer = await cast.customer(locale=locale, demo=None)
    from localization import fill, load_packs

    expected = fill(load_packs()[locale].disclosure.start, bank="Demo Bank")
    assert customer.transcript[0]["text"].startswith(expected)


async def test_three_routine_questions_get_right_answers(cast: Cast) -> None:
    customer = await cast.customer()
    balance = " ".join(await customer.ask("what's my balance?"))
    assert "£" in balance
    declined = " ".join(await customer.ask("why was my card payment declined?"))
    assert "declined" in declined.lower() or "didn't go through" in declined.lower()
    opening = " ".join(await customer.ask("when does the Leeds branch open?"))
    assert "open" in opening.lower()
    assert customer.state["mode"] == "ai"


async def test_anonymous_customer_is_told_how_to_identify_and_still_gets_general_answers(cast: Cast) -> None:
    customer = await cast.customer(demo=None)
    balance = " ".join(await customer.ask("what's my balance?"))
    assert "sign in" in balance.lower()
    assert "£" not in balance
    assert any("open" in text.lower() for text in await customer.ask("when does the Leeds branch open?"))


async def test_scam_reaches_a_person_and_comes_back_with_a_new_disclosure(cast: Cast) -> None:
    customer, desk = await cast.customer(), await cast.desk()
    session_id = str(customer.session_id)
    ack = await customer.write(SCAM)
    assert "error" not in ack, ack
    state = await customer.until_mode("queued")
    assert state["position"] >= 1
    await customer.until_told("queue")

    queued = await desk.until_queued(session_id)
    assert queued["priority"] == "fraud"
    assert queued["criterion"] == "fraud_or_scam"
    assert queued["why"]
    assert queued["evidence"]
    assert queued["policy_version"].startswith("sha256:")
    await desk.until(lambda: [a for a in desk.all("alert") if a.get("session_id") == session_id], "the alert")

    claim = await desk.claim(session_id)
    assert claim["ok"]
    assert any(SCAM in m["text"] for m in claim["messages"])
    await customer.until_mode("human")

    await desk.call("typing", {"session_id": session_id, "on": True})
    await customer.until(lambda: customer.all("typing"), "the agent's typing")
    said = await desk.say(session_id, "I am Alex, a person. You did nothing wrong.")
    assert "error" not in said, said
    reply = await customer.until_told("You did nothing wrong")
    assert reply["metadata"]["sender"] == "agent"

    await customer.call("typing", {"session_id": session_id, "on": True})
    await desk.until(lambda: desk.all("typing"), "the customer's typing")
    await customer.write("Thank you Alex")
    await desk.until(lambda: [m for m in desk.messages(session_id) if m["text"] == "Thank you Alex"], "her answer")

    before = len(customer.said_by("ai"))
    back = await desk.call("return_to_ai", {"session_id": session_id, "note": "Payment recalled; case 12."})
    assert back.get("ok"), back
    await customer.until_mode("ai")
    await customer.until(lambda: len(customer.said_by("ai")) > before, "the new disclosure")
    again = customer.said_by("ai")[before]
    assert again["metadata"]["disclosure"] is True
    assert "AI" in again["text"]

    assert await customer.ask("when does the Leeds branch open?")
    assert customer.state["mode"] == "ai", "what was settled must not bounce straight back"
    await customer.call("session_end", {"session_id": session_id})
    ack = await customer.call("feedback", {"heard": 5, "valued": 4, "feeling": 4, "resolved": 5, "comment": "kind"})
    assert "error" not in (ack or {}), ack
    assert_in_order(customer)


async def test_person_in_the_middle_of_a_form_comes_at_once(cast: Cast) -> None:
    customer = await cast.customer()
    assert await customer.ask("please block my card")
    await customer.call("human_request")
    await customer.until_mode("queued")


async def test_person_asked_for_in_words_in_the_middle_of_a_form_comes_at_once(cast: Cast) -> None:
    customer = await cast.customer()
    assert await customer.ask("please block my card")
    await customer.write("no, i want to talk to a real person")
    await customer.until_mode("queued")


async def test_one_of_two_claims_wins_and_the_other_is_told_who_has_it(cast: Cast) -> None:
    customer, one, two = await cast.customer(), await cast.desk(0), await cast.desk(1)
    session_id = str(customer.session_id)
    await customer.call("human_request")
    await asyncio.gather(one.until_queued(session_id), two.until_queued(session_id))
    acks = await asyncio.gather(one.claim(session_id), two.claim(session_id))
    won = [ack for ack in acks if ack.get("ok")]
    lost = [ack for ack in acks if "error" in ack]
    assert len(won) == len(lost) == 1, acks
    assert lost[0]["error"]["code"] == "already_claimed"
    assert lost[0]["error"]["claimed_by"] == won[0]["state"]["agent"]["name"]


async def test_brain_killed_while_she_types_gives_the_truth_and_a_person(cast: Cast, system: RunningSystem) -> None:
    customer = await cast.customer()
    killed = system.kill("brain")
    await customer.write("what's my balance?")
    await customer.until_mode("queued")
    await customer.until_told("can't answer right now")
    await came_back(system, "brain", killed)
    fresh = await cast.customer()
    assert "£" in " ".join(await fresh.ask("what's my balance?"))


async def test_brain_that_hangs_gives_the_truth_and_a_person(cast: Cast, system: RunningSystem) -> None:
    customer = await cast.customer()
    held = system.hold("brain")
    try:
        await customer.write("what's my balance?")
        await customer.until_mode("queued")
        await customer.until_told("can't answer right now")
    finally:
        os.kill(held, signal.SIGCONT)


async def test_session_goes_on_after_the_brain_was_restarted(cast: Cast, system: RunningSystem) -> None:
    customer = await cast.customer()
    assert "£" in " ".join(await customer.ask("what's my balance?"))
    killed = system.kill("brain")
    await came_back(system, "brain", killed)
    assert "£" in " ".join(await customer.ask("what's my balance?"))
    assert len([m for m in customer.said_by("ai") if m["metadata"].get("disclosure")]) == 1


async def test_action_server_killed_gives_a_person_and_no_half_answer(cast: Cast, system: RunningSystem) -> None:
    customer = await cast.customer()
    system.kill("actions")
    await customer.write("what's my balance?")
    await customer.until_mode("queued")
    assert not [m for m in customer.said_by("ai") if not m["metadata"].get("disclosure")]


async def test_switchboard_killed_in_a_human_chat_loses_doubles_and_swaps_nothing(
    cast: Cast, system: RunningSystem
) -> None:
    customer, desk, session_id = await with_a_person(cast)
    for number in range(5):
        await customer.write(f"before {number}", client_id=f"b{number}")
        await desk.say(session_id, f"answer {number}", client_id=f"a{number}")
    killed = system.kill("switchboard")
    await came_back(system, "switchboard", killed)
    await customer.until_connected()
    await customer.socket.emit("session_request", {"session_id": session_id, "last_seq": customer.last_seq})
    await desk.until_connected()
    await desk.call("presence", {"status": "available"})
    await customer.until_mode("human")
    assert (await customer.write("before 4", client_id="b4"))["seq"] > 0  # a retry after the crash
    for number in range(3):
        ack = await customer.write(f"after {number}", client_id=f"c{number}")
        assert "error" not in ack, ack
        ack = await desk.say(session_id, f"and {number}", client_id=f"d{number}")
        assert "error" not in ack, ack
    await customer.until_told("and 2")
    assert_in_order(customer)
    watched = await desk.call("watch", {"session_id": session_id})
    visible = [m for m in watched["messages"] if m["seq"] is not None]
    assert [m["seq"] for m in visible] == list(range(1, len(visible) + 1))
    texts = [m["text"] for m in visible if m["sender"] in ("customer", "agent")]
    expected = [text for n in range(5) for text in (f"before {n}", f"answer {n}")]
    expected += [text for n in range(3) for text in (f"after {n}", f"and {n}")]
    assert texts == expected


async def test_customer_who_was_away_has_both_messages_in_order_on_return(cast: Cast) -> None:
    customer, desk, session_id = await with_a_person(cast)
    await customer.close()
    for text in ("first while away", "second while away"):
        assert "error" not in await desk.say(session_id, text)
    assert not [m for m in customer.transcript if "while away" in m.get("text", "")]
    await customer.come_back()
    await customer.until_told("second while away")
    texts = [m["text"] for m in customer.transcript if "while away" in m.get("text", "")]
    assert texts == ["first while away", "second while away"]
    assert_in_order(customer)


async def test_stopping_the_ai_gives_people_and_starting_it_again_gives_answers(cast: Cast) -> None:
    supervisor, customer = await cast.desk(2), await cast.customer()
    on = await supervisor.call("stop_ai", {"scope": "all", "on": True, "reason": "a test of the switch"})
    assert on.get("ok"), on
    try:
        await customer.write("what's my balance?")
        await customer.until_mode("queued")
        assert not [m for m in customer.said_by("ai") if not m["metadata"].get("disclosure")]
    finally:
        off = await supervisor.call("stop_ai", {"scope": "all", "on": False, "reason": "the test is over"})
        assert off.get("ok"), off
    fresh = await cast.customer()
    assert await fresh.ask("what's my balance?")
    assert fresh.state["mode"] == "ai"


async def test_supervisor_takes_over_and_the_ai_falls_silent(cast: Cast) -> None:
    supervisor, customer = await cast.desk(2), await cast.customer()
    session_id = str(customer.session_id)
    taken = await supervisor.call("take_over", {"session_id": session_id, "reason": "she sounds unwell"})
    assert taken.get("ok"), taken
    await customer.until_mode("human")
    before = len(customer.said_by("ai"))
    await customer.write("what's my balance?")
    assert "error" not in await supervisor.say(session_id, "I am here.")
    await customer.until_told("I am here.")
    assert len(customer.said_by("ai")) == before


async def test_card_number_is_at_rest_nowhere(cast: Cast, system: RunningSystem) -> None:
    customer = await cast.customer()
    await customer.ask("my card is 4111 1111 1111 1111 and it was declined")
    await asyncio.sleep(0)
    for path in system.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"4111 1111 1111 1111" not in content, path
            assert b"4111111111111111" not in content, path
