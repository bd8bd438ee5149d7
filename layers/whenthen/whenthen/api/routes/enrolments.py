"""/v1/enrolments: rules that are started for all records of a view, in the background."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.work.enrolments import Enrolment, EnrolmentPage
from whenthen.api.requests import Cursor, Id, Limit, Text, caller
from whenthen.api.responses import answers, reply
from whenthen.runtime.wiring import wired

router = Router()


@router.get("/enrolments", summary="List enrolments", tags=["enrolments"], responses=answers("Some of the enrolments."))
def list_enrolments(
    rule: Text = "", limit: Limit = 50, cursor: Cursor = None, lang: Lang = ""
) -> Response[EnrolmentPage]:
    """All, or those of a `rule`; newest first, for as long as the history is kept."""
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    page = wired().manage_enrolments.list(rule=rule or None, limit=limit, cursor=cursor)
    return reply(EnrolmentPage.of(renderer, page))


@router.get(
    "/enrolments/<enrolment_id>",
    summary="How far an enrolment came",
    tags=["enrolments"],
    responses=answers("The enrolment, with what became of its records so far."),
)
def read(enrolment_id: Id, lang: Lang = "") -> Response[Enrolment]:
    """By the id that `POST /v1/rules/{id}/run` or a switch with `existing` answered. A record is done once it is known
    whether it entered."""
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    return reply(Enrolment.of(renderer, wired().manage_enrolments.get(enrolment_id)))


@router.post(
    "/enrolments/<enrolment_id>/pause",
    summary="Pause an enrolment",
    tags=["enrolments"],
    responses=answers("It rests."),
)
def pause(enrolment_id: Id, lang: Lang = "") -> Response[Enrolment]:
    """Records that have not entered wait until it is resumed, also those on their way in. 409 if it is over."""
    by = caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    return reply(Enrolment.of(renderer, wired().manage_enrolments.pause(enrolment_id, by=by)))


@router.post(
    "/enrolments/<enrolment_id>/resume",
    summary="Go on with an enrolment",
    tags=["enrolments"],
    responses=answers("It is under way.", status=202),
)
def resume(enrolment_id: Id, lang: Lang = "") -> Response[Enrolment]:
    """Where it was paused, or where its work was broken off. Each record enters once. 409 if it is over."""
    caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    return reply(Enrolment.of(renderer, wired().manage_enrolments.resume(enrolment_id)), 202)


@router.post(
    "/enrolments/<enrolment_id>/stop",
    summary="Stop an enrolment",
    tags=["enrolments"],
    responses=answers("It is over."),
)
def stop(enrolment_id: Id, lang: Lang = "") -> Response[Enrolment]:
    """Records that have not entered never will; runs that it started go on. 409 if it is over."""
    by = caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    return reply(Enrolment.of(renderer, wired().manage_enrolments.stop(enrolment_id, by=by)))
