"""Rules that several tests tell their stories with."""

from __future__ import annotations

from typing import Any

GREET: dict[str, Any] = {"id": "greet", "action": "send_email", "with": {"subject": "Welcome", "text": "Hello"}}
NOTE: dict[str, Any] = {"id": "note", "action": "set_fields", "with": {"fields": {"greeted": "yes"}}}
CALL: dict[str, Any] = {
    "id": "call",
    "action": "create_task",
    "wait": {"days": 2, "at": "10:00"},
    "with": {"title": "Call {{ record.first_name }}"},
}


def rule(*steps: dict[str, Any], on: str = "lead.created", name: str = "A rule", **more: Any) -> dict[str, Any]:
    """A rule about leads, as an admin writes it."""
    return {"name": name, "kind": "lead", "trigger": {"event": on}, "steps": list(steps or (GREET,)), **more}


def together(step: dict[str, Any]) -> dict[str, Any]:
    """The step, starting with the one before it."""
    return {**step, "start": "with_previous"}
