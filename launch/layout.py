"""Where things lie in a checkout. Tests make a layout of their own in a temporary folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The paths of one checkout."""

    root: Path

    @property
    def switchboard_environment(self) -> Path:
        return self.root / ".venv"

    @property
    def brain_environment(self) -> Path:
        return self.root / ".venv-brain"

    @property
    def tools(self) -> Path:
        return self.root / ".tools"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def web(self) -> Path:
        return self.root / "web"

    @property
    def model(self) -> Path:
        return self.root / "models" / "candour.tar.gz"

    @property
    def cache(self) -> Path:
        """What can be computed again: the converted encoder, its vectors, logs of the set-up."""
        return self.root / "var" / "cache"

    @property
    def setup_logs(self) -> Path:
        return self.root / "var" / "logs" / "setup"

    @property
    def results(self) -> Path:
        return self.root / "results"


HERE = Layout(root=Path(__file__).resolve().parent.parent)
