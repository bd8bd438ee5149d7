"""Which refusals are kept, and at what pace: a flood costs no more than a trickle."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRefusals
from whenthen.domain.common.errors import Invalid, Malformed, Unauthenticated
from whenthen.domain.events.event import Event
from whenthen.sources.webhook.delivery import Item, MappingResult
from whenthen.sources.webhook.mapping import parse_source
from whenthen.usecases.ingest.record_rejection import PACES, Posted, RecordRejection

SHOP, SITE = (parse_source({"name": name, "scheme": "bearer"}) for name in ("shop", "site"))
OPEN = parse_source({"name": "open", "scheme": "dangerous_open_form"})


@pytest.fixture
def store() -> FakeRefusals:
    return FakeRefusals()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def keep(store: FakeRefusals, clock: FakeClock) -> RecordRejection:
    return RecordRejection(store, clock)


def unauthenticated(keep: RecordRejection, source: Any = SHOP) -> bool:
    return keep.unauthenticated(
        Posted(source, {"user-agent": "x"}, b"junk"), Unauthenticated("the signature is not right")
    )


def invalid(keep: RecordRejection, source: Any = SHOP) -> bool:
    return keep.refused(Posted(source, {}, b"z"), Invalid.field("fields.bad value", "is none"))


def sender(keep: RecordRejection, source: Any = SHOP) -> bool:
    return keep.refused(Posted(source, {}, b"{", ["so-secret"]), Malformed("no JSON: so-secret"))


def test_a_reason_holds_no_secret_either(keep: RecordRejection, store: FakeRefusals, clock: FakeClock) -> None:
    assert sender(keep)
    [(name, rejection)] = store.noted
    assert (name, rejection.at, rejection.reason, rejection.status) == ("shop", clock.at, "no JSON: ***", 400)


@pytest.mark.parametrize(("proven", "once"), [(True, sender), (False, unauthenticated)])
def test_so_many_at_once_then_one_for_each_pause(
    keep: RecordRejection, clock: FakeClock, proven: bool, once: Any
) -> None:
    pace = PACES[proven]
    assert [once(keep) for _ in range(pace.burst + 50)] == [True] * pace.burst + [False] * 50
    for _ in range(3):
        clock.move(seconds=pace.pause.total_seconds())
        assert [once(keep), once(keep)] == [True, False]
    clock.move(days=1)
    assert [once(keep) for _ in range(pace.burst + 1)] == [True] * pace.burst + [False]


def test_a_flood_of_strangers_takes_nothing_from_the_sender_or_from_other_sources(keep: RecordRejection) -> None:
    while unauthenticated(keep):
        pass
    assert sender(keep)
    assert unauthenticated(keep, SITE)


def unmapped(keep: RecordRejection, source: Any) -> bool:
    return keep.unmapped(
        Posted(source, {"user-agent": "x", "referer": "y"}, b"name=z"), MappingResult(faults=("bad value: z",))
    )


def unwritten(keep: RecordRejection, source: Any) -> bool:
    event = Event("evt_1", "hook/open", "form.submitted", keep.clock.now())
    item = Item({}, event, mapping=0).without_record("fields.bad value: is none")
    return keep.unmapped(Posted(source, {"user-agent": "x"}, b"name=z"), MappingResult((item,)))


@pytest.mark.parametrize("once", [sender, unmapped, unwritten, invalid])
def test_what_comes_by_a_form_that_is_open_to_all_is_a_strangers(
    keep: RecordRejection, store: FakeRefusals, once: Any
) -> None:
    burst = PACES[False].burst
    assert [once(keep, OPEN) for _ in range(burst + 1)] == [True] * burst + [False]
    assert {(kept.proven, kept.body, kept.others) for _, kept in store.noted} == {(False, "", ())}
    assert not any("bad value" in kept.reason for _, kept in store.noted), "problems quote what was sent"
    assert not unauthenticated(keep, OPEN), "they share one pace"
