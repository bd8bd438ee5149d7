"""Declare the reasons that only the API gives: paths, scopes, and requests that have not the declared shape."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

NO_SUCH_PATH = ReasonCode("request.no_such_path", "method", "path")
# An API key lacks the scope, such as rules:read.
MISSING_SCOPE = ReasonCode("api_key.missing_scope", "scope")
# The value of If-Match is no version such as "3".
NOT_A_VERSION = ReasonCode("request.not_a_version")

SCHEMA_NOT_FOUND = ReasonCode("schema.not_found", "name", "known")

# Of bodies and parameters: `least` and `most` are bounds of a number.
# A query parameter that the route does not have; `known` are those that it has.
UNEXPECTED_PARAMETER = ReasonCode("parameter.unexpected", "known")
UNEXPECTED_FIELD = ReasonCode("field.unexpected")
TOO_SMALL = ReasonCode("value.too_small", "least")
TOO_LARGE = ReasonCode("value.too_large", "most")
# The value differs in some other way from what the OpenAPI document declares; `error` is pydantic's name of it.
NOT_AS_DECLARED = ReasonCode("value.not_as_declared", "error")
