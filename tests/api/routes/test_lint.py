"""/v1/rules/lint through the handler, and the sentences of rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api import RULE, Api
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.rule import Rule
from whenthen.runtime.observability import logger

NEVER = {"all": [{"field": "record.a", "op": "exists"}, {"field": "record.a", "op": "exists", "value": False}]}
STRANGE = {"field": "event.data.durration", "op": ">", "value": 5}


def test_what_lint_refuses_is_named_with_field_code_and_message(api: Api) -> None:
    answer = api.call("POST", "/v1/rules", {**RULE, "conditions": {"all": [*NEVER["all"], STRANGE]}})
    assert answer.status == 422
    assert answer.document["errors"] == [
        {
            "field": "conditions",
            "code": "lint.never_holds",
            "params": {},
            "text": "these conditions can never hold together",
        }
    ]
    [warning] = answer.document["warnings"]
    assert (warning["field"], warning["code"]) == ("conditions.all[2].field", "lint.unknown_field")
    assert api.get("/v1/rules")["items"] == []


def test_warnings_come_with_what_is_saved_and_may_be_sent_back(api: Api) -> None:
    made = api.has_rule(conditions=STRANGE)
    assert [each["code"] for each in made["warnings"]] == ["lint.unknown_field"]
    again = api.call("PUT", f"/v1/rules/{made['id']}", made)
    assert (again.status, again.document["version"]) == (200, 1)
    assert again.document["warnings"] == made["warnings"]
    switched = api.call("PUT", f"/v1/rules/{made['id']}/mode", {"mode": "on"})
    assert [each["code"] for each in switched.document["warnings"]] == ["lint.unknown_field"]


def test_a_rule_is_tried_without_being_saved(api: Api) -> None:
    answer = api.call("POST", "/v1/rules/lint?lang=tr", {**RULE, "conditions": {"all": [*NEVER["all"], STRANGE]}})
    assert answer.status == 200
    assert answer.document["savable"] is False
    assert [(each["severity"], each["code"]) for each in answer.document["findings"]] == [
        ("error", "lint.never_holds"),
        ("warning", "lint.unknown_field"),
    ]
    assert "birlikte sağlanamaz" in answer.document["findings"][0]["text"]
    assert answer.document["sentence"].startswith("Ne zaman: ")
    assert api.get("/v1/rules")["items"] == []


def test_what_cannot_be_read_is_a_finding_too(api: Api) -> None:
    answer = api.call("POST", "/v1/rules/lint", {**RULE, "name": "", "steps": [{"id": "a", "action": "fly"}]})
    assert (answer.status, answer.document["savable"], answer.document["sentence"]) == (200, False, None)
    assert {(each["code"], each["field"]) for each in answer.document["findings"]} == {
        ("field.empty", "name"),
        ("value.not_one_of", "steps[0].action"),
    }


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", {"must not be empty", "one of {0} is required", "line 1: there is no “x”; there are {1}"}),
        ("tr", {"boş bırakılamaz", "şunlardan biri gerekli: {0}", "1. satır: “x” diye bir şey yok; olanlar: {1}"}),
        ("hu", {"nem lehet üres", "ezek egyike szükséges: {0}", "1. sor: nincs ilyen: „x”; ezek vannak: {1}"}),
        ("id", {"tidak boleh kosong", "diperlukan salah satu dari {0}", "baris 1: tidak ada “x”; yang ada: {1}"}),
        ("he", {"אינו יכול להיות ריק", "נדרש אחד מאלה: {0}", "שורה 1: אין “x”; יש: {1}"}),
    ],
)
def test_what_cannot_be_read_is_said_in_the_language_that_is_asked_for(api: Api, lang: str, said: set[str]) -> None:
    steps = [{"id": "a", "action": "fly"}, {"id": "b", "action": "add_tags", "with": {"tags": ["{{ x }}"]}}]
    answer = api.call("POST", f"/v1/rules/lint?lang={lang}", {**RULE, "name": "", "steps": steps})
    found = {each["text"].replace("\u2068", "").replace("\u2069", "") for each in answer.document["findings"]}
    names = (
        ", ".join(actions()),
        "before, event, now, preferences_url, record, related, secrets, steps, unsubscribe_url",
    )
    assert found == {each.format(*names) for each in said}


def test_a_rule_that_cannot_be_put_in_words_keeps_nothing_else_from_being_shown(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = api.has_rule(name="good"), api.has_rule(name="bad")
    say = Renderer.rule

    def saying(renderer: Renderer, rule: Rule) -> str:
        if rule.name == "bad":
            raise KeyError("a defect")
        return say(renderer, rule)

    monkeypatch.setattr(Renderer, "rule", saying)
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(logger, "exception", lambda message, **named: logged.append({"message": message, **named}))
    listed = {each["id"]: each["sentence"] for each in api.get("/v1/rules")["items"]}
    assert (listed[bad["id"]], listed[good["id"]][:6]) == ("", "When: ")
    assert api.get(f"/v1/rules/{bad['id']}")["sentence"] == ""
    assert api.get(f"/v1/rules/{bad['id']}/versions")["items"][0]["sentence"] == ""
    assert api.get(f"/v1/rules/{bad['id']}/lint?lang=hu")["sentence"] == ""
    assert logged[0] == {"message": "no sentence for a rule", "rule": bad["id"], "version": 1, "language": "en"}
    assert [each["language"] for each in logged] == ["en", "en", "en", "hu"]


def test_a_saved_rule_is_looked_over(api: Api) -> None:
    made = api.has_rule(mode="on", trigger={"event": "call.incoming_missed"})
    assert api.get(f"/v1/rules/{made['id']}/lint")["findings"] == []
    sets = {"id": "set", "action": "set_fields", "with": {"fields": {"a": 1}}}
    first = api.has_rule(name="first", mode="on", steps=[sets])
    api.has_rule(name="second", mode="on", steps=[{**sets, "with": {"fields": {"a": 2}}}])
    found = api.get(f"/v1/rules/{first['id']}/lint")
    assert [each["code"] for each in found["findings"]] == ["lint.same_field"]
    assert api.call("GET", "/v1/rules/rule_x/lint").status == 404
