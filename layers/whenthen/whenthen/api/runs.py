"""/v1/runs: what the rules did."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.replies import caller, reply
from whenthen.api.shapes import Cursor, Id, Limit, Text
from whenthen.api.speaking import Lang, renderer_of, told_run, told_state
from whenthen.runtime.wiring import wired

router = Router()


@router.get("/runs", summary="List runs", tags=["runs"])
def list_runs(
    rule: Text = "", record: Text = "", status: Text = "", limit: Limit = 50, cursor: Cursor = None, lang: Lang = ""
) -> Response[str]:
    """Of a rule, about a record (such as lead:42), or with a status; newest first."""
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    page = wired().read_history.list(rule=rule, record=record, status=status, limit=limit, cursor=cursor)
    return reply({"items": [told_run(renderer, run) for run in page.items], "cursor": page.cursor})


@router.get("/runs/<run_id>", summary="Read a run", tags=["runs"])
def read(run_id: Id, lang: Lang = "") -> Response[str]:
    """With its event and each step's outcome and reason, in plain words too."""
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    return reply(told_state(renderer, wired().read_history.run(run_id)))


@router.post("/runs/<run_id>/stop", summary="Stop a run", tags=["runs"])
def stop(run_id: Id, lang: Lang = "") -> Response[str]:
    """What was done stays done; what is still to come does not happen."""
    by = caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    return reply(told_state(renderer, wired().stop_run(run_id, by=by)))
