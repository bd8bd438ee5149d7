"""/v1/connections: how the APIs of other systems are reached, and with which credentials."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.outside.connections import (
    CallBody,
    ConnectionBody,
    ConnectionPage,
    ConnectionWithRules,
    SavedConnection,
    TriedConnection,
)
from whenthen.api.requests import Cursor, Id, IdempotencyKey, IfMatch, Limit, caller, seed, wanted_version
from whenthen.api.responses import GONE, answers, nothing, reply
from whenthen.runtime.wiring import wired

router = Router()


@router.post(
    "/connections",
    summary="Create a connection",
    tags=["connections"],
    responses=answers("The connection was created.", "ETag", "Location", status=201),
)
def create(body: ConnectionBody, idempotency_key: IdempotencyKey = None) -> Response[SavedConnection]:
    """Its secrets are kept in Secrets Manager, and no answer shows them. 409 if there is one of this name."""
    by = caller(router, "admin")
    connection = wired().manage_connections.create(body, seed=seed(idempotency_key), by=by)
    location = f"/v1/connections/{connection.name}"
    return reply(SavedConnection.of(connection), 201, version=connection.version, location=location)


@router.get(
    "/connections", summary="List connections", tags=["connections"], responses=answers("Some of the connections.")
)
def list_connections(limit: Limit = 50, cursor: Cursor = None) -> Response[ConnectionPage]:
    """By name, without their secrets."""
    caller(router, "admin")
    return reply(ConnectionPage.of(wired().manage_connections.list(limit=limit, cursor=cursor)))


@router.get(
    "/connections/<name>",
    summary="Read a connection",
    tags=["connections"],
    responses=answers("The connection and the rules that name it.", "ETag"),
)
def read(name: Id) -> Response[ConnectionWithRules]:
    """Without its secrets; its version is the ETag."""
    caller(router, "admin")
    connection = wired().manage_connections.get(name)
    users = wired().manage_connections.users(name)
    return reply(ConnectionWithRules.of_used(connection, users), version=connection.version)


@router.put(
    "/connections/<name>",
    summary="Replace a connection",
    tags=["connections"],
    responses=answers("The connection.", "ETag"),
)
def replace(name: Id, body: ConnectionBody, if_match: IfMatch = None) -> Response[SavedConnection]:
    """A secret that is left out, or null, stays as it is. Calls that waited for new credentials go on."""
    by = caller(router, "admin")
    connection = wired().manage_connections.replace(name, body, version=wanted_version(if_match), by=by)
    return reply(SavedConnection.of(connection), version=connection.version)


@router.delete("/connections/<name>", summary="Delete a connection", tags=["connections"], responses=GONE)
def delete(name: Id, if_match: IfMatch = None) -> Response[str]:
    """Refused while rules name it. Its secrets go with it."""
    caller(router, "admin")
    wired().manage_connections.delete(name, version=wanted_version(if_match))
    return nothing()


@router.post(
    "/connections/<name>/test",
    summary="Try a connection",
    tags=["connections"],
    responses=answers("What came back."),
)
def try_once(name: Id, body: CallBody = None, lang: Lang = "") -> Response[TriedConnection]:
    """Call its API once, as its `test` says or the body. A failed call is an answer too: `ok` is false."""
    caller(router, "admin")
    return reply(TriedConnection.of(renderer_of(router, lang), wired().try_connection(name, body or {})))
