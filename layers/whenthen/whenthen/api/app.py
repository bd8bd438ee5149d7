"""ANY /v1/…: the API by which admins manage rules, records, sources and runs."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from whenthen.api import catalogue, events, imports, records, rules, runs, settings, sources, views
from whenthen.api.rendering.renderer import Renderer
from whenthen.api.replies import problem, problem_of_request, with_json
from whenthen.api.speaking import renderer_for
from whenthen.domain.common.errors import NotFound, WhenthenError
from whenthen.runtime import http_responses
from whenthen.runtime.observability import loggable, logger, metrics

app = APIGatewayHttpResolver(enable_validation=True, strip_prefixes=[])
for part in (rules, views, records, imports, events, runs, sources, settings, catalogue):
    app.include_router(part.router, prefix="/v1")


@app.exception_handler(WhenthenError)
def refused(error: WhenthenError) -> Response[str]:
    """Every error raised on purpose, by the table of `domain.common.errors`."""
    logger.info("refused", **loggable(error))
    return problem(error, _renderer())


@app.exception_handler(RequestValidationError)
def misread(error: RequestValidationError) -> Response[str]:
    """A request that does not have the declared shape."""
    return problem(problem_of_request(error), _renderer())


@app.not_found
def no_such_path(_: Exception) -> Response[str]:
    """A path or method that the API does not have."""
    return problem(NotFound("the API has no such path and method"), _renderer())


def _renderer() -> Renderer:
    request = app.current_event.raw_event
    return renderer_for(request, (request.get("queryStringParameters") or {}).get("lang", ""))


@metrics.log_metrics
@logger.inject_lambda_context
@http_responses.answering
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One request of the API."""
    return app.resolve(with_json(event), context)
