"""Rejections are recorded without secrets, and at a bounded pace: a flood costs no more than a trickle."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRefusals
from whenthen.domain.common.errors import AT_FIELD, Invalid, Malformed, Problem, Unauthenticated
from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.common.stored_reasons import to_document
from whenthen.domain.expressions.expressions import SYNTAX
from whenthen.sources.redaction.redaction import MASK
from whenthen.sources.signing.reason_codes import NOT_RIGHT
from whenthen.sources.webhook.mapping import parse_source
from whenthen.sources.webhook.mapping_result import EventDraft, Item, MappingResult
from whenthen.usecases.ingest.reason_codes import UNMAPPED
from whenthen.usecases.ingest.record_rejection import MAX_REASON, PACES, Posted, RecordRejection
from whenthen.usecases.records.reason_codes import NO_PHONE

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
    return keep.unauthenticated(Posted(source, {"user-agent": "x"}, b"junk"), Unauthenticated(NOT_RIGHT()))


def invalid(keep: RecordRejection, source: Any = SHOP) -> bool:
    return keep.refused(Posted(source, {}, b"z"), Invalid.field("fields.bad value", EMPTY()))


def sender(keep: RecordRejection, source: Any = SHOP) -> bool:
    return keep.refused(Posted(source, {}, b"{", ["so-secret"]), Malformed(SYNTAX(expression="so-secret", position=1)))


def test_a_reason_holds_no_secret_either(keep: RecordRejection, store: FakeRefusals, clock: FakeClock) -> None:
    assert sender(keep)
    [(name, rejection)] = store.noted
    assert (name, rejection.at, rejection.status) == ("shop", clock.at, 400)
    assert rejection.reason == SYNTAX(expression="***", position=1)


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
        Posted(source, {"user-agent": "x", "referer": "y"}, b"name=z"),
        MappingResult(faults=(Problem("bad value", EMPTY()),)),
    )


def unwritten(keep: RecordRejection, source: Any) -> bool:
    draft = EventDraft("evt_1", "open", "form.submitted", keep.clock.now(), {})
    item = Item({}, draft, mapping=0).without_record(AT_FIELD(field="fields.bad value", problem=EMPTY()))
    return keep.unmapped(Posted(source, {"user-agent": "x"}, b"name=z"), MappingResult((item,)))


@pytest.mark.parametrize("once", [sender, unmapped, unwritten, invalid])
def test_what_comes_by_a_form_that_is_open_to_all_is_a_strangers(
    keep: RecordRejection, store: FakeRefusals, once: Any
) -> None:
    burst = PACES[False].burst
    assert [once(keep, OPEN) for _ in range(burst + 1)] == [True] * burst + [False]
    assert {(kept.proven, kept.body, kept.others) for _, kept in store.noted} == {(False, "", ())}
    assert not any("bad value" in str(kept.reason) for _, kept in store.noted), "problems quote what was sent"
    assert not unauthenticated(keep, OPEN), "they share one pace"


@pytest.mark.parametrize(
    ("name", "shown"), [("body.password", MASK), ("mappings[0].record.fields.api_key", MASK), ("body.city", "hunter2")]
)
def test_a_value_beside_the_name_of_a_secret_is_masked(
    keep: RecordRejection, store: FakeRefusals, name: str, shown: str
) -> None:
    assert keep.refused(Posted(SHOP, {}, b"z"), Invalid.field(name, NO_PHONE(value="hunter2")))
    [(_, kept)] = store.noted
    assert kept.reason == AT_FIELD(field=name, problem=NO_PHONE(value=shown))


def test_a_reason_is_bounded_however_much_was_sent(keep: RecordRejection, store: FakeRefusals) -> None:
    problems = [Problem(f"fields.f{number}", NO_PHONE(value="x" * 5_000)) for number in range(500)]
    assert keep.refused(Posted(SHOP, {}, b"z"), Invalid(problems))
    [(_, kept)] = store.noted
    assert kept.reason.code == "input.invalid"
    assert len(json.dumps(to_document(kept.reason))) <= MAX_REASON


def test_a_delivery_without_any_problem_of_its_own_is_recorded_as_unmapped(
    keep: RecordRejection, store: FakeRefusals, clock: FakeClock
) -> None:
    draft = EventDraft("evt_1", "shop", "webhook.received", clock.at, {})
    assert keep.unmapped(Posted(SHOP, {}, b"{}"), MappingResult((Item({}, draft),)))
    [(_, kept)] = store.noted
    assert (kept.outcome, kept.status, kept.reason) == ("unmapped", 202, UNMAPPED())
