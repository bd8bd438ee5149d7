"""Send many entries through calls that take up to ten each and may reject some."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from whenthen.adapters.aws.client import pauses
from whenthen.adapters.aws.parallel import gather
from whenthen.domain.common.errors import Temporary
from whenthen.domain.common.reasons import ReasonCode

T = TypeVar("T")

MAX_ENTRIES = 10
MANY = 8
_ATTEMPTS = 4

# Of `count` entries, AWS did not take `left` after several attempts. `provider` is the action, such as sqs:SendMessage.
NOT_TAKEN = ReasonCode("provider.not_taken", "provider", "left", "count")


def chunks(entries: Sequence[T], size_of: Callable[[T], int], max_bytes: int) -> Iterator[list[T]]:
    """Yield the entries in order, in groups of at most ten and `max_bytes`; a larger entry stands alone."""
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


def send_groups(groups: Iterable[Sequence[T]], send: Callable[[Sequence[T]], Sequence[T]], action: str) -> None:
    """Send each group; several at a time if there are many, since the sender of a webhook waits for the answer.

    action   of AWS that `send` calls, such as sqs:SendMessage: for the reason

    Raises Temporary if entries are left of any group, after all other groups were sent too.
    """
    waiting = list(groups)
    if len(waiting) < MANY:
        for group in waiting:
            send_all(group, send, action)
        return
    gather([partial(send_all, group, send, action) for group in waiting])


def send_all(entries: Sequence[T], send: Callable[[Sequence[T]], Sequence[T]], action: str) -> None:
    """Send a group; `send` returns the entries not taken, which are sent again. Raises Temporary if any is left."""
    left: Sequence[T] = entries
    for _ in pauses(_ATTEMPTS):
        left = send(left)
        if not left:
            return
    raise Temporary(NOT_TAKEN(provider=action, left=len(left), count=len(entries)))
