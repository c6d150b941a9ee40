"""Benchmarks: each a command that prints a table and ratios, measured side by side in one run."""
