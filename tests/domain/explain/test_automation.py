"""How a rule stands for a record: by its run, and which rules may be about the record at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.explain.automation import RuleState, may_be_about, stages_of, state_of_run
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.run import Job, JobStatus, Run, RunStatus

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def rule(trigger: dict[str, Any], **more: Any) -> Rule:
    steps = [{"id": "a", "action": "add_tags", "with": {"tags": ["x"]}}]
    return parse_rule({"name": "r", "trigger": trigger, "steps": steps, **more})


@pytest.mark.parametrize(
    ("status", "jobs", "expected"),
    [
        ("done", ["done", "skipped"], RuleState.ACTED),
        ("waiting", ["done"], RuleState.ACTED),
        ("running", ["done", "pending"], RuleState.ACTED),
        ("stopped", ["done"], RuleState.ACTED),
        ("waiting", [], RuleState.WAITING),
        ("running", ["pending"], RuleState.WAITING),
        ("paused", ["skipped"], RuleState.WAITING),
        ("stopped", ["skipped"], RuleState.NOT_ACTED),
        ("stopped", [], RuleState.NOT_ACTED),
        ("failed", ["done", "failed"], RuleState.NOT_ACTED),
        ("skipped", ["skipped"], RuleState.NOT_ACTED),
        ("unknown", ["unknown"], RuleState.NOT_ACTED),
    ],
)
def test_a_rule_stands_as_its_run_does(status: str, jobs: list[str], expected: RuleState) -> None:
    run = Run("run_1", "rule_1", 1, "r", "evt_1", "lead.created", "lead:1", NOW, NOW, NOW, status=RunStatus(status))
    found = [Job("run_1", f"s{n}", 0, "add_tags", NOW, status=JobStatus(each)) for n, each in enumerate(jobs)]
    assert state_of_run(run, found) is expected


@pytest.mark.parametrize(
    ("found", "kinds"),
    [
        (rule({"event": "deal.created"}, kind="deal"), "deal"),
        (rule({"event": "deal.created"}), "deal"),
        (rule({"event": "parcel.stage_changed"}), "parcel"),
        (rule({"event": "contact.replied"}, kind="deal"), "deal"),
        (rule({"event": "contact.replied"}), "contact deal parcel"),
        (rule({"event": "parcel.lost"}), "contact deal parcel"),
        (rule({"event": ["deal.created", "parcel.updated"]}), "deal parcel"),
        (rule({"enters": {"kind": "deal"}}), "deal"),
        (rule({"manual": True}), "contact deal parcel"),
        (rule({"after_rule": ["rule_2"]}), "contact deal parcel"),
    ],
)
def test_which_rules_may_be_about_a_record(found: Rule, kinds: str) -> None:
    assert [kind for kind in ("contact", "deal", "parcel") if may_be_about(found, kind)] == kinds.split()


IN_WON = {"field": "record.stage", "op": "equals", "value": "won"}
IN_TWO = {"field": "record.stage", "op": "in", "value": ["won", "lost"]}


@pytest.mark.parametrize(
    ("found", "stages"),
    [
        (rule({"event": "deal.created"}), ""),
        (rule({"event": "deal.created"}, conditions=IN_WON), "won"),
        (rule({"event": "deal.created"}, conditions={"all": [IN_TWO, {"all": [IN_WON]}]}), "won"),
        (rule({"event": "deal.created"}, conditions=IN_TWO), "lost won"),
        (rule({"event": "deal.created"}, conditions={"any": [IN_WON]}), ""),
        (rule({"event": "deal.created"}, conditions={"not": IN_WON}), ""),
        (rule({"event": "deal.updated", "field": "stage", "to": "won"}), "won"),
        (rule({"event": "deal.updated", "field": "stage", "from": "new"}), ""),
        (rule({"enters": {"kind": "deal", "filter": IN_TWO}}), "lost won"),
        (rule({"leaves": {"kind": "deal", "filter": IN_TWO}}), ""),
        (rule({"event": "deal.paid", "moves_to": {"stage": "won", "from": ["new"]}}), "won"),
    ],
)
def test_in_which_stages_a_rule_stands(found: Rule, stages: str) -> None:
    assert sorted(stages_of(found)) == stages.split()
