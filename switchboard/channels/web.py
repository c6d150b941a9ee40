"""Web chat: Socket.IO on the default namespace, for our own widget and for any widget of Rasa's Socket.IO channel."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from pydantic import ConfigDict, Field, JsonValue

from switchboard.channels.delivery import Delivery, Outlet
from switchboard.errors import PayloadInvalid, SessionClosed, SessionForeign, SessionUnknown
from switchboard.limits import Bucket, Buckets
from switchboard.session import events as e
from switchboard.session.inbound import Inbound
from switchboard.session.model import Session, State
from switchboard.session.router import Router
from switchboard.session.sessions import Sessions
from switchboard.session.words import Places, Words
from switchboard.sockets import Ack, Namespace, Payload
from switchboard.store.sql import Committed
from switchboard.tokens import CustomerClaims, Tokens

log = structlog.get_logger(__name__)

CHANNEL: Final = "web"
_MAX_ID = 128
_REMEMBERED = 20_000  #: sessions of widgets that keep their own transcript


class Auth(Payload):
    """What the handshake carries."""

    token: str | None = Field(default=None, max_length=4096)
    locale: str | None = Field(default=None, max_length=35)
    session_id: str | None = Field(default=None, max_length=_MAX_ID)
    last_seq: int | None = Field(default=None, ge=0)


class SessionRequest(Auth):
    """`session_request`: begin a session, or take one up again."""


class Uttered(Payload):
    """`user_uttered`. The text is checked where messages are made, so that its faults have their own codes."""

    model_config = ConfigDict(str_max_length=None)

    message: object = None
    session_id: str | None = Field(default=None, max_length=_MAX_ID)
    client_id: str | None = Field(default=None, min_length=1, max_length=64)
    metadata: dict[str, JsonValue] | None = None
    customData: dict[str, JsonValue] | None = None  # noqa: N815 - Rasa's widgets call it so


class Nothing(Payload):
    """An event without a payload."""


class Typing(Payload):
    """`typing`."""

    on: bool = True


class ReceiptSeen(Payload):
    """`receipt`: what the customer has seen."""

    seq: int = Field(ge=0)


class Feedback(Payload):
    """`feedback`, each 1 to 5."""

    heard: int | None = Field(default=None, ge=1, le=5)
    valued: int | None = Field(default=None, ge=1, le=5)
    feeling: int | None = Field(default=None, ge=1, le=5)
    resolved: int | None = Field(default=None, ge=1, le=5)
    comment: str = Field(default="", max_length=1000)


@dataclass(slots=True, eq=False)
class Customer:
    """One connected socket."""

    sid: str
    claims: CustomerClaims | None
    locale: str | None
    messages: Bucket
    events: Bucket
    openings: Bucket
    outlet: Outlet | None = None
    session: str | None = None
    earlier: set[str] = field(default_factory=set)  #: sessions that this socket was in before
    keeps_transcript: bool = False  #: a stock widget: shows again what it showed before a reload


class WebChat(Namespace):
    """The default namespace."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        router: Router,
        words: Words,
        places: Places,
        tokens: Tokens,
        rate_limit: int,
    ) -> None:
        super().__init__("/")
        self._sessions = sessions
        self._router = router
        self._words = words
        self._tokens = tokens
        self._rate_limit = rate_limit
        self._customers: dict[str, Customer] = {}
        self._session_buckets = Buckets(rate=rate_limit / 10, burst=rate_limit)
        self._shown: OrderedDict[str, int] = OrderedDict()  # last sequence number shown by widgets that keep it
        self.delivery = Delivery(sessions, places, words, self._hand_over)
        self.on_customer_typing: list[Any] = []
        self.events = {
            "session_request": (SessionRequest, self.session_request),
            "user_uttered": (Uttered, self.user_uttered),
            "human_request": (Nothing, self.human_request),
            "handoff_cancel": (Nothing, self.handoff_cancel),
            "typing": (Typing, self.typing),
            "receipt": (ReceiptSeen, self.receipt),
            "feedback": (Feedback, self.feedback),
            "session_end": (Nothing, self.session_end),
        }

    # Coming and going.

    async def on_connected(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        """Read the handshake; a token that is forged or expired refuses the connection with its code."""
        given = self._read_auth(auth)
        claims = self._tokens.customer(given.token) if given.token else None
        accepted = str(environ.get("HTTP_ACCEPT_LANGUAGE", "")).split(",")[0].split(";")[0].strip()[:35]
        locale = given.locale or (claims.locale if claims else None) or accepted or None
        limit = self._rate_limit
        self._customers[sid] = customer = Customer(
            sid=sid,
            claims=claims,
            locale=locale,
            messages=Bucket(rate=limit / 10, burst=limit),
            events=Bucket(rate=limit * 2, burst=limit * 5),
            openings=Bucket(rate=0.2 if limit else 0, burst=10 if limit else 0),
        )
        if given.session_id is not None:
            # The client hears of its session only after the connection is confirmed.
            customer.session = None
            self.server.start_background_task(self._resume_from_handshake, customer, given)

    @staticmethod
    def _read_auth(auth: object) -> Auth:
        if auth is None:
            return Auth()
        try:
            return Auth.model_validate(auth)
        except ValueError:
            raise PayloadInvalid(
                "The handshake's auth must be an object with token, locale, session_id, last_seq."
            ) from None

    async def _resume_from_handshake(self, customer: Customer, given: Auth) -> None:
        for _ in range(50):
            if self.server.manager.is_connected(customer.sid, "/"):
                break
            await self.server.sleep(0.01)
        if customer.sid in self._customers and customer.session is None:
            request = SessionRequest(session_id=given.session_id, last_seq=given.last_seq)
            await self._event("session_request", customer.sid, request.model_dump())

    async def on_disconnected(self, sid: str) -> None:
        """Forget the socket; its session stays."""
        customer = self._customers.pop(sid, None)
        if customer is not None:
            self._leave(customer)

    async def before(self, sid: str, event: str) -> None:
        """Too many events of any kind are refused."""
        customer = self._customers.get(sid)
        if customer is None:
            raise SessionUnknown
        customer.events.take()

    # Sessions.

    async def session_request(self, sid: str, request: SessionRequest) -> Ack:
        """Begin a session, or take one up again; the id is the server's."""
        customer = self._customers[sid]
        if request.token is not None:
            customer.claims = self._tokens.customer(request.token)
        if request.locale:
            customer.locale = request.locale
        if "session_id" in request.model_fields_set and request.session_id is None and request.last_seq is None:
            # Rasa's widgets send {"session_id": null}; they keep their transcript and know no last_seq.
            customer.keeps_transcript = True
        session = await self._resumable(customer, request.session_id)
        if session is not None:
            await self._enter(customer, session, last_seq=request.last_seq, resumed=True)
        else:
            session = await self._open(customer)
        return {"ok": True, "session_id": session.id}

    async def _resumable(self, customer: Customer, session_id: str | None) -> Session | None:
        """The session that this customer may take up, or None when a new one has to be opened."""
        if session_id is None:
            return None
        try:
            session = await self._sessions.get(session_id)
        except SessionUnknown:
            return None
        if not self._is_hers(customer, session):
            return None
        if session.is_closed:
            customer.earlier.add(session.id)
            return None
        return session

    @staticmethod
    def _is_hers(customer: Customer, session: Session) -> bool:
        if session.channel != CHANNEL:
            return False
        subject = customer.claims.sub if customer.claims else None
        if session.customer is not None:
            return session.customer.id == subject
        # She signed in after she began: the AI is asked anew, knowing who she is; a person is not taken from her.
        return subject is None or session.state is not State.AI

    async def _open(self, customer: Customer) -> Session:
        customer.openings.take()
        claims = customer.claims
        session = await self._router.open_session(
            channel=CHANNEL,
            locale=customer.locale,
            region=claims.region if claims else None,
            customer=claims.customer if claims else None,
        )
        await self._enter(customer, session, last_seq=0, resumed=False)
        return session

    async def _enter(self, customer: Customer, session: Session, *, last_seq: int | None, resumed: bool) -> None:
        self._leave(customer)
        if last_seq is None:
            last_seq = self._shown.get(session.id, 0)
        else:
            customer.keeps_transcript = customer.keeps_transcript and not resumed
        customer.session = session.id
        await self.emit("session_confirm", session.id, to=customer.sid)
        if customer.sid in self._customers:
            customer.outlet = self.delivery.attach(customer.sid, session, after_seq=last_seq, replay=resumed)

    def _leave(self, customer: Customer) -> None:
        outlet = customer.outlet
        if outlet is None:
            return
        self.delivery.detach(outlet)
        customer.outlet = None
        customer.earlier.add(outlet.session_id)
        if customer.keeps_transcript:
            self._shown[outlet.session_id] = outlet.cursor
            self._shown.move_to_end(outlet.session_id)
            if len(self._shown) > _REMEMBERED:
                self._shown.popitem(last=False)

    async def _session_for(self, customer: Customer, session_id: str | None) -> str:
        """The id of the session that a message goes to.

        Raises:
            SessionUnknown, SessionForeign: the id is not one of this socket's.
        """
        if customer.session is None:
            session = await self._resumable(customer, session_id)
            if session is None:
                return (await self._open(customer)).id
            await self._enter(customer, session, last_seq=None, resumed=True)
            return session.id
        if session_id is None or session_id == customer.session or session_id in customer.earlier:
            return customer.session
        await self._sessions.get(session_id)
        raise SessionForeign

    # What customers do.

    async def user_uttered(self, sid: str, uttered: Uttered) -> Ack:
        """A message; acknowledged once it is durable."""
        customer = self._customers[sid]
        if uttered.customData is not None:
            customer.keeps_transcript = True
        customer.messages.take()
        session_id = await self._session_for(customer, uttered.session_id)
        self._session_buckets.take(session_id)
        asked_for = uttered.session_id or session_id
        try:
            ack = await self._receive(customer, session_id, uttered)
        except SessionClosed:
            session = await self._open(customer)
            ack = await self._receive(customer, session.id, uttered)
        if customer.session != asked_for:
            ack["session_id"] = customer.session
        return ack

    async def _receive(self, customer: Customer, session_id: str, uttered: Uttered) -> Ack:
        client_id = uttered.client_id or f"s.{secrets.token_urlsafe(9)}"
        outlet = customer.outlet
        if outlet is not None:
            outlet.own.add(client_id)
        try:
            receipt = await self._router.receive(
                Inbound(
                    session_id=session_id,
                    text=uttered.message,  # type: ignore[arg-type]  # the text is checked there, whatever it is
                    client_id=client_id,
                    metadata=uttered.metadata or uttered.customData or {},
                )
            )
        except BaseException:
            if outlet is not None:
                outlet.own.discard(client_id)
            raise
        if receipt.duplicate and outlet is not None:
            outlet.own.discard(client_id)
        ack: Ack = {"id": receipt.id, "seq": receipt.seq}
        if receipt.masked_text is not None:
            ack["text"] = receipt.masked_text
        return ack

    def _current(self, sid: str) -> str:
        session_id = self._customers[sid].session
        if session_id is None:
            raise SessionUnknown("There is no session yet. Send session_request first.")
        return session_id

    async def human_request(self, sid: str, _: Nothing) -> Ack:
        """The persistent button: a person, at once, in every state."""
        customer = self._customers[sid]
        session_id = customer.session or await self._session_for(customer, None)
        try:
            session = await self._router.request_person(session_id)
        except SessionClosed:
            session = await self._router.request_person((await self._open(customer)).id)
        return {"ok": True, "session_id": session.id}

    async def handoff_cancel(self, sid: str, _: Nothing) -> Ack:
        """She would rather stay with the assistant."""
        await self._router.cancel_handoff(self._current(sid))
        return {"ok": True}

    async def typing(self, sid: str, typing: Typing) -> Ack:
        """Shown to the desk, not stored."""
        session_id = self._current(sid)
        for listener in self.on_customer_typing:
            await listener(session_id, typing.on)
        return {"ok": True}

    async def receipt(self, sid: str, receipt: ReceiptSeen) -> Ack:
        """What she has seen; told to the desk, not stored."""
        self._current(sid)
        return {"ok": True, "seq": receipt.seq}

    async def feedback(self, sid: str, feedback: Feedback) -> Ack:
        """How she felt; possible also after the end."""
        await self._router.give_feedback(self._current(sid), e.FeedbackGiven(**feedback.model_dump()))
        return {"ok": True}

    async def session_end(self, sid: str, _: Nothing) -> Ack:
        """She ends the conversation."""
        await self._router.end(self._current(sid))
        return {"ok": True}

    # What goes out.

    async def _hand_over(self, sid: str, event: str, payload: object) -> None:
        await self.emit(event, payload, to=sid)

    async def committed(self, committed: Committed) -> None:
        """Listener."""
        await self.delivery.committed(committed)

    async def show_typing(self, session_id: str, sender: str, *, on: bool) -> None:
        """Tell a customer that somebody is writing to her."""
        for sid in self.delivery.sids(session_id):
            await self.emit("typing", {"sender": sender, "on": on}, to=sid)
