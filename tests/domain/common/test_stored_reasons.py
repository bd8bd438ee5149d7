"""Reasons are stored with their parameters, within a size, and read back as they were."""

from __future__ import annotations

import json

import pytest

from whenthen.domain.common.errors import Conflict, Invalid, Problem
from whenthen.domain.common.reasons import Reason
from whenthen.domain.common.stored_reasons import CUT, bounded, from_document, map_texts, to_document

TAKEN = Reason("record.taken", {"by": "lead:1"})
WRONG = Reason("input.wrong", {"value": "x", "count": 3})


def test_the_reason_of_an_error_is_the_one_it_was_raised_with() -> None:
    assert Conflict(TAKEN).reason is TAKEN


def test_the_reason_of_one_invalid_field_names_the_field() -> None:
    assert Invalid.field("id", WRONG).reason == Reason("input.at_field", {"field": "id", "problem": WRONG})


def test_the_reason_of_a_whole_input_names_no_field() -> None:
    assert Invalid.field("", WRONG).reason == WRONG


def test_the_reason_of_several_fields_holds_each_of_them() -> None:
    error = Invalid([Problem("a", WRONG), Problem("b", TAKEN)])
    within = [Reason("input.at_field", {"field": name, "problem": why}) for name, why in (("a", WRONG), ("b", TAKEN))]
    assert error.reason == Reason("input.invalid", {"problems": within})


def test_texts_are_changed_wherever_they_stand_and_nothing_else_is() -> None:
    nested = Reason("input.invalid", {"problems": [WRONG, "one"], "why": WRONG, "count": 2, "none": None})
    upper = Reason("input.wrong", {"value": "X", "count": 3})
    assert map_texts(nested, str.upper) == Reason(
        "input.invalid", {"problems": [upper, "ONE"], "why": upper, "count": 2, "none": None}
    )


def test_a_small_reason_is_kept_whole() -> None:
    assert bounded(WRONG, 1_000) is WRONG


@pytest.mark.parametrize("most", [300, 1_000, 4_000])
def test_a_large_reason_is_cut_until_it_fits(most: int) -> None:
    problems = [Reason("input.at_field", {"field": f"f{n}", "problem": Reason("input.wrong", {"value": "ş" * 900})})
                for n in range(50)]  # fmt: skip
    kept = bounded(Reason("input.invalid", {"problems": list(problems)}), most)
    assert len(json.dumps(to_document(kept))) <= most
    shown = kept.params["problems"]
    assert isinstance(shown, list)
    first = shown[0]
    assert isinstance(first, Reason)
    assert (first.params["field"], shown[-1]) == ("f0", CUT)


def test_a_document_is_read_back_as_the_same_reason() -> None:
    reason = Reason("a.b", {"text": "x", "count": 1, "share": 1.5, "yes": True, "none": None, "list": [WRONG, "y", 2]})
    assert from_document(json.loads(json.dumps(to_document(reason)))) == reason
