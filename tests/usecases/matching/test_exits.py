"""Exits win, in whatever order the messages arrive."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.usecases.fakes.world import Killed, World
from tests.usecases.rules import CALL, GREET, rule
from whenthen.domain.events.event import Event
from whenthen.domain.exits.conditions import EXIT_CONDITION
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.usecases.matching.match_event import EXITED_BEFORE_START
from whenthen.usecases.matching.notify_runs import EXIT_EVENT
from whenthen.usecases.records.merge_records import MergeRecords
from whenthen.usecases.runs.perform_job import RUN_ENDED
from whenthen.usecases.runs.stop_run import STOPPED_BY

REPLIES = {"on": ["contact.replied"]}
PHONE = "phone#+905321234567"
BOUGHT = {"field": "record.status", "op": "equals", "value": "customer"}


def reminded(world: World, **more: Any) -> tuple[Rule, Event]:
    """A rule that waits two days for a reply, and the event that starts it."""
    written = world.has_rule(rule(GREET, CALL, exit=REPLIES, **more))
    return written, world.event("lead.created", subject="lead:1")


def tasks(world: World) -> list[str]:
    return [ref for ref in world.records.stored if ref.startswith("task:")]


@pytest.mark.parametrize(
    "about",
    [{"subject": "lead:1"}, {"identities": (PHONE,)}, {"identities": ("email#ayse@example.com",)}],
    ids=["by ref", "by phone", "by e-mail"],
)
def test_a_reply_after_the_run_started_stops_it(world: World, about: dict[str, Any]) -> None:
    written, event = reminded(world)
    world.queues["events"].add(event)
    world.pass_time(hours=5)
    world.happens("contact.replied", **about)
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == (RunStatus.STOPPED, EXIT_EVENT(event_type="contact.replied"))
    assert world.outcomes(state) == {"greet": JobStatus.DONE}
    assert tasks(world) == []
    assert world.sequences.stopped == {state.run.id: EXIT_EVENT(event_type="contact.replied")}


@pytest.mark.parametrize("about", [{"subject": "lead:1"}, {"identities": (PHONE,)}], ids=["by ref", "by phone"])
def test_a_reply_that_arrives_before_the_run_starts_stops_it(world: World, about: dict[str, Any]) -> None:
    """The reply came after the event that the run is about, but its message was quicker."""
    written, event = reminded(world)
    world.clock.move(minutes=5)
    world.happens("contact.replied", **about)
    world.settle()
    world.queues["events"].add(event)
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == (RunStatus.STOPPED, EXITED_BEFORE_START())
    assert (world.mailer.sent, tasks(world), world.sequences.open) == ([], [], [])


def test_a_reply_from_before_the_event_stops_nothing(world: World) -> None:
    world.happens("contact.replied", subject="lead:1")
    world.has_rule(rule(GREET, name="another that exits on replies", exit=REPLIES))
    world.settle()
    world.clock.move(minutes=5)
    written, event = reminded(world)
    world.queues["events"].add(event)
    world.settle()
    world.happens("contact.replied", "late", subject="lead:1", time=event.time - timedelta(minutes=5))
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE
    assert len(tasks(world)) == 1


def test_a_reply_of_somebody_else_stops_nothing(world: World) -> None:
    written, event = reminded(world)
    world.queues["events"].add(event)
    world.settle()
    world.happens("contact.replied", identities=("phone#+15550001111",))
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_an_event_that_starts_a_rule_does_not_stop_the_run_that_it_starts(world: World) -> None:
    """A rule that begins anew with each reply: the second stops the run of the first, and starts its own."""
    written = world.has_rule(rule(GREET, CALL, on="contact.replied", exit=REPLIES))
    first = world.happens("contact.replied", "first", subject="lead:1")
    world.pass_time(hours=1)
    second = world.happens("contact.replied", "second", subject="lead:1")
    world.run_out()
    assert world.run_of(first, written).run.status is RunStatus.STOPPED
    assert world.run_of(second, written).run.status is RunStatus.DONE


def test_a_redelivered_event_does_not_end_the_run_that_its_first_delivery_started(world: World) -> None:
    """The first delivery starts the run and dies before it can say that the plan was carried out."""

    class DyingAtClose:
        def before(self, call: str) -> None:
            if call == "log.close":
                raise Killed(call)

        def after(self, call: str) -> None: ...

    later = {**GREET, "wait": {"hours": 2}}
    written = world.has_rule(rule(later, on="lead.updated", exit={"when": BOUGHT}))
    world.changes("lead:1", status="customer")
    world.deliver("changes")
    (event,) = [each for each in world.queues["events"].bodies if each.type == "lead.updated"]
    with pytest.raises(Killed):
        world.wire(DyingAtClose()).match_event(event)
    assert not world.run_of(event, written).run.status.final
    world.functions.match_event(event)
    assert not world.run_of(event, written).run.status.final


def messages(world: World, *own_ids: str) -> list[Event]:
    """Messages of one moment, each with the answer that it is, as WhatsApp's webhook makes them."""
    made = []
    for external_id in own_ids:
        data = {"message_id": external_id, "channel": "whatsapp"}
        made += [
            world.event(event_type, external_id, subject="lead:1", data=data)
            for event_type in ("whatsapp.message_received", "contact.replied")
        ]
    return made


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_of_two_messages_of_one_moment_one_starts_a_run_that_neither_stops(world: World, order: list[int]) -> None:
    """WhatsApp tells time in whole seconds."""
    written = world.has_rule(rule(GREET, CALL, on="whatsapp.message_received", exit=REPLIES))
    made = messages(world, "wamid.1", "wamid.2")
    for place in order:
        world.functions.match_event(made[place])
    world.run_out()
    statuses = [world.run_of(made[place], written).run.status for place in (0, 2)]
    assert sorted(statuses) == [RunStatus.DONE, RunStatus.STOPPED]
    assert statuses == [RunStatus.STOPPED, RunStatus.DONE], "the same one, in whatever order they arrive"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_message_does_not_stop_the_run_that_it_starts_itself(world: World, order: list[int]) -> None:
    written = world.has_rule(rule(GREET, CALL, on="whatsapp.message_received", exit=REPLIES))
    made = messages(world, "wamid.1")
    for place in order:
        world.functions.match_event(made[place])
    world.run_out()
    assert world.run_of(made[0], written).run.status is RunStatus.DONE


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_exit_of_the_moment_at_which_another_event_starts_a_run_stops_it(world: World, order: list[int]) -> None:
    written, event = reminded(world)
    made = [event, world.event("contact.replied", subject="lead:1")]
    for place in order:
        world.functions.match_event(made[place])
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED


