"""Requests of another shape than declared: each error of pydantic becomes a reason, and none keeps its English."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from whenthen.api.reason_codes import NOT_AS_DECLARED, TOO_LARGE, TOO_SMALL, UNEXPECTED_FIELD
from whenthen.api.request_problems import problems_of
from whenthen.domain.common.errors import Problem
from whenthen.domain.common.reason_codes import (
    EMPTY,
    NOT_FLAG,
    NOT_LIST,
    NOT_NUMBER,
    NOT_OBJECT,
    NOT_ONE_OF,
    NOT_TEXT,
    NOT_WHOLE_NUMBER,
    REQUIRED,
    TEXT_TOO_LONG,
    TOO_MANY,
)
from whenthen.domain.common.reasons import Reason


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("x", min_length=1, max_length=5)
    flag: bool = False
    share: float = Field(0.5, allow_inf_nan=False)
    limit: int = Field(1, ge=1, le=100)
    mode: Literal["off", "shadow", "on"] = "on"
    tags: list[str] = Field(["a"], min_length=1, max_length=2)
    fields: dict[str, Any] = {}
    colour: str = Field("#fff", pattern="^#")
    part: Part | None = None


class Part(BaseModel):
    id: str


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ({"name": ""}, "name", EMPTY()),
        ({"name": "x" * 6}, "name", TEXT_TOO_LONG(count=5, found=6)),
        ({"name": 5}, "name", NOT_TEXT()),
        ({"flag": "perhaps"}, "flag", NOT_FLAG()),
        ({"flag": []}, "flag", NOT_FLAG()),
        ({"share": "half"}, "share", NOT_NUMBER()),
        ({"share": float("nan")}, "share", NOT_NUMBER()),
        ({"limit": 0}, "limit", TOO_SMALL(least=1)),
        ({"limit": 101}, "limit", TOO_LARGE(most=100)),
        ({"limit": 1.5}, "limit", NOT_WHOLE_NUMBER()),
        ({"limit": "many"}, "limit", NOT_WHOLE_NUMBER()),
        ({"mode": "loud"}, "mode", NOT_ONE_OF(options=["off", "shadow", "on"])),
        ({"tags": "a"}, "tags", NOT_LIST()),
        ({"tags": []}, "tags", EMPTY()),
        ({"tags": ["a", "b", "c"]}, "tags", TOO_MANY(count=2, found=3)),
        ({"fields": [1]}, "fields", NOT_OBJECT()),
        ({"part": 5}, "part", NOT_OBJECT()),
        ({"part": {}}, "part.id", REQUIRED()),
        ({"other": 1}, "other", UNEXPECTED_FIELD()),
        ({"colour": "red"}, "colour", NOT_AS_DECLARED(error="string_pattern_mismatch")),
    ],
)
def test_a_field_is_named_with_its_reason(body: dict[str, Any], field: str, reason: Reason) -> None:
    with pytest.raises(ValidationError) as caught:
        Body.model_validate(body)
    errors = [{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()]
    assert problems_of(RequestValidationError(errors)).problems == (Problem(field, reason),)
