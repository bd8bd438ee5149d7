"""List what no schema can say: the only ways in which a save refuses what a schema takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tests.schemas.frames import RULE, STEP, Document
from whenthen.domain.common.errors import Problem


class Unsayable(Struct, frozen=True):
    """A kind of documents that the schema takes and a save refuses.

    reason   why no schema can refuse them
    kind     of the document: rule, view, template or source
    field    pattern of the whole path of the problem's field
    code     pattern of the whole code of the problem
    witness  such a document
    """

    name: str
    reason: str
    kind: str
    field: str
    code: str
    witness: Document

    def explains(self, problem: Problem) -> bool:
        """Whether the problem is of this kind."""
        return bool(re.fullmatch(self.field, problem.field) and re.fullmatch(self.code, problem.reason.code))


def _rule(**members: Any) -> Document:
    return {**RULE, **members}


def _step(**members: Any) -> Document:
    return _rule(steps=[{**STEP, **members}])


def _predicate(op: str, value: Any, **members: Any) -> Document:
    return _rule(conditions={"field": "record.a", "op": op, "value": value, **members})


def _is(value: str, field: str = "record.status") -> Document:
    return {"field": field, "op": "equals", "value": value}


def _is_not(value: str) -> Document:
    return {"field": "record.status", "op": "not_equals", "value": value}


def _conditions(*parts: Document) -> Document:
    return _rule(conditions={"all": list(parts)})


def _mapping(**members: Any) -> Document:
    return {"name": "shop", "scheme": "stripe", "mappings": [{"type": "order.paid", **members}]}


def _nested(depth: int) -> Document:
    return {"not": _nested(depth - 1)} if depth else {"field": "record.a", "op": "exists"}


_MANY = {"any": [{"field": "record.a", "op": "exists"}] * 60}
_MAIL = {"id": "m", "action": "send_email", "with": {"to": "a@example.com", "subject": "Seen?", "text": "x"}}
_CHANGED = [f"kind_{number}.field_changed" for number in range(11)]
_AMOUNTS = (
    r"days|hours|minutes|seconds|business_days|business_hours|attempts|weeks|within|value|ago|ahead|every|timeout|delays\[\d+\]"
    r"|priority|most|per"
)
_TIME_ZONE = r"(.*\.)?(time_zone|zone)"
_ANY_CONDITION = r"(.*\.)?(conditions|only_if|when|goal|filter)(\..*)?"

UNSAYABLE: tuple[Unsayable, ...] = (
    Unsayable("step ids that repeat", "A list cannot be told that its items differ in one member.", "rule",
              r"steps\[\d+\]\.id", r"step\.same_id", _rule(steps=[STEP, STEP])),
    Unsayable("branches to steps that are not there, or not later",
              "No schema knows which ids the other items of a list have, nor their order.", "rule",
              r"steps\[\d+\]\.(else|on_error\.go_to|wait\.for_event\.(then|else))",
              r"step\.(unknown_target|target_not_later|target_within_group)",
              _step(on_error={"go_to": "nowhere"})),
    Unsayable("more delays than retries", "No schema compares two members.", "rule", r"steps\[\d+\]\.retry\.delays",
              r"retry\.too_many_delays", _step(retry={"attempts": 1, "delays": [{"days": 1}]})),
    Unsayable("delays that are too long", "A schema adds nothing up.", "rule", r"steps\[\d+\]\.retry\.delays\[\d+\]",
              r"retry\.delay_too_long|duration\.out_of_bounds", _step(retry={"delays": [{"days": 31}]})),
    Unsayable("timeouts that are too long", "A schema adds nothing up.", "rule",
              r"steps\[\d+\]\.wait\.for_event\.timeout", r"event_wait\.too_long|duration\.out_of_bounds",
              _step(wait={"for_event": {"on": ["contact.replied"], "timeout": {"days": 361}}})),
    Unsayable("waits that add up to too much", "A schema adds nothing up.", "rule", r"steps(\[\d+\]\.wait)?",
              r"wait\.too_long|rule\.waits_too_long", _step(wait={"days": 360, "hours": 1})),
    Unsayable("windows of caps that add up to too much", "A schema adds nothing up.", "rule",
              r"limits\.marketing\[\d+\]\.per", r"cap\.window_too_long",
              _rule(limits={"marketing": [{"channel": "any", "most": 1, "per": {"days": 366, "hours": 1}}]})),
    Unsayable("quiet hours of a whole day", "No schema compares two members.", "rule", r"limits\.quiet_hours\.to",
              r"quiet_hours\.same_hour", _rule(limits={"quiet_hours": {"from": "09:00", "to": "09:00"}})),
    Unsayable("durations that add up to too much", "A schema adds nothing up.", "rule",
              r".*\.(within|value|ago|ahead|every)", r"duration\.out_of_bounds",
              _predicate("within_last", {"days": 3660, "hours": 1})),
    Unsayable("conditions that nest too deeply", "A schema that refers to itself does not count how often.", "rule",
              _ANY_CONDITION, r"condition\.too_deep", _rule(conditions=_nested(7))),
    Unsayable("too many predicates", "A schema adds nothing up.", "rule", _ANY_CONDITION, r"condition\.too_many",
              _rule(conditions={"all": [_MANY, _MANY]})),
    Unsayable("time zones that do not exist", "The names of time zones change several times a year.", "rule",
              _TIME_ZONE, r"time_zone\.unknown(_or_own)?", _rule(time_zone="Europe/Atlantis")),
    Unsayable("days that do not exist", "Which days and hours there are is arithmetic of the calendar.", "rule",
              r".*\.value", r"value\.not_point_in_time", _predicate("before", "2026-02-30")),
    Unsayable("moments that do not exist", "Which days and hours there are is arithmetic of the calendar.", "rule",
              r"trigger\.schedule\.at", r"schedule\.malformed_moment",
              _rule(trigger={"schedule": {"at": "2026-02-30T09:00"}})),
    Unsayable("cron expressions", "Ranges, steps and how often an hour are arithmetic.", "rule",
              r"trigger\.schedule\.cron", r"cron\..+|schedule\.never",
              _rule(trigger={"schedule": {"cron": "* * * * *"}})),
    Unsayable("ranges with their bounds reversed", "No schema compares two members.", "rule", r".*\.value",
              r"range\.reversed", _predicate("between", [2, 1])),
    Unsayable("texts that spell a huge number", "A pattern does not know how large the number is that a text spells.",
              "rule", r".*\.value", r"number\.too_long", _predicate(">", "1e99")),
    Unsayable("a rule that follows itself", "No schema compares two members.", "rule", r"trigger\.after_rule",
              r"after_rule\.itself", _rule(id="rule_a1", trigger={"after_rule": "rule_a1"})),
    Unsayable("a trigger of another kind than the rule's", "No schema compares two members.", "rule",
              r"trigger\.\w+\.kind", r"record_kind\.not_of_rule", _rule(trigger={"enters": {"kind": "deal"}})),
    Unsayable("views that do not exist", "Only the store knows which views there are.", "rule", r"trigger\.\w+\.view",
              r"view\.not_found", _rule(trigger={"enters": {"view": "view_b2"}})),
    Unsayable("moving an item to the stage it comes from", "No schema compares two members.", "rule",
              r"trigger\.moves_to\.from", r"stage\.same",
              _rule(trigger={"event": "deal.updated", "moves_to": {"stage": "won", "from": "won"}})),
    Unsayable("too many event types, of which some count twice", "A schema does not count items by what they are.",
              "rule", r"trigger\.event", r"trigger_event\.too_many", _rule(trigger={"event": _CHANGED})),
    Unsayable("integers beyond 64 bits",
              "1e30 is kept and 10^30 is not: a schema knows no difference between the two.", "rule",
              r"steps\[\d+\]\.with\.fields\..*", r"number\.beyond_64_bits",
              _rule(steps=[{"id": "a", "action": "set_fields", "with": {"fields": {"a": 10**30}}}])),
    Unsayable("1.0 for a whole number", "1.0 is a whole number to a schema, and none to the parser.", "rule",
              rf".*\.({_AMOUNTS})",
              r"value\.not_integer|duration\.malformed_amount", _step(wait={"days": 1.0})),
    Unsayable("templates that cannot be read", "The grammar of templates is no regular one.", "rule",
              r"steps\[\d+\]\.with\..*", r"template\..+", _rule(steps=[{**STEP, "with": {"tags": ["{{x}}"]}}])),
    Unsayable("stored templates that cannot be read", "The grammar of templates is no regular one.", "template",
              r"texts\..+", r"template\..+", {"name": "Welcome", "texts": {"en": {"text": "{{ x }}"}}}),
    Unsayable("the same language twice", "A schema does not compare the names of members.", "template",
              r"texts", r"stored_template\.same_language",
              {"name": "Welcome", "texts": {"en": {"text": "Hi"}, "EN": {"text": "Hi"}}}),
    Unsayable("conditions that never hold", "A schema compares no values.", "rule", r"conditions|trigger",
              r"lint\.never_holds", _conditions(_is("new"), _is_not("new"))),
    Unsayable("conditions that only a list could fulfil", "A schema compares no values.", "rule",
              r"conditions|trigger", r"lint\.only_for_lists",
              _conditions(_is("a.b", "event.type"), _is("a.c", "event.type"))),
    Unsayable("operators that do not suit the field's type",
              "A schema does not know which field of which event holds what.", "rule", rf"{_ANY_CONDITION}|trigger",
              r"lint\.wrong_type", _predicate("starts_with", "1", field="record.version")),
    Unsayable("steps that no run reaches", "A schema compares no conditions.", "rule", r"steps\[\d+\]\.only_if",
              r"lint\.unreachable_step", {**_step(only_if=_is_not("new")), "conditions": _is("new")}),
    Unsayable("steps that the exit ends", "A schema compares no conditions.", "rule", r"steps\[\d+\]\.only_if",
              r"lint\.exit_before_step", {**_step(only_if=_is("won")), "exit": {"when": _is("won")}}),
    Unsayable("exits that never come", "A schema compares no values.", "rule", r"exit\.(when|goal)",
              r"lint\.exit_never", _rule(exit={"when": {"all": [_is("new"), _is_not("new")]}})),
    Unsayable("exits that come at once", "A schema compares no conditions.", "rule", r"exit\.(when|goal)",
              r"lint\.exit_at_once", _rule(conditions=_is("new"), exit={"when": _is("new")})),
    Unsayable("endless cycles", "Only the store knows which rules start one another.", "rule", "steps",
              r"lint\.endless_cycle", _rule(kind=None, trigger={"event": "email.delivered"}, steps=[_MAIL])),
    Unsayable("expressions that are no JMESPath", "The grammar of expressions is no regular one.", "source",
              r"each|mappings\[\d+\]\.(record\.)?\w+", r"expression\..+", _mapping(data="[body")),
    Unsayable("events that the mapped record makes itself", "No schema compares two members.", "source",
              r"mappings\[\d+\]\.record", r"source\.record_makes_events",
              _mapping(record={"kind": "order", "fields": "body"})),
)  # fmt: skip


def unexplained(problems: Iterator[Problem] | list[Problem]) -> list[Problem]:
    """The problems that a schema could have told."""
    return [problem for problem in problems if not any(row.explains(problem) for row in UNSAYABLE)]
