"""DynamoImports, S3ImportFiles and ImportMachine: state and rows in one transaction, files in blocks, turns once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from msgspec.structs import replace

from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.aws.import_files import SIGNING, S3ImportFiles
from whenthen.adapters.aws.paginated_work import ImportMachine
from whenthen.adapters.dynamodb.imports.import_items import MAX_REASON
from whenthen.adapters.dynamodb.imports.imports import DynamoImports
from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.common.reasons import Reason
from whenthen.domain.common.stored_reasons import to_document
from whenthen.domain.events.event import Cause
from whenthen.domain.imports.job import (
    Column,
    ColumnType,
    Counts,
    FileFormat,
    Import,
    ImportStatus,
    Order,
    Place,
    RejectedRow,
    RuleSwitch,
)
from whenthen.domain.records.limits import cost_of
from whenthen.domain.records.record import Record
from whenthen.ports.values import RecordWrite
from whenthen.usecases.records.import_batches import MAX_COST

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
ORDER = Order(
    "contact", FileFormat.CSV, RuleSwitch.ENROL, ("rule_1",), ";", {"Sum": Column("amount", ColumnType.NUMBER)}
)
WORK = Import("imp_1", ORDER, "key_1", NOW)
KEY = "imports/imp_1"


NO = Reason("row.open_quote")
LONG = Reason("address.no_phone", {"value": "x" * 5_000})


def person(external_id: str, **more: Any) -> Record:
    fields = {"email": f"{external_id}@example.com", "birth_date": "1990-03-14"}
    return Record("contact", external_id, fields, 1, NOW, NOW, origin="import", **more)


@pytest.fixture
def imports(dynamodb: Any) -> DynamoImports:
    return DynamoImports(dynamodb, RUNS, RECORDS, timedelta(days=90))


@pytest.fixture
def records(dynamodb: Any) -> DynamoRecords:
    return DynamoRecords(dynamodb, RECORDS)


@pytest.fixture
def files(clients: Callable[[str], Any]) -> Iterator[S3ImportFiles]:
    s3 = clients("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="bucket", Key=KEY, Body=b"0123456789")
    yield S3ImportFiles(s3, "bucket")
    s3.delete_object(Bucket="bucket", Key=KEY)
    s3.delete_bucket(Bucket="bucket")


@pytest.mark.parametrize(
    ("work", "expires"),
    [
        (WORK, NOW),
        (WORK.begun(10, '"tag"', NOW + timedelta(days=60)), None),
        (replace(WORK, status=ImportStatus.STOPPED, started_at=NOW + timedelta(days=1)), NOW + timedelta(days=1)),
        (replace(WORK, status=ImportStatus.DONE, finished_at=NOW + timedelta(days=2)), NOW + timedelta(days=2)),
    ],
    ids=["never started", "running", "stopped", "done"],
)
def test_an_import_that_runs_does_not_expire(
    imports: DynamoImports, dynamodb: Any, work: Import, expires: datetime | None
) -> None:
    kept = replace(work, id=f"imp_{work.status}", version=1)
    imports.create(kept)
    item = dynamodb.get_item(TableName=RUNS, Key={"pk": {"S": f"import#{kept.id}"}, "sk": {"S": "import"}})["Item"]
    expected = expires and str(int((expires + timedelta(days=90)).timestamp()))
    assert item.get("expires_at", {}).get("N") == expected


def test_an_import_comes_back_as_it_was_kept(imports: DynamoImports) -> None:
    assert imports.create(WORK) == WORK
    running = WORK.begun(10, '"tag"', NOW)
    imports.save(running)
    moved = running.moved(Place(7, 2), Counts(1, 2, 3, 4), ("contact:1",), ("id", "Sum"))
    imports.advance(moved, (), [RejectedRow(2, NO), RejectedRow(1, LONG)])
    ended = moved.ended(ImportStatus.DONE, NOW, NO)
    imports.save(ended)
    assert (imports.get("imp_1"), ended.pending) == (ended, ())
    first, second = imports.rejected_rows("imp_1")
    assert (first.line, first.reason.code, second) == (1, LONG.code, RejectedRow(2, NO))
    assert len(json.dumps(to_document(first.reason))) <= MAX_REASON


def test_the_first_of_one_id_is_kept(imports: DynamoImports) -> None:
    imports.create(WORK)
    assert imports.create(replace(WORK, by="key_2")) == WORK
    with pytest.raises(NotFound):
        imports.get("imp_2")


def test_only_the_version_before_it_is_replaced(imports: DynamoImports) -> None:
    imports.create(WORK)
    imports.save(WORK.begun(10, "a", NOW))
    for late in (WORK.begun(20, "b", NOW), WORK.ended(ImportStatus.STOPPED, NOW)):
        with pytest.raises(Stale):
            imports.save(late)
        with pytest.raises(Stale):
            imports.advance(late, [RecordWrite(person("p"), None)], ())


def test_records_and_the_place_move_together_or_not_at_all(imports: DynamoImports, records: DynamoRecords) -> None:
    imports.create(WORK)
    records.put(person("b"), None)
    moved = WORK.moved(Place(7, 2), Counts(created=2), (), ())
    with pytest.raises(Stale):
        imports.advance(moved, [RecordWrite(person("a"), None), RecordWrite(person("b"), None)], [RejectedRow(1, NO)])
    assert (records.get("contact:a"), imports.get("imp_1"), list(imports.rejected_rows("imp_1"))) == (None, WORK, [])
    imports.advance(moved, [RecordWrite(person("a", quiet=True), None)], ())
    assert (records.find(["email#a@example.com"]), imports.get("imp_1")) == (person("a", quiet=True), moved)


def test_a_full_batch_is_one_transaction(imports: DynamoImports, records: DynamoRecords) -> None:
    imports.create(WORK)
    people = [person(f"p{number}") for number in range(MAX_COST // 3)]
    assert {cost_of(each, Record("contact", each.id)) for each in people} == {3}, "record, e-mail and date"
    imports.advance(WORK.moved(Place(7, 2), Counts(), (), ()), [RecordWrite(each, None) for each in people], ())
    assert len(records.get_all([each.ref for each in people])) == 33


def test_the_cost_of_a_change_is_what_dynamodb_counts(imports: DynamoImports, records: DynamoRecords) -> None:
    before = person("a")
    records.put(before, None)
    fields = {
        "email": "new@example.com",
        "phone": "+905321234567",
        "birth_date": "1990-05-01",
        "starts_at": "2026-01-01",
    }
    after = replace(before, fields=fields, version=2)
    counted: list[int] = []
    dynamodb = records._table.client
    dynamodb.meta.events.register_first(
        "provide-client-params.dynamodb.TransactWriteItems",
        lambda params, **_: counted.append(len(params["TransactItems"])),
        unique_id="counting",
    )
    records.put(after, before)
    dynamodb.meta.events.unregister("provide-client-params.dynamodb.TransactWriteItems", unique_id="counting")
    assert counted == [cost_of(after, before)]


def test_imports_are_listed_newest_first(imports: DynamoImports) -> None:
    for number in range(3):
        imports.create(replace(WORK, id=f"imp_{number}", created_at=NOW + timedelta(minutes=number)))
    first = imports.list(limit=2, cursor=None)
    rest = imports.list(limit=2, cursor=first.cursor)
    assert [work.id for work in (*first.items, *rest.items)] == ["imp_2", "imp_1", "imp_0"]


def test_several_records_are_found_at_once(records: DynamoRecords) -> None:
    for external_id in ("a", "b"):
        records.put(person(external_id), None)
    assert records.get_all(["contact:a", "contact:none", "contact:b"]) == {
        "contact:a": person("a"),
        "contact:b": person("b"),
    }
    wanted = [("email#none@example.com", "email#b@example.com"), ("email#none@example.com",), ("email#a@example.com",)]
    assert records.find_each(wanted, "contact") == [person("b"), None, person("a")]
    assert records.find_each(wanted, "lead") == [None, None, None]
    assert records.find_each([], "contact") == []


def test_a_record_that_was_changed_quietly_is_deleted_aloud(records: DynamoRecords, dynamodb: Any) -> None:
    quiet = person("a", quiet=True)
    records.put(quiet, None)
    stream = dynamodb.meta.events
    marked: list[Any] = []
    stream.register_first(
        "provide-client-params.dynamodb.UpdateItem", lambda params, **_: marked.append(params), unique_id="marks"
    )
    records.delete(quiet, origin="human", cause=Cause())
    stream.unregister("provide-client-params.dynamodb.UpdateItem", unique_id="marks")
    assert "REMOVE #quiet" in marked[0]["UpdateExpression"]


def test_a_file_is_read_in_blocks_as_long_as_it_is_the_same(files: S3ImportFiles, clients: Any) -> None:
    size, tag = files.head(KEY) or (0, "")
    assert size == 10
    assert [files.read(KEY, tag, start, 4) for start in (0, 4, 8)] == [b"0123", b"4567", b"89"]
    clients("s3").put_object(Bucket="bucket", Key=KEY, Body=b"another")
    with pytest.raises(NotFound, match=r"import\.file_changed"):
        files.read(KEY, tag, 0, 4)


def test_a_file_that_is_not_there(files: S3ImportFiles) -> None:
    assert files.head("imports/none") is None
    with pytest.raises(NotFound):
        files.read("imports/none", '"tag"', 0, 4)


def test_whether_a_file_is_there_is_hidden_from_who_may_not_list(clients: Any) -> None:
    with Stubber(clients("s3")) as stubber:
        stubber.add_client_error("head_object", "403", http_status_code=403)
        assert S3ImportFiles(clients("s3"), "bucket").head(KEY) is None


def test_an_upload_goes_to_the_bucket_s_own_region(aws_mock: None) -> None:

    s3 = boto3.client("s3", region_name="eu-central-1", config=SIGNING)
    url = S3ImportFiles(s3, "bucket").upload_url(KEY, 60)
    assert url.startswith(f"https://bucket.s3.eu-central-1.amazonaws.com/{KEY}?")
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert "X-Amz-Expires=60" in url


def test_a_turn_is_begun_once(clients: Any) -> None:
    with Stubber(clients("stepfunctions")) as stubber:
        expected = {"stateMachineArn": "arn", "name": "imp_1-2", "input": '{"import": "imp_1"}'}
        answer = {"executionArn": "a", "startDate": NOW}
        stubber.add_response("start_execution", answer, expected)
        stubber.add_client_error("start_execution", "ExecutionAlreadyExists", expected_params=expected)
        machine = ImportMachine(clients("stepfunctions"), "arn")
        machine.start("imp_1", 2)
        machine.start("imp_1", 2)
        stubber.assert_no_pending_responses()
