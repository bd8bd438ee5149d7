"""Rules, conditions and outcomes in plain words, in each language."""

from __future__ import annotations

import re
from typing import Any

import pytest

from whenthen.api.rendering.renderer import Renderer
from whenthen.api.rendering.sentences import OPERATORS, SIGNS
from whenthen.api.rendering.texts import LANGUAGES
from whenthen.api.rendering.vocabulary import EXPLAINED, FIELD_TYPES, REPORTED, STATUSES
from whenthen.domain.common.reasons import Reason, ReasonCode, ReasonValue
from whenthen.domain.conditions import operators
from whenthen.domain.conditions.condition import parse_condition
from whenthen.domain.event_catalog import catalog
from whenthen.domain.explain import near_misses
from whenthen.domain.lint import findings
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.entry_policy import EntryDenied
from whenthen.domain.runs.run import JobStatus, RunStatus

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
    assert plain(Renderer("en").rule(RULE)) == (
        "When: lead: created. Kind of record: lead. "
        "If: “status” is one of “new”, “open” and (“tags” includes “vip” or “amount” of the event is at least 1000) "
        "and “now.weekday” is none of Saturday, Sunday and “seen” is before 3 days ago "
        "and number of “call: incoming, missed” within 7 days is at least 3. "
        "Then: send a WhatsApp message: “Hello”; "
        "create a task: “Call” (after 3 days, at 10:00, on Monday, only if “reply” is not known). "
        "Ends early at: contact: replied (about the same customer). Time zone: “UTC”."
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
    said = plain(Renderer(language).rule(RULE))
    assert [word for word in words if word not in said] == []


def test_names_are_isolated_from_the_direction_of_the_sentence() -> None:
    said = Renderer("he").rule(RULE)
    assert "“\u2068status\u2069”" in said
    assert said.count("\u2068") == said.count("\u2069")


@pytest.mark.parametrize("language", LANGUAGES)
def test_outcomes(language: str) -> None:
    renderer = Renderer(language)
    for status in (*JobStatus, *RunStatus):
        assert renderer.outcome(status, Reason("tests.because")).endswith("\u2068tests.because\u2069")
        assert not renderer.outcome(status).endswith("\u2069")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_of_the_catalogue_has_words(language: str) -> None:
    unsaid = [row.type for row in catalog.types() if "\u2068" in Renderer(language).event(row.type)]
    assert unsaid == []


def test_every_operator_action_and_status_has_words() -> None:
    assert {SIGNS.get(name, name) for name in operators.OPERATORS} <= set(OPERATORS)
    assert {action.label.code for action in actions().values()} == {f"action.{name}" for name in actions()}
    assert {*JobStatus, *RunStatus} == set(STATUSES)
    assert set(EXPLAINED) == {*EntryDenied, "started", "shadow", "switched_off", "not_met", "changed_since", "loop"}


def test_a_free_event_type_and_a_not() -> None:
    renderer = Renderer("en")
    assert plain(renderer.event("parcel.lost_in_space")) == "“parcel.lost_in_space”"
    condition = parse_condition(
        {"not": {"field": "before.name", "op": "equals", "value": "İ", "ignore_case": True}}, "", []
    )
    assert condition is not None
    assert plain(renderer.condition(condition)) == "not (“name” before the change is “İ” (ignoring case))"


def test_an_unknown_language() -> None:
    with pytest.raises(KeyError):
        Renderer("xx")


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
    assert plain(Renderer("en").rule(rule_with(trigger))).startswith(f"When: {said}.")
    for language in LANGUAGES[1:]:
        spoken = plain(Renderer(language).rule(rule_with(trigger)))
        assert "event.data.rule" not in spoken
        assert not re.search(r"\{\d\}", spoken)


SAMPLES: dict[str, ReasonValue] = {"field_type": "number", "outcome": "failed", "chain": ["a", "b", "a"], "most": 3}
"""Values of parameters that are no names."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_and_near_miss_has_a_text_of_its_own(language: str) -> None:
    named = {**vars(findings), **vars(near_misses)}.values()
    codes = [code for code in named if isinstance(code, ReasonCode)]
    reasons = [code(**{name: SAMPLES.get(name, f"<{name}>") for name in code.names}) for code in codes]
    texts = [plain(Renderer(language).text(reason)) for reason in reasons]
    assert len(set(texts)) == len(texts) == 44
    for reason, text in zip(reasons, texts, strict=True):
        names = [str(value) for value in reason.params.values() if str(value).startswith("<")]
        assert all(name in text for name in names)
    if language != "en":
        assert not {*map(plain, map(Renderer("en").text, reasons))} & set(texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_became_of_a_rule_is_said_with_why(language: str) -> None:
    renderer = Renderer(language)
    params = {"until": "2026-04-13T09:30:00Z", "run": "run_7c"}
    said = {code: plain(renderer.explained(code, params=params)) for code in EXPLAINED}
    assert len(set(said.values())) == len(EXPLAINED)
    assert all(value in said["entered_recently"] for value in params.values())
    assert renderer.explained("not_met", ["one", "two"]).endswith(": one; two.")


REASONS: list[tuple[str, Reason, str]] = [
    ("en", Reason("near_miss.other_value", {"field": "city", "value": None}), "“city” changed, but to nothing"),
    ("hu", Reason("near_miss.other_value", {"field": "city", "value": True}),
     "„city” megváltozott, de az új értéke: igen"),
    ("en", Reason("near_miss.other_field", {"field": "a", "values": []}),
     "it waits for a change of “a”; what changed: nothing"),
    ("en", Reason("near_miss.other_field", {"field": "a", "values": [*"bcdefghijkl"]}),
     "it waits for a change of “a”; what changed: “b”, “c”, “d”, “e”, “f”, “g”, “h”, “i”"),
    ("tr", Reason("near_miss.another_outcome", {"outcome": "failed"}),
     "beklediği kural başka türlü bitti: Başarısız oldu"),
    ("en", Reason("near_miss.another_outcome", {"outcome": "odd"}), "the rule that it waits for ended otherwise: odd"),
    ("en", Reason("lint.wrong_type", {"field": "a", "field_type": "flag", "op": ">"}),
     "a holds a yes or no: > never holds"),
    ("en", Reason("lint.cycle_that_settles", {"chain": ["a", "b", "a"]}),
     "it starts itself again: “a” → “b” → “a”; this ends once the fields hold what they write"),
    ("en", Reason("lint.no_such_field", {"field": "event.x", "known": ["id", "time"]}),
     "event.x does not exist: events have id, time"),
    ("en", Reason("input.at_field", {"field": "name", "problem": Reason("lint.unknown_event", {"name": "x"})}),
     "name: x is not in the catalogue; it may be misspelt"),
    ("en", Reason("input.invalid", {"problems": [Reason("lint.never_holds"), Reason("lint.exit_never")]}),
     "these conditions can never hold together, this exit never comes: its conditions can never hold together"),
    ("en", Reason("input.at_field", {"field": "n", "problem": 3}), "n: 3"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "reason", "text"), REASONS)
def test_a_reason_is_put_in_words_with_its_parameters(language: str, reason: Reason, text: str) -> None:
    assert plain(Renderer(language).text(reason)) == text


def test_parameters_are_isolated_from_the_direction_of_the_text() -> None:
    reason = Reason("input.at_field", {"field": "with.to", "problem": Reason("lint.unknown_event", {"name": "x.y"})})
    assert Renderer("he").text(reason) == (
        "\u2068with.to\u2069: \u2068x.y\u2069 אינו מופיע בקטלוג; ייתכן שנפלה טעות כתיב"
    )


@pytest.mark.parametrize(
    "reason",
    [
        Reason("made_up.by_a_newer_version", {"a": 1}),
        Reason("lint.unknown_field", {"another": "parameter"}),
        Reason("sentence.wait.after"),
    ],
)
def test_a_reason_without_a_text_that_fits_is_shown_as_it_is_stored(reason: Reason) -> None:
    assert Renderer("hu").text(reason) == f"\u2068{reason}\u2069"


def test_an_outcome_may_have_a_reason_as_data() -> None:
    outcome = Renderer("en").outcome("skipped", Reason("lint.exit_never"))
    assert outcome == "Skipped: this exit never comes: its conditions can never hold together"


def test_a_word_that_no_table_has_is_isolated() -> None:
    assert Renderer("tr").word(REPORTED, "bounced") == "teslim edilemedi"
    assert Renderer("tr").word(FIELD_TYPES, "text") == "metin"
    assert Renderer("tr").word(REPORTED, "odd") == "\u2068odd\u2069"
