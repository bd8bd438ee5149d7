"""Parse rules: valid ones are read, and every problem of others is reported at once."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import NOT_OBJECT
from whenthen.domain.common.reasons import Reason
from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.rules.actions import ParameterKind, actions
from whenthen.domain.rules.event_triggers import MAX_TYPES
from whenthen.domain.rules.rule import Mode, OnError, ReentryPolicy, Rule, parse_rule
from whenthen.domain.rules.steps import MAX_STEPS, SAME_STEP_ID
from whenthen.domain.rules.triggers import On
from whenthen.domain.temporal.waits import Wait

MAIL: dict[str, Any] = {"id": "mail", "action": "send_email", "with": {"subject": "Hello", "text": "Hello"}}
MINIMAL: dict[str, Any] = {"name": "A rule", "trigger": {"event": "lead.created"}, "steps": [MAIL]}

WHOLE: dict[str, Any] = {
    "id": "rule_x",
    "version": 7,
    "name": "Welcome a lead from the spring campaign",
    "description": "For the spring",
    "kind": "lead",
    "time_zone": "Europe/Istanbul",
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
        {"id": "assign", "action": "assign_owner", "with": {"from": ["agent:ayse", "agent:budi"], "by": "round_robin"}},
        {
            "id": "hello",
            "action": "send_whatsapp",
            "with": {"to": "{{ record.phone }}", "template": "welcome"},
            "start": "with_previous",
            "on_error": "continue",
            "retry": {"attempts": 2},
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
    "activated_at": "2026-03-14T09:30:00Z",
}


def refused(document: Any) -> dict[str, Reason]:
    with pytest.raises(Invalid) as caught:
        parse_rule(document)
    return {problem.field: problem.reason for problem in caught.value.problems}


def test_reads_a_whole_rule() -> None:
    rule = parse_rule(WHOLE)
    assert (rule.id, rule.version, rule.kind, rule.mode) == ("rule_x", 7, "lead", Mode.ON)
    assert (rule.trigger.on, rule.trigger.event_types, rule.trigger.condition) == (
        On.EVENT,
        ("meta_lead.created",),
        None,
    )
    assert [[step.id for step in step_group] for step_group in rule.step_groups] == [["assign", "hello"], ["call"]]
    assign, hello, call = rule.steps
    assert (assign.channel, hello.channel, call.channel) == ("record", "whatsapp", "record")
    assert assign.parameters == {"from": ["agent:ayse", "agent:budi"], "by": "round_robin", "keep": False}
    assert (hello.on_error, hello.retry.attempts, assign.on_error, assign.retry.attempts) == (
        OnError.CONTINUE,
        2,
        OnError.STOP,
        None,
    )
    assert call.wait == Wait(days=3, at=time(10), weekdays=("mon", "tue", "wed", "thu", "fri"))
    assert (rule.entry.again, rule.entry.only_new) == (ReentryPolicy.ONCE_PER_RECORD, True)
    assert rule.exit.on == ("contact.replied",)
    assert rule.zone == ZoneInfo("Europe/Istanbul")
    assert rule.activated_at == datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
    assert rule.step("hello") is hello
    with pytest.raises(KeyError):
        rule.step("none")


def test_absent_fields_have_harmless_defaults() -> None:
    rule = parse_rule(MINIMAL)
    assert (rule.mode, rule.kind, rule.conditions, rule.entry.again, rule.exit.on) == (
        Mode.OFF,
        None,
        None,
        ReentryPolicy.ALWAYS,
        (),
    )


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"name": None}, ["name"]),
        ({"kind": "A Kind"}, ["kind"]),
        ({"kind": 5}, ["kind"]),
        ({"mode": "On"}, ["mode"]),
        ({"time_zone": "Mars/Olympus"}, ["time_zone"]),
        ({"activated_at": "yesterday"}, ["activated_at"]),
        ({"version": "1"}, ["version"]),
        ({"unknown": 1, "Steps": []}, ["unknown", "Steps"]),
        ({"trigger": None}, ["trigger"]),
        ({"trigger": "lead.created"}, ["trigger", "trigger"]),
        ({"trigger": {}}, ["trigger"]),
        ({"trigger": {"event": "lead.created", "manual": True}}, ["trigger"]),
        ({"trigger": {"event": []}}, ["trigger.event"]),
        ({"trigger": {"event": "Lead.created"}}, ["trigger.event"]),
        ({"trigger": {"event": ["lead.created", "lead"]}}, ["trigger.event"]),
        ({"trigger": {"event": [f"lead.e{n}" for n in range(MAX_TYPES + 1)]}}, ["trigger.event"]),
        ({"trigger": {"event": [f"k{n}.field_changed" for n in range(MAX_TYPES // 2 + 1)]}}, ["trigger.event"]),
        ({"trigger": {"event": "lead.updated", "from": "new"}}, ["trigger.field"]),
        ({"trigger": {"event": "lead.updated", "when": 1}}, ["trigger.when"]),
        ({"trigger": {"manual": False}}, ["trigger.manual"]),
        ({"conditions": {"field": "record.a", "op": "nearly"}}, ["conditions.op"]),
        (
            {"conditions": {"all": [{"field": "record.a", "op": "equals", "value": 1}, {"any": []}]}},
            ["conditions.all[1].any"],
        ),
        (
            {"steps": [{"id": "s", "action": "set_fields", "with": {"fields": {"id": 1, "a b": 2, "c": 3}}}]},
            ["steps[0].with.fields.id", "steps[0].with.fields.a b"],
        ),
        (
            {"steps": [{"id": "s", "action": "create_record", "with": {"kind": "An Order", "fields": {"a": 1}}}]},
            ["steps[0].with.kind"],
        ),
        ({"steps": []}, ["steps"]),
        ({"steps": None}, ["steps"]),
        ({"steps": "mail"}, ["steps"]),
        ({"steps": [{**MAIL, "id": f"s{n}"} for n in range(MAX_STEPS + 1)]}, ["steps"]),
        ({"steps": [{**MAIL, "id": str(n), "wait": {"days": 360}} for n in range(11)]}, ["steps"]),
        ({"entry": {"again": "twice", "only": True}}, ["entry.again", "entry.only"]),
        ({"entry": {"only_new": "yes"}}, ["entry.only_new"]),
        ({"exit": {"on": ["replied"], "when": {"field": "x"}}}, ["exit.on", "exit.when.op", "exit.when.field"]),
    ],
    ids=str,
)
def test_every_problem_of_a_rule_is_reported_by_its_field(part: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        parse_rule({**MINIMAL, **part})
    assert [problem.field for problem in caught.value.problems] == fields


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ({"id": ""}, ["id"]),
        ({"id": None}, ["id"]),
        ({"id": "x" * 65}, ["id"]),
        ({"action": None}, ["action"]),
        ({"action": "send_pigeon"}, ["action"]),
        ({"start": "later"}, ["start"]),
        ({"start": "with_previous", "wait": {"days": 1}}, ["wait"]),
        ({"on_error": "panic"}, ["on_error"]),
        ({"retry": {"attempts": 0}}, ["retry.attempts"]),
        ({"retry": {"attempts": 9, "backoff": 1}}, ["retry.attempts", "retry.backoff"]),
        ({"wait": {"days": -1}}, ["wait.days"]),
        ({"wait": {"business_days": 261}}, ["wait.business_days"]),
        ({"wait": {"business_hours": -1}}, ["wait.business_hours"]),
        ({"wait": {"business_minutes": 1}}, ["wait.business_minutes"]),
        ({"wait": {"days": 200, "business_days": 200}}, ["wait"]),
        ({"wait": {"until": {"field": "due", "hours": -8_641}}}, ["wait.until.hours"]),
        ({"wait": {"until": {"field": "due", "minutes": "5"}}}, ["wait.until.minutes"]),
        ({"wait": {"until": {"field": "due", "business_days": -261}}}, ["wait.until.business_days"]),
        ({"only_if": []}, ["only_if"]),
        ({"delay": 5}, ["delay"]),
        ({"with": None}, ["with.subject", "with"]),
        ({"with": {"subject": "", "text": "x"}}, ["with.subject"]),
        ({"with": {"subject": "x"}}, ["with"]),
        ({"with": {"subject": "x", "text": "x", "copy": "y"}}, ["with.copy"]),
        ({"with": {"subject": 5, "text": "x" * 20_001}}, ["with.subject", "with.text"]),
        ({"action": "add_tags", "with": {"tags": []}}, ["with.tags"]),
        ({"action": "add_tags", "with": {"tags": ["", "a"]}}, ["with.tags"]),
        ({"action": "set_fields", "with": {"fields": {}}}, ["with.fields"]),
        ({"action": "set_fields", "with": {"fields": ["a"]}}, ["with.fields"]),
        (
            {"action": "assign_owner", "with": {"from": [], "by": "chance", "keep": 1}},
            ["with.by", "with.keep", "with.from"],
        ),
    ],
    ids=str,
)
def test_every_problem_of_a_step_is_reported_by_its_field(part: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        parse_rule({**MINIMAL, "steps": [{**MAIL, "id": "first"}, {**MAIL, **part}]})
    assert [problem.field for problem in caught.value.problems] == [f"steps[1].{field}" for field in fields]


def test_two_steps_cannot_have_the_same_id() -> None:
    assert refused({**MINIMAL, "steps": [MAIL, MAIL]}) == {"steps[1].id": SAME_STEP_ID(step="mail")}


def test_all_problems_are_reported_at_once() -> None:
    problems = refused(
        {"name": "", "trigger": {"event": "x"}, "steps": [{"id": "a", "action": "b"}], "mode": 1, "z": 1}
    )
    assert set(problems) == {"name", "trigger.event", "steps[0].action", "mode", "z"}


@pytest.mark.parametrize("document", [[], "rule", None, 5, True])
def test_a_rule_must_be_an_object(document: Any) -> None:
    assert refused(document)[""] == NOT_OBJECT()


@pytest.mark.parametrize(
    ("trigger", "change", "fires"),
    [
        ({"field": "status"}, ("new", "won"), True),
        ({"field": "record.status", "to": "won"}, ("new", "won"), True),
        ({"field": "status", "to": "lost"}, ("new", "won"), False),
        ({"field": "status", "from": "new", "to": "won"}, ("new", "won"), True),
        ({"field": "status", "from": "old", "to": "won"}, ("new", "won"), False),
        ({"field": "owner"}, ("new", "won"), False),
    ],
)
def test_a_trigger_may_demand_a_change(trigger: dict[str, Any], change: tuple[str, str], fires: bool) -> None:
    rule = parse_rule({**MINIMAL, "trigger": {"event": "lead.updated", **trigger}})
    before, after = change
    context = {
        "event": {"type": "lead.updated", "changes": {"status": {"from": before, "to": after}}},
        "record": {"status": after},
        "before": {"status": before},
    }
    assert evaluate(rule.trigger.condition, context) is fires


@pytest.mark.parametrize(
    "place",
    [
        lambda condition: {"conditions": condition},
        lambda condition: {"exit": {"when": condition}},
        lambda condition: {"steps": [{**MAIL, "only_if": condition}]},
    ],
)
def test_hours_of_conditions_are_those_of_the_rules_time_zone(place: Any) -> None:
    rule = parse_rule(
        {**MINIMAL, "time_zone": "Asia/Tokyo", **place({"field": "now.hour", "op": "equals", "value": 18})}
    )
    condition = rule.conditions or rule.exit.when or rule.steps[0].only_if
    assert evaluate(condition, {"now": datetime(2026, 3, 14, 9, 30, tzinfo=UTC)})


OF_ITS_OWN = {"invitation": {"title": "y", "starts_at": "2026-03-14T10:00:00Z"}}
"""Objects whose members are known."""


def test_a_step_of_every_action_is_read_by_its_row() -> None:
    for action in actions().values():
        values = {
            ParameterKind.TEXT: "x",
            ParameterKind.HTML: "x",
            ParameterKind.URL: "x",
            ParameterKind.TEXTS: ["x"],
            ParameterKind.SET: ["x"],
            ParameterKind.OBJECT: {"x": "y"},
            ParameterKind.FIELDS: {"x": "y"},
            ParameterKind.TEMPLATE: "template_1",
            ParameterKind.RECORD_KIND: "order",
            ParameterKind.FLAG: True,
            ParameterKind.CONNECTION: "crm",
            ParameterKind.ADDRESS: "/x",
            ParameterKind.HEADERS: {"x": "y"},
            ParameterKind.JSON: {"x": "y"},
            ParameterKind.STATUSES: [200],
            ParameterKind.EXPRESSION: "body",
            ParameterKind.EXPRESSIONS: {"x": "body"},
        }
        given = {
            parameter.name: parameter.options[0]
            if parameter.kind is ParameterKind.CHOICE
            else [*parameter.options]
            if parameter.kind is ParameterKind.CHOICES
            else values[parameter.kind]
            for parameter in action.parameters
            if parameter.name not in action.at_most_one[1:]
        }
        given |= {name: value for name, value in OF_ITS_OWN.items() if name in given}
        with_template = {name: value for name, value in given.items() if name not in action.texts}
        written = {name: value for name, value in given.items() if name != action.template}
        for parameters in (with_template, written) if action.texts else (given,):
            rule = parse_rule({**MINIMAL, "steps": [{"id": "it", "action": action.name, "with": parameters}]})
            assert rule.steps[0].parameters == parameters


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab.0", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(WHOLE)), inner, max_size=3),
    max_leaves=8,
)


@given(part=st.sampled_from(sorted(WHOLE)), value=json_values)
def test_any_document_is_a_rule_or_invalid(part: str, value: Any) -> None:
    try:
        rule = parse_rule({**WHOLE, part: value})
    except Invalid:
        return
    assert isinstance(rule, Rule)
    assert rule.step_groups
