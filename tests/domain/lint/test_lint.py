"""Lint: conditions that never hold or do not suit their field, and rules in conflict."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from whenthen.domain.common.reasons import declared
from whenthen.domain.lint.findings import SEVERITIES, Severity
from whenthen.domain.lint.lint import lint
from whenthen.domain.lint.step_effects import effects_of, events_of
from whenthen.domain.rules.rule import Rule, parse_rule


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


def asks(field: str, op: str, value: Any = None, **options: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value, **options}


def step(only_if: Any, **more: Any) -> dict[str, Any]:
    return {**sets(a=1)[0], "only_if": only_if, **more}


def WAITING(ways: dict[str, Any], event: str = "contact.replied") -> dict[str, Any]:  # noqa: N802 - a part of a table
    """A step that waits for an event."""
    wait = {"for_event": {"on": [event], "timeout": {"days": 3}, **ways}}
    return {"id": "ask", "action": "add_tags", "with": {"tags": ["asked"]}, "wait": wait}


CREATED = {"trigger": {"event": "lead.created"}}
LAST = {**sets(b=1)[0], "id": "last"}
CALL = {"kind": None, "trigger": {"event": "call.incoming_missed"}}
NEW, WON = it("equals", "new", "status"), it("equals", "won", "status")

IN_ONE_RULE: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
    ({}, []),
    ({"conditions": NEW, "exit": {"when": WON}, "steps": [step(NEW)]}, []),
    # a condition that can never hold
    (
        {"conditions": {"all": [NEW, it("not_equals", "new", "status")]}},
        [("lint.never_holds", "error", "conditions")],
    ),
    ({"conditions": {"all": [NEW, WON]}}, [("lint.only_for_lists", "warning", "conditions")]),
    (
        {"conditions": {"all": [asks("event.type", "equals", "a.b"), asks("event.type", "equals", "a.c")]}},
        [("lint.only_for_lists", "error", "conditions")],
    ),
    (
        {"trigger": {"event": "lead.updated", "field": "status", "to": "won"},
         "conditions": it("changed", value=False, name="status")},
        [],  # what changed is not looked at together: cautious
    ),
    # unknown fields and events
    ({**CALL, "conditions": asks("event.data.durration", ">", 5)},
     [("lint.unknown_field", "warning", "conditions.field")]),
    ({"trigger": {"event": "parcel.lost"}, "conditions": asks("event.data.weight", ">", 5)}, []),
    ({"trigger": {"event": ["parcel.lost", "call.incoming_missed"]}, "kind": None,
      "conditions": asks("event.data.weight", ">", 5)}, [("lint.several_events", "warning", "trigger.event")]),
    ({"conditions": {"not": asks("event.amount", "exists")}},
     [("lint.no_such_field", "error", "conditions.not.field")]),
    ({"conditions": asks("record.anything_at_all", "exists")}, []),
    ({"trigger": {"event": "lead.creatd"}}, [("lint.unknown_event", "warning", "trigger.event")]),
    ({"trigger": {"event": "lead.field_changed", "field": "status"}}, []),
    ({"exit": {"on": ["contact.answered"]}}, [("lint.unknown_event", "warning", "exit.on")]),
    ({"conditions": asks("history.call.mised", ">", 2, within={"days": 7})},
     [("lint.unknown_event", "warning", "conditions.field")]),
    # type mistakes
    ({**CALL, "conditions": {"any": [asks("event.data.duration", "contains", "5")]}},
     [("lint.wrong_type", "error", "conditions.any[0].op")]),
    ({**CALL, "conditions": {"not": asks("event.data.duration", "within_last", {"days": 1})}},
     [("lint.wrong_type", "error", "conditions.not.op")]),
    ({**CALL, "conditions": asks("event.data.duration", "equals", "long")},
     [("lint.wrong_type", "error", "conditions.op")]),
    ({**CALL, "conditions": asks("event.data.duration", "in", ["long", "30"])}, []),
    ({**CALL, "conditions": asks("event.data.duration", "not_equals", "long")}, []),
    ({**CALL, "conditions": asks("event.data.started_at", "between", ["2026-03-01", "2026-03-02"])}, []),
    ({**CALL, "conditions": asks("event.data.started_at", ">", 5)}, [("lint.wrong_type", "error", "conditions.op")]),
    ({"conditions": asks("record.version", "starts_with", "1")}, [("lint.wrong_type", "error", "conditions.op")]),
    ({"conditions": asks("record.created_at", "equals", value=True)}, [("lint.wrong_type", "error", "conditions.op")]),
    ({"conditions": asks("now.hour", "matches", "1*")}, [("lint.wrong_type", "error", "conditions.op")]),
    ({"conditions": asks("now.time", "between", ["09:00", "17:59"])}, []),
    ({"conditions": asks("record.tags", "has", "vip")}, []),
    ({"trigger": {"event": "email.received"}, "kind": None, "conditions": asks("event.data.automatic", "equals", "no")},
     [("lint.wrong_type", "error", "conditions.op")]),
    ({"steps": [step(asks("record.version", "contains", "1"))]}, [("lint.wrong_type", "error", "steps[0].only_if.op")]),
    ({"exit": {"when": asks("now.day", "contains", "1")}}, [("lint.wrong_type", "error", "exit.when.op")]),
    # unreachable steps
    ({"steps": [step({"all": [it("exists"), ABSENT]})]}, [("lint.unreachable_step", "error", "steps[0].only_if")]),
    ({"conditions": it("exists"), "steps": [step(ABSENT)]}, [("lint.unreachable_step", "error", "steps[0].only_if")]),
    ({"conditions": it("exists"), "steps": [step(ABSENT, wait={"days": 1})]}, []),
    (
        {"conditions": asks("event.origin", "equals", "human"),
         "steps": [step(asks("event.origin", "not_equals", "human"), wait={"days": 1})]},
        [("lint.unreachable_step", "error", "steps[0].only_if")],
    ),
    (
        {**CREATED, "steps": [WAITING({"then": "set", "else": "last"}), step(it("exists")), LAST]},
        [("lint.always_passed_over", "warning", "steps[0]")],
    ),
    (
        {**CREATED, "steps": [WAITING({"then": "last", "else": "last"}), step(it("exists")), LAST]},
        [("lint.always_passed_over", "warning", "steps[0]"), ("lint.always_passed_over", "warning", "steps[1]")],
    ),
    ({**CREATED, "steps": [WAITING({"then": "last"}), step(it("exists")), {**sets(b=1)[0], "id": "last"}]}, []),
    ({**CREATED, "steps": [WAITING({"else": "last"}), {**sets(b=1)[0], "id": "last"}]}, []),
    ({"steps": [WAITING({}, "contact.answered")]},
     [("lint.unknown_event", "warning", "steps[0].wait.for_event.on")]),
    (
        {"steps": [step(it("exists"))], "exit": {"when": it("exists")}, "trigger": {"event": "a.b"}},
        [("lint.exit_before_step", "error", "steps[0].only_if")],
    ),
    (
        {"trigger": {"event": "lead.created", "moves_to": {"stage": "won"}},
         "steps": [step({"all": [it("exists"), ABSENT]})]},
        [("lint.unreachable_step", "error", "steps[0].only_if")],
    ),
    # exits
    ({"exit": {"when": {"all": [it("exists"), ABSENT]}}}, [("lint.exit_never", "error", "exit.when")]),
    ({"conditions": NEW, "exit": {"when": it("exists", name="status")}}, [("lint.exit_at_once", "error", "exit.when")]),
    ({"conditions": {"all": [it("has", "customer", "tags"), it("has", "eu", "tags")]},
      "exit": {"when": it("has_all", ["customer", "paid"], "tags")}},
     [("lint.only_for_lists", "warning", "conditions")]),
    ({"conditions": {"all": [it("has", "customer", "tags"), it("has", "paid", "tags")]},
      "exit": {"when": it("has_all", ["customer", "paid"], "tags")}},
     [("lint.exit_at_once", "error", "exit.when"), ("lint.only_for_lists", "warning", "conditions")]),
    ({"conditions": NEW, "exit": {"when": it("exists", name="status")},
      "steps": [{**sets(a=1)[0], "wait": {"days": 1}}]}, []),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "expected"), IN_ONE_RULE)
def test_findings_in_one_rule(parts: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    findings = lint(rule_of(**parts))
    assert [(finding.code, finding.severity.value, finding.field) for finding in findings] == expected


def test_all_findings_come_at_once_errors_first() -> None:
    conditions = {"all": [asks("event.data.durration", ">", 5), asks("event.amount", "exists"), it("exists"), ABSENT]}
    findings = lint(rule_of(**CALL, conditions=conditions))
    assert [finding.code for finding in findings] == ["lint.never_holds", "lint.no_such_field", "lint.unknown_field"]
    params = findings[1].reason.params
    assert (params["field"], list(params["known"])[:3]) == ("event.amount", ["specversion", "id", "source"])


def test_two_rules_that_write_one_field() -> None:
    first, second = rule_of("first", trigger={"event": "lead.created"}, steps=sets(stage="a")), None
    second = rule_of("second", trigger={"event": "lead.created"}, steps=sets(stage="b"))
    assert [(finding.code, finding.rules) for finding in lint(first, [first, second])] == [
        ("lint.same_field", ("second",))
    ]
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
    assert [finding.code for finding in lint(loop)] == ["lint.cycle"]
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
    (cycle,) = [finding for finding in lint(won, [won, told, back]) if finding.code == "lint.cycle"]
    assert (cycle.rules, cycle.severity) == (("told", "back"), Severity.WARNING)
    assert cycle.reason.params == {"chain": ["won", "told", "back", "won"]}
    settled = rule_of("told", trigger={"event": "lead.status_changed"}, steps=sets(folder="customers"))
    (cycle,) = [finding for finding in lint(won, [won, settled, back]) if finding.code == "lint.cycle_that_settles"]
    assert cycle.reason.params == {"chain": ["won", "told", "back", "won"]}
    assert not lint(won, [told])


def test_rules_about_records_of_different_kinds_do_not_write_the_same_field() -> None:
    on = {"trigger": {"event": "call.incoming_missed"}}
    about_lead = rule_of("a", **on, kind="lead", steps=sets(stage="a"))
    about_contact = rule_of("b", **on, kind="contact", steps=sets(stage="b"))
    assert not lint(about_lead, [about_contact])


def test_the_place_of_a_double_writer_is_its_step() -> None:
    moving = rule_of("a", trigger={"event": "lead.created", "moves_to": {"stage": "won"}}, steps=sets(a=1, b=2))
    other = rule_of("b", trigger={"event": "lead.created"}, steps=sets(stage="lost", b=3))
    found = [finding for finding in lint(moving, [other]) if finding.code == "lint.same_field"]
    assert {finding.field for finding in found} == {"trigger.moves_to", "steps[0]"}


@pytest.mark.parametrize(
    ("orders", "codes"), [((1, 2), []), ((1, 1), ["lint.same_field"]), ((1, None), ["lint.same_field"])]
)
def test_rules_that_follow_one_another_may_write_one_field(orders: tuple[Any, Any], codes: list[str]) -> None:
    one, other = (rule_of(f"r{order}{at}", steps=sets(a=at), order=order, **CREATED) for at, order in enumerate(orders))
    assert [finding.code for finding in lint(one, [other])] == codes


def test_a_circle_of_rules_that_wait_for_each_other() -> None:
    first = rule_of("first", trigger={"after_rule": ["second"]})
    second = rule_of("second", trigger={"after_rule": ["first"]})
    [finding] = lint(first, [second])
    assert (finding.code, finding.rules) == ("lint.cycle", ("second",))
    assert not lint(first, [rule_of("second", trigger={"after_rule": ["third"]})])


def test_mail_about_delivered_mail_never_ends_and_is_refused() -> None:
    mail = [{"id": "m", "action": "send_email", "with": {"subject": "Seen?", "text": "x"}}]
    [finding] = lint(rule_of("m", kind=None, trigger={"event": "email.delivered"}, steps=mail))
    assert (finding.code, finding.severity) == ("lint.endless_cycle", Severity.ERROR)
    assert not lint(rule_of("m", kind=None, trigger={"event": "whatsapp.message_failed"}, steps=mail))


@pytest.mark.parametrize("event", ["email.opened", "email.bounced", "email.delivered", "email.clicked"])
@pytest.mark.parametrize(
    "parts",
    [
        {"entry": {"again": "once_per_record"}},
        {"conditions": {"field": "event.data.subject", "op": "equals", "value": "Welcome"}},
        {"exit": {"when": {"field": "record.seen", "op": "exists", "value": True}}},
        {"step": {"only_if": {"field": "record.seen", "op": "exists", "value": False}}},
    ],
)
def test_mail_about_mail_that_something_may_stop_is_only_warned_of(event: str, parts: dict[str, Any]) -> None:
    mail = {"id": "m", "action": "send_email", "with": {"subject": "Seen?", "text": "x"}, **parts.get("step", {})}
    rest = {name: part for name, part in parts.items() if name != "step"}
    [finding] = lint(rule_of("m", kind=None, trigger={"event": event}, steps=[mail], **rest))
    assert (finding.code, finding.severity) == ("lint.cycle", Severity.WARNING)


@pytest.mark.parametrize(
    ("branch", "code"),
    [
        ({"on_error": {"go_to": "last"}}, "lint.cycle"),
        ({"only_if": {"field": "record.seen", "op": "exists"}, "else": "last"}, "lint.cycle"),
        ({"on_error": {"go_to": "mail"}}, "lint.endless_cycle"),
        ({"on_error": "continue"}, "lint.endless_cycle"),
        ({"wait": {"for_event": {"on": ["a.b"], "timeout": {"days": 1}, "then": "last"}}}, "lint.cycle"),
        ({"wait": {"for_event": {"on": ["a.b"], "timeout": {"days": 1}, "then": "mail"}}}, "lint.endless_cycle"),
        ({"wait": {"for_event": {"on": ["a.b"], "timeout": {"days": 1}}}}, "lint.endless_cycle"),
    ],
)
def test_mail_about_mail_that_a_branch_may_pass_over_is_only_warned_of(branch: dict[str, Any], code: str) -> None:
    mail = {"id": "mail", "action": "send_email", "with": {"subject": "Seen?", "text": "x"}}
    steps = [{**sets(a=1)[0], **branch}, mail, {**sets(b=1)[0], "id": "last"}]
    assert [each.code for each in lint(rule_of("m", kind=None, trigger={"event": "email.opened"}, steps=steps))] == [
        code
    ]


def test_a_message_about_a_read_message_that_marks_its_record_is_only_warned_of() -> None:
    steps = [*sets(thanked=True), {"id": "w", "action": "send_whatsapp", "with": {"text": "Thanks"}}]
    guard = it("exists", value=False, name="thanked")
    read = {"trigger": {"event": "whatsapp.message_read"}, "steps": steps}
    assert [each.code for each in lint(rule_of("w", **read, conditions=guard))] == ["lint.cycle"]
    assert [each.code for each in lint(rule_of("w", **read))] == ["lint.endless_cycle"]


def test_a_circle_of_mails_through_other_rules_ends_where_one_of_them_does() -> None:
    mail = [{"id": "m", "action": "send_email", "with": {"subject": "Seen?", "text": "x"}}]
    mailing = rule_of("mailing", trigger={"event": "lead.status_changed"}, steps=mail)
    seen = rule_of("seen", trigger={"event": "email.opened"}, steps=sets(status="seen"))
    assert [each.code for each in lint(seen, [mailing])] == ["lint.cycle"]
    after = rule_of("after", trigger={"after_rule": ["opened"]}, steps=mail)
    opened = rule_of("opened", trigger={"event": "email.opened"})
    assert [each.code for each in lint(opened, [after])] == ["lint.endless_cycle"]
    once = rule_of("after", trigger={"after_rule": ["opened"]}, steps=mail, entry={"again": "once_per_record"})
    assert [each.code for each in lint(opened, [once])] == ["lint.cycle"]


def test_a_range_of_numbers_may_be_written_as_texts() -> None:
    for bounds in (["1", "5"], [Decimal("1.5"), 5]):
        assert not lint(
            rule_of(trigger={"event": "lead.created"}, conditions=asks("record.version", "between", bounds))
        )
        numeric = asks("event.data.version", "between", bounds)
        assert not lint(rule_of(trigger={"event": "lead.created"}, conditions=numeric))
    clock = asks("event.data.version", "between", ["09:00", "17:00"])
    [finding] = lint(rule_of(trigger={"event": "lead.created"}, conditions=clock))
    assert finding.code == "lint.wrong_type"


def test_every_code_has_a_severity() -> None:
    assert set(SEVERITIES) == {code for code in declared() if code.startswith("lint.")}


def test_the_effects_of_a_rule_and_their_events() -> None:
    task = [{"id": "t", "action": "create_task", "with": {"title": "Call"}}]
    (effect,) = effects_of(rule_of(steps=task))
    assert "task.created" in events_of(effect)
    assert "task.updated" not in events_of(effect)
    paid = rule_of(kind="invoice", trigger={"event": "invoice.created"}, steps=sets(status="paid"))
    (effect,) = effects_of(paid)
    assert {"invoice.paid", "invoice.updated", "invoice.status_changed"} <= events_of(effect)
    assert "invoice.cancelled" not in events_of(effect)


@pytest.mark.parametrize(
    ("types", "warned"),
    [
        (["lead.status_changed", "lead.updated"], False),
        (["lead.created", "lead.tag_added"], False),
        (["whatsapp.message_received", "contact.replied"], False),
        (["lead.created"], False),
        (["lead.created", "contact.created"], True),
        (["payment.received", "invoice.paid"], True),
        (["order.paid", "order.shipped"], True),
    ],
)
def test_event_types_that_may_tell_of_one_happening_are_warned_of(types: list[str], warned: bool) -> None:
    rule = parse_rule(
        {"name": "R", "trigger": {"event": types},
         "steps": [{"id": "s", "action": "send_email", "with": {"to": "a@b.co", "subject": "x", "text": "y"}}]}
    )  # fmt: skip
    assert ("lint.several_events" in [finding.code for finding in lint(rule)]) is warned


def _spreading(name: str, steps: int) -> Rule:
    created = [
        {"id": f"c{number}", "action": "create_record", "with": {"kind": "ticket", "fields": {"n": number}}}
        for number in range(steps)
    ]
    return parse_rule(
        {"id": name, "name": name, "mode": "on", "trigger": {"event": ["ticket.created"]}, "steps": created}
    )


@pytest.mark.parametrize(
    ("rules", "steps", "warned"),
    [(8, 3, True), (2, 3, True), (1, 2, True), (1, 1, False), (3, 1, True), (10, 0, False)],
)
def test_rules_whose_effects_spread_are_warned_of(rules: int, steps: int, warned: bool) -> None:
    mail = {"id": "m", "action": "send_email", "with": {"to": "a@b.co", "subject": "x", "text": "y"}}
    made = [
        _spreading(f"r{number}", steps)
        if steps
        else parse_rule({"id": f"r{number}", "name": "r", "mode": "on", "trigger": {"event": "ticket.created"},
                         "steps": [mail]})
        for number in range(rules)
    ]  # fmt: skip
    assert ("lint.fan_out" in [finding.code for finding in lint(made[0], made[1:])]) is warned
