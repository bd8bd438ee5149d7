"""Read steps: the actions of a rule in their order, each with its wait, its condition and its attempts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.reason_codes import REQUIRED
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import Condition, read_condition
from whenthen.domain.rules.actions import MARKETING, PURPOSE, ParameterKind, actions, read_parameters
from whenthen.domain.rules.event_triggers import watched
from whenthen.domain.steps.branches import (
    ELSE,
    ELSE_WITHOUT_CONDITION,
    LONGEST_STEP_ID,
    OnError,
    check_branches,
    read_on_error,
    read_target,
)
from whenthen.domain.steps.event_waits import FOR_EVENT, NOT_ALONE, EventWait, read_event_wait
from whenthen.domain.steps.retries import Retry, read_retry
from whenthen.domain.temporal.waits import MAX_DAYS_AHEAD, Wait, read_wait

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from whenthen.domain.rules.triggers import Trigger

MAX_STEPS = 100

MOVING_STEP = "moves_to"
"""Name the step that a trigger with `moves_to` adds."""

NO_STEPS = ReasonCode("rule.no_steps")
WAITS_TOO_LONG = ReasonCode("rule.waits_too_long", "count")
WAITS_BESIDE_PREVIOUS = ReasonCode("step.waits_beside_previous")
URGENT_NO_MESSAGE = ReasonCode("step.urgent_no_message")
SAME_STEP_ID = ReasonCode("step.same_id", "step")
RESERVED_STEP_ID = ReasonCode("step.reserved_id", "step")


class Step(Struct, frozen=True):
    """Describe one action of a rule, with its own timing and condition.

    otherwise  the later step with which a run goes on if `only_if` is false; empty: the next one
    fallback   the later step with which a run goes on if this one fails; empty unless `on_error` is GO_TO
    urgent     whether limits of sending do not hold its message
    awaits     the event that the step waits for; `wait` is immediate then
    """

    id: str
    action: str
    parameters: Mapping[str, Any]
    wait: Wait | None = None
    with_previous: bool = False
    only_if: Condition | None = None
    otherwise: str = ""
    on_error: OnError = OnError.STOP
    fallback: str = ""
    retry: Retry = Retry()
    urgent: bool = False
    awaits: EventWait | None = None

    @property
    def messages(self) -> bool:
        """Tell whether this step sends a message to a customer."""
        return actions()[self.action].messages

    @property
    def markets(self) -> bool:
        """Tell whether this step sends a marketing message to a customer."""
        return self.messages and self.parameters.get(PURPOSE.name) == MARKETING

    @property
    def channel(self) -> str:
        """Name the channel whose function performs this step."""
        return actions()[self.action].channel


def read_steps(reader: Reader, trigger: Trigger, zone: ZoneInfo) -> tuple[Step, ...]:
    """Read the `steps` of a rule, after the one that the trigger adds. Their hours and days are those of `zone`."""
    before = len(reader.problems)
    steps = tuple(_read_step(step, zone) for step in reader.children("steps", most=MAX_STEPS))
    moving = _moving_steps(trigger)
    if not steps and not moving and len(reader.problems) == before:
        reader.report("steps", NO_STEPS())
    _check_step_ids(steps, reader)
    check_branches(steps, reader)
    if sum(map(_longest_wait, steps), timedelta()) > timedelta(days=MAX_DAYS_AHEAD):
        reader.report("steps", WAITS_TOO_LONG(count=MAX_DAYS_AHEAD))
    return moving + steps


def connections_of(steps: Iterable[Step]) -> frozenset[str]:
    """Return the names of the connections that steps use."""
    return frozenset(
        name
        for step in steps
        for parameter in actions()[step.action].parameters
        if parameter.kind is ParameterKind.CONNECTION and (name := step.parameters.get(parameter.name))
    )


def _longest_wait(step: Step) -> timedelta:
    if step.awaits is not None:
        return step.awaits.length
    return step.wait.length if step.wait is not None else timedelta()


def _moving_steps(trigger: Trigger) -> tuple[Step, ...]:
    """Make the first step of a rule whose trigger moves the item to the rule's stage. Empty for other rules."""
    if trigger.moves is None:
        return ()
    return (Step(MOVING_STEP, "set_fields", {"fields": {"stage": trigger.moves.stage}}),)


def _read_step(reader: Reader, zone: ZoneInfo) -> Step:
    action = reader.choice("action", list(actions()), "")
    if not action and not reader.value("action"):
        reader.report("action", REQUIRED())
    parameters = Reader(reader.value("with") or {}, reader.field("with"), reader.problems)
    wait, retry = reader.child("wait"), reader.child("retry")
    on_error, fallback = read_on_error(reader)
    step_id = reader.text("id", required=True, longest=LONGEST_STEP_ID)
    awaits = None if wait is None else _read_event_wait(wait, step_id)
    step = Step(
        id=step_id,
        action=action,
        parameters=read_parameters(actions()[action], parameters) if action else {},
        wait=None if wait is None else read_wait(wait),
        with_previous=reader.choice("start", ("after_previous", "with_previous"), "after_previous") == "with_previous",
        only_if=read_condition(reader, "only_if", zone.key),
        otherwise=read_target(reader, ELSE),
        on_error=on_error,
        fallback=fallback,
        retry=Retry() if retry is None else read_retry(retry),
        urgent=reader.flag("urgent"),
        awaits=awaits,
    )
    if step.urgent and action and not step.messages:
        reader.report("urgent", URGENT_NO_MESSAGE())
    if awaits is not None and step.wait is not None and not step.wait.immediate:
        reader.report(f"wait.{FOR_EVENT}", NOT_ALONE())
    if step.with_previous and step.wait is not None:
        reader.report("wait", WAITS_BESIDE_PREVIOUS())
    if step.otherwise and reader.value("only_if") is None:
        reader.report(ELSE, ELSE_WITHOUT_CONDITION(step=step.id))
    reader.finish()
    return step


def _read_event_wait(wait: Reader, step_id: str) -> EventWait | None:
    written = wait.child(FOR_EVENT)
    if written is None:
        return None
    found = read_event_wait(written, step_id)
    return replace(found, on=watched(found.on))


def _check_step_ids(steps: tuple[Step, ...], reader: Reader) -> None:
    seen: set[str] = set()
    for position, step in enumerate(steps):
        if step.id in seen:
            reader.report(f"steps[{position}].id", SAME_STEP_ID(step=step.id))
        seen.add(step.id)
    if MOVING_STEP in seen:
        reader.report("steps", RESERVED_STEP_ID(step=MOVING_STEP))
