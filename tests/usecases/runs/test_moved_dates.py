"""A run that waits for a date of its record follows the date: moved, brought forward, taken away, merged."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule
from whenthen.domain.events.event import Cause, Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.planner import IS_OVER, NO_DATE, RECORD_DELETED
from whenthen.domain.runs.run import AT_STEP, JobStatus, RunStatus
from whenthen.domain.runs.subscriptions import is_heard
from whenthen.usecases.records.merge_records import MergeRecords

BEFORE = {"until": {"field": "visit_date", "days": -1}, "at": "09:00"}
AFTER = {"until": {"field": "visit_date", "days": 1}, "at": "09:00"}
REMIND: dict[str, Any] = {**GREET, "id": "remind", "wait": BEFORE}
ASK: dict[str, Any] = {**GREET, "id": "ask", "with": {"subject": "How was it?", "text": "x"}, "wait": AFTER}


def booked(world: World, *steps: dict[str, Any], visit: Any = "2026-06-10", **more: Any) -> tuple[Rule, Event]:
    """A visit is booked, and its reminder waits: it is 14 March, half past nine."""
    world.has_record("lead:1", first_name="Ayşe", email="ayse@example.com", visit_date=visit)
    written = world.has_rule(rule(*(steps or (REMIND,)), **more))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    return written, event


def moved(world: World, visit: str | None, **more: Any) -> None:
    world.changes("lead:1", visit_date=visit, **more)
    world.settle()


def sent_at(world: World, written: Rule, event: Event, step: str = "remind") -> datetime | None:
    world.run_out()
    return world.job(world.run_of(event, written), step).finished_at


def morning(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        (["2026-06-20"], morning(6, 19)),
        (["2026-05-05"], morning(5, 4)),
        (["2026-06-20", "2026-07-01", "2026-06-30"], morning(6, 29)),
        (["2026-06-20", "2026-06-10"], morning(6, 9)),
        (["2026-06-10T15:00:00+03:00"], morning(6, 9)),
        (["2026-06-11T00:30:00+03:00"], morning(6, 9)),
        (["2027-06-20"], morning(6, 19).replace(year=2027)),
        (["2026-03-16"], morning(3, 15)),
    ],
    ids=["later", "sooner", "thrice", "and back", "now with an hour", "near midnight", "next year", "soon"],
)
def test_the_reminder_goes_out_before_the_visit_wherever_that_is_moved(
    world: World, visits: list[str], expected: datetime
) -> None:
    written, event = booked(world)
    for visit in visits:
        world.pass_time(hours=1)
        moved(world, visit)
    assert sent_at(world, written, event) == expected
    assert len(world.mailer.sent) == 1
    assert world.sequences.open == []


@pytest.mark.parametrize(
    ("visit", "past", "expected"),
    [
        ("2026-03-14", None, None),
        ("2026-03-01", None, None),
        ("2026-03-01", "skip", None),
        ("2026-03-14", "run", morning(3, 15)),
        ("2026-03-14", "next", morning(3, 15)),
    ],
)
def test_a_visit_that_is_brought_forward_too_far_is_dealt_with_as_one_that_is_booked_late(
    world: World, visit: str, past: str | None, expected: datetime | None
) -> None:
    written, event = booked(world, {**REMIND, "wait": {**BEFORE, "past": past}})
    world.pass_time(hours=1)
    moved(world, visit)
    at = sent_at(world, written, event)
    job = world.job(world.run_of(event, written), "remind")
    if expected is None:
        assert (job.status, at) == (JobStatus.SKIPPED, datetime(2026, 3, 14, 10, 30, tzinfo=UTC))
        assert job.reason is not None
        assert job.reason.code == IS_OVER.code
    else:
        assert (job.status, at) == (JobStatus.DONE, expected)


@pytest.mark.parametrize("value", [None, "", "not yet known", 20260620, ["2026-06-20"]])
def test_a_visit_that_is_taken_away_has_no_reminder(world: World, value: Any) -> None:
    written, event = booked(world, REMIND, {**NOTE, "id": "note"})
    world.changes("lead:1", visit_date=value)
    world.settle()
    state = world.run_of(event, written)
    assert world.job(state, "remind").reason == NO_DATE(field="visit_date")
    assert world.outcomes(state) == {"remind": JobStatus.SKIPPED, "note": JobStatus.DONE}
    world.run_out()
    assert (world.mailer.sent, world.sequences.open) == ([], [])


def test_a_date_for_never_fails_the_run(world: World) -> None:
    written, event = booked(world)
    moved(world, "9999-12-31")
    run = world.run_of(event, written).run
    assert run.status is RunStatus.FAILED
    assert run.reason is not None
    assert (run.reason.code, run.reason.params["reason"].code) == (AT_STEP.code, "wait.too_far")


def test_each_of_several_waits_follows_the_date(world: World) -> None:
    written, event = booked(world, REMIND, ASK)
    moved(world, "2026-06-20")
    world.clock.at = morning(6, 19)
    world.settle()
    moved(world, "2026-06-25")
    assert sent_at(world, written, event, "ask") == morning(6, 26)
    assert [mail.subject for mail in world.mailer.sent] == ["Welcome", "How was it?"]


def test_a_date_that_moves_while_an_earlier_step_is_done_is_seen(world: World) -> None:
    written, event = booked(world, GREET, REMIND)
    for _ in range(3):
        world.pass_time(hours=1)
    moved(world, "2026-04-01")
    assert sent_at(world, written, event) == morning(3, 31)


@pytest.mark.parametrize("first", [False, True], ids=["of the second step", "of the first step"])
def test_a_change_that_was_matched_before_the_run_began_is_seen(world: World, first: bool) -> None:
    """The event carries the record as it was, and waits in its queue while the visit is moved."""
    world.has_record("lead:1", email="ayse@example.com")
    written = world.has_rule(rule(*([] if first else [NOTE]), REMIND, on="lead.updated"))
    world.changes("lead:1", visit_date="2026-06-10")
    world.deliver("changes")
    (event,) = world.queues["events"].bodies
    world.changes("lead:1", visit_date="2026-06-05")
    world.deliver("changes")
    late, early = world.queues["events"].messages
    world.functions.match_event(early.body)
    world.queues["events"].messages.clear()
    assert late.body == event
    world.functions.match_event(event)
    assert sent_at(world, written, event) == morning(6, 4)


@pytest.mark.parametrize("place", range(24))
def test_two_changes_at_once_leave_the_wait_at_the_last_one(world: World, place: int) -> None:
    """Their messages, the wake-ups of old waits and redeliveries arrive in whatever order."""
    written, event = booked(world)
    for visit in ("2026-06-20", "2026-05-01", "2026-06-15"):
        world.changes("lead:1", visit_date=visit)
        world.deliver("changes")
    made = [message.body for message in world.queues["events"].messages]
    world.queues["events"].messages.clear()
    for which in list(permutations([*made, made[0]]))[place]:
        world.functions.match_event(which)
    assert sent_at(world, written, event) == morning(6, 14)
    assert len(world.mailer.sent) == 1


@pytest.mark.parametrize("at", ["runs.park", "sequences.wait", "records.get", "rules.version", "runs.load"])
@pytest.mark.parametrize("visit", ["2026-06-20", "2026-05-01"])
def test_whoever_dies_while_a_wait_is_moved_finishes_it_when_the_message_comes_again(
    world: World, at: str, visit: str
) -> None:
    written, event = booked(world)
    world.changes("lead:1", visit_date=visit)
    world.deliver("changes")
    (message,) = world.queues["events"].messages
    with pytest.raises(Dying.Dead):
        world.wire(Dying(at)).match_event(message.body)
    assert sent_at(world, written, event) == datetime.fromisoformat(f"{visit}T09:00+00:00") - timedelta(days=1)
    assert len(world.mailer.sent) == 1


@pytest.mark.parametrize("at", ["runs.dispatch", "queues.send", "records.get"])
def test_whoever_dies_while_a_step_becomes_due_finishes_it_when_the_message_comes_again(world: World, at: str) -> None:
    written, event = booked(world, REMIND, GREET)
    world.changes("lead:1", visit_date=None)
    world.deliver("changes")
    (message,) = world.queues["events"].messages
    with pytest.raises(Dying.Dead):
        world.wire(Dying(at)).match_event(message.body)
    world.settle()
    state = world.run_of(event, written)
    assert world.outcomes(state) == {"remind": JobStatus.SKIPPED, "greet": JobStatus.DONE}
    assert (len(world.mailer.sent), state.run.status) == (1, RunStatus.DONE), "and nothing waits for the old date"


def test_a_change_of_which_nobody_told_is_seen_when_the_wait_is_over(world: World) -> None:
    """Such as that of a quiet import: it is seen late, and nothing is sent at the wrong time."""
    for visit, expected in (("2026-06-20", morning(6, 19)), ("2026-06-01", None), (None, None)):
        again = World()
        written, event = booked(again)
        again.changes("lead:1", visit_date=visit)
        again.queues["changes"].messages.clear()
        at = sent_at(again, written, event)
        assert (at if again.mailer.sent else None) == expected


def test_a_record_that_is_merged_away_waits_for_the_date_of_the_one_that_remains(world: World) -> None:
    written, event = booked(world)
    world.has_record("lead:2", email="other@example.com", visit_date="2026-06-25")
    MergeRecords(world.records, world.clock)("lead:2", "lead:1", origin="human")
    world.settle()
    (execution,) = [each for each in world.sequences.executions.values() if each.due == morning(6, 24)]
    assert execution.state == "wait"
    world.changes("lead:2", visit_date="2026-06-22")
    world.settle()
    assert sent_at(world, written, event) == morning(6, 21)


def test_a_record_that_takes_over_a_date_waits_on(world: World) -> None:
    written, event = booked(world, visit="2026-06-10")
    world.has_record("lead:2", email="other@example.com", visit_date="2026-06-25")
    MergeRecords(world.records, world.clock)("lead:1", "lead:2", origin="human")
    assert sent_at(world, written, event) == morning(6, 9)


def test_a_record_that_is_deleted_stops_the_run_at_the_end_of_its_wait(world: World) -> None:
    written, event = booked(world)
    world.records.delete(world.records.stored["lead:1"], origin="api", cause=Cause())
    world.run_out()
    run = world.run_of(event, written).run
    assert (run.status, run.reason) == (RunStatus.STOPPED, RECORD_DELETED(ref="lead:1"))


def test_a_rule_that_moves_the_date_itself_moves_its_other_runs(world: World) -> None:
    written, event = booked(world)
    fields = {"id": "move", "action": "set_fields", "with": {"fields": {"visit_date": "2026-07-01"}}}
    world.has_rule(rule(fields, name="Postpone", on="visit.postponed"))
    world.happens("visit.postponed", subject="lead:1")
    world.settle()
    assert sent_at(world, written, event) == morning(6, 30)


def test_a_rule_about_no_kind_follows_the_dates_of_whatever_record_it_is_about(world: World) -> None:
    document = {name: value for name, value in rule(REMIND).items() if name != "kind"}
    world.has_record("lead:1", email="ayse@example.com", visit_date="2026-06-10")
    written = world.has_rule(document)
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    moved(world, "2026-06-20")
    assert sent_at(world, written, event) == morning(6, 19)


@pytest.mark.parametrize(
    "change",
    [
        {"starts_at": "2026-03-23T15:00:00+00:00"},
        {"recurrence_exceptions": ["2026-03-16"]},
        {"recurrence": "FREQ=DAILY;INTERVAL=21"},
    ],
    ids=["its first day", "a day is left out", "its rule"],
)
def test_a_wait_for_the_next_day_of_a_series_follows_the_series(world: World, change: dict[str, Any]) -> None:
    """Each Monday at three, from 2 March on; it is Saturday, 14 March."""
    world.has_record(
        "lead:1", email="ayse@example.com", starts_at="2026-03-02T15:00:00+00:00", recurrence="FREQ=WEEKLY"
    )
    wait = {"until": {"field": "starts_at", "days": -1}, "at": "18:00", "past": "next"}
    written = world.has_rule(rule({**REMIND, "wait": wait}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    assert world.run_of(event, written).run.waits_until == morning(3, 15, 18)
    world.changes("lead:1", **change)
    assert sent_at(world, written, event) == morning(3, 22, 18)


class Counting:
    """Counts the calls that pass."""

    def __init__(self) -> None:
        self.calls = Counter[str]()

    def before(self, call: str) -> None:
        self.calls[call] += 1

    def after(self, call: str) -> None: ...


def test_changes_of_other_fields_cost_nothing(world: World) -> None:
    """They are settled where they are published: no message, no read, although a run of the record waits."""
    booked(world)
    tap = Counting()
    world.functions = world.wire(tap)
    for status in ("called", "interested", "booked"):
        world.changes("lead:1", status=status)
        assert world.deliver("changes")
        assert world.queues["events"].bodies == []
    assert not [call for call in tap.calls if call.startswith(("runs.", "sequences.", "records."))]


def test_a_change_of_the_date_where_no_run_waits_costs_one_look_up(world: World) -> None:
    booked(world)
    world.has_record("lead:2", visit_date="2026-06-10")
    tap = Counting()
    world.functions = world.wire(tap)
    world.changes("lead:2", visit_date="2026-06-20")
    world.settle()
    assert {call: count for call, count in tap.calls.items() if call.startswith(("runs.", "sequences."))} == {
        "runs.watching": 1
    }


def test_waits_of_other_sorts_read_no_record_twice(world: World) -> None:
    world.has_rule(rule({**GREET, "wait": {"days": 2, "at": "10:00"}}))
    tap = Counting()
    world.functions = world.wire(tap)
    world.happens("lead.created", subject="lead:1")
    world.settle()
    assert tap.calls["records.get"] == 0
    assert tap.calls["sequences.wait"] == 1


def test_signals_name_fields_and_a_merge_is_a_change_of_all() -> None:
    def happened(event_type: str, *fields: str) -> Event:
        changes: Any = dict.fromkeys(fields)
        return Event("evt", "records", event_type, morning(3, 14), subject="lead:1", changes=changes)

    signals = {"lead.updated:visit_date", "invoice.updated:*", "call.answered"}
    assert is_heard(happened("lead.updated", "status", "visit_date"), signals)
    assert is_heard(happened("lead.merged"), signals)
    assert is_heard(happened("invoice.updated", "status"), signals)
    assert is_heard(happened("call.answered"), signals)
    for other in (
        happened("lead.updated", "status"),
        happened("contact.updated", "visit_date"),
        happened("lead.field_changed", "visit_date"),
        happened("lead.deleted"),
        happened("contact.merged"),
        happened("call.missed"),
    ):
        assert not is_heard(other, signals), other.type
