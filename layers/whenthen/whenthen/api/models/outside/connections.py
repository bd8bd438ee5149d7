"""Shape stored connections, and what came of trying one."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import EXTENDS, Described, Model, Sparse, Time
from whenthen.api.models.shared import ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.events.event import format_time
from whenthen.ports.administration import StoredConnection
from whenthen.ports.values import Page
from whenthen.usecases.connections import try_connection

ConnectionBody = Annotated[dict[str, Any], Body(description="A connection."), Described("Connection")]


class SavedConnection(Model):
    """A connection as it was written, without its secrets, and what the store knows of it."""

    model_config = ConfigDict(extra="allow", json_schema_extra={EXTENDS: "Connection"})
    version: int = Field(description="Counts the saves; it is the ETag.")
    updated_at: Time
    updated_by: str = Field(description="The id of the API key that saved it.")

    @classmethod
    def of(cls, connection: StoredConnection) -> SavedConnection:
        """Show a connection."""
        return cls.model_validate(_known(connection))


class ConnectionWithRules(SavedConnection):
    """A connection, and the rules that name it."""

    rules: list[str] = Field(description="Ids of rules.")

    @classmethod
    def of_used(cls, connection: StoredConnection, users: tuple[str, ...]) -> ConnectionWithRules:
        """Show a connection with the ids of its rules."""
        return cls.model_validate({**_known(connection), "rules": list(users)})


def _known(connection: StoredConnection) -> dict[str, Any]:
    return {
        **connection.document,
        "version": connection.version,
        "updated_at": format_time(connection.updated_at),
        "updated_by": connection.updated_by,
    }


class ConnectionPage(Model):
    """Some of the connections."""

    items: list[SavedConnection]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, page: Page[StoredConnection]) -> ConnectionPage:
        """Show a page of connections."""
        return cls(items=[SavedConnection.of(each) for each in page.items], cursor=page.cursor)


class ConnectionCall(Sparse):
    """A call by which a connection is tried. What is not given is as in `test` of the connection."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"method": "GET", "url": "/me"}]})
    method: str = Field(default_factory=str, description="GET, POST, PUT, PATCH, DELETE or HEAD.")
    url: str = Field(default_factory=str, description="The path behind the connection's base.")


CallBody = Annotated[
    dict[str, Any] | None, Body(description="The call, if another than `test` says."), Described(ConnectionCall)
]


class TriedConnection(Model):
    """The answer of an API that was called once."""

    ok: bool = Field(description="Whether it answered with 200 to 299.")
    status: int | None = Field(description="The status of HTTP; null if no answer came.")
    reason: ReasonText
    milliseconds: int
    headers: dict[str, str]
    body: str = Field(description="The beginning of the answer; the connection's secrets in it are masked.")
    cut: bool = Field(description="Whether the answer is longer.")

    @classmethod
    def of(cls, renderer: Renderer, tried: try_connection.Tried) -> TriedConnection:
        """Show what came of a call."""
        return cls(
            ok=tried.ok,
            status=tried.status,
            reason=ReasonText.of(renderer, tried.reason),
            milliseconds=tried.milliseconds,
            headers=dict(tried.headers),
            body=tried.body,
            cut=tried.cut,
        )
