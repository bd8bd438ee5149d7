"""/v1/views: saved filters over records of a kind, which rules and lists go by."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.models.views import SavedView, ViewBody, ViewPage, ViewWithRules
from whenthen.api.requests import Cursor, Id, IdempotencyKey, IfMatch, Limit, caller, seed, wanted_version
from whenthen.api.responses import GONE, answers, nothing, reply
from whenthen.runtime.wiring import wired

router = Router()


@router.post(
    "/views",
    summary="Create a view",
    tags=["views"],
    responses=answers("The view was created.", "ETag", "Location", status=201),
)
def create(body: ViewBody, idempotency_key: IdempotencyKey = None) -> Response[SavedView]:
    """The same `Idempotency-Key` gives the same view; 409 if that was another one."""
    by = caller(router, "rules:write")
    view = wired().manage_views.create(body, seed=f"{by}#{seed(idempotency_key)}", by=by)
    return reply(SavedView.of(view), 201, version=view.version, location=f"/v1/views/{view.id}")


@router.get("/views", summary="List views", tags=["views"], responses=answers("Some of the views."))
def list_views(limit: Limit = 50, cursor: Cursor = None) -> Response[ViewPage]:
    """By id."""
    caller(router, "rules:read")
    return reply(ViewPage.of(wired().manage_views.list(limit=limit, cursor=cursor)))


@router.get(
    "/views/<view_id>",
    summary="Read a view",
    tags=["views"],
    responses=answers("The view and the rules that name it.", "ETag"),
)
def read(view_id: Id) -> Response[ViewWithRules]:
    """With the ids of the rules that name it; its version is the ETag."""
    caller(router, "rules:read")
    view = wired().manage_views.get(view_id)
    users = wired().manage_views.users(view_id)
    return reply(ViewWithRules.of_used(view, users), version=view.version)


@router.put("/views/<view_id>", summary="Replace a view", tags=["views"], responses=answers("The view.", "ETag"))
def replace(view_id: Id, body: ViewBody, if_match: IfMatch = None) -> Response[SavedView]:
    """Rules that name it get a new version with its filter."""
    by = caller(router, "rules:write")
    view = wired().manage_views.replace(view_id, body, version=wanted_version(if_match), by=by)
    return reply(SavedView.of(view), version=view.version)


@router.delete("/views/<view_id>", summary="Delete a view", tags=["views"], responses=GONE)
def delete(view_id: Id, if_match: IfMatch = None) -> Response[str]:
    """Refused while rules name it."""
    caller(router, "rules:write")
    wired().manage_views.delete(view_id, version=wanted_version(if_match))
    return nothing()
