"""Notices as their colleagues see them: listed, read, unread, and many read at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.sending import FakeNotices
from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.notices.notice import Notice, shortened
from whenthen.usecases.messages.manage_notices import MAX_READ_AT_ONCE, ManageNotices

AYSE = "agent:ayse"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def manage(clock: FakeClock) -> ManageNotices:
    return ManageNotices(FakeNotices(), clock)


def add(manage: ManageNotices, number: int, agent: str = AYSE) -> Notice:
    now = manage.clock.now()
    notice = Notice(f"notice_{number:03d}", agent, "Text", "", "", None, "rule_1", "run_1", now)
    manage.notices.add(notice)
    return notice


def test_a_notice_that_is_read_twice_keeps_the_first_moment(manage: ManageNotices, clock: FakeClock) -> None:
    add(manage, 1)
    first = manage.read("notice_001")
    clock.move(minutes=5)
    assert manage.read("notice_001") == first == manage.get("notice_001")
    assert manage.unread("notice_001").read_at is None
    assert manage.read("notice_001").read_at == clock.now()


def test_all_up_to_a_moment_are_read_and_later_ones_are_not(manage: ManageNotices, clock: FakeClock) -> None:
    first = add(manage, 1)
    clock.move(minutes=5)
    add(manage, 2)
    add(manage, 3, "agent:mert")
    assert manage.read_all(AYSE, first.created_at) == (1, False)
    assert [each.id for each in manage.list(AYSE, unread=True, limit=9, cursor=None).items] == ["notice_002"]
    assert manage.read_all(AYSE, None) == (1, False)
    assert manage.read_all(AYSE, clock.now() + timedelta(days=1)) == (0, False)
    assert len(manage.list("agent:mert", unread=True, limit=9, cursor=None).items) == 1


def test_many_are_read_in_several_requests(manage: ManageNotices) -> None:
    for number in range(MAX_READ_AT_ONCE + 1):
        add(manage, number)
    assert [manage.read_all(AYSE, None) for _ in range(2)] == [(MAX_READ_AT_ONCE, True), (1, False)]


def test_a_colleague_is_found_by_their_address_however_it_is_written(manage: ManageNotices) -> None:
    add(manage, 1, "ayse@corp.example")
    assert len(manage.list(" Ayse@Corp.example ", unread=False, limit=9, cursor=None).items) == 1
    with pytest.raises(Invalid):
        manage.list("  ", unread=False, limit=9, cursor=None)


def test_a_notice_that_is_not_there_is_not_found(manage: ManageNotices) -> None:
    for ask in (manage.get, manage.read, manage.unread):
        with pytest.raises(NotFound):
            ask("notice_1")


@pytest.mark.parametrize(("text", "most", "short"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a bcd", 3, "a…")])
def test_a_long_text_ends_in_an_ellipsis(text: str, most: int, short: str) -> None:
    assert shortened(text, most) == short
