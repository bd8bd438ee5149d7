"""Hold answers of the API against docs/openapi.json: their status, their headers, and the schema of their body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from dev.openapi import OPENAPI

_URI = "urn:openapi"


@cache
def committed() -> Any:
    """The document as it is committed."""
    return json.loads(OPENAPI.read_text(encoding="utf-8"))


@cache
def _registry() -> Any:
    return Registry().with_resource(_URI, Resource(contents=committed(), specification=DRAFT202012))


def _validator(place: str) -> Any:
    return Draft202012Validator({"$ref": f"{_URI}#{place}"}, registry=_registry())


def faults_of(name: str, value: Any) -> list[str]:
    """Where a value does not have the shape of a component."""
    return _faults(f"/components/schemas/{name}", value)


def _faults(place: str, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in _validator(place).iter_errors(value)]


def path_of(target: str) -> str | None:
    """The path of the document that an address stands for: `/v1/rules/{rule_id}`. None if there is none."""
    address = target.partition("?")[0]
    paths = committed()["paths"]
    if address in paths:
        return address
    return next((path for path in paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), address)), None)


def check(method: str, target: str, status: int, headers: Mapping[str, str], document: Any) -> None:
    """Fail if the document does not declare such an answer. An unknown path or method must answer a problem."""
    path = path_of(target)
    operation = committed()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        assert status >= 400
        assert faults_of("Problem", document) == []
        return
    place = f"/paths/{path.replace('/', '~1')}/{method.lower()}/responses/{status}" if path else ""
    declared = operation["responses"][str(status)]
    if "$ref" in declared:
        place = declared["$ref"].removeprefix("#")
        declared = committed()["components"]["responses"][str(status)]
    assert {name.lower() for name in declared.get("headers", {})} <= headers.keys(), (method, target)
    assert ("content" in declared) == (document is not None), (method, target)
    for content_type in declared.get("content", {}):
        assert headers["content-type"] == content_type
        assert _faults(f"{place}/content/{content_type.replace('/', '~1')}/schema", document) == [], (method, target)
