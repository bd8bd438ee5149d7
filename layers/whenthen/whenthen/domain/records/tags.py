"""Add and remove tags. A tag may be any value, and two are the same tag if `equals` says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from whenthen.domain.common.contents import Contents, without_repetitions
from whenthen.domain.common.values import Choice, elements, is_blank


def with_tags(tags: Any, added: Iterable[Any] = (), removed: Iterable[Any] = ()) -> list[Any]:
    """Return the tags in order, without `removed`, and with `added` at the end. A single value is one tag.

    Two tags are the same if `equals` says so: `é` however it was typed, and the number 2024 and the text of its digits.
    A tag that stays is kept as it is written.
    """
    gone = Choice.of(removed)
    kept = [tag for tag in elements(tags) if not is_blank(tag) and not gone.accepts(tag)]
    there = Contents.of(kept, fold=False)
    return without_repetitions(
        [*kept, *(tag for tag in added if not is_blank(tag) and not there.has(Choice.of([tag])))]
    )
