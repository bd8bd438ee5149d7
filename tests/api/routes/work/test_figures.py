"""/v1/figures through the handler, after outcomes came by the stream."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.samples import event
from tests.functions.api import Api
from tests.functions.payloads import changes, failed
from tests.functions.test_publish_outcomes import DONE, OPEN, Refusing, _image, image_with
from whenthen.domain.common.errors import Temporary
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.run import Job, JobStatus

DAY = "2026-03-14"
JOBS = (
    Job(DONE.id, "hello", 0, "send_email", DONE.due, status=JobStatus.DONE, reason=Reason("mail.accepted", {}),
        finished_at=DONE.finished_at),
    Job(DONE.id, "call", 1, "call_webhook", DONE.due, status=JobStatus.FAILED,
        reason=Reason("webhook.answered", {"status": 404}), finished_at=DONE.finished_at),
)  # fmt: skip


def _told(api: Api, *, times: int = 1) -> None:
    ending = changes((_image(OPEN), image_with(DONE, JOBS)))
    for _ in range(times):
        assert failed(api.stack.invoke("publish_outcomes", ending)) == []


def _items(api: Api, query: str) -> list[dict[str, Any]]:
    page = api.get(f"/v1/figures?from={DAY}&to={DAY}{query}")
    assert page["cursor"] is None
    items: list[dict[str, Any]] = page["items"]
    return items


def test_an_outcome_that_is_told_again_counts_once(api: Api) -> None:
    assert _items(api, "") == []
    _told(api, times=3)
    assert _items(api, "") == [
        {"day": DAY, "rule": "rule_first", "runs": {"done": 1}, "jobs": {"done": 1, "failed": 1}}
    ]


def test_figures_are_grouped_and_selected(api: Api) -> None:
    _told(api)
    assert _items(api, "&by=channel") == [
        {"day": DAY, "channel": "email", "jobs": {"done": 1}},
        {"day": DAY, "channel": "webhook", "jobs": {"failed": 1}},
    ]
    assert _items(api, "&by=code&channel=webhook") == [{"day": DAY, "code": "webhook.answered", "jobs": {"failed": 1}}]
    assert _items(api, "&rule=rule_first&channel=email") == [{"day": DAY, "rule": "rule_first", "jobs": {"done": 1}}]
    assert _items(api, "&rule=rule_other") == []


def test_a_batch_that_failed_after_it_was_published_counts_once(api: Api) -> None:
    """The bus refuses for a while: nothing is counted before the outcome is published."""
    api.has_rule(trigger={"after_rule": ["rule_first"]}, mode="on", kind=None)
    api.stack.wiring("manage").runs.start(OPEN, event(), (), enrolment_key=None)
    bus = api.stack.adapters.get("bus")
    api.stack.adapters["bus"] = Refusing(Temporary(Reason("sample.why", {"word": "throttled"})))
    assert failed(api.stack.invoke("publish_outcomes", changes((_image(OPEN), image_with(DONE, JOBS)))))
    assert _items(api, "") == []
    if bus is None:
        del api.stack.adapters["bus"]
    _told(api)
    assert [each["runs"] for each in _items(api, "")] == [{"done": 1}]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("from=2026-03-15&to=2026-03-14", 422, "from"),
        ("from=2020-01-01&to=2026-03-14", 422, "from"),
        ("from=yesterday", 422, "from"),
        ("to=14.3.2026", 422, "to"),
        ("by=weather", 422, "by"),
        ("since=2026-03-14", 400, "since"),
        (f"to={DAY}&cursor=nonsense", 422, "cursor"),
    ],
)
def test_what_cannot_be_asked_is_refused(api: Api, query: str, status: int, field: str) -> None:
    answer = api.call("GET", f"/v1/figures?{query}")
    assert (answer.status, answer.fields) == (status, [field])
