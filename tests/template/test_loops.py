"""Loops and mappings: no row without its loop, no column that nothing reads, no more than CloudFormation takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.reading import FUNCTION, consumers, resources, source, template

LOOP = "Fn::ForEach::"
MAPPINGS: dict[str, dict[str, dict[str, Any]]] = source()["Mappings"]


def _loops(value: Any) -> Iterator[tuple[str, list[str]]]:
    """The name and the items of each loop, inner ones and those of the outputs included."""
    if isinstance(value, dict):
        for key, entry in value.items():
            if key.startswith(LOOP):
                yield key.removeprefix(LOOP), entry[1]
            yield from _loops(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _loops(entry)


def _looked_up(value: Any) -> Iterator[tuple[str, str]]:
    """Table and column of each lookup."""
    if isinstance(value, dict):
        if "Fn::FindInMap" in value:
            table, _, column = value["Fn::FindInMap"]
            yield table, column
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from _looked_up(entry)


ITEMS = dict(_loops(source()))


def test_loops_have_names_of_their_own_that_no_resource_and_no_parameter_has() -> None:
    assert len(ITEMS) == len(list(_loops(source())))
    assert not ITEMS.keys() & (resources().keys() | template()["Parameters"].keys())


@pytest.mark.parametrize("name", sorted(MAPPINGS))
def test_the_loop_of_a_table_goes_through_its_rows_and_no_others(name: str) -> None:
    assert sorted(ITEMS[name]) == sorted(MAPPINGS[name])


@pytest.mark.parametrize("name", sorted(MAPPINGS))
def test_each_row_has_every_column_and_each_column_is_read(name: str) -> None:
    (columns,) = {frozenset(row) for row in MAPPINGS[name].values()}
    assert {column for table, column in _looked_up(source()) if table == name} == columns


def test_every_function_is_in_the_loop_of_functions() -> None:
    assert sorted(ITEMS["Functions"]) == sorted(resources(FUNCTION))


def test_whoever_counts_failed_messages_is_in_the_loop_of_their_alarms() -> None:
    forwarding = ["PublishChanges", "PublishOutcomes"]
    assert sorted(ITEMS["FailedMessagesAlarms"]) == sorted({*(name for name, _ in consumers().values()), *forwarding})


def test_every_queue_s_address_is_an_output() -> None:
    queues = {f"{name}{part}Url" for name in MAPPINGS["Queues"] for part in ("Queue", "DeadLetters")}
    streams = {f"{name}DeadLettersUrl" for name in MAPPINGS["Streams"]}
    outputs = {name for name in template()["Outputs"] if name.endswith("Url") and name != "ApiUrl"}
    assert outputs == queues | streams


def test_the_loops_make_no_more_than_a_stack_may_hold() -> None:
    """The quotas apply to what the loops make: 500 resources, a template of a megabyte, 200 outputs."""
    assert len(resources()) < 450
    assert len(json.dumps(template())) < 500_000
    assert len(template()["Outputs"]) < 150
