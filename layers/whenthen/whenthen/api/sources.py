"""/v1/sources: the systems that may post to /hooks/{source}, and how their bodies become events."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.replies import caller, reply
from whenthen.api.shapes import Document, Id, lead_form_document, rejection_document
from whenthen.api.trials import trial_document
from whenthen.runtime.wiring import wired

router = Router()


@router.put("/sources/<name>", summary="Configure a source", tags=["sources"])
def save(name: Id, body: Document) -> Response[str]:
    """A `secret` in the body is kept in Secrets Manager; a new source without one gets one, which is shown once."""
    caller(router, "admin")
    return reply(wired().manage_sources.save(name, body))


@router.get("/sources/<name>", summary="Read a source", tags=["sources"])
def read(name: Id) -> Response[str]:
    """Without its secrets."""
    caller(router, "admin")
    return reply(wired().manage_sources.get(name))


@router.get("/sources", summary="List sources", tags=["sources"])
def list_sources() -> Response[str]:
    """By name, without their secrets."""
    caller(router, "admin")
    return reply({"items": wired().manage_sources.list()})


@router.post("/sources/<name>/try", summary="Try a source on a sample", tags=["sources"])
def try_sample(name: Id, body: Document) -> Response[str]:
    """`body` or `raw`, with `headers`, as the saved source would read it, or the one in `source`. Nothing is kept."""
    caller(router, "admin")
    return reply(trial_document(wired().try_source(name, body)))


@router.get("/sources/<name>/refused", summary="What a source sent in vain", tags=["sources"])
def refused(name: Id) -> Response[str]:
    """Its last deliveries that were refused or that no mapping took, newest first; secrets in them are masked."""
    caller(router, "admin")
    wired().manage_sources.get(name)
    return reply({"items": [rejection_document(each) for each in wired().rejections.last(name)]})


@router.get("/sources/meta/forms", summary="Which of Meta's forms are compared", tags=["sources"])
def lead_forms() -> Response[str]:
    """The forms that are asked for leads whose webhook was lost: those of earlier leads, and those of the settings."""
    caller(router, "admin")
    return reply({"items": [lead_form_document(form) for form in wired().lead_forms.all()]})
