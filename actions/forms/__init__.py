"""What every form shares: the table of all forms, how an answer is read, and how a form asks, is corrected and ends.

A topic with a form writes a `Flow` (flow.py) with its fields; `actions_of` makes the actions that Rasa calls of it.
"""

from __future__ import annotations
