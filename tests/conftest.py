"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A machine that does other things meanwhile must not fail a property: how long an example takes is no property of ours.
settings.register_profile("candour", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("candour"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "candour")
