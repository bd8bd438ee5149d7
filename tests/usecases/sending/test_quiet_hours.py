"""Quiet hours: a message is held until they end, is looked at again, and goes once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule, together
from whenthen.domain.common.errors import Temporary, Throttled
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.exits.conditions import EXIT_CONDITION
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.planner import CONDITION_FALSE
from whenthen.domain.runs.run import Job, JobStatus, RunStatus
from whenthen.domain.sending.holds import QUIET_HOURS
from whenthen.ports.reason_codes import UNAVAILABLE
from whenthen.usecases.runs.perform_job import RUN_ENDED

HELLO: dict[str, Any] = {"id": "hello", "action": "send_whatsapp", "with": {"template": "welcome"}}
CALL: dict[str, Any] = {"id": "tell", "action": "call_webhook", "with": {"url": "https://example.com/hook"}}

# It is Saturday, 14 March 2026, 12:30 in Istanbul.
NOON = {"quiet_hours": {"from": "12:00", "to": "14:00"}}
TWO = datetime(2026, 3, 14, 11, tzinfo=UTC)
WON: dict[str, Any] = {"field": "record.status", "op": "equals", "value": "won"}
NOT_WON: dict[str, Any] = {"not": WON}


def started(world: World, *steps: dict[str, Any], **more: Any) -> tuple[Rule, Event]:
    """A run whose messages were looked at once."""
    written = world.has_rule(rule(*steps, **more))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    return written, event


def the_job(world: World, started_run: tuple[Rule, Event]) -> Job:
    written, event = started_run
    return world.run_of(event, written).jobs[0]


def sent(world: World) -> int:
    return len(world.mailer.sent) + len(world.graph.sent)


@pytest.fixture
def quiet(world: World) -> World:
    """At noon nothing goes out."""
    world.settings.save("limits", NOON)
    return world


@pytest.mark.parametrize("step", [GREET, HELLO, {**GREET, "with": {**GREET["with"], "purpose": "service"}}])
def test_a_message_is_held_until_quiet_hours_end_and_goes_then(quiet: World, step: dict[str, Any]) -> None:
    run = started(quiet, step)
    job = the_job(quiet, run)
    assert (sent(quiet), job.status, job.attempt) == (0, JobStatus.PENDING, 0)
    assert (job.held_until, job.reason) == (TWO, QUIET_HOURS(until=format_time(TWO)))
    assert quiet.queues[step["action"].removeprefix("send_")].messages == []
    quiet.pass_time(minutes=29)
    assert sent(quiet) == 0
    quiet.pass_time(minutes=61)
    job = the_job(quiet, run)
    assert (sent(quiet), job.status, job.finished_at) == (1, JobStatus.DONE, TWO)
    assert quiet.run_of(run[1], run[0]).run.status is RunStatus.DONE
    quiet.run_out()
    assert sent(quiet) == 1
    assert quiet.sequences.open == []


@pytest.mark.parametrize(
    ("step", "limits"),
    [
        ({**GREET, "urgent": True}, NOON),
        (GREET, {"quiet_hours": {"from": "14:00", "to": "12:00"}}),
        (GREET, {}),
        (CALL, NOON),
        (NOTE, NOON),
    ],
)
def test_what_goes_at_once(world: World, step: dict[str, Any], limits: dict[str, Any]) -> None:
    world.settings.save("limits", limits)
    run = started(world, step, time_zone="Europe/Istanbul")
    assert the_job(world, run).status is JobStatus.DONE


def test_other_steps_of_the_group_go_and_the_next_group_waits(quiet: World) -> None:
    run = started(quiet, GREET, together(NOTE), {**NOTE, "id": "after"})
    assert quiet.outcomes(quiet.run_of(run[1], run[0])) == {"greet": JobStatus.PENDING, "note": JobStatus.DONE}
    quiet.run_out()
    state = quiet.run_of(run[1], run[0])
    assert set(quiet.outcomes(state).values()) == {JobStatus.DONE}
    assert quiet.job(state, "after").due == TWO


def test_two_messages_of_one_group_wake_together(quiet: World) -> None:
    run = started(quiet, GREET, together(HELLO))
    assert [job.held_until for job in quiet.run_of(run[1], run[0]).jobs] == [TWO, TWO]
    quiet.run_out()
    assert (len(quiet.mailer.sent), len(quiet.graph.sent)) == (1, 1)


# --- whose clocks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "zone", "expected"),
    [
        ({"time_zone": "Asia/Jakarta"}, "Europe/Istanbul", None),  # 16:30
        ({"time_zone": "Europe/London", "phone": "+905321234567"}, "Asia/Jakarta", None),  # 09:30
        ({"phone": "+905321234567"}, "Asia/Jakarta", TWO),
        ({"phone": "+6281234567890"}, "Europe/Istanbul", TWO),  # Indonesia has three zones
        ({"phone": None}, "Europe/Istanbul", TWO),
        ({"phone": None}, "Asia/Jakarta", None),
        ({"time_zone": "Nowhere/Nothing", "phone": None}, "Europe/Istanbul", TWO),
    ],
)
def test_the_recipients_clocks_count_then_the_rules(
    quiet: World, fields: dict[str, Any], zone: str, expected: datetime | None
) -> None:
    quiet.has_record("lead:1", **{"email": "ayse@example.com", **fields})
    assert the_job(quiet, started(quiet, GREET, time_zone=zone)).held_until == expected


def test_a_rule_may_be_stricter_and_not_looser(quiet: World) -> None:
    strict = {"quiet_hours": {"from": "13:00", "to": "16:00"}}
    run = started(quiet, GREET, limits=strict)
    assert the_job(quiet, run).held_until == datetime(2026, 3, 14, 13, tzinfo=UTC)
    quiet.run_out()
    assert the_job(quiet, run).finished_at == datetime(2026, 3, 14, 13, tzinfo=UTC)


def test_a_rule_alone_may_have_quiet_hours(world: World) -> None:
    assert the_job(world, started(world, GREET, limits=NOON)).held_until == TWO


# --- what is looked at again ------------------------------------------------------------------------


def test_a_condition_that_holds_no_more_skips_the_held_message(quiet: World) -> None:
    run = started(quiet, {**GREET, "only_if": NOT_WON})
    quiet.changes("lead:1", status="won")
    quiet.run_out()
    job = the_job(quiet, run)
    assert (sent(quiet), job.status, job.reason) == (0, JobStatus.SKIPPED, CONDITION_FALSE())


def test_an_exit_condition_that_holds_stops_the_run(quiet: World) -> None:
    run = started(quiet, GREET, {**NOTE, "id": "after"}, exit={"when": WON})
    quiet.changes("lead:1", status="won")
    quiet.run_out()
    state = quiet.run_of(run[1], run[0])
    assert (sent(quiet), state.run.status, state.run.reason) == (0, RunStatus.STOPPED, EXIT_CONDITION())
    assert state.jobs[0].status is JobStatus.SKIPPED
    assert len(state.jobs) == 1


def test_an_exit_event_stops_the_run_of_a_held_message(quiet: World) -> None:
    run = started(quiet, GREET, exit={"on": ["lead.won"]})
    quiet.happens("lead.won", subject="lead:1")
    quiet.run_out()
    state = quiet.run_of(run[1], run[0])
    assert (sent(quiet), state.run.status) == (0, RunStatus.STOPPED)
    assert state.run.reason is not None
    assert state.jobs[0].reason == RUN_ENDED(outcome="stopped", reason=state.run.reason)
    assert quiet.sequences.open == []


def test_who_opts_out_meanwhile_gets_nothing(quiet: World) -> None:
    run = started(quiet, GREET)
    quiet.changes("lead:1", consent={"email": False})
    quiet.run_out()
    job = the_job(quiet, run)
    assert (sent(quiet), job.status) == (0, JobStatus.SKIPPED)
    assert job.reason is not None
    assert job.reason.code.startswith("consent.")


def test_a_run_that_an_admin_stops_sends_nothing(quiet: World) -> None:
    run = started(quiet, GREET)
    quiet.functions.stop_run(quiet.run_of(run[1], run[0]).run.id, by="key_1")
    quiet.run_out()
    assert (sent(quiet), the_job(quiet, run).status) == (0, JobStatus.SKIPPED)


def test_a_held_message_is_written_with_the_record_and_the_hour_of_its_going(quiet: World) -> None:
    greet = {**GREET, "with": {"subject": "{{ record.first_name }} {{ now.hour }}", "text": "Hello"}}
    started(quiet, greet, time_zone="Europe/Istanbul")
    quiet.changes("lead:1", first_name="Fatma")
    quiet.run_out()
    assert [mail.subject for mail in quiet.mailer.sent] == ["Fatma 14"]


def test_a_deleted_record_stops_a_held_message(quiet: World) -> None:
    run = started(quiet, GREET)
    del quiet.records.stored["lead:1"]
    quiet.run_out()
    assert (sent(quiet), the_job(quiet, run).status) == (0, JobStatus.SKIPPED)


# --- attempts, clocks and settings that change ----------------------------------------------------------


def test_a_message_that_is_tried_again_in_quiet_hours_is_held_too(world: World) -> None:
    world.clock.at = datetime(2026, 3, 14, 8, 59, 58, tzinfo=UTC)
    world.settings.save("limits", NOON)
    world.mailer.will(Fails(Temporary(UNAVAILABLE(provider="SES", error="x"))))
    run = started(world, GREET)
    world.pass_time(minutes=2)
    job = the_job(world, run)
    assert (sent(world), job.attempt, job.held_until) == (0, 1, TWO)
    world.run_out()
    assert (sent(world), the_job(world, run).status) == (1, JobStatus.DONE)


def test_a_provider_that_throttles_is_given_up_by_the_time_since_the_hold(quiet: World) -> None:
    """Not by that since the message was first due: a hold may last for days."""
    quiet.settings.save("limits", {"quiet_hours": {"from": "12:29", "to": "12:28"}})
    run = started(quiet, GREET)
    quiet.mailer.will(Fails(Throttled(UNAVAILABLE(provider="SES", error="Throttling"))))
    quiet.settings.save("limits", {})
    quiet.run_out()
    assert (sent(quiet), the_job(quiet, run).status) == (1, JobStatus.DONE)


def test_a_wait_that_ends_early_by_the_clock_here_is_over_all_the_same(quiet: World) -> None:
    """The state machine's clock decides: two clocks may disagree, and the local stack shortens waits."""
    run = started(quiet, GREET, {**NOTE, "id": "after", "wait": {"hours": 1}})
    (execution,) = quiet.sequences.executions.values()
    quiet.functions.advance_sequence(execution.run_id, execution.step_group, execution.due)
    quiet.settle()
    assert sent(quiet) == 1
    state = quiet.run_of(run[1], run[0])
    assert (state.jobs[0].finished_at, state.run.waits_until) == (TWO, TWO + timedelta(hours=1))


