"""Explanations as the API gives them: codes, parameters, and texts in the caller's language."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.api.models.explanations import EventExplanation
from whenthen.api.rendering.renderer import Renderer
from whenthen.api.rendering.texts import LANGUAGES
from whenthen.domain.events.event import Event
from whenthen.domain.explain.explain import explain
from whenthen.domain.rules.rule import parse_rule
from whenthen.ports.values import Plan
from whenthen.usecases.matching.explain_event import ExplainedEvent, ExplainedRule

LOST: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "lost"}
RICH: dict[str, Any] = {"field": "record.amount", "op": ">", "value": 5}
EVENT = Event(id="evt_1", source="test", type="lead.updated", time=datetime(2026, 3, 14, tzinfo=UTC))


def told(language: str = "en", **parts: Any) -> dict[str, Any]:
    """Describe what became of a rule for a record that is lost and rich."""
    steps = [{"id": "s", "action": "add_tags", "with": {"tags": ["x"]}}]
    rule = parse_rule({"name": "R", "trigger": {"event": "lead.updated"}, "steps": steps, **parts})
    changes = {"amount": {"from": 4, "to": 9}}
    context = {
        "event": {"type": "lead.updated", "data": {}, "changes": changes},
        "record": {"id": "1", "status": "lost", "amount": 9},
        "before": {"id": "1", "status": "lost", "amount": 4},
        "now": "2026-03-14T09:30:00Z",
    }
    explanation = explain(rule, context)
    outcome = "started" if explanation.matched else "not_met"
    explained = ExplainedRule(rule, outcome, explanation.matched, False, None, explanation)  # noqa: FBT003
    shown = EventExplanation.of(Renderer(language), ExplainedEvent(Plan(EVENT, None, ()), (explained,), 2))
    document = shown.model_dump(mode="json", by_alias=True)
    assert (document["event"], document["note"], document["left_out"]) == ({"id": "evt_1", "type": EVENT.type}, None, 2)
    [one] = document["rules"]
    return dict(one)


def plain(text: str) -> str:
    return re.sub("[\u2068\u2069]", "", text)


def texts(language: str = "en", **parts: Any) -> list[str]:
    return [plain(each["text"]) for each in told(language, **parts)["reasons"]]


def test_what_was_not_to_be_is_said_in_the_language_that_is_asked_for() -> None:
    assert {language: texts(language, conditions={"not": LOST}) for language in LANGUAGES} == {
        "en": ["not (“status” is “lost”) (it is “lost”)"],
        "tr": ["şu geçerli değil: (“status”: “lost”) (değeri: “lost”)"],
        "hu": ["nem igaz, hogy („status”: „lost”) (értéke: „lost”)"],
        "id": ["tidak berlaku: (“status” adalah “lost”) (nilainya “lost”)"],
        "he": ["לא מתקיים: (“status” הוא “lost”) (הערך: “lost”)"],
    }


def test_a_reason_has_a_code_and_parameters_that_are_the_same_in_every_language() -> None:
    for language in LANGUAGES:
        [reason] = told(language, conditions={"not": LOST})["reasons"]
        params = {"field": "record.status", "op": "equals", "expected": "lost", "actual": "lost", "nots": 1}
        assert (reason["code"], reason["params"]) == ("condition.holds", params)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"not": {"any": [LOST, {**LOST, "value": "won"}, RICH]}},
         ["not (“status” is “lost”) (it is “lost”)", "not (“amount” is more than 5) (it is 9)"]),
        ({"not": {"not": {**LOST, "value": "won"}}}, ["not (not (“status” is “won”)) (it is “lost”)"]),
        ({"all": [{"not": RICH}, {"any": [{**RICH, "value": 99}]}, LOST]},
         ["not (“amount” is more than 5) (it is 9)", "“amount” is more than 99 (it is 9)"]),
    ],
)  # fmt: skip
def test_only_what_decided_is_said(conditions: dict[str, Any], said: list[str]) -> None:
    found = told(conditions=conditions)
    assert [plain(each["text"]) for each in found["reasons"]] == said
    assert plain(found["sentence"]) == f"It was not started: {'; '.join(said)}."


def test_the_clocks_of_another_zone_are_named() -> None:
    asked = {"field": "now.hour", "op": "<", "value": 9, "zone": "Asia/Tokyo"}
    assert texts(conditions=asked) == ["“now.hour” is less than 9 (in the time zone “Asia/Tokyo”) (it is 18)"]
    assert texts(conditions=asked, time_zone="Asia/Tokyo") == ["“now.hour” is less than 9 (it is 18)"]


def test_a_near_miss_has_its_reason_and_what_was_expected_and_there() -> None:
    found = told(trigger={"event": "lead.updated", "field": "stage"})
    [miss] = found["near_misses"]
    assert (miss["code"], miss["params"]) == ("near_miss.other_field", {"field": "stage", "values": ["amount"]})
    assert (miss["expected"], miss["actual"]) == ("stage", ["amount"])
    assert plain(miss["text"]) == "it waits for a change of “stage”; what changed: “amount”"
    assert [each["code"] for each in found["reasons"]] == ["near_miss.other_field"]


def test_conditions_are_shown_as_a_tree_in_the_form_in_which_they_were_written() -> None:
    found = told(conditions={"all": [{"not": RICH}, {"any": [LOST]}]})
    assert found["trigger"] is None
    tree = found["conditions"]
    negated, either = tree["all"]
    assert (tree["result"], negated["result"], negated["not"]["result"], either["any"][0]["result"]) == (
        False,
        False,
        True,
        True,
    )
    assert plain(either["any"][0]["sentence"]) == "“status” is “lost” (it is “lost”)"


def test_a_change_shows_the_value_before() -> None:
    found = told(trigger={"event": "lead.updated", "field": "amount", "to": 9})
    assert (found["matched"], found["outcome"], found["sentence"]) == (True, "started", "It was started.")
    (became,) = [each for each in found["trigger"]["all"] if each["op"] == "changed_to"]
    assert (became["before"], became["actual"]) == (4, 9)
    assert {each["code"] for each in found["reasons"]} == {"condition.holds"}
    assert "(it is 9, it was 4)" in plain(became["sentence"])
