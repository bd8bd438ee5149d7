"""/v1/settings: what the installation is told, one document for each subject."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from whenthen.api.replies import caller, reply
from whenthen.api.shapes import Document, Id
from whenthen.runtime.wiring import wired

router = Router()


@router.get("/settings/<name>", summary="Read settings", tags=["settings"])
def read(name: Id) -> Response[str]:
    """`people`: what becomes of strangers who write. `leads`: which of Meta's forms are asked for missed leads."""
    caller(router, "admin")
    return reply(wired().manage_settings.get(name))


@router.put("/settings/<name>", summary="Replace settings", tags=["settings"])
def save(name: Id, body: Document) -> Response[str]:
    """In force for the next message."""
    caller(router, "admin")
    return reply(wired().manage_settings.save(name, body))
