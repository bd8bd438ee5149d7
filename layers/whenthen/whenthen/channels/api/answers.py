"""Read the answer of an API: whether the call succeeded, and the values that are saved of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.channels.api.reason_codes import ANSWER_CUT, NOT_OK, NOT_SAVED
from whenthen.domain.common.errors import Malformed, Refused
from whenthen.domain.common.json_bounds import TOO_DEEP
from whenthen.domain.connections.parameters import evaluated
from whenthen.domain.expressions.expressions import compile_expression
from whenthen.domain.records.record import check_fields
from whenthen.domain.runs.run import JobStatus, Outcome
from whenthen.ports.outgoing import MAX_ANSWER
from whenthen.ports.reason_codes import TOO_LARGE
from whenthen.sources.parsing.json_body import read_answer
from whenthen.usecases.connections.reason_codes import ANSWERED

if TYPE_CHECKING:
    from whenthen.ports.outgoing import HttpAnswer

MAX_SAVED = 20_000
"""Bytes of the values of one answer, as JSON: they stand in the run's own item."""


def outcome_of(answer: HttpAnswer, parameters: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a call that was answered with an expected status.

    parameters   of the step: `ok_if`, `save` and `remember`
    """
    result: dict[str, Any] = {"status": answer.status}
    ok_if, save, remember = (parameters.get(name) for name in ("ok_if", "save", "remember"))
    if not (ok_if or save or remember):
        return Outcome(JobStatus.DONE, ANSWERED(status=answer.status), result)
    try:
        facts = _facts(answer)
        if ok_if and not compile_expression(ok_if, "with.ok_if").holds(facts):
            return Outcome(JobStatus.FAILED, NOT_OK(status=answer.status, expression=ok_if), result)
        remembered, fields = (
            _values(each, facts, f"with.{name}") for name, each in (("remember", remember), ("save", save))
        )
        result |= {**remembered, **fields}
        _check(result)
    except Refused as error:
        return Outcome(
            JobStatus.FAILED, NOT_SAVED(status=answer.status, reason=error.reason), {"status": answer.status}
        )
    return Outcome(JobStatus.DONE, ANSWERED(status=answer.status), result, fields)


def _values(expressions: Mapping[str, str] | None, facts: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Evaluate the expressions. Raises Malformed or Invalid for what no field and no run can hold."""
    found = evaluated(expressions or {}, facts, field)
    check_fields(found, field)
    return found


def _facts(answer: HttpAnswer) -> dict[str, Any]:
    """Return what expressions see of an answer: its status, its headers in lower case, and its body.

    The body is a text unless it is JSON. Raises Malformed for one that was not read to its end.
    """
    if answer.cut:
        raise Malformed(ANSWER_CUT(most=MAX_ANSWER))
    return {"status": answer.status, "headers": dict(answer.headers), "body": body_of(answer)}


def body_of(answer: HttpAnswer) -> Any:
    """Return the body of an answer as JSON, else as text. None if it is empty. Raises Malformed: it is nested too deep.

    It is JSON if it says so, or is an object or a list: a text such as `30` of a plain gateway is no number.
    """
    if not answer.body:
        return None
    text = answer.body.decode(errors="replace")
    if "json" in answer.headers.get("content-type", "").lower() or text.lstrip()[:1] in ("{", "["):
        try:
            return read_answer(text)
        except Malformed as error:
            if error.reason.code == TOO_DEEP.code:
                raise
    return text


def _check(values: Mapping[str, Any]) -> None:
    """Raise Malformed or Invalid for values that are too large to be kept, or no values of JSON."""
    found = len(json.dumps(values).encode())
    if found > MAX_SAVED:
        raise Malformed(TOO_LARGE(most=MAX_SAVED, found=found))
