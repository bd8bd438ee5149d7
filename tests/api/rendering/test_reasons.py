"""What runs, jobs and drafts are told is said in every language: each text of the code that comes there has a row."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from whenthen.adapters.providers import graph_errors
from whenthen.channels.webhook.effect import _SCHEME
from whenthen.domain import phrase_outside, phrase_problems, phrase_reasons
from whenthen.domain.common import errors
from whenthen.domain.phrase_table import LANGUAGES
from whenthen.domain.phrased_reasons import ROWS, reason_said, said_in
from whenthen.domain.phrases import Speaker
from whenthen.domain.runs.delivery_reports import REPORTS
from whenthen.domain.scheduling import schedules
from whenthen.sources.signing import signatures
from whenthen.usecases.admin.manage_rules import checked
from whenthen.usecases.records import save_record

WHENTHEN = Path(__file__).parents[3] / "layers" / "whenthen" / "whenthen"

LAYERS = ("domain", "usecases", "adapters")
"""Whose texts may become the reason of a job or a run, or a problem of a draft. A new module belongs to them."""

ELSEWHERE = {
    # Told to who calls the API, sends events or imports files: in a problem document, which is in English.
    *("domain/catalogue", "domain/enrolments", "domain/events", "domain/import_orders", "domain/lead_forms"),
    *("domain/merging", "domain/people", "usecases/receive_webhook", "usecases/receive_meta", "usecases/authorize"),
    *("usecases/enrol_view", "usecases/explain_event", "usecases/import_batches", "usecases/import_lines"),
    *("usecases/import_records", "usecases/manage_imports", "usecases/manage_rules", "usecases/manage_settings"),
    *("usecases/manage_sources", "usecases/manage_views", "usecases/merge_records", "usecases/read_history"),
    *("usecases/send_event", "usecases/start_rule", "usecases/try_source", "adapters/dynamodb/cursors"),
    # Told to the queue that brings the message again, or to nobody but the log: the job or run is as it was.
    *(
        "usecases/update_consent",
        "usecases/identify_sender",
        "usecases/settle_report",
        "adapters/aws",
        "adapters/batches",
    ),
    *("adapters/bus", "adapters/import_files", "adapters/objects", "adapters/queues", "adapters/secrets"),
    *("adapters/vault", "adapters/dynamodb/events", "adapters/dynamodb/imports", "adapters/dynamodb/items"),
    *("adapters/dynamodb/records", "adapters/dynamodb/rules", "adapters/dynamodb/settings"),
    *("adapters/dynamodb/table", "adapters/dynamodb/transactions", "adapters/dynamodb/views"),
    # Shown in the catalogue, and with the deliveries of a source.
    *("domain/differences", "usecases/record_rejection"),
}
"""Modules and packages whose texts come neither to jobs and runs nor to drafts."""

NOT_AS_REASONS = {
    "another worker has taken this job meanwhile",
    "another worker has this job",
    "this job keeps changing",
    "parts of the run changed at the same time",
    "the run keeps going on",
    "what step x7 changes is being changed by others",
    "x7 of step x7 has moved on",
    "there is no job for step x7 (x7) of run x7",
    "there is no job for step x7 of run x7",
    "there is no run x7",
    "rule x7 does not watch x7",
    "x7 x7 is being changed by others",
    "x7 is being changed by others",
    "x7 is at version x7, not x7",
    "an id is required where the fields hold no phone and no e-mail",
    "an identity's kind is a lower-case name such as phone, email or whatsapp",
    "unknown keys",
    "Meta's list of leads cannot be read",
    "Meta's answer is longer than x7 bytes",
    "the time for this call is over",
}
"""Texts of the other modules that come there neither: the queue or a caller of the API is told, or nobody ever is."""

_ERRORS = {name for name, found in vars(errors).items() if isinstance(found, type)} - {"Problem", "Handling"}
_TEXT_AT = {
    **dict.fromkeys((*_ERRORS, "ValueError", "TimeoutError"), 0),
    **dict.fromkeys(("Outcome", "Finish", "Problem", "report", "_report", "field"), 1),
    "finish": 2,
    "Work": 3,
}
"""What takes a text for people, and at which place: errors, outcomes, work done, and what names a field's problem."""

