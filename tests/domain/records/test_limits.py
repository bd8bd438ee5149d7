"""Limits of a record: its size, and the items written at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid, TooLarge
from whenthen.domain.records.limits import TOO_LARGE, check_record, cost_of
from whenthen.domain.records.record import MAX_RECORD_BYTES, Record

AT = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def a_record(version: int = 1, **fields: Any) -> Record:
    return Record("lead", "1", fields, version, created_at=AT, updated_at=AT)


def of_bytes(count: int) -> Record:
    """A record whose fields are so many bytes as JSON: `{"note":"…"}`."""
    return a_record(note="x" * (count - 11))


def test_a_record_may_have_as_many_bytes_as_the_limit_and_no_more() -> None:
    check_record(of_bytes(MAX_RECORD_BYTES), None)
    with pytest.raises(TooLarge) as error:
        check_record(of_bytes(MAX_RECORD_BYTES + 1), None)
    assert error.value.reason == TOO_LARGE(count=MAX_RECORD_BYTES, found=MAX_RECORD_BYTES + 1)


def test_letters_count_by_their_bytes() -> None:
    with pytest.raises(TooLarge):
        check_record(a_record(note="ş" * 150_000), None)


def test_a_record_above_the_limit_may_shrink_or_stay_as_it_is() -> None:
    large = of_bytes(350_000)
    check_record(of_bytes(349_999), large)
    check_record(large, large)
    with pytest.raises(TooLarge):
        check_record(of_bytes(350_000), large)


@pytest.mark.parametrize("value", ["x" * 600, "💥" * 500])
@pytest.mark.parametrize("field", ["whatsapp", "other_whatsapps"])
def test_an_identity_that_no_key_can_hold_is_reported_by_its_field(value: str, field: str) -> None:
    given: Any = [value] if field.startswith("other") else value
    with pytest.raises(Invalid) as raised:
        check_record(a_record(**{field: given}), None)
    assert [problem.field for problem in raised.value.problems] == ["fields.whatsapp"]


def test_identities_and_dates_cost_an_item_each() -> None:
    before = a_record(phone="+905321234567", birth_date="1990-05-01")
    after = a_record(2, phone="+905327654321", birth_date="1990-05-01", email="ayse@example.com")
    assert cost_of(after, before) == 1 + 3
