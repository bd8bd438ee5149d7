"""The decision about an event is kept once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW, event, minutes, record
from tests.adapters.tables import RUNS
from whenthen.adapters.dynamodb.runs_table.event_log import DynamoEventLog
from whenthen.domain.common.errors import TooLarge
from whenthen.domain.event_catalog import derivation
from whenthen.domain.event_catalog.derivation import change_events
from whenthen.ports.values import NotEntered, Plan, Planned
from whenthen.usecases.matching.decide import LOOP


@pytest.fixture
def log(dynamodb: Any) -> DynamoEventLog:
    """The log."""
    return DynamoEventLog(dynamodb, RUNS, timedelta(days=90))


@pytest.mark.parametrize("seen", [None, record(phone="+905321234567", amount=1.0, tags=["a"])], ids=["none", "record"])
def test_a_plan_is_given_back_as_it_was_made(log: DynamoEventLog, seen: Any) -> None:
    plan = Plan(
        event(),
        seen,
        (Planned("rule_a", 1, None), Planned("rule_b", 3, "lead:4711")),
        note=LOOP(count=9),
        others=(record("contact", "7"),),
        refused=(NotEntered("rule_c", 2, "lead:4711", "only_new"),),
        decided_at=minutes(61) + timedelta(microseconds=7),
    )
    assert log.record_plan(plan, NOW) == plan
    assert log.plan_of(plan.event.id) == plan


def test_a_plan_that_was_kept_without_its_moment_has_that_of_its_event(log: DynamoEventLog) -> None:
    log.record_plan(Plan(event(), None, ()), NOW)
    kept = log.plan_of(event().id)
    assert kept is not None
    assert (kept.decided_at, kept.moment) == (None, event().time)


def test_an_event_without_plan_has_none(log: DynamoEventLog) -> None:
    assert log.plan_of("evt_x") is None


def test_the_first_plan_stays(log: DynamoEventLog) -> None:
    first, second = Plan(event(), None, (Planned("rule_a", 1, "lead:4711"),)), Plan(event(), record(), ())
    log.record_plan(first, NOW)
    assert log.record_plan(second, minutes(1)) == first
    assert log.plan_of(first.event.id) == first


def test_a_plan_is_closed(log: DynamoEventLog) -> None:
    plan = Plan(event(), None, (Planned("rule_a", 1, "lead:4711"),))
    log.record_plan(plan, NOW)
    refused = (NotEntered("rule_a", 1, "lead:4711", "entered_before"),)
    log.close(plan.event.id, refused)
    assert log.plan_of(plan.event.id) == replace(plan, completed=True, refused=refused)
    log.close(plan.event.id, ())
    log.close("evt_expired", ())
    assert log.plan_of("evt_expired") is None


def test_a_record_that_its_event_carries_is_not_kept_twice(log: DynamoEventLog, dynamodb: Any) -> None:
    changed = record(notes="".join(chr(0x4E00 + number * 7 % 20_000) for number in range(60_000)))
    [own] = change_events(None, changed, NOW)
    seen = replace(changed, origin=own.origin, cause=own.cause, updated_at=own.time)
    plan = Plan(own, seen, (Planned("rule_a", 1, "lead:4711"),))
    log.record_plan(plan, NOW)
    assert log.plan_of(own.id) == plan
    [item] = dynamodb.scan(TableName=RUNS)["Items"]
    assert len(item["record"]["B"]) < 100


def test_a_plan_expires_after_the_retention(log: DynamoEventLog, dynamodb: Any) -> None:
    log.record_plan(Plan(event(), None, ()), NOW)
    [item] = dynamodb.scan(TableName=RUNS)["Items"]
    assert int(item["expires_at"]["N"]) == int((NOW + timedelta(days=90)).timestamp())


def test_what_cannot_be_kept_is_refused_for_good(log: DynamoEventLog) -> None:
    noise = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(15_000))
    with pytest.raises(TooLarge):
        log.record_plan(Plan(event(data={"noise": noise}), None, ()), NOW)


def test_which_events_are_known_is_told_of_many_at_once(log: DynamoEventLog) -> None:
    made = [replace(event(), id=f"evt_{number}") for number in range(3)]
    for each in made:
        log.record_plan(Plan(each, None, ()), NOW)
    asked = [*(each.id for each in made), *(f"evt_other_{number}" for number in range(120)), made[0].id]
    assert log.known(asked) == {each.id for each in made}
    assert log.known([]) == set()


def test_the_plan_of_a_change_answers_for_its_events_that_have_none(log: DynamoEventLog) -> None:
    changed = replace(record(version=2, status="won", owner="agent:ayse"), updated_at=minutes(1))
    main, status, owner = change_events(record(status="new"), changed, NOW)
    seen = derivation.record_of(main)
    kept = Plan(main, seen, (Planned("rule_a", 1, "lead:4711"),), also=(status,), decided_at=minutes(2))
    assert log.record_plan(kept, NOW) == kept
    assert log.plan_of(main.id) == kept
    assert log.plan_of(status.id) == Plan(status, seen, (), completed=True, decided_at=minutes(2))
    assert log.plan_of(owner.id) is None, "it has a plan of its own, which is not stored yet"
    own = Plan(owner, seen, (Planned("rule_b", 1, "lead:4711"),))
    log.record_plan(own, NOW)
    assert log.plan_of(owner.id) == own
