"""Saved filters of records, and what they name."""
