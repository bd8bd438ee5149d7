"""The engines that `benchmarks/matching.py` measures beside whenthen, each used as its documentation advises for speed.

Every engine sees only the rules of the event's type, compiled once. `match` returns the ids that match.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Protocol

import json_logic
import rule_engine
import zen

from benchmarks.matching_workload import OPTIONAL
from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.matching.rule_set import required_condition_of
from whenthen.domain.rules.rule import parse_rule

Document = dict[str, Any]


class Engine(Protocol):
    """An engine with its rules compiled."""

    def __init__(self, documents: list[Document]) -> None: ...

    def match(self, context: Document) -> list[str]:
        """The ids of the rules that match, sorted."""


class NaiveLoop:
    """whenthen's own `evaluate`, asked of each rule of the type: the oracle."""

    def __init__(self, documents: list[Document]) -> None:
        self._rules = defaultdict(list)
        for rule in map(parse_rule, documents):
            self._rules[rule.trigger.event_types[0]].append((rule.id, required_condition_of(rule)))

    def match(self, context: Document) -> list[str]:
        """The ids of the rules that match, sorted."""
        return [rule_id for rule_id, demand in self._rules[context["event"]["type"]] if evaluate(demand, context)]


class RuleEngine:
    """rule-engine (Python): one compiled for each. It converts a whole object to read a field, so fields are flat."""

    def __init__(self, documents: list[Document]) -> None:
        self._rules = defaultdict(list)
        options = rule_engine.Context(default_value=None)
        for document in documents:
            rule = rule_engine.Rule(_joined(document, _rule_engine_leaf), context=options)
            self._rules[document["trigger"]["event"]].append((document["id"], rule))

    def match(self, context: Document) -> list[str]:
        """The ids of the rules that match, sorted."""
        flat = dict.fromkeys(OPTIONAL_FLAT) | {f"record_{name}": value for name, value in context["record"].items()}
        flat |= {f"event_data_{name}": value for name, value in context["event"]["data"].items()}
        flat["event_origin"] = context["event"]["origin"]
        return [rule_id for rule_id, rule in self._rules[context["event"]["type"]] if rule.matches(flat)]


class Zen:
    """zen-engine (Rust): all rules of a type in one compiled expression, so that the event crosses over once."""

    def __init__(self, documents: list[Document]) -> None:
        expressions = defaultdict(list)
        for document in documents:
            expressions[document["trigger"]["event"]].append((document["id"], _joined(document, _zen_leaf)))
        self._rules = {
            event_type: (
                [rule_id for rule_id, _ in rows],
                zen.compile_expression(f"[{', '.join(text for _, text in rows)}]"),
            )
            for event_type, rows in expressions.items()
        }

    def match(self, context: Document) -> list[str]:
        """The ids of the rules that match, sorted."""
        rule_ids, expression = self._rules[context["event"]["type"]]
        answers = expression.evaluate(context)
        return [rule_id for rule_id, answer in zip(rule_ids, answers, strict=True) if answer]


class JsonLogic:
    """json-logic-qubit (Python): JSON evaluated as it is."""

    def __init__(self, documents: list[Document]) -> None:
        json_logic.add_operation("starts_with", lambda text, part: isinstance(text, str) and text.startswith(part))
        json_logic.add_operation("fits", lambda text, pattern: isinstance(text, str) and bool(pattern.match(text)))
        self._rules = defaultdict(list)
        for document in documents:
            logic = _json_logic(document["conditions"])
            self._rules[document["trigger"]["event"]].append((document["id"], logic))

    def match(self, context: Document) -> list[str]:
        """The ids of the rules that match, sorted."""
        rules = self._rules[context["event"]["type"]]
        return [rule_id for rule_id, logic in rules if json_logic.jsonLogic(logic, context)]


def _joined(document: Document, predicate: Callable[[Document], str]) -> str:
    items = document["conditions"]["all"]
    return " and ".join(
        "(" + " or ".join(map(predicate, item["any"])) + ")" if "any" in item else predicate(item) for item in items
    )


def _text(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _regex(pattern: str) -> str:
    return "^" + ".*".join(map(re.escape, pattern.split("*"))) + "$"


OPTIONAL_FLAT = tuple(field.replace(".", "_") for field in OPTIONAL)
_COMPARE = "{field} {op} {value}"
_RULE_ENGINE = {
    "equals": "{field} == {value}",
    "not_equals": "{field} != {value}",
    "in": "{field} in {value}",
    "has": "{value} in {field}",
    "exists": "{field} != null",
    "contains": "{value} in {field}",
    "starts_with": "{field}.starts_with({value})",
    "matches": '{field} =~ "{regex}"',
}
_ZEN = _RULE_ENGINE | {
    "contains": "contains({field}, {value})",
    "starts_with": "startsWith({field}, {value})",
    "matches": 'matches({field}, "{regex}")',
}


def _written(forms: dict[str, str], predicate: Document) -> str:
    op, value = predicate["op"], predicate.get("value")
    regex = _regex(value) if op == "matches" else ""
    return forms.get(op, _COMPARE).format(field=predicate["field"], op=op, value=_text(value), regex=regex)


def _rule_engine_leaf(predicate: Document) -> str:
    return _written(_RULE_ENGINE, {**predicate, "field": predicate["field"].replace(".", "_")})


def _zen_leaf(predicate: Document) -> str:
    return _written(_ZEN, predicate)


def _json_logic(condition: Document) -> Document:
    for group, name in (("all", "and"), ("any", "or")):
        if group in condition:
            return {name: [_json_logic(item) for item in condition[group]]}
    op, value, field = condition["op"], condition.get("value"), {"var": condition["field"]}
    if op == "exists":
        return {"!=": [field, None]}
    if op == "matches":
        return {"fits": [field, re.compile(_regex(str(value)))]}
    if op in ("has", "contains"):
        return {"in": [value, field]}
    return {{"equals": "==", "not_equals": "!="}.get(op, op): [field, value]}


ENGINES: dict[str, type[Engine]] = {
    "rule-engine": RuleEngine,
    "zen-engine": Zen,
    "json-logic-qubit": JsonLogic,
    "naive loop": NaiveLoop,
}
