"""Tables on the terminal, and the same with pictures in a Markdown file. A part that is measured again replaces its section."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

from brain.evaluation.measures import Guess, Reliability

_SECTIONS = "sections.json"


class Report:
    """Sections by name, kept between runs in the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "report.md"
        try:
            self._sections: dict[str, str] = json.loads((folder / _SECTIONS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._sections = {}
        self._name = ""
        self.all_reached = True

    def section(self, name: str, about: str) -> None:
        """Begin a section anew."""
        self._name = name
        self._sections[name] = f"## {name}\n\n{about}\n"
        print(about)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add a table to the section, and print it."""
        cells = [[str(cell) for cell in row] for row in (head, *rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
        lines = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
            for row in cells
        ]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        self._add("\n".join(lines))
        print("\n".join(lines), flush=True)

    def goal(self, what: str, seen: str, *, reached: bool) -> None:
        """Say whether a figure is where it should be."""
        self.all_reached = self.all_reached and reached
        line = f"- {'reached' if reached else '**missed**'}: {what}; seen {seen}"
        self._add(line)
        print(line, flush=True)

    def confusion(self, name: str, guesses: Sequence[Guess]) -> None:
        """Add a picture of what was taken for what; each row adds up to one."""
        labels = sorted({guess.right for guess in guesses} | {guess.said for guess in guesses})
        place = {label: number for number, label in enumerate(labels)}
        counts = np.zeros((len(labels), len(labels)))
        for guess in guesses:
            counts[place[guess.right], place[guess.said]] += 1
        shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        size = max(6.0, 0.17 * len(labels) + 2)
        figure, axes = plt.subplots(figsize=(size, size))
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=6)
        axes.set_yticks(range(len(labels)), labels, fontsize=6)
        axes.set_xlabel("understood as")
        axes.set_ylabel("is")
        self._picture(figure, f"{name}-confusion", "Confusion matrix")

    def reliability(self, name: str, found: Reliability) -> None:
        """Add a picture of how often a confidence is right."""
        figure, axes = plt.subplots(figsize=(4.5, 4.5))
        shown = found.count > 0
        axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
        axes.plot(found.confidence[shown], found.right[shown], marker="o")
        axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1), title=f"ECE {found.error:.3f}")
        self._picture(figure, f"{name}-reliability", "Reliability diagram")

    def write(self) -> None:
        """Write the file."""
        (self._folder / _SECTIONS).write_text(json.dumps(self._sections, ensure_ascii=False), encoding="utf-8")
        self.path.write_text(
            "# How well the brain understands\n\n" + "\n".join(self._sections.values()), encoding="utf-8"
        )

    def _picture(self, figure: plt.Figure, name: str, title: str) -> None:
        figure.savefig(self._folder / f"{name}.png", dpi=150, bbox_inches="tight")
        plt.close(figure)
        self._add(f"![{title}]({name}.png)")

    def _add(self, text: str) -> None:
        self._sections[self._name] += f"\n{text}\n"
