"""Rules are compared with those that are switched on beside them, and refused or warned of on save."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRules, FakeSettings, FakeViews
from tests.usecases.fakes.templates import FakeTemplates
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.errors import LintFailed
from whenthen.domain.common.reasons import Reason
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.sending.sms_parts import TOO_MANY_PARTS
from whenthen.ports.templates import StoredTemplate
from whenthen.ports.values import StoredRule
from whenthen.usecases.admin import lint_rule
from whenthen.usecases.admin.lint_rule import LintRule
from whenthen.usecases.admin.manage_rules import ManageRules


@pytest.fixture
def rules() -> FakeRules:
    return FakeRules()


@pytest.fixture
def manage(rules: FakeRules) -> ManageRules:
    return ManageRules(rules, FakeViews(), FakeClock(), LintRule(rules, FakeClock()))


def sets(name: str, on: str = "lead.created", mode: str = "on", **fields: Any) -> dict[str, Any]:
    step = {"id": "set", "action": "set_fields", "with": {"fields": fields}}
    return rule(step, name=name, on=on, mode=mode)


def create(manage: ManageRules, document: dict[str, Any]) -> StoredRule:
    return manage.create(document, seed=document["name"], by="key_1")


def codes(stored: StoredRule) -> list[str]:
    return [warning.code for warning in stored.warnings]


NEVER = {"all": [{"field": "record.a", "op": "exists"}, {"field": "record.a", "op": "exists", "value": False}]}
STRANGE = {"all": [*NEVER["all"], {"field": "event.data.fieldz", "op": "exists"}, {"field": "event.x", "op": "exists"}]}


def test_errors_refuse_a_rule_and_nothing_is_saved(manage: ManageRules, rules: FakeRules) -> None:
    with pytest.raises(LintFailed) as refused:
        create(manage, rule(GREET, conditions=STRANGE))
    assert [(each.field, each.reason.code) for each in refused.value.problems] == [
        ("conditions", "lint.never_holds"),
        ("conditions.all[3].field", "lint.no_such_field"),
    ]
    assert [(each.field, each.reason.code) for each in refused.value.warnings] == [
        ("conditions.all[2].field", "lint.unknown_field")
    ]
    assert rules.current_rules == {}


def test_a_change_that_makes_errors_is_refused_and_the_rule_stays(manage: ManageRules) -> None:
    made = create(manage, rule(GREET))
    with pytest.raises(LintFailed):
        manage.replace(made.id, rule(GREET, conditions=NEVER), version=None, by="key_1")
    assert manage.get(made.id).version == 1


def test_warnings_inform(manage: ManageRules, rules: FakeRules) -> None:
    create(manage, sets("first", status="a"))
    second = create(manage, sets("second", status="b"))
    [warning] = second.warnings
    assert warning.reason == Reason("lint.same_field", {"rule": "first", "field": "status"})
    assert rules.get(second.id).document["name"] == "second"
    again = manage.replace(second.id, sets("second", status="b"), version=None, by="key_1")
    assert (again.version, codes(again)) == (1, ["lint.same_field"])


def test_only_rules_that_are_switched_on_count(manage: ManageRules) -> None:
    create(manage, sets("first", status="a", mode="off"))
    create(manage, sets("shadow", status="a", mode="shadow"))
    assert codes(create(manage, sets("second", status="b"))) == []


def test_a_cycle_through_rules_of_other_events_is_found_with_its_chain(manage: ManageRules) -> None:
    create(manage, sets("b", on="lead.folder_changed", owner="{{ record.x }}"))
    create(manage, sets("c", on="lead.owner_changed", pipeline="{{ record.x }}"))
    create(manage, sets("elsewhere", on="deal.created", amount=1))
    closing = create(manage, sets("a", on="lead.pipeline_changed", folder="{{ record.x }}"))
    [warning] = closing.warnings
    assert warning.reason == Reason("lint.cycle", {"chain": ["a", "b", "c", "a"]})


def test_a_circle_of_mails_is_refused(manage: ManageRules) -> None:
    mail = {"id": "m", "action": "send_email", "with": {"subject": "Seen?", "text": "x"}}
    with pytest.raises(LintFailed) as refused:
        create(manage, {**rule(mail, on="email.opened"), "kind": None})
    assert [each.reason.code for each in refused.value.problems] == ["lint.endless_cycle"]


def test_a_rule_can_be_switched_off_whatever_is_found(manage: ManageRules, rules: FakeRules) -> None:
    document = {**rule(GREET, conditions=NEVER, mode="on"), "id": "rule_old", "version": 1}
    stored = StoredRule("rule_old", 1, document, FakeClock().now(), "key_1")
    rules.save(stored, parse_rule(document), None)
    assert manage.set_mode("rule_old", "off", version=None, by="key_1").document["mode"] == "off"
    with pytest.raises(LintFailed):
        manage.set_mode("rule_old", "on", version=None, by="key_1")


def test_a_rule_is_saved_anew_for_its_view_whatever_is_found(manage: ManageRules, rules: FakeRules) -> None:
    document = {**rule(GREET, conditions=NEVER, mode="on"), "id": "rule_old", "version": 1}
    rules.save(StoredRule("rule_old", 1, document, FakeClock().now(), "key_1"), parse_rule(document), None)
    assert manage.renew("rule_old", by="key_1").id == "rule_old"


def test_the_rules_that_are_compared_are_bounded(
    manage: ManageRules, rules: FakeRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint_rule, "MAX_COMPARED", 3)
    for number in range(3):
        create(manage, rule(GREET, name=f"rule {number}", mode="on"))
    assert codes(create(manage, sets("last", city="Pécs"))) == []
    create(manage, rule(GREET, name="one more", mode="on"))
    found = LintRule(rules)(parse_rule({**sets("last", city="Pécs"), "id": "rule_last"}))
    assert [each.reason for each in found] == [Reason("lint.not_all_compared", {"most": 3})]


def test_a_draft_is_compared_as_the_next_version_of_its_rule(manage: ManageRules, rules: FakeRules) -> None:
    made = create(manage, sets("first", status="a"))
    next_version = manage.draft({**made.document, **sets("first", status="b")})
    assert LintRule(rules)(next_version) == []
    assert [each.code for each in LintRule(rules)(manage.draft(sets("other", status="b")))] == ["lint.same_field"]
    assert manage.get(made.id).version == 1


@pytest.mark.parametrize(
    ("at", "zone", "past"),
    [
        ("2026-03-14T09:29:00Z", "UTC", True),
        ("2026-03-14T09:30:00Z", "UTC", True),
        ("2026-03-14T12:00", "Europe/Istanbul", True),
        ("2020-01-01T00:00:00+03:00", "UTC", True),
        ("2026-03-14T09:31:00Z", "UTC", False),
        ("2026-03-14T12:31", "Europe/Istanbul", False),
    ],
)
def test_a_schedule_whose_one_moment_is_over_is_warned_of(manage: ManageRules, at: str, zone: str, past: bool) -> None:
    stored = create(manage, {**rule(GREET, name="r"), "trigger": {"schedule": {"at": at}}, "time_zone": zone})
    assert codes(stored) == (["lint.moment_is_past"] if past else [])
    if past:
        assert stored.warnings[0].field == "trigger.schedule.at"


def test_a_schedule_that_comes_again_is_never_over(manage: ManageRules) -> None:
    assert codes(create(manage, {**rule(GREET, name="r"), "trigger": {"schedule": {"cron": "0 9 14 3 *"}}})) == []


def test_the_settings_of_this_moment_are_looked_at(rules: FakeRules) -> None:
    settings = FakeSettings()
    early = parse_rule(rule({**GREET, "wait": {"business_days": 1, "at": "07:00", "weekdays": ["mon"]}}))
    assert LintRule(rules, FakeClock(), settings)(early) == []
    settings.save("limits", {"quiet_hours": {"from": "21:00", "to": "09:00"}})
    settings.save("calendar", {"working_hours": {"tue": ["09:00", "18:00"]}})
    found = LintRule(rules, FakeClock(), settings)(early)
    assert [each.code for each in found] == ["lint.quiet_hour", "lint.day_off"]


@pytest.mark.parametrize(("most", "told"), [(1, True), (2, False)])
@pytest.mark.parametrize("written", [{"text": "x" * 161}, {"template": "template_1"}], ids=["text", "template"])
def test_a_fixed_text_of_more_parts_than_are_sent_is_told_before_its_step_fails(
    written: dict[str, str], most: int, told: bool
) -> None:
    templates, clock = FakeTemplates(), FakeClock()
    document = {"id": "template_1", "name": "T", "channel": "sms", "texts": {"en": {"text": "x" * 161}}}
    templates.save(StoredTemplate("template_1", 1, document, clock.now(), "ayse"), None)
    step = {"id": "it", "action": "send_sms", "with": {**written, "purpose": "service"}}
    sends = parse_rule({"name": "r", "id": "rule_1", "trigger": {"event": "lead.created"}, "steps": [step]})
    found = LintRule(FakeRules(), templates=templates, most_parts=most)(sends)
    said = [each.field for each in found if each.reason == TOO_MANY_PARTS(parts=2, most=most, encoding="GSM-7")]
    assert said == ([f"steps[0].with.{next(iter(written))}"] if told else [])
