"""Web chat over real sockets: sessions, replay, other tabs, and who may take up what."""

from __future__ import annotations

import asyncio

import jwt
import pytest
import socketio

from switchboard.brain.lines import Assessment, Done, TurnRequest, Utter
from switchboard.session.model import Button
from tests.switchboard.running import Customer, Switchboard, until
from tests.switchboard.scripted_brain import answers, parse_of


async def test_disclosure_comes_first_and_before_the_customer_types(switchboard: Switchboard) -> None:
    """Confirmation, then the disclosure in the customer's language, then the state."""
    customer = await switchboard.customer(locale="de-AT")
    await customer.mode("ai")
    assert [name for name, _ in customer.events] == ["session_confirm", "bot_uttered", "session_state"]
    disclosure = customer.last("bot_uttered")
    assert disclosure["text"].startswith("[de-DE]")
    assert disclosure["metadata"] | {"at": "", "id": ""} == {
        "id": "",
        "seq": 1,
        "at": "",
        "sender": "ai",
        "epoch": 1,
        "disclosure": True,
        "response": "utter_disclosure__start",
    }
    assert isinstance(customer.last("session_confirm"), str)
    assert len(customer.session_id) >= 22


async def test_disclosure_stands_in_when_the_brain_is_down(switchboard: Switchboard) -> None:
    """The same words from the locale pack."""
    switchboard.brain.up = False
    customer = await switchboard.customer(locale="en-GB")
    said = await customer.got("bot_uttered")
    assert said["metadata"]["disclosure"] is True
    assert "not a person" in said["text"]


async def test_message_is_acknowledged_with_its_place_and_answered(switchboard: Switchboard) -> None:
    """The sender gets an acknowledgement, and no echo of her own message."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    ack = await customer.say("hello", client_id="m-1")
    assert ack["seq"] == 2
    assert ack["id"]
    answer = await customer.heard("You said: hello")
    assert answer["metadata"]["seq"] == 3
    assert customer.all("user_message") == []


async def test_same_client_id_twice_is_one_message(switchboard: Switchboard) -> None:
    """A retry gets the first acknowledgement again."""
    customer = await switchboard.customer()
    first = await customer.say("hello", client_id="m-1")
    second = await customer.say("hello", client_id="m-1")
    assert first == second
    await customer.heard("You said: hello")
    assert len([request for request in switchboard.brain.asked if request.kind == "message"]) == 1


async def test_quick_succession_keeps_its_order(switchboard: Switchboard) -> None:
    """Thirty messages without waiting for acknowledgements are stored and answered in their order."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    for number in range(30):
        await customer.send("user_uttered", {"message": f"m{number}", "session_id": customer.session_id})
    await until(lambda: len(customer.texts("ai")) == 31)
    assert customer.texts("ai")[1:] == [f"You said: m{number}" for number in range(30)]
    assert customer.seqs() == sorted(set(customer.seqs()))


async def test_reconnecting_client_gets_exactly_what_it_missed(switchboard: Switchboard) -> None:
    """Replay from the last sequence number, own messages included, told when it is complete."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    await customer.say("one", client_id="c1")
    await customer.heard("You said: one")
    last_seq = customer.seqs()[-1]
    switchboard.brain.hold()
    await customer.say("two", client_id="c2")
    await customer.close()
    switchboard.brain.release()
    back = await switchboard.customer(session_id=customer.session_id, last_seq=last_seq)
    await back.heard("You said: two")
    assert back.session_id == customer.session_id
    assert back.texts() == ["two", "You said: two"]
    assert back.seqs() == [4, 5]
    replayed = back.last("user_message")
    assert replayed["metadata"]["client_id"] == "c2"
    assert back.all("session_replayed")


async def test_without_last_seq_everything_is_replayed(switchboard: Switchboard) -> None:
    """A page that knows its session and nothing else gets the whole transcript, in order."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    await customer.say("one")
    await customer.heard("You said: one")
    back = await switchboard.customer(session_id=customer.session_id)
    await back.got("session_replayed", lambda payload: payload["last_seq"] == 3)
    assert back.seqs() == [1, 2, 3]


