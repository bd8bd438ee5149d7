"""/v1/imports: files of records, worked off in the background."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.replies import caller, reply, seed
from whenthen.api.shapes import Cursor, Document, Id, IdempotencyKey, Limit, import_document
from whenthen.domain.common.stored_reasons import to_document
from whenthen.runtime.wiring import wired
from whenthen.usecases.admin.manage_imports import UPLOAD_SECONDS

router = Router()


@router.post("/imports", summary="Create an import", tags=["imports"])
def create(body: Document, idempotency_key: IdempotencyKey = None) -> Response[str]:
    """Of a `kind`, in a `format` (csv, json_lines), with `rules` (run, skip, enrol). PUT the file to `upload.url`.

    The same `Idempotency-Key` gives the same import with a new address; 409 if that was another one.
    """
    by = caller(router, "records:write")
    if body.get("enrol"):
        caller(router, "runs:write")
    work, url = wired().manage_imports.create(body, seed=f"{by}#{seed(idempotency_key)}", by=by)
    upload = {"method": "PUT", "url": url, "expires_in": UPLOAD_SECONDS}
    return reply({**import_document(work), "upload": upload}, 201, location=f"/v1/imports/{work.id}")


@router.get("/imports", summary="List imports", tags=["imports"])
def list_imports(limit: Limit = 50, cursor: Cursor = None) -> Response[str]:
    """Newest first, for as long as the history is kept."""
    caller(router, "records:read")
    page = wired().manage_imports.list(limit=limit, cursor=cursor)
    return reply({"items": [import_document(work) for work in page.items], "cursor": page.cursor})


@router.get("/imports/<import_id>", summary="How far an import came", tags=["imports"])
def read(import_id: Id) -> Response[str]:
    """With the first 100 of its refused rows: the line where each begins, and why."""
    caller(router, "records:read")
    work, rejected_rows = wired().manage_imports.get(import_id)
    refused = [
        {"line": rejected_row.line, "reason": to_document(rejected_row.reason)} for rejected_row in rejected_rows
    ]
    return reply({**import_document(work), "refused": refused})


@router.post("/imports/<import_id>/start", summary="Start an import, or go on with it", tags=["imports"])
def start(import_id: Id) -> Response[str]:
    """Once its file is uploaded; one that was stopped, or failed, goes on where it was.

    One that lets records enter rules takes the scope `runs:write` as well, as to create it did.
    """
    caller(router, "records:write")
    work, _ = wired().manage_imports.get(import_id)
    if work.order.enrol:
        caller(router, "runs:write")
    return reply(import_document(wired().manage_imports.start(import_id)), 202)


@router.post("/imports/<import_id>/stop", summary="Stop an import", tags=["imports"])
def stop(import_id: Id) -> Response[str]:
    """What was imported stays; the rest waits until it is started again."""
    by = caller(router, "records:write")
    return reply(import_document(wired().manage_imports.stop(import_id, by=by)))
