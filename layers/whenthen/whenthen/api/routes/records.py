"""/v1/records: the built-in store of customer work."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.events import Timeline
from whenthen.api.models.explanations import Automation
from whenthen.api.models.records import (
    AutomationBody,
    Consents,
    FieldsBody,
    Merge,
    Record,
    RecordAutomation,
    RecordPage,
)
from whenthen.api.requests import Cursor, Id, IfMatch, Limit, Text, TraceParent, caller, seed, wanted_version
from whenthen.api.responses import GONE, answers, nothing, reply
from whenthen.api.visibility import Sight
from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.common.reason_codes import BAD_RECORD_KIND, NOT_ONE_OF
from whenthen.domain.events import trace
from whenthen.domain.events.event import Cause
from whenthen.domain.records import record as records
from whenthen.domain.records.record import KIND, parse_ref
from whenthen.ports.reason_codes import RECORD_NOT_FOUND
from whenthen.runtime.wiring import wired

router = Router()

ORIGINS = ("human", "api")
"""Makers of a change whom a caller may name."""

RECORD = answers("The record.", "ETag")


def _origin(text: str) -> str:
    if text not in ORIGINS:
        raise Invalid.field("origin", NOT_ONE_OF(options=list(ORIGINS)))
    return text


def _cause(traceparent: str | None) -> Cause:
    return Cause(trace=trace.read(traceparent))


def _existing(kind: str, record_id: str) -> records.Record:
    ref = f"{kind}:{record_id}"
    parse_ref(ref, "id")
    found = wired().records.get(ref)
    if found is None:
        raise NotFound(RECORD_NOT_FOUND(ref=ref))
    return found


@router.post(
    "/records/<kind>",
    summary="Create or update a record by its identity",
    tags=["records"],
    responses=answers("The record.", "ETag", "Location"),
)
def save_by_identity(
    kind: Id, body: FieldsBody, origin: Text = "api", traceparent: TraceParent = None
) -> Response[Record]:
    """The body's phone or e-mail finds the record; where there is none, it is created."""
    caller(router, "records:write")
    record = wired().save_record.upsert(kind, None, body, origin=_origin(origin), cause=_cause(traceparent))
    return reply(Record.of(record), version=record.version, location=f"/v1/records/{kind}/{record.id}")


@router.put("/records/<kind>/<record_id>", summary="Create or update a record", tags=["records"], responses=RECORD)
def save(
    kind: Id,
    record_id: Id,
    body: FieldsBody,
    origin: Text = "api",
    if_match: IfMatch = None,
    traceparent: TraceParent = None,
) -> Response[Record]:
    """Sets the fields of the body; null removes one. `origin=human` says that a person did it.

    With If-Match, only a record at that version is changed, and none is created.
    """
    caller(router, "records:write")
    version = wanted_version(if_match)
    record = wired().save_record.upsert(
        kind, record_id, body, origin=_origin(origin), version=version, cause=_cause(traceparent)
    )
    return reply(Record.of(record), version=record.version)


@router.patch("/records/<kind>/<record_id>", summary="Change a record that exists", tags=["records"], responses=RECORD)
def patch(
    kind: Id,
    record_id: Id,
    body: FieldsBody,
    origin: Text = "api",
    if_match: IfMatch = None,
    traceparent: TraceParent = None,
) -> Response[Record]:
    """Sets the fields of the body; null removes one. Never creates a record."""
    caller(router, "records:write")
    version = wanted_version(if_match)
    record = wired().save_record.patch(
        f"{kind}:{record_id}", body, version=version, origin=_origin(origin), cause=_cause(traceparent)
    )
    return reply(Record.of(record), version=record.version)


@router.post(
    "/records/<kind>/<record_id>/merge",
    summary="Merge another record into a record",
    tags=["records"],
    responses=answers("The record that remains, with what both knew.", "ETag"),
)
def merge(kind: Id, record_id: Id, body: Merge, origin: Text = "api") -> Response[Record]:
    """Its own values win; what it lacks comes from the other, whose id and addresses find this record afterwards.

    A repetition changes nothing. 409 where one of the two is part of another record already.
    """
    caller(router, "records:write")
    record = wired().merge_records(f"{kind}:{record_id}", body.other, origin=_origin(origin))
    return reply(Record.of(record), version=record.version)


@router.get("/records/<kind>/<record_id>", summary="Read a record", tags=["records"], responses=RECORD)
def read(kind: Id, record_id: Id) -> Response[Record]:
    """Its version is the ETag. The id of a record that was merged into another gives that one."""
    caller(router, "records:read")
    record = _existing(kind, record_id)
    location = "" if record.id == record_id else f"/v1/records/{kind}/{record.id}"
    return reply(Record.of(record), version=record.version, content_location=location)


