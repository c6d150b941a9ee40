"""Wording and formats of each locale, shared by the brain's actions and the switchboard.

The wording stands in `policy/locales/<tag>.yml`, one file for each locale; this package loads, checks and finds it.
"""

from __future__ import annotations

from localization.packs import (
    CrisisLine,
    Fault,
    Pack,
    Packs,
    PacksInvalid,
    default_directory,
    fill,
    load_packs,
)

__all__ = ["CrisisLine", "Fault", "Pack", "Packs", "PacksInvalid", "default_directory", "fill", "load_packs"]
