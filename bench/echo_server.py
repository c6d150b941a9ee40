"""The rival: a bare python-socketio server that relays and acknowledges, and does nothing else."""

from __future__ import annotations

import sys
from typing import Any

import socketio
import uvicorn

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[])
app = socketio.ASGIApp(server)


async def join(sid: str, room: str) -> dict[str, bool]:
    """Enter a room."""
    await server.enter_room(sid, room)
    return {"ok": True}


async def relay(sid: str, data: dict[str, Any]) -> dict[str, bool]:
    """Pass a message to everybody else in the room."""
    await server.emit("relayed", data, room=data["room"], skip_sid=sid)
    return {"ok": True}


server.on("join", join)
server.on("relay", relay)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", ws_per_message_deflate=False)
