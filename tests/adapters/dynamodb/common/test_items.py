"""Values of items, documents, and the errors of AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.samples import client_error
from whenthen.adapters.aws import client
from whenthen.adapters.aws.batches import MAX_ENTRIES, chunks
from whenthen.adapters.aws.client import aws_errors, pauses
from whenthen.adapters.dynamodb.common.cursors import cursor_of, start_of
from whenthen.adapters.dynamodb.common.items import NOT_JSON, decode, encode, encode_value, pack, to_json, unpack
from whenthen.domain.common.errors import Malformed, Temporary

_ATTRIBUTES = st.recursive(
    st.text() | st.integers() | st.booleans() | st.binary() | st.frozensets(st.text(), min_size=1),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(min_size=1), children, max_size=3),
    max_leaves=10,
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None)),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.text(min_size=1), _ATTRIBUTES))
def test_an_item_comes_back_as_it_was(item: dict[str, Any]) -> None:
    assert decode(encode(item)) == item


def test_bytes_are_read_as_a_stream_tells_of_them_too() -> None:
    assert decode({"a": {"B": "AAH/"}}) == decode({"a": {"B": b"\x00\x01\xff"}}) == {"a": b"\x00\x01\xff"}


def test_what_is_none_is_left_out() -> None:
    assert encode({"a": None, "b": ""}) == {"b": {"S": ""}}


@pytest.mark.parametrize("value", [1.5, {"a": 1.5}, {"a"}, object()])
def test_what_has_no_place_in_an_item_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError):
        encode_value(value)


def test_an_attribute_of_a_type_that_is_never_written_is_an_error() -> None:
    with pytest.raises(TypeError):
        decode({"a": {"NS": ["1"]}})


@given(_JSON)
def test_a_document_comes_back_exactly(document: Any) -> None:
    for found in (unpack(pack(document)), json.loads(to_json(document))):
        assert found == document
        assert repr(found) == repr(document), "1 is not 1.0, and True is neither"
    to_json(document).encode()


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        ({"a": float("nan")}, "a", "nan"),
        ({"a": 1.5, "b": [{"c": 1}, {"c": float("inf")}]}, "b[1].c", "inf"),
        ({"a": {"b c": (2, float("-inf"))}}, "a.b c[1]", "-inf"),
    ],
)
def test_a_number_that_json_does_not_know_is_refused_with_its_field(document: Any, field: str, value: str) -> None:
    with pytest.raises(Malformed) as caught:
        pack(document)
    assert caught.value.reason == NOT_JSON(field=field, value=value)


@given(st.dictionaries(st.sampled_from(["pk", "sk", "gsi1pk", "gsi1sk"]), st.text(min_size=1), min_size=4))
def test_a_cursor_leads_back_to_its_key(last: dict[str, str]) -> None:
    assert start_of(cursor_of(last), last["gsi1pk"], "gsi1") == last


def test_the_last_page_has_no_cursor() -> None:
    assert cursor_of(None) is None
    assert start_of(None, "pk") is None


@given(st.lists(st.integers(0, 30)), st.integers(1, 60))
def test_groups_keep_the_order_and_both_bounds(sizes: list[int], most: int) -> None:
    groups = list(chunks(sizes, lambda size: size, most))
    assert [size for group in groups for size in group] == sizes
    assert all(len(group) <= MAX_ENTRIES and (sum(group) <= most or len(group) == 1) for group in groups)


_URL = "https://aws.example"


@pytest.mark.parametrize(
    "error",
    [
        *(client_error(code) for code in sorted(client.TRANSIENT)),
        client_error("Unheard", 500),
        client_error("Unheard", 429),
        EndpointConnectionError(endpoint_url=_URL),
        ConnectTimeoutError(endpoint_url=_URL),
        ReadTimeoutError(endpoint_url=_URL),
        ConnectionClosedError(endpoint_url=_URL),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
    ids=str,
)
def test_what_passes_is_temporary(error: Exception) -> None:
    with pytest.raises(Temporary, match="s3:GetObject") as raised, aws_errors("s3:GetObject"):
        raise error
    assert raised.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [client_error("AccessDeniedException"), client_error("ValidationException"), NoCredentialsError(), KeyError("x")],
    ids=str,
)
def test_defects_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)), aws_errors("reading config"):
        raise error


def test_pauses_grow_up_to_a_bound(no_sleep: list[float]) -> None:
    assert len(list(pauses(8, first=0.1, longest=1.0))) == 8
    assert len(no_sleep) == 7
    assert 0.05 <= no_sleep[0] <= 0.1
    assert all(0.5 <= slept <= 1.0 for slept in no_sleep[4:])
