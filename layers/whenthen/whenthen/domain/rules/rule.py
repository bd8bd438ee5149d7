"""Define the rule: trigger, conditions and steps, with entry, exit and mode. `parse_rule` reads a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.document_reader import LONGEST_DESCRIPTION, Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import BAD_RECORD_KIND, BAD_ZONE
from whenthen.domain.conditions.condition import Condition, read_condition
from whenthen.domain.entry.entry import Entry, ReentryPolicy, WhileRunning, read_entry
from whenthen.domain.events.event import parse_time
from whenthen.domain.records.record import KIND
from whenthen.domain.rules.actions import message_channels
from whenthen.domain.rules.exits import Exit, read_exit
from whenthen.domain.rules.steps import Step, read_steps
from whenthen.domain.rules.triggers import Trigger, read_trigger
from whenthen.domain.steps.branches import OnError
from whenthen.domain.temporal.calendar_settings import LANGUAGES
from whenthen.domain.temporal.time_zones import UTC, parse_zone, utc, zone_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from whenthen.domain.sending.limits import Limits

__all__ = [
    "MAX_ORDER", "MAX_VERSION", "RULE_HEAD", "Entry", "Exit", "Mode", "OnError", "ReentryPolicy", "Rule", "Step",
    "WhileRunning", "parse_rule", "parse_rule_head",
]  # fmt: skip

MAX_VERSION = 1_000_000_000
MAX_PRIORITY = 1_000
MAX_ORDER = 1_000_000


class Mode(StrEnum):
    """Tell whether a rule acts. In shadow it is evaluated and its runs are recorded, without any effect."""

    OFF = "off"
    SHADOW = "shadow"
    ON = "on"


class Rule(Struct, frozen=True):
    """Hold one version of a rule. `kind`: the kind of record that it is about; None if it does not say.

    time_zone      the name of `zone`
    activated_at   since when the rule is switched on or in shadow; written by the API, not by admins
    language       of the words that whenthen writes in the rule's texts, such as yes and no; empty: English
    priority       whose message goes first where a cap leaves place for one: the higher
    limits         of its messages, beside those of the installation; None: only those
    order          the rule's place among those that an event starts: its run begins when that of the one before is
                   over; None: at once
    existing_enrolment  the enrolment of the records that fitted when it was switched on; empty: none. The API writes it
    """

    id: str
    version: int
    name: str
    kind: str | None
    trigger: Trigger
    conditions: Condition | None
    steps: tuple[Step, ...]
    entry: Entry = Entry()
    exit: Exit = Exit()
    mode: Mode = Mode.OFF
    time_zone: str = UTC
    activated_at: datetime | None = None
    language: str = ""
    priority: int = 0
    limits: Limits | None = None
    order: int | None = None
    existing_enrolment: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """Look up the zone whose clocks the rule goes by. Matching alone asks for none."""
        return zone_of(self.time_zone)

    @property
    def record_kind(self) -> str | None:
        """Return the kind of the records that its runs are about; None if these may be of several kinds."""
        trigger = self.trigger
        return self.kind or (trigger.view and trigger.view.kind) or getattr(trigger.timer, "kind", None)

    @property
    def step_groups(self) -> tuple[tuple[Step, ...], ...]:
        """Group the steps in their order; those that start together are one group."""
        step_groups: list[list[Step]] = []
        for step in self.steps:
            if step.with_previous and step_groups:
                step_groups[-1].append(step)
            else:
                step_groups.append([step])
        return tuple(tuple(step_group) for step_group in step_groups)

    def group_of(self, step_id: str) -> int:
        """Return the number of the step group with this step. Raises KeyError."""
        for number, step_group in enumerate(self.step_groups):
            if any(step.id == step_id for step in step_group):
                return number
        raise KeyError(step_id)

    def step(self, step_id: str) -> Step:
        """Return the step with this id. Raises KeyError."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


def parse_rule(document: Mapping[str, Any]) -> Rule:
    """Read the rule that an admin wrote as JSON. Raises Invalid naming every field that does not hold."""
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    head = _read_head(reader)
    rule = replace(
        head,
        steps=read_steps(reader, head.trigger, head.zone),
        exit=read_exit(reader.child("exit"), head.zone),
        language=reader.choice("language", LANGUAGES, ""),
        priority=reader.integer("priority", least=-MAX_PRIORITY, most=MAX_PRIORITY),
        limits=_read_limits(reader),
        order=None if reader.value("order") is None else reader.integer("order", most=MAX_ORDER),
        existing_enrolment=reader.text("existing_enrolment"),
    )
    reader.text("description", longest=LONGEST_DESCRIPTION)
    reader.finish()
    if problems:
        raise Invalid(problems)
    return rule


RULE_HEAD = ("id", "version", "name", "kind", "trigger", "conditions", "entry", "mode", "time_zone", "activated_at")
"""Name the fields of a rule that decide whether an event starts it. The matcher needs no others."""


def parse_rule_head(document: Mapping[str, Any]) -> Rule:
    """Read only the RULE_HEAD fields of a saved rule: it has no steps and no exit. Raises Invalid."""
    problems: list[Problem] = []
    rule = _read_head(Reader(document, "", problems))
    if problems:
        raise Invalid(problems)
    return rule


def _read_head(reader: Reader) -> Rule:
    kind, zone = _read_kind(reader), _read_zone(reader)
    return Rule(
        id=reader.text("id", default="draft"),
        version=reader.integer("version", most=MAX_VERSION),
        name=reader.text("name", required=True),
        kind=kind,
        trigger=read_trigger(reader, kind),
        conditions=read_condition(reader, "conditions", zone.key),
        steps=(),
        entry=read_entry(reader.child("entry")),
        mode=Mode(reader.choice("mode", list(Mode), Mode.OFF)),
        time_zone=zone.key,
        activated_at=_read_activation(reader),
    )


def _read_kind(reader: Reader) -> str | None:
    kind = reader.text("kind", longest=40) or None
    if kind is not None and not KIND.fullmatch(kind):
        reader.report("kind", BAD_RECORD_KIND())
    return kind


def _read_zone(reader: Reader) -> ZoneInfo:
    name = reader.text("time_zone", default="UTC")
    zone = parse_zone(name)
    if zone is None:
        reader.report("time_zone", BAD_ZONE())
    return zone or utc()


def _read_activation(reader: Reader) -> datetime | None:
    text = reader.text("activated_at")
    try:
        return parse_time(text, "activated_at") if text else None
    except Invalid as error:
        reader.problems.extend(error.problems)
        return None


def _read_limits(reader: Reader) -> Limits | None:
    own = reader.child("limits")
    if own is None:
        return None
    from whenthen.domain.sending.limits import read_limits  # noqa: PLC0415 - few rules have any

    return read_limits(own, message_channels())
