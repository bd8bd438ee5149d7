"""Generate rules and events, and events whose fields hold what a rule asks for, written in other ways.

Hypothesis draws one number for each rule and event; all of it follows from that number. So it shrinks the rules, events
and changes of a test to few, and draws thousands of them in the time in which it would draw the parts of a hundred.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from unicodedata import normalize

from hypothesis import strategies as st

from tests.domain.matching.rules import Rule, Trigger, condition_of
from whenthen.domain.conditions.condition import predicates as predicates_of
from whenthen.domain.conditions.operator_functions import LONG
from whenthen.domain.matching.rule_set import required_condition_of

TYPES = ("lead.created", "lead.field_changed")
FIELDS = (
    *("record.a", "record.b", "record.c", "record.c.d", "record.c.d.0", "record.c.1.d", "event.data", "event.data.a"),
    *("event.data.e.d.a", "event.data.e.0", "before.a", "before.c.d", "related.owner.a", "event.origin", "event.type"),
    *("event.changes.a.to", "event.missing.a"),
)
CHANGING = ("record.a", "record.b", "record.c", "record.c.d", "record.c.1.d")
TEXTS = (
    *("", " ", "a", "A", "ab", "abc", "bc", "abcabcabcabcabc", "a" * LONG + "bc", "é" * LONG + "1", "1;K;K", "true"),
    *("1", "1.0", " 1 ", "1e0", "0", "-0", "5", "5.0000000000000000001", "5.5", "05", "+5", "100", "1e2", "1E+2"),
    *("9007199254740993", "0.1", "0.10", "\u0665", "\uff15", "NaN", "1,5", "K", "\u212a", "1\u037eK\u212a", "\u1fef"),
    *("`", "İ", "i", "i\u0307", "I", "ı", "straße", "STRASSE", "STRA\u1e9eE", "ﬁ", "fi", "café", "cafe\u0301", "CAFÉ"),
    *("\u1112\u1161\u11ab", "\ud55c", "\u0301", "ς", "Σ", "שלום", "\ufb2a", "ẛ̣", "\U0001f1f9\U0001f1f7", "a\x00b"),
    *("2026-03-14", "2026-03-13T23:00:00Z", "2026-03-14T09:00:00+03:00", "09:30", "2026-02-30"),
)
NUMBERS = (0, 1, 1.0, 2, 5, 5.5, -1, 0.1, 100, 2**53 + 1, 10**30)
ODD = (
    *(float("nan"), float("inf"), 1e300, -0.0, Decimal("5.0"), Decimal("5.5"), Decimal("NaN"), Decimal("1E+2")),
    *({}, [], [None], [["a"]], [[]], [{}], ("a", "b"), MappingProxyType({"a": "a", "d": 1, "0": "b"})),
)
FORMS: tuple[Callable[[str], str], ...] = (
    *(lambda text: normalize("NFD", text), lambda text: normalize("NFC", text), str.upper, str.lower, str.swapcase),
    *(str.casefold, lambda text: f" {text}", lambda text: f"{text}.0", lambda text: f"ab{text}", lambda text: text * 2),
    *(lambda text: f"{text}é", lambda text: text[:-1], lambda text: text + "\u0301", lambda text: "c" * LONG + text),
)
OBJECTS = (None, "a", 5, [], [{"a": "a", "c": {"d": 1}}, {"a": ["b", 5]}], MappingProxyType({"a": "a", "b": 5}))
ORIGINS = ("human", "import", ["a"], None)
ZONES = ("Asia/Jakarta", "America/Los_Angeles")
SPELLED = ("5", "0.1", "1e2", "9007199254740993", "5.0000000000000000001", " 1 ")
MOMENTS = ("2026-03-14", "2026-03-14T06:00:00Z", "now", "today", "10:00", {"ago": {"hours": 9}}, {"ahead": {"days": 2}})
RANGES = ([0, 5], [1, 1], ["5", 5.5], ["2026-03-01", "today"], ["09:00", "17:00"], ["22:00", "09:30"])
ELSEWHERE = (
    {"field": "now.weekday", "op": "in", "value": ["fri", "sat"]},
    {"field": "now.hour", "op": "between", "value": [9, 17], "zone": "Asia/Jakarta"},
    {"field": "history.lead.created", "op": ">=", "value": 2, "within": {"days": 7}},
)


class Source(random.Random):
    """Make rules and events of one number: the larger it is, the more there is to them."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.size = number.bit_length() // 4

    def upto(self, most: int) -> range:
        return range(self.randint(0, most))

    def text(self) -> str:
        if self.random() < 0.2:
            return "".join(self.choice("abAiİIıé\u0301\u0307\u0130 sßS15.-e*") for _ in self.upto(6))
        text = self.choice(TEXTS)
        return self.choice(FORMS)(text) if self.random() < 0.4 else text

    def number(self) -> int | float:
        return self.choice([self.choice(NUMBERS), self.randint(-3, 6), self.randint(-20, 60) / 10])

    def scalar(self) -> Any:
        return self.choice([self.text, self.text, self.number, lambda: self.random() < 0.5])()

    def scalars(self, most: int) -> list[Any]:
        return [self.scalar() for _ in self.upto(most)]

    def small_object(self) -> dict[str, Any]:
        return {self.choice("ad0"): self.choice([self.scalar, lambda: self.scalars(2)])() for _ in self.upto(2)}

    def value(self) -> Any:
        ways = [self.scalar, self.scalar, self.scalar, lambda: None, lambda: self.choice(ODD), self.small_object]
        ways += [lambda: [self.small_object() for _ in self.upto(3)]]
        ways += [lambda: [self.choice([self.scalar(), self.scalar(), None, self.choice(ODD)]) for _ in self.upto(4)]]
        return self.choice(ways)()

    def predicate(self, fields: Sequence[str] = FIELDS, changing: Sequence[str] = CHANGING) -> dict[str, Any]:
        """Make a predicate of any operator about one of the fields."""
        if fields is FIELDS and self.random() < 0.03:
            return self.choice(ELSEWHERE)
        ops, operand, option = self.choice(OPERANDS)
        op = self.choice(ops.split())
        document = {"field": self.choice(changing if op.startswith("changed") else fields), "op": op}
        document["value"] = operand(self)
        if option and self.random() < 0.5:
            document |= {"ignore_case": self.random() < 0.7} if option == "fold" else {"zone": self.choice(ZONES)}
        return document

    def condition(self, leaves: int, depth: int = 6) -> dict[str, Any]:
        """Make a nest of `all`, `any` and `not`."""
        if depth and self.random() < 0.12:
            return {"not": self.condition(leaves, depth - 1)}
        if leaves == 1 or not depth:
            return self.predicate()
        parts, items = self.randint(1, min(leaves, 5)), []
        while leaves:
            taken = self.randint(1, leaves) if len(items) < parts - 1 else leaves
            items.append(self.condition(taken, depth - 1))
            leaves -= taken
        return {self.choice(["all", "any"]): items}

    def record(self) -> Any:
        if self.random() < 0.2:
            return self.choice(OBJECTS)
        record = {name: self.value() for name in "abc" if self.random() < 0.8}
        return {**record, "c": {"d": self.value()}} if self.random() < 0.4 else record


