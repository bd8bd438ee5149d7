"""Render each step of a rule: what it does, when, and what else about it is not as usual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from whenthen.api.rendering.conditions import render_condition
from whenthen.api.rendering.phrasebook import SHOWN, Phrasebook
from whenthen.api.rendering.sentences import STEPS, UNITS, WAITS
from whenthen.api.rendering.vocabulary import WEEKDAYS
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.event_triggers import written_types
from whenthen.domain.rules.steps import MOVING_STEP, Step
from whenthen.domain.steps.branches import OnError
from whenthen.domain.steps.retries import ATTEMPTS

if TYPE_CHECKING:
    from whenthen.domain.steps.event_waits import EventWait
    from whenthen.domain.temporal.time_values import Duration
    from whenthen.domain.temporal.waits import Until, Wait

_OTHERWISE: Mapping[str, Mapping[object, str]] = {
    "purpose": {"service": "service"},
    "by": {"first": "first"},
    "keep": {True: "keep"},
}
"""Parameters that stand for something else than usual: parameter → value → its text in STEPS."""


def render_step(book: Phrasebook, step: Step, zone: str, *, named: bool = False) -> str:
    """Say what a step does, and when. What holds for steps that say nothing of it is left out.

    zone   the rule's
    named  whether to say its id, because another step leads to it
    """
    said = book.text(actions()[step.action].label)
    if step.id == MOVING_STEP:
        said = book.phrase(STEPS, "moves_to", stage=book.quoted(step.parameters["fields"]["stage"]))
    elif about := _about(book, step):
        said = f"{said}: {about}"
    called = [book.phrase(STEPS, "called", step=book.quoted(step.id))] if named else []
    parameters, failing = _parameters(book, step.parameters), _failing(book, step)
    urgent = [book.phrase(STEPS, "urgent")] if step.urgent else []
    return book.detailed(said, [*called, *parameters, *urgent, *_timing(book, step, zone), *failing])


def _about(book: Phrasebook, step: Step) -> str:
    """Name the parameter by which people know the step; a long text is cut."""
    given = next((value for name in actions()[step.action].shown if (value := step.parameters.get(name))), None)
    if isinstance(given, Mapping):
        return book.listed(
            book.phrase(STEPS, "field_set", field=book.quoted(name), value=book.value(value))
            for name, value in given.items()
        )
    items = given if isinstance(given, list | tuple) else [given] if given else []
    return book.listed(map(book.value, items[:SHOWN]))


def _parameters(book: Phrasebook, parameters: Mapping[str, Any]) -> Iterator[str]:
    if record := parameters.get("record"):
        yield book.phrase(STEPS, "record", record=book.value(record))
    if recipient := parameters.get("to"):
        yield book.phrase(STEPS, "to", recipient=book.value(recipient))
    for name, texts in _OTHERWISE.items():
        if (key := texts.get(parameters.get(name))) is not None:
            yield book.phrase(STEPS, key)


def _timing(book: Phrasebook, step: Step, zone: str) -> Iterator[str]:
    if step.with_previous:
        yield book.phrase(STEPS, "at_the_same_time")
    if step.wait is not None and not step.wait.immediate:
        yield from _wait(book, step.wait)
    if step.awaits is not None:
        yield from _event_wait(book, step.awaits)
    if step.only_if is not None:
        yield book.phrase(STEPS, "only_if", condition=render_condition(book, step.only_if, zone))
    if step.otherwise:
        yield book.phrase(STEPS, "else", step=book.quoted(step.otherwise))


def _wait(book: Phrasebook, wait: Wait) -> Iterator[str]:
    lengths = _amounts(wait)
    if wait.until is not None:
        yield from _until(book, wait.until)
    if lengths:
        yield book.phrase(WAITS, "after" if wait.until is None else "further", length=book.lengths(lengths))
    # A step that waits for a date counts from that, and from nothing else: without the date it is skipped.
    if wait.since == "entry" and wait.until is None:
        yield book.phrase(WAITS, "since_entry")
    if wait.at is not None:
        yield book.phrase(WAITS, "at" if wait.on_a_day else "at_next", time=wait.at.strftime("%H:%M"))
    if wait.weekdays:
        yield book.phrase(WAITS, "on_days", days=book.listed(book.phrase(WEEKDAYS, day) for day in wait.weekdays))
    if wait.past is not None:
        yield book.phrase(WAITS, f"past_{wait.past}")


def _until(book: Phrasebook, until: Until) -> Iterator[str]:
    """Say the date, and how long before or after it. Where units have both signs, go back first."""
    field, amounts = book.quoted(until.field), _amounts(until)
    back = {unit: -amount for unit, amount in amounts.items() if amount < 0}
    ahead = {unit: amount for unit, amount in amounts.items() if amount > 0}
    if not amounts:
        yield book.phrase(WAITS, "until", field=field)
    elif not back:
        yield book.phrase(WAITS, "until_after", field=field, length=book.lengths(ahead, away=True))
    else:
        yield book.phrase(WAITS, "until_before", field=field, length=book.lengths(back, away=True))
        if ahead:
            yield book.phrase(WAITS, "further", length=book.lengths(ahead))


def _amounts(length: Wait | Until) -> dict[str, int]:
    """Return unit → amount, for the units that are not zero."""
    return {unit: amount for unit in UNITS if (amount := getattr(length, unit, 0))}


def _event_wait(book: Phrasebook, wait: EventWait) -> Iterator[str]:
    events = book.any(map(book.event, written_types(wait.on)))
    yield book.phrase(WAITS, "for_event", events=events, length=book.lengths(_given(wait.timeout)))
    if wait.then:
        yield book.phrase(WAITS, "then", step=book.quoted(wait.then))
    if wait.otherwise:
        yield book.phrase(WAITS, "else", step=book.quoted(wait.otherwise))


def _given(delay: Duration) -> Mapping[str, int]:
    return {unit: amount for unit, amount in to_builtins(delay).items() if amount}


def _failing(book: Phrasebook, step: Step) -> Iterator[str]:
    if step.retry.attempts not in (None, ATTEMPTS if step.retry.delays else None):
        yield book.phrase(STEPS, "attempts", most=str(step.retry.attempts))
    if step.retry.delays:
        lengths = [book.lengths(_given(delay)) for delay in step.retry.delays]
        yield book.phrase(STEPS, "delays", lengths=book.listed(lengths))
    if step.retry.give_up_after:
        yield book.phrase(STEPS, "gives_up", length=book.lengths(_given(step.retry.give_up_after)))
    if step.on_error is OnError.CONTINUE:
        yield book.phrase(STEPS, "goes_on")
    if step.fallback:
        yield book.phrase(STEPS, "falls_back", step=book.quoted(step.fallback))