_CALLED = ("reason", "without", "said", "note", "several")
"""Names that such a text is given before."""


def plain(text: str) -> str:
    return re.sub("[\u2068\u2069]", "", text)


def texts_in_code() -> dict[str, str]:
    """The texts that the code makes for people, values filled in with `x7`, and where."""
    paths = sorted(path for layer in LAYERS for path in (WHENTHEN / layer).rglob("*.py"))
    found = {}
    for path in paths:
        name = path.relative_to(WHENTHEN).with_suffix("").as_posix()
        if name.startswith("domain/phrase") or any(f"{name}/".startswith(f"{other}/") for other in ELSEWHERE):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            found.update(dict.fromkeys(_texts_for_people(node), f"{name}:{getattr(node, 'lineno', 0)}"))
    return found


def _texts_for_people(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=given):
            place = _TEXT_AT.get(name)
            if place is not None and len(given) > place:
                yield from _texts(given[place])
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _CALLED:
            yield from _texts(value)
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=name), *_])], value=ast.Tuple(elts=[value, *_])):
            yield from _texts(value) if name in _CALLED else ()
        # Beside what it is about: of a template, a step or a run. Or alone, as the answer of a function.
        case ast.Yield(value=ast.Tuple(elts=[_, value])) | ast.Tuple(elts=[ast.Name(id="step"), value]):
            yield from _texts(value)
        case ast.Return(value=ast.Tuple(elts=[_, value])) | ast.Return(value=ast.expr() as value):
            yield from (text for text in _texts(value) if " " in text)


