"""List what no schema can say: the only ways in which a schema and its parser may differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from tests.schemas.frames import RULE, STEP, Document
from whenthen.domain.common.errors import Problem


class Unsayable(Struct, frozen=True):
    """One kind of documents that the schema takes and the parser refuses.

    reason   why no schema can refuse them
    kind     of the document: rule, view or source
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


def _without_kind(**members: Any) -> Document:
    return {name: member for name, member in _rule(**members).items() if name != "kind"}


def _step(**members: Any) -> Document:
    return _rule(steps=[{**STEP, **members}])


def _predicate(op: str, value: Any, **members: Any) -> Document:
    return _rule(conditions={"field": "record.a", "op": op, "value": value, **members})


def _mapping(**members: Any) -> Document:
    return {"name": "shop", "scheme": "stripe", "mappings": [{"type": "order.paid", **members}]}


def _nested(depth: int) -> Document:
    return {"not": _nested(depth - 1)} if depth else {"field": "record.a", "op": "exists"}


_MANY = {"any": [{"field": "record.a", "op": "exists"}] * 60}
_CHANGED = [f"kind_{number}.field_changed" for number in range(11)]
_TIME_ZONE = r"(.*\.)?(time_zone|zone)"
_ANY_CONDITION = r"(.*\.)?(conditions|only_if|when|filter)(\..*)?"

UNSAYABLE: tuple[Unsayable, ...] = (
    Unsayable("step ids", "A list cannot be told that its items differ in one member.", "rule", r"steps\[\d+\]\.id",
              r"step\.same_id", _rule(steps=[STEP, STEP])),
    Unsayable("branches", "No schema knows which ids the other items of a list have, nor their order.", "rule",
              r"steps\[\d+\]\.(else|on_error\.go_to)", r"step\.(unknown_target|target_not_later|target_within_group)",
              _step(on_error={"go_to": "nowhere"})),
    Unsayable("many delays", "No schema compares two members.", "rule", r"steps\[\d+\]\.retry\.delays",
              r"retry\.too_many_delays", _step(retry={"attempts": 1, "delays": [{"days": 1}]})),
    Unsayable("long delays", "A schema adds nothing up.", "rule", r"steps\[\d+\]\.retry\.delays\[\d+\]",
              r"retry\.delay_too_long|duration\.out_of_bounds", _step(retry={"delays": [{"days": 31}]})),
    Unsayable("long waits", "A schema adds nothing up.", "rule", r"steps(\[\d+\]\.wait)?",
              r"wait\.too_long|rule\.waits_too_long",
              _step(wait={"days": 360, "hours": 1})),
    Unsayable("long durations", "A schema adds nothing up.", "rule", r".*\.(within|value|ago|ahead|every)",
              r"duration\.out_of_bounds", _predicate("within_last", {"days": 3660, "hours": 1})),
    Unsayable("deep conditions", "A schema that refers to itself does not count how often.", "rule", _ANY_CONDITION,
              r"condition\.too_deep", _rule(conditions=_nested(7))),
    Unsayable("many predicates", "A schema adds nothing up.", "rule", _ANY_CONDITION, r"condition\.too_many",
              _rule(conditions={"all": [_MANY, _MANY]})),
    Unsayable("time zones", "The names of time zones change several times a year.", "rule", _TIME_ZONE,
              r"time_zone\.unknown(_or_own)?", _rule(time_zone="Europe/Atlantis")),
    Unsayable("no such day", "Which days and hours there are is arithmetic of the calendar.", "rule", r".*\.value",
              r"value\.not_point_in_time", _predicate("before", "2026-02-30")),
    Unsayable("no such moment", "Which days and hours there are is arithmetic of the calendar.", "rule",
              r"trigger\.schedule\.at", r"schedule\.malformed_moment",
              _rule(trigger={"schedule": {"at": "2026-02-30T09:00"}})),
    Unsayable("activation", "The API writes it: a schema of how times are written helps nobody.", "rule",
              "activated_at", r"time\.malformed", _rule(activated_at="yesterday")),
    Unsayable("cron", "Ranges, steps and how often an hour are arithmetic.", "rule", r"trigger\.schedule\.cron",
              r"cron\..+|schedule\.never", _rule(trigger={"schedule": {"cron": "* * * * *"}})),
    Unsayable("lower bound", "No schema compares two members.", "rule", r".*\.value", r"range\.reversed",
              _predicate("between", [2, 1])),
    Unsayable("numbers as text", "A pattern does not know how large the number is that a text spells.", "rule",
              r".*\.value", r"number\.too_long", _predicate(">", "1e99")),
    Unsayable("own rule", "No schema compares two members.", "rule", r"trigger\.after_rule", r"after_rule\.itself",
              _rule(id="rule_a1", trigger={"after_rule": "rule_a1"})),
    Unsayable("two kinds", "No schema compares two members.", "rule", r"trigger\.\w+\.kind",
              r"record_kind\.not_of_rule",
              _rule(trigger={"enters": {"kind": "deal"}})),
    Unsayable("filter of a view", "The API writes the filter of the saved view into the rule; only the store knows it.",
              "rule", r"trigger\.\w+\.view", r"view\.missing_filter", _rule(trigger={"enters": {"view": "view_a1"}})),
    Unsayable("kind of a view", "The API writes the kind of the saved view into the rule; only the store knows it.",
              "rule", r"trigger\.\w+\.kind", r"record_kind\.missing",
              _without_kind(trigger={"enters": {"view": "view_a1"}})),
    Unsayable("stage it is moved to", "No schema compares two members.", "rule", r"trigger\.moves_to\.from",
              r"stage\.same",
              _rule(trigger={"event": "deal.updated", "moves_to": {"stage": "won", "from": "won"}})),
    Unsayable("types that count twice", "A schema does not count items by what they are.", "rule", r"trigger\.event",
              r"trigger_event\.too_many", _rule(trigger={"event": _CHANGED})),
    Unsayable("64 bits", "1e30 is kept and 10^30 is not: a schema knows no difference between the two.", "rule",
              r"steps\[\d+\]\.with\.fields\..*", r"number\.beyond_64_bits",
              _rule(steps=[{"id": "a", "action": "set_fields", "with": {"fields": {"a": 10**30}}}])),
    Unsayable("whole floats", "1.0 is a whole number to a schema, and none to the parser.", "rule",
              r"version|.*\.(days|hours|minutes|seconds|business_days|business_hours|attempts|weeks|within|value|ago|ahead|every|delays\[\d+\])",
              r"value\.not_integer|duration\.malformed_amount", _step(wait={"days": 1.0})),
    Unsayable("JMESPath", "The grammar of expressions is no regular one.", "source",
              r"each|mappings\[\d+\]\.(record\.)?\w+", r"expression\..+",
              _mapping(data="[body")),
    Unsayable("record's own events", "No schema compares two members.", "source", r"mappings\[\d+\]\.record",
              r"source\.record_makes_events", _mapping(record={"kind": "order", "fields": "body"})),
)  # fmt: skip


def trimmed(value: Any) -> Any:
    """The document without white space around its texts: no schema can say that the parser cuts it off."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return {name: trimmed(item) for name, item in value.items()}
    return [trimmed(item) for item in value] if isinstance(value, list) else value


PARSER_TAKES: dict[str, Callable[[Any], Any]] = {"white space around texts": trimmed}
"""Documents that the parser takes and the schema refuses: each is one that the schema takes, once it is changed so."""


def unexplained(problems: Iterator[Problem] | list[Problem]) -> list[Problem]:
    """The problems that a schema could have told."""
    return [problem for problem in problems if not any(row.explains(problem) for row in UNSAYABLE)]