def test_a_second_quiet_span_holds_a_woken_message_again(quiet: World) -> None:
    run = started(quiet, GREET)
    quiet.settings.save("limits", {"quiet_hours": {"from": "12:00", "to": "18:00"}})
    quiet.pass_time(hours=2)
    assert the_job(quiet, run).held_until == datetime(2026, 3, 14, 15, tzinfo=UTC)
    quiet.run_out()
    assert sent(quiet) == 1


def test_without_limits_no_log_is_read_or_written(world: World) -> None:
    calls: list[str] = []

    class Noting:
        def before(self, call: str) -> None:
            calls.append(call)

        def after(self, call: str) -> None:
            del call

    world.functions = world.wire(Noting())
    started(world, GREET)
    assert sent(world) == 1
    assert [call for call in calls if call.startswith("sen")] == ["sending_states.load"]
    assert [call for call in calls if call.startswith("settings")] == ["settings.get"] * 2, "the switch, and a restore"


# --- what was lost -----------------------------------------------------------------------


def test_the_sweep_wakes_a_message_whose_wait_was_lost(quiet: World) -> None:
    run = started(quiet, GREET)
    quiet.sequences.executions.clear()
    quiet.clock.at = TWO + timedelta(minutes=4)
    assert quiet.functions.resume_runs(lambda: True).resumed == 0
    quiet.clock.at = TWO + timedelta(minutes=6)
    assert quiet.functions.resume_runs(lambda: True).resumed == 1
    quiet.run_out()
    assert (sent(quiet), the_job(quiet, run).status) == (1, JobStatus.DONE)


