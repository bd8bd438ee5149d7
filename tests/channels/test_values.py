"""Values of templates: they keep their type wherever a channel writes them as data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.channels.performing import performed
from tests.usecases.fakes.world import World
from whenthen.domain.runs.run import JobStatus


@pytest.mark.parametrize("action", ["set_fields", "call_webhook"])
@pytest.mark.parametrize(
    ("fields", "field", "kept"),
    [
        ({"vip": True}, "{{ record.vip }}", True),
        ({"tags": ["a", "b"]}, "{{ record.tags }}", ["a", "b"]),
        ({"amount": 5000}, "{{ record.amount }}", 5000),
        ({"address": {"city": "X"}}, "{{ record.address }}", {"city": "X"}),
        ({"amount": 2.675}, "{{ record.amount|round(2) }}", 2.68),
        ({"vip": False}, "VIP: {{ record.vip }}", "VIP: no"),
    ],
)
def test_a_value_keeps_its_type_in_fields_and_in_data(
    world: World, fields: dict[str, Any], field: str, kept: Any, action: str
) -> None:
    world.has_record("lead:1", **fields)
    if action == "set_fields":
        performed(world, action, fields={"copy": field})
        assert world.records.get("lead:1").fields["copy"] == kept  # type: ignore[union-attr]
    else:
        performed(world, action, url="https://example.com/hook", data={"copy": field})
        assert json.loads(world.http.sent[-1].body)["data"] == {"copy": kept}


def test_a_field_that_is_missing_is_removed_where_it_is_copied_to(world: World) -> None:
    world.has_record("lead:1", copy="old")
    assert performed(world, "set_fields", fields={"copy": "{{ record.missing }}"}).status is JobStatus.DONE
    assert "copy" not in world.records.get("lead:1").fields  # type: ignore[union-attr]
