"""`python -m switchboard`."""

from __future__ import annotations

from switchboard.cli import app

if __name__ == "__main__":
    app()
