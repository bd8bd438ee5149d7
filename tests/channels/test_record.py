"""change_record: effects on the built-in store, had exactly once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.codes import codes
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule, together
from whenthen.channels.record.effect import FIELDS_SET, NO_AGENT, NO_RECORD, OWNER_KEPT, UNCHANGED
from whenthen.channels.record.turns import CONTENDED_FOR, SPREAD, TRIES_IN_ONE_ROW, Turns
from whenthen.domain.common.errors import Invalid, NotFound, Temporary, TooLarge, WhenthenError
from whenthen.domain.records.record import Record
from whenthen.domain.runs.run import JobStatus, Run, RunStatus
from whenthen.ports.reason_codes import ITEM_TOO_LARGE, TOO_MANY_WRITES
from whenthen.ports.values import RunState
from whenthen.usecases.runs.perform_job import RUN_ENDED
from whenthen.usecases.runs.stop_run import STOPPED_BY

GREEK = [f"letter_{number}" for number in range(40)]
AGENTS = ["agent:ayse", "agent:budi", "agent:cem"]


def done(world: World, action: str, *, record: str | None = "lead:1", **parameters: Any) -> RunState:
    """The run of a rule with this one step, when it is over."""
    written = world.has_rule(rule({"id": "it", "action": action, "with": parameters}))
    event = world.happens("lead.created", subject=record, data={"note": "from the event"})
    world.run_out()
    return world.run_of(event, written)


def lead(world: World) -> Record:
    return world.records.stored["lead:1"]


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


def test_owners_take_turns(world: World) -> None:
    world.has_rule(rule({"id": "own", "action": "assign_owner", "with": {"from": AGENTS, "by": "round_robin"}}))
    for number in range(7):
        world.has_record(f"lead:{number}")
        world.happens("lead.created", str(number), subject=f"lead:{number}")
    world.run_out()
    owners = [world.records.stored[f"lead:{number}"].fields["owner"] for number in range(7)]
    assert owners == [AGENTS[number % 3] for number in range(7)]


def test_a_turn_is_moved_together_with_the_assignment(world: World) -> None:
    """Another took the turn between the look at whose it is and the write: then the next one's turn is taken."""

    class Overtaken:
        """Right before the first write another worker assigns a lead by the same rule."""

        def __init__(self) -> None:
            self.once = True

        def before(self, call: str) -> None:
            if call == "runs.complete_with" and self.once:
                self.once = False
                name = next(f"owner#{run.rule_id}#own" for run in world.all_runs)
                world.runs.counters[name] = world.runs.counter(name) + 1

        def after(self, call: str) -> None:
            pass

    world.has_rule(rule({"id": "own", "action": "assign_owner", "with": {"from": AGENTS}}))
    world.happens("lead.created", subject="lead:1")
    world.functions = world.wire(Overtaken())
    world.run_out()
    assert lead(world).fields["owner"] == AGENTS[1]
    assert list(world.runs.counters.values()) == [2]


@pytest.mark.parametrize("by", ["round_robin", "first"])
@pytest.mark.parametrize("agent", [None, "", "  ", [], [None, ""]])
def test_no_owner_is_set_from_a_field_that_is_empty(world: World, agent: Any, by: str) -> None:
    world.has_record("lead:1", owner="agent:old", agent=agent)
    state = done(world, "assign_owner", **{"from": ["{{ record.agent }}", "{{ record.missing }}"], "by": by})
    assert lead(world).fields["owner"] == "agent:old"
    assert state.jobs[0].status is JobStatus.SKIPPED
    assert state.jobs[0].reason == NO_AGENT(ref="lead:1")


@pytest.mark.parametrize("by", ["round_robin", "first"])
def test_an_empty_field_has_no_turn(world: World, by: str) -> None:
    from_ = ["{{ record.missing }}", "agent:ayse", " {{ record.blank }} ", "agent:budi"]
    world.has_rule(rule({"id": "own", "action": "assign_owner", "with": {"from": from_, "by": by}}))
    for number in range(4):
        world.has_record(f"lead:{number}", blank=" ")
        world.happens("lead.created", str(number), subject=f"lead:{number}")
        world.run_out()
    owners = [world.records.stored[f"lead:{number}"].fields["owner"] for number in range(4)]
    assert owners == (["agent:ayse"] * 4 if by == "first" else ["agent:ayse", "agent:budi"] * 2)


def test_the_agents_may_stand_in_one_field(world: World) -> None:
    world.has_record("lead:1", team=["agent:ayse", "", "agent:budi"])
    done(world, "assign_owner", **{"from": ["{{ record.team }}"]})
    assert lead(world).fields["owner"] == "agent:ayse"


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


class Crowded:
    """Right before each write of the common row another worker takes its turn."""

    def __init__(self, world: World) -> None:
        self.world = world

    def before(self, call: str) -> None:
        if call == "runs.complete_with":
            counters = self.world.runs.counters
            name = next(f"owner#{run.rule_id}#own" for run in self.world.all_runs)
            counters[name] = counters.get(name, 0) + 1

    def after(self, call: str) -> None:
        pass


def test_workers_in_each_others_way_take_turns_in_rows_of_their_own(world: World) -> None:
    """Each row is exact, so over many leads no agent is ahead of another by more than one for each row."""
    leads = 200
    world.has_rule(rule({"id": "own", "action": "assign_owner", "with": {"from": AGENTS}}))
    for number in range(leads):
        world.has_record(f"lead:{number}")
        world.happens("lead.created", str(number), subject=f"lead:{number}")
    world.functions = world.wire(Crowded(world))
    world.run_out()
    owners = Counter(world.records.stored[f"lead:{number}"].fields["owner"] for number in range(leads))
    rows = {name: count for name, count in world.runs.counters.items() if name.count("#") == 3}
    assert len(rows) == SPREAD
    assert sum(rows.values()) == leads, "nobody got a turn in the row that others kept taking"
    assert max(owners.values()) - min(owners.values()) <= SPREAD


def test_the_common_row_is_tried_again_once_it_was_left_alone(world: World) -> None:
    turns, now = Turns(), world.clock.now()
    assert turns.row("owner#r#s", "job_1", 0, now) == ("owner#r#s", 0)
    name, place = turns.row("owner#r#s", "job_1", TRIES_IN_ONE_ROW, now)
    assert name == f"owner#r#s#{place}"
    assert turns.row("owner#r#s", "job_2", 0, now)[0] != "owner#r#s"
    assert turns.row("owner#r#other", "job_2", 0, now) == ("owner#r#other", 0)
    assert turns.row("owner#r#s", "job_2", 0, now + CONTENDED_FOR) == ("owner#r#s", 0)


def test_an_owner_that_is_there_is_kept_where_the_rule_says_so(world: World) -> None:
    world.has_record("lead:1", owner="agent:old")
    parameters: dict[str, Any] = {"from": AGENTS, "keep": True}
    state = done(world, "assign_owner", **parameters)
    assert lead(world).fields["owner"] == "agent:old"
    assert world.runs.counters == {}
    assert state.jobs[0].reason == UNCHANGED(reason=OWNER_KEPT(ref="lead:1", owner="agent:old"))


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
