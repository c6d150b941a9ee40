"""The promises hold, whatever customers, staff, brain, database and machine do.

`CANDOUR_HYPOTHESIS_PROFILE=long` looks much longer than the usual `ci`.
"""

from __future__ import annotations

from tests.promises.machine import PROFILE, Promises

TestPromises = Promises.TestCase
TestPromises.settings = PROFILE
