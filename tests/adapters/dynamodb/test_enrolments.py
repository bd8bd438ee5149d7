"""Enrolments on DynamoDB: each version replaces the one before it, members stay, addresses are taken once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW, FixedClock, minutes, why
from tests.adapters.tables import RUNS
from whenthen.adapters.aws.paginated_work import EnrolmentMachine
from whenthen.adapters.dynamodb.common.batch_write import MAX_BATCH_WRITE
from whenthen.adapters.dynamodb.enrolments.enrolments import MEMBERS_KEPT_FOR, DynamoEnrolments
from whenthen.domain.common.errors import NotFound, Stale, Temporary
from whenthen.domain.enrolments.duplicates import Member
from whenthen.domain.enrolments.enrolment import Batch, Enrolment, EnrolmentStatus
from whenthen.domain.enrolments.order import Asked, Order

RETENTION = timedelta(days=90)
ORDER = Order(
    "rule_1", 3, NOW, by="key_1", seed="s", view={"kind": "contact", "filter": {"field": "record.a", "op": "exists"}}
)
NEW = Enrolment(ORDER.id, ORDER, "contact", NOW)
FULL = replace(
    NEW,
    status=EnrolmentStatus.PAUSED,
    reason=why("key_2"),
    per_person=True,
    cursor="c",
    total=7,
    chunks=2,
    chunk=1,
    offset=3,
    unsent=("contact:1",),
    sent=(Batch(minutes(1), ("contact:2", "contact:3")),),
    counts={"entered": 2, "duplicate": 1},
    turn=4,
)
MEMBERS = [Member("contact:1", ("0123456789abcdef",)), Member("contact:2")]


@pytest.fixture
def store(dynamodb: Any) -> DynamoEnrolments:
    """The store."""
    return DynamoEnrolments(dynamodb, RUNS, FixedClock(), RETENTION)


def _item(dynamodb: Any, sk: str) -> dict[str, Any]:
    found = [item for item in dynamodb.scan(TableName=RUNS)["Items"] if item["sk"]["S"] == sk]
    return found[0]  # type: ignore[no-any-return]


def test_an_enrolment_is_read_as_it_was_stored(store: DynamoEnrolments) -> None:
    assert store.create(NEW) == store.get(NEW.id) == NEW
    store.save(replace(FULL, version=2))
    assert store.get(NEW.id) == replace(FULL, version=2)


def test_a_second_beginning_finds_the_first(store: DynamoEnrolments) -> None:
    store.create(NEW)
    store.save(replace(FULL, version=2))
    assert store.create(replace(NEW, created_at=minutes(9))) == replace(FULL, version=2)


@pytest.mark.parametrize("chunk", [(), MEMBERS])
def test_of_two_that_go_on_from_one_version_one_learns_it(store: DynamoEnrolments, chunk: list[Member]) -> None:
    store.create(NEW)
    store.save(replace(NEW, version=2, chunks=1, total=2), MEMBERS)
    with pytest.raises(Stale):
        store.save(replace(NEW, version=2, chunks=1, total=9), chunk)
    assert store.get(NEW.id).total == 2
    assert store.chunk(NEW.id, 0) == MEMBERS


def test_a_chunk_that_has_expired_is_named(store: DynamoEnrolments) -> None:
    with pytest.raises(NotFound, match=r"enrolment\.expired"):
        store.chunk(NEW.id, 0)
    with pytest.raises(NotFound, match=r"enrolment\.not_found"):
        store.get("evt_none")


def test_addresses_are_taken_for_one_enrolment(store: DynamoEnrolments) -> None:
    many = {f"{number:016x}": f"contact:{number}" for number in range(MAX_BATCH_WRITE * 2 + 3)}
    store.take(NEW.id, many)
    store.take(NEW.id, {})
    assert store.taken(NEW.id, [*many, "f" * 16]) == many
    assert store.taken("evt_other", list(many)) == {}


def test_what_dynamodb_does_not_take_at_once_is_written_again(dynamodb: Any, no_sleep: list[float]) -> None:
    class Reluctant:
        """Takes one item at a time."""

        def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
            asked = RequestItems[RUNS]
            dynamodb.batch_write_item(RequestItems={RUNS: asked[:1]})
            return {"UnprocessedItems": {RUNS: asked[1:]} if asked[1:] else {}}

        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

    three = {f"{number:016x}": "contact:1" for number in range(3)}
    store = DynamoEnrolments(Reluctant(), RUNS, FixedClock(), RETENTION)
    store.take(NEW.id, three)
    assert store.taken(NEW.id, list(three)) == three
    assert no_sleep
    with pytest.raises(Temporary):
        store.take(NEW.id, {f"{number:016x}": "contact:1" for number in range(10, 30)})


def test_an_open_one_does_not_expire_and_its_members_last_long(store: DynamoEnrolments, dynamodb: Any) -> None:
    store.create(NEW)
    store.save(replace(NEW, version=2, chunks=1), MEMBERS)
    store.take(NEW.id, {"0" * 16: "contact:1"})
    assert "expires_at" not in _item(dynamodb, "enrolment")
    lasts = str(int((NOW + MEMBERS_KEPT_FOR).timestamp()))
    assert (
        _item(dynamodb, "chunk#00000000")["expires_at"]["N"] == _item(dynamodb, "address")["expires_at"]["N"] == lasts
    )
    ended = replace(NEW, version=3, status=EnrolmentStatus.DONE, finished_at=minutes(5))
    store.save(ended)
    assert _item(dynamodb, "enrolment")["expires_at"]["N"] == str(int((minutes(5) + RETENTION).timestamp()))


def test_they_are_listed_newest_first_and_by_rule(store: DynamoEnrolments) -> None:
    made = []
    for number, rule in enumerate(("rule_1", "rule_2", "rule_1")):
        order = Order(rule, 1, minutes(number), Asked.SCHEDULE)
        made.append(store.create(Enrolment(order.id, order, "contact", minutes(number))))
    page = store.list(rule=None, limit=2, cursor=None)
    rest = store.list(rule=None, limit=2, cursor=page.cursor)
    assert [*page.items, *rest.items] == made[::-1]
    assert list(store.list(rule="rule_1", limit=9, cursor=None).items) == [made[2], made[0]]


def test_its_worker_is_named_after_the_enrolment_and_its_turn() -> None:
    started: list[dict[str, Any]] = []

    class Machine:
        def start_execution(self, **request: Any) -> None:
            started.append(request)

    EnrolmentMachine(Machine(), "arn").start(NEW.id, 2)
    [request] = started
    assert request["name"] == f"{NEW.id}-2"
    assert len(request["name"]) <= 80
    assert request["input"] == f'{{"enrolment": "{NEW.id}", "turn": 2}}'
