"""Customer ⇄ agent through the switchboard, durable, beside a bare python-socketio relay under the same load.

    python -m bench.relay [--pairs 50] [--rate 150] [--seconds 10] [--saturated]

Latency is from sending to receiving on the other side at a fixed rate; throughput is what the pairs get through when
each sends its next message as soon as the last one is acknowledged. With `--saturated`, eight customers keep the brain
busy meanwhile, and the same latency is taken again.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.system import PASSWORD, Running, echo, switchboard, whole_system
from bench.table import percentile, print_ratio, print_table
from bench.wire import WireClient

QUESTIONS = ("when does the branch open", "what is the exchange rate", "hello", "how do i change my pin")

NUMBERS = itertools.count()  #: no text twice: it is the client id too, and a retry is not delivered again

Send = Callable[[str], Awaitable[Any]]


@dataclass(slots=True)
class Pair:
    """Two ends of one conversation, and how long each message took."""

    to_agent: Send
    to_customer: Send
    sent: dict[str, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    def arrived(self, message: dict[str, Any]) -> None:
        """A message came out at the other end."""
        started = self.sent.pop(message.get("text", ""), None)
        if started is not None:
            self.took.append(time.perf_counter() - started)


async def echo_pairs(server: Running, count: int) -> list[Pair]:
    """Pairs on the bare relay."""
    pairs = []
    for number in range(count):
        ends = [WireClient(server.url), WireClient(server.url)]
        room = f"room-{number}"
        for end in ends:
            await end.connect()
            await end.call("join", room)
        customer, agent = ends
        pair = Pair(to_agent=_relaying(customer, room), to_customer=_relaying(agent, room))
        for end in ends:
            end.on("relayed", pair.arrived)
        pairs.append(pair)
    return pairs


def _relaying(end: WireClient, room: str) -> Send:
    return lambda text: end.call("relay", {"room": room, "text": text})


async def desk_login(server: Running, email: str) -> WireClient:
    """A desk agent who is available."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{server.url}/api/login", json={"email": email, "password": PASSWORD})
        answer.raise_for_status()
    desk = WireClient(server.url, namespace="/desk", auth={"token": answer.json()["token"]})
    await desk.connect()
    await desk.call("presence", {"status": "available"})
    return desk


async def customer_session(server: Running) -> tuple[WireClient, str]:
    """A customer with a session."""
    customer = WireClient(server.url)
    confirmed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def confirm(session_id: str) -> None:
        if not confirmed.done():
            confirmed.set_result(session_id)

    customer.on("session_confirm", confirm)
    await customer.connect()
    await customer.emit("session_request", {"locale": "en-GB"})
    return customer, await asyncio.wait_for(confirmed, 30)


async def desk_pairs(server: Running, count: int) -> list[Pair]:
    """Pairs through the switchboard, each a customer with an agent who claimed her session."""
    pairs: dict[str, Pair] = {}
    desks = [await desk_login(server, "agent@demo.example"), await desk_login(server, "agent2@demo.example")]
    for number in range(count):
        customer, session_id = await customer_session(server)
        desk = desks[number % len(desks)]
        await customer.call("human_request", {})
        claimed = await desk.call("claim", {"session_id": session_id})
        if not claimed.get("ok"):
            raise RuntimeError(f"claim was refused: {claimed}")
        pair = pairs[session_id] = Pair(to_agent=_uttering(customer, session_id), to_customer=_saying(desk, session_id))
        customer.on("bot_uttered", pair.arrived)

    def at_the_desk(message: dict[str, Any]) -> None:
        pair = pairs.get(message["session_id"])
        if pair is not None:
            pair.arrived(message)

    for desk in desks:
        desk.on("message", at_the_desk)
    return list(pairs.values())


def _uttering(customer: WireClient, session_id: str) -> Send:
    return lambda text: customer.call("user_uttered", {"message": text, "session_id": session_id, "client_id": text})


def _saying(desk: WireClient, session_id: str) -> Send:
    return lambda text: desk.call("say", {"session_id": session_id, "text": text, "client_id": text})


