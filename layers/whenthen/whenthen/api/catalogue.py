"""/v1/catalogue: all that a rule can be made of."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.replies import caller, reply
from whenthen.domain.rules.capabilities import reference

router = Router()


@router.get("/catalogue", summary="Events, triggers, operators and actions", tags=["catalogue"])
def read() -> Response[str]:
    """Enough to build a form from: each with a description, its data and an example."""
    caller(router, "rules:read")
    return reply(reference())
