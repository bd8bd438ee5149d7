"""Stories of records that enter again: an event that starts a rule anew, and bursts of events that start it once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.telling import Ending, Stage, Story
from whenthen.domain.events.event import Event
from whenthen.domain.runs.run import JobStatus

_DONE = JobStatus.DONE.value
TELL: Mapping[str, Any] = {"id": "tell", "action": "call_webhook", "with": {"url": "https://books.example/hook"}}
NOTE: Mapping[str, Any] = {
    "id": "note",
    "action": "create_task",
    "with": {"title": "{{ record.stage }} {{ event.data.n }}"},
}
NEW: Mapping[str, Any] = {"field": "record.stage", "op": "not_equals", "value": "lost"}

_LONG = {"seconds": 3_600}
"""Longer than a message waits whose worker died: each comes back while the run still gathers."""


def _rule(rule_id: str, entry: Mapping[str, Any], *steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    head = {"id": rule_id, "name": rule_id, "mode": "on", "kind": "lead", "trigger": {"event": "cart.updated"}}
    return {**head, "entry": entry, "steps": list(steps), **more}


def _cart(stage: Stage, n: int) -> None:
    stage.publish(Event(f"evt_{n}", "hook/shop", "cart.updated", stage.now(), subject="lead:7", data={"n": n}))


def _lead(stage: Stage, state: str) -> None:
    stage.writes("lead:7", stage=state)
    stage.settle()


# --- while_running: restart -----------------------------------------------------------------------------


def _prepare_restart(stage: Stage) -> None:
    """A reminder of a cart waits for two hours, and an exit may end it."""
    _lead(stage, "new")
    exits = {"exit": {"on": ["contact.replied"]}}
    stage.has_rule(_rule("rule_cart", {"while_running": "restart"}, {**TELL, "wait": {"hours": 2}}, **exits))
    _cart(stage, 1)
    stage.settle()
    stage.pass_time(minutes=5)


def _the_newest_run_is_the_one_that_ended_well(stage: Stage) -> None:
    ended = {state.run.status.value: state.event.id for state in stage.states()}
    assert ended == {"stopped": "evt_1", "done": "evt_2"}


# --- debounce -------------------------------------------------------------------------------------------


def _prepare_burst(stage: Stage) -> None:
    _lead(stage, "new")
    entry = {"debounce": _LONG, "again": "once_per_record"}
    stage.has_rule(_rule("rule_burst", entry, NOTE, TELL, conditions=NEW, exit={"on": ["contact.replied"]}))


def _burst(stage: Stage) -> None:
    _cart(stage, 1)
    stage.settle()
    stage.pass_time(minutes=1)
    stage.writes("lead:7", stage="last")
    _cart(stage, 2)
    stage.settle()


def _the_last_event_and_the_last_state(stage: Stage) -> None:
    (task,) = stage.records("task")
    assert task.fields["title"] == "last 2"


def _prepare_nothing(stage: Stage) -> None:
    """The run gathers; then the record is changed so that it fits no more, which is no event of the rule."""
    _prepare_burst(stage)
    _cart(stage, 1)
    stage.settle()
    _lead(stage, "lost")


def _nothing_is_noted(stage: Stage) -> None:
    assert list(stage.records("task")) == []


ENTRY_STORIES = (
    Story(
        "a cart is changed, and its reminder begins anew",
        _prepare_restart,
        lambda stage: _cart(stage, 2),
        (Ending("rule_cart", "stopped"), Ending("rule_cart", "done", {"tell": _DONE})),
        _the_newest_run_is_the_one_that_ended_well,
    ),
    Story(
        "a burst of changes starts one run",
        _prepare_burst,
        _burst,
        (Ending("rule_burst", "done", {"note": _DONE, "tell": _DONE}),),
        _the_last_event_and_the_last_state,
    ),
    Story(
        "a burst comes to nothing, as the record fits no more",
        _prepare_nothing,
        lambda stage: stage.pass_time(minutes=1),
        (Ending("rule_burst", "skipped"),),
        _nothing_is_noted,
    ),
)
