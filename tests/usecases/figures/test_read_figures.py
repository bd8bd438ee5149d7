"""Days that are shown, and days that are refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.adapters.samples import FixedClock
from whenthen.domain.common.errors import Invalid
from whenthen.domain.figures.figure import By
from whenthen.ports.values import Page
from whenthen.usecases.figures.read_figures import ReadFigures


class Asked:
    """A store that remembers what it was asked."""

    def __init__(self) -> None:
        self.days: tuple[date, date] | None = None

    def count(self, endings: Any) -> None:
        raise AssertionError

    def read(self, first: date, last: date, *, rule: str, cursor: str | None) -> Page[Any]:
        self.days = first, last
        return Page(())


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (None, None, (date(2026, 3, 8), date(2026, 3, 14))),
        (date(2026, 3, 1), None, (date(2026, 3, 1), date(2026, 3, 14))),
        (None, date(2026, 1, 31), (date(2026, 1, 25), date(2026, 1, 31))),
        (None, date(1, 1, 3), (date(1, 1, 1), date(1, 1, 3))),
        (date(2025, 2, 8), date(2026, 3, 14), (date(2025, 2, 8), date(2026, 3, 14))),
    ],
)
def test_days_that_are_not_given_follow(first: date | None, last: date | None, shown: tuple[date, date]) -> None:
    store = Asked()
    ReadFigures(store, FixedClock())(first, last, By.RULE)
    assert store.days == shown


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 3, 15), None, "figures.days_reversed"),
        (date(2026, 3, 3), date(2026, 3, 2), "figures.days_reversed"),
        (date(2025, 2, 7), date(2026, 3, 14), "figures.too_many_days"),
    ],
)
def test_days_that_cannot_be_shown_are_refused(first: date, last: date | None, code: str) -> None:
    store = Asked()
    with pytest.raises(Invalid) as caught:
        ReadFigures(store, FixedClock())(first, last, By.RULE)
    assert [(problem.field, problem.reason.code) for problem in caught.value.problems] == [("from", code)]
    assert store.days is None
