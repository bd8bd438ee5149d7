"""Shape channels: how they stand, and what waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Described, Model, Sparse, Time, time_of
from whenthen.api.models.shared import ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.sending import circuits
from whenthen.usecases.control.manage_channels import Backlog, ChannelState


class ChannelBacklog(Model):
    """The jobs that are due and have no outcome, also those that wait for the channel."""

    jobs: int = Field(examples=[15])
    more: bool = Field(description="Whether there are more: the 1,000 runs that are longest under way are counted.")
    oldest: Time | None = Field(description="When the oldest of them was due; null if there are none.")

    @classmethod
    def of(cls, backlog: Backlog) -> ChannelBacklog:
        """Show a backlog."""
        return cls(jobs=backlog.jobs, more=backlog.more, oldest=time_of(backlog.oldest))


class CircuitModel(Model):
    """How a channel stands, or one of its receivers."""

    state: circuits.CircuitState = Field(
        description="`running`; `failing`: it fails throughout, and one job at a time tries it; `paused`: by an admin."
    )
    since: Time | None = Field(description="Since when; null if it never failed and was never paused.")
    by: str = Field(description="Who paused or resumed it: the id of an API key; empty: nobody.")
    next_trial: Time | None = Field(description="When the next job tries it; null if it does not fail.")


class Receiver(CircuitModel):
    """How the calls to one host or over one connection stand, or those of a step that was switched off."""

    host: str = Field(
        description="The host, the name of the connection, or `step:<rule>/<step>@<version>`.", examples=["example.com"]
    )
    error: ReasonText | None

    @classmethod
    def of_circuit(cls, renderer: Renderer, circuit: circuits.Circuit) -> Receiver:
        """Show a receiver."""
        error = ReasonText.of_any(renderer, circuit.reason)
        return cls(host=circuit.receiver, error=error, **_stand(circuit))


class Channel(CircuitModel):
    """How a channel stands, and what waits for it."""

    name: str = Field(examples=["whatsapp"])
    backlog: ChannelBacklog
    last_error: ReasonText | None = Field(description="The last that is known; null if none is.")
    receivers: list[Receiver] = Field(description="Receivers that fail, or did so in the last week.")

    @classmethod
    def of_state(cls, renderer: Renderer, state: ChannelState) -> Channel:
        """Show a channel."""
        return cls(
            name=state.circuit.channel,
            backlog=ChannelBacklog.of(state.backlog),
            last_error=ReasonText.of_any(renderer, state.last_error),
            receivers=[Receiver.of_circuit(renderer, each) for each in state.receivers],
            **_stand(state.circuit),
        )


class ChannelList(Model):
    """All channels."""

    items: list[Channel]

    @classmethod
    def of(cls, renderer: Renderer, states: Sequence[ChannelState]) -> ChannelList:
        """Show the channels."""
        return cls(items=[Channel.of_state(renderer, state) for state in states])


class ResumedChannel(Sparse):
    """How fast the jobs go on that waited."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rate_per_minute": 600}]})
    rate_per_minute: int | None = Field(default=600, description="Jobs a minute at most.")


ResumeBody = Annotated[dict[str, Any] | None, Body(description="Nothing, or the rate."), Described(ResumedChannel)]


def _stand(circuit: circuits.Circuit) -> dict[str, Any]:
    return {
        "state": circuit.state,
        "since": time_of(circuit.since),
        "by": circuit.by,
        "next_trial": time_of(circuit.try_at),
    }
