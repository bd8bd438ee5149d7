"""Notices to colleagues, and how far messages came, on DynamoDB."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW
from tests.adapters.tables import RUNS
from whenthen.adapters.dynamodb.sending.message_log import DynamoMessageLog
from whenthen.adapters.dynamodb.sending.notices import DynamoNotices
from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.notices.notice import KEPT_FOR, Notice
from whenthen.domain.notices.progress import MessageProgress, MessageStatus

AYSE, MERT = "agent:ayse", "agent:mert"


def notice(number: int, agent: str = AYSE, at: datetime | None = None) -> Notice:
    created = at or NOW + timedelta(minutes=number)
    return Notice(f"notice_{number}", agent, "Text", "Title", "", "lead:1", "rule_1", "run_1", created)


@pytest.fixture
def notices(dynamodb: Any) -> DynamoNotices:
    return DynamoNotices(dynamodb, RUNS)


@pytest.fixture
def message_log(dynamodb: Any) -> DynamoMessageLog:
    return DynamoMessageLog(dynamodb, RUNS, timedelta(days=90))


def ids_of(notices: DynamoNotices, agent: str = AYSE, *, unread: bool = False) -> list[str]:
    return [each.id for each in notices.list(agent, unread=unread, limit=10, cursor=None).items]


@pytest.mark.parametrize("wanted", [notice(1), replace(notice(2), record=None, link="https://x.example/1")])
def test_a_notice_is_read_as_it_was_stored_and_expires(notices: DynamoNotices, dynamodb: Any, wanted: Notice) -> None:
    notices.add(wanted)
    assert notices.get(wanted.id) == wanted
    (item,) = dynamodb.scan(TableName=RUNS)["Items"]
    assert int(item["expires_at"]["N"]) == int((wanted.created_at + KEPT_FOR).timestamp())


def test_a_repeated_notice_changes_nothing_even_if_it_was_read(notices: DynamoNotices) -> None:
    notices.add(notice(1))
    notices.save(notice(1).read(NOW))
    notices.add(replace(notice(1), created_at=NOW + timedelta(hours=1)))
    assert notices.get("notice_1") == notice(1).read(NOW)
    assert ids_of(notices) == ["notice_1"]


def test_each_colleague_has_a_list_with_the_newest_first(notices: DynamoNotices) -> None:
    for each in (notice(2), notice(1), notice(3), notice(4, MERT)):
        notices.add(each)
    assert (ids_of(notices), ids_of(notices, MERT)) == (["notice_3", "notice_2", "notice_1"], ["notice_4"])
    assert ids_of(notices, "agent:new") == []


def test_what_was_read_leaves_the_list_of_those_not_read_until_it_is_unread(notices: DynamoNotices) -> None:
    for number in (1, 2):
        notices.add(notice(number))
    notices.save(notice(1).read(NOW))
    assert (ids_of(notices, unread=True), ids_of(notices)) == (["notice_2"], ["notice_2", "notice_1"])
    notices.save(notices.get("notice_1").unread())
    assert ids_of(notices, unread=True) == ["notice_2", "notice_1"]
    assert notices.get("notice_1") == notice(1)


def test_a_list_goes_on_where_its_page_ended_and_not_with_the_cursor_of_another(notices: DynamoNotices) -> None:
    for number in range(5):
        notices.add(notice(number))
    first = notices.list(AYSE, unread=False, limit=3, cursor=None)
    rest = notices.list(AYSE, unread=False, limit=3, cursor=first.cursor)
    assert [each.id for each in (*first.items, *rest.items)] == [f"notice_{number}" for number in (4, 3, 2, 1, 0)]
    with pytest.raises(Invalid):
        notices.list(MERT, unread=False, limit=3, cursor=first.cursor)


def test_unread_notices_up_to_a_moment_are_those_not_younger(notices: DynamoNotices) -> None:
    for number in (1, 2, 3):
        notices.add(notice(number))
    notices.save(notice(1).read(NOW))
    until = NOW + timedelta(minutes=2)
    assert [each.id for each in notices.unread_until(AYSE, until, 10)] == ["notice_2"]
    assert notices.unread_until(AYSE, until - timedelta(microseconds=1), 10) == []
    assert len(notices.unread_until(AYSE, NOW + timedelta(hours=1), 1)) == 1


def test_a_notice_that_is_gone_is_not_found_and_not_made_anew(notices: DynamoNotices, dynamodb: Any) -> None:
    with pytest.raises(NotFound):
        notices.get("notice_1")
    for changed in (notice(1), notice(1).read(NOW)):
        with pytest.raises(NotFound):
            notices.save(changed)
    assert dynamodb.scan(TableName=RUNS)["Items"] == []


def test_a_message_goes_out_once_unless_it_did_not(message_log: DynamoMessageLog) -> None:
    later = NOW + timedelta(minutes=1)
    assert message_log.begin("job_1", "m", NOW) is None
    assert message_log.begin("job_1", "m", later) == MessageProgress(MessageStatus.BEGUN, NOW)
    message_log.forget("job_1", "m")
    assert message_log.begin("job_1", "m", later) is None
    message_log.end("job_1", "m", MessageProgress(MessageStatus.DONE, later))
    assert message_log.begin("job_1", "m", later) == MessageProgress(MessageStatus.DONE, later)
    assert message_log.begin("job_1", "other", later) is None
    assert message_log.begin("job_2", "m", later) is None
