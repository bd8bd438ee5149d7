"""Decide which rules an event starts and which runs it stops, and explain why."""
