"""Describe the actions of the record channel, and the changes that they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import ANYTHING, Action, Parameter, ParameterKind, RecordChange, constant

CHANNEL = "record"


def _set(parameters: Mapping[str, Any]) -> RecordChange:
    fields = parameters.get("fields")
    if not isinstance(fields, Mapping):
        return RecordChange()
    return RecordChange(fields={name: constant(value) for name, value in fields.items()})


def _add(parameters: Mapping[str, Any]) -> RecordChange:
    return RecordChange(fields={"tags": _change_of_tags("added", parameters)})


def _remove(parameters: Mapping[str, Any]) -> RecordChange:
    return RecordChange(fields={"tags": _change_of_tags("removed", parameters)})


def _change_of_tags(which: str, parameters: Mapping[str, Any]) -> object:
    """Return a value that is equal for two equal changes of tags: the second of them changes nothing."""
    tags = parameters.get("tags") or ()
    return ANYTHING if any(constant(tag) is ANYTHING for tag in tags) else (which, *sorted(map(str, tags)))


def _assign(parameters: Mapping[str, Any]) -> RecordChange:
    agents = parameters.get("from") or [ANYTHING]
    return RecordChange(fields={"owner": constant(agents[0]) if len(agents) == 1 else ANYTHING})


def _create_task(parameters: Mapping[str, Any]) -> RecordChange:
    return RecordChange("task", {"status": ANYTHING}, created=True)


def _create(parameters: Mapping[str, Any]) -> RecordChange:
    return RecordChange(str(parameters.get("kind", "")) or None, _set(parameters).fields, created=True)


ACTIONS = (
    Action(
        "set_fields",
        CHANNEL,
        ReasonCode("action.set_fields")(),
        "Set fields of a record; null removes one.",
        (
            Parameter("fields", "Field names and their values.", ParameterKind.FIELDS, required=True),
            Parameter("record", "Which record, such as contact:42; by default the run's."),
        ),
        shown=("fields",),
        writes=_set,
        example={"fields": {"status": "customer"}},
    ),
    Action(
        "add_tags",
        CHANNEL,
        ReasonCode("action.add_tags")(),
        "Add tags to a record.",
        (
            Parameter("tags", "The tags.", ParameterKind.SET, required=True),
            Parameter("record", "Which record; by default the run's."),
        ),
        shown=("tags",),
        writes=_add,
        example={"tags": ["vip"]},
    ),
    Action(
        "remove_tags",
        CHANNEL,
        ReasonCode("action.remove_tags")(),
        "Remove tags from a record.",
        (
            Parameter("tags", "The tags.", ParameterKind.SET, required=True),
            Parameter("record", "Which record; by default the run's."),
        ),
        shown=("tags",),
        writes=_remove,
        example={"tags": ["vip"]},
    ),
    Action(
        "assign_owner",
        CHANNEL,
        ReasonCode("action.assign_owner")(),
        "Make one of several agents the owner of the record.",
        (
            Parameter("from", "The agents to choose from.", ParameterKind.SET, required=True),
            Parameter("by", "How to choose.", ParameterKind.CHOICE, templated=False, options=("round_robin", "first")),
            Parameter("keep", "Leave an owner that the record has already.", ParameterKind.FLAG, templated=False),
        ),
        shown=("from",),
        writes=_assign,
        example={"from": ["agent:ayse", "agent:budi"], "by": "round_robin"},
    ),
    Action(
        "create_task",
        CHANNEL,
        ReasonCode("action.create_task")(),
        "Create a task record, child of the run's record.",
        (
            Parameter("title", "What is to be done.", required=True),
            Parameter("description", "More about it."),
            Parameter("assignee", "Who is to do it; by default the record's owner."),
            Parameter("due", "Until when."),
            Parameter("fields", "Further fields of the task.", ParameterKind.FIELDS),
        ),
        shown=("title",),
        writes=_create_task,
        example={"title": "Call {{ record.first_name }}", "assignee": "{{ record.owner }}"},
    ),
    Action(
        "create_record",
        CHANNEL,
        ReasonCode("action.create_record")(),
        "Create a record of any kind, child of the run's record.",
        (
            Parameter("kind", "The kind of record.", ParameterKind.RECORD_KIND, required=True, templated=False),
            Parameter("fields", "Its fields.", ParameterKind.FIELDS, required=True),
        ),
        shown=("kind",),
        writes=_create,
        example={"kind": "ticket", "fields": {"subject": "Call back"}},
    ),
)
