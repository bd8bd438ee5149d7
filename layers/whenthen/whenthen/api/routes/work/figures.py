"""/v1/figures: how many runs and jobs ended how, by day."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from whenthen.api.models.work.figures import FiguresPage
from whenthen.api.requests import Cursor, Text, caller
from whenthen.api.responses import answers, reply
from whenthen.domain.figures.figure import By
from whenthen.runtime.wiring import wired

router = Router()

First = Annotated[date | None, Query(alias="from", description="The first day, in UTC. By default, a week is shown.")]
Last = Annotated[date | None, Query(alias="to", description="The last day, in UTC. By default today.")]
Group = Annotated[By, Query(description="What the figures are grouped by.")]


@router.get(
    "/figures",
    summary="Count outcomes by day",
    tags=["figures"],
    responses=answers("Some of the figures."),
)
def read(
    first: First = None,
    last: Last = None,
    by: Group = By.RULE,
    rule: Text = "",
    channel: Text = "",
    cursor: Cursor = None,
) -> Response[FiguresPage]:
    """By rule, channel or code, newest day first. A run counts once it has its outcome, and its jobs with it.

    Kept for 400 days. A run that goes on after it failed counts again when it ends. Shadows are left out.
    """
    caller(router, "runs:read")
    page = wired().read_figures(first, last, by, rule=rule, channel=channel, cursor=cursor)
    return reply(FiguresPage.of(page, by))