OPERANDS: tuple[tuple[str, Callable[[Source], Any], str], ...] = (
    *[("equals not_equals has", Source.scalar, "fold")] * 2,
    *[("in not_in has_any has_all changed_to changed_from", lambda of: [of.scalar(), *of.scalars(11)], "fold")] * 2,
    *[("contains starts_with ends_with matches", lambda of: of.text() or "a", "fold")] * 2,
    ("matches", lambda of: "*".join([of.text() for _ in range(of.randint(2, 4))]).replace("**", "*"), "fold"),
    ("> >= < <=", lambda of: of.choice([of.number(), of.choice(SPELLED)]), ""),
    ("exists is_empty changed", lambda of: of.random() < 0.5, ""),
    ("changed_to changed_from", Source.scalar, "fold"),
    ("between", lambda of: of.choice(RANGES), "zone"),
    ("before after", lambda of: of.choice(MOMENTS), "zone"),
    ("within_last within_next", lambda of: of.choice([{"days": 2}, {"hours": 12}]), "zone"),
)
"""(Operators, their operand, the option that they take.)"""


def rule_of(number: int) -> Rule:
    """Make a rule: its trigger's condition and its own, of up to 14 predicates."""
    of = Source(number)
    trigger = of.predicate() if of.random() < 0.3 else None
    own = of.condition(1 + of.randint(0, of.size)) if of.random() < 0.95 else None
    types = of.choice([TYPES[:1], TYPES[1:], TYPES, TYPES[:1] * 2])
    return Rule(
        f"rule_{of.randint(0, 30)}", Trigger(types, trigger and condition_of(trigger)), own and condition_of(own)
    )