def test_the_sweep_leaves_held_messages_alone(quiet: World) -> None:
    quiet.settings.save("limits", {"quiet_hours": {"from": "12:29", "to": "12:28"}})
    started(quiet, GREET)
    quiet.clock.move(hours=20)
    assert quiet.functions.resume_runs(lambda: True).seen == 0
    assert quiet.queues["email"].messages == []


def test_the_sweep_sends_the_lost_message_of_a_job_beside_a_held_one(quiet: World) -> None:
    quiet.settings.save("limits", {"quiet_hours": {"from": "12:29", "to": "12:28"}})
    written = quiet.has_rule(rule(GREET, together(NOTE)))
    event = quiet.happens("lead.created", subject="lead:1")
    while quiet.deliver("events"):
        pass
    quiet.queues["record"].messages.clear()
    quiet.deliver("email")
    quiet.clock.move(minutes=6)
    quiet.functions.resume_runs(lambda: True)
    quiet.settle()
    assert quiet.queues["email"].messages == []
    assert quiet.outcomes(quiet.run_of(event, written)) == {"greet": JobStatus.PENDING, "note": JobStatus.DONE}


def test_a_reason_names_the_end_of_the_hold() -> None:
    assert QUIET_HOURS(until="2026-03-14T11:00:00.000Z") == Reason(
        "hold.quiet_hours", {"until": "2026-03-14T11:00:00.000Z"}
    )