async def test_session_can_be_taken_up_in_the_handshake(switchboard: Switchboard) -> None:
    """auth: {session_id, last_seq} replays without a session_request."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    back = await switchboard.customer(auth={"session_id": customer.session_id, "last_seq": 0}, begin=False)
    await back.got("session_replayed")
    assert back.last("session_confirm") == customer.session_id
    assert back.seqs() == [1]


async def test_kill_and_restart_loses_nothing(switchboard: Switchboard) -> None:
    """A message that was acknowledged is answered after a restart, and the client gets what it missed."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    switchboard.brain.hold()
    ack = await customer.say("are you there", client_id="c1")
    await customer.close()
    await switchboard.restart()
    switchboard.brain.release()
    back = await switchboard.customer(session_id=customer.session_id, last_seq=1)
    await back.heard("You said: are you there")
    assert back.seqs() == [ack["seq"], ack["seq"] + 1]


async def test_second_tab_sees_everything_once(switchboard: Switchboard) -> None:
    """Both tabs of a customer see all messages in one order; each message of one tab is told to the other."""
    one = await switchboard.customer()
    await one.mode("ai")
    two = await switchboard.customer(session_id=one.session_id, last_seq=0)
    await two.mode("ai")
    await one.say("from one", client_id="a")
    await two.heard("You said: from one")
    await two.say("from two", client_id="b")
    await one.heard("You said: from two")
    await two.heard("You said: from two")
    assert one.seqs() == [1, 3, 4, 5]  # its own message 2 was acknowledged
    assert two.seqs() == [1, 2, 3, 5]
    assert one.last("user_message")["metadata"]["client_id"] == "b"


async def test_unknown_and_foreign_ids_get_a_new_session(switchboard: Switchboard) -> None:
    """An id that the server did not issue, or that is bound to another customer, opens a new session."""
    made_up = await switchboard.customer(session_id="made-up-by-a-client")
    assert made_up.session_id != "made-up-by-a-client"
    hers = await switchboard.customer(auth={"token": switchboard.token("c-1", name="Ana Lima")})
    for auth in (None, {"token": switchboard.token("c-2")}):
        thief = await switchboard.customer(auth=auth, session_id=hers.session_id)
        assert thief.session_id != hers.session_id
        await thief.mode("ai")
        assert thief.seqs() == [1]
    again = await switchboard.customer(auth={"token": switchboard.token("c-1")}, session_id=hers.session_id)
    assert again.session_id == hers.session_id


async def test_token_names_the_customer_to_the_brain(local: Switchboard) -> None:
    """Name, locale and region come from the host site's token."""
    token = local.token("c-9", name="Iris Braun", locale="de-DE", region="AT")
    customer = await local.customer(auth={"token": token})
    await customer.mode("ai")
    asked = local.brain.asked[0]
    assert asked.customer is not None
    assert (asked.customer.id, asked.customer.name) == ("c-9", "Iris Braun")
    assert (asked.locale, asked.region) == ("de-DE", "AT")


async def test_who_signs_in_gets_a_session_of_her_own(local: Switchboard) -> None:
    """An anonymous session with the AI is not carried over; one with a person is."""
    anonymous = await local.customer()
    token = local.token("c-1")
    signed_in = await local.customer(auth={"token": token}, session_id=anonymous.session_id)
    assert signed_in.session_id != anonymous.session_id
    await anonymous.call("human_request")
    kept = await local.customer(auth={"token": token}, session_id=anonymous.session_id)
    assert kept.session_id == anonymous.session_id


@pytest.mark.parametrize(
    ("claims", "secret", "code"),
    [
        ({"sub": "c", "exp": 4102444800}, "another secret, which is long enough too", "token_invalid"),
        ({"sub": "c", "exp": 1000000000}, None, "token_expired"),
        ({"sub": "c"}, None, "token_invalid"),
        ({"exp": 4102444800}, None, "token_invalid"),
        ({"sub": "", "exp": 4102444800}, None, "token_invalid"),
    ],
    ids=["forged", "expired", "endless", "of nobody", "of an empty name"],
)
async def test_bad_token_refuses_the_connection_with_its_code(
    local: Switchboard, claims: dict[str, object], secret: str | None, code: str
) -> None:
    """In the handshake it refuses the connection; in session_request it is an error, and no session is opened."""
    token = jwt.encode(claims, secret or local.system.settings.host_secret, algorithm="HS256")
    customer = Customer()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await customer.connect(local.url, auth={"token": token})
    assert customer.refusal["data"]["code"] == code
    await customer.close()
    connected = await local.customer(begin=False)
    assert (await connected.call("session_request", {"token": token}))["error"]["code"] == code
    await connected.send("session_request", {"token": token})
    assert (await connected.got("error"))["code"] == code
    assert connected.all("session_confirm") == []


