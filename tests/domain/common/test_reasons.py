"""Reasons: codes with parameters."""

from __future__ import annotations

import msgspec
import pytest

from whenthen.domain.common.reasons import Reason, ReasonCode, declared

TOO_MANY = ReasonCode("tests.too_many", "most", "count")
BECAUSE = ReasonCode("tests.because", "why", "names")


def test_a_code_called_with_its_parameters_makes_a_reason() -> None:
    assert TOO_MANY(most=30, count=31) == Reason("tests.too_many", {"most": 30, "count": 31})
    assert declared()["tests.too_many"] is TOO_MANY


@pytest.mark.parametrize("params", [{}, {"most": 1}, {"most": 1, "count": 2, "other": 3}, {"most": 1, "counts": 2}])
def test_other_parameters_are_rejected(params: dict[str, int]) -> None:
    with pytest.raises(TypeError, match=r"tests\.too_many takes"):
        TOO_MANY(**params)


def test_a_reason_survives_builtins_with_reasons_inside_it() -> None:
    reason = BECAUSE(why=TOO_MANY(most=1, count=2), names=["a", 1, 2.5, True, None, Reason("tests.inner")])
    document = msgspec.to_builtins(reason)
    assert document["params"]["why"] == {"code": "tests.too_many", "params": {"most": 1, "count": 2}}
    assert msgspec.convert(document, Reason) == reason
    assert msgspec.json.decode(msgspec.json.encode(reason), type=Reason) == reason


def test_a_reason_without_parameters_can_be_read_from_its_code_alone() -> None:
    assert msgspec.convert({"code": "tests.inner"}, Reason) == Reason("tests.inner", {})


def test_logs_show_a_compact_form() -> None:
    reason = BECAUSE(why=TOO_MANY(most=1, count=2), names=["a", None])
    assert str(reason) == "tests.because(why=tests.too_many(most=1, count=2), names=[a, None])"
    assert str(Reason("tests.inner")) == "tests.inner"


def test_equal_reasons_are_one_element_of_a_set() -> None:
    assert len({TOO_MANY(most=1, count=2), TOO_MANY(count=2, most=1), TOO_MANY(most=1, count=3)}) == 2


@pytest.mark.parametrize("code", ["", "list", "List.too_many", "list.", ".too_many", "list.too-many", "list too.many"])
def test_a_malformed_code_is_rejected(code: str) -> None:
    with pytest.raises(ValueError, match="is not a code"):
        ReasonCode(code)
    assert code not in declared()


@pytest.mark.parametrize("names", [("a", "a"), ("a b",), ("",)])
def test_malformed_parameters_are_rejected(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="distinct identifiers"):
        ReasonCode("tests.malformed", *names)
    assert "tests.malformed" not in declared()


def test_a_module_that_is_loaded_again_may_declare_its_code_again_but_only_alike() -> None:
    again = ReasonCode("tests.too_many", "count", "most")
    assert again(most=1, count=2) == TOO_MANY(most=1, count=2)
    with pytest.raises(ValueError, match="declared with other parameters"):
        ReasonCode("tests.too_many", "most")
