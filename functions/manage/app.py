"""ANY /v1/…: the API by which admins manage rules, records, sources and runs."""

from __future__ import annotations

from typing import Any

import catalogue
import imports
import records
import rules
import runs
import settings
import sources
import views
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from replies import problem, problem_of_request, with_json

import events
from whenthen.domain.errors import NotFound, WhenthenError
from whenthen.runtime import answers
from whenthen.runtime.observability import logger, metrics

app = APIGatewayHttpResolver(enable_validation=True, strip_prefixes=[])
for part in (rules, views, records, imports, events, runs, sources, settings, catalogue):
    app.include_router(part.router, prefix="/v1")


@app.exception_handler(WhenthenError)
def refused(error: WhenthenError) -> Response[str]:
    """Every error raised on purpose, by the table of `domain.errors`."""
    logger.info("refused", **answers.told(error))
    return problem(error)


@app.exception_handler(RequestValidationError)
def misread(error: RequestValidationError) -> Response[str]:
    """A request that does not have the declared shape."""
    return problem(problem_of_request(error))


@app.not_found
def no_such_path(_: Exception) -> Response[str]:
    """A path or method that the API does not have."""
    return problem(NotFound("the API has no such path and method"))


@metrics.log_metrics
@logger.inject_lambda_context
@answers.answering
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One request of the API."""
    return app.resolve(with_json(event), context)
