"""Lint: what can never hold, what does not suit its field, and rules that get in each other's way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whenthen.domain.conditions import Condition, evaluate, parse_condition
from whenthen.domain.contradictions import Verdict, verdict
from whenthen.domain.effects import effects_of, events_of
from whenthen.domain.lint import Severity, lint
from whenthen.domain.rules import Rule, parse_rule


def condition_of(*leaves: Any) -> Condition:
    condition = parse_condition({"all": list(leaves)}, "conditions", [])
    assert condition is not None
    return condition


def it(op: str, value: Any = None, name: str = "x", **options: Any) -> dict[str, Any]:
    return {"field": f"record.{name}", "op": op, "value": value, **options}


ABSENT = it("exists", value=False)


def rule_of(name: str = "r", **parts: Any) -> Rule:
    return parse_rule(
        {
            "id": name,
            "name": name,
            "kind": "lead",
            "mode": "on",
            "trigger": {"event": "lead.updated"},
            "steps": [{"id": "tag", "action": "add_tags", "with": {"tags": ["seen"]}}],
            **parts,
        }
    )


def sets(**fields: Any) -> list[dict[str, Any]]:
    return [{"id": "set", "action": "set_fields", "with": {"fields": fields}}]


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        ([it("equals", "a"), it("equals", "b")], Verdict.ONLY_FOR_LISTS),
        ([it("equals", "a"), it("not_equals", "a")], Verdict.NEVER),
        ([it("equals", "a"), it("not_equals", "b")], Verdict.POSSIBLE),
        ([it("in", ["a", "b"]), it("not_in", ["a", "b", "c"])], Verdict.NEVER),
        ([it("in", ["a", "b"]), it("not_in", ["a"])], Verdict.POSSIBLE),
        ([it("equals", "a"), {"not": it("has", "a")}], Verdict.NEVER),
        ([ABSENT, it("equals", "a")], Verdict.NEVER),
        ([ABSENT, it(">", 5)], Verdict.NEVER),
        ([it("is_empty"), it("equals", "a")], Verdict.NEVER),
        ([it("exists"), ABSENT], Verdict.NEVER),
        ([it(">", 10), it("<", 5)], Verdict.ONLY_FOR_LISTS),
        ([it(">", 10), it("<", 11)], Verdict.POSSIBLE),
        ([it(">=", 10), it("<=", 10)], Verdict.POSSIBLE),
        ([it(">", 10), it("<=", 10)], Verdict.ONLY_FOR_LISTS),
        ([it("equals", 5), it(">", 10)], Verdict.ONLY_FOR_LISTS),
        ([it("equals", 5), it("equals", "5")], Verdict.POSSIBLE),
        ([it("equals", 5), it("not_equals", "5")], Verdict.POSSIBLE),
        ([it("equals", "abc"), it("starts_with", "b")], Verdict.ONLY_FOR_LISTS),
        ([it("equals", "abc"), it("starts_with", "a")], Verdict.POSSIBLE),
        ([it("equals", "a", ignore_case=True), it("equals", "A")], Verdict.POSSIBLE),
        ([it("starts_with", "a"), it("starts_with", "b")], Verdict.POSSIBLE),
        ([it("equals", "a"), it("equals", "b", name="y")], Verdict.POSSIBLE),
        ([it("equals", "a"), {"any": [it("not_equals", "a"), ABSENT]}], Verdict.NEVER),
        ([it("equals", "a"), {"any": [it("not_equals", "a"), it("exists")]}], Verdict.POSSIBLE),
    ],
)
def test_verdict(leaves: list[Any], expected: Verdict) -> None:
    assert verdict(condition_of(*leaves)) is expected


VALUES = ["a", "b", "ab", "5", "5.0", " 5", 5, 5.0, 6, 7.5, True, ""]
scalars = st.sampled_from(VALUES)
leaves = st.one_of(
    st.builds(it, st.sampled_from(["equals", "not_equals", "has"]), scalars),
    st.builds(it, st.sampled_from(["in", "not_in", "has_all"]), st.lists(scalars, min_size=1, max_size=3)),
    st.builds(it, st.sampled_from([">", ">=", "<", "<="]), st.sampled_from([5, "5", 6, 5.5])),
    st.builds(it, st.sampled_from(["starts_with", "ends_with", "contains"]), st.sampled_from(["a", "5", ".0", " "])),
    st.builds(it, st.sampled_from(["exists", "is_empty"]), st.booleans()),
)
negated = st.one_of(leaves, leaves.map(lambda leaf: {"not": leaf}))
items = st.one_of(negated, st.lists(negated, min_size=1, max_size=2).map(lambda parts: {"any": parts}))
actual = st.one_of(st.none(), scalars, st.lists(scalars, max_size=3), st.floats(-10, 10))


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.lists(items, min_size=1, max_size=4), st.lists(actual, min_size=3, max_size=12))
def test_what_never_holds_never_holds(parts: list[Any], values: list[Any]) -> None:
    condition = condition_of(*parts)
    judged = verdict(condition)
    for value in [*values, *VALUES, *([value] for value in VALUES)]:
        if evaluate(condition, {"record": {"x": value}}):
            assert judged is Verdict.POSSIBLE or (judged is Verdict.ONLY_FOR_LISTS and isinstance(value, list))


FIELDS = {"event.data.total": "number", "event.data.message": "text", "record.status": "text", "record.due": "date"}


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({}, []),
        (
            {"conditions": {"all": [it("equals", "a", name="status"), it("not_equals", "a", name="status")]}},
            [("never_holds", "error", "conditions")],
        ),
        (
            {"conditions": {"all": [it("equals", "a", "status"), it("equals", "b", "status")]}},
            [("only_for_lists", "error", "conditions")],
        ),
        (
            {"conditions": {"field": "event.data.totall", "op": ">", "value": 5}},
            [("unknown_field", "warning", "conditions.field")],
        ),
        (
            {"conditions": {"any": [{"field": "event.data.total", "op": "contains", "value": "5"}]}},
            [("wrong_type", "error", "conditions.any[0].op")],
        ),
        (
            {"conditions": {"not": {"field": "event.data.total", "op": "within_last", "value": {"days": 1}}}},
            [("wrong_type", "error", "conditions.not.op")],
        ),
        ({"conditions": it("between", ["2026-03-01", "2026-03-02"], "due")}, []),
        ({"conditions": it(">", 5, "due")}, [("wrong_type", "error", "conditions.op")]),
        (
            {"steps": [{**sets(a=1)[0], "only_if": {"all": [it("exists"), ABSENT]}}]},
            [("unreachable_step", "error", "steps[0].only_if")],
        ),
        (
            {
                "steps": [{**sets(a=1)[0], "only_if": it("exists")}],
                "exit": {"when": it("exists")},
                "trigger": {"event": "a.b"},
            },
            [("unreachable_step", "error", "steps[0].only_if")],
        ),
    ],
)
def test_findings_in_one_rule(parts: dict[str, Any], found: list[tuple[str, str, str]]) -> None:
    findings = lint(rule_of(**parts), fields=FIELDS)
    assert [(finding.code, finding.severity.value, finding.field) for finding in findings] == found


def test_two_rules_that_write_one_field() -> None:
    first, second = rule_of("first", trigger={"event": "lead.created"}, steps=sets(stage="a")), None
    second = rule_of("second", trigger={"event": "lead.created"}, steps=sets(stage="b"))
    assert [(finding.code, finding.rules) for finding in lint(first, [first, second])] == [("same_field", ("second",))]
    assert not lint(first, [rule_of("second", trigger={"event": "lead.created"}, steps=sets(stage="a"))])
    assert not lint(first, [rule_of("second", trigger={"event": "lead.deleted"}, steps=sets(stage="b"))])
    assert not lint(first, [rule_of("second", trigger={"event": "lead.created"}, steps=sets(stage="b"), mode="off")])
    apart = {"conditions": it("exists")}, {"conditions": ABSENT}
    only = [
        rule_of(name, trigger={"event": "lead.created"}, steps=sets(stage=name), **parts)
        for name, parts in zip("ab", apart, strict=True)
    ]
    assert not lint(only[0], only)


def test_a_rule_that_starts_itself() -> None:
    loop = rule_of("loop", trigger={"event": "lead.updated"}, steps=sets(note="{{ record.name }}"))
    assert [finding.code for finding in lint(loop)] == ["cycle"]
    other_field = rule_of("other", trigger={"event": "lead.field_changed", "field": "status"}, steps=sets(note="x"))
    assert not lint(other_field)
    to_other = rule_of(
        "to", trigger={"event": "lead.field_changed", "field": "status", "to": "a"}, steps=sets(status="b")
    )
    assert not lint(to_other)
    assert not lint(rule_of("made", trigger={"event": "lead.created"}, steps=sets(note="x")))


def test_rules_that_start_one_another_are_shown_in_their_order() -> None:
    won = rule_of("won", trigger={"event": "lead.stage_changed"}, steps=sets(status="customer"))
    told = rule_of("told", trigger={"event": "lead.status_changed"}, steps=sets(folder="{{ record.city }}"))
    back = rule_of("back", trigger={"event": "lead.folder_changed"}, steps=sets(stage="won"))
    (cycle,) = [finding for finding in lint(won, [won, told, back]) if finding.code == "cycle"]
    assert (cycle.rules, cycle.severity) == (("told", "back"), Severity.WARNING)
    assert cycle.message == "it starts itself again: “won” → “told” → “back” → “won”; this ends at the limit on hops"
    settled = rule_of("told", trigger={"event": "lead.status_changed"}, steps=sets(folder="customers"))
    (cycle,) = [finding for finding in lint(won, [won, settled, back]) if finding.code == "cycle"]
    assert cycle.message.endswith("once the fields hold what they write")
    assert not lint(won, [told])


def test_what_a_rule_makes_happen() -> None:
    task = [{"id": "t", "action": "create_task", "with": {"title": "Call"}}]
    (effect,) = effects_of(rule_of(steps=task))
    assert "task.created" in events_of(effect)
    assert "task.updated" not in events_of(effect)
    paid = rule_of(kind="invoice", trigger={"event": "invoice.created"}, steps=sets(status="paid"))
    (effect,) = effects_of(paid)
    assert {"invoice.paid", "invoice.updated", "invoice.status_changed"} <= events_of(effect)
    assert "invoice.cancelled" not in events_of(effect)
