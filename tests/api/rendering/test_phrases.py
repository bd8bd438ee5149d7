"""Rules, conditions and outcomes in plain words, in each language."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from whenthen.domain import phrase_codes, phrase_events, phrase_outside, phrase_problems, phrase_reasons, phrase_table
from whenthen.domain.conditions import operators
from whenthen.domain.conditions.condition import parse_condition
from whenthen.domain.event_catalog import catalog
from whenthen.domain.lint.findings import SEVERITIES
from whenthen.domain.phrased_reasons import explained_said, finding_said, near_miss_said
from whenthen.domain.phrases import Speaker
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.entry_policy import EntryDenied
from whenthen.domain.runs.run import JobStatus, RunStatus

WHENTHEN = Path(__file__).parents[3] / "layers" / "whenthen" / "whenthen"

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
        "When: lead: created. Kind of record: lead. "
        "If: “status” is one of “new”, “open” and (“tags” includes “vip” or “amount” of the event is at least 1000) "
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
    unsaid = [row.type for row in catalog.types() if "\u2068" in Speaker(language).event(row.type)]
    assert unsaid == []


def test_every_operator_action_and_outcome_has_a_row() -> None:
    assert set(operators.OPERATORS) <= set(phrase_table.OPERATORS)
    assert set(actions()) <= set(phrase_table.ACTIONS)
    assert {*JobStatus, *RunStatus} <= set(phrase_table.OUTCOMES)


def test_each_row_has_every_language_and_the_same_slots() -> None:
    modules = (phrase_table, phrase_events, phrase_codes, phrase_reasons, phrase_outside, phrase_problems)
    named = [item for module in modules for item in vars(module).items()]
    tables = [table for name, table in named if name.isupper() and isinstance(table, dict)]
    assert len(tables) == 27
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


def rule_with(trigger: dict[str, Any], **more: Any) -> Rule:
    steps = [{"id": "t", "action": "add_tags", "with": {"tags": ["vip", "{{ record.city }}"]}}]
    document = {"id": "r", "name": "R", "kind": "contact", "mode": "on", "trigger": trigger, "steps": steps, **more}
    return parse_rule(document)


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ({"event": ["lead.created", "parcel.lost"]}, "lead: created or “parcel”: lost"),
        ({"event": "lead.field_changed", "field": "city"},
         "lead: a field changed. Kind of record: contact. If: “city” changed"),
        ({"event": "lead.updated", "field": "city", "from": "Pécs", "to": ["Pest", "Haifa"]},
         "lead: changed. Kind of record: contact. If: “city” was “Pécs” until now and “city” became “Pest” or “Haifa”"),
        ({"enters": {"kind": "contact", "filter": {"field": "record.amount", "op": ">", "value": 5}}},
         "contact: begins to fit the view (“amount” is more than 5)"),
        ({"enters": {"kind": "contact"}}, "contact: begins to fit the view (all records)"),
        ({"leaves": {"kind": "contact", "filter": {"field": "record.open", "op": "equals", "value": True}}},
         "contact: no longer fits the view (“open” is yes)"),
        ({"event": "birthday.reached"}, "contact: each year, by the date in “birth_date”"),
        ({"date": {"kind": "contact", "field": "renewal_date", "days": -3, "at": "10:30"}},
         "contact: by the date in “renewal_date”, 3 days before, at 10:30"),
        ({"date": {"kind": "contact", "field": "renewal_date", "days": 2}},
         "contact: by the date in “renewal_date”, 2 days after"),
        ({"date": {"kind": "contact", "field": "renewal_date", "days": -1}},
         "contact: by the date in “renewal_date”, 1 day before"),
        ({"schedule": {"cron": "0 9 * * mon"}}, "by the schedule “0 9 * * mon”"),
        ({"schedule": {"cron": "0 9 * * mon", "kind": "contact"}},
         "by the schedule “0 9 * * mon”, for each contact of the view (all records)"),
        ({"schedule": {"at": "2026-12-01T09:00:00Z"}}, "at 2026-12-01T09:00:00.000Z"),
        ({"manual": True}, "somebody starts it by hand"),
        ({"after_rule": ["rule_a"], "outcome": ["done", "failed"]}, "the rule “rule_a” ended: Done or Failed"),
        ({"event": "lead.created", "moves_to": {"stage": "won"}},
         ("lead: created. Kind of record: contact. If: “stage” is not “won”. "
         "Then: move it to the stage “won”; add tags: “vip”, “{{ record.city }}”")),
        ({"event": "deal.updated", "field": "amount", "to": "5",
          "moves_to": {"stage": "won", "pipeline": "sales", "from": ["new"]}},
         ("deal: changed. Kind of record: contact. "
         "If: “amount” became “5” and “pipeline” is “sales” and “stage” is “new”. "
         "Then: move it to the stage “won”; add tags: “vip”, “{{ record.city }}”")),
        ({"manual": True, "moves_to": {"stage": "won", "from": ["new", "open"]}},
         ("somebody starts it by hand. Kind of record: contact. If: “stage” is one of “new”, “open”. "
         "Then: move it to the stage “won”; add tags: “vip”, “{{ record.city }}”")),
        ({"enters": {"kind": "contact"}, "moves_to": {"stage": "won"}},
         ("contact: begins to fit the view (all records). If: “stage” is not “won”. "
         "Then: move it to the stage “won”; add tags: “vip”, “{{ record.city }}”")),
        ({"date": {"kind": "contact", "field": "birth_date", "yearly": True, "at": "09:00", "time_zone": "record",
                   "leap": "mar1", "late": {"hours": 6}}},
         ("contact: each year, by the date in “birth_date”, at 09:00, in the record's own time zone, "
         "in common years on 1 March instead of 29 February, no more than 6 hours late")),
        ({"date": {"kind": "contact", "field": "due_date", "time_zone": "Asia/Jakarta", "late": {"policy": "run"}}},
         "contact: by the date in “due_date”, in the time zone “Asia/Jakarta”, no more than 31 days late"),
        ({"schedule": {"cron": "0 9 * * *", "time_zone": "Asia/Jakarta", "late": {"hours": 1}}},
         "by the schedule “0 9 * * *”, in the time zone “Asia/Jakarta”, no more than 1 hour late"),
        ({"schedule": {"at": "2026-12-01T09:00", "time_zone": "Asia/Jakarta", "late": {"hours": 30}}},
         "at 2026-12-01T02:00:00.000Z, no more than 1 day 6 hours late"),
    ],
)  # fmt: skip
def test_every_kind_of_trigger(trigger: dict[str, Any], said: str) -> None:
    assert plain(Speaker("en").rule(rule_with(trigger))).startswith(f"When: {said}.")
    for language in phrase_table.LANGUAGES[1:]:
        spoken = plain(Speaker(language).rule(rule_with(trigger)))
        assert "event.data.rule" not in spoken
        assert not re.search(r"\{\d\}", spoken)


@pytest.mark.parametrize("language", phrase_table.LANGUAGES)
def test_every_code_has_a_phrase_in_every_language(language: str) -> None:
    """A row that was missing would raise; one that was left in English would be the same."""
    speaker = Speaker(language)
    codes = {*EntryDenied, "started", "shadow", "switched_off", "not_met", "changed_since", "loop"}
    assert codes == set(phrase_codes.EXPLAINED)
    said = [explained_said(speaker, code) for code in sorted(codes)]
    said += [finding_said(speaker, code, ("a", "number", "b")) for code in SEVERITIES]
    said += [near_miss_said(speaker, code, ("a", "b")) for code in phrase_codes.NEAR_MISSES]
    assert len(set(said)) == len(said)
    if language != "en":
        english = {*map(plain, (explained_said(Speaker("en"), code) for code in codes))}
        assert not english & set(map(plain, said))
