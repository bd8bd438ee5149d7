"""Why the mappings before the one that took a body did not: what an admin asks who tries a source on a sample."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Malformed
from whenthen.sources.webhook.delivery import mappings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from whenthen.sources.parsing.expressions import Expression
    from whenthen.sources.webhook.delivery import Delivery, Item

LONGEST_SHOWN = 200
"""Characters that are shown of what an expression found."""


def passed_over(delivery: Delivery, item: Item) -> Iterator[tuple[str, str]]:
    """(mapping, reason) of each mapping that was asked and did not take the item's body, in their order."""
    root = delivery.root(item.body)
    mappings = mappings_of(delivery.source)
    for position, mapping in enumerate(mappings[: item.mapping] if item.mapping is not None else mappings):
        path = f"mappings[{position}]"
        reported = [problem.removeprefix(f"{path}.") for problem in item.problems if problem.startswith(f"{path}.")]
        if reported:
            yield path, "; ".join(reported)
        elif mapping.when is not None:
            yield path, f"when: {mapping.when.text} finds {_found(mapping.when, root)}"


def _found(expression: Expression, root: Mapping[str, Any]) -> str:
    try:
        shown = json.dumps(expression.value(root), ensure_ascii=False, default=str)
    except (Malformed, ValueError):
        return "nothing"
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"
