"""The next action of a run: the decisions as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event
from whenthen.domain.exits.conditions import EXIT_CONDITION
from whenthen.domain.records.record import Record
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.entry_policy import enrolment_key, entry_denied
from whenthen.domain.runs.planner import (
    CONDITION_FALSE,
    IS_OVER,
    PASSED_OVER,
    TOO_FAR,
    Dispatch,
    Finish,
    Move,
    PassOver,
    WaitUntil,
    after_step_group,
    clock_after,
    due_step_group,
    enter_step_group,
)
from whenthen.domain.runs.run import (
    AT_STEP,
    NO_STEP_DUE,
    STEPS_DONE,
    Job,
    JobStatus,
    Run,
    RunStatus,
    begin,
    outcome_of,
)
from whenthen.domain.temporal.business_time import BusinessCalendar

BLOCKED = Reason("sample.blocked")

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
EVENT = Event("evt_1", "test", "lead.created", NOW, identities=("phone#+905321234567",))
RECORD = Record("lead", "1", {"status": "new", "email": "a@b.co"}, version=1, created_at=NOW)
NEW: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "new"}
WON: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "won"}


def step(external_id: str, **more: Any) -> dict[str, Any]:
    return {"id": external_id, "action": "add_tags", "with": {"tags": ["x"]}, **more}


def rule(*steps: dict[str, Any], **more: Any) -> Rule:
    document = {"id": "rule_1", "name": "r", "kind": "lead", "trigger": {"event": "lead.created"}, "steps": list(steps)}
    return parse_rule({**document, **more})


def run(of: Rule, step_group: int = -1, *, shadow: bool = False) -> Run:
    return replace(begin(of, EVENT, RECORD, NOW, shadow=shadow), step_group=step_group)


def job(step_id: str, status: str, step_group: int = 0, reason: Reason | None = None, minutes: int = 0) -> Job:
    finished = NOW + timedelta(minutes=minutes) if JobStatus(status).final else None
    return Job(
        "run_1", step_id, step_group, "add_tags", NOW, status=JobStatus(status), reason=reason, finished_at=finished
    )


def said(move: Move | None) -> Any:
    """The decision in short."""
    match move:
        case WaitUntil(step_group, due):
            return "wait", step_group, due - NOW
        case Dispatch(step_group, due, steps, skipped):
            return "dispatch", step_group, due - NOW, [each.id for each in steps], [each.id for each, _ in skipped]
        case PassOver(step_group, due, steps, reason):
            return "pass", step_group, due - NOW, [(number, each.id) for number, each in steps], reason
        case Finish(status, reason):
            return "finish", status.value, reason
    return None


HOUR = timedelta(hours=1)
NONE = timedelta()


@pytest.mark.parametrize(
    ("document", "step_group", "clock", "expected"),
    [
        (rule(step("a")), 0, NOW, ("dispatch", 0, NONE, ["a"], [])),
        (rule(step("a"), step("b", start="with_previous")), 0, NOW, ("dispatch", 0, NONE, ["a", "b"], [])),
        (rule(step("a", wait={"hours": 1})), 0, NOW, ("wait", 0, HOUR)),
        (rule(step("a", wait={"until": {"field": "no_such_date"}})), 0, NOW, ("dispatch", 0, NONE, [], ["a"])),
        (rule(step("a"), step("b", wait={"hours": 1})), 1, NOW + HOUR, ("wait", 1, 2 * HOUR)),
        (
            rule(step("a"), step("b", wait={"hours": 1, "since": "entry"})),
            1,
            NOW + 3 * HOUR,
            ("dispatch", 1, 3 * HOUR, ["b"], []),
        ),
        (rule(step("a", only_if=WON)), 0, NOW, ("dispatch", 0, NONE, [], ["a"])),
        (
            rule(step("a", only_if=NEW), step("b", only_if=WON, start="with_previous")),
            0,
            NOW,
            ("dispatch", 0, NONE, ["a"], ["b"]),
        ),
        (rule(step("a"), exit={"when": NEW}), 0, NOW, ("finish", "stopped", EXIT_CONDITION())),
        (rule(step("a"), exit={"when": WON}), 0, NOW, ("dispatch", 0, NONE, ["a"], [])),
        (rule(step("a", wait={"hours": 1}), exit={"when": NEW}), 0, NOW, ("wait", 0, HOUR)),
        (rule(step("a")), 1, NOW, ("finish", "skipped", NO_STEP_DUE())),
        (rule(step("a", wait={"business_days": 1})), 0, NOW, ("wait", 0, timedelta(days=2, hours=8, minutes=30))),
        (
            rule(step("a", wait={"business_hours": 3})),
            0,
            NOW,
            ("wait", 0, timedelta(days=1, hours=23, minutes=30) + timedelta(hours=3)),
        ),
    ],
)
def test_entering_a_step_group(document: Rule, step_group: int, clock: datetime, expected: Any) -> None:
    context = {"record": RECORD.fields, "event": {}}
    assert said(enter_step_group(document, run(document), step_group, context, clock, (), BusinessCalendar)) == expected


def test_a_wait_that_no_execution_lives_to_see_fails_the_run() -> None:
    document = rule(step("a", wait={"until": {"field": "contract_ends"}}))
    context = {"record": {"contract_ends": "9999-12-31"}}
    move = enter_step_group(document, run(document), 0, context, NOW, (), BusinessCalendar)
    assert isinstance(move, Finish)
    assert move.status is RunStatus.FAILED
    assert move.reason == AT_STEP(step="a", reason=TOO_FAR(due="9999-12-31T00:00:00.000Z", count=3_660))


@pytest.mark.parametrize(
    ("wait", "moment"),
    [
        ({"until": {"field": "visit_date", "days": -3}}, "2026-03-12T00:00:00.000Z"),
        ({"until": {"field": "visit_date", "days": -3}, "past": "skip"}, "2026-03-12T00:00:00.000Z"),
        ({"until": {"field": "visit_date", "days": -1}, "at": "09:00"}, "2026-03-14T09:00:00.000Z"),
        ({"minutes": 30, "since": "entry", "past": "skip"}, "2026-03-14T07:00:00.000Z"),
    ],
)
def test_steps_whose_moment_is_over_are_skipped_with_the_moment_named(wait: dict[str, Any], moment: str) -> None:
    document = rule(step("a", wait=wait), step("b", start="with_previous"))
    entered = replace(run(document), entered=NOW - 3 * HOUR)
    move = enter_step_group(document, entered, 0, {"record": {"visit_date": "2026-03-15"}}, NOW, (), BusinessCalendar)
    assert isinstance(move, Dispatch)
    assert (move.steps, move.due) == ((), NOW)
    assert [(each.id, reason) for each, reason in move.skipped] == [
        ("a", IS_OVER(moment=moment)),
        ("b", IS_OVER(moment=moment)),
    ]


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ({"until": {"field": "visit_date", "days": -3}, "past": "run"}, ("dispatch", 0, NONE, ["a"], [])),
        ({"until": {"field": "visit_date", "days": -3}, "at": "10:30", "past": "run"}, ("wait", 0, HOUR)),
        ({"until": {"field": "visit_date", "days": -3}, "at": "10:30", "past": "next"}, ("wait", 0, HOUR)),
        ({"minutes": 30, "since": "entry"}, ("dispatch", 0, NONE, ["a"], [])),
        ({"minutes": 30, "since": "entry", "at": "07:30"}, ("wait", 0, 22 * HOUR)),
    ],
)
def test_steps_whose_moment_is_over_run_when_their_hour_allows_it(wait: dict[str, Any], expected: Any) -> None:
    document = rule(step("a", wait=wait))
    entered = replace(run(document), entered=NOW - 3 * HOUR)
    move = enter_step_group(
        document, entered, 0, {"record": {"visit_date": "2026-03-15"}, "event": {}}, NOW, (), BusinessCalendar
    )
    assert said(move) == expected


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ([], None),
        ([job("a", "done"), job("b", "pending")], None),
        ([job("a", "failed"), job("b", "claimed")], None),
        ([job("a", "done", minutes=5), job("b", "done", minutes=9)], ("wait", 1, HOUR + timedelta(minutes=9))),
        ([job("a", "skipped"), job("b", "unknown")], ("wait", 1, HOUR)),
        (
            [job("a", "failed", reason=BLOCKED), job("b", "done")],
            ("finish", "failed", AT_STEP(step="a", reason=BLOCKED)),
        ),
        ([job("a", "done"), job("b", "failed", minutes=1)], ("wait", 1, HOUR + timedelta(minutes=1))),
        ([job("a", "done"), job("b", "done"), job("c", "pending", step_group=1)], ("wait", 1, HOUR)),
    ],
)
def test_after_the_jobs_of_a_step_group(jobs: list[Job], expected: Any) -> None:
    document = rule(step("a"), step("b", start="with_previous", on_error="continue"), step("c", wait={"hours": 1}))
    assert (
        said(after_step_group(document, run(document, 0), jobs, {"record": RECORD.fields}, BusinessCalendar))
        == expected
    )


FALSE = CONDITION_FALSE()


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        # a: if new, else d; a fallback too. b starts with it.
        ([job("a", "skipped", reason=FALSE), job("b", "done")], [(1, "c")]),
        ([job("a", "done"), job("b", "done")], None),
        ([job("a", "skipped", reason=BLOCKED), job("b", "done")], None),
        ([job("a", "skipped", reason=PASSED_OVER(step="z", target="a")), job("b", "done")], None),
        ([job("a", "failed", reason=BLOCKED), job("b", "done")], [(1, "c"), (2, "d"), (2, "e")]),
        ([job("a", "failed", reason=FALSE), job("b", "done")], [(1, "c"), (2, "d"), (2, "e")]),
        ([job("a", "unknown"), job("b", "done")], None),
        # Of two steps that branch, the first in the order of the rule decides.
        ([job("b", "skipped", reason=FALSE), job("a", "skipped", reason=FALSE)], [(1, "c")]),
        ([job("b", "skipped", reason=FALSE), job("a", "done")], [(1, "c"), (2, "d"), (2, "e")]),
    ],
)
def test_a_branch_passes_over_the_steps_in_between(jobs: list[Job], expected: list[tuple[int, str]] | None) -> None:
    document = rule(
        step("a", only_if=NEW, on_error={"go_to": "f"}, **{"else": "d"}),
        step("b", only_if=NEW, start="with_previous", **{"else": "f"}),
        step("c"),
        step("d"),
        step("e", start="with_previous"),
        step("f"),
    )
    move = after_step_group(document, run(document, 0), jobs, {"record": RECORD.fields}, BusinessCalendar)
    if expected is None:
        assert said(move) == ("dispatch", 1, NONE, ["c"], [])
        return
    assert isinstance(move, PassOver)
    assert (said(move)[3], move.step_group) == (expected, expected[-1][0])
    assert move.reason.code == PASSED_OVER.code


def test_what_stops_a_run_comes_before_a_branch() -> None:
    document = rule(step("a", on_error={"go_to": "d"}), step("b", start="with_previous"), step("c"), step("d"))
    jobs = [job("a", "failed"), job("b", "failed", reason=BLOCKED)]
    assert said(after_step_group(document, run(document, 0), jobs, {}, BusinessCalendar)) == (
        "finish",
        "failed",
        AT_STEP(step="b", reason=BLOCKED),
    )


def test_a_branch_to_the_next_step_passes_over_nothing() -> None:
    document = rule(step("a", only_if=WON, **{"else": "b"}), step("b"))
    move = after_step_group(
        document, run(document, 0), [job("a", "skipped", reason=FALSE)], {"record": {}}, BusinessCalendar
    )
    assert said(move) == ("dispatch", 1, NONE, ["b"], [])


def test_a_run_goes_on_behind_what_it_passed_over_from_the_same_clock() -> None:
    document = rule(step("a", only_if=WON, **{"else": "d"}), step("b"), step("c"), step("d", wait={"hours": 1}))
    jobs = [job("a", "skipped", reason=FALSE, minutes=2)]
    reason = PASSED_OVER(step="a", target="d")
    passed = after_step_group(document, run(document, 0), jobs, {"record": {}}, BusinessCalendar)
    assert said(passed) == ("pass", 2, timedelta(minutes=2), [(1, "b"), (2, "c")], reason)
    jobs += [job("b", "skipped", 1, reason, 2), job("c", "skipped", 2, reason, 2)]
    at = replace(run(document, 2), due=NOW + timedelta(minutes=2))
    assert said(after_step_group(document, at, jobs, {"record": {}}, BusinessCalendar)) == (
        "wait",
        3,
        timedelta(minutes=62),
    )


def test_a_steps_condition_is_evaluated_at_the_moment_when_it_was_due() -> None:
    """Not the moment at which a late message is looked at."""
    document = rule(step("a", only_if={"field": "now.hour", "op": "equals", "value": 9}))
    assert said(due_step_group(document, 0, {"now": NOW, "record": {}}, NOW)) == ("dispatch", 0, NONE, ["a"], [])


def test_the_clock_of_a_run_never_goes_back() -> None:
    document = rule(step("a"))
    assert clock_after(run(document, 0), [job("a", "done", minutes=-30)]) == NOW


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], ("skipped", NO_STEP_DUE())),
        (["done"], ("done", STEPS_DONE(done=1, count=1))),
        (["done", "skipped"], ("done", STEPS_DONE(done=1, count=2))),
        (["skipped", "skipped"], ("skipped", AT_STEP(step="s0", reason=Reason("sample.why", {"number": 0})))),
        (["done", "unknown", "skipped"], ("unknown", AT_STEP(step="s1", reason=Reason("sample.why", {"number": 1})))),
        (["unknown", "done", "failed"], ("failed", AT_STEP(step="s2", reason=Reason("sample.why", {"number": 2})))),
    ],
)
def test_the_outcome_of_a_run_is_the_worst_of_its_jobs(statuses: list[str], expected: tuple[str, Reason]) -> None:
    why = [Reason("sample.why", {"number": number}) for number in range(len(statuses))]
    jobs = [job(f"s{number}", status, reason=why[number]) for number, status in enumerate(statuses)]
    assert outcome_of(jobs) == expected


@pytest.mark.parametrize("status", list(RunStatus))
def test_which_runs_are_over(status: RunStatus) -> None:
    assert status.final is (status not in (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED))


@pytest.mark.parametrize("status", list(JobStatus))
def test_which_jobs_are_over(status: JobStatus) -> None:
    assert status.final is (status not in (JobStatus.PENDING, JobStatus.CLAIMED))


def test_a_run_is_about_its_record_and_whoever_the_event_names() -> None:
    begun = begin(rule(step("a"), exit={"on": ["contact.replied"], "when": WON}), EVENT, RECORD, NOW, shadow=False)
    assert begun.record == "lead:1"
    assert begun.watch == ("lead:1", "email#a@b.co", "phone#+905321234567")
    assert (begun.exits_on, begun.rechecks_on) == (("contact.replied",), ("lead.updated",))


def test_a_run_begins_the_same_whenever_its_event_is_delivered() -> None:
    document = rule(step("a"))
    first, again = (begin(document, EVENT, RECORD, NOW + late, shadow=False) for late in (NONE, HOUR))
    assert (first.id, first.entered, first.watch) == (again.id, again.entered, again.watch)


@pytest.mark.parametrize(
    ("entry", "activated", "record", "refused"),
    [
        ({}, None, None, False),
        ({}, NOW, RECORD, False),
        ({"only_new": True}, NOW, RECORD, False),
        ({"only_new": True}, NOW - HOUR, RECORD, False),
        ({"only_new": True}, NOW + HOUR, RECORD, True),
        ({"only_new": True}, None, RECORD, True),
        ({"only_new": True}, NOW, None, True),
        ({"only_new": True}, NOW, Record("lead", "2"), True),
    ],
)
def test_who_may_enter(entry: dict[str, Any], activated: datetime | None, record: Record | None, refused: bool) -> None:
    since = {"activated_at": activated.isoformat()} if activated else {}
    assert (entry_denied(rule(step("a"), entry=entry, **since), record) is not None) is refused


def test_who_enters_once_holds_a_key() -> None:
    once = rule(step("a"), entry={"again": "once_per_record"})
    assert enrolment_key(once, run(once)) == "rule_1#lead:1"
    assert enrolment_key(rule(step("a")), run(once)) is None
    assert enrolment_key(once, run(once, shadow=True)) is None
