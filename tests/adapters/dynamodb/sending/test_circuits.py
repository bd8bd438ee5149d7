"""How channels stand, on DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from msgspec.structs import replace

from tests.adapters.interventions import Intervening
from tests.adapters.samples import NOW, why
from tests.adapters.tables import RUNS
from whenthen.adapters.dynamodb.sending.circuits import DynamoCircuits, circuit_change
from whenthen.domain.common.errors import Stale
from whenthen.domain.sending.circuits import Circuit, CircuitState

FIRST = Circuit("webhook", "example.com")
FAILING = FIRST.failing(why("down"), NOW, account=False)
LATER = NOW + timedelta(minutes=3)


@pytest.fixture
def client(dynamodb: Any) -> Intervening:
    """A client that a test can act around."""
    return Intervening(dynamodb)


@pytest.fixture
def circuits(client: Intervening) -> DynamoCircuits:
    return DynamoCircuits(client, RUNS)


def test_a_channel_that_never_failed_has_no_circuit(circuits: DynamoCircuits) -> None:
    assert circuits.of_channel("webhook") == {}


@pytest.mark.parametrize("receiver", ["", "example.com", "run", "whole"])
def test_each_state_is_read_as_it_was_written(circuits: DynamoCircuits, receiver: str) -> None:
    first = Circuit("webhook", receiver)
    failing = first.failing(why("down"), NOW, account=True)
    running = failing.trying(LATER).running(LATER, by="key_1", rate=5)
    for written in (failing, failing.trying(LATER), running, running.paused("key_2", LATER)):
        circuits.save(written)
        assert circuits.of_channel("webhook") == {receiver: written}


def test_receivers_and_channels_stand_apart(circuits: DynamoCircuits) -> None:
    other, mail = Circuit("webhook").paused("key_1", NOW), Circuit("email").paused("key_1", NOW)
    for circuit in (FAILING, other, mail):
        circuits.save(circuit)
    assert circuits.of_channel("webhook") == {"example.com": FAILING, "": other}
    assert circuits.of_channel("email") == {"": mail}


def test_of_two_workers_one_writes_and_the_other_learns_it(circuits: DynamoCircuits) -> None:
    circuits.save(FAILING)
    with pytest.raises(Stale):
        circuits.save(FIRST.failing(why("other"), LATER, account=False))
    circuits.save(FAILING.trying(LATER))
    with pytest.raises(Stale):
        circuits.save(FAILING.running(LATER))
    assert circuits.of_channel("webhook") == {"example.com": FAILING.trying(LATER)}


@pytest.mark.parametrize("before", [None, FAILING])
def test_a_write_whose_answer_was_lost_is_no_other_workers(circuits: DynamoCircuits, before: Circuit | None) -> None:
    after = FAILING if before is None else before.trying(LATER)
    if before is not None:
        circuits.save(before)
    circuits.save(after)
    circuits.save(after)
    assert circuits.of_channel("webhook") == {"example.com": after}


def test_what_runs_again_expires_and_what_waits_does_not(circuits: DynamoCircuits, dynamodb: Any) -> None:
    def expires() -> bool:
        (item,) = dynamodb.scan(TableName=RUNS)["Items"]
        return "expires_at" in item

    circuits.save(FAILING)
    assert not expires()
    circuits.save(running := FAILING.running(LATER))
    assert expires()
    circuits.save(running.failing(why("down"), LATER, account=False))
    assert not expires()


def test_the_stream_tells_a_circuit_before_and_after(circuits: DynamoCircuits, dynamodb: Any) -> None:
    circuits.save(FAILING)
    (before,) = dynamodb.scan(TableName=RUNS)["Items"]
    circuits.save(running := FAILING.running(LATER))
    (after,) = dynamodb.scan(TableName=RUNS)["Items"]
    assert circuit_change({"NewImage": before}) == (None, FAILING)
    assert circuit_change({"OldImage": before, "NewImage": after}) == (FAILING, running)
    assert circuit_change({"OldImage": after}) is None, "it expired"
    other = TypeSerializer().serialize({"pk": "run#1", "sk": "run"})["M"]
    assert circuit_change({"NewImage": other}) is None


def test_a_lost_condition_on_a_circuit_that_expired_is_stale(circuits: DynamoCircuits) -> None:
    with pytest.raises(Stale):
        circuits.save(replace(FAILING, version=7))
    assert FAILING.state is CircuitState.FAILING
