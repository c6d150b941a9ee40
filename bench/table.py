"""Printing figures side by side."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on standard output."""
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*(f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in row))
    Console(width=120).print(table)


def print_ratio(what: str, value: float, *, reach: float, at_most: bool) -> None:
    """A ratio beside the figure to reach, said plainly."""
    met = value <= reach if at_most else value >= reach
    sign = "≤" if at_most else "≥"
    print(f"{what}: {value:.2f} (to reach: {sign} {reach:g}) — {'reached' if met else 'MISSED'}")
