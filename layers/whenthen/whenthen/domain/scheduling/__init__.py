"""Schedules, date triggers, and the window of time that one sweep of the clock covers."""
