"""/v1/catalogue: all that a rule can be made of, and the schemas of what admins write."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from whenthen.api.models.catalogue import Catalogue
from whenthen.api.reason_codes import SCHEMA_NOT_FOUND
from whenthen.api.requests import caller
from whenthen.api.responses import answers, reply
from whenthen.api.schemas import SCHEMAS, schema_of
from whenthen.domain.common.errors import NotFound

router = Router()

Name = Annotated[str, Path(max_length=200, description=f"One of {', '.join(SCHEMAS)}.")]


@router.get(
    "/catalogue",
    summary="Events, triggers, operators and actions",
    tags=["catalogue"],
    responses=answers("All that a rule can be made of."),
)
def read() -> Response[Catalogue]:
    """Enough to build a form from: each with a description, its data and an example."""
    caller(router, "rules:read")
    return reply(Catalogue.of_all())


@router.get(
    "/catalogue/schemas/<name>",
    summary="The JSON Schema of a rule, a view or a source",
    tags=["catalogue"],
    responses=answers("A JSON Schema (draft 2020-12)."),
)
def schema(name: Name) -> Response[dict[str, Any]]:
    """For editors that complete and check a document, and for forms."""
    caller(router, "rules:read")
    if name not in SCHEMAS:
        raise NotFound(SCHEMA_NOT_FOUND(name=name, known=list(SCHEMAS)))
    return reply(schema_of(name))
