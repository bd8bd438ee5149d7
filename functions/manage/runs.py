"""/v1/runs: what the rules did."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from replies import caller, reply
from shapes import Cursor, Id, Limit, Text, run_document, state_document

from whenthen.runtime.wiring import wired

router = Router()


@router.get("/runs", summary="List runs", tags=["runs"])
def list_runs(
    rule: Text = "", record: Text = "", status: Text = "", limit: Limit = 50, cursor: Cursor = None
) -> Response[str]:
    """Of a rule, about a record (such as lead:42), or with a status; newest first."""
    caller(router, "runs:read")
    page = wired().read_history.list(rule=rule, record=record, status=status, limit=limit, cursor=cursor)
    return reply({"items": [run_document(run) for run in page.items], "cursor": page.cursor})


@router.get("/runs/<run_id>", summary="Read a run", tags=["runs"])
def read(run_id: Id) -> Response[str]:
    """With its event and each step's outcome and reason."""
    caller(router, "runs:read")
    return reply(state_document(wired().read_history.run(run_id)))


@router.post("/runs/<run_id>/stop", summary="Stop a run", tags=["runs"])
def stop(run_id: Id) -> Response[str]:
    """What was done stays done; what is still to come does not happen."""
    by = caller(router, "runs:write")
    return reply(state_document(wired().stop_run(run_id, by=by)))
