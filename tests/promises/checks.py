"""The promises, each as a function that looks at what happened and raises `PromiseBroken` with its own name.

They read the record as it was committed and what the customers' tabs received, and follow the owners of a session with a
table of their own: what they check is not checked with the code that it is about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from switchboard.session import events as e
from switchboard.session.masking import mask
from switchboard.session.model import Session, Speaker, State
from tests.promises.system import CARD, System


class PromiseBroken(AssertionError):
    """A promise was broken; `check` is the name of the function that saw it."""

    def __init__(self, check: str, what: str) -> None:
        super().__init__(f"{check}: {what}")
        self.check = check


@dataclass(slots=True)
class Place:
    """A place in a session's record: who owns the session there, and what has been told."""

    owner: str = "ai"
    epoch: int = 1
    disclosed: bool = False
    agent: str | None = None
    talking: bool = False  #: the person is in the talk, and not finishing the case
    person_spoke: bool = False  #: since the AI was last disclosed, a person owned the session


def walk(records: list[e.Recorded]) -> Iterator[tuple[Place, e.Recorded]]:
    """Each record with the place at which it stands, before it takes effect."""
    at = Place()

    def pass_to(owner: str) -> None:
        if at.owner != owner:
            at.owner = owner
            at.epoch += 1
        if owner == "person":
            at.person_spoke = True
        elif owner == "ai" and at.person_spoke:
            at.disclosed, at.person_spoke = False, False

    for record in records:
        yield at, record
        match record.event:
            case e.MessageAdded(speaker=Speaker.AI, disclosure=True):
                at.disclosed = True
            case e.HandoffRequested() | e.SessionRequeued():
                at.agent, at.talking = None, False
                pass_to("queue")
            case e.TakenOver(agent=agent) | e.AgentAssigned(agent=agent):
                at.agent, at.talking = agent.id, True
                pass_to("person")
            case e.ConversationEnded():
                at.talking = False
            case e.CustomerWroteAgain():
                at.talking = True
            case e.HandoffCancelled() | e.CallbackBooked() | e.QueueTimedOut() | e.ReturnedToAI():
                at.agent, at.talking = None, False
                pass_to("ai")
            case e.SessionClosed() | e.CustomerLeft() | e.SessionExpired():
                pass_to("nobody")
            case _:
                pass


def disclosure_first(system: System) -> None:
    """1. Nothing that the AI says comes before the customer was told that it is an AI, also after a person."""

    def fail(what: str) -> None:
        raise PromiseBroken("disclosure_first", what)

    for session_id, records in system.witness.records.items():
        for place, record in walk(records):
            message = record.event
            if not isinstance(message, e.MessageAdded):
                continue
            if message.speaker not in Speaker:
                fail(f"a message without a speaker at {record.seq}")
            if message.speaker is Speaker.AI and not message.disclosure and not place.disclosed:
                fail(f"{message.text!r} was said before the disclosure")
            if message.disclosure and (message.speaker is not Speaker.AI or not message.text.strip()):
                fail("a disclosure that says nothing, or that the AI did not make")
        for device in system.devices:
            if device.session_id != session_id:
                continue
            spoken = [r.event for r in device.received if isinstance(r.event, e.MessageAdded)]
            by_ai = [message for message in spoken if message.speaker is Speaker.AI]
            if by_ai and not by_ai[0].disclosure:
                fail(f"a tab first heard {by_ai[0].text!r} of the AI")


def one_speaker(system: System) -> None:
    """2. Only the owner speaks, and only what was made in its own epoch."""

    def fail(what: str) -> None:
        raise PromiseBroken("one_speaker", what)

    for session_id, records in system.witness.records.items():
        last = Place()
        for place, record in walk(records):
            last = place
            message = record.event
            if not isinstance(message, e.MessageAdded):
                continue
            if place.owner == "nobody":
                fail(f"{message.text!r} was said after the end")
            if message.speaker is Speaker.AI:
                if place.owner != "ai":
                    fail(f"the AI said {message.text!r} while the owner was {place.owner}")
                if message.epoch != place.epoch:
                    fail(f"{message.text!r} of epoch {message.epoch} was said in epoch {place.epoch}")
            if message.speaker is Speaker.AGENT and (not place.talking or place.agent != message.agent_id):
                fail(f"{message.agent_id} said {message.text!r} in the session of {place.agent}")
        session = system.witness.sessions[session_id]
        owner, epoch = session.owner.value, session.epoch
        if (owner, epoch) != (last.owner, last.epoch):
            fail(f"the session says it is {owner}'s in epoch {epoch}, its record {last.owner}'s in {last.epoch}")


