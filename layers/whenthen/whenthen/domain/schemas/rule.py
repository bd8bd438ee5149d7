"""The schema of a rule, as an admin writes it and `parse_rule` reads it."""

from __future__ import annotations

from functools import cache
from typing import Any

from whenthen.domain.common.document_reader import LONGEST_DESCRIPTION
from whenthen.domain.entry.entry import MAX_DEBOUNCE, WORDS, ReentryPolicy, WhileRunning
from whenthen.domain.records.record import KIND
from whenthen.domain.rules.exits import MAX_EXITS, ExitScope
from whenthen.domain.rules.rule import MAX_ORDER, MAX_PRIORITY, MAX_VERSION, Mode
from whenthen.domain.rules.steps import MAX_STEPS
from whenthen.domain.rules.triggers import On
from whenthen.domain.schemas import condition, limits, steps, triggers
from whenthen.domain.schemas.parts import (
    BLANK,
    GIVEN,
    Schema,
    choice,
    document,
    filled_text,
    flag,
    integer,
    noted,
    one_or_list,
    patterned,
    record,
    ref,
    text,
    when,
)
from whenthen.domain.temporal.calendar_settings import LANGUAGES

EXAMPLE: dict[str, Any] = {
    "name": "Welcome a lead from the spring campaign",
    "kind": "lead",
    "trigger": {"event": "meta_lead.created"},
    "conditions": {
        "all": [
            {"field": "record.campaign_name", "op": "contains", "value": "Spring"},
            {
                "any": [
                    {"field": "record.tags", "op": "has", "value": "vip"},
                    {"field": "record.amount", "op": ">=", "value": 1000},
                ]
            },
        ]
    },
    "steps": [
        {
            "id": "hello",
            "action": "send_whatsapp",
            "with": {"to": "{{ record.phone }}", "template": "welcome", "language": "en_US"},
        },
        {
            "id": "call",
            "action": "create_task",
            "wait": {"days": 3, "at": "10:00", "weekdays": ["mon", "tue", "wed", "thu", "fri"]},
            "only_if": {"field": "record.status", "op": "equals", "value": "new"},
            "with": {"title": "Call {{ record.first_name }}", "assignee": "{{ record.owner }}"},
        },
    ],
    "entry": {"again": "once_per_record", "only_new": True},
    "exit": {"on": ["contact.replied"], "when": {"field": "record.status", "op": "equals", "value": "customer"}},
    "mode": "on",
}

_RULE = {
    "name": noted(filled_text(), "What admins call it.", examples=[EXAMPLE["name"]]),
    "description": noted(text(LONGEST_DESCRIPTION), "Notes for admins."),
    "kind": noted(
        patterned(KIND.pattern, empty=True), "The kind of record that the rule is about.", examples=["lead", "contact"]
    ),
    "trigger": noted(ref("Trigger"), "What makes the rule be considered."),
    "conditions": noted(ref("Condition"), "What must hold besides; by default nothing."),
    "steps": noted(
        {"type": "array", "items": ref("Step"), "maxItems": MAX_STEPS},
        "What is done, in order. May be left out only where the trigger moves the item.",
    ),
    "entry": noted(ref("Entry"), "Which records may enter, and how often."),
    "exit": noted(ref("Exit"), "What ends a run early."),
    "limits": noted(ref("Limits"), "Limits of its messages to customers, beside those of the installation."),
    "priority": noted(
        integer(MAX_PRIORITY, -MAX_PRIORITY),
        "Whose message goes first where a cap leaves place for one: the higher one.",
        default=0,
    ),
    "mode": noted(ref("Mode"), "Whether the rule acts.", default=str(Mode.OFF)),
    "time_zone": noted(ref("TimeZone"), "Whose clocks and days are meant; by default the installation's, else UTC."),
    "language": noted(
        {"type": "string", "enum": list(LANGUAGES)},
        "The language of words that whenthen writes in texts, such as yes and no; by default the installation's.",
    ),
    "order": noted(
        integer(MAX_ORDER),
        "Its place among the rules that an event starts: its run begins when that of the one before is over. By default"
        " it begins at once. `PUT /v1/rules/order` sets that of many.",
        examples=[1],
    ),
    "id": {**noted(text(), "The rule's id, which the API gives."), "readOnly": True},
    "version": {**noted(integer(MAX_VERSION), "Counts the saves, which the API does."), "readOnly": True},
    "activated_at": {**noted(text(), "Since when the rule is on or in shadow; the API writes it."), "readOnly": True},
    "existing_enrolment": {
        **noted(text(), "The enrolment of the records that fitted when it was switched on; the API writes it."),
        "readOnly": True,
    },
}
_ENTRY = {
    "again": noted(
        {"anyOf": [ref("ReentryPolicy"), ref("Every")]},
        "How often one record may enter.",
        default=str(ReentryPolicy.ALWAYS),
    ),
    "only_new": noted(flag(), "Only records created after the rule was switched on.", default=False),
    "while_running": noted(
        ref("WhileRunning"),
        "What an event does whose record has a run of this rule under way.",
        default=str(WhileRunning.PARALLEL),
    ),
    "debounce": noted(ref("Debounce"), "Lets one run begin after a burst of events, with the last state."),
}
_EXIT = {
    "on": noted(
        one_or_list(ref("EventType"), MAX_EXITS), "A run ends at one of these events.", examples=[["contact.replied"]]
    ),
    "when": noted(ref("Condition"), "A run ends if this holds before a step, or at a change of its record."),
    "goal": noted(
        ref("Condition"),
        "What the rule is for. A run ends as soon as this holds, as with `when`, and counts as a conversion, unless it"
        " held before the run began.",
    ),
    "of": noted(
        choice(ExitScope),
        "Whose events end a run: those of its record, or those of its customer. By default, events of the kind of its"
        " record must be about this record, and others about its customer.",
        examples=["customer"],
    ),
}
_OWN_KIND: Schema = {"properties": {"kind": {"type": "string"}}, "required": ["kind"]}
_FROM_VIEW: Schema = {"properties": {"view": {"type": "string", "pattern": r"\S"}}, "required": ["view"]}


