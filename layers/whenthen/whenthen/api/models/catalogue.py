"""Shape the catalogue: all that a rule can be made of, enough to draw a form."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from whenthen.api.models.base import Model
from whenthen.domain.schemas.capabilities import reference


class RecordKind(Model):
    """A kind of record."""

    name: str = Field(examples=["lead"])
    description: str
    reported: bool = Field(description="Whether other systems report what happens to it.")


class DataField(Model):
    """A field of an event's data."""

    name: str
    type: str = Field(examples=["text"])
    description: str
    required: bool


class EventKind(Model):
    """A type of event. Those of every kind of record have `<kind>` in their type."""

    type: str = Field(examples=["meta_lead.created"])
    description: str
    makers: list[str] = Field(description="Who makes it: store, receiver, source, report, engine or clock.")
    derived: str = Field(description="What makes the engine derive it; empty if nothing.")
    about: str = Field(description="The record it is about.")
    data: list[DataField]
    example: dict[str, Any] = Field(description="An example of its data.")


class TriggerKind(Model):
    """A way in which a rule is triggered."""

    trigger: str = Field(description="The member of `trigger` that chooses it.", examples=["event"])
    description: str
    example: dict[str, Any]


class OperatorKind(Model):
    """An operator of conditions."""

    name: str = Field(examples=["equals"])
    description: str
    takes: str = Field(description="The shape of its `value`.", examples=["scalar"])
    ignore_case: bool
    time_zone: bool
    record_only: bool


class ActionParameter(Model):
    """A parameter of an action."""

    name: str
    description: str
    type: str = Field(examples=["text"])
    required: bool
    templated: bool = Field(description="Whether it may hold `{{ … }}`.")
    options: list[str] = Field(description="The values it may have; empty if any.")


class ActionKind(Model):
    """An action: a kind of work that a step may do."""

    name: str = Field(examples=["send_email"])
    description: str
    channel: str = Field(examples=["email"])
    messages: bool = Field(description="Whether it sends a message to a customer: limits of sending hold it then.")
    parameters: list[ActionParameter]
    one_of: list[str] = Field(description="Parameters of which one is required.")
    template_replaces: list[str] = Field(
        description="Parameters that are neither required nor allowed where the step names a stored template."
    )


class Catalogue(Model):
    """All that a rule can be made of."""

    kinds: list[RecordKind]
    record_events: list[EventKind] = Field(description="Of every kind of record.")
    events: list[EventKind]
    triggers: list[TriggerKind]
    operators: list[OperatorKind]
    actions: list[ActionKind]

    @classmethod
    def of_all(cls) -> Catalogue:
        """Show the whole catalogue."""
        return cls.model_validate(reference())
