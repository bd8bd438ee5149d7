"""Each step of a rule in plain words: what it does, when, and what else about it is not as usual. See `phrases`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.phrase_table import ACTIONS, FRAME, TRIGGERS, UNITS, WEEKDAYS
from whenthen.domain.rules.rule import ATTEMPTS, MOVING_STEP, OnError, Step

if TYPE_CHECKING:
    from whenthen.domain.phrases import Speaker
    from whenthen.domain.temporal.waits import Until, Wait

_SHOWN = 8
_ABOUT: Mapping[str, tuple[str, ...]] = {
    "send_email": ("subject",),
    "send_sms": ("text", "template"),
    "send_whatsapp": ("template", "text"),
    "call_webhook": ("url",),
    "set_fields": ("fields",),
    "add_tags": ("tags",),
    "remove_tags": ("tags",),
    "assign_owner": ("from",),
    "create_task": ("title",),
    "create_record": ("kind",),
}
"""Of each action, the parameters by one of which people know the step; an action that is not here goes by its name."""

_WHOM = ("record", "to")
"""Parameters that name somebody else than the record of the run, or its person; each is a phrase of its name."""

_OTHERWISE: Mapping[str, Mapping[object, str]] = {
    "purpose": {"service": "service"},
    "by": {"first": "first"},
    "keep": {True: "keep"},
}
"""Parameters that stand for something else than usual: parameter → value → its phrase."""


def step_said(speaker: Speaker, step: Step, zone: str) -> str:
    """What the step does, and when; what holds for steps that say nothing of it is not said. `zone`: the rule's."""
    said = speaker.word(ACTIONS, step.action) if step.action in ACTIONS else speaker.quoted(step.action)
    if step.id == MOVING_STEP:
        said = speaker.word(TRIGGERS, "moves_to").format(speaker.quoted(step.parameters["fields"]["stage"]))
    elif about := _about(speaker, step):
        said = f"{said}: {about}"
    details = [*_parameters(speaker, step.parameters), *_timing(speaker, step, zone), *_failing(speaker, step)]
    return f"{said} ({', '.join(details)})" if details else said


def _about(speaker: Speaker, step: Step) -> str:
    """The parameter by which people know the step; a long text is cut."""
    given = next((value for name in _ABOUT.get(step.action, ()) if (value := step.parameters.get(name))), None)
    if isinstance(given, Mapping):
        return ", ".join(f"{speaker.quoted(name)} = {speaker.value(value)}" for name, value in given.items())
    items = given if isinstance(given, list | tuple) else [given] if given else []
    return ", ".join(map(speaker.value, items[:_SHOWN]))


def _parameters(speaker: Speaker, parameters: Mapping[str, Any]) -> Iterator[str]:
    for name in _WHOM:
        if parameters.get(name):
            yield speaker.word(FRAME, name).format(speaker.value(parameters[name]))
    for name, phrases in _OTHERWISE.items():
        if (phrase := phrases.get(parameters.get(name))) is not None:
            yield speaker.word(FRAME, phrase)


def _timing(speaker: Speaker, step: Step, zone: str) -> Iterator[str]:
    if step.with_previous:
        yield speaker.word(FRAME, "at_the_same_time")
    if step.wait is not None and not step.wait.immediate:
        yield from _wait(speaker, step.wait)
    if step.only_if is not None:
        yield speaker.word(FRAME, "only_if").format(speaker.condition(step.only_if, zone=zone))


def _wait(speaker: Speaker, wait: Wait) -> Iterator[str]:
    lengths = {unit: amount for unit in UNITS if (amount := getattr(wait, unit, 0))}
    if wait.until is not None:
        yield _until(speaker, wait.until)
    if lengths:
        yield speaker.word(FRAME, "after" if wait.until is None else "further").format(speaker.lengths(lengths))
    # A step that waits for a date counts from that, and from nothing else: without the date it is skipped.
    if wait.since == "entry" and wait.until is None:
        yield speaker.word(FRAME, "since_entry")
    if wait.at is not None:
        yield speaker.word(FRAME, "at" if wait.on_a_day else "at_next").format(wait.at.strftime("%H:%M"))
    if wait.weekdays:
        yield speaker.word(FRAME, "on_days").format(", ".join(speaker.word(WEEKDAYS, day) for day in wait.weekdays))


def _until(speaker: Speaker, until: Until) -> str:
    field = speaker.quoted(until.field)
    if not until.days:
        return speaker.word(FRAME, "until").format(field)
    which = "until_before" if until.days < 0 else "until_after"
    return speaker.word(FRAME, which).format(field, speaker.lengths({"days": abs(until.days)}, away=True))


def _failing(speaker: Speaker, step: Step) -> Iterator[str]:
    if step.attempts != ATTEMPTS:
        yield speaker.word(FRAME, "attempts").format(step.attempts)
    if step.on_error is OnError.CONTINUE:
        yield speaker.word(FRAME, "goes_on")
