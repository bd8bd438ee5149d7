"""/v1/runs: what the rules did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.languages import Lang, renderer_of
from whenthen.api.models.runs import RunPage, RunSelectionBody, RunWithJobs, SkippedStep, Work
from whenthen.api.models.work.retries import RunRetryBody
from whenthen.api.requests import Converted, Cursor, Id, IdempotencyKey, Limit, Text, caller, seed
from whenthen.api.responses import answers, reply
from whenthen.api.visibility import Sight
from whenthen.domain.work.work import RunChange
from whenthen.runtime.wiring import wired

if TYPE_CHECKING:
    from whenthen.api.rendering.renderer import Renderer
    from whenthen.ports.values import RunState

router = Router()

STATE = answers("The run with its event and jobs.")
BEGUN = answers("It begins.", "Location", status=202)


@router.get("/runs", summary="List runs", tags=["runs"], responses=answers("Some of the runs."))
def list_runs(
    rule: Text = "",
    record: Text = "",
    status: Text = "",
    converted: Converted = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    lang: Lang = "",
) -> Response[RunPage]:
    """Of a rule, about a record (such as lead:42), or with a status; newest first."""
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    page = wired().read_history.list(
        rule=rule, record=record, status=status, converted=converted, limit=limit, cursor=cursor
    )
    return reply(RunPage.of(renderer, Sight.of(router).runs(page)))


@router.post("/runs/stop", summary="Stop many runs", tags=["runs"], responses=BEGUN)
def stop_many(body: RunSelectionBody, lang: Lang = "", idempotency_key: IdempotencyKey = None) -> Response[Work]:
    """All open runs of a `rule`, of a `record`, or with a `status`, in the background: see the work of this id."""
    return _begun(RunChange.STOP, body, lang, idempotency_key)


@router.post("/runs/pause", summary="Pause many runs", tags=["runs"], responses=BEGUN)
def pause_many(body: RunSelectionBody, lang: Lang = "", idempotency_key: IdempotencyKey = None) -> Response[Work]:
    """As to pause each of them: a step under way ends, and nothing else begins until they are resumed."""
    return _begun(RunChange.PAUSE, body, lang, idempotency_key)


@router.post("/runs/resume", summary="Resume many paused runs", tags=["runs"], responses=BEGUN)
def resume_many(body: RunSelectionBody, lang: Lang = "", idempotency_key: IdempotencyKey = None) -> Response[Work]:
    """As to resume each of them, whoever paused it. `{"status": "paused"}` resumes all."""
    return _begun(RunChange.RESUME, body, lang, idempotency_key)


@router.post("/runs/retry", summary="Try many failed runs again", tags=["runs"], responses=BEGUN)
def retry_many(body: RunRetryBody, lang: Lang = "", idempotency_key: IdempotencyKey = None) -> Response[Work]:
    """Runs that failed go on from the step that failed, in the background: see the work of this id.

    Their steps are tried as if for the first time, and what follows them happens. A run that an event would have
    stopped meanwhile stays as it is. `"status": "unknown"` tries again what may have been sent.
    """
    by = caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    work = wired().manage_work.retry(body, seed=f"{RunChange.RETRY}#{seed(idempotency_key)}", by=by)
    return reply(Work.of_work(renderer, work), 202, location=f"/v1/work/{work.id}")


def _begun(change: RunChange, body: Mapping[str, Any], lang: str, idempotency_key: str | None) -> Response[Work]:
    by = caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    work = wired().manage_work.ask(change, body, seed=f"{change}#{seed(idempotency_key)}", by=by)
    return reply(Work.of_work(renderer, work), 202, location=f"/v1/work/{work.id}")


@router.get("/runs/<run_id>", summary="Read a run", tags=["runs"], responses=STATE)
def read(run_id: Id, lang: Lang = "") -> Response[RunWithJobs]:
    """With its event and each step's outcome and reason, in plain words too; with what the run waits for and until
    when, and the steps that are to come.

    Without the scope `records:read`, the event has no data, and reasons name no values.
    """
    caller(router, "runs:read")
    renderer = renderer_of(router, lang)
    return reply(_shown(renderer, wired().read_history.run(run_id)))


@router.post("/runs/<run_id>/stop", summary="Stop a run", tags=["runs"], responses=STATE)
def stop(run_id: Id, lang: Lang = "") -> Response[RunWithJobs]:
    """Stop a run. Its finished steps stay done; the steps still to come do not happen."""
    by = caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    return reply(_shown(renderer, wired().stop_run(run_id, by=by)))


@router.post("/runs/<run_id>/pause", summary="Pause a run", tags=["runs"], responses=STATE)
def pause(run_id: Id, lang: Lang = "") -> Response[RunWithJobs]:
    """A step under way ends; nothing else begins until the run is resumed. 409 for a run that has its outcome."""
    by = caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    return reply(_shown(renderer, wired().pause_run(run_id, by=by)))


@router.post("/runs/<run_id>/skip", summary="Skip a step of a run", tags=["runs"], responses=STATE)
def skip(run_id: Id, body: SkippedStep, lang: Lang = "") -> Response[RunWithJobs]:
    """Skip a step that has not begun: at once if it is due. 409 if it has begun, or the run is over."""
    by = caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    return reply(_shown(renderer, wired().skip_step(run_id, body.step, by=by)))


@router.post("/runs/<run_id>/resume", summary="Resume a paused run", tags=["runs"], responses=STATE)
def resume(run_id: Id, lang: Lang = "") -> Response[RunWithJobs]:
    """A wait that was over meanwhile ends now, and later waits count from now. 409 for a run that has its outcome."""
    caller(router, "runs:write")
    renderer = renderer_of(router, lang)
    return reply(_shown(renderer, wired().resume_run(run_id)))


def _shown(renderer: Renderer, state: RunState) -> RunWithJobs:
    sight, rule = Sight.of(router), wired().read_history.rule_of(state.run)
    return RunWithJobs.of_state(renderer, sight.state(state), rule, sight.shown_reason, said=sight.conditions)
