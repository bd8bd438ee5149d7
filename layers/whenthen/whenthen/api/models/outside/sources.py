"""Shape sources, their trials on samples, and the deliveries that came in vain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import EXTENDS, Described, Model, Sparse, Time, time_of
from whenthen.api.models.shared import Event, FieldProblem, ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.events.event import format_time
from whenthen.domain.records.record import Record
from whenthen.ports.values import Rejection
from whenthen.sources.meta import lead_forms
from whenthen.usecases.admin import try_source


class SavedSource(Sparse):
    """A source as it was written. A secret that was just made for it is shown this once."""

    model_config = ConfigDict(extra="allow", json_schema_extra={EXTENDS: "Source"})
    name: str = Field(examples=["shop"])
    secret: str = Field(default_factory=str, description="Made for a new source that was saved without one.")

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> SavedSource:
        """Show a source."""
        return cls.model_validate(document)


class SourceWithSecret(Sparse):
    """A source as it is to be saved, with its secret, which is kept in Secrets Manager."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={EXTENDS: "Source"})
    name: str = Field(default_factory=str, description="The path names it; a name in the body changes nothing.")
    secret: str | None = Field(default=None, description="Set it; the one before stays valid until the next is set.")
    previous_secret: None = Field(default=None, description="Null takes the secret before this one back.")


SourceBody = Annotated[dict[str, Any], Body(description="A source."), Described(SourceWithSecret)]


class SourceList(Model):
    """All sources, by name."""

    items: list[SavedSource]


class Sample(Sparse):
    """A sample of what a source sends: `body` or `raw`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"body": {"order": 1001}, "headers": {"x-topic": "paid"}}]}
    )
    body: Any = Field(default=None, description='The sample as JSON; of a form: {"fields": {…}}.')
    raw: str = Field(default_factory=str, description="The sample's text as it is sent.")
    headers: dict[str, str] = Field(default_factory=dict)
    delivery_id: str = Field(default_factory=str, description="The source's own id of the delivery.")
    source: Annotated[dict[str, Any], Described(SourceWithSecret)] = Field(
        default_factory=dict, description="A source that is not saved yet, in place of the saved one."
    )


SampleBody = Annotated[dict[str, Any], Body(description="A sample of what the source sends."), Described(Sample)]


class TriedRecord(Model):
    """The record that a sample would change."""

    ref: str
    exists: bool = Field(description="Whether it exists already.")
    fields: dict[str, Any] = Field(description="As they would be then.")

    @classmethod
    def of(cls, record: Record, *, exists: bool) -> TriedRecord:
        """Show a record as it would be."""
        return cls(ref=record.ref, exists=exists, fields=dict(record.fields))


class PassedOver(Model):
    """A mapping that does not take a sample."""

    mapping: str = Field(examples=["mappings[0]"])
    problems: list[FieldProblem]


class TriedItem(Model):
    """A body: the sample, or one of those that `each` finds in it."""

    mapping: str | None = Field(description="The mapping that takes it; null if none does.", examples=["mappings[1]"])
    passed_over: list[PassedOver] = Field(description="The mappings before it.")
    event: Event
    record: TriedRecord | None
    problems: list[FieldProblem]

    @classmethod
    def of(cls, renderer: Renderer, item: try_source.TriedItem) -> TriedItem:
        """Show what one body would become."""
        record = item.record
        passed = [
            PassedOver(mapping=each.mapping, problems=FieldProblem.of_all(renderer, each.problems))
            for each in item.passed_over
        ]
        return cls(
            mapping=item.mapping,
            passed_over=passed,
            event=Event.of(item.event),
            record=None if record is None else TriedRecord.of(record, exists=item.record_exists),
            problems=FieldProblem.of_all(renderer, item.problems),
        )


class Refusal(Model):
    """The answer that the sender of a sample would get."""

    status: int
    title: str
    reason: ReasonText

    @classmethod
    def of(cls, renderer: Renderer, refusal: try_source.Refusal) -> Refusal:
        """Show an answer."""
        reason = ReasonText.of(renderer, refusal.reason)
        return cls(status=refusal.status, title=renderer.text(refusal.title), reason=reason)


class Trial(Model):
    """The events that a sample would become, or in `refused` the answer that its sender would get."""

    source: str
    items: list[TriedItem]
    problems: list[FieldProblem]
    refused: Refusal | None

    @classmethod
    def of(cls, renderer: Renderer, trial: try_source.Trial) -> Trial:
        """Show a trial."""
        return cls(
            source=trial.source,
            items=[TriedItem.of(renderer, item) for item in trial.items],
            problems=FieldProblem.of_all(renderer, trial.problems),
            refused=None if trial.refused is None else Refusal.of(renderer, trial.refused),
        )


class RejectedDelivery(Model):
    """A delivery that was refused or that no mapping took, as far as it is kept."""

    at: Time
    outcome: Literal["refused", "unmapped"]
    proven: bool = Field(description="Whether it was authenticated; if not, its body is not kept.")
    status: int = Field(description="The HTTP status that its sender got.")
    reason: ReasonText
    size: int = Field(description="Bytes of the whole body.")
    headers: dict[str, str] = Field(description="Those that tell what the delivery is; secrets are masked.")
    other_headers: list[str] = Field(description="The names of the others.")
    body: str = Field(description="Masked and cut.")

    @classmethod
    def of(cls, renderer: Renderer, rejection: Rejection) -> RejectedDelivery:
        """Show a rejected delivery."""
        return cls.model_validate(
            {
                "at": format_time(rejection.at),
                "outcome": rejection.outcome,
                "proven": rejection.proven,
                "status": rejection.status,
                "reason": ReasonText.of(renderer, rejection.reason),
                "size": rejection.size,
                "headers": dict(rejection.headers),
                "other_headers": list(rejection.others),
                "body": rejection.body,
            }
        )


class RejectedDeliveries(Model):
    """A source's last deliveries that came in vain, the newest first."""

    items: list[RejectedDelivery]


class LeadForm(Model):
    """A form of Meta, and how comparing its leads went."""

    id: str
    page_id: str | None
    asked_at: Time | None = Field(description="When it was asked last.")
    last_lead_at: Time | None
    missed: int = Field(description="Leads that were found without a webhook.")
    under_way: bool = Field(description="Whether a comparison has more pages to read.")
    error: ReasonText | None = Field(description="Why Meta refused the last call; null if it did not.")

    @classmethod
    def of(cls, renderer: Renderer, form: lead_forms.LeadForm) -> LeadForm:
        """Show a form."""
        return cls(
            id=form.id,
            page_id=form.page_id,
            asked_at=time_of(form.swept_at),
            last_lead_at=time_of(form.last_lead),
            missed=form.missed,
            under_way=form.after is not None,
            error=ReasonText.of_any(renderer, form.error),
        )


class LeadForms(Model):
    """Every form that is known."""

    items: list[LeadForm]
