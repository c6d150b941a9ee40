"""A tiny part for the supervisor's tests: answers 200 on every path, has a child of its own, and can be told to die."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
from pathlib import Path


class Answer(http.server.BaseHTTPRequestHandler):
    """200 to everything."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Nothing is logged."""


def main(port: int, notes: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with notes.open("a") as file:
        file.write(f"{os.getpid()} {child.pid}\n")
    http.server.HTTPServer(("127.0.0.1", port), Answer).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
