"""/v1/settings: what the installation is told, one document for each subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.models.settings import Settings, SettingsBody, shown
from whenthen.api.requests import Id, caller, seed
from whenthen.api.responses import answers, reply
from whenthen.domain.sending.limits import SUBJECT as LIMITS
from whenthen.domain.sending.switch import SUBJECT as SENDING
from whenthen.runtime.wiring import wired

if TYPE_CHECKING:
    from whenthen.usecases.control.set_limits import SetLimits
    from whenthen.usecases.control.switch_sending import SwitchSending

router = Router()


@router.get(
    "/settings/<name>",
    summary="Read settings",
    tags=["settings"],
    responses=answers("The settings; empty where every default holds."),
)
def read(name: Id) -> Response[Settings]:
    """`people`: what becomes of strangers who write. `leads`: which of Meta's forms are asked for missed leads.

    `calendar`: the time zone, country and language of rules that name none, working hours and holidays. `limits`: quiet
    hours and caps on marketing. `sending`: whether all sending is stopped. `failures`:
    when a rule that keeps failing pauses itself.
    """
    caller(router, "admin")
    return reply(shown(name, wired().manage_settings.get(name)))


@router.put("/settings/<name>", summary="Replace settings", tags=["settings"], responses=answers("The settings."))
def save(name: Id, body: SettingsBody) -> Response[Settings]:
    """In force for the next message; `sending` within some seconds.

    `sending` with `"paused": true` holds every job that reaches outside. When it is false again, they go on at a
    bounded rate, as the work of the answer's id. `limits` that are looser than before let messages go that were held,
    within a few minutes, as the work of the answer's id.
    """
    by = caller(router, "admin")
    if name not in (SENDING, LIMITS):
        return reply(shown(name, wired().manage_settings.save(name, body)))
    change: SwitchSending | SetLimits = wired().switch_sending if name == SENDING else wired().set_limits
    work = change(body, seed=seed(None), by=by)
    return reply(shown(name, {**body, "work": work.id} if work else body))
