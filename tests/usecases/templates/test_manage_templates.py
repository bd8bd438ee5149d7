"""Stored templates by admins: versions, conflicts, where they are used, and what lint says of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.ledger import FakeRuns
from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRules
from tests.usecases.fakes.templates import FakeTemplates
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale
from whenthen.domain.lint.findings import LANGUAGES_DIFFER, UNKNOWN_EVENT, UNKNOWN_FIELD
from whenthen.domain.rules.rule import parse_rule
from whenthen.ports.values import StoredRule
from whenthen.usecases.context.idempotency import KEY_REUSED
from whenthen.usecases.templates.manage_templates import IN_USE, MAX_VERSIONS, TEMPLATE_DELETED, ManageTemplates

HELLO: dict[str, Any] = {"name": "Hello", "channel": "sms", "texts": {"en": {"text": "Hello {{ record.first_name }}"}}}


@pytest.fixture
def manage() -> ManageTemplates:
    return ManageTemplates(FakeTemplates(), FakeRules(), FakeRuns(), FakeClock())


def text(words: str) -> dict[str, Any]:
    return {**HELLO, "texts": {"en": {"text": words}}}


def test_a_template_is_kept_as_it_was_written(manage: ManageTemplates) -> None:
    made = manage.create({**HELLO, "version": 7, "updated_by": "me"}, seed="key", by="ayse")
    assert (made.version, made.document, made.updated_by) == (1, {**HELLO, "id": made.id}, "ayse")
    assert manage.get(made.id).document == made.document
    assert [each.id for each in manage.list(limit=9, cursor=None).items] == [made.id]


def test_the_same_key_finds_the_same_template_and_refuses_another(manage: ManageTemplates) -> None:
    made = manage.create(HELLO, seed="key", by="ayse")
    assert manage.create(HELLO, seed="key", by="ayse") == made
    with pytest.raises(Conflict) as refused:
        manage.create(text("Hi"), seed="key", by="ayse")
    assert refused.value.reason == KEY_REUSED()
    changed = manage.replace(made.id, text("Hi"), version=1, by="budi")
    assert manage.create(HELLO, seed="key", by="ayse") == changed
    manage.delete(made.id, version=2)
    with pytest.raises(Conflict) as refused:
        manage.create(HELLO, seed="key", by="ayse")
    assert refused.value.reason == TEMPLATE_DELETED()


def test_each_change_is_a_version_that_can_be_read_and_restored(manage: ManageTemplates) -> None:
    made = manage.create(HELLO, seed="key", by="ayse")
    second = manage.replace(made.id, text("Hi"), version=1, by="budi")
    assert [each.version for each in manage.versions(made.id)] == [2, 1]
    assert (manage.get_version(made.id, 1).document, second.updated_by) == (made.document, "budi")
    restored = manage.restore(made.id, 1, version=2, by="cem")
    assert (restored.version, restored.document, restored.updated_by) == (3, made.document, "cem")
    assert manage.get(made.id) == restored
    with pytest.raises(NotFound):
        manage.restore(made.id, 9, version=None, by="cem")


def test_a_save_without_a_change_makes_no_version(manage: ManageTemplates) -> None:
    made = manage.create(HELLO, seed="key", by="ayse")
    assert manage.replace(made.id, made.document, version=None, by="budi") == made


def test_another_version_than_the_current_is_stale(manage: ManageTemplates) -> None:
    made = manage.create(HELLO, seed="key", by="ayse")
    for change in (
        lambda: manage.replace(made.id, text("Hi"), version=2, by="budi"),
        lambda: manage.restore(made.id, 1, version=2, by="budi"),
        lambda: manage.delete(made.id, version=2),
    ):
        with pytest.raises(Stale):
            change()
    assert manage.get(made.id) == made


def test_the_last_hundred_versions_are_listed(manage: ManageTemplates) -> None:
    made = manage.create(HELLO, seed="key", by="ayse")
    for number in range(MAX_VERSIONS + 1):
        manage.replace(made.id, text(f"Hi {number}"), version=None, by="ayse")
    listed = [each.version for each in manage.versions(made.id)]
    assert (listed[0], listed[-1], len(listed)) == (MAX_VERSIONS + 2, 3, MAX_VERSIONS)
    assert manage.get_version(made.id, 1) == made


def test_what_is_not_there_is_not_found(manage: ManageTemplates) -> None:
    for ask in (
        lambda: manage.get("template_9"),
        lambda: manage.get_version("template_9", 1),
        lambda: manage.versions("template_9"),
        lambda: manage.users("template_9"),
        lambda: manage.replace("template_9", HELLO, version=None, by="ayse"),
        lambda: manage.delete("template_9", version=None),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_template_that_rules_use_is_not_deleted(manage: ManageTemplates) -> None:
    made = manage.create(
        {**HELLO, "channel": "email", "texts": {"en": {"subject": "s", "text": "t"}}}, seed="k", by="a"
    )
    document = {
        "id": "rule_1",
        "version": 1,
        "name": "Greet",
        "trigger": {"event": "lead.created"},
        "steps": [{"id": "mail", "action": "send_email", "with": {"template": made.id}}],
    }
    rules = manage.rules
    rule = StoredRule("rule_1", 1, document, manage.clock.now(), "ayse")
    rules.save(rule, parse_rule(document), None)
    assert manage.users(made.id) == ("rule_1",)
    with pytest.raises(Conflict) as refused:
        manage.delete(made.id, version=None)
    assert refused.value.reason == IN_USE(rules=["rule_1"])
    rules.delete(rule, parse_rule(document))
    manage.delete(made.id, version=None)
    assert manage.list(limit=9, cursor=None).items == ()


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({**HELLO, "texts": {"en": {"text": "{{ secret }}"}}}, "texts.en.text"),
        ({**HELLO, "texts": {"en": {"subject": "s", "text": "t"}}}, "texts.en.subject"),
        ({**HELLO, "name": ""}, "name"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_field(
    manage: ManageTemplates, document: dict[str, Any], field: str
) -> None:
    made = manage.create(HELLO, seed="key", by="ayse")
    for save in (
        lambda: manage.create(document, seed="other", by="ayse"),
        lambda: manage.replace(made.id, document, version=None, by="ayse"),
    ):
        with pytest.raises(Invalid) as refused:
            save()
        assert [problem.field for problem in refused.value.problems] == [field]
    assert manage.get(made.id) == made


def test_lint_warns_and_saves(manage: ManageTemplates) -> None:
    document = {
        **HELLO,
        "events": ["email.received", "email.misspelt"],
        "texts": {"en": {"text": "{{ record.name }}"}, "tr": {"text": "Selam"}},
    }
    made = manage.create(document, seed="key", by="ayse")
    assert [(each.code, each.field) for each in made.warnings] == [
        (UNKNOWN_EVENT.code, "events"),
        (LANGUAGES_DIFFER.code, "texts.tr"),
    ]


def test_fields_of_events_are_checked_if_the_events_are_named(manage: ManageTemplates) -> None:
    words = "{{ event.data.subject }} {{ event.data.subjct }}"
    named = manage.create({**text(words), "events": ["email.received"]}, seed="key", by="ayse")
    assert [(each.code, each.field, each.reason.params["field"]) for each in named.warnings] == [
        (UNKNOWN_FIELD.code, "texts.en.text", "event.data.subjct")
    ]
    assert manage.create(text(words), seed="other", by="ayse").warnings == ()
