"""/v1/templates: the texts of messages, per language, which the steps of rules name."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.templates.previews import DraftPreviewBody, PreviewBody, PreviewedMessage
from whenthen.api.models.templates.stored import (
    RestoreRequest,
    SavedTemplate,
    SavedTemplateWithWarnings,
    TemplateBody,
    TemplatePage,
    TemplateUses,
    TemplateVersions,
)
from whenthen.api.requests import Cursor, Id, IdempotencyKey, IfMatch, Limit, caller, seed, wanted_version
from whenthen.api.responses import GONE, answers, nothing, reply
from whenthen.runtime.wiring import wired

router = Router()

_OF_RECORDS = ("record", "event", "fields")
"""Members of a preview's request by which it shows fields of records: `fields` may refer to others."""

_SAVED = answers("The template, and what lint warns of.", "ETag")
_PREVIEWED = answers("The message that would go out.")


def _may_preview(body: dict[str, Any]) -> None:
    """Check the key. Raises Forbidden."""
    caller(router, "rules:read")
    if any(body.get(name) for name in _OF_RECORDS):
        caller(router, "records:read")


@router.post(
    "/templates",
    summary="Create a template",
    tags=["templates"],
    responses=answers("The template was created.", "ETag", "Location", status=201),
)
def create(
    body: TemplateBody, lang: Lang = "", idempotency_key: IdempotencyKey = None
) -> Response[SavedTemplateWithWarnings]:
    """The same `Idempotency-Key` gives the same template; 409 if that was another one."""
    by = caller(router, "rules:write")
    template = wired().manage_templates.create(body, seed=f"{by}#{seed(idempotency_key)}", by=by)
    saved = SavedTemplateWithWarnings.of_saved(renderer_of(router, lang), template)
    return reply(saved, 201, version=template.version, location=f"/v1/templates/{template.id}")


@router.get("/templates", summary="List templates", tags=["templates"], responses=answers("Some of the templates."))
def list_templates(limit: Limit = 50, cursor: Cursor = None) -> Response[TemplatePage]:
    """By id."""
    caller(router, "rules:read")
    return reply(TemplatePage.of(wired().manage_templates.list(limit=limit, cursor=cursor)))


@router.post(
    "/templates/preview", summary="Preview a template that is not stored", tags=["templates"], responses=_PREVIEWED
)
def preview_draft(body: DraftPreviewBody, lang: Lang = "") -> Response[PreviewedMessage]:
    """Nothing is sent or stored. For a `record`, an `event` or `fields` the key needs `records:read` too."""
    _may_preview(body)
    return reply(PreviewedMessage.of(renderer_of(router, lang), wired().preview_template.draft(body)))


@router.get(
    "/templates/<template_id>",
    summary="Read a template",
    tags=["templates"],
    responses=answers("The template.", "ETag"),
)
def read(template_id: Id) -> Response[SavedTemplate]:
    """The current version, which is the ETag."""
    caller(router, "rules:read")
    template = wired().manage_templates.get(template_id)
    return reply(SavedTemplate.of(template), version=template.version)


@router.put("/templates/<template_id>", summary="Replace a template", tags=["templates"], responses=_SAVED)
def replace(
    template_id: Id, body: TemplateBody, lang: Lang = "", if_match: IfMatch = None
) -> Response[SavedTemplateWithWarnings]:
    """A new version. Jobs that are sent from now on use it, also those of runs under way."""
    by = caller(router, "rules:write")
    template = wired().manage_templates.replace(template_id, body, version=wanted_version(if_match), by=by)
    return reply(SavedTemplateWithWarnings.of_saved(renderer_of(router, lang), template), version=template.version)


@router.delete("/templates/<template_id>", summary="Delete a template", tags=["templates"], responses=GONE)
def delete(template_id: Id, if_match: IfMatch = None) -> Response[str]:
    """Refused while rules name it."""
    caller(router, "rules:write")
    wired().manage_templates.delete(template_id, version=wanted_version(if_match))
    return nothing()


@router.get(
    "/templates/<template_id>/versions",
    summary="The history of a template",
    tags=["templates"],
    responses=answers("Its last versions, at most 100."),
)
def versions(template_id: Id) -> Response[TemplateVersions]:
    """Newest first, each with who saved it and when."""
    caller(router, "rules:read")
    found = wired().manage_templates.versions(template_id)
    return reply(TemplateVersions(items=[SavedTemplate.of(each) for each in found]))


@router.post("/templates/<template_id>/restore", summary="Restore a version", tags=["templates"], responses=_SAVED)
def restore(
    template_id: Id, body: RestoreRequest, lang: Lang = "", if_match: IfMatch = None
) -> Response[SavedTemplateWithWarnings]:
    """The older version becomes the newest."""
    by = caller(router, "rules:write")
    wanted = wanted_version(if_match)
    template = wired().manage_templates.restore(template_id, body.version, version=wanted, by=by)
    return reply(SavedTemplateWithWarnings.of_saved(renderer_of(router, lang), template), version=template.version)


@router.get(
    "/templates/<template_id>/uses",
    summary="List the rules that use a template",
    tags=["templates"],
    responses=answers("The ids of the rules whose current version names it."),
)
def uses(template_id: Id) -> Response[TemplateUses]:
    """By id. A template that rules use cannot be deleted."""
    caller(router, "rules:read")
    return reply(TemplateUses(rules=list(wired().manage_templates.users(template_id))))


@router.post("/templates/<template_id>/preview", summary="Preview a template", tags=["templates"], responses=_PREVIEWED)
def preview(template_id: Id, body: PreviewBody, lang: Lang = "") -> Response[PreviewedMessage]:
    """Nothing is sent. For a `record`, an `event` or `fields` the key needs `records:read` too."""
    _may_preview(body)
    return reply(PreviewedMessage.of(renderer_of(router, lang), wired().preview_template(template_id, body)))
