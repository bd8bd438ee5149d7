"""Sending many small things through calls that take up to ten, of which some may be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from whenthen.adapters.aws.client import pauses
from whenthen.domain.common.errors import Temporary

T = TypeVar("T")

MAX_ENTRIES = 10
MANY = 8
AT_ONCE = 8
"""Calls at the same time: below the ten connections that a client keeps."""
_ATTEMPTS = 4


def chunks(entries: Sequence[T], size_of: Callable[[T], int], max_bytes: int) -> Iterator[list[T]]:
    """The entries in their order, in groups of at most ten and `max_bytes`; one that is larger stands alone."""
    group: list[T] = []
    weight = 0
    for entry in entries:
        size = size_of(entry)
        if group and (len(group) == MAX_ENTRIES or weight + size > max_bytes):
            yield group
            group, weight = [], 0
        group.append(entry)
        weight += size
    if group:
        yield group


def send_groups(groups: Iterable[Sequence[T]], send: Callable[[Sequence[T]], Sequence[T]], what: str) -> None:
    """Send each group; several at a time where there are many, since whoever notified of them waits.

    Raises Temporary if some is left of any, after all the others were sent too.
    """
    waiting = list(groups)
    if len(waiting) < MANY:
        for group in waiting:
            send_all(group, send, what)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - few calls need it

    with ThreadPoolExecutor(AT_ONCE) as pool:
        # What failed is raised when its result is asked for, and leaving the pool waits for all.
        for sent in [pool.submit(send_all, group, send, what) for group in waiting]:
            sent.result()


def send_all(entries: Sequence[T], send: Callable[[Sequence[T]], Sequence[T]], what: str) -> None:
    """Send a group; `send` returns what was not taken, which is sent again. Raises Temporary if some is left."""
    left: Sequence[T] = entries
    for _ in pauses(_ATTEMPTS):
        left = send(left)
        if not left:
            return
    raise Temporary(f"{what}: {len(left)} of {len(entries)} were not taken")
