"""/v1/imports: files of records, worked off in the background."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.imports import CreatedImport, Import, ImportBody, ImportPage, ImportWithRejectedRows
from whenthen.api.requests import Cursor, Id, IdempotencyKey, Limit, caller, seed
from whenthen.api.responses import answers, reply
from whenthen.runtime.wiring import wired
from whenthen.usecases.admin.manage_imports import UPLOAD_SECONDS

router = Router()


@router.post(
    "/imports",
    summary="Create an import",
    tags=["imports"],
    responses=answers("The import; its file is to be PUT to `upload.url` as it is.", "Location", status=201),
)
def create(body: ImportBody, lang: Lang = "", idempotency_key: IdempotencyKey = None) -> Response[CreatedImport]:
    """Of a `kind`, in a `format` (csv, json_lines), with `rules` (run, skip, enrol). PUT the file to `upload.url`.

    The same `Idempotency-Key` gives the same import with a new address; 409 if that was another one.
    """
    by = caller(router, "records:write")
    if body.get("enrol"):
        caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    work, url = wired().manage_imports.create(body, seed=f"{by}#{seed(idempotency_key)}", by=by)
    created = CreatedImport.of_upload(renderer, work, url, UPLOAD_SECONDS)
    return reply(created, 201, location=f"/v1/imports/{work.id}")


@router.get("/imports", summary="List imports", tags=["imports"], responses=answers("Some of the imports."))
def list_imports(limit: Limit = 50, cursor: Cursor = None, lang: Lang = "") -> Response[ImportPage]:
    """Newest first, for as long as the history is kept."""
    caller(router, "records:read")
    renderer = renderer_of(router, lang)
    return reply(ImportPage.of(renderer, wired().manage_imports.list(limit=limit, cursor=cursor)))


@router.get(
    "/imports/<import_id>",
    summary="How far an import came",
    tags=["imports"],
    responses=answers("The import, and the first of its rejected rows."),
)
def read(import_id: Id, lang: Lang = "") -> Response[ImportWithRejectedRows]:
    """With the first 100 of its refused rows: the line where each begins, and why."""
    caller(router, "records:read")
    renderer = renderer_of(router, lang)
    work, rows = wired().manage_imports.get(import_id)
    return reply(ImportWithRejectedRows.of_rows(renderer, work, rows))


@router.post(
    "/imports/<import_id>/start",
    summary="Start an import, or go on with it",
    tags=["imports"],
    responses=answers("It is under way.", status=202),
)
def start(import_id: Id, lang: Lang = "") -> Response[Import]:
    """Once its file is uploaded; one that was stopped, or failed, goes on where it was.

    One that lets records enter rules takes the scope `runs:write` as well, as to create it did.
    """
    caller(router, "records:write")
    renderer = renderer_of(router, lang)
    work, _ = wired().manage_imports.get(import_id)
    if work.order.enrol:
        caller(router, "runs:write")
    return reply(Import.of(renderer, wired().manage_imports.start(import_id)), 202)


@router.post("/imports/<import_id>/stop", summary="Stop an import", tags=["imports"], responses=answers("It rests."))
def stop(import_id: Id, lang: Lang = "") -> Response[Import]:
    """Stop an import. Its imported rows stay; the rest waits until it is started again."""
    by = caller(router, "records:write")
    renderer = renderer_of(router, lang)
    return reply(Import.of(renderer, wired().manage_imports.stop(import_id, by=by)))
