"""The request that notes notices as read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.notices.read_order import ReadOrder, parse_read_order


def test_a_request_names_the_colleague_and_perhaps_a_moment() -> None:
    assert parse_read_order({"agent": "agent:ayse"}) == ReadOrder("agent:ayse")
    found = parse_read_order({"agent": "agent:ayse", "until": "2026-03-14T10:00:00+01:00"})
    assert found.until == datetime(2026, 3, 14, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({}, ["agent"]),
        ({"agent": 5}, ["agent"]),
        ({"agent": "a" * 201}, ["agent"]),
        ({"agent": "agent:ayse", "until": "soon"}, ["until"]),
        ({"agent": "agent:ayse", "unitl": "2026-03-14T10:00:00Z"}, ["unitl"]),
    ],
)
def test_each_problem_of_a_request_is_named(document: Any, fields: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        parse_read_order(document)
    assert [problem.field for problem in caught.value.problems] == fields
