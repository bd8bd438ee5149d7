"""Events, and their form as CloudEvents."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common.errors import Invalid, Malformed, Problem, WhenthenError
from whenthen.domain.common.reason_codes import EMPTY, NOT_COUNT, NOT_OBJECT, NOT_TEXT, NOT_TEXT_LIST, REQUIRED
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import (
    BAD_TIME,
    BEYOND_CALENDAR,
    MAX_CAUSES,
    NO_OFFSET,
    NOT_A_CHANGE,
    NOT_AN_EVENT,
    Cause,
    Change,
    Event,
    format_time,
    from_json,
    parse_time,
    to_json,
)
from whenthen.domain.events.trace import derived

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
MINIMAL: dict[str, Any] = {"id": "1", "source": "s", "type": "lead.created", "time": "2026-03-14T09:30:00Z"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=5), json_values, max_size=3)
milliseconds = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
)
events = st.builds(
    Event,
    id=st.text(min_size=1, max_size=9),
    source=st.text(min_size=1, max_size=9),
    type=st.just("lead.updated"),
    time=milliseconds,
    subject=st.none() | st.just("lead:1"),
    identities=st.lists(st.text(max_size=9), max_size=3).map(tuple),
    data=objects,
    changes=st.dictionaries(st.text(max_size=5), st.builds(Change, json_values, json_values), max_size=3),
    origin=st.sampled_from(["human", "api", "rule:1"]),
    cause=st.builds(
        Cause,
        st.lists(st.text(max_size=9), min_size=1, max_size=3).map(tuple),
        st.integers(1, 99),
        message=st.text(max_size=9),
    ),
)


@given(events)
def test_an_event_comes_back_from_its_json_as_it_was(event: Event) -> None:
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


def test_absent_attributes_are_absent_in_json() -> None:
    document = to_json(Event("1", "s", "lead.created", NOW))
    assert document == {
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": "lead.created",
        "time": "2026-03-14T09:30:00.000Z",
        "datacontenttype": "application/json",
        "origin": "api",
        "traceparent": derived("1"),
        "data": {},
    }


@pytest.mark.parametrize("document", [None, [], "event", 5])
def test_an_event_must_be_an_object(document: Any) -> None:
    with pytest.raises(Malformed) as error:
        from_json(document)
    assert error.value.reason == NOT_AN_EVENT()


@pytest.mark.parametrize(
    ("part", "problems"),
    [
        ({"id": ""}, {"id": EMPTY()}),
        ({"id": 5, "source": None, "type": []}, {"id": NOT_TEXT(), "source": REQUIRED(), "type": NOT_TEXT()}),
        ({"time": None}, {"time": BAD_TIME()}),
        ({"time": "2026-03-14"}, {"time": NO_OFFSET()}),
        ({"time": "2026-03-14T09:30:00"}, {"time": NO_OFFSET()}),
        ({"time": "0001-01-01T00:00:00+14:00"}, {"time": BEYOND_CALENDAR()}),
        ({"time": 1773480600}, {"time": BAD_TIME()}),
        ({"data": [], "changes": 1}, {"data": NOT_OBJECT(), "changes": NOT_OBJECT()}),
        ({"changes": {"status": "new"}}, {"changes.status": NOT_A_CHANGE()}),
        ({"identities": "phone#+1"}, {"identities": NOT_TEXT_LIST()}),
        ({"identities": [1]}, {"identities": NOT_TEXT_LIST()}),
        ({"subject": 4711}, {"subject": NOT_TEXT()}),
        ({"cause": "me"}, {"cause": NOT_OBJECT()}),
        ({"cause": {"runs": "run_1", "depth": "deep"}}, {"cause.runs": NOT_TEXT_LIST(), "cause.depth": NOT_COUNT()}),
        ({"cause": {"runs": [1], "depth": -1}}, {"cause.runs": NOT_TEXT_LIST(), "cause.depth": NOT_COUNT()}),
        ({"cause": {"depth": True}}, {"cause.depth": NOT_COUNT()}),
        ({"cause": {"depth": 1, "root": 7, "message": ["m"]}}, {"cause.root": NOT_TEXT(), "cause.message": NOT_TEXT()}),
    ],
    ids=str,
)
def test_every_problem_of_an_event_is_reported_by_its_field(part: dict[str, Any], problems: dict[str, Reason]) -> None:
    with pytest.raises(Invalid) as caught:
        from_json({**MINIMAL, **part})
    assert caught.value.problems == tuple(Problem(field, reason) for field, reason in problems.items())


@given(
    name=st.sampled_from(["id", "time", "data", "changes", "identities", "subject", "origin", "cause"]),
    value=json_values,
)
def test_any_document_from_the_bus_is_an_event_or_refused(name: str, value: Any) -> None:
    try:
        event = from_json({**MINIMAL, name: value})
    except WhenthenError:
        return
    to_json(event)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_a_time_with_any_offset_is_the_same_moment(naive: datetime, minutes: int) -> None:
    time = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_time(time.isoformat(), "time") == time


@given(milliseconds, milliseconds)
def test_written_times_sort_as_the_times_do(one: datetime, other: datetime) -> None:
    assert (format_time(one) < format_time(other)) == (one < other)


def test_a_chain_of_causes_keeps_its_depth_and_its_newest_runs() -> None:
    cause = Cause()
    for number in range(MAX_CAUSES + 8):
        cause = cause.then(f"run_{number}", f"evt_{number}")
    assert (cause.depth, cause.root) == (MAX_CAUSES + 8, "evt_0")
    assert (len(cause.runs), cause.runs[-1], cause.runs[0]) == (MAX_CAUSES, f"run_{MAX_CAUSES + 7}", "run_8")


@pytest.mark.parametrize(
    ("types", "told"),
    [
        (["lead.created", "contact.updated"], ""),
        (["sms.received", "contact.updated", "rule.finished"], "evt_0"),
        (["sms.received", "contact.updated", "whatsapp.message_received", "contact.updated"], "evt_2"),
        (["lead.created", "email.delivered", "lead.updated"], "evt_1"),
        (["contact.replied"], "evt_0"),
        (["chat.message_received", "chat.assigned"], "evt_0"),
        (["emails.received", "form.submitted"], ""),
    ],
)
def test_a_chain_of_causes_names_the_last_message_in_it(types: list[str], told: str) -> None:
    cause = Cause()
    for number, event_type in enumerate(types):
        cause = Event(f"evt_{number}", "s", event_type, NOW, cause=cause).cause_of(f"run_{number}")
    assert (cause.message, cause.root, cause.depth) == (told, "evt_0", len(types))
