"""Ids: the same cause has the same id, two causes never share one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common import ids

texts = st.text(st.sampled_from("abç\0 \ud800\udfff😀"), max_size=6)
"""Half a character, too: JSON can write one, so a provider's id may hold it."""


@given(texts, texts)
def test_the_same_cause_has_the_same_id(source: str, external_id: str) -> None:
    assert ids.event_id(source, external_id) == ids.event_id(source, external_id)


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_two_causes_never_share_an_id_wherever_their_parts_divide(one: list[str], other: list[str]) -> None:
    assert (ids.record_id(*one) == ids.record_id(*other)) == (one == other)


def test_parts_are_told_apart_and_so_are_kinds_of_id() -> None:
    assert ids.event_id("ab", "c") != ids.event_id("a", "bc")
    assert ids.job_id("run", "step1", 1) != ids.job_id("run", "step", 11)
    parts = {ids.event_id("a", "b"), ids.record_id("a", "b"), ids.rule_id("a", "b"), ids.run_id("a", "b", None)}
    assert len({each.partition("_")[2] for each in parts}) == 4


def test_a_run_without_a_record_is_one_run() -> None:
    assert ids.run_id("evt", "rule", None) == ids.run_id("evt", "rule", None)
    assert ids.run_id("evt", "rule", None) != ids.run_id("evt", "rule", "lead:1")


@given(texts)
def test_an_id_is_short_and_can_stand_anywhere(text: str) -> None:
    """As the name of an execution (80 characters of letters, digits, - and _), in a URL, and as a record's id."""
    for each in (
        ids.event_id(text, text),
        ids.run_id(text, text, text),
        ids.job_id(text, text, 0),
        ids.record_id(text),
    ):
        assert re.fullmatch(r"[a-z]{3,4}_[a-z2-7]{26}", each)


def test_ids_never_change() -> None:
    """They are in stores, in providers' logs and in receivers' tables of what they have seen."""
    assert ids.event_id("meta", "lead:1") == "evt_xuu6bi2juitr2f6zfirbzzwwyb"
    assert ids.run_id("evt_1", "rule_1", "lead:1") == "run_7qbxpuf2twh44nlrabc3cxynqe"
    assert ids.job_id("run_1", "hello", 0) == "job_3kimgu232aolalyi6t7i3fgqbc"
