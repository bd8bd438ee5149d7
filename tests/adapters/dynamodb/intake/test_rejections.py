"""Rejections on DynamoDB: rings of a fixed size, two for each source, and never an error for whoever notes one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.adapters.samples import NOW, client_error
from tests.adapters.tables import RUNS
from whenthen.adapters.dynamodb.intake.rejections import KEPT_FOR, SLOTS, DynamoRejections
from whenthen.domain.common.reasons import Reason
from whenthen.ports.values import Rejection


def rejection(number: int, *, proven: bool = True) -> Rejection:
    return Rejection(
        at=NOW + timedelta(seconds=number),
        outcome="refused",
        proven=proven,
        status=400,
        reason=Reason("input.at_field", {"field": f"f{number}", "problem": Reason("value.not_text")}),
        size=number,
        headers={"content-type": "application/json"},
        others=("x-a",),
        body='{"name": "Ayşe"}',
    )


@pytest.fixture
def kept(dynamodb: Any) -> DynamoRejections:
    return DynamoRejections(lambda: dynamodb, RUNS)


def test_what_is_noted_comes_back_as_it_was_newest_first(kept: DynamoRejections) -> None:
    noted = [rejection(number) for number in range(3)]
    assert all(kept.note("shop", each) for each in noted)
    assert kept.last("shop") == noted[::-1]
    assert kept.last("other") == []


@pytest.mark.parametrize("proven", [True, False])
def test_only_the_last_so_many_stay(kept: DynamoRejections, dynamodb: Any, proven: bool) -> None:
    most = SLOTS[proven]
    for number in range(2 * most + 3):
        kept.note("shop", rejection(number, proven=proven))
    assert [each.size for each in kept.last("shop")] == list(range(2 * most + 2, most + 2, -1))
    assert dynamodb.scan(TableName=RUNS)["Count"] == most + 1, "the slots and their counter"


def test_strangers_do_not_push_out_what_the_sender_sent(kept: DynamoRejections) -> None:
    kept.note("shop", rejection(0))
    for number in range(1, 99):
        kept.note("shop", rejection(number, proven=False))
    assert kept.last("shop")[-1] == rejection(0)
    assert len(kept.last("shop")) == 1 + SLOTS[False]


def test_all_of_it_expires(kept: DynamoRejections, dynamodb: Any) -> None:
    kept.note("shop", rejection(0))
    expiries = {int(item["expires_at"]["N"]) for item in dynamodb.scan(TableName=RUNS)["Items"]}
    assert expiries == {int((NOW + KEPT_FOR).timestamp())}


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("AccessDeniedException"),
        EndpointConnectionError(endpoint_url="https://aws.example"),
    ],
)
def test_what_cannot_be_kept_is_said_and_raises_nothing(error: Exception) -> None:
    class Broken:
        def update_item(self, **_request: Any) -> None:
            raise error

    assert DynamoRejections(Broken, RUNS).note("shop", rejection(0)) is False
