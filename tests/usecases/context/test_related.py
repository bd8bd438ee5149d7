"""Conditions and templates that ask for the records that a record refers to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeRecords
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.records.record import Record
from whenthen.usecases.context.related import MAX_OF_FIELD, Related


def asking(field: str, value: Any = "billing") -> dict[str, Any]:
    return {"field": f"related.{field}", "op": "equals", "value": value}


def starts(world: World) -> bool:
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    return bool(world.all_runs)


@pytest.mark.parametrize(
    ("fields", "condition", "expected"),
    [
        ({"owner": "agent:ayse"}, asking("owner.department"), True),
        ({"owner": "agent:budi"}, asking("owner.department"), False),
        ({"owner": "agent:nobody"}, asking("owner.department"), False),
        ({"owner": "Ayşe"}, asking("owner.department"), False),
        ({}, asking("owner.department"), False),
        ({}, {"not": asking("owner.department")}, True),
        ({"helpers": ["agent:budi", "agent:ayse"]}, asking("helpers.department"), True),
        ({"helpers": ["agent:budi"]}, asking("helpers.department"), False),
        ({"company": "company:acme"}, asking("company.address.city", "Pécs"), True),
        ({"owner": "agent:ayse"}, asking("owner.ref", "agent:ayse"), True),
    ],
)
def test_a_condition_on_a_related_record(
    world: World, fields: dict[str, Any], condition: dict[str, Any], expected: bool
) -> None:
    world.has_record("agent:ayse", department="billing")
    world.has_record("agent:budi", department="sales")
    world.has_record("company:acme", address={"city": "Pécs"})
    world.has_record("lead:1", email="a@example.com", **fields)
    world.has_rule(rule(GREET, conditions=condition))
    assert starts(world) is expected


def test_a_template_may_name_one(world: World) -> None:
    world.has_record("agent:ayse", first_name="Ayşe")
    world.has_record("lead:1", email="a@example.com", owner="agent:ayse")
    world.has_rule(rule({**GREET, "with": {"subject": "From {{ related.owner.first_name }}", "text": "x"}}))
    assert starts(world)
    assert [mail.subject for mail in world.mailer.sent] == ["From Ayşe"]


class Counting(FakeRecords):
    """Counts what is read."""

    asked = 0

    def get(self, ref: str) -> Record | None:
        self.asked += 1
        return super().get(ref)


def test_nothing_is_read_before_it_is_asked_for_and_all_once_and_boundedly() -> None:
    records = Counting()
    many = [f"agent:{number}" for number in range(MAX_OF_FIELD + 5)]
    related = Related(records, Record("lead", "1", {"owner": "agent:a", "helpers": many, "city": "Pécs"}))
    assert (records.asked, list(related), len(related)) == (0, ["owner", "helpers"], 2)
    assert [related.get("owner"), related.get("owner"), related.get("city")] == [None, None, None]
    assert records.asked == 1
    assert related.get("helpers") is None
    assert records.asked == 1 + MAX_OF_FIELD
    assert dict(Related(records, None)) == {}
