"""Records: patches, differences, names of fields, identities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.events.event import Cause, Change
from whenthen.domain.records.record import (
    BAD_NAME,
    BAD_REF,
    MAX_FIELDS,
    RESERVED_NAME,
    TOO_MANY_FIELDS,
    Record,
    as_context,
    check_fields,
    diff,
    parse_ref,
    patched,
)
from whenthen.domain.records.tags import with_tags

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

values = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2) | st.lists(st.integers(0, 1), max_size=2)
)
fields = st.dictionaries(st.sampled_from("abcd"), values.filter(lambda value: value is not None), max_size=4)
patches = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


def patch(record: Record, changes: dict[str, Any]) -> Record:
    return patched(record, changes, origin="human", cause=Cause(("run_1",), 1), now=LATER)


@given(fields, patches)
def test_a_patch_sets_its_fields_removes_those_that_are_none_and_leaves_the_rest(
    before: dict[str, Any], changes: dict[str, Any]
) -> None:
    record = Record("lead", "1", before, version=3, created_at=NOW, updated_at=NOW)
    after = patch(record, changes)
    assert dict(after.fields) == {
        name: value for name, value in {**before, **changes}.items() if value is not None
    } or not diff(before, after.fields)
    if diff(before, after.fields):
        assert (after.version, after.created_at, after.updated_at, after.origin) == (4, NOW, LATER, "human")
    else:
        assert after is record


@given(fields, patches)
def test_a_patch_that_is_made_twice_changes_nothing_the_second_time(
    before: dict[str, Any], changes: dict[str, Any]
) -> None:
    once = patch(Record("lead", "1", before, version=1), changes)
    assert patch(once, changes) is once


@given(fields, fields)
def test_a_difference_has_the_former_and_the_new_value(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = diff(before, after)
    assert list(found) == sorted(found)
    assert {name: change.before for name, change in found.items()} == {name: before.get(name) for name in found}
    assert {name: change.after for name, change in found.items()} == {name: after.get(name) for name in found}
    assert not diff(before, {**after, **{name: change.before for name, change in found.items()}} if found else before)


def test_true_is_not_one() -> None:
    assert diff({"a": 1, "b": 1, "c": 0}, {"a": True, "b": 1.0, "c": False}) == {
        "a": Change(before=1, after=True),
        "c": Change(before=0, after=False),
    }
    assert list(diff({"a": [1], "b": {"x": [0, 1]}, "c": [1]}, {"a": [True], "b": {"x": [0, True]}, "c": [1.0]})) == [
        "a",
        "b",
    ]


def test_a_new_record_without_fields_is_a_record() -> None:
    made = patch(Record("lead", "1"), {})
    assert (made.version, made.created_at, made.updated_at) == (1, LATER, LATER)


@pytest.mark.parametrize(
    ("tags", "added", "removed", "expected"),
    [
        (None, ["a", "b", "a"], [], ["a", "b"]),
        (["b", "a"], ["a", "c"], [], ["b", "a", "c"]),
        (["a", "b", "a"], [], ["b", "x"], ["a"]),
        (["a"], ["a"], ["a"], ["a"]),
        ("a", ["b"], [], ["a", "b"]),
        ("", ["b"], [], ["b"]),
        ([None, {"x": 1}, 5, "a"], ["b"], [], [{"x": 1}, 5, "a", "b"]),
        (5, ["b"], [], [5, "b"]),
        ([2024, "vip", True], ["new"], [], [2024, "vip", True, "new"]),
        ([2024, "2025"], ["2024", 2025], [], [2024, "2025"]),
        ([2024, "vip"], [], ["2024"], ["vip"]),
        (["caf\u00e9"], [], ["cafe\u0301"], []),
        (["caf\u00e9", "x"], ["cafe\u0301"], [], ["caf\u00e9", "x"]),
        (["cafe\u0301"], ["b", "caf\u00e9", " "], [], ["cafe\u0301", "b"]),
        ([True], [], ["true", 1], [True]),
    ],
)
def test_tags(tags: Any, added: list[Any], removed: list[Any], expected: list[Any]) -> None:
    assert with_tags(tags, added, removed) == expected


@pytest.mark.parametrize("ref", ["lead:1", "smart_process_7:A.b-c_d@e+f=", "task:rec_abc"])
def test_a_ref_is_a_kind_and_an_id(ref: str) -> None:
    kind, external_id = parse_ref(ref)
    assert Record(kind, external_id).ref == ref


@pytest.mark.parametrize(
    "ref", ["lead", "lead:", ":1", "Lead:1", "lead:1:2", "lead:1\n", "lead:.", "lead:" + "x" * 129, 5, None, "a b:1"]
)
def test_anything_else_is_no_ref(ref: Any) -> None:
    with pytest.raises(Invalid) as error:
        parse_ref(ref, "with.record")
    assert error.value.problems == (Problem("with.record", BAD_REF()),)


def test_reserved_and_malformed_field_names_are_reported() -> None:
    with pytest.raises(Invalid) as caught:
        check_fields({"id": 1, "version": 2, "a-b": 3, "": 4, "1a": 5, "x" * 65: 6, "ok_1": 7, "ab\n": 8})
    assert [problem.field for problem in caught.value.problems] == [
        "fields.id",
        "fields.version",
        "fields.a-b",
        "fields.",
        "fields.1a",
        f"fields.{'x' * 65}",
        "fields.ab\n",
    ]
    assert [problem.reason for problem in caught.value.problems[:3]] == [RESERVED_NAME(), RESERVED_NAME(), BAD_NAME()]
    with pytest.raises(Invalid) as many:
        check_fields({f"f{number}": 1 for number in range(MAX_FIELDS + 1)})
    assert [problem.reason for problem in many.value.problems] == [
        TOO_MANY_FIELDS(count=MAX_FIELDS, found=MAX_FIELDS + 1)
    ]


def test_each_whole_number_beyond_64_bits_is_reported() -> None:
    with pytest.raises(Invalid) as caught:
        check_fields({"ok": [2**63 - 1, -(2**63), 1e300, True], "a": 2**63, "b": {"c": [0, -(2**63) - 1]}})
    assert [problem.field for problem in caught.value.problems] == ["fields.a", "fields.b.c[1]"]


def test_its_identities_are_its_phone_email_and_whatsapp_id() -> None:
    record = Record("lead", "1", {"whatsapp": "TR.1", "email": "a@b.co", "phone": "+905321234567", "fax": "1"})
    assert record.identities == ("phone#+905321234567", "email#a@b.co", "whatsapp#TR.1")
    assert Record("lead", "1", {"phone": "", "email": None, "whatsapp": 5}).identities == ()


def test_conditions_see_the_fields_and_the_attributes_of_the_record() -> None:
    record = Record("lead", "1", {"a": 1}, version=2, created_at=NOW, updated_at=LATER)
    assert as_context(record) == {
        "a": 1,
        "kind": "lead",
        "id": "1",
        "ref": "lead:1",
        "version": 2,
        "created_at": "2026-03-14T09:30:00.000Z",
        "updated_at": "2026-03-14T10:30:00.000Z",
    }


@pytest.mark.parametrize(
    ("patch", "phone", "others"),
    [
        ({"phone": "+2"}, "+2", ["+1", "+3"]),
        ({"phone": "+4"}, "+4", ["+2", "+3"]),
        ({"phone": None}, None, ["+2", "+3"]),
        ({"phone": "+1"}, "+1", ["+2", "+3"]),
        ({"phone": "+2", "other_phones": ["+3"]}, "+2", ["+3"]),
    ],
)
def test_a_further_address_that_becomes_the_first_changes_places(patch: Any, phone: Any, others: Any) -> None:
    record = Record("contact", "1", {"phone": "+1", "other_phones": ["+2", "+3"]}, version=1)
    changed = patched(record, patch, origin="api", cause=Cause(), now=NOW)
    assert (changed.fields.get("phone"), changed.fields["other_phones"]) == (phone, others)
