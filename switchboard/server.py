"""Running the application: uvicorn with limits that fit, and an end that does not wait for open sockets."""

from __future__ import annotations

import uvicorn

from switchboard.app import create_app
from switchboard.settings import Settings
from switchboard.sockets import MAX_BUFFER

SHUTDOWN_S = 2


def server_for(settings: Settings, app: object) -> uvicorn.Server:
    """A uvicorn server for an application."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # any ASGI application
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws_max_size=MAX_BUFFER,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # Engine.IO has a heartbeat of its own
        timeout_graceful_shutdown=SHUTDOWN_S,
        lifespan="on",
        backlog=4096,
    )
    return uvicorn.Server(config)


def serve_until_stopped(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM; the process's exit code."""
    server = server_for(settings, create_app(settings))
    server.run()
    return 0 if server.started else 1
