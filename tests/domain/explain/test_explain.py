"""Why a rule did not match, in each language: what was not to be, and what there was."""

from __future__ import annotations

import re
from typing import Any

import pytest

from whenthen.domain.explain.explain import explain
from whenthen.domain.phrase_table import LANGUAGES
from whenthen.domain.phrases import Speaker
from whenthen.domain.rules.rule import parse_rule

LOST: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "lost"}
RICH: dict[str, Any] = {"field": "record.amount", "op": ">", "value": 5}


def explained(conditions: dict[str, Any], language: str = "en", **more: Any) -> dict[str, Any]:
    """Of a rule with these conditions and a record that is lost and rich."""
    steps = [{"id": "s", "action": "add_tags", "with": {"tags": ["x"]}}]
    document = {"name": "R", "trigger": {"event": "lead.updated"}, "steps": steps, "conditions": conditions, **more}
    record = {"id": "1", "status": "lost", "amount": 9}
    context = {"event": {"type": "lead.updated", "data": {}}, "record": record, "now": "2026-03-14T09:30:00Z"}
    return explain(parse_rule(document), context, Speaker(language))


def why(conditions: dict[str, Any], language: str = "en", **more: Any) -> list[str]:
    return [re.sub("[\u2068\u2069]", "", each) for each in explained(conditions, language, **more)["why"]]


def test_what_was_not_to_be_is_said_in_the_language_that_is_asked_for() -> None:
    assert [why({"not": LOST}, language) for language in LANGUAGES] == [
        ["not (“status” is “lost”) (it is “lost”)"],
        ["şu geçerli değil: (“status”: “lost”) (değeri: “lost”)"],
        ["nem igaz, hogy („status”: „lost”) (értéke: „lost”)"],
        ["tidak berlaku: (“status” adalah “lost”) (nilainya “lost”)"],
        ["לא מתקיים: (“status” הוא “lost”) (הערך: “lost”)"],
    ]


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"not": {"any": [LOST, {**LOST, "value": "won"}, RICH]}},
         ["not (“status” is “lost”) (it is “lost”)", "not (“amount” is more than 5) (it is 9)"]),
        ({"not": {"not": {**LOST, "value": "won"}}}, ["not (not (“status” is “won”)) (it is “lost”)"]),
        ({"all": [{"not": RICH}, {"any": [{**RICH, "value": 99}]}, LOST]},
         ["not (“amount” is more than 5) (it is 9)", "“amount” is more than 99 (it is 9)"]),
        ({"not": {"all": [LOST, {**RICH, "value": 99}]}}, []),
    ],
)  # fmt: skip
def test_only_what_decided_is_said(conditions: dict[str, Any], said: list[str]) -> None:
    assert why(conditions) == said


def test_reasons_for_machines_stay_in_english_in_every_language() -> None:
    for language in LANGUAGES:
        assert explained({"not": LOST}, language)["reasons"] == ["not so: record.status equals 'lost': it is 'lost'"]


def test_the_clocks_of_another_zone_are_named() -> None:
    asked = {"field": "now.hour", "op": "<", "value": 9, "zone": "Asia/Tokyo"}
    assert why(asked) == ["“now.hour” is less than 9 (in the time zone “Asia/Tokyo”) (it is 18)"]
    assert why(asked, time_zone="Asia/Tokyo") == ["“now.hour” is less than 9 (it is 18)"]
