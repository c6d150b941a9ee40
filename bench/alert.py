"""From the customer's message to the alert on the desk, through switchboard, brain and actions, the whole system idle.

python -m bench.alert [--customers 40]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import Any

from bench.relay import customer_session, desk_login
from bench.system import whole_system
from bench.table import percentile, print_ratio, print_table

SCAM = "I sent my savings to the safe account the officer told me about"
REACH_MS = 150


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=40)
    options = parser.parse_args()
    took: list[float] = []
    async with whole_system() as server:
        desk = await desk_login(server, "agent@demo.example")
        waiting: dict[str, asyncio.Future[float]] = {}

        def alerted(alert: dict[str, Any]) -> None:
            future = waiting.pop(str(alert.get("session_id")), None)
            if future is not None:
                future.set_result(time.perf_counter())

        desk.on("alert", alerted)
        for _ in range(options.customers + 3):
            customer, session_id = await customer_session(server)
            await asyncio.sleep(0.3)  # the disclosure is through: from here on nothing else is going on
            alarm = waiting[session_id] = asyncio.get_running_loop().create_future()
            started = time.perf_counter()
            await customer.emit("user_uttered", {"message": SCAM, "session_id": session_id, "client_id": "1"})
            took.append((await asyncio.wait_for(alarm, 20) - started) * 1000)
            await customer.close()
    took = took[3:]  # the first ones warm the model up
    row = [options.customers, percentile(took, 0.5), percentile(took, 0.95), max(took)]
    print_table("Customer's message to the alert on the desk", ["customers", "p50 ms", "p95 ms", "max ms"], [row])
    print_ratio(f"p95 / {REACH_MS} ms", percentile(took, 0.95) / REACH_MS, reach=1, at_most=True)


if __name__ == "__main__":
    asyncio.run(main())
