"""Shape what several resources answer: reasons, problems and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import to_builtins
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Model, Sparse, Time
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.common.errors import Problem as DomainProblem
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events import event as events

_REASON: dict[str, Any] = {
    "code": "list.too_many",
    "params": {"count": 30, "found": 31},
    "text": "At most 30 are allowed; found 31.",
}


class ReasonText(Model):
    """Why something was refused, skipped or done: data for programs, and a text for people."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REASON]})
    code: str = Field(description="Stable: the same in every language and version.", examples=["list.too_many"])
    params: dict[str, Any] = Field(description="What the text mentions; a value may be a reason with code and params.")
    text: str = Field(description="In the caller's language.")

    @classmethod
    def of(cls, renderer: Renderer, reason: Reason) -> ReasonText:
        """Render a reason."""
        return cls(**to_builtins(reason), text=renderer.text(reason))

    @classmethod
    def of_any(cls, renderer: Renderer, reason: Reason | None) -> ReasonText | None:
        """Render a reason; None if there is none."""
        return None if reason is None else cls.of(renderer, reason)


class FieldProblem(ReasonText):
    """Why one field of a document does not hold."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"field": "steps", **_REASON}]})
    field: str = Field(
        description="A path such as `steps[1].wait.at`; empty for the whole document.", examples=["steps[1].wait.at"]
    )

    @classmethod
    def of_all(cls, renderer: Renderer, problems: Sequence[DomainProblem]) -> list[FieldProblem]:
        """Render problems."""
        return [cls(field=each.field, **to_builtins(each.reason), text=renderer.text(each.reason)) for each in problems]


class Problem(Sparse):
    """Why a request was not met (RFC 9457). `errors` names each field that does not hold."""

    type: str = Field(description="Always `about:blank`: `code` tells problems apart.", examples=["about:blank"])
    title: str = Field(description="The kind of problem, in the caller's language.", examples=["Not valid"])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(default_factory=str, description="The reason's text, in the caller's language.")
    code: str = Field(default_factory=str, description="The reason's code.", examples=["rule.not_found"])
    params: dict[str, Any] = Field(default_factory=dict, description="What the text mentions.")
    errors: list[FieldProblem] = Field(default_factory=list, description="Of a document that does not hold.")
    warnings: list[FieldProblem] = Field(
        default_factory=list, description="What lint found besides the errors for which a rule was refused."
    )


class Change(Model):
    """The value of a field before and after; null for absent."""

    before: Any = Field(alias="from")
    after: Any = Field(alias="to")


class Cause(Model):
    """The runs behind an event, the oldest first."""

    runs: list[str]
    depth: int = Field(description="How many there were; `runs` has the last of them.")
    root: str = Field(default="", description="The id of the event with which it began.")
    trace: str = Field(default="", description="The trace context that the sender of that event gave.")
    message: str = Field(default="", description="The id of the last event behind it that tells of a message.")


class Event(Sparse):
    """Something that happened: a CloudEvents 1.0 event. whenthen's own attributes stand beside the standard ones."""

    specversion: str = Field(examples=["1.0"])
    id: str = Field(description="Made from the source's own id.", examples=["evt_5f0c2d"])
    source: str = Field(description="Who says so.", examples=["hook/shop", "meta", "api"])
    type: str = Field(description="`<kind>.<past verb>`, from the catalogue.", examples=["meta_lead.created"])
    time: Time = Field(description="When it happened, by the source's clock.")
    datacontenttype: str = Field(examples=["application/json"])
    origin: str = Field(
        description="`human`, `import`, `api`, `form:<source>`, `source:<name>` or `rule:<id>`.", examples=["api"]
    )
    traceparent: str = Field(
        description="Its W3C trace context. All that comes of one event has the same trace id.",
        examples=["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
    )
    data: dict[str, Any] = Field(description="The facts, in the catalogue's shape for the type.")
    subject: str = Field(default_factory=str, description="The record it happened to.", examples=["lead:42"])
    identities: list[str] = Field(
        default_factory=list, description="Who it happened to.", examples=[["phone#+905321234567"]]
    )
    changes: dict[str, Change] = Field(default_factory=dict, description="By field, for changes of a record.")
    cause: Cause = Field(default_factory=lambda: Cause(runs=[], depth=0), description="If runs are behind it.")

    @classmethod
    def of(cls, event: events.Event) -> Event:
        """Show an event."""
        shown: Mapping[str, Any] = events.to_json(event)
        return cls.model_validate(shown)
