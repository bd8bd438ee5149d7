"""/v1/work: changes of many runs, made in the background."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.runs import Work, WorkPage
from whenthen.api.requests import Cursor, Id, Limit, caller
from whenthen.api.responses import answers, reply
from whenthen.runtime.wiring import wired

router = Router()

WORK = answers("The work, and how far it came.")


@router.get("/work", summary="List work", tags=["work"], responses=answers("Some of the work."))
def list_work(limit: Limit = 50, cursor: Cursor = None, lang: Lang = "") -> Response[WorkPage]:
    """Newest first, for as long as the history is kept."""
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    return reply(WorkPage.of(renderer, wired().manage_work.list(limit=limit, cursor=cursor)))


@router.get("/work/<work_id>", summary="How far work came", tags=["work"], responses=WORK)
def read(work_id: Id, lang: Lang = "") -> Response[Work]:
    """With the first 100 of the runs that could not be changed, and why."""
    caller(router, "runs:read")
    return reply(Work.of_work(renderer_of(router, lang), wired().manage_work.get(work_id)))


@router.post("/work/<work_id>/stop", summary="Stop work", tags=["work"], responses=answers("It rests."))
def stop(work_id: Id, lang: Lang = "") -> Response[Work]:
    """Runs that were changed stay so; the others are left as they are until it is resumed."""
    caller(router, "runs:write")
    return reply(Work.of_work(renderer_of(router, lang), wired().manage_work.stop(work_id)))


@router.post(
    "/work/<work_id>/resume",
    summary="Resume work",
    tags=["work"],
    responses=answers("It is under way.", status=202),
)
def resume(work_id: Id, lang: Lang = "") -> Response[Work]:
    """It goes on where it was, also if its execution was ended by hand. Each run is changed once."""
    caller(router, "runs:write")
    return reply(Work.of_work(renderer_of(router, lang), wired().manage_work.resume(work_id)), 202)