def test_a_run_under_a_rule_that_was_changed_or_deleted_meanwhile_still_exits(world: World) -> None:
    written, event = reminded(world)
    world.queues["events"].add(event)
    world.settle()
    changed = world.has_rule({**rule(GREET, CALL), "id": written.id})
    assert changed.version == 2
    world.rules.delete(world.rules.get(written.id), changed)
    world.happens("contact.replied", subject="lead:1")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED


def test_jobs_that_wait_in_a_queue_when_the_exit_comes_are_not_done(world: World) -> None:
    written, event = reminded(world)
    world.functions.match_event(event)
    assert world.queues["email"].bodies
    world.functions.match_event(world.event("contact.replied", subject="lead:1"))
    world.run_out()
    state = world.run_of(event, written)
    assert world.outcomes(state) == {"greet": JobStatus.SKIPPED}
    exited = EXIT_EVENT(event_type="contact.replied")
    assert world.job(state, "greet").reason == RUN_ENDED(outcome="stopped", reason=exited)
    assert world.mailer.sent == []


def test_a_change_that_makes_the_exit_condition_true_stops_the_run(world: World) -> None:
    written = world.has_rule(rule(GREET, CALL, exit={"when": BOUGHT}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    world.changes("lead:1", status="contacted")
    world.settle()
    assert not world.run_of(event, written).run.status.final
    world.changes("lead:1", status="customer")
    world.settle()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == (RunStatus.STOPPED, EXIT_CONDITION())


def test_a_change_that_leaves_the_exit_condition_false_does_not_stop_a_run_that_starts_later(world: World) -> None:
    """The change is newer than the event that starts the run: the first message was slow."""
    written = world.has_rule(rule(GREET, CALL, exit={"when": BOUGHT}))
    event = world.event("lead.created", subject="lead:1")
    world.clock.move(minutes=1)
    world.changes("lead:1", owner="agent:ayse")
    world.settle()
    world.queues["events"].add(event)
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_a_change_of_another_record_of_the_same_person_is_not_judged_by_this_rules_condition(world: World) -> None:
    written = world.has_rule(rule(GREET, CALL, exit={"when": BOUGHT}))
    world.has_record("lead:2", phone="+905321234567")
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    world.changes("lead:2", status="customer")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


WITHOUT_KIND = {"lead": "lead.created", "contact": "contact.created", "deal": "deal.stage_changed"}


def without_kind(*steps: dict[str, Any], on: str = "lead.created", **more: Any) -> dict[str, Any]:
    return {name: value for name, value in rule(*steps, on=on, **more).items() if name != "kind"}


@pytest.mark.parametrize(("kind", "starts"), WITHOUT_KIND.items())
def test_the_exit_condition_of_a_rule_without_a_kind_is_looked_at_at_each_change(
    world: World, kind: str, starts: str
) -> None:
    ref = f"{kind}:7"
    world.has_record(ref, first_name="Ayşe", email="ayse@example.com", status="new")
    written = world.has_rule(without_kind(GREET, CALL, on=starts, exit={"when": BOUGHT}))
    event = world.happens(starts, subject=ref)
    world.settle()
    world.changes(ref, status="contacted")
    world.settle()
    assert not world.run_of(event, written).run.status.final
    world.changes(ref, status="customer")
    world.settle()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == (RunStatus.STOPPED, EXIT_CONDITION())
    assert world.clock.now() == event.time, "and nothing had to become due"


def test_the_exit_condition_is_looked_at_when_a_person_s_record_of_another_kind_changes(world: World) -> None:
    """The rule is about deals, and the person has none: its run is about their lead."""
    written = world.has_rule(rule(GREET, CALL, on="contact.replied", exit={"when": BOUGHT}) | {"kind": "deal"})
    event = world.happens("contact.replied", identities=(PHONE,))
    world.settle()
    world.changes("lead:1", status="customer")
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED


def test_a_merge_that_makes_the_exit_condition_true_stops_the_run(world: World) -> None:
    written = world.has_rule(rule(GREET, CALL, exit={"when": BOUGHT}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    world.has_record("lead:2", email="other@example.com", status="customer")
    MergeRecords(world.records, world.clock)("lead:2", "lead:1", origin="human")
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED


def test_the_exit_condition_is_looked_at_again_when_a_step_is_due(world: World) -> None:
    """No change tells of it: it is about the time."""
    later = {"field": "now.moment", "op": "after", "value": "2026-03-15T12:00:00Z"}
    written = world.has_rule(rule(GREET, CALL, exit={"when": later}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason, tasks(world)) == (RunStatus.STOPPED, EXIT_CONDITION(), [])


# --- whose events end a run ---------------------------------------------------------------------------


def two_invoices(world: World, **more: Any) -> dict[str, tuple[Rule, Event]]:
    """Two invoices of one customer, each with a reminder that waits."""
    written = world.has_rule({**rule(GREET, CALL, on="invoice.sent", **more), "kind": "invoice"})
    runs = {}
    for name in "ab":
        world.has_record(f"invoice:{name}", email="ayse@example.com", phone="+905321234567")
        runs[name] = (written, world.happens("invoice.sent", name, subject=f"invoice:{name}"))
    world.settle()
    return runs


def ended(world: World, runs: dict[str, tuple[Rule, Event]]) -> str:
    return "".join(name for name, (written, event) in runs.items() if world.run_of(event, written).run.status.final)


@pytest.mark.parametrize(
    ("exits", "event_type", "about", "expected"),
    [
        ({"on": ["invoice.paid"]}, "invoice.paid", {"subject": "invoice:a"}, "a"),
        ({"on": ["invoice.paid"]}, "invoice.paid", {"subject": "invoice:b", "identities": (PHONE,)}, "b"),
        ({"on": ["invoice.paid"], "of": "record"}, "invoice.paid", {"subject": "invoice:a"}, "a"),
        ({"on": ["invoice.paid"], "of": "customer"}, "invoice.paid", {"subject": "invoice:a"}, "ab"),
        ({"on": ["invoice.paid"]}, "invoice.paid", {"subject": "invoice:c", "identities": (PHONE,)}, ""),
        ({"on": ["invoice.paid"], "of": "customer"}, "invoice.paid", {"subject": "invoice:c"}, ""),
        ({"on": ["invoice.paid"]}, "invoice.paid", {"identities": (PHONE,)}, "ab"),
        ({"on": ["contact.replied", "invoice.paid"]}, "contact.replied", {"identities": (PHONE,)}, "ab"),
        ({"on": ["contact.replied", "invoice.paid"]}, "contact.replied", {"subject": "invoice:a"}, "ab"),
        ({"on": ["contact.replied", "invoice.paid"]}, "invoice.paid", {"subject": "invoice:a"}, "a"),
        ({"on": ["deal.won"]}, "deal.won", {"subject": "deal:1", "identities": (PHONE,)}, "ab"),
        ({"on": ["deal.won"], "of": "record"}, "deal.won", {"subject": "deal:1", "identities": (PHONE,)}, ""),
        ({"on": ["contact.replied"], "of": "record"}, "contact.replied", {"identities": (PHONE,)}, "ab"),
    ],
)
@pytest.mark.parametrize("order", ["after", "before"])
def test_whose_events_end_a_run(
    world: World, exits: dict[str, Any], event_type: str, about: dict[str, Any], expected: str, order: str
) -> None:
    """Also where the exit's message was quicker than the one that starts the run."""
    if order == "after":
        runs = two_invoices(world, exit=exits)
        world.clock.move(minutes=1)
        world.happens(event_type, "exit", **about)
        world.settle()
    else:
        # The rule was saved before: an exit is only noted where some rule names it.
        world.has_rule({**rule(GREET, on="never.happens", exit=exits), "kind": "invoice"})
        for name in "ab":
            world.has_record(f"invoice:{name}", email="ayse@example.com", phone="+905321234567")
        world.happens(event_type, "exit", time=world.clock.now() + timedelta(minutes=1), **about)
        world.settle()
        runs = two_invoices_again(world, exit=exits)
    assert ended(world, runs) == expected


def two_invoices_again(world: World, **more: Any) -> dict[str, tuple[Rule, Event]]:
    for ref in ("invoice:a", "invoice:b"):
        world.records.keep(None, world.records.stored[ref])
    return two_invoices(world, **more)


def test_a_merged_record_s_exit_is_about_both(world: World) -> None:
    runs = two_invoices(world, exit={"on": ["invoice.paid"]})
    MergeRecords(world.records, world.clock)("invoice:a", "invoice:b", origin="human")
    world.settle()
    world.happens("invoice.paid", subject="invoice:a")
    world.settle()
    assert ended(world, runs) == "ab"


def test_the_exit_of_a_rule_without_a_kind_goes_by_the_record_that_its_run_is_about(world: World) -> None:
    written = world.has_rule(without_kind(GREET, CALL, on="invoice.sent", exit={"on": ["invoice.paid"]}))
    runs = {}
    for name in "ab":
        world.has_record(f"invoice:{name}", email="ayse@example.com", phone="+905321234567")
        runs[name] = (written, world.happens("invoice.sent", name, subject=f"invoice:{name}"))
    world.settle()
    world.happens("invoice.paid", subject="invoice:b")
    world.settle()
    assert ended(world, runs) == "b"


def test_a_run_about_no_record_ends_with_its_customer_s_events(world: World) -> None:
    written = world.has_rule(without_kind(CALL, on="invoice.sent", exit={"on": ["invoice.paid"]}))
    event = world.happens("invoice.sent", identities=("email#nobody@example.com",))
    world.settle()
    world.happens("invoice.paid", identities=("email#nobody@example.com",), subject="invoice:9")
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED


def test_an_exit_that_is_redelivered_finds_the_run_stopped(world: World) -> None:
    written, event = reminded(world)
    world.queues["events"].add(event)
    world.pass_time(hours=1)
    for _ in range(3):
        world.happens("contact.replied", subject="lead:1")
        world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED
    assert len(world.mailer.sent) == 1


def test_an_admin_stops_a_run(world: World) -> None:
    written, event = reminded(world)
    world.queues["events"].add(event)
    world.pass_time(hours=1)
    run_id = world.run_of(event, written).run.id
    stopped = world.functions.stop_run(run_id, by="ayse")
    assert (stopped.run.status, stopped.run.reason) == (RunStatus.STOPPED, STOPPED_BY(by="ayse"))
    assert world.functions.stop_run(run_id, by="budi").run.reason == STOPPED_BY(by="ayse")
    world.run_out()
    assert tasks(world) == []
