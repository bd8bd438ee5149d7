"""Small changes to documents: what an admin mistypes, and what a careless client sends."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

Place = tuple[Any, Any]
"""An object or list, and the key or position in it."""

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 1.5, 400, 10**20, 10**45,
    "", " ", "x", "  lead ", "Mon", "mon", "é", "\n", "x" * 201, "x" * 2001, "moves_to", "stripe",
    "record", "record.", "record.a..b", "event.data.x", "09:30", "25:00", "2026-02-30",
    "{{ record.a + 1 }}", "{% if record.a %}", "{{ record.a|round('x') }}", "{{ record.a|upper }}",
    "birthday.reached", "date.reached", "lead.created",
    [], [None], ["a"], ["", "a"], [1, 2], ["a"] * 25, {}, {"a": 1}, {"days": 1}, {"days": 0},
    {"field": "record.a", "op": "equals", "value": 1}, {"not": {"field": "event.id", "op": "exists"}},
)  # fmt: skip
KEYS = ("kind", "value", "zone", "within", "ignore_case", "field", "from", "to", "view", "filter", "at", "late", "wait",
        "moves_to", "enters", "hours", "unknown", "form", "type_from", "type", "start", "id", "version",
        "secret")  # fmt: skip


def places(document: Any) -> Iterator[Place]:
    """Every place in the document where a value stands."""
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        yield document, key
        yield from places(value)


def _replaced(document: Any, place: Place, odd: Any) -> None:
    place[0][place[1]] = odd


def _removed(document: Any, place: Place, odd: Any) -> None:
    del place[0][place[1]]


def _wrapped(document: Any, place: Place, odd: Any) -> None:
    place[0][place[1]] = [place[0][place[1]]]


def _doubled(document: Any, place: Place, odd: Any) -> None:
    value = place[0][place[1]]
    if isinstance(value, list):
        value += copy.deepcopy(value)


def _spaced(document: Any, place: Place, odd: Any) -> None:
    value = place[0][place[1]]
    if isinstance(value, str):
        place[0][place[1]] = f" {value}\n"


MUTATIONS: tuple[Callable[[Any, Place, Any], None], ...] = (_replaced, _removed, _wrapped, _doubled, _spaced)


@st.composite
def mutated(draw: Callable[[st.SearchStrategy[Any]], Any], documents: st.SearchStrategy[Any]) -> Any:
    """Return one of the documents with one or two small changes."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 2))):
        found = list(places(document))
        if not found:
            break
        place = found[draw(st.integers(0, len(found) - 1))]
        odd = copy.deepcopy(draw(st.sampled_from(ODD)))
        if isinstance(place[0], dict) and draw(st.integers(0, 3)) == 0:
            place[0].setdefault(draw(st.sampled_from(KEYS)), odd)
        else:
            draw(st.sampled_from(MUTATIONS))(document, place, odd)
    return document
