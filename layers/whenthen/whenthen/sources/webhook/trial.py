"""Explain, to an admin who tries a source on a sample, why a mapping did not take a body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Malformed, Problem
from whenthen.sources.webhook.default_mappings import mappings_of
from whenthen.sources.webhook.reason_codes import WHEN_FINDS_NOTHING, WHEN_NOT_MET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.expressions.expressions import Expression
    from whenthen.sources.webhook.delivery import Delivery
    from whenthen.sources.webhook.mapping_result import Item

LONGEST_SHOWN = 200
"""Characters that are shown of the value that an expression found."""


class PassedOver(Struct, frozen=True):
    """Name a mapping that did not take a body, such as `mappings[0]`, with the problems of its parts."""

    mapping: str
    problems: tuple[Problem, ...]


def passed_over(delivery: Delivery, item: Item) -> Iterator[PassedOver]:
    """List the mappings that were tried and did not take the item's body, in their order."""
    root = delivery.root(item.body)
    mappings = mappings_of(delivery.source)
    for position, mapping in enumerate(mappings[: item.mapping] if item.mapping is not None else mappings):
        path = f"mappings[{position}]"
        reported = tuple(
            Problem(problem.field.removeprefix(f"{path}."), problem.reason)
            for problem in item.problems
            if problem.field.startswith(f"{path}.")
        )
        if reported:
            yield PassedOver(path, reported)
        elif mapping.when is not None:
            yield PassedOver(path, (Problem("when", _not_met(mapping.when, root)),))


def _not_met(expression: Expression, root: Mapping[str, Any]) -> Reason:
    try:
        shown = json.dumps(expression.value(root), ensure_ascii=False, default=str)
    except (Malformed, ValueError):
        return WHEN_FINDS_NOTHING(expression=expression.text)
    found = shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"
    return WHEN_NOT_MET(expression=expression.text, found=found)