async def at_rate(pairs: list[Pair], *, per_s: float, seconds: float) -> list[float]:
    """Latencies in milliseconds while messages are sent at a fixed rate, both ways."""
    for pair in pairs:
        pair.took.clear()
    tasks: set[asyncio.Task[Any]] = set()
    start, number = time.perf_counter(), 0
    while (due := start + number / per_s) < start + seconds:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        pair, text = random.choice(pairs), f"message {next(NUMBERS)}"
        pair.sent[text] = time.perf_counter()
        send = pair.to_agent if number % 2 else pair.to_customer
        task = asyncio.create_task(_checked(send, text))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        number += 1
    await asyncio.gather(*tasks)
    async with asyncio.timeout(20):
        while any(pair.sent for pair in pairs):
            await asyncio.sleep(0.05)
    return [took * 1000 for pair in pairs for took in pair.took]


async def flat_out(pairs: list[Pair], *, seconds: float) -> float:
    """Acknowledged messages per second when every pair sends as fast as it is acknowledged."""
    stop = time.perf_counter() + seconds
    counts = [0] * len(pairs)

    async def go(index: int, pair: Pair) -> None:
        while time.perf_counter() < stop:
            await _checked(pair.to_agent, f"flat out {index} {counts[index]}")
            counts[index] += 1

    started = time.perf_counter()
    await asyncio.gather(*(go(index, pair) for index, pair in enumerate(pairs)))
    return sum(counts) / (time.perf_counter() - started)


async def _checked(send: Send, text: str) -> None:
    answer = await send(text)
    if isinstance(answer, dict) and "error" in answer:
        raise RuntimeError(f"a message was refused: {answer}")


async def keep_brain_busy(server: Running, customers: int) -> list[asyncio.Task[None]]:
    """Customers who ask the AI one question after the other."""

    async def ask(customer: WireClient, session_id: str) -> None:
        number = 0
        answered = asyncio.Event()
        customer.on("bot_uttered", lambda _message: answered.set())
        while True:
            answered.clear()
            text = random.choice(QUESTIONS)
            await customer.call("user_uttered", {"message": text, "session_id": session_id, "client_id": f"b{number}"})
            await asyncio.wait_for(answered.wait(), 30)
            number += 1

    return [asyncio.create_task(ask(*(await customer_session(server)))) for _ in range(customers)]


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--rate", type=float, default=150, help="messages per second, both ways together")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--saturated", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    rows: list[list[object]] = []
    figures: dict[str, tuple[float, float]] = {}
    for name, start, make in (("bare python-socketio", echo, echo_pairs), ("switchboard", switchboard, desk_pairs)):
        async with start() as server:
            pairs = await make(server, options.pairs)
            await at_rate(pairs, per_s=options.rate, seconds=2)  # warm
            latency = await at_rate(pairs, per_s=options.rate, seconds=options.seconds)
            throughput = await flat_out(pairs, seconds=options.seconds)
        figures[name] = (percentile(latency, 0.95), throughput)
        rows.append([name, percentile(latency, 0.5), percentile(latency, 0.95), max(latency), throughput])
    if options.saturated:
        async with whole_system() as server:
            pairs = await desk_pairs(server, options.pairs)
            idle = await at_rate(pairs, per_s=options.rate, seconds=options.seconds)
            busy_tasks = await keep_brain_busy(server, 8)
            busy = await at_rate(pairs, per_s=options.rate, seconds=options.seconds)
            for task in busy_tasks:
                task.cancel()
            for outcome in await asyncio.gather(*busy_tasks, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome
        rows.append(["whole system, brain idle", percentile(idle, 0.5), percentile(idle, 0.95), max(idle), "–"])
        rows.append(["whole system, brain saturated", percentile(busy, 0.5), percentile(busy, 0.95), max(busy), "–"])
    print_table(
        f"Relay: {options.pairs} pairs, {options.rate:g} messages/s for the latency",
        ["server", "p50 ms", "p95 ms", "max ms", "messages/s flat out"],
        rows,
    )
    bare, ours = figures["bare python-socketio"], figures["switchboard"]
    print_ratio("relay p95, switchboard / bare", ours[0] / bare[0], reach=2, at_most=True)
    print_ratio("messages per second, switchboard / bare", ours[1] / bare[1], reach=0.5, at_most=False)
    if options.saturated:
        ratio = percentile(busy, 0.95) / percentile(idle, 0.95)
        print_ratio("relay p95, brain saturated / idle", ratio, reach=1.5, at_most=True)


if __name__ == "__main__":
    asyncio.run(main())
