"""The error tree, and the handling of each error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from whenthen.domain.common import errors
from whenthen.domain.common.errors import (
    HANDLING,
    UNFORESEEN,
    Invalid,
    InvalidValue,
    OnQueue,
    Problem,
    WhenthenError,
    handling_of,
)
from whenthen.domain.common.reason_codes import NOT_OBJECT, REQUIRED


def subclasses(of: type[WhenthenError]) -> Iterator[type[WhenthenError]]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


LEAVES = [
    each for each in subclasses(WhenthenError) if not each.__subclasses__() and each.__module__ == errors.__name__
]


@pytest.mark.parametrize("error", LEAVES, ids=lambda error: error.__name__)
def test_every_error_has_a_row_of_its_own_or_of_an_ancestor(error: type[WhenthenError]) -> None:
    raised = error([Problem("a", REQUIRED())]) if issubclass(error, Invalid) else error(NOT_OBJECT())
    assert handling_of(raised) is not UNFORESEEN
    assert raised.reason


@pytest.mark.parametrize(
    ("error", "status", "on_queue"),
    [
        (errors.Malformed("x"), 400, OnQueue.DEAD_LETTER),
        (errors.Unauthenticated("x"), 401, OnQueue.DEAD_LETTER),
        (errors.Forbidden("x"), 403, OnQueue.DEAD_LETTER),
        (errors.NotFound("x"), 404, OnQueue.DEAD_LETTER),
        (errors.Conflict("x"), 409, OnQueue.DEAD_LETTER),
        (errors.Stale("x"), 412, OnQueue.DEAD_LETTER),
        (errors.TooLarge("x"), 413, OnQueue.DEAD_LETTER),
        (Invalid.field("a", "x"), 422, OnQueue.DEAD_LETTER),
        (errors.Temporary("x"), 503, OnQueue.RETRY),
        (errors.Busy("x"), 503, OnQueue.RETRY),
        (errors.Permanent("x"), 502, OnQueue.DEAD_LETTER),
        (errors.AnswerLost("x"), 504, OnQueue.DEAD_LETTER),
        (ValueError("a defect"), 500, OnQueue.RETRY),
        (KeyboardInterrupt(), 500, OnQueue.RETRY),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_has_its_status_and_queue_handling(error: BaseException, status: int, on_queue: OnQueue) -> None:
    row = handling_of(error)
    assert (row.status, row.on_queue) == (status, on_queue)


def test_only_temporary_errors_are_retried() -> None:
    retried = {error for error, row in HANDLING.items() if row.on_queue is OnQueue.RETRY}
    assert retried == {errors.Temporary}


def test_an_invalid_input_names_every_field() -> None:
    error = Invalid([Problem("steps[0].id", REQUIRED()), Problem("", NOT_OBJECT())])
    assert str(error) == "steps[0].id: field.required; value.not_object"


def test_an_invalid_value_carries_its_reason() -> None:
    error = InvalidValue(REQUIRED())
    assert (error.reason, str(error)) == (REQUIRED(), "field.required")
