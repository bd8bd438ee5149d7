"""/v1/sources: the systems that may post to /hooks/{source}, and how their bodies become events."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.outside.sources import (
    LeadForm,
    LeadForms,
    RejectedDeliveries,
    RejectedDelivery,
    SampleBody,
    SavedSource,
    SourceBody,
    SourceList,
    Trial,
)
from whenthen.api.requests import Id, caller
from whenthen.api.responses import answers, reply
from whenthen.runtime.wiring import wired

router = Router()


@router.put(
    "/sources/<name>",
    summary="Configure a source",
    tags=["sources"],
    responses=answers("The source; a secret that was made for it is shown."),
)
def save(name: Id, body: SourceBody) -> Response[SavedSource]:
    """A `secret` in the body is kept in Secrets Manager; a new source without one gets one, which is shown once."""
    caller(router, "admin")
    return reply(SavedSource.of(wired().manage_sources.save(name, body)))


@router.get("/sources/<name>", summary="Read a source", tags=["sources"], responses=answers("The source."))
def read(name: Id) -> Response[SavedSource]:
    """Without its secrets."""
    caller(router, "admin")
    return reply(SavedSource.of(wired().manage_sources.get(name)))


@router.get("/sources", summary="List sources", tags=["sources"], responses=answers("All sources."))
def list_sources() -> Response[SourceList]:
    """By name, without their secrets."""
    caller(router, "admin")
    return reply(SourceList(items=[SavedSource.of(each) for each in wired().manage_sources.list()]))


@router.post(
    "/sources/<name>/try",
    summary="Try a source on a sample",
    tags=["sources"],
    responses=answers("What would become of the sample."),
)
def try_sample(name: Id, body: SampleBody, lang: Lang = "") -> Response[Trial]:
    """`body` or `raw`, with `headers`, as the saved source would read it, or the one in `source`. Nothing is kept."""
    caller(router, "admin")
    renderer = renderer_of(router, lang)
    return reply(Trial.of(renderer, wired().try_source(name, body)))


@router.get(
    "/sources/<name>/refused",
    summary="What a source sent in vain",
    tags=["sources"],
    responses=answers("Its last deliveries that were refused or that no mapping took."),
)
def refused(name: Id, lang: Lang = "") -> Response[RejectedDeliveries]:
    """Its last deliveries that were refused or that no mapping took, newest first; secrets in them are masked."""
    caller(router, "admin")
    renderer = renderer_of(router, lang)
    wired().manage_sources.get(name)
    items = [RejectedDelivery.of(renderer, each) for each in wired().rejections.last(name)]
    return reply(RejectedDeliveries(items=items))


@router.get(
    "/sources/meta/forms",
    summary="Which of Meta's forms are compared",
    tags=["sources"],
    responses=answers("Every form that is known."),
)
def lead_forms(lang: Lang = "") -> Response[LeadForms]:
    """The forms that are asked for leads whose webhook was lost: those of earlier leads, and those of the settings."""
    caller(router, "admin")
    renderer = renderer_of(router, lang)
    return reply(LeadForms(items=[LeadForm.of(renderer, form) for form in wired().lead_forms.all()]))
