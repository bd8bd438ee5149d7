"""Restoring: tables become what their copies are, while nothing works and nothing is published of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from dev import restore, tables
from dev.restore import Deployed, NotNow, do, main
from dev.tables import Copying, Difference
from tests.adapters.samples import FixedClock
from tests.aws import empty_aws
from whenthen.adapters.dynamodb.config_table.rule_items import Generation, generation_of
from whenthen.adapters.dynamodb.config_table.settings import DynamoSettings
from whenthen.domain.sending.restored import SUBJECT

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
NAMES = {name: f"dev-{name}Table-X1" for name in restore.TABLES}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with empty_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        for name in (*NAMES.values(), *(f"{name}-restored" for name in NAMES.values())):
            client.create_table(
                TableName=name, KeySchema=KEYS, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
            )
        yield client


def put(dynamodb: Any, table: str, pk: str, sk: str = "x", **attributes: Any) -> None:
    dynamodb.put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": sk}, **attributes})


def held(dynamodb: Any, table: str) -> dict[tuple[str, str], Any]:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table)
    return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


RECORDS = NAMES["Records"]
COPY = f"{RECORDS}-restored"


def test_a_table_becomes_what_its_copy_is_and_only_what_differs_is_written(dynamodb: Any) -> None:
    drawn = random.Random(3)  # noqa: S311 - which items differ
    for number in range(330):
        item = {"document": {"B": bytes([number % 250])}, "at": {"N": str(number)}, "tags": {"SS": ["b", "a"]}}
        fate = drawn.choice(["same", "same", "other", "missing", "beyond"])
        if fate != "beyond":
            put(dynamodb, COPY, f"record#{number}", **item)
        if fate != "missing":
            put(dynamodb, RECORDS, f"record#{number}", **(item | ({"at": {"N": "-1"}} if fate == "other" else {})))
    wanted, before = held(dynamodb, COPY), held(dynamodb, RECORDS)
    told = Copying(dynamodb, COPY, RECORDS, writes=False)()
    assert told.missing > 20
    assert told.other > 20
    assert told.beyond > 20
    assert held(dynamodb, RECORDS) == before, "it is only told"
    assert Copying(dynamodb, COPY, RECORDS, writes=True)() == told
    assert held(dynamodb, RECORDS) == wanted
    assert Copying(dynamodb, COPY, RECORDS, writes=True)() == Difference()


def test_an_interrupted_copy_is_done_again(dynamodb: Any) -> None:
    for number in range(120):
        put(dynamodb, COPY, f"record#{number}")
        put(dynamodb, RECORDS, f"record#{number + 60}", at={"N": "1"})

    class Breaks:
        writes = 2

        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

        def batch_write_item(self, **request: Any) -> Any:
            self.writes -= 1
            if self.writes < 0:
                raise ConnectionError
            return dynamodb.batch_write_item(**request)

    with pytest.raises(ConnectionError):
        Copying(Breaks(), COPY, RECORDS, writes=True)()
    Copying(dynamodb, COPY, RECORDS, writes=True)()
    assert held(dynamodb, RECORDS) == held(dynamodb, COPY)


def test_what_dynamodb_does_not_take_at_once_is_written_and_read_again(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables.time, "sleep", lambda _: None)
    for number in range(60):
        put(dynamodb, COPY, f"record#{number}")

    class Busy:
        """Takes one of a request, and leaves the others."""

        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

        def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
            ((table, requests),) = RequestItems.items()
            dynamodb.batch_write_item(RequestItems={table: requests[:7]})
            return {"UnprocessedItems": {table: requests[7:]} if requests[7:] else {}}

        def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
            ((table, asked),) = RequestItems.items()
            answer = dynamodb.batch_get_item(RequestItems={table: {**asked, "Keys": asked["Keys"][:7]}})
            left = {table: {**asked, "Keys": asked["Keys"][7:]}} if asked["Keys"][7:] else {}
            return {**answer, "UnprocessedKeys": left}

    assert Copying(Busy(), COPY, RECORDS, writes=True)().missing == 60
    assert Copying(Busy(), COPY, RECORDS, writes=True)() == Difference()
    assert held(dynamodb, RECORDS) == held(dynamodb, COPY)


@pytest.mark.parametrize(("live", "copied"), [(17, 15), (15, 15), (3, 9), (17, None), (None, 4)])
def test_no_matcher_takes_its_rules_for_those_of_a_generation_that_is_counted_again(
    dynamodb: Any, live: int | None, copied: int | None
) -> None:
    config = NAMES["Config"]
    for table, count in ((config, live), (f"{config}-restored", copied)):
        if count is not None:
            changed = {"L": [{"S": f"rule_{number}"} for number in range(count)]}
            put(dynamodb, table, "generation#lead.created", "generation", count={"N": str(count)}, changed=changed)
    Copying(dynamodb, f"{config}-restored", config, writes=True)()
    item = held(dynamodb, config)["generation#lead.created", "generation"]
    now = generation_of({"count": int(item["count"]["N"]), "changed": item["changed"]["L"]})
    for known in range(max(live or 0, copied or 0) + 1):
        assert now.since(Generation(known)) is None, "whatever was known before, all is read anew"


class Functions:
    """Lambda, as far as it is asked."""

    def __init__(self) -> None:
        self.reserved: dict[str, int | None] = {
            "dev-SendEmail": None,
            "dev-PublishChanges": 5,
            "dev-PublishOutcomes": None,
        }
        self.filters = {f"m-{name}": {"Filters": [{"Pattern": name}]} for name in ("PublishChanges", "PublishOutcomes")}

    def get_function_concurrency(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        found = self.reserved[FunctionName]
        return {} if found is None else {"ReservedConcurrentExecutions": found}

    def put_function_concurrency(self, *, FunctionName: str, ReservedConcurrentExecutions: int) -> None:  # noqa: N803
        self.reserved[FunctionName] = ReservedConcurrentExecutions

    def delete_function_concurrency(self, *, FunctionName: str) -> None:  # noqa: N803
        self.reserved[FunctionName] = None

    def list_event_source_mappings(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        uuid = f"m-{FunctionName.removeprefix('dev-')}"
        return {"EventSourceMappings": [{"UUID": uuid, "FilterCriteria": self.filters[uuid]}]}

    def update_event_source_mapping(self, *, UUID: str, FilterCriteria: dict[str, Any]) -> None:  # noqa: N803
        self.filters[UUID] = FilterCriteria


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    found = FixedClock(NOW)
    monkeypatch.setattr(restore, "_now", found.now)
    return found


@pytest.fixture
def stack(dynamodb: Any, tmp_path: Path) -> Deployed:
    services = {"dynamodb": dynamodb, "lambda": Functions()}
    logical = {name.removeprefix("dev-"): name for name in services["lambda"].reserved}
    return Deployed(services.__getitem__, logical, NAMES, tmp_path / "note.json")


def test_the_whole_procedure(stack: Deployed, dynamodb: Any, clock: FixedClock) -> None:
    functions = stack.client("lambda")
    reserved, filters = dict(functions.reserved), dict(functions.filters)
    put(dynamodb, COPY, "record#lead:1")
    put(dynamodb, RECORDS, "record#lead:2")
    for _ in range(2):  # each step can be repeated
        do(stack, "stop", "restored", sure=False)
        assert set(functions.reserved.values()) == {0}
        assert all(found not in filters.values() for found in functions.filters.values())
        clock.time += timedelta(minutes=1)
    with pytest.raises(NotNow, match="10:06:00"):
        do(stack, "write", "restored", sure=True)
    assert ("record#lead:2", "x") in held(dynamodb, RECORDS)
    clock.time = NOW + timedelta(minutes=7)
    do(stack, "write", "restored", sure=False)
    assert ("record#lead:2", "x") in held(dynamodb, RECORDS), "who is not sure only compares"
    do(stack, "write", "restored", sure=True)
    assert held(dynamodb, RECORDS).keys() == {("record#lead:1", "x")}
    settings = DynamoSettings(dynamodb, NAMES["Config"]).get(SUBJECT)
    assert settings == {"unknown_until": "2026-11-30T10:06:00.000Z"}, "nothing was sent after that"
    with pytest.raises(NotNow, match="10:17:00"):
        do(stack, "go", "restored", sure=False)
    clock.time = NOW + timedelta(minutes=17)
    do(stack, "go", "restored", sure=False)
    assert (functions.reserved, functions.filters) == (reserved, filters)


def test_nothing_is_written_while_functions_work(stack: Deployed, dynamodb: Any, clock: FixedClock) -> None:
    put(dynamodb, COPY, "record#lead:1")
    clock.time += timedelta(hours=1)
    with pytest.raises(NotNow, match="DO=stop"):
        do(stack, "write", "restored", sure=True)
    assert held(dynamodb, RECORDS) == {}


def test_a_stop_that_is_called_off_leaves_all_as_it_was(stack: Deployed, clock: FixedClock) -> None:
    functions = stack.client("lambda")
    reserved, filters = dict(functions.reserved), dict(functions.filters)
    do(stack, "stop", "restored", sure=False)
    do(stack, "go", "restored", sure=False)
    assert (functions.reserved, functions.filters) == (reserved, filters)


@pytest.mark.parametrize(
    "arguments", [[], ["dev"], ["dev", "--do=drop"], ["dev", "--do="], ["", "--do=stop"], ["dev", "--do=stop", "--x=y"]]
)
def test_what_is_not_understood_does_nothing(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "boto3", SimpleNamespace(client=None))
    assert main(arguments) == 2


def test_no_function_may_take_longer_than_is_waited_for() -> None:
    from tests.template.reading import FUNCTION, resources  # noqa: PLC0415

    longest = max(function["Properties"]["Timeout"] for function in resources(FUNCTION).values())
    assert timedelta(seconds=longest) < restore.IN_FLIGHT
