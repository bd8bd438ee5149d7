"""A proven body becomes events or is refused on purpose, whatever it holds; it never crashes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.sources.samples import EVENTS, sample_json
from tests.sources.webhook.events import events_of
from whenthen.domain.common.errors import Malformed, WhenthenError
from whenthen.domain.events.event import MAX_EVENT_BYTES, Event, encoded_size, from_json, to_json
from whenthen.domain.events.identities import MAX_IDENTITY_LENGTH, fits_key
from whenthen.domain.records import consent_signals as consent
from whenthen.domain.records import sender_profile
from whenthen.domain.records.record import MAX_FIELDS, check_fields
from whenthen.sources.signing.schemes import SETTINGS
from whenthen.sources.webhook.default_mappings import default_mappings
from whenthen.sources.webhook.delivery import Delivery, map_delivery
from whenthen.sources.webhook.mapping import parse_source
from whenthen.sources.webhook.mapping_result import MappingResult
from whenthen.usecases.records.save_record import normalised

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)

NUMBERS = ["1" + "0" * 400, "-1" + "0" * 4_000, "1e308", "-0.0", "1773480600000", "253402300799999", "1511234567.0"]
NO_NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "1" * 5_000]
DEEP = "[" * 60 + "]" * 60
TEXTS = [json.dumps(text) for text in ("", "x" * 600, "\ud800", "\x00", "0001-01-01T00:00:00+14:00", "99999999999")]
ODD = [*NUMBERS, *NO_NUMBERS, *TEXTS, DEEP, "[" * 900 + "]" * 900, "null", "true", "-1", "{}", "[null]", '{"a": 1}']
"""JSON as it is written; some of it no parser of ours takes."""

MARK = '"here stands the odd value"'


def delivered(scheme: str, body: str, **headers: str) -> MappingResult:
    source = parse_source({"name": "source", "scheme": scheme})
    return map_delivery(Delivery(source, headers, body.encode(), "delivery-1", NOW, "TR"))


def whole(mapped: MappingResult) -> None:
    """Each event can go on the bus and come back, and be looked at; each record can be kept."""
    for event in events_of(mapped):
        written = json.dumps(to_json(event), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        assert len(written.encode()) == encoded_size(event) <= MAX_EVENT_BYTES
        assert isinstance(from_json(json.loads(written)), Event)
        assert all(len(identity) <= MAX_IDENTITY_LENGTH and fits_key(identity) for identity in event.identities)
        consent.consent_signal(event)
        sender_profile.person_of(event)
    for record in mapped.records:
        check_fields(record.fields)
        assert normalised(record.fields, "TR") == record.fields
        assert len(record.fields) <= MAX_FIELDS


def with_odd(document: Any, path: list[Any], odd: str) -> str:
    """The document as text, with the odd value at the path."""
    document = json.loads(json.dumps(document))
    if not path:
        return odd
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = json.loads(MARK)
    return json.dumps(document).replace(MARK, odd)


def paths_of(document: Any, path: tuple[Any, ...] = ()) -> Iterator[list[Any]]:
    yield list(path)
    steps = list(document) if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    for step in steps:
        yield from paths_of(document[step], (*path, step))


SAMPLES = {
    "stripe": sorted(path.stem for path in (EVENTS / "stripe").glob("*.json")),
    "github": sorted(path.stem for path in (EVENTS / "github").glob("*.json")),
    "standard_webhooks": ["payment_received"],
}
FOLDERS = {"standard_webhooks": "hooks"}
GITHUB_EVENTS = ("issues", "issue_comment", "pull_request", "release", "push")


def headers_of(scheme: str, name: str) -> dict[str, str]:
    event = next((event for event in GITHUB_EVENTS if name.startswith(f"{event}_") or name == event), "ping")
    return {"x-github-event": event} if scheme == "github" else {}


@pytest.mark.parametrize("scheme", SAMPLES)
@given(data=st.data())
def test_an_odd_value_anywhere_in_a_sample_crashes_nothing(scheme: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(SAMPLES[scheme]))
    document = sample_json(f"{FOLDERS.get(scheme, scheme)}/{name}.json")
    path, odd = data.draw(st.sampled_from(list(paths_of(document)))), data.draw(st.sampled_from(ODD))
    try:
        mapped = delivered(scheme, with_odd(document, path, odd), **headers_of(scheme, name))
    except WhenthenError:
        return
    whole(mapped)


NAMES = st.sampled_from(
    [
        *("type", "timestamp", "created", "data", "object", "id", "email", "phone", "customer", "amount", "currency"),
        *("issue", "updated_at", "comment", "pull_request", "release", "sender", "login", "action", "commits", "ref"),
    ]
)
JSON = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=10).map(json.dumps) | st.integers().map(str),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda values: f"[{', '.join(values)}]")
        | st.dictionaries(NAMES, inner, max_size=5).map(
            lambda pairs: "{" + ", ".join(f'"{name}": {value}' for name, value in pairs.items()) + "}"
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("scheme", [kind for kind in SETTINGS if "form" not in kind])
@given(body=JSON, event=st.sampled_from(GITHUB_EVENTS))
@example(body='{"type": "order.paid", "timestamp": 1' + "0" * 400 + "}", event="push")
def test_any_json_crashes_nothing(scheme: str, body: str, event: str) -> None:
    try:
        mapped = delivered(scheme, body, **{"x-github-event": event})
    except WhenthenError:
        return
    assert len(events_of(mapped)) == 1
    whole(mapped)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["phone", "tel", "email", "mail", "message", "", "e-mail", "a.b", "\x00", "id"]),
            st.text(max_size=30) | st.sampled_from(["1" * 500, "\x00", "0532 123 45 67", "a@example.com"]),
        ),
        max_size=12,
    )
)
def test_any_fields_of_a_form_crash_nothing(pairs: list[tuple[str, str]]) -> None:
    source = parse_source({"name": "site", "scheme": "dangerous_open_form"})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    mapped = map_delivery(Delivery(source, headers, urlencode(pairs).encode(), None, NOW, "TR"))
    assert [event.type for event in events_of(mapped)] == ["form.submitted"]
    whole(mapped)


RECORDED = {
    "name": "source",
    "scheme": "bearer",
    "mappings": [{"type": "order.placed", "record": {"kind": "contact", "id": "'1'", "fields": "body"}}],
}
FIELDS = st.sampled_from(
    [
        *("phone", "email", "whatsapp", "other_phones", "other_emails", "other_whatsapps"),
        *("first-name", "id", "version", "birth_date", "tags", "consent", "", "a" * 65, "ş", "name"),
    ]
)


@given(st.dictionaries(FIELDS, JSON, max_size=8))
def test_any_fields_of_a_record_cost_neither_the_others_nor_the_event(fields: dict[str, str]) -> None:
    body = "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in fields.items()) + "}"
    try:
        mapped = map_delivery(Delivery(parse_source(RECORDED), {}, body.encode(), None, NOW, "TR"))
    except Malformed:
        return  # numbers that JSON does not know, and what nests too deep
    assert [event.type for event in events_of(mapped)] == ["order.placed"]
    whole(mapped)
    (record,) = mapped.records
    given, kept = json.loads(body, parse_int=str), record.fields
    plain = {name for name in ("birth_date", "tags", "name") if given.get(name) is not None}
    assert kept.keys() >= plain
    said = {name for name, value in given.items() if value is not None and name not in ("id", "consent")}
    lost = said - kept.keys()
    assert bool(mapped.problems) or not lost


def test_every_scheme_with_mappings_of_its_own_is_tried_here() -> None:
    tried = {*SAMPLES, "form_token", "dangerous_open_form"}
    assert {kind for kind in SETTINGS if default_mappings(kind)} == tried
