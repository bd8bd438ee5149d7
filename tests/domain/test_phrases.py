"""Rules, conditions and outcomes in plain words, in each language."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from whenthen.domain import catalogue, operators, phrase_codes, phrase_events, phrase_reasons, phrase_table
from whenthen.domain.actions import ACTIONS
from whenthen.domain.conditions import parse_condition
from whenthen.domain.phrases import Speaker
from whenthen.domain.rules import parse_rule
from whenthen.domain.runs import JobStatus, RunStatus

RULE = parse_rule(
    {
        "id": "r",
        "name": "Welcome",
        "kind": "lead",
        "mode": "on",
        "trigger": {"event": "lead.created"},
        "conditions": {
            "all": [
                {"field": "record.status", "op": "in", "value": ["new", "open"]},
                {
                    "any": [
                        {"field": "record.tags", "op": "has", "value": "vip"},
                        {"field": "event.data.amount", "op": ">=", "value": 1000},
                    ]
                },
                {"field": "now.weekday", "op": "not_in", "value": ["sat", "sun"]},
                {"field": "record.seen", "op": "before", "value": {"ago": {"days": 3}}},
                {"field": "history.call.incoming_missed", "op": ">=", "value": 3, "within": {"days": 7}},
            ]
        },
        "steps": [
            {"id": "hello", "action": "send_whatsapp", "with": {"text": "Hello"}},
            {
                "id": "call",
                "action": "create_task",
                "wait": {"days": 3, "at": "10:00", "weekdays": ["mon"]},
                "only_if": {"field": "record.reply", "op": "exists", "value": False},
                "with": {"title": "Call"},
            },
        ],
        "exit": {"on": ["contact.replied"]},
    }
)


def plain(text: str) -> str:
    return re.sub("[\u2068\u2069]", "", text)


def test_a_rule_in_english() -> None:
    assert plain(Speaker("en").rule(RULE)) == (
        "When: lead: created. "
        "If: “status” is one of “new”, “open” and (“tags” includes “vip” or “amount” is at least 1000) "
        "and “now.weekday” is none of Saturday, Sunday and “seen” is before 3 days ago "
        "and number of “call: incoming, missed” within 7 days is at least 3. "
        "Then: send a WhatsApp message: “Hello”; "
        "create a task: “Call” (after 3 days, at 10:00, on Monday, only if “reply” is not known). "
        "Ends early at: contact: replied."
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("tr", ["Ne zaman: potansiyel müşteri: oluşturuldu.", "3 gün sonra", "Cumartesi, Pazar", "veya"]),
        ("hu", ["Amikor: érdeklődő: létrejött.", "3 nap múlva", "szombat, vasárnap", "vagy"]),
        ("id", ["Ketika: prospek: dibuat.", "setelah 3 hari", "Sabtu, Minggu", "atau"]),
        ("he", ["מתי: ליד: נוצר.", "אחרי 3 ימים", "שבת, יום ראשון", "או"]),
    ],
)
def test_a_rule_in_other_languages(language: str, words: list[str]) -> None:
    said = plain(Speaker(language).rule(RULE))
    assert [word for word in words if word not in said] == []


def test_names_are_isolated_from_the_direction_of_the_sentence() -> None:
    said = Speaker("he").rule(RULE)
    assert "“\u2068status\u2069”" in said
    assert said.count("\u2068") == said.count("\u2069")


@pytest.mark.parametrize("language", phrase_table.LANGUAGES)
def test_outcomes(language: str) -> None:
    speaker = Speaker(language)
    for status in (*JobStatus, *RunStatus):
        assert speaker.outcome(status, "because").endswith("\u2068because\u2069")
        assert not speaker.outcome(status).endswith("\u2069")


@pytest.mark.parametrize("language", phrase_table.LANGUAGES)
def test_every_event_of_the_catalogue_has_words(language: str) -> None:
    unsaid = [row.type for row in catalogue.types() if "\u2068" in Speaker(language).event(row.type)]
    assert unsaid == []


def test_every_operator_action_and_outcome_has_a_row() -> None:
    assert set(operators.OPERATORS) <= set(phrase_table.OPERATORS)
    assert set(ACTIONS) <= set(phrase_table.ACTIONS)
    assert {*JobStatus, *RunStatus} <= set(phrase_table.OUTCOMES)


def test_each_row_has_every_language_and_the_same_slots() -> None:
    modules = (vars(phrase_table), vars(phrase_events), vars(phrase_codes), vars(phrase_reasons))
    tables = [table for names in modules for name, table in names.items() if name.isupper() and isinstance(table, dict)]
    assert len(tables) == 15
    for key, row in (item for table in tables for item in table.items()):
        assert len(row) == len(phrase_table.LANGUAGES), key
        assert all(row), key
        slots = [{slot for _, slot, _, _ in Formatter().parse(text) if slot is not None} for text in row]
        assert all(these == slots[0] for these in slots), key


def test_a_free_event_type_and_a_not() -> None:
    speaker = Speaker("en")
    assert plain(speaker.event("parcel.lost_in_space")) == "“parcel.lost_in_space”"
    condition = parse_condition(
        {"not": {"field": "before.name", "op": "equals", "value": "İ", "ignore_case": True}}, "", []
    )
    assert condition is not None
    assert plain(speaker.condition(condition)) == "not (“name” before the change is “İ” (ignoring case))"


def test_an_unknown_language() -> None:
    with pytest.raises(KeyError):
        Speaker("xx")
