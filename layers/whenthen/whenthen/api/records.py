"""/v1/records: the built-in store of customer work."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.replies import caller, nothing, reply, wanted_version
from whenthen.api.shapes import Cursor, Document, Id, IfMatch, Limit, Merge, Text, record_document
from whenthen.api.speaking import Lang, renderer_of, told_entry
from whenthen.domain.common.errors import Conflict, Invalid, NotFound
from whenthen.domain.events.event import Cause
from whenthen.domain.records.record import KIND, Record, parse_ref
from whenthen.runtime.wiring import wired

router = Router()


def _origin(text: str) -> str:
    if text not in ("human", "api"):
        raise Invalid.field("origin", "human or api is required")
    return text


def _existing(kind: str, record_id: str) -> Record:
    ref = f"{kind}:{record_id}"
    parse_ref(ref, "id")
    found = wired().records.get(ref)
    if found is None:
        raise NotFound(f"there is no record {ref}")
    return found


@router.post("/records/<kind>", summary="Create or update a record by its identity", tags=["records"])
def save_by_identity(kind: Id, body: Document, origin: Text = "api") -> Response[str]:
    """The body's phone or e-mail finds the record; where there is none, it is created."""
    caller(router, "records:write")
    record = wired().save_record.upsert(kind, None, body, origin=_origin(origin))
    return reply(record_document(record), version=record.version, location=f"/v1/records/{kind}/{record.id}")


@router.put("/records/<kind>/<record_id>", summary="Create or update a record", tags=["records"])
def save(kind: Id, record_id: Id, body: Document, origin: Text = "api") -> Response[str]:
    """Sets the fields of the body; null removes one. `origin=human` says that a person did it."""
    caller(router, "records:write")
    record = wired().save_record.upsert(kind, record_id, body, origin=_origin(origin))
    return reply(record_document(record), version=record.version)


@router.patch("/records/<kind>/<record_id>", summary="Change a record that exists", tags=["records"])
def patch(kind: Id, record_id: Id, body: Document, origin: Text = "api", if_match: IfMatch = None) -> Response[str]:
    """Sets the fields of the body; null removes one. Never creates a record."""
    caller(router, "records:write")
    version = wanted_version(if_match)
    record = wired().save_record.patch(f"{kind}:{record_id}", body, version=version, origin=_origin(origin))
    return reply(record_document(record), version=record.version)


@router.post("/records/<kind>/<record_id>/merge", summary="Merge another record into a record", tags=["records"])
def merge(kind: Id, record_id: Id, body: Merge, origin: Text = "api") -> Response[str]:
    """Its own values win; what it lacks comes from the other, whose id and addresses find this record afterwards.

    A repetition changes nothing. 409 where one of the two is part of another record already.
    """
    caller(router, "records:write")
    record = wired().merge_records(f"{kind}:{record_id}", body.other, origin=_origin(origin))
    return reply(record_document(record), version=record.version)


@router.get("/records/<kind>/<record_id>", summary="Read a record", tags=["records"])
def read(kind: Id, record_id: Id) -> Response[str]:
    """Its version is the ETag. The id of a record that was merged into another gives that one."""
    caller(router, "records:read")
    record = _existing(kind, record_id)
    location = "" if record.id == record_id else f"/v1/records/{kind}/{record.id}"
    return reply(record_document(record), version=record.version, content_location=location)


@router.get("/records/<kind>/<record_id>/timeline", summary="What happened to a record", tags=["records"])
def timeline(kind: Id, record_id: Id, limit: Limit = 50, cursor: Cursor = None, lang: Lang = "") -> Response[str]:
    """The events about it and the runs that they started, newest first, for as long as the history is kept.

    With those of the records that were merged into it.
    """
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    ref = f"{kind}:{record_id}"
    parse_ref(ref, "id")
    record = wired().records.get(ref)  # of one that was deleted the history is still there
    page = wired().timelines.read(record.refs if record else [ref], limit=limit, cursor=cursor)
    return reply({"items": [told_entry(renderer, entry) for entry in page.items], "cursor": page.cursor})


@router.delete("/records/<kind>/<record_id>", summary="Delete a record", tags=["records"])
def delete(kind: Id, record_id: Id, origin: Text = "api") -> Response[str]:
    """Its identities go with it. 409 for the id of a record that was merged into another: delete that one."""
    caller(router, "records:write")
    record = _existing(kind, record_id)
    if record.id != record_id:
        raise Conflict(f"{kind}:{record_id} was merged into {record.ref}: delete that")
    wired().records.delete(record, origin=_origin(origin), cause=Cause())
    return nothing()


@router.get("/records/<kind>", summary="List the records of a kind", tags=["records"])
def list_records(kind: Id, view: Text = "", limit: Limit = 50, cursor: Cursor = None) -> Response[str]:
    """All, or those of a saved view, by id; a page of a view may be short. One written a moment ago may be missing."""
    caller(router, "records:read")
    if not KIND.fullmatch(kind):
        raise Invalid.field("kind", "a kind of record such as contact is required")
    if view:
        page = wired().manage_views.records_in(view, kind, limit=limit, cursor=cursor)
    else:
        page = wired().records.list(kind, limit=limit, cursor=cursor)
    return reply({"items": [record_document(record) for record in page.items], "cursor": page.cursor})
