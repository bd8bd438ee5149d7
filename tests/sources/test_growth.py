"""The measure of growth tells linear from quadratic work, whatever a neighbour does to the clock."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from tests.sources.growth import LINEAR, ROUNDS, growth


class Counter:
    """A clock that stands still but for the work that is done, and for what a neighbour takes."""

    def __init__(self, cost: Callable[[int], float], disturbed: int = 0) -> None:
        self.cost, self.disturbed, self.spent, self.calls = cost, disturbed, 0.0, 0

    def work(self, size: int) -> None:
        self.calls += 1
        self.spent += self.cost(size)
        if size == 1_600 and self.disturbed:
            self.disturbed -= 1
            self.spent += 1e9

    def now(self) -> float:
        return self.spent


@pytest.mark.parametrize(
    ("cost", "ratio"),
    [(lambda size: size, 1), (lambda size: size + 50, 0.7), (lambda size: size**2, 16), (lambda size: size**1.2, 1.8)],
    ids=["linear", "linear with a start", "quadratic", "nearly linear"],
)
def test_growth_is_the_cost_of_the_whole_by_that_of_its_parts(cost: Callable[[int], float], ratio: float) -> None:
    counter = Counter(cost)
    assert growth(counter.work, 1_600, counter.now) == pytest.approx(ratio, abs=0.1)


@pytest.mark.parametrize("disturbed", [0, 1, ROUNDS - 1])
def test_rounds_that_a_neighbour_disturbs_do_not_count(disturbed: int) -> None:
    counter = Counter(lambda size: size, disturbed)
    assert growth(counter.work, 1_600, counter.now) < LINEAR


def test_quadratic_work_is_found_in_every_round() -> None:
    counter = Counter(lambda size: size**2, disturbed=3)
    assert growth(counter.work, 1_600, counter.now) > LINEAR
    assert counter.calls == ROUNDS * 17


def test_real_quadratic_work_is_found() -> None:
    def quadratic(size: int) -> int:
        return sum(1 for _ in range(size * size))

    assert growth(quadratic, 640, rounds=3) > LINEAR


def test_the_collector_rests_meanwhile_and_goes_on_afterwards() -> None:
    seen: list[bool] = []
    growth(lambda _: seen.append(gc.isenabled()), 16)
    assert set(seen) == {False}
    assert gc.isenabled()
