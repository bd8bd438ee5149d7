"""A change, or one message, starts a rule once, however many of its event types tell of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule
from whenthen.domain.runs.run import RunStatus
from whenthen.usecases.runs.read_history import ReadHistory

AT = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


def runs(world: World) -> list[str]:
    return sorted(f"{run.rule_name} {run.record}" for run in world.all_runs)


@pytest.mark.parametrize(
    "types",
    [
        ["lead.status_changed", "lead.updated"],
        ["lead.updated", "lead.status_changed"],
        ["lead.updated", "lead.status_changed", "lead.tag_added", "lead.owner_assigned"],
    ],
)
@pytest.mark.parametrize("steps", [(GREET,), (CALL,), (CALL, {**GREET, "on_error": "continue"})])
def test_a_change_that_several_events_tell_of_starts_a_rule_once(
    world: World, types: list[str], steps: tuple[dict[str, Any], ...]
) -> None:
    world.has_record("lead:1", status="new", email="ayse@example.com")
    world.has_rule(rule(*steps, on=types))  # type: ignore[arg-type]
    world.changes("lead:1", status="won", tags=["vip"])
    world.settle() if steps == (GREET,) else world.run_out()
    assert runs(world) == ["A rule lead:1"]
    if steps == (GREET,):
        assert len(world.mailer.sent) == 1


def test_the_next_change_starts_it_again(world: World) -> None:
    world.has_record("lead:1", status="new", email="ayse@example.com")
    world.has_rule(rule(GREET, on=["lead.status_changed", "lead.updated"]))  # type: ignore[arg-type]
    for status in ("won", "lost", "won"):
        world.changes("lead:1", status=status)
        world.run_out()
    assert len(world.all_runs) == len(world.mailer.sent) == 3


def test_a_record_that_is_created_paid_starts_it_once_and_another_record_starts_its_own(world: World) -> None:
    written = {**rule(NOTE, on=["invoice.created", "invoice.paid"]), "kind": "invoice"}  # type: ignore[arg-type]
    world.has_rule(written)
    for number in (1, 2):
        world.changes(f"invoice:{number}", status="paid")
    world.run_out()
    assert runs(world) == ["A rule invoice:1", "A rule invoice:2"]


def test_two_rules_start_once_each(world: World) -> None:
    world.has_record("lead:1", status="new", email="ayse@example.com")
    for name in ("a", "b"):
        world.has_rule(rule(GREET, name=name, on=["lead.status_changed", "lead.updated"]))  # type: ignore[arg-type]
    world.changes("lead:1", status="won")
    world.run_out()
    assert runs(world) == ["a lead:1", "b lead:1"]


def test_only_the_events_that_meet_the_conditions_start_it(world: World) -> None:
    world.has_record("lead:1", status="new", email="ayse@example.com")
    only = {"field": "event.type", "op": "equals", "value": "lead.updated"}
    world.has_rule(rule(GREET, on=["lead.status_changed", "lead.updated"], conditions=only))  # type: ignore[arg-type]
    world.changes("lead:1", status="won")
    world.run_out()
    assert [run.event_type for run in world.all_runs] == ["lead.updated"]


@pytest.mark.parametrize(
    ("source", "received"), [("whatsapp", "whatsapp.message_received"), ("email", "email.received")]
)
def test_a_message_and_the_answer_that_it_is_start_a_rule_once(world: World, source: str, received: str) -> None:
    world.has_record("contact:1", phone="+905321234567", email="ayse@example.com")
    world.has_rule({**rule(NOTE, on=[received, "contact.replied"]), "kind": "contact"})  # type: ignore[arg-type]
    for number in (1, 2):
        for event_type in (received, "contact.replied"):
            event = world.event(
                event_type, str(number), time=AT + timedelta(minutes=number), data={"message_id": f"m{number}"},
                identities=("phone#+905321234567",),
            )  # fmt: skip
            world.queues["events"].add(replace(event, source=source))
    world.run_out()
    assert runs(world) == ["A rule contact:1", "A rule contact:1"]


def test_events_of_which_nobody_knows_that_they_are_one_start_it_each(world: World) -> None:
    world.has_rule(rule(GREET, on=["order.paid", "order.shipped"]))  # type: ignore[arg-type]
    world.has_record("lead:1", email="ayse@example.com")
    for event_type in ("order.paid", "order.shipped"):
        world.happens(event_type, subject="lead:1", data={"message_id": "same"})
    world.run_out()
    assert len(world.all_runs) == 2


def test_the_history_of_each_event_shows_the_one_run(world: World) -> None:
    world.has_record("lead:1", status="new", email="ayse@example.com")
    world.has_rule(rule(GREET, on=["lead.status_changed", "lead.updated"]))  # type: ignore[arg-type]
    world.changes("lead:1", status="won")
    world.run_out()
    (run,) = world.all_runs
    history = ReadHistory(world.log, world.runs, world.rules)
    seen = [
        [state.run.id for state in history.event(event_id)[1]]
        for event_id, plan in world.log.plans.items()
        if plan.event.type in ("lead.status_changed", "lead.updated")
    ]
    assert seen == [[run.id], [run.id]]
    assert run.status is RunStatus.DONE


def test_a_redelivery_of_either_event_starts_nothing_more(world: World) -> None:
    world.has_record("lead:1", status="new", email="ayse@example.com")
    world.has_rule(rule(GREET, on=["lead.status_changed", "lead.updated"]))  # type: ignore[arg-type]
    world.changes("lead:1", status="won")
    world.run_out()
    for plan in list(world.log.plans.values()):
        world.queues["events"].add(plan.event)
    world.run_out()
    assert len(world.all_runs) == len(world.mailer.sent) == 1
