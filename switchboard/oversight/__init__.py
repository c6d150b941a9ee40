"""Overseeing the AI: its conversations as they happen, and the switch that stops it."""
