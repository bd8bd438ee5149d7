"""ANY /v1/…: the API by which admins manage rules, records, sources and runs."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from whenthen.api.languages import renderer_for
from whenthen.api.reason_codes import NO_SUCH_PATH
from whenthen.api.rendering.renderer import Renderer
from whenthen.api.request_problems import problems_of
from whenthen.api.requests import check_authenticated, check_query, with_json
from whenthen.api.responses import dumps, problem
from whenthen.domain.common.errors import NotFound, WhenthenError
from whenthen.runtime import http_responses
from whenthen.runtime.observability import loggable, logger, metrics

app = APIGatewayHttpResolver(enable_validation=True, serializer=dumps, strip_prefixes=[])
app.use(middlewares=[check_query])

RESOURCES = (
    "rules", "views", "templates", "connections", "records", "imports", "events", "runs", "work", "enrolments",
    "sources", "settings", "channels", "figures", "catalogue", "notices",
)  # fmt: skip
"""The modules of `api.routes`, named after their resources.

Each is loaded, with its models, when a request first names its resource.
"""

_APART = {
    **{name: f"work.{name}" for name in ("channels", "figures", "work")},
    **{name: f"outside.{name}" for name in ("connections", "sources")},
}
"""Those of them that are in a package of their own."""


@cache
def include(resource: str) -> None:
    """Add the routes of a resource."""
    app.include_router(import_module(f"whenthen.api.routes.{_APART.get(resource, resource)}").router, prefix="/v1")


def whole() -> APIGatewayHttpResolver:
    """Return the API with the routes of all resources, as its description needs them."""
    for resource in RESOURCES:
        include(resource)
    return app


@app.exception_handler(WhenthenError)
def refused(error: WhenthenError) -> Response[str]:
    """Answer an error that was raised on purpose, by the table of `domain.common.errors`."""
    logger.info("refused", **loggable(error))
    return problem(error, _renderer())


@app.exception_handler(RequestValidationError)
def misread(error: RequestValidationError) -> Response[str]:
    """Answer a request that has not the declared shape."""
    return problem(problems_of(error), _renderer())


@app.not_found
def no_such_path(_: Exception) -> Response[str]:
    """Answer a request for a path or method that the API does not have."""
    http = app.current_event.raw_event["requestContext"]["http"]
    return problem(NotFound(NO_SUCH_PATH(method=http["method"], path=http["path"])), _renderer())


def _renderer() -> Renderer:
    request = app.current_event.raw_event
    return renderer_for(request, (request.get("queryStringParameters") or {}).get("lang", ""))


@metrics.log_metrics
@logger.inject_lambda_context
@http_responses.answering
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of the API."""
    check_authenticated(event)
    for resource in RESOURCES:
        if resource in event["rawPath"]:
            include(resource)
    return app.resolve(with_json(event), context)
