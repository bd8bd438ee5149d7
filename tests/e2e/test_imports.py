"""Imports on the deployed stack: files of any size through the upload address, and what rules hear of them."""

from __future__ import annotations

import csv
import io
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from dev import web
from dev.stack import Stack
from tests.e2e.test_time import all_swept, rule_of, runs_of

pytestmark = pytest.mark.xdist_group("stack")

RECORDS, CHANGED = 20_000, {"status": 500, "city": 300, "tags": 200}
PATIENCE = 420


@pytest.fixture
def marker() -> str:
    return f"i{uuid.uuid4().hex[:10]}"


def until(look: Callable[[], Any], what: str) -> Any:
    """What `look` finds, once it finds something."""
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


def all_runs(stack: Stack, rule_id: str) -> list[str]:
    """The records of all runs of a rule."""
    found, cursor = [], ""
    while True:
        page = stack.api.get(f"/v1/runs?rule={rule_id}&limit=100{cursor}")
        found += [run["record"] for run in page["items"]]
        if page["cursor"] is None:
            return sorted(found)
        cursor = f"&cursor={page['cursor']}"


def test_20_000_records_are_imported_and_1_000_changes_start_the_right_rules_once_each(
    stack: Stack, marker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    triggers = {
        "status": {"event": f"{marker}.status_changed", "to": "customer"},
        "city": {"event": f"{marker}.updated", "field": "city"},
        "tags": {"event": f"{marker}.tag_added"},
        "created": {"event": f"{marker}.created"},
        "lost": {"event": f"{marker}.status_changed", "to": "lost"},
    }
    rules = {name: rule_of(stack, marker, trigger) for name, trigger in triggers.items()}
    people = [(f"r{n}", f"Ay\u015fe; {n}", f"r{n}@{marker}.example.com", "new", "Bursa") for n in range(RECORDS)]
    columns = {"Name": "full_name", "Mail": "email"}
    order = {"kind": marker, "format": "csv", "delimiter": ";", "columns": columns}

    began = time.monotonic()
    first = imported(stack, csv_of([("id", "Name", "Mail", "status", "city"), *people]), **order, rules="skip")
    seconds = time.monotonic() - began
    assert (first["status"], first["rows"]) == (
        "done",
        {"created": RECORDS, "updated": 0, "unchanged": 0, "refused": 0},
    ), first["refused"]

    header, changes, expected = ("Mail", "status", "city", "tags"), [], {name: [] for name in rules}
    place = 0
    for name, count in CHANGED.items():
        values = {"status": ("customer", "", ""), "city": ("", "Izmir", ""), "tags": ("", "", "vip;new")}[name]
        for _ in range(count):
            own_id, _, mail, *_ = people[place]
            changes.append((mail, *values))
            expected[name].append(f"{marker}:{own_id}")
            place += RECORDS // 1_000
    began = time.monotonic()
    second = imported(stack, csv_of([header, *changes]), **{**order, "columns": {"Mail": "email"}}, rules="run")
    assert second["rows"] == {"created": 0, "updated": 1_000, "unchanged": 0, "refused": 0}, second["refused"]
    imported_after = time.monotonic() - began
    until(
        lambda: all(len(all_runs(stack, rules[name])) >= len(refs) for name, refs in expected.items()), "too few runs"
    )
    fired = time.monotonic() - began
    until(lambda: all_swept(stack), "the event queue does not empty")

    assert {name: all_runs(stack, rules[name]) for name in rules} == {
        name: sorted(refs) for name, refs in expected.items()
    }
    with capsys.disabled():
        print(
            f"\nimported {RECORDS} records in {seconds:.0f} s ({RECORDS / seconds:.0f} rows/s); 1,000 changes by e-mail in "
            f"{imported_after:.0f} s, their 1,000 runs started within {fired:.0f} s: each rule once for each record"
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
    assert [(row["line"], row["reason"].partition(":")[0]) for row in work["refused"]] == [
        (4, "fields.email"),
        (6, "Amount"),
        (7, "the row has 2 columns, the header has 5"),
    ]
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
    data = b"".join(b'{"id": "p%d"}\n' % number for number in range(25))
    order = {"kind": marker, "format": "json_lines", "rules": "enrol", "enrol": [named]}
    assert imported(stack, data, **order)["status"] == "done"
    assert len({run["record"] for run in runs_of(stack, named, 25)}) == 25
    again = imported(stack, data, **order)
    assert again["rows"]["unchanged"] == 25, "enrolled again by another import, though nothing changed"
    assert len(runs_of(stack, named, 50)) == 50
    assert runs_of(stack, created, 0) == []


def test_an_import_is_stopped_and_gone_on_with(stack: Stack, marker: str) -> None:
    data = b"".join(b'{"id": "p%d", "email": "p%d@%s.example.com"}\n' % (n, n, marker.encode()) for n in range(3_000))
    work = stack.api.post("/v1/imports", {"kind": marker, "format": "json_lines", "rules": "skip"})
    address = f"/v1/imports/{work['id']}"
    assert web.call("PUT", work["upload"]["url"], data).status == 200
    stack.api.post(f"{address}/start", None)
    until(lambda: stack.api.get(address)["rows"]["created"] or None, "it does not begin")
    assert stack.api.post(f"{address}/stop", None)["status"] == "stopped"
    rested = stack.api.get(address)
    time.sleep(2)
    assert stack.api.get(address) == rested
    assert 0 < rested["rows"]["created"] < 3_000
    assert stack.api.post(f"{address}/start", None)["status"] == "running"
    until(lambda: stack.api.get(address)["status"] == "done" or None, "it does not end")
    assert stack.api.get(address)["rows"] == {"created": 3_000, "updated": 0, "unchanged": 0, "refused": 0}
    assert {item["version"] for item in stack.api.get(f"/v1/records/{marker}?limit=100")["items"]} == {1}
