"""Connected customers on one switchboard, and what each costs in memory.

    python -m bench.sockets [--customers 10000]

Each customer has a session of her own. Beside it, the same number of connections on the bare python-socketio server.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import time

import psutil

from bench.relay import customer_session
from bench.system import Running, echo, switchboard
from bench.table import print_table
from bench.wire import WireClient

AT_ONCE = 50


async def grow(server: Running, customers: int, *, sessions: bool) -> tuple[float, float, float]:
    """Connect that many. Returns MiB before, MiB after, and seconds taken."""
    process = psutil.Process(server.pid)
    before = process.memory_info().rss / 2**20
    gate = asyncio.Semaphore(AT_ONCE)
    held: list[WireClient] = []
    started = time.perf_counter()

    async def one() -> None:
        async with gate:
            if sessions:
                held.append((await customer_session(server))[0])
            else:
                client = WireClient(server.url)
                await client.connect()
                held.append(client)

    await asyncio.gather(*(one() for _ in range(customers)))
    took = time.perf_counter() - started
    after = process.memory_info().rss / 2**20
    await asyncio.gather(*(client.close() for client in held))
    return before, after, took


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=10_000)
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = options.customers + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(f"This shell allows {hard} open files, {wanted} are needed: raise it with `ulimit -Hn`.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    rows = []
    for name, start, sessions in (("bare python-socketio", echo, False), ("switchboard", switchboard, True)):
        async with start() as server:
            before, after, took = await grow(server, options.customers, sessions=sessions)
        rows.append([name, options.customers, before, after, (after - before) * 1024 / options.customers, took])
    columns = ["server", "customers", "MiB before", "MiB after", "KiB per socket", "seconds to connect"]
    print_table("Connected customers on one process", columns, rows)


if __name__ == "__main__":
    asyncio.run(main())
