"""A line of the log says what nothing else does."""

from __future__ import annotations

import io
import json

import pytest

from tests.functions.payloads import CONTEXT
from whenthen.runtime.observability import logger, noted


def test_a_line_leaves_out_what_its_log_group_says(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)

    @logger.inject_lambda_context
    def handler(_: object, __: object) -> None:
        noted("job", "done", run_id="run_1", code=None)

    handler({}, CONTEXT)
    (line,) = [json.loads(line) for line in written.getvalue().splitlines()]
    assert line.keys() == {
        "level",
        "message",
        "timestamp",
        "service",
        "function_request_id",
        "ms",
        "outcome",
        "run_id",
    } | ({"receives"} & line.keys())
