"""change_record: effects on the built-in store, had exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.record.doing import done, lead
from tests.codes import codes
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule, together
from whenthen.channels.record.effect import FIELDS_SET, NO_RECORD, UNCHANGED
from whenthen.domain.common.errors import Invalid, NotFound, Temporary, TooLarge, WhenthenError
from whenthen.domain.runs.run import JobStatus, Run, RunStatus
from whenthen.ports.reason_codes import ITEM_TOO_LARGE, TOO_MANY_WRITES
from whenthen.usecases.runs.perform_job import RUN_ENDED
from whenthen.usecases.runs.stop_run import STOPPED_BY

GREEK = [f"letter_{number}" for number in range(40)]


def test_fields_are_set_and_removed_and_the_change_tells_its_cause(world: World) -> None:
    state = done(world, "set_fields", fields={"status": "won", "note": "{{ event.data.note }}", "first_name": None})
    assert dict(lead(world).fields) == {
        "email": "ayse@example.com",
        "phone": "+905321234567",
        "status": "won",
        "note": "from the event",
    }
    assert (lead(world).version, lead(world).origin) == (2, f"rule:{state.run.rule_id}")
    assert (lead(world).cause.runs, lead(world).cause.depth) == ((state.run.id,), 1)
    assert (state.jobs[0].status, dict(state.jobs[0].result)) == (JobStatus.DONE, {"record": "lead:1"})
    (change,) = [event for event in world.bus.published if event.type == "lead.updated"]
    assert change.cause.runs == (state.run.id,)


def test_fields_that_are_so_already_are_not_written_again(world: World) -> None:
    state = done(world, "set_fields", fields={"status": "new"})
    assert lead(world).version == 1
    assert state.jobs[0].reason == UNCHANGED(reason=FIELDS_SET(ref="lead:1", fields=["status"]))


def test_phone_and_email_are_kept_in_their_one_writing(world: World) -> None:
    done(world, "set_fields", fields={"phone": "0532 765 43 21", "email": "New@Example.com"})
    assert (lead(world).fields["phone"], lead(world).fields["email"]) == ("+905327654321", "new@example.com")


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("set_fields", {"fields": {"phone": "12"}}, "address.no_phone"),
        ("set_fields", {"fields": {"x": "y"}, "record": "lead:none"}, "record.not_found"),
        ("set_fields", {"fields": {"x": "y"}, "record": "none"}, "ref.malformed"),
        ("set_fields", {"fields": {"whatsapp": "x" * 600}}, "identity.out_of_bounds"),
        ("create_record", {"kind": "contact", "fields": {"whatsapp": "💥" * 505}}, "identity.out_of_bounds"),
        ("set_fields", {"fields": {"x": "{{ 1e999 }}"}}, "template.not_rendered"),
        ("set_fields", {"fields": dict.fromkeys(GREEK, "x" * 8000)}, "record.too_large"),
    ],
)
def test_an_impossible_change_fails_with_its_reason(
    world: World, action: str, parameters: dict[str, Any], code: str
) -> None:
    state = done(world, action, **parameters)
    assert (state.jobs[0].status, state.run.status) == (JobStatus.FAILED, RunStatus.FAILED)
    assert codes(state.jobs[0].reason)[-1] == code
    assert lead(world).version == 1


@pytest.mark.parametrize("error", [Invalid.field("", TOO_MANY_WRITES(most=100, found=101)), TooLarge(ITEM_TOO_LARGE())])
def test_what_the_store_does_not_take_after_all_fails_with_its_reason(world: World, error: WhenthenError) -> None:
    class Full:
        """The store knows bounds that are not foreseen."""

        def before(self, call: str) -> None:
            if call == "runs.complete_with" and not self.refused:
                self.refused = True
                raise error

        def after(self, call: str) -> None: ...

        refused = False

    world.functions = world.wire(Full())
    state = done(world, "set_fields", fields={"status": "won"})
    assert (state.jobs[0].status, state.jobs[0].reason) == (JobStatus.FAILED, error.reason)
    assert (state.run.status, lead(world).version) == (RunStatus.FAILED, 1)
    assert world.queues["record"].dead == []


def test_a_run_without_a_record_cannot_change_one(world: World) -> None:
    state = done(world, "add_tags", record=None, tags=["vip"])
    assert state.jobs[0].reason == NO_RECORD()


def test_tags_are_added_and_removed(world: World) -> None:
    done(world, "add_tags", tags=["vip", "{{ record.status }}", "vip"])
    assert lead(world).fields["tags"] == ["vip", "new"]
    world.has_record("lead:1", tags=["vip", "new"])
    world.rules.current_rules.clear()
    written = world.has_rule(rule({"id": "it", "action": "remove_tags", "with": {"tags": "vip"}}, name="remove"))
    event = world.happens("lead.created", "again", subject="lead:1")
    world.run_out()
    assert lead(world).fields["tags"] == ["new"]
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_a_tag_whose_template_is_empty_is_no_tag(world: World) -> None:
    done(world, "add_tags", tags=["{{ record.nothing }}", "vip"])
    assert lead(world).fields["tags"] == ["vip"]


def test_a_single_tag_kept_as_text_is_not_lost(world: World) -> None:
    world.has_record("lead:1", tags="loyal")
    done(world, "add_tags", tags=["vip"])
    assert lead(world).fields["tags"] == ["loyal", "vip"]


@pytest.mark.parametrize("action", ["set_fields", "add_tags", "remove_tags"])
def test_a_record_that_an_empty_field_names_is_not_the_run_s_own(world: World, action: str) -> None:
    world.has_record("lead:1", blank=" ")
    given = {"fields": {"status": "x"}} if action == "set_fields" else {"tags": ["x"]}
    steps = [
        {"id": name, "action": action, "on_error": "continue", "with": {**given, "record": f"{{{{ record.{name} }}}}"}}
        for name in ("missing", "blank")
    ]
    written = world.has_rule(rule(*steps))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    for name in ("missing", "blank"):
        job = world.job(world.run_of(event, written), name)
        assert (job.status, job.reason) == (JobStatus.FAILED, NO_RECORD())
    assert lead(world).version == 1


@pytest.mark.parametrize(
    ("tags", "action", "given", "kept"),
    [
        (["caf\u00e9"], "remove_tags", ["cafe\u0301"], []),
        (["cafe\u0301"], "add_tags", ["caf\u00e9"], ["cafe\u0301"]),
        ([2024, "vip"], "add_tags", ["new"], [2024, "vip", "new"]),
        ([2024, "vip"], "remove_tags", ["2024"], ["vip"]),
        (["vip"], "add_tags", ["{{ record.year }}"], ["vip", "2024"]),
    ],
)
def test_tags_are_compared_as_conditions_compare_them(
    world: World, tags: list[Any], action: str, given: list[str], kept: list[Any]
) -> None:
    world.has_record("lead:1", tags=tags, year=2024)
    done(world, action, tags=given)
    assert lead(world).fields["tags"] == kept


def test_a_task_is_the_child_of_the_record_and_belongs_to_its_owner(world: World) -> None:
    world.has_record("lead:1", first_name="Ayşe", owner="agent:budi")
    state = done(world, "create_task", title="Call {{ record.first_name }}", fields={"priority": "high"})
    (task,) = [record for record in world.records.stored.values() if record.kind == "task"]
    assert dict(task.fields) == {
        "parent": "lead:1",
        "title": "Call Ayşe",
        "assignee": "agent:budi",
        "due": "2026-03-14T09:30:00.000Z",
        "status": "open",
        "priority": "high",
    }
    assert dict(state.jobs[0].result) == {"record": task.ref}


def test_the_fields_of_a_task_may_say_more_than_the_step_does(world: World) -> None:
    done(world, "create_task", title="Call", fields={"status": "planned", "description": "By phone"})
    (task,) = [record for record in world.records.stored.values() if record.kind == "task"]
    assert (task.fields["status"], task.fields["description"]) == ("planned", "By phone")


def test_a_record_is_created_once_however_often_its_message_comes(world: World) -> None:
    written = world.has_rule(
        rule({"id": "it", "action": "create_record", "with": {"kind": "deal", "fields": {"a": 1}}})
    )
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    run_id = world.run_of(event, written).run.id
    for _ in range(3):
        world.functions.channels["record"](run_id, "it", 0)
    assert len([ref for ref in world.records.stored if ref.startswith("deal:")]) == 1


def test_a_record_that_another_keeps_changing_is_left_for_a_later_attempt(world: World) -> None:
    class Restless:
        def before(self, call: str) -> None:
            if call == "runs.complete_with":
                world.changes("lead:1", note=str(lead(world).version))

        def after(self, call: str) -> None:
            pass

    world.has_rule(rule({"id": "it", "action": "set_fields", "with": {"fields": {"status": "won"}}}))
    world.functions.match_event(world.event("lead.created", subject="lead:1"))
    (message,) = world.queues["record"].bodies
    with pytest.raises(Temporary) as caught:
        world.wire(Restless()).channels["record"](*message)
    assert caught.value.reason.code == "store.contended"
    world.run_out()
    assert lead(world).fields["status"] == "won"
    assert world.queues["record"].dead == []


def test_a_record_that_another_changed_at_the_same_time_is_changed_on_top_of_that(world: World) -> None:
    """Within one delivery: a queue that gives up after a few receives must not be asked for what a look solves."""

    class OtherWriter:
        def __init__(self) -> None:
            self.left = 3

        def before(self, call: str) -> None:
            if call == "runs.complete_with" and self.left:
                self.left -= 1
                world.changes("lead:1", note=f"left {self.left}")

        def after(self, call: str) -> None:
            pass

    world.has_rule(rule({"id": "it", "action": "add_tags", "with": {"tags": ["vip"]}}))
    world.functions.match_event(world.event("lead.created", subject="lead:1"))
    (message,) = world.queues["record"].bodies
    world.wire(OtherWriter()).channels["record"](*message)
    assert (lead(world).fields["tags"], lead(world).fields["note"]) == (["vip"], "left 0")


def test_steps_that_change_one_record_together_all_take_effect(world: World) -> None:
    steps = [{"id": f"s{n}", "action": "add_tags", "with": {"tags": [f"t{n}"]}} for n in range(5)]
    written = world.has_rule(rule(steps[0], *(together(step) for step in steps[1:])))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert sorted(lead(world).fields["tags"]) == ["t0", "t1", "t2", "t3", "t4"]
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_a_job_of_a_run_that_has_its_outcome_is_skipped(world: World) -> None:
    world.has_rule(rule({"id": "it", "action": "add_tags", "with": {"tags": ["vip"]}}))
    world.functions.match_event(world.event("lead.created", subject="lead:1"))
    run: Run = world.all_runs[0]
    world.runs.finish(run, RunStatus.STOPPED, STOPPED_BY(by="ayse"), world.clock.now())
    world.run_out()
    assert "tags" not in lead(world).fields
    state = world.runs.load(run.id)
    assert state is not None
    assert (state.jobs[0].status, state.jobs[0].reason) == (
        JobStatus.SKIPPED,
        RUN_ENDED(outcome="stopped", reason=STOPPED_BY(by="ayse")),
    )


def test_a_message_of_a_job_that_never_was_is_refused(world: World) -> None:
    with pytest.raises(NotFound):
        world.functions.channels["record"]("run_none", "it", 0)
