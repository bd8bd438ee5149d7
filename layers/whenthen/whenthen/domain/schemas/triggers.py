"""Schemas of triggers: one definition for each row of `TRIGGERS`, and one for birthdays, which the clock makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whenthen.domain.conditions.field_access import MAX_FIELD, MAX_NAMES
from whenthen.domain.event_catalog import catalog
from whenthen.domain.event_catalog.record_kinds import KINDS
from whenthen.domain.events.event import EVENT_TYPE
from whenthen.domain.events.types import BIRTHDAY_REACHED
from whenthen.domain.records.record import KIND
from whenthen.domain.rules.event_triggers import MAX_TYPES, PUBLISHED_FOR
from whenthen.domain.rules.stage_moves import MAX_STAGES
from whenthen.domain.rules.triggers import MAX_RULES, OUTCOMES, TRIGGERS, On
from whenthen.domain.schemas import timer_triggers
from whenthen.domain.schemas.parts import (
    GIVEN,
    Schema,
    choice,
    constant,
    filled_text,
    noted,
    one_or_list,
    patterned,
    record,
    ref,
    text,
    union,
    when,
)

_LONGEST_CHANGED = MAX_FIELD - len("record.")
_CHANGED = rf"(?=[\s\S]{{1,{_LONGEST_CHANGED}}}$)[^.]+(?:\.[^.]+){{0,{MAX_NAMES - 1}}}"
_TYPE: Schema = {**patterned(EVENT_TYPE.pattern), "examples": [row.type for row in catalog.types()]}

_CHANGE = {
    "field": noted(
        patterned(rf"(?:record\.)?{_CHANGED}", longest=200, empty=True),
        "The field of the record that must have changed, with or without `record.` before it.",
        examples=["stage"],
    ),
    "from": noted(ref("ScalarOrScalars"), "What the field was before: one of these.", examples=["open"]),
    "to": noted(ref("ScalarOrScalars"), "What the field became: one of these.", examples=["won"]),
}
_RECORD_FILTER = {
    "kind": noted(ref("Kind"), "The kind of record; by default the rule's."),
    "filter": noted(ref("Filter"), "Which records of the kind are in it; by default all."),
    "view": noted(text(), "The id of a saved view, in place of kind and filter.", examples=["view_a1"]),
}

MEMBERS: Mapping[On, Mapping[str, Schema]] = {
    On.EVENT: {
        "event": noted(
            one_or_list(ref("WatchedEventType"), MAX_TYPES, least=1),
            "The types of event that are watched.",
            examples=[["deal.updated"]],
        ),
        **_CHANGE,
    },
    On.ENTERS: {"enters": ref("RecordFilter")},
    On.LEAVES: {"leaves": ref("RecordFilter")},
    On.DATE: {"date": ref("DateField")},
    On.SCHEDULE: {"schedule": ref("Schedule")},
    On.MANUAL: {"manual": {"description": "People start it.", "type": "boolean", "const": True}},
    On.AFTER_RULE: {
        "after_rule": noted(
            one_or_list(filled_text(), MAX_RULES, least=1), "The ids of the rules.", examples=[["rule_a1"]]
        ),
        "outcome": noted(
            one_or_list(ref("RunOutcome"), len(OUTCOMES)),
            "Which outcomes of theirs; by default done.",
            examples=["done"],
        ),
    },
}
"""Fields of a trigger of each kind, besides `moves_to`, which may stand in any."""

_MOVES_TO = {
    "stage": noted(
        {**filled_text(), "pattern": r"^[^{]*[^\s{][^{]*$"}, "The stage to which the item is moved.", examples=["won"]
    ),
    "pipeline": noted(text(), "The pipeline in which the item must be; by default any."),
    "from": noted(
        one_or_list(filled_text(), MAX_STAGES), "The stages that the item may leave; by default any other than `stage`."
    ),
}
_BIRTHDAY = one_or_list(constant(BIRTHDAY_REACHED), MAX_TYPES, least=1)


def _trigger(title: str, description: str, key: str, members: Mapping[str, Schema], **constraints: Any) -> Schema:
    moves = noted(ref("MovesTo"), "Move the item to a stage before the first step.")
    return record(title, description, {**members, "moves_to": moves}, required=(key,), **constraints)


def _title(on: On) -> str:
    return "".join(part.capitalize() for part in on.split("_")) + "Trigger"


def _of_rows() -> dict[str, Schema]:
    changes = {"allOf": [_needs_field("from"), _needs_field("to")]}
    return {
        _title(on): _trigger(
            _title(on),
            row.description,
            on,
            MEMBERS[on],
            examples=[dict(row.example)],
            **(changes if on is On.EVENT else {}),
        )
        for on, row in TRIGGERS.items()
    }


def _needs_field(name: str) -> Schema:
    named = {"type": "string", "minLength": 1}
    return when({name: GIVEN}, {"properties": {"field": named}, "required": ["field"]}, given=(name,))


_BIRTHDAY_TITLE = "BirthdayTrigger"

DEFINITIONS: dict[str, Schema] = {
    **timer_triggers.DEFINITIONS,
    **_of_rows(),
    "Trigger": union(
        "Trigger", "What makes a rule be considered: one of these.", [_BIRTHDAY_TITLE, *map(_title, TRIGGERS)]
    ),
    _BIRTHDAY_TITLE: _trigger(
        _BIRTHDAY_TITLE,
        "It is the birthday of the rule's kind of record (by default a contact): at nine o'clock, by its birth_date.",
        "event",
        {"event": noted(_BIRTHDAY, "Stands alone: the clock makes it for this rule.")},
        examples=[{"event": BIRTHDAY_REACHED}],
    ),
    "EventType": {"title": "EventType", "description": "A type of event, <kind>.<past verb>.", **_TYPE},
    "WatchedEventType": {
        "title": "WatchedEventType",
        "description": "A type of event that rules can watch: any but those that are made for single rules.",
        **_TYPE,
        "examples": [name for name in _TYPE["examples"] if name not in {*PUBLISHED_FOR, BIRTHDAY_REACHED}],
        "not": {"enum": sorted({*PUBLISHED_FOR, BIRTHDAY_REACHED})},
    },
    "Kind": {
        "title": "Kind",
        "description": "A kind of record: one of those that are known, or one that the admin names.",
        **patterned(KIND.pattern),
        "examples": list(KINDS),
    },
    "RunOutcome": {"title": "RunOutcome", "description": "What a run came to.", **choice(OUTCOMES)},
    "RecordFilter": record(
        "RecordFilter",
        "Records of a kind that fit a filter, or those of a saved view.",
        _RECORD_FILTER,
        examples=[dict(TRIGGERS[On.ENTERS].example["enters"])],
    ),
    "MovesTo": record(
        "MovesTo",
        "Where the trigger moves the item, and from where.",
        _MOVES_TO,
        required=("stage",),
        examples=[{"stage": "won", "from": ["negotiation"]}],
    ),
}
