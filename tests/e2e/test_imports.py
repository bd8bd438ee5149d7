"""Imports on the deployed stack: files of any size through the upload address, and what rules hear of them."""

from __future__ import annotations

import csv
import io
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

import pytest

from dev import web
from dev.stack import Stack
from tests.e2e.test_time import all_swept, rule_of, runs_of
from tests.tables import FIGURE

RECORDS, CHANGED = 20_000, 1_000

PATIENCE = 1200


@pytest.fixture
def marker() -> str:
    return f"i{uuid.uuid4().hex[:10]}"


def until(look: Callable[[], Any], what: str) -> Any:
    """Return what `look` finds, once it finds something."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < end, what
        time.sleep(1)
    return found


def csv_of(rows: Iterable[Sequence[object]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";").writerows(rows)
    return file.getvalue().encode("utf-8-sig")


def imported(stack: Stack, data: bytes, **order: Any) -> dict[str, Any]:
    """The import of this file, once it came to its end."""
    work = stack.api.post("/v1/imports", order)
    assert web.call("PUT", work["upload"]["url"], data).status == 200
    stack.api.post(f"/v1/imports/{work['id']}/start", None)

    def ended() -> Any:
        found = stack.api.get(f"/v1/imports/{work['id']}")
        return found if found["status"] != "running" else None

    found: dict[str, Any] = until(ended, "the import does not end")
    return found


def runs(stack: Stack, rule_id: str) -> list[str]:
    """The records of all runs of a rule."""
    found, cursor = [], ""
    while True:
        page = stack.api.get(f"/v1/runs?rule={rule_id}&limit=100{cursor}")
        found += [run["record"] for run in page["items"]]
        if page["cursor"] is None:
            return sorted(found)
        cursor = f"&cursor={page['cursor']}"


TRIGGERS = {
    "vip": {"event": "{kind}.tag_added"},
    "customer": {"event": "{kind}.status_changed", "field": "status", "to": "customer"},
    "moved": {"event": "{kind}.updated", "field": "city", "to": "Izmir"},
    "budget": {"event": "{kind}.updated", "field": "budget"},
    "created": {"event": "{kind}.created"},
    "lost": {"event": "{kind}.status_changed", "field": "status", "to": "lost"},
    "gone": {"event": "{kind}.updated", "field": "city", "to": "Berlin"},
}
CHANGES = {
    "vip": (50, ("", "", "", "vip;new")),
    "customer": (50, ("customer", "", "", "")),
    "moved": (400, ("", "Izmir", "", "")),
    "budget": (500, ("", "", "1200", "")),
}
"""Rule → how many records change so that it starts, and the cells that say so: status, city, budget, tags."""

NEVER = {"field": "record.status", "op": "equals", "value": "never"}
STEPS = [{"id": "note", "action": "set_fields", "only_if": NEVER, "with": {"fields": {"noted": "yes"}}}]
"""A run that has no effect: what is measured is whether, and how fast, the rules start."""


def started(stack: Stack, rules: dict[str, str]) -> int:
    """How many runs the rules have together."""
    return sum(len(runs(stack, rule_id)) for rule_id in rules.values())


def test_20_000_records_are_imported_and_1_000_changes_start_the_right_rules_once_each(
    stack: Stack, marker: str, record_property: Callable[[str, object], None]
) -> None:
    rules = {
        name: rule_of(stack, marker, {**trigger, "event": trigger["event"].format(kind=marker)}, steps=STEPS)
        for name, trigger in TRIGGERS.items()
    }
    people = [(f"r{n}", f"Ay\u015fe; {n}", f"r{n}@{marker}.example.com", "new", "Bursa") for n in range(RECORDS)]
    order = {"kind": marker, "format": "csv", "delimiter": ";", "columns": {"Mail": "email"}}

    began = time.monotonic()
    first = imported(stack, csv_of([("id", "full_name", "Mail", "status", "city"), *people]), **order, rules="skip")
    seconds = time.monotonic() - began
    assert first["rows"] == {"created": RECORDS, "updated": 0, "unchanged": 0, "refused": 0}, first["refused"]

    chosen = iter(people[:: RECORDS // CHANGED])
    changed = {name: list(islice(chosen, count)) for name, (count, _) in CHANGES.items()}
    rows = [(mail, *CHANGES[name][1]) for name, group in changed.items() for _, _, mail, *_ in group]
    expected = {name: sorted(f"{marker}:{external_id}" for external_id, *_ in changed.get(name, ())) for name in rules}
    began = time.monotonic()
    second = imported(stack, csv_of([("Mail", "status", "city", "budget", "tags"), *rows]), **order, rules="run")
    assert second["rows"] == {"created": 0, "updated": CHANGED, "unchanged": 0, "refused": 0}, second["refused"]
    until(lambda: all_swept(stack) and started(stack, rules) >= CHANGED, "too few runs")
    fired = time.monotonic() - began
    until(lambda: all_swept(stack), "the event queue does not empty")

    assert {name: runs(stack, rules[name]) for name in rules} == expected
    record_property(
        FIGURE,
        f"imported {RECORDS} records in {seconds:.0f} s ({RECORDS / seconds:.0f} rows/s); changed {CHANGED} of "
        f"them and started their {CHANGED} runs in {fired:.0f} s ({CHANGED / fired:.0f} runs/s), each once",
    )


def test_a_file_with_every_difficulty(stack: Stack, marker: str) -> None:
    data = (
        "\ufeffid,Mail,Amount,tags,Notes\r\n"
        'a,A@Example.com,12.5,vip;new,"two\r\nlines, and ""quotes"""\r\n'
        "b,nonsense,1,,\r\n"
        "\r\n"
        "c,c@example.com,many,,\r\n"
        "d,d@example.com\r\n"
        "e,,7,,"
    )
    columns = {"Mail": "email", "Amount": {"field": "amount", "type": "number"}, "Notes": "note"}
    work = imported(stack, data.encode(), kind=marker, format="csv", columns=columns, rules="skip")
    assert work["rows"] == {"created": 2, "updated": 0, "unchanged": 0, "refused": 3}
    reasons = [row["reason"] for row in work["refused"]]
    assert [(row["line"], row["reason"]["code"]) for row in work["refused"]] == [
        (4, "input.at_field"),
        (6, "input.at_field"),
        (7, "row.column_count"),
    ]
    assert [reason["params"].get("field") for reason in reasons] == ["fields.email", "Amount", None]
    assert all(reason["text"] for reason in reasons)
    assert stack.api.get(f"/v1/records/{marker}/a")["fields"] == {
        "email": "a@example.com",
        "amount": 12.5,
        "tags": ["vip", "new"],
        "note": 'two\r\nlines, and "quotes"',
    }


