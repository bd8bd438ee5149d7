"""The `entry` of a rule: what is read, and what is refused by the name of its field."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Problem
from whenthen.domain.entry.entry import Entry, ReentryPolicy, WhileRunning, read_entry
from whenthen.domain.temporal.time_values import Duration


def read(document: Any) -> tuple[Entry, list[tuple[str, str]]]:
    problems: list[Problem] = []
    entry = read_entry(Reader(document, "entry", problems))
    return entry, [(problem.field, problem.reason.code) for problem in problems]


@pytest.mark.parametrize(
    ("document", "entry"),
    [
        ({}, Entry()),
        ({"again": None, "while_running": None}, Entry()),
        ({"again": "always"}, Entry()),
        ({"again": "once_per_record"}, Entry(ReentryPolicy.ONCE_PER_RECORD)),
        ({"again": "after_exit", "only_new": True}, Entry(ReentryPolicy.AFTER_EXIT, only_new=True)),
        ({"again": {"every": {"days": 30}}}, Entry(ReentryPolicy.EVERY, every=Duration(days=30))),
        ({"again": {"every": {"weeks": 1, "hours": 2}}}, Entry(ReentryPolicy.EVERY, every=Duration(weeks=1, hours=2))),
        ({"while_running": "ignore"}, Entry(while_running=WhileRunning.IGNORE)),
        ({"while_running": "restart"}, Entry(while_running=WhileRunning.RESTART)),
    ],
)
def test_an_entry_is_read(document: dict[str, Any], entry: Entry) -> None:
    assert read(document) == (entry, [])


@pytest.mark.parametrize(
    ("document", "field", "code"),
    [
        ({"again": "sometimes"}, "entry.again", "entry.malformed_again"),
        ({"again": "every"}, "entry.again", "entry.malformed_again"),
        ({"again": True}, "entry.again", "entry.malformed_again"),
        ({"again": ["always"]}, "entry.again", "entry.malformed_again"),
        ({"again": {}}, "entry.again.every", "field.required"),
        ({"again": {"every": "month"}}, "entry.again.every", "duration.malformed"),
        ({"again": {"every": {"days": 0}}}, "entry.again.every", "duration.out_of_bounds"),
        ({"again": {"every": {"months": 1}}}, "entry.again.every", "duration.unknown_unit"),
        ({"again": {"every": {"days": 1}, "most": 2}}, "entry.again.most", "field.unknown"),
        ({"while_running": "wait"}, "entry.while_running", "value.not_one_of"),
        ({"agin": "always"}, "entry.agin", "field.unknown"),
    ],
)
def test_what_does_not_hold_is_named(document: dict[str, Any], field: str, code: str) -> None:
    _, problems = read(document)
    assert problems == [(field, code)]


@pytest.mark.parametrize(
    ("document", "asks", "ignores"),
    [
        ({}, False, False),
        ({"again": "once_per_record"}, False, False),
        ({"again": "once_per_record", "while_running": "restart"}, False, False),
        ({"again": "after_exit"}, True, True),
        ({"again": "after_exit", "while_running": "restart"}, True, False),
        ({"again": {"every": {"days": 1}}}, True, False),
        ({"while_running": "ignore"}, True, True),
        ({"while_running": "restart"}, True, False),
    ],
)
def test_which_entries_ask_for_the_last_run(document: dict[str, Any], asks: bool, ignores: bool) -> None:
    entry, _ = read(document)
    assert (entry.asks_for_last_run, entry.ignores_while_running) == (asks, ignores)