def _kind_somewhere() -> Schema:
    """Where the rule names no kind, what its trigger looks at must, unless a saved view does."""
    of_filter: Schema = {"if": {"not": _FROM_VIEW}, "then": _OWN_KIND}
    of_schedule: Schema = {"if": {"properties": {"filter": GIVEN}, "required": ["filter"]}, "then": of_filter}
    rows = ((On.ENTERS, of_filter), (On.LEAVES, of_filter), (On.DATE, _OWN_KIND), (On.SCHEDULE, of_schedule))
    trigger: Schema = {"properties": {str(on): demanded for on, demanded in rows}}
    return when({"kind": BLANK}, {"properties": {"trigger": trigger}})


def _steps_or_move() -> Schema:
    """A rule has a step, unless its trigger has one of its own."""
    moves: Schema = {"properties": {"moves_to": {"type": "object"}}, "required": ["moves_to"]}
    some: Schema = {"properties": {"steps": {"type": "array", "minItems": 1}}, "required": ["steps"]}
    return {**when({"trigger": moves}, {}, given=("trigger",)), "else": some}


DEFINITIONS: dict[str, Schema] = {
    **condition.DEFINITIONS,
    **triggers.DEFINITIONS,
    "Rule": record(
        "Rule",
        "When something happens to a customer, and conditions hold, then do these things.",
        _RULE,
        required=("name", "trigger"),
        examples=[EXAMPLE],
        allOf=[_steps_or_move(), _kind_somewhere()],
    ),
    "Entry": record(
        "Entry", "Which records may enter, and how often.", _ENTRY, examples=[{"again": "once_per_record"}]
    ),
    "Exit": record(
        "Exit", "What ends a run early: an event, a condition, or a goal.", _EXIT, examples=[EXAMPLE["exit"]]
    ),
    "ReentryPolicy": {
        "title": "ReentryPolicy",
        "description": "How often one record may enter a rule: always, once, or again when its last run is over.",
        **choice(WORDS),
    },
    "Every": record(
        "Every",
        "At most once in this time, counted from the start of the record's last run.",
        {"every": ref("Duration")},
        required=("every",),
        examples=[{"every": {"days": 30}}],
    ),
    "Debounce": record(
        "Debounce",
        "How long no further event may come until the run begins; it begins after ten times that in any case.",
        {"seconds": noted(integer(MAX_DEBOUNCE, least=1), "How long no further event may come.", examples=[60])},
        required=("seconds",),
        examples=[{"seconds": 60}],
    ),
    "WhileRunning": {
        "title": "WhileRunning",
        "description": "Start a run beside the one under way, start none, or stop that one and start anew.",
        **choice(WhileRunning),
    },
    "Mode": {
        "title": "Mode",
        "description": "Whether a rule acts; in shadow it is evaluated and recorded, without any effect.",
        **choice(Mode),
    },
}


@cache
def rule_schema() -> dict[str, Any]:
    """The JSON Schema of a rule. Its definitions are under `$defs`; do not change what is returned."""
    return document("Rule", {**DEFINITIONS, **steps.definitions(), **limits.definitions()})
