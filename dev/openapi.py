"""docs/openapi.json from the routes of whenthen.api. Needs the environment of the tests.

python -m dev.openapi           write it
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dev.openapi_answers import ANSWERS, PROBLEMS, SCHEMAS, Answer
from dev.paths import ROOT

OPENAPI = ROOT / "docs" / "openapi.json"
VERSION = "1"
DESCRIPTION = (
    "When something happens to a customer, and conditions hold, then do these things. Every error is a problem "
    "document (RFC 9457). Lists go on where their `cursor` says."
)

Document = dict[str, Any]


def document() -> Document:
    """The API's description. Raises KeyError for a route that `openapi_answers` has no answer for."""
    resolver = _resolver()
    found: Document = resolver.get_openapi_schema(
        title="whenthen", version=VERSION, description=DESCRIPTION
    ).model_dump(by_alias=True, exclude_none=True, mode="json")
    # Where the stack is deployed is nobody's to say here; which key is asked for, everybody's.
    del found["servers"]
    found["security"] = [{"key": []}]
    shapes = found["components"]["schemas"]
    own = {name: shape for name, shape in shapes.items() if "ValidationError" not in name}
    found["components"] = {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}},
        "schemas": dict(sorted({**own, **SCHEMAS}.items())),
        "responses": PROBLEMS,
    }
    found["paths"] = dict(sorted(found["paths"].items()))
    functions = {(route.method.lower(), route.openapi_path): route.func for route in _routes(resolver)}
    for method, path, operation in _operations(found):
        function, (tag,) = functions[method, path], operation["tags"]
        operation["operationId"] = f"{tag}.{function.__name__.removesuffix(f'_{tag}')}"
        operation["description"] = " ".join(function.__doc__.split())
        operation["responses"] = _responses(ANSWERS[method, path])
    return found


def text() -> str:
    """The description as the file holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _responses(answer: Answer) -> Document:
    right: Document = {"description": answer.description}
    if answer.headers:
        right["headers"] = {name: {"schema": {"type": "string"}} for name in answer.headers}
    if answer.schema is not None:
        right["content"] = {"application/json": {"schema": answer.schema}}
    wrong = {status: {"$ref": f"#/components/responses/{status}"} for status in PROBLEMS}
    return {str(answer.status): right, **wrong}


def _operations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, Document]]:
    for path, item in found["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def _routes(resolver: Any) -> list[Any]:
    return [*resolver._static_routes, *resolver._dynamic_routes]  # noqa: SLF001 - nothing else tells of docstrings


def _resolver() -> Any:
    """The routes of whenthen.api. Imported here: the check's environment has no Powertools."""
    from whenthen.api.app import app  # noqa: PLC0415 - see above

    return app


if __name__ == "__main__":
    OPENAPI.write_text(text(), encoding="utf-8")
    print(f"wrote {OPENAPI.relative_to(ROOT)}")
