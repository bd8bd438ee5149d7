"""Branches between steps: which are read, and why others are refused."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import EMPTY, NOT_ONE_OF, NOT_TEXT, REQUIRED, UNKNOWN_FIELD
from whenthen.domain.common.reasons import Reason
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.steps.branches import (
    ELSE_WITHOUT_CONDITION,
    TARGET_NOT_LATER,
    TARGET_WITHIN_GROUP,
    UNKNOWN_TARGET,
    Branch,
    OnError,
    branches_of,
)

VIP: dict[str, Any] = {"field": "record.tags", "op": "has", "value": "vip"}


def step(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "action": "add_tags", "with": {"tags": ["x"]}, **more}


def parsed(*steps: dict[str, Any], **more: Any) -> Rule:
    return parse_rule(
        {"name": "A rule", "kind": "deal", "trigger": {"event": "deal.updated"}, "steps": [*steps], **more}
    )


def refused(*steps: dict[str, Any], **more: Any) -> dict[str, Reason]:
    with pytest.raises(Invalid) as caught:
        parsed(*steps, **more)
    return {problem.field: problem.reason for problem in caught.value.problems}


def test_reads_both_branches_of_a_step() -> None:
    first = step("a", only_if=VIP, on_error={"go_to": "c"}, **{"else": "b"})
    rule = parsed(first, step("b"), step("c"))
    a, b, _ = rule.steps
    assert [*branches_of(a)] == [Branch("else", "b"), Branch("on_error.go_to", "c")]
    assert (a.on_error, a.fallback, a.otherwise) == (OnError.GO_TO, "c", "b")
    assert ([*branches_of(b)], b.on_error, b.fallback, b.otherwise) == ([], OnError.STOP, "", "")


@pytest.mark.parametrize("written", ["stop", "continue", None])
def test_reads_what_a_failure_means(written: str | None) -> None:
    (only,) = parsed(step("a", on_error=written)).steps
    assert (only.on_error, only.fallback) == (OnError(written or "stop"), "")


def test_a_branch_may_lead_to_the_first_of_several_steps_that_start_together() -> None:
    rule = parsed(step("a", on_error={"go_to": "c"}), step("b"), step("c"), step("d", start="with_previous"))
    assert [rule.group_of(each) for each in "abcd"] == [0, 1, 2, 2]
    with pytest.raises(KeyError):
        rule.group_of("e")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nowhere", UNKNOWN_TARGET(step="b", target="nowhere")),
        ("A", UNKNOWN_TARGET(step="b", target="A")),
        ("moves_to", UNKNOWN_TARGET(step="b", target="moves_to")),
        ("a", TARGET_NOT_LATER(step="b", target="a")),
        ("b", TARGET_NOT_LATER(step="b", target="b")),
        ("c", TARGET_NOT_LATER(step="b", target="c")),
        ("e", TARGET_WITHIN_GROUP(step="b", target="e", first="d")),
        ("d", None),
    ],
)
@pytest.mark.parametrize("moves", [{}, {"trigger": {"event": "deal.updated", "moves_to": {"stage": "won"}}}])
def test_a_branch_leads_forwards_to_a_step_that_begins_something(
    target: str, reason: Reason | None, moves: dict[str, Any]
) -> None:
    steps = [
        step("a"),
        step("b", only_if=VIP, **{"else": target}),
        step("c", start="with_previous"),
        step("d"),
        step("e", start="with_previous"),
    ]
    if reason is None:
        parsed(*steps, **moves)
    else:
        assert refused(*steps, **moves) == {"steps[1].else": reason}
    steps[1] = step("b", on_error={"go_to": target})
    if reason is not None:
        assert refused(*steps, **moves) == {"steps[1].on_error.go_to": reason}


def test_else_needs_a_condition() -> None:
    assert refused(step("a", **{"else": "b"}), step("b")) == {"steps[0].else": ELSE_WITHOUT_CONDITION(step="a")}
    assert parsed(step("a", **{"else": " "}), step("b")).steps[0].otherwise == ""


@pytest.mark.parametrize(
    ("on_error", "found"),
    [
        ("go_to", {"steps[0].on_error": NOT_ONE_OF(options=["stop", "continue"])}),
        ({}, {"steps[0].on_error.go_to": REQUIRED()}),
        ({"go_to": " "}, {"steps[0].on_error.go_to": EMPTY()}),
        ({"go_to": 2}, {"steps[0].on_error.go_to": NOT_TEXT()}),
        ({"go_to": "b", "or": 1}, {"steps[0].on_error.or": UNKNOWN_FIELD(known=["go_to"])}),
        ([], {"steps[0].on_error": NOT_ONE_OF(options=["stop", "continue"])}),
    ],
)
def test_a_fallback_is_an_object_with_the_id_of_a_step(on_error: Any, found: dict[str, Reason]) -> None:
    assert refused(step("a", on_error=on_error), step("b")) == found


def test_of_two_steps_with_one_id_a_branch_means_the_first() -> None:
    assert set(refused(step("a"), step("b", on_error={"go_to": "a"}), step("a"))) == {
        "steps[1].on_error.go_to",
        "steps[2].id",
    }