def event_of(number: int) -> dict[str, Any]:
    """Make the context of an event: any part may be missing, or be something else."""
    of = Source(number)
    event: dict[str, Any] = {"type": of.choice(TYPES), "time": "2026-03-14T09:00:00Z", "origin": of.choice(ORIGINS)}
    event["data"] = of.choice([{"a": of.value(), "e": of.value()}, {"a": of.value()}, {"e": of.value()}, of.value()])
    if of.random() < 0.4:
        event["changes"] = {
            name: of.choice([{"from": of.value(), "to": of.value()}, {"to": of.value()}, of.choice(ODD)])
            for name in of.sample("abc", of.randint(0, 3))
        }
    context = {"event": event, "now": of.choice(["2026-03-14T12:00:00+03:00", "2026-03-16T23:00:00Z"])}
    parts = {"record": of.record, "before": of.record, "related": lambda: {"owner": {"a": of.value()}}}
    parts["history"] = lambda: {"lead.created": ["2026-03-13T00:00:00Z", "2026-01-01T00:00:00Z"]}
    return context | {name: make() for name, make in parts.items() if of.random() < 0.85}


seeds = st.integers(0, 2**52)
rules = seeds.map(rule_of)
contexts = seeds.map(event_of)


def fitting(rule: Rule, context: dict[str, Any], forms: int) -> dict[str, Any]:
    """Return an event whose fields hold what the rule's conditions ask for, each written in some form."""
    context = {**context, "event": {**context["event"], "type": rule.trigger.event_types[0]}}
    of = Source(forms)
    for predicate in predicates_of(required_condition_of(rule)):
        if predicate.path.steps and of.random() < 0.9:
            form = of.randrange(1_000)
            wanted = predicate.value
            if isinstance(wanted, list) and form % 2:
                wanted = wanted[form % len(wanted)]
            _put(context, predicate.path.steps, _written(wanted, form))
    return context


def _put(context: dict[str, Any], steps: tuple[str, ...], value: Any) -> None:
    for name in steps[:-1]:
        inner = context.get(name)
        context[name] = context = dict(inner) if type(inner) is dict else {}
    context[steps[-1]] = value


def _written(value: Any, form: int) -> Any:
    ways: list[Callable[[Any], Any]] = [lambda value: value, lambda value: [value], lambda value: ["x", value, None]]
    if isinstance(value, str):
        ways += [*FORMS, lambda text: [FORMS[form % len(FORMS)](text), "b"], lambda text: text.replace("*", "ab")]
    elif isinstance(value, bool):
        ways += [int, str, lambda truth: not truth, lambda truth: [not truth, truth]]
    elif isinstance(value, int | float):
        ways += [
            str,
            lambda number: f" {number} ",
            lambda number: Decimal(str(number)),
            float,
            lambda number: number - 1,
        ]
        ways += [bool, lambda number: [str(number), number + 1]]
    return ways[form % len(ways)](value)