def suppressed_is_kept(system: System) -> None:
    """2. What the AI said too late is in the record as suppressed; no words of the AI vanish. (When all is quiet.)"""
    kept = {
        (session_id, record.event.in_reply_to, record.event.text)
        for session_id, records in system.witness.records.items()
        for record in records
        if isinstance(record.event, e.MessageAdded | e.MessageSuppressed)
    }
    ids = {
        (session_id, record.event.id)
        for session_id, records in system.witness.records.items()
        for record in records
        if isinstance(record.event, e.MessageAdded)
    }
    for said in system.brain.said:
        # A turn that is done again, because the store had failed, may be worded anew: then the first wording stands.
        stands = (said.session_id, f"{said.message_id}.{said.number}") in ids
        refused = any(said.text in payload for payload in system.faults.refused)
        if not stands and not refused and (said.session_id, said.message_id, said.text) not in kept:
            raise PromiseBroken("suppressed_is_kept", f"{said.text!r} is nowhere in the record")


def nothing_lost(system: System) -> None:
    """3. What was acknowledged stands in the record once, in the order in which it was acknowledged."""

    def fail(what: str) -> None:
        raise PromiseBroken("nothing_lost", what)

    for records in system.witness.records.values():
        if [record.version for record in records] != list(range(1, len(records) + 1)):
            fail("events are missing from the record")
        seqs = [record.seq for record in records if record.seq is not None]
        if seqs != list(range(1, len(seqs) + 1)):
            fail(f"the sequence numbers are {seqs}")
    stored = {
        session_id: [(r.seq, r.event) for r in records if isinstance(r.event, e.MessageAdded)]
        for session_id, records in system.witness.records.items()
    }
    for outgoing in system.outbox:
        if outgoing.client_id is None and not outgoing.receipts:
            continue
        found = [
            (seq, message)
            for seq, message in stored.get(outgoing.session_id, [])
            if message.speaker is Speaker.CUSTOMER
            and (
                message.client_id == outgoing.client_id if outgoing.client_id else message.id == outgoing.receipts[0].id
            )
        ]
        if len(found) > 1:
            fail(f"{outgoing.text!r} stands {len(found)} times in the record")
        for receipt in outgoing.receipts:
            if not found:
                fail(f"{outgoing.text!r} was acknowledged and is not in the record")
            elif (receipt.id, receipt.seq, mask(outgoing.text).text) != (found[0][1].id, found[0][0], found[0][1].text):
                fail(f"{outgoing.text!r} was acknowledged as {receipt} and stands as {found[0]}")
    order: dict[str, int] = {}
    for outgoing in system.acknowledged:
        receipt = outgoing.receipts[0]
        if not receipt.duplicate and receipt.seq <= order.get(outgoing.session_id, 0):
            fail(f"{outgoing.text!r} was acknowledged out of order")
        order[outgoing.session_id] = max(receipt.seq, order.get(outgoing.session_id, 0))
    for session_id, id, text in system.agent_receipts:
        times = sum(message.text == text for _, message in stored[session_id])
        if times != 1 or not any(message.id == id for _, message in stored[session_id]):
            fail(f"the agent's {text!r} stands {times} times in the record")


def listeners_hear_all_once(system: System) -> None:
    """3. Within a process, listeners are told of every event of a session once and in order."""
    for session_id, versions in system.told.items():
        if versions != list(range(versions[0], versions[0] + len(versions))):
            raise PromiseBroken("listeners_hear_all_once", f"of {session_id} they heard {versions}")


def tabs_have_the_transcript(system: System) -> None:
    """3. Each tab received the beginning of the transcript: every message once, in order, as it was stored."""
    for device in system.devices:
        transcript = [record for record in system.witness.records[device.session_id] if record.seq is not None]
        got = [(record.seq, record.hash) for record in device.received]
        if got != [(record.seq, record.hash) for record in transcript[: len(got)]]:
            raise PromiseBroken("tabs_have_the_transcript", f"{device.name} received {[seq for seq, _ in got]}")


def tabs_are_up_to_date(system: System) -> None:
    """3. A tab that is online has the whole transcript. (When all is quiet.)"""
    for device in system.devices:
        seq = system.witness.sessions[device.session_id].seq
        # Where the database gave no answer, whether a message is stored is found out with the next change.
        if device.online and device.last_seq != seq and device.session_id not in system.sessions._unsure:
            raise PromiseBroken("tabs_are_up_to_date", f"{device.name} has {device.last_seq} of {seq} messages")