async def test_unsigned_token_is_refused(local: Switchboard) -> None:
    """alg none is no signature."""
    token = jwt.encode({"sub": "c", "exp": 4102444800}, "", algorithm="none")
    customer = Customer()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await customer.connect(local.url, auth={"token": token})
    assert customer.refusal["data"]["code"] == "token_invalid"
    await customer.close()


async def test_message_to_an_ended_session_opens_a_new_one(switchboard: Switchboard) -> None:
    """The new session's id and disclosure come first; the acknowledgement names the session."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    old = customer.session_id
    await customer.call("session_end")
    await customer.mode("closed")
    ack = await customer.say("one more thing", client_id="late")
    new = customer.last("session_confirm")
    assert new != old
    assert ack["session_id"] == new
    await customer.heard("You said: one more thing")
    position = [name for name, _ in customer.events].index("session_confirm", 1)
    messages = [payload for name, payload in customer.events[position:] if name == "bot_uttered"]
    assert messages[0]["metadata"].get("disclosure") is True
    more = await customer.say("and another")  # still under the old id, as a stock widget does
    assert more["session_id"] == new


async def test_ended_session_cannot_be_taken_up(switchboard: Switchboard) -> None:
    """Asking for it opens a new one."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    await customer.call("session_end")
    back = await switchboard.customer(session_id=customer.session_id, last_seq=1)
    assert back.session_id != customer.session_id


async def test_person_is_reachable_with_one_press_in_every_state(switchboard: Switchboard) -> None:
    """With the AI, in the queue, with the brain down, and after the end."""
    switchboard.brain.up = False
    customer = await switchboard.customer()
    assert (await customer.call("human_request"))["ok"]
    state = await customer.mode("queued")
    assert state["position"] == 1
    assert state["hours"]
    assert (await customer.call("human_request"))["ok"]
    assert (await customer.call("handoff_cancel"))["ok"]
    await customer.mode("ai")
    await customer.call("session_end")
    await customer.mode("closed")
    assert (await customer.call("human_request"))["ok"]
    await customer.mode("queued")


async def test_brain_that_is_down_brings_a_person(switchboard: Switchboard) -> None:
    """The customer is told, and queued; no half answer."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    switchboard.brain.up = False
    await customer.say("what is my balance")
    await customer.mode("queued")
    assert customer.texts("ai")[1:] == []
    assert switchboard.system.queue.waiting()[0].escalation.criterion == "ai_unavailable"  # type: ignore[union-attr]


async def test_rich_replies_have_the_form_of_rasas_channel(local: Switchboard) -> None:
    """Buttons as quick replies, pictures and cards as attachments, everything else in metadata."""

    def script(_: TurnRequest) -> list[object]:
        return [
            parse_of(),
            Assessment(outcome="answer"),
            Utter(
                text="Which card?", buttons=(Button(title="Debit", payload="/debit"),), response="utter_cards__which"
            ),
            Utter(image="https://bank.example/map.png"),
            Utter(elements=({"title": "Gold"},)),
            Done(),
        ]

    local.brain.script = script  # type: ignore[assignment]  # a script of every kind of line
    customer = await local.customer()
    await customer.say("cards")
    await until(lambda: len(customer.all("bot_uttered")) == 4)
    _, asked, picture, cards = customer.all("bot_uttered")
    assert asked["quick_replies"] == [{"content_type": "text", "title": "Debit", "payload": "/debit"}]
    assert asked["metadata"]["response"] == "utter_cards__which"
    assert picture["attachment"] == {"type": "image", "payload": {"src": "https://bank.example/map.png"}}
    assert cards["attachment"] == {
        "type": "template",
        "payload": {"template_type": "generic", "elements": [{"title": "Gold"}]},
    }
    for payload in customer.all("bot_uttered"):
        assert set(payload) <= {"text", "quick_replies", "attachment", "metadata"}


async def test_stock_rasa_widget_works(local: Switchboard) -> None:
    """rasa-webchat asks with session_id null, sends customData and waits for no acknowledgement.

    It keeps its transcript itself: after a lost connection it is not shown again what it has.
    """
    widget = await local.customer(begin=False)
    await widget.send("session_request", {"session_id": None})
    session_id = await widget.got("session_confirm")
    await widget.got("session_state")
    await widget.send("user_uttered", {"message": "hi", "customData": {"language": "en"}, "session_id": session_id})
    await widget.heard("You said: hi")
    await widget.close()
    await asyncio.sleep(0.05)
    back = await local.customer(begin=False)
    await back.send("session_request", {"session_id": session_id})
    await back.got("session_state")
    assert back.last("session_confirm") == session_id
    assert back.texts() == []
    await back.send("user_uttered", {"message": "again", "customData": {}, "session_id": session_id})
    await back.heard("You said: again")


async def test_widget_that_asks_for_no_session_gets_one(local: Switchboard) -> None:
    """user_uttered alone opens a session, as in Rasa's channel without session persistence."""
    widget = await local.customer(begin=False)
    ack = await widget.call("user_uttered", {"message": "hi"})
    assert ack["seq"]
    await widget.heard("You said: hi")
    assert widget.texts("ai")[0].endswith("not a person.")


