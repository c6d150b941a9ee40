"""Ports on loopback: is one taken, and which one is free."""

from __future__ import annotations

import socket

from launch.failure import LaunchFailure

LOOPBACK = "127.0.0.1"


def taken(port: int) -> bool:
    """Whether something listens on this port, on loopback or on all interfaces."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        if probe.connect_ex((LOOPBACK, port)) == 0:
            return True
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def free_port(*, avoid: frozenset[int] = frozenset()) -> int:
    """A port that nothing listens on just now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.bind((LOOPBACK, 0))
            port = int(listener.getsockname()[1])
        if port not in avoid:
            return port


def require_free(port: int, *, variable: str, used_for: str) -> None:
    """Raise LaunchFailure, naming the way out, when the port is taken."""
    if not taken(port):
        return
    raise LaunchFailure(
        f"Port {port} on {LOOPBACK}, which {used_for} needs, is in use by another program: "
        f"stop that program, or choose another port with {variable}=<port>."
    )