def person_on_request(system: System) -> None:
    """4. Asking for a person leads to one with that one command, whatever the brain does."""
    for outcome in system.people_asked:
        reached = outcome.state in (State.QUEUED, State.HUMAN) if isinstance(outcome, Session) else None
        if reached is False or (reached is None and outcome not in ("not_stored", "session_closed", "conflict")):
            raise PromiseBroken("person_on_request", f"asking for a person led to {outcome}")


def failures_bring_a_person(system: System) -> None:
    """4. A turn counts as answered only if the brain brought it to its end, without a floor verdict on the way."""
    for session_id, records in system.witness.records.items():
        for _, record in walk(records):
            turn = record.event
            if not isinstance(turn, e.TurnFinished) or turn.outcome != "answered":
                continue
            key = (session_id, turn.epoch, turn.message_id)
            if key not in system.brain.finished:
                raise PromiseBroken(
                    "failures_bring_a_person", "a turn that the brain never finished counts as answered"
                )
            if key in system.brain.floors:
                raise PromiseBroken("failures_bring_a_person", "a floor verdict did not bring a person")


def nobody_is_left_waiting(system: System) -> None:
    """4. Every message to the AI was answered or brought a person; who waits was told so. (When all is quiet.)"""
    for session_id in system.session_ids:  # others were opened by a database that told nobody
        session = system.witness.sessions[session_id]
        if session_id in system.sessions._unsure:
            continue
        if session.state is State.AI and session.open_turns:
            raise PromiseBroken("nobody_is_left_waiting", f"{len(session.open_turns)} messages were never answered")
        if session.state is State.AI and not session.disclosed:
            raise PromiseBroken("nobody_is_left_waiting", "the AI owns a session in which it never said what it is")
        if session.state is State.QUEUED and not session.announced:
            raise PromiseBroken("nobody_is_left_waiting", "a customer waits and was never told her place")
        epochs = {key[1] for key in system.brain.floors if key[0] == session_id}
        if session.state is State.AI and session.epoch in epochs:
            raise PromiseBroken("nobody_is_left_waiting", "a floor verdict did not bring a person")


def escalations_are_explained(system: System) -> None:
    """5. Each handoff has its criterion, and the policy's version and evidence where the criteria called for it."""
    for records in system.witness.records.values():
        for record in records:
            if not isinstance(record.event, e.HandoffRequested):
                continue
            why = record.event.escalation
            by_criteria = why.asked_by in ("assistant", "customer") and why.evidence.get("by") != "button"
            if not why.criterion or not why.evidence or (by_criteria and not why.policy_version):
                raise PromiseBroken("escalations_are_explained", f"a person was called without a reason: {why}")


def places_are_true(system: System) -> None:
    """5. The place that a customer is told is one that she had in the queue as committed, after she had joined it."""
    for session_id, records in system.witness.records.items():
        joined = 0
        for place, record in walk(records):
            commit = system.witness.committed_at[session_id, record.version]
            if isinstance(record.event, e.HandoffRequested | e.SessionRequeued):
                joined = commit
            if not isinstance(record.event, e.MessageAdded) or record.event.response != "queue.joined":
                continue
            told = re.search(r"number (\d+)", record.event.text)
            had = {places.get(session_id) for places in system.witness.places[joined:commit]}
            if place.owner != "queue" or told is None or int(told[1]) not in had:
                raise PromiseBroken("places_are_true", f"told {record.event.text!r}, but had been {had}")


def record_is_whole(system: System) -> None:
    """8. The hash chains of all sessions verify. (Looked at in the end.)"""
    faults = system.loop.finish(system.store.verify())
    if faults:
        raise PromiseBroken("record_is_whole", faults[0])


def no_card_is_stored(system: System) -> None:
    """7. No card number stands anywhere in the database's files. (Looked at in the end.)"""
    for path in system.directory.iterdir():
        if CARD.encode() in path.read_bytes():
            raise PromiseBroken("no_card_is_stored", f"a card number stands in {path.name}")


def rollback(system: System) -> None:
    """The witness and the database agree on what was committed. (Looked at in the end; a check of the check.)"""
    versions = Counter({id: session.version for id, session in system.witness.sessions.items()})
    stored = system.loop.finish(system.store.heads())
    if versions != Counter({id: version for id, (version, _) in stored.items()}):
        raise AssertionError("the witness saw other commits than the database holds")


ALWAYS = (
    disclosure_first,
    one_speaker,
    nothing_lost,
    listeners_hear_all_once,
    tabs_have_the_transcript,
    person_on_request,
    failures_bring_a_person,
    escalations_are_explained,
    places_are_true,
)
WHEN_QUIET = (suppressed_is_kept, tabs_are_up_to_date, nobody_is_left_waiting)
IN_THE_END = (record_is_whole, no_card_is_stored, rollback)
