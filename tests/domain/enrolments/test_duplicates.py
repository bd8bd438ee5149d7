"""Records of one person in an enrolment: the first by id enters, each address once, in however many attempts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.enrolments.duplicates import Member, addresses_of, member_of, split
from whenthen.domain.records.record import Record


def members(*addresses: str) -> list[Member]:
    """A member for each text, whose letters are addresses."""
    return [Member(f"contact:{number}", tuple(text)) for number, text in enumerate(addresses)]


@pytest.mark.parametrize(
    ("addresses", "entering"),
    [
        (["a", "b", "c"], [0, 1, 2]),
        (["a", "a", "a"], [0]),
        (["ab", "b", "a"], [0]),
        (["a", "ab", "b"], [0, 2]),  # the second is left out, so the third has an address that nobody took
        (["", "", ""], [0, 1, 2]),
        (["aa", "a"], [0]),
    ],
)
def test_the_first_of_each_person_enters(addresses: list[str], entering: list[int]) -> None:
    found = split(members(*addresses), {})
    assert found.entering == tuple(f"contact:{number}" for number in entering)
    assert {*found.entering, *found.duplicates} == {member.ref for member in members(*addresses)}


def test_what_was_taken_before_stays_taken() -> None:
    found = split(members("a", "b"), {"a": "contact:x"})
    assert (found.entering, found.duplicates, found.taken) == (("contact:1",), ("contact:0",), {"b": "contact:1"})


texts = st.lists(st.text("abcde", max_size=3), max_size=12)


@given(addresses=texts, cut=st.integers(0, 12), again=st.integers(0, 12))
def test_batches_and_repetitions_find_the_same_as_one_attempt(addresses: list[str], cut: int, again: int) -> None:
    everyone = members(*addresses)
    whole = split(everyone, {})
    taken = dict(split(everyone[:again], {}).taken)  # of an attempt that died before it was noted
    parts: list[Sequence[str]] = []
    for part in (everyone[:cut], everyone[cut:]):
        found = split(part, taken)
        taken |= found.taken
        parts.append(found.entering)
    assert (*parts[0], *parts[1]) == whole.entering


@given(addresses=texts)
def test_no_address_enters_twice_and_nobody_is_left_out_without_a_reason(addresses: list[str]) -> None:
    everyone = members(*addresses)
    entering = set(split(everyone, {}).entering)
    entered = [address for each in everyone if each.ref in entering for address in set(each.addresses)]
    assert len(entered) == len(set(entered))
    assert all(set(each.addresses) & set(entered) for each in everyone if each.ref not in entering)


def test_a_member_keeps_no_address_that_could_be_read() -> None:
    record = Record(
        "contact", "1", {"email": "ayse@example.com", "phone": "+905321234567", "other_emails": ["b@x.example"]}
    )
    member = member_of(record, per_person=True)
    assert len(set(member.addresses)) == 3
    assert all(len(address) == 16 and int(address, 16) for address in member.addresses)
    assert member_of(record, per_person=False).addresses == ()
    assert addresses_of([member, member]) == list(member.addresses)