def _texts(node: ast.expr) -> list[str]:
    """What an expression may come to; nothing for one that is not written here."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values):
            return ["".join(str(value.value) if isinstance(value, ast.Constant) else "x7" for value in values)]
        case ast.IfExp(body=first, orelse=second):
            return _texts(first) + _texts(second)
        case ast.BinOp(left=left, right=right):
            return [one + other for one in _texts(left) for other in _texts(right)]
    return []


def test_every_text_that_comes_to_runs_jobs_or_drafts_has_words() -> None:
    found = texts_in_code()
    assert len(found) > 150
    assert set(found) >= {*NOT_AS_REASONS, *OF_TABLES}, "what is left out is still written"
    # A text of nothing but values and signs is somebody else's.
    wanted = {text: place for text, place in found.items() if set(text) - set("x7:;=() ")}
    unsaid = {text: place for text, place in wanted.items() if said_in(Speaker("tr"), text) is None}
    assert {text: place for text, place in unsaid.items() if text not in {*NOT_AS_REASONS, *OF_TABLES}} == {}


def test_what_is_left_out_is_still_there() -> None:
    assert [each for each in ELSEWHERE if not any((WHENTHEN / f"{each}{end}").exists() for end in ("", ".py"))] == []


OF_TABLES: dict[str, list[str]] = {
    "x7 is not x7": [f"x7 is not {example}" for example in save_record._EXAMPLES.values()],
    "Meta: x7 (x7x7)": [*(said for said, _ in graph_errors.LATER.values()), *graph_errors.NEVER.values()],
    "x7: x7": [f"WhatsApp: {report.says}" for report in REPORTS.values()],
    "x7: x7: x7": [f"SES: {report.says}: x7" for report in REPORTS.values()],
    "x7 is no x7, which goes from x7 to x7": [field.name for field in schedules._FIELDS.values()],
}
"""Texts that are put together from tables, and the parts, or the wholes, that need words."""


@pytest.mark.parametrize("text", sorted({*chain(*OF_TABLES.values())}))
def test_every_text_of_a_table_has_words(text: str) -> None:
    for language in LANGUAGES[1:]:
        said = said_in(Speaker(language), text)
        assert said is not None
        assert plain(said) != text


@pytest.mark.parametrize(
    ("secret", "external_id"), [("whsec_%", "job_1"), ("whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw==", "job.1")]
)
def test_what_a_signature_lacks_has_words(secret: str, external_id: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        signatures.sign(_SCHEME, secret, b"", datetime(2026, 3, 14, tzinfo=UTC), external_id)
    assert said_in(Speaker("tr"), refused.value.reason) is not None


def test_rows_stand_in_one_table_each_and_their_slots_in_order() -> None:
    modules = (phrase_reasons, phrase_outside, phrase_problems)
    tables = [table for module in modules for name, table in vars(module).items() if name.isupper()]
    rows = [row for table in tables if table is not phrase_outside.REPORTED for row in table]
    assert sorted(rows) == sorted(ROWS)
    for row in rows:
        slots = [slot for _, slot, _, _ in Formatter().parse(row) if slot is not None]
        numbers = [slot for slot in slots if slot.isdigit()]
        assert numbers == [str(place) for place in range(len(numbers))], row
        assert {*slots} - {*numbers} <= {"said", "outcome", "report"}, row


@pytest.mark.parametrize("row", sorted(ROWS))
def test_every_row_is_found_by_its_own_text(row: str) -> None:
    text = row.format(*"abcdef", said="is required", outcome="failed", report="sent")
    for column, language in enumerate(LANGUAGES):
        said = said_in(Speaker(language), text)
        assert said is not None
        fixed = [literal for literal, _, _, _ in Formatter().parse(ROWS[row][column]) if literal.strip()]
        assert all(part in said for part in fixed)


SAID: list[tuple[str, str]] = [
    ("2 of 3 steps done", "3 lépésből 2 elkészült"),
    ("call: its condition does not hold", "call: a feltétele nem teljesül"),
    ("say hello: it may have been sent: no answer within 5 s", "say hello: lehet, hogy elment: no answer within 5 s"),
    ("the run is stopped: its exit condition holds", "a futás állapota Leállítva: a kilépési feltétele teljesül"),
    ("exit: contact.replied, seen before it started", "kilépés: contact.replied, még az indulás előtt"),
    ("exit: contact.replied", "kilépés: contact.replied"),
    ("lead:7: set status (as it was already)", "lead:7: beállítva status (már úgy volt)"),
    ("lead:7: owner agent:a", "lead:7: felelős agent:a"),
    ("lead:7: set done", "lead:7: beállítva done"),
    ("there is no date in record.due_on", "a rekord due_on mezőjében nincs dátum"),
    ("with.to: there is no phone number", "with.to: nincs telefonszám"),
    ("hello: with.subject: is empty", "hello: with.subject: üres"),
    ("only https addresses may be called", "csak https címek hívhatók"),
    ("template: cannot be rendered: 'x' is undefined", "template: nem lesz belőle szöveg: 'x' is undefined"),
    ("fields.phone: 'x; y: z' is not a phone number such as +905321234567; fields.email: 'q' is not an e-mail address",
     "fields.phone: 'x; y: z' nem telefonszám; példa: +905321234567; fields.email: 'q' nem e-mail-cím"),
    ("hi: given up after 1 attempt: the receiver answered 503",
     "hi: 1 kísérlet után feladva: a fogadó válasza: 503"),
    ("hi: given up after 3 attempts: no connection to a.example: TimeoutError",
     "hi: 3 kísérlet után feladva: nem jött létre kapcsolat: a.example: TimeoutError"),
    ("Meta: the template takes another number of parameters (132000: expected (2) got (3))",
     "Meta: a sablon más számú paramétert vár (132000: expected (2) got (3))"),
    ("hi: WhatsApp: failed: 131047 Re-engagement message", "hi: WhatsApp: sikertelen: 131047 Re-engagement message"),
    ("SES: reported as spam", "SES: kéretlennek jelölve"),
    ("SES: Throttling", "SES: Throttling"),
    ("another step is called done", "egy másik lépés neve is done"),
    ("131047 Re-engagement message", "131047 Re-engagement message"),
    ("done: 131047 Re-engagement message", "done: 131047 Re-engagement message"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "hungarian"), SAID)
def test_reasons_are_said_again_in_another_language(reason: str, hungarian: str) -> None:
    assert plain(reason_said(Speaker("hu"), reason)) == hungarian
    assert plain(reason_said(Speaker("en"), reason)).replace("Stopped", "stopped") == reason


def test_names_and_values_of_a_reason_are_isolated() -> None:
    said = reason_said(Speaker("he"), "hello: with.to: 'x' is not a phone number")
    assert said == "\u2068hello: with.to\u2069: \u2068'x'\u2069 אינו מספר טלפון"


def test_a_reason_that_quotes_at_length_is_left_as_it_is() -> None:
    said = [said_in(Speaker("tr"), f"the mail cannot be written: {'x' * length}") for length in (500, 5_000)]
    assert [each is None for each in said] == [False, True]


BROKEN: dict[str, Any] = {
    "name": "",
    "kind": "No Kind",
    "colour": "red",
    "time_zone": "Mars/Olympus",
    "trigger": {"event": ["No Type", "date.reached"], "from": 1, "moves_to": {"stage": "{{ x }}", "from": ["{{ x }}"]}},
    "conditions": {
        "all": [
            {"field": "record.a", "op": "is", "value": 1},
            {"field": "status", "op": "in", "value": []},
            {"field": "now.century", "op": "equals", "value": None},
            {"field": "history.call.incoming_missed", "op": ">", "value": "x", "within": {"years": 1}},
            {"field": "record.at", "op": "before", "value": "soon", "zone": "Mars/Olympus"},
            {"field": "event.a", "op": "changed"},
            {"any": [], "not": {}},
            {"any": []},
            7,
        ]
    },
    "entry": {"again": "never", "only_new": 1},
    "exit": {"on": ["No Type"]},
    "steps": [
        {"id": "a", "action": "send_email", "wait": {"at": "9", "weekdays": ["x"], "days": 999}, "with": {}},
        {"id": "a", "start": "with_previous", "wait": {}, "action": "fly", "retry": {"attempts": 0}},
        {"id": "c", "action": "send_email", "with": {"subject": "{{ x }}", "text": "{% for a in b %}{{ a"}},
    ],
}
TRIGGERS: list[dict[str, Any]] = [
    {"schedule": {"cron": "70 5-1 x * 0 9", "at": "noon"}},
    {"schedule": {"cron": "70 * * * *", "time_zone": "record", "late": {"policy": "run", "hours": 1}}},
    {"schedule": {"cron": "5-1 * * * *"}},
    {"schedule": {"cron": "? * * * *"}},
    {"schedule": {"cron": "0 9 30 2 *"}},
    {"date": {"kind": "contact", "field": "colour", "days": 999}},
    {"enters": {"filter": {"all": [{"field": "event.a", "op": "exists"}, {"field": "record.a", "op": "changed"}]}}},
    {"after_rule": ["draft"], "outcome": ["won"]},
    {"event": [], "manual": False},
    {"manual": False},
]


@pytest.mark.parametrize("trigger", [BROKEN["trigger"], *TRIGGERS])
def test_what_is_wrong_with_a_draft_is_said_in_every_language(trigger: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid) as refused:
        checked({**BROKEN, "id": "draft", "trigger": trigger})
    messages = {problem.message for problem in refused.value.problems}
    assert len(messages) > 25
    for language in LANGUAGES:
        said = {message: said_in(Speaker(language), message) for message in messages}
        assert [message for message, each in said.items() if each is None] == []
        as_written = [message for message, each in said.items() if plain(str(each)) == message]
        assert bool(as_written) is (language == "en"), as_written