async def test_long_polling_works_too(local: Switchboard) -> None:
    """Networks that forbid WebSockets fall back to HTTP."""
    customer = Customer()
    await customer.connect(local.url, transports=("polling",))
    await customer.begin()
    await customer.say("hello")
    await customer.heard("You said: hello")
    await local.stop()  # or its last poll would be waited for
    await customer.close()


async def test_feedback_is_kept_also_after_the_end(switchboard: Switchboard) -> None:
    """And its comment is masked like everything else."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    await customer.call("session_end")
    given = {"heard": 5, "valued": 4, "feeling": 3, "resolved": 5, "comment": "my card 4111 1111 1111 1111"}
    assert (await customer.call("feedback", given))["ok"]
    record = await switchboard.system.store.record(customer.session_id)
    assert record[-1].event.type == "feedback_given"
    assert "4111 1111" not in record[-1].event.model_dump_json()
    assert (await customer.call("feedback", {"heard": 6}))["error"]["code"] == "payload_invalid"


async def test_card_numbers_are_nowhere(switchboard: Switchboard) -> None:
    """Not in the record, not at the brain, not at the desk, not in another tab."""
    customer = await switchboard.customer()
    await customer.mode("ai")
    tab = await switchboard.customer(session_id=customer.session_id)
    await customer.say("my card is 4111 1111 1111 1111")
    seen = await tab.got("user_message")
    await customer.heard("You said")
    record = await switchboard.system.store.record(customer.session_id)
    everywhere = repr((seen, switchboard.brain.asked, [entry.model_dump() for entry in record], customer.events))
    assert "4111 1111 1111" not in everywhere
    assert "•••• 1111" in everywhere


async def test_ai_typing_is_shown(local: Switchboard) -> None:
    """While the brain thinks."""
    customer = await local.customer()
    await customer.mode("ai")
    local.brain.hold()
    await customer.say("hello")
    assert (await customer.got("typing"))["on"] is True
    local.brain.release()
    await customer.got("typing", lambda payload: payload == {"sender": "ai", "on": False})


async def test_store_that_fails_acknowledges_nothing(local: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The customer is told that it was not sent, and a retry works."""
    from switchboard.errors import NotStored

    customer = await local.customer()
    await customer.mode("ai")

    async def fails(*_: object, **__: object) -> None:
        raise NotStored

    with monkeypatch.context() as patch:
        patch.setattr(local.system.store, "append", fails)
        assert (await customer.say("hello", client_id="x"))["error"]["code"] == "not_stored"
    local.brain.script = lambda request: answers("here")
    assert (await customer.say("hello", client_id="x"))["seq"] == 2
    await customer.heard("here")
