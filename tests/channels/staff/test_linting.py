"""Names under which a step tells nobody are found when the rule is saved."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.channels.registry import ACTIONS
from whenthen.channels.staff.action import SLACK, TEAMS
from whenthen.channels.staff.linting import ROOMS, lint
from whenthen.channels.staff.reason_codes import NO_COLLEAGUE, NO_WAY_TO_ROOM


def found(**parameters: Any) -> list[Any]:
    return list(lint({"text": "Call", **parameters}))


@pytest.mark.parametrize(
    "to",
    ["owner", ["owner.manager", "agent:ayse"], "team:sales", "field:seller", "{{ record.seller }}", "a@corp.example"],
)
def test_names_of_colleagues_are_not_odd(to: Any) -> None:
    assert found(to=to) == []


@pytest.mark.parametrize(
    "name", ["contact", "company", "contact:7", "lead:1", "manager", "agent ayse", "a@", "a@b.co, x"]
)
def test_a_name_that_is_no_colleague_is_named(name: str) -> None:
    assert found(to=["owner", name]) == [("to", NO_COLLEAGUE(value=name))]


@pytest.mark.parametrize("via", [None, [], ["notice", "email"], "email"])
def test_a_room_without_a_way_to_it_is_named(via: Any) -> None:
    assert found(to="owner", room="sales", via=via) == [("room", NO_WAY_TO_ROOM(ways=["slack", "teams"]))]


@pytest.mark.parametrize("via", [["slack"], ["notice", "teams"], "slack"])
def test_a_room_with_a_way_to_it_is_not_odd(via: Any) -> None:
    assert found(to="owner", room="sales", via=via) == []


def test_the_action_is_linted() -> None:
    assert (ACTIONS["notify"].lints, ROOMS) == (lint, (SLACK, TEAMS))