@router.get(
    "/records/<kind>/<record_id>/timeline",
    summary="What happened to a record",
    tags=["records"],
    responses=answers("Events, with the rules that they started, and runs; newest first."),
)
def timeline(kind: Id, record_id: Id, limit: Limit = 50, cursor: Cursor = None, lang: Lang = "") -> Response[Timeline]:
    """The events about it and the runs that they started, newest first, for as long as the history is kept.

    With those of the records that were merged into it.
    """
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    ref = f"{kind}:{record_id}"
    parse_ref(ref, "id")
    record = wired().records.get(ref)  # of one that was deleted the history is still there
    page = wired().timelines.read(record.refs if record else [ref], limit=limit, cursor=cursor)
    return reply(Timeline.of(renderer, Sight.of(router).entries(page)))


@router.get(
    "/records/<kind>/<record_id>/consents",
    summary="What a person allows, and who changed it",
    tags=["records"],
    responses=answers("The consent, and its last changes."),
)
def consents(kind: Id, record_id: Id) -> Response[Consents]:
    """Each change of the record's consent: channel, when, by whom, and the event that said so. The last 50 are kept.

    A merge joins those of both records; with a record, they are deleted.
    """
    caller(router, "records:read")
    return reply(Consents.of(_existing(kind, record_id)))


@router.get(
    "/records/<kind>/<record_id>/automation",
    summary="How each rule stands for a record",
    tags=["records"],
    responses=answers("Some of the rules, by id."),
)
def automation(
    kind: Id, record_id: Id, stage: Text = "", limit: Limit = 50, cursor: Cursor = None, lang: Lang = ""
) -> Response[Automation]:
    """Every rule that may be about the record, also those that did not start: whether it acted, why it did not, what it
    waits for, or what was missing. With `stage`, those that stand in this stage or in any.

    Conditions need the scope `rules:read`, values `records:read`.
    """
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    ref = f"{kind}:{record_id}"
    parse_ref(ref, "id")
    page = wired().show_automation(ref, stage=stage, limit=limit, cursor=cursor)
    return reply(Automation.of(renderer, Sight.of(router).standings(page)))


@router.put(
    "/records/<kind>/<record_id>/automation",
    summary="Pause automation for a record, or exclude rules",
    tags=["records"],
    responses=answers("What rules may do with the record."),
)
def set_automation(kind: Id, record_id: Id, body: AutomationBody) -> Response[RecordAutomation]:
    """Until `paused_until`, its runs begin no step: each holds at its next one, and goes on afterwards.

    No rule of `excluded_rules` starts for it, and its open runs of these rules are stopped. What is left out holds no
    more. The record's fields and its events stay as they are; its version counts on.
    """
    by = caller(router, "runs:write")
    automation, work = wired().set_automation(f"{kind}:{record_id}", body, seed=seed(None), by=by)
    return reply(RecordAutomation.of(automation, work))


@router.delete("/records/<kind>/<record_id>", summary="Delete a record", tags=["records"], responses=GONE)
def delete(kind: Id, record_id: Id, origin: Text = "api", if_match: IfMatch = None) -> Response[str]:
    """Its identities go with it. 409 for the id of a record that was merged into another: delete that one."""
    caller(router, "records:write")
    version = wanted_version(if_match)
    wired().delete_record(f"{kind}:{record_id}", version=version, origin=_origin(origin))
    return nothing()


@router.get(
    "/records/<kind>", summary="List the records of a kind", tags=["records"], responses=answers("Some of the records.")
)
def list_records(
    kind: Id,
    view: Text = "",
    phone: Text = "",
    email: Text = "",
    whatsapp: Text = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[RecordPage]:
    """All, or those of a saved view, by id. One written a moment ago may be missing.

    With `phone`, `email` or `whatsapp`, the records with that address, however it is written; with several, those that
    have all of them.
    """
    caller(router, "records:read")
    if not KIND.fullmatch(kind):
        raise Invalid.field("kind", BAD_RECORD_KIND())
    addresses = {"phone": phone, "email": email, "whatsapp": whatsapp}
    if any(addresses.values()):
        takes = wired().manage_views.member_test(view, kind) if view else None
        page = wired().find_records(kind, addresses, limit=limit, cursor=cursor, takes=takes)
    elif view:
        page = wired().manage_views.records_in(view, kind, limit=limit, cursor=cursor)
    else:
        page = wired().records.list(kind, limit=limit, cursor=cursor)
    return reply(RecordPage.of(page))
