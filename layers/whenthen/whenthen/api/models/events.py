"""Shape events that are reported, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Described, Model, Sparse, Time
from whenthen.api.models.records import Record
from whenthen.api.models.runs import Run
from whenthen.api.models.shared import Event, ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.api.rendering.vocabulary import EXPLAINED
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events import event as events
from whenthen.domain.events.event import format_time
from whenthen.domain.runs import run as runs
from whenthen.ports.values import NotEntered, Page, Plan, Planned, RunState

_REPORTED: dict[str, Any] = {
    "type": "order.paid",
    "id": "order-1001",
    "person": {"phone": "+905321234567"},
    "data": {"amount": 120, "currency": "TRY"},
}


class ReportedEvent(Sparse):
    """Something that happened, as another system or a person reports it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_REPORTED]})
    type: str = Field(description="`<kind>.<past verb>`.", examples=["order.paid"])
    id: str = Field(default_factory=str, description="The source's own id; the same has the effects of one event.")
    time: Time = Field(default_factory=str, description="When it happened; by default now, and never later.")
    subject: str = Field(default_factory=str, description="The record it happened to.", examples=["lead:42"])
    person: dict[str, Any] = Field(
        default_factory=dict, description="Who it happened to.", examples=[{"phone": "+905321234567"}]
    )
    data: dict[str, Any] = Field(default_factory=dict, description="The facts.")
    origin: str = Field(default="api", description="human, api or import")


EventsBody = Annotated[
    Annotated[dict[str, Any], Described(ReportedEvent)] | list[Annotated[Any, Described(ReportedEvent)]],
    Body(description="An event, or a list of up to 100."),
]


class SentEvent(Model):
    """An event that is durable."""

    id: str
    type: str

    @classmethod
    def of(cls, event: events.Event) -> SentEvent:
        """Name an event."""
        return cls(id=event.id, type=event.type)


class SentEvents(Model):
    """The events, in the order of the body; all are durable."""

    events: list[SentEvent]


class PlannedRule(Model):
    """A rule that an event started."""

    id: str
    version: int
    record: str | None = Field(description="The record that the run is about.")

    @classmethod
    def of(cls, planned: Planned) -> PlannedRule:
        """Show a planned rule."""
        return cls(id=planned.rule, version=planned.version, record=planned.ref)


class RefusedRule(Model):
    """A rule that matched an event, and was not started."""

    id: str
    version: int
    record: str | None = Field(description="The record that was not let in.")
    reason: ReasonText
    sentence: str = Field(description="What became of the rule, in the caller's language.")

    @classmethod
    def of(cls, renderer: Renderer, refused: NotEntered) -> RefusedRule:
        """Show a rule that let nobody in."""
        return cls(
            id=refused.rule,
            version=refused.version,
            record=refused.ref,
            reason=denial(renderer, refused.code, refused.params),
            sentence=renderer.explained(refused.code, params=refused.params),
        )


def denial(renderer: Renderer, code: str, params: Mapping[str, str]) -> ReasonText:
    """Render why a rule was not started. `code`: a `domain.runs.entry_policy.EntryDenied`."""
    return ReasonText.of(renderer, Reason(EXPLAINED[code], params))


class EventReport(Model):
    """An event, and what became of it."""

    event: Event
    record: Record | None = Field(description="The record as it was seen then.")
    handled: bool = Field(description="Whether all that it started is under way.")
    note: ReasonText | None = Field(description="Why no rule was matched at all; null if rules were.")
    rules: list[PlannedRule]
    refused: list[RefusedRule]
    runs: list[Run]

    @classmethod
    def of(cls, renderer: Renderer, plan: Plan, states: Sequence[RunState]) -> EventReport:
        """Show an event with the rules that matched, and their runs."""
        return cls(
            event=Event.of(plan.event),
            record=Record.of(plan.record) if plan.record else None,
            handled=plan.completed,
            note=ReasonText.of_any(renderer, plan.note),
            rules=[PlannedRule.of(each) for each in plan.rules],
            refused=[RefusedRule.of(renderer, each) for each in plan.refused],
            runs=[Run.of(renderer, state.run) for state in states],
        )


class RunEntry(Model):
    """A run about a record."""

    at: Time
    run: Run
    sentence: str = Field(description="How the run stands, in the caller's language.")


class EventEntry(Model):
    """An event about a record, with the rules that it started and that let nobody in."""

    at: Time
    event: Event
    rules: list[PlannedRule]
    refused: list[RefusedRule]
    sentence: str = Field(description="What happened, in the caller's language.")


class Timeline(Model):
    """The runs and events of a record, the newest first."""

    items: list[RunEntry | EventEntry]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, renderer: Renderer, page: Page[runs.Run | Plan]) -> Timeline:
        """Show a page of a timeline."""
        return cls(items=[_entry(renderer, entry) for entry in page.items], cursor=page.cursor)


def _entry(renderer: Renderer, entry: runs.Run | Plan) -> RunEntry | EventEntry:
    if isinstance(entry, Plan):
        return EventEntry(
            at=format_time(entry.event.time),
            event=Event.of(entry.event),
            rules=[PlannedRule.of(each) for each in entry.rules],
            refused=[RefusedRule.of(renderer, each) for each in entry.refused],
            sentence=f"{renderer.event(entry.event.type)}.",
        )
    run = Run.of(renderer, entry)
    return RunEntry(at=run.started_at, run=run, sentence=run.sentence)
