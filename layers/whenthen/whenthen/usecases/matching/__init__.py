"""Decide which rules an event starts, which runs it stops, and explain why."""
