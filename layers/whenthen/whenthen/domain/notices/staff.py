"""Name the kinds of records that are colleagues."""

from __future__ import annotations

STAFF = frozenset({"agent", "department", "employee", "team", "user"})
"""Kinds of records of people and groups of the company itself, who are asked for no consent."""

GROUPS = frozenset({"department", "team"})
"""Kinds whose `members` are people; a mail reaches a group with an `email` of its own by that."""
