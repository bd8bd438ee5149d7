"""docs/openapi.json from the routes and models of whenthen.api. Needs the environment of the tests.

python -m dev.openapi           write it
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dev.openapi_schemas import resolved
from dev.paths import ROOT
from whenthen.domain.common.errors import HANDLING, AnswerLost, Permanent
from whenthen.runtime.reason_texts import ENGLISH, text_of

OPENAPI = ROOT / "docs" / "openapi.json"
VERSION = "1"
DESCRIPTION = (
    "When something happens to a customer, and conditions hold, then do these things. Every error is a problem "
    "document (RFC 9457). Lists go on where their `cursor` says."
)

_NOT_OF_THE_API = (Permanent, AnswerLost)
"""Errors of providers, which the API does not call."""

Document = dict[str, Any]

PROBLEMS: Mapping[str, Document] = {
    str(row.status): {
        "description": text_of(row.title, ENGLISH),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for error, row in sorted(HANDLING.items(), key=lambda entry: entry[1].status)
    if error not in _NOT_OF_THE_API
}


def document() -> Document:
    """The API's description."""
    resolver = _resolver()
    found: Document = resolver.get_openapi_schema(
        title="whenthen", version=VERSION, description=DESCRIPTION
    ).model_dump(by_alias=True, exclude_none=True, mode="json")
    # Where the stack is deployed is nobody's to say here; which key is asked for, everybody's.
    del found["servers"]
    found["security"] = [{"key": []}]
    found["paths"] = dict(sorted(found["paths"].items()))
    functions = {(route.method.lower(), route.openapi_path): route.func for route in _routes(resolver)}
    for method, path, operation in _operations(found):
        _describe(operation, functions[method, path])
    schemas = found.pop("components")["schemas"]
    found["paths"], components = resolved(found["paths"], schemas)
    found["components"] = {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}},
        "schemas": components,
        "responses": PROBLEMS,
    }
    return found


def text() -> str:
    """The description as the file holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _describe(operation: Document, function: Any) -> None:
    """Name an operation by its function, and put the API's problems in place of the resolver's own."""
    (tag,) = operation["tags"]
    operation["operationId"] = f"{tag}.{function.__name__.removesuffix(f'_{tag}')}"
    operation["description"] = " ".join(function.__doc__.split())
    right = {key: value for key, value in operation["responses"].items() if key.startswith("2")}
    for answer in right.values():
        if not answer.get("content"):
            answer.pop("content", None)
    problems = {key: {"$ref": f"#/components/responses/{key}"} for key in PROBLEMS}
    operation["responses"] = {**right, **problems}


def _operations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, Document]]:
    for path, item in found["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def _routes(resolver: Any) -> list[Any]:
    return [*resolver._static_routes, *resolver._dynamic_routes]  # noqa: SLF001 - nothing else tells of docstrings


def _resolver() -> Any:
    """The routes of whenthen.api. Imported here: the check's environment has no Powertools."""
    from whenthen.api.app import whole  # noqa: PLC0415 - see above

    return whole()


if __name__ == "__main__":
    OPENAPI.write_text(text(), encoding="utf-8")
    print(f"wrote {OPENAPI.relative_to(ROOT)}")
