"""/v1/views: saved filters over records of a kind, which rules and lists go by."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.replies import caller, nothing, reply, seed, wanted_version
from whenthen.api.shapes import Cursor, Document, Id, IdempotencyKey, IfMatch, Limit, view_document
from whenthen.runtime.wiring import wired

router = Router()


@router.post("/views", summary="Create a view", tags=["views"])
def create(body: Document, idempotency_key: IdempotencyKey = None) -> Response[str]:
    """The same `Idempotency-Key` gives the same view; 409 if that was another one."""
    by = caller(router, "rules:write")
    view = wired().manage_views.create(body, seed=f"{by}#{seed(idempotency_key)}", by=by)
    return reply(view_document(view), 201, version=view.version, location=f"/v1/views/{view.id}")


@router.get("/views", summary="List views", tags=["views"])
def list_views(limit: Limit = 50, cursor: Cursor = None) -> Response[str]:
    """By id."""
    caller(router, "rules:read")
    page = wired().manage_views.list(limit=limit, cursor=cursor)
    return reply({"items": [view_document(view) for view in page.items], "cursor": page.cursor})


@router.get("/views/<view_id>", summary="Read a view", tags=["views"])
def read(view_id: Id) -> Response[str]:
    """With the ids of the rules that name it; its version is the ETag."""
    caller(router, "rules:read")
    view = wired().manage_views.get(view_id)
    users = wired().manage_views.users(view_id)
    return reply({**view_document(view), "rules": list(users)}, version=view.version)


@router.put("/views/<view_id>", summary="Replace a view", tags=["views"])
def replace(view_id: Id, body: Document, if_match: IfMatch = None) -> Response[str]:
    """Rules that name it get a new version with its filter."""
    by = caller(router, "rules:write")
    view = wired().manage_views.replace(view_id, body, version=wanted_version(if_match), by=by)
    return reply(view_document(view), version=view.version)


@router.delete("/views/<view_id>", summary="Delete a view", tags=["views"])
def delete(view_id: Id, if_match: IfMatch = None) -> Response[str]:
    """Refused while rules name it."""
    caller(router, "rules:write")
    wired().manage_views.delete(view_id, version=wanted_version(if_match))
    return nothing()
