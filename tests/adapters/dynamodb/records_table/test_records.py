"""Records and their identities on DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.interventions import Intervening, lose_answer
from tests.adapters.samples import NOW, PHONE, minutes, record
from tests.adapters.tables import RECORDS
from tests.usecases.fakes.stores import FakeRecords
from whenthen.adapters.dynamodb.records_table.records import DynamoRecords, change_of
from whenthen.domain.common.errors import Invalid, Stale, Temporary, TooLarge
from whenthen.domain.events.event import Cause
from whenthen.domain.records.automation import Automation
from whenthen.domain.records.record import Record


@pytest.fixture
def records(dynamodb: Any) -> DynamoRecords:
    """The store."""
    return DynamoRecords(dynamodb, RECORDS)


def _images(dynamodb: Any, pk: str) -> list[dict[str, Any]]:
    found = dynamodb.query(
        TableName=RECORDS, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": pk}}
    )
    return list(found["Items"])


def test_gives_back_exactly_what_was_put(records: DynamoRecords) -> None:
    fields: dict[str, Any] = {
        "whole": 1,
        "real": 1.0,
        "tenth": 0.1,
        "large": 12345678901234567890,
        "flag": True,
        "empty": "",
        "nothing": None,
        "list": [1, {"deep": [None, {}]}, []],
        "name": "Ayşe 日本 \ud800",
    }
    put = record(**fields)
    records.put(put, None)
    found = records.get("lead:4711")
    assert found == put
    assert isinstance(found, Record)
    assert {name: type(value) for name, value in found.fields.items()} == {
        name: type(value) for name, value in fields.items()
    }


def test_a_record_that_is_not_there_is_none(records: DynamoRecords) -> None:
    assert records.get("lead:4711") is None
    assert records.find([f"phone#{PHONE}"]) is None
    assert records.find([]) is None


def test_of_two_writers_of_a_new_record_one_is_stale(records: DynamoRecords) -> None:
    records.put(record(name="first"), None)
    with pytest.raises(Stale, match=r"store\.moved_on"):
        records.put(record(name="second"), None)
    with pytest.raises(Stale):
        records.put(record(name="second", phone=PHONE), None)
    assert records.find([f"phone#{PHONE}"]) is None, "the refused write left no identity"


def test_of_two_writers_on_the_same_version_one_is_stale(records: DynamoRecords) -> None:
    first = record(name="first")
    records.put(first, None)
    records.put(record(version=2, name="second"), first)
    with pytest.raises(Stale, match=r"store\.moved_on"):
        records.put(record(version=2, name="other"), first)
    found = records.get("lead:4711")
    assert found is not None
    assert found.fields == {"name": "second"}


def test_a_record_made_anew_is_not_the_one_that_was_read(records: DynamoRecords) -> None:
    old = record(name="old")
    records.put(old, None)
    records.delete(old, origin="human", cause=Cause())
    records.put(replace(record(name="new"), created_at=minutes(9)), None)
    with pytest.raises(Stale):
        records.put(record(version=2, name="late"), old)


def test_identities_follow_the_fields(records: DynamoRecords) -> None:
    first = record(phone=PHONE, email="a@example.com")
    records.put(first, None)
    second = record(version=2, phone="+905320000000", email="a@example.com")
    records.put(second, first)
    assert records.find([f"phone#{PHONE}"]) is None
    assert records.find(["phone#+905320000000"]) == second
    assert records.find(["email#a@example.com"]) == second


def test_of_records_that_share_an_identity_a_contact_comes_first(records: DynamoRecords) -> None:
    identity = f"phone#{PHONE}"
    for kind in ("agent", "lead", "ticket"):
        records.put(record(kind, "1", phone=PHONE), None)
    assert _ref(records.find([identity])) == "lead:1"
    contact = record("contact", "9", phone=PHONE)
    records.put(contact, None)
    assert _ref(records.find([identity])) == "contact:9"
    assert _ref(records.find([identity], "ticket")) == "ticket:1"
    assert records.find([identity], "tick") is None
    records.delete(contact, origin="human", cause=Cause())
    assert _ref(records.find([identity])) == "lead:1", "the other records keep the identity"


def test_a_better_kind_goes_before_an_earlier_identity(records: DynamoRecords) -> None:
    records.put(record("lead", "1", phone=PHONE), None)
    records.put(record("contact", "2", email="a@example.com"), None)
    assert _ref(records.find([f"phone#{PHONE}", "email#a@example.com"])) == "contact:2"


NUMBER, MAIL, OWN, OTHER = f"phone#{PHONE}", "email#a@b.co", "whatsapp#TR.1", "whatsapp#TR.2"
CALLED: dict[str, Any] = {"phone": PHONE}
OWNED: dict[str, Any] = {"whatsapp": "TR.1"}
OTHERS: dict[str, Any] = {"whatsapp": "TR.2"}

WHOSE: list[tuple[dict[str, dict[str, Any]], list[str], str | None, str | None]] = [
    # what is stored, what is searched, of which kind, and what is found
    ({"contact:a": CALLED}, [NUMBER, OWN], None, "contact:a"),
    ({"contact:a": CALLED | OWNED}, [NUMBER], None, "contact:a"),
    ({"contact:a": CALLED | OTHERS}, [NUMBER, OWN], None, None),
    ({"contact:a": {**CALLED, "other_whatsapps": ["TR.2"]}}, [NUMBER, OWN], None, None),
    ({"contact:a": {**CALLED, **OTHERS, "other_whatsapps": ["TR.1"]}}, [NUMBER, OWN], None, "contact:a"),
    ({"contact:a": CALLED | OTHERS, "contact:b": OWNED}, [NUMBER, OWN], None, "contact:b"),
    ({"contact:a": CALLED | OTHERS, "contact:b": CALLED}, [NUMBER, OWN], None, "contact:b"),
    ({"contact:a": CALLED, "contact:b": OWNED}, [NUMBER, OWN], None, "contact:b"),
    ({"contact:a": CALLED, "lead:b": OWNED}, [NUMBER, OWN], None, "lead:b"),
    ({"contact:a": CALLED, "lead:b": CALLED | OWNED}, [NUMBER, OWN], None, "contact:a"),
    ({"contact:a": CALLED | OTHERS, "lead:b": CALLED | OWNED}, [NUMBER, OWN], None, "lead:b"),
    ({"lead:a": CALLED, "lead:b": CALLED | OWNED}, [NUMBER, OWN], None, "lead:b"),
    ({"contact:a": CALLED, "lead:b": OWNED}, [NUMBER, OWN], "contact", "contact:a"),
    ({"contact:a": CALLED | OTHERS, "lead:b": OWNED}, [NUMBER, OWN], "contact", None),
    ({"contact:a": OWNED, "contact:b": OTHERS}, [OTHER, OWN], None, "contact:b"),
    ({"contact:a": {"email": "a@b.co"}, "contact:b": CALLED}, [NUMBER, MAIL], None, "contact:b"),
]


@pytest.mark.parametrize("store", ["dynamodb", "fake"])
@pytest.mark.parametrize(("stored", "searched", "kind", "ref"), WHOSE, ids=map(str, range(len(WHOSE))))
def test_whose_a_number_is_the_business_scoped_id_says(
    request: pytest.FixtureRequest,
    store: str,
    stored: dict[str, dict[str, Any]],
    searched: list[str],
    kind: str | None,
    ref: str | None,
) -> None:
    records = FakeRecords() if store == "fake" else request.getfixturevalue("records")
    for name, fields in stored.items():
        records.put(record(*name.split(":"), **fields), None)
    assert _ref(records.find(searched, kind)) == ref
    if kind is not None:
        assert [_ref(found) for found in records.find_each([searched, []], kind)] == [ref, None]


def _ref(found: Record | None) -> str | None:
    return found.ref if found else None


def test_a_deleted_record_leaves_nothing(records: DynamoRecords, dynamodb: Any) -> None:
    found = record(phone=PHONE)
    records.put(found, None)
    records.delete(found, origin="human", cause=Cause(("run_1",), 1))
    assert records.get("lead:4711") is None
    assert dynamodb.scan(TableName=RECORDS)["Count"] == 0


def test_only_the_current_version_is_deleted(records: DynamoRecords) -> None:
    first = record(phone=PHONE)
    records.put(first, None)
    records.put(record(version=2, phone=PHONE), first)
    with pytest.raises(Stale):
        records.delete(first, origin="human", cause=Cause())
    assert records.find([f"phone#{PHONE}"]) is not None


def test_the_image_before_a_deletion_tells_who_deleted(dynamodb: Any) -> None:
    client = Intervening(dynamodb)
    records = DynamoRecords(client, RECORDS)
    found = replace(record(phone=PHONE), cause=Cause(("run_0",), 1, "evt_root", "00-trace", "evt_message"))
    records.put(found, None)
    images: list[dict[str, Any]] = []
    client.before["transact_write_items"] = [lambda: images.extend(_images(dynamodb, "record#lead:4711"))]
    records.delete(found, origin="human", cause=Cause(("run_1",), 3))
    before, after = change_of({"OldImage": images[0]})
    assert before == replace(found, origin="human", cause=Cause(("run_1",), 3))
    assert after is None


def test_a_change_of_an_identity_is_no_change_of_a_record(records: DynamoRecords, dynamodb: Any) -> None:
    found = record(phone=PHONE)
    records.put(found, None)
    [own] = _images(dynamodb, "record#lead:4711")
    [identity] = _images(dynamodb, f"identity#phone#{PHONE}")
    assert change_of({"NewImage": own}) == (None, found)
    assert change_of({"NewImage": identity}) == (None, None)
    assert change_of({"OldImage": identity, "NewImage": identity}) == (None, None)


@pytest.mark.parametrize("fields", [{"name": "x"}, {"phone": PHONE}], ids=["a put", "a transaction"])
def test_a_lost_answer_is_asked_for_again(dynamodb: Any, fields: dict[str, Any]) -> None:
    client = Intervening(dynamodb)
    records = DynamoRecords(client, RECORDS)
    for operation in ("put_item", "transact_write_items"):
        client.after[operation] = [lose_answer]
    with pytest.raises(Temporary, match="ReadTimeoutError"):
        records.put(record(**fields), None)
    assert records.get("lead:4711") == record(**fields)


def test_a_put_that_finds_itself_written_is_content(records: DynamoRecords) -> None:
    """The client repeats a put whose answer was lost; the repetition fails the condition."""
    records.put(record(name="x"), None)
    records.put(record(name="x"), None)


def test_lists_a_kind_by_id_page_by_page(records: DynamoRecords) -> None:
    for number in range(5):
        records.put(record("lead", f"id{number}"), None)
    records.put(record("contact", "id9"), None)
    ids: list[str] = []
    cursor: str | None = None
    pages = 0
    while pages == 0 or cursor:
        page = records.list("lead", limit=2, cursor=cursor)
        ids += [found.id for found in page.items]
        cursor, pages = page.cursor, pages + 1
    assert ids == ["id0", "id1", "id2", "id3", "id4"]
    assert pages == 3


@pytest.mark.parametrize("cursor", ["", "x", "e30", "W10", "bnVsbA", "💥", "e" * 5_000, "eyJwayI6MX0"])
def test_a_cursor_of_another_make_is_refused(records: DynamoRecords, cursor: str) -> None:
    with pytest.raises(Invalid) as raised:
        records.list("lead", limit=2, cursor=cursor)
    assert raised.value.problems[0].field == "cursor"


def test_a_cursor_of_another_list_is_refused(records: DynamoRecords) -> None:
    for number in range(3):
        records.put(record("lead", f"id{number}"), None)
    cursor = records.list("lead", limit=2, cursor=None).cursor
    assert cursor is not None
    with pytest.raises(Invalid, match="cursor"):
        records.list("contact", limit=2, cursor=cursor)


def test_more_than_an_item_can_hold_is_refused(records: DynamoRecords) -> None:
    with pytest.raises(TooLarge):
        records.put(record(text="x" * 450_000), None)


def test_times_are_kept_to_the_millisecond(records: DynamoRecords) -> None:
    exact = NOW.replace(microsecond=123_000)
    records.put(replace(record(), created_at=exact, updated_at=exact), None)
    found = records.get("lead:4711")
    assert found is not None
    assert found.created_at == exact


def test_all_records_of_a_person_are_found_contacts_first_and_each_once(records: DynamoRecords) -> None:
    for kind, external_id in (("order", "1"), ("lead", "1"), ("contact", "1")):
        records.put(record(kind, external_id, phone=PHONE, email="ayse@example.com"), None)
    records.put(record("contact", "2", phone="+905330000000"), None)
    found = records.find_all([f"phone#{PHONE}", "email#ayse@example.com"])
    assert [each.ref for each in found] == ["contact:1", "lead:1", "order:1"]
    assert records.find_all([]) == []


def test_a_record_keeps_what_rules_may_do_with_it(records: DynamoRecords, dynamodb: Any) -> None:
    free = record(status="new")
    records.put(free, None)
    assert not [item for item in dynamodb.scan(TableName=RECORDS)["Items"] if "automation" in item]
    held = replace(free, version=2, automation=Automation(minutes(90), ("rule_1", "rule_2")))
    records.put(held, free)
    assert records.get(held.ref) == held
    changed = replace(held, version=3, fields={"status": "old"})
    records.put(changed, held)
    assert records.get(held.ref) == changed