def test_conditions_see_that_a_record_was_imported(stack: Stack, marker: str) -> None:
    by_import = {"field": "event.origin", "op": "equals", "value": "import"}
    yes = rule_of(stack, marker, {"event": f"{marker}.created"}, conditions=by_import)
    no = rule_of(stack, marker, {"event": f"{marker}.created"}, conditions={"not": by_import})
    work = imported(stack, b'{"id": "a"}\n{"id": "b"}\n', kind=marker, format="json_lines", rules="run")
    assert work["rows"]["created"] == 2
    assert sorted(run["record"] for run in runs_of(stack, yes, 2)) == [f"{marker}:a", f"{marker}:b"]
    assert runs_of(stack, no, 0) == []


def test_to_enrol_only_starts_the_rule_that_is_named(stack: Stack, marker: str) -> None:
    created = rule_of(stack, marker, {"event": f"{marker}.created"})
    named = rule_of(stack, marker, {"manual": True})
    data = b"".join(b'{"id": "p%d"}\n' % number for number in range(8))
    order = {"kind": marker, "format": "json_lines", "rules": "enrol", "enrol": [named]}
    assert imported(stack, data, **order)["status"] == "done"
    assert len({run["record"] for run in runs_of(stack, named, 8)}) == 8
    again = imported(stack, data, **order)
    assert again["rows"]["unchanged"] == 8, "enrolled again by another import, though nothing changed"
    assert len(runs_of(stack, named, 16)) == 16
    assert runs_of(stack, created, 0) == []


def stopped_midway(stack: Stack, marker: str) -> tuple[str, int]:
    """An import that was stopped after its first rows and before its last, and how many rows it has.

    Whoever looks at it may be kept from it until it is done: then a longer one is tried.
    """
    for count in (3_000, 12_000, 48_000):
        rows = (b'{"id": "p%d", "email": "p%d@%s.example.com"}\n' % (n, n, marker.encode()) for n in range(count))
        work = stack.api.post("/v1/imports", {"kind": f"{marker}{count}", "format": "json_lines", "rules": "skip"})
        address = f"/v1/imports/{work['id']}"
        assert web.call("PUT", work["upload"]["url"], b"".join(rows)).status == 200
        stack.api.post(f"{address}/start", None)
        until(lambda address=address: stack.api.get(address)["rows"]["created"] or None, "it does not begin")
        stopped = stack.api.call("POST", f"{address}/stop", None)
        if stopped.status < 300 and stack.api.get(address)["rows"]["created"] < count:
            assert stopped.json()["status"] == "stopped"
            return address, count
    raise AssertionError("each import was done before it could be stopped")


def test_an_import_is_stopped_and_gone_on_with(stack: Stack, marker: str) -> None:
    address, count = stopped_midway(stack, marker)
    rested = stack.api.get(address)
    time.sleep(2)
    assert stack.api.get(address) == rested
    assert 0 < rested["rows"]["created"] < count
    assert stack.api.post(f"{address}/start", None)["status"] == "running"
    until(lambda: stack.api.get(address)["status"] == "done" or None, "it does not end")
    assert stack.api.get(address)["rows"] == {"created": count, "updated": 0, "unchanged": 0, "refused": 0}
    records = stack.api.get(f"/v1/records/{marker}{count}?limit=100")["items"]
    assert {item["version"] for item in records} == {1}
