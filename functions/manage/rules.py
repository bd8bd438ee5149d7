"""/v1/rules: create, read, list, replace, switch and delete rules; every save makes a version."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from replies import caller, nothing, reply, seed, wanted_version
from shapes import Cursor, Document, Id, IdempotencyKey, IfMatch, Limit, ModeChange, Text, rule_document

from whenthen.runtime.wiring import wired
from whenthen.usecases.manage_rules import Filter

router = Router()


@router.post("/rules", summary="Create a rule", tags=["rules"])
def create(body: Document, idempotency_key: IdempotencyKey = None) -> Response[str]:
    """The same `Idempotency-Key` gives the same rule; 409 if that was another one."""
    by = caller(router, "rules:write")
    rule = wired().manage_rules.create(body, seed=f"{by}#{seed(idempotency_key)}", by=by)
    return reply(rule_document(rule), 201, version=rule.version, location=f"/v1/rules/{rule.id}")


@router.get("/rules", summary="List rules", tags=["rules"])
def list_rules(
    kind: Text = "", mode: Text = "", text: Text = "", event: Text = "", limit: Limit = 50, cursor: Cursor = None
) -> Response[str]:
    """By kind, mode, a part of the name, or the event type. A page may be short while there is a cursor."""
    caller(router, "rules:read")
    page = wired().manage_rules.list(Filter(kind, mode, text, event), limit=limit, cursor=cursor)
    return reply({"items": [rule_document(rule) for rule in page.items], "cursor": page.cursor})


@router.get("/rules/<rule_id>", summary="Read a rule", tags=["rules"])
def read(rule_id: Id) -> Response[str]:
    """The current version; its number is the ETag."""
    caller(router, "rules:read")
    rule = wired().manage_rules.get(rule_id)
    return reply(rule_document(rule), version=rule.version)


@router.put("/rules/<rule_id>", summary="Replace a rule", tags=["rules"])
def replace(rule_id: Id, body: Document, if_match: IfMatch = None) -> Response[str]:
    """Makes a new version. Runs under way keep theirs."""
    by = caller(router, "rules:write")
    rule = wired().manage_rules.replace(rule_id, body, version=wanted_version(if_match), by=by)
    return reply(rule_document(rule), version=rule.version)


@router.put("/rules/<rule_id>/mode", summary="Switch a rule off, to shadow, or on", tags=["rules"])
def set_mode(rule_id: Id, body: ModeChange, if_match: IfMatch = None) -> Response[str]:
    """In shadow a rule is evaluated and its runs are recorded, without any effect."""
    by = caller(router, "rules:write")
    rule = wired().manage_rules.set_mode(rule_id, body.mode, version=wanted_version(if_match), by=by)
    return reply(rule_document(rule), version=rule.version)


@router.delete("/rules/<rule_id>", summary="Delete a rule", tags=["rules"])
def delete(rule_id: Id, if_match: IfMatch = None) -> Response[str]:
    """Runs that it started go on under the version that they have."""
    caller(router, "rules:write")
    wired().manage_rules.delete(rule_id, version=wanted_version(if_match))
    return nothing()


@router.get("/rules/<rule_id>/versions", summary="The history of a rule", tags=["rules"])
def versions(rule_id: Id) -> Response[str]:
    """Newest first, each with who saved it and when."""
    caller(router, "rules:read")
    return reply({"items": [rule_document(rule) for rule in wired().manage_rules.versions(rule_id)]})
