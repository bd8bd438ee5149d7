"""Write the rules of a story as the engine reads them. Each step's effect says which it is, of which event and lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.simulation.story import Await, Limits, Rule, Step, Wait

ZONE = "Europe/Istanbul"


def rule_document(rule: Rule) -> dict[str, Any]:
    """Return the rule's document."""
    document: dict[str, Any] = {
        "id": rule.id,
        "name": rule.id,
        "kind": "lead",
        "mode": "on",
        "time_zone": ZONE,
        "trigger": {"event": rule.event},
        "steps": [_step(rule, step) for step in rule.steps],
    }
    if rule.condition:
        document["conditions"] = _has_status(rule.condition)
    if rule.priority:
        document["priority"] = rule.priority
    if (rule.again, rule.running) != ("always", "parallel"):
        again = {"every": {"days": int(rule.again)}} if rule.again.isdigit() else rule.again
        document["entry"] = {"again": again, "while_running": rule.running}
    leaves = {"on": list(rule.exits_on), "when": _has_status(rule.when), "goal": _has_status(rule.goal)}
    leaves = {name: value for name, value in leaves.items() if value}
    return {**document, "exit": leaves} if leaves else document


def limits_document(limits: Limits) -> dict[str, Any]:
    """Return the settings of limits."""
    caps = [{"channel": cap.channel, "most": cap.most, "per": {"days": cap.days}} for cap in limits.caps]
    quiet = {"from": limits.quiet[0], "to": limits.quiet[1]} if limits.quiet else None
    return {name: value for name, value in {"quiet_hours": quiet, "marketing": caps}.items() if value}


def _has_status(status: str | None) -> dict[str, Any] | None:
    return {"field": "record.status", "op": "equals", "value": status} if status else None


def _label(rule: Rule, step: Step) -> str:
    return f"{rule.id} {step.id} {{{{ event.data.n }}}} {{{{ event.subject }}}}"


def _step(rule: Rule, step: Step) -> dict[str, Any]:
    action, parameters = _ACTIONS[step.action](_label(rule, step))
    purpose = {"purpose": "service"} if step.service and step.is_message else {}
    document: dict[str, Any] = {"id": step.id, "action": action, "with": {**parameters, **purpose}}
    further = {
        "wait": _wait(step.wait) if step.wait else _await(step.awaits),
        "start": "with_previous" if step.together else None,
        "only_if": _has_status(step.only_if),
        "else": step.otherwise,
        "urgent": step.urgent,
        "on_error": step.on_error if step.on_error in ("stop", "continue") else {"go_to": step.on_error},
    }
    return document | {name: value for name, value in further.items() if value}


def _wait(wait: Wait) -> dict[str, Any]:
    parts = {
        "days": wait.days,
        "minutes": wait.minutes,
        "business_days": wait.business_days,
        "at": wait.at,
        "weekdays": list(wait.weekdays),
    }
    return {name: value for name, value in parts.items() if value}


def _await(awaits: Await | None) -> dict[str, Any] | None:
    if awaits is None:
        return None
    parts = {"timeout": {"minutes": awaits.minutes}, "then": awaits.then, "else": awaits.otherwise}
    return {"for_event": {"on": [awaits.event], **{name: value for name, value in parts.items() if value}}}


_ACTIONS: Mapping[str, Any] = {
    "webhook": lambda label: ("call_webhook", {"url": "https://books.example/hook", "data": {"label": label}}),
    "email": lambda label: ("send_email", {"to": "{{ record.email }}", "subject": label, "text": label}),
    "whatsapp": lambda label: ("send_whatsapp", {"to": "{{ record.phone }}", "text": label}),
    "task": lambda label: ("create_task", {"title": label}),
    "fail": lambda label: ("set_fields", {"record": "contact:nobody", "fields": {"label": label}}),
}
