"""Goes through the table: all rules first, then all events, then all of them once more, and then what came of it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from dev.demo import account
from dev.stack import Stack
from tests.e2e.triggers import hooks
from tests.e2e.triggers.cases import Case, Own, Send, World, effects, rule_of
from tests.e2e.triggers.records import Clock, Moment

THREADS = 4
_COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
_IN_ORDER = ("lead", "mail", "sweep", "event", "record", "webhook")
"""The queues on the way from the entrances to the table's webhooks."""


@dataclass(slots=True)
class Attempt:
    """A case and how far it has come. `error` is why it went no further; `effects` are those of its step."""

    case: Case
    own: Own
    send: Send | None = None
    error: BaseException | None = None
    runs: Sequence[Mapping[str, Any]] = ()
    effects: int = 0
    proven: bool = True


def names_of(cases: Iterable[Case]) -> list[str]:
    """A name for each case: its row, and a number where it is not the row's first."""
    seen: Counter[str] = Counter()
    names = []
    for case in cases:
        seen[case.row] += 1
        names.append(case.row if seen[case.row] == 1 else f"{case.row}-{seen[case.row]}")
    return names


def go_through(stack: Stack, cases: Sequence[Case]) -> dict[str, Attempt]:
    """What became of each case, by its name. A case that cannot be brought about does not keep others from it."""
    world = World.of(stack)
    hooks.configure(world)
    attempts = {name: Attempt(case, _own(world, name, place)) for place, (name, case) in enumerate(_named(cases))}
    # What waits for the clock is prepared first, while its moment is still to come, and sent when it is past.
    in_order = sorted(attempts.values(), key=lambda attempt: not _waits(attempt.case))
    _each(in_order, lambda attempt: _prepare(world, attempt))
    _each(reversed(in_order), _send)
    expected = {attempt.own.id for attempt in in_order if attempt.error is None}
    account.wait_for(lambda: True if expected <= effects(world).keys() else None)
    _each(reversed(in_order), _send)
    _settle(stack)
    counted = effects(world)
    _each(in_order, lambda attempt: _look(world, attempt, counted))
    return attempts


def _named(cases: Sequence[Case]) -> Iterable[tuple[str, Case]]:
    return zip(names_of(cases), cases, strict=True)


def _own(world: World, name: str, place: int) -> Own:
    number = f"{secrets.randbelow(10**6):06}{place:03}"
    return Own(f"{name.lower()}-{world.marker}", f"{name[:3].lower()}-{world.marker}", number)


def _waits(case: Case) -> bool:
    return isinstance(case.entrance, Clock | Moment)


def _each(attempts: Iterable[Attempt], act: Callable[[Attempt], object]) -> None:
    """Do it for all that have come so far, a few at a time; who cannot go on keeps the reason."""
    with ThreadPoolExecutor(THREADS) as threads:
        done = [(attempt, threads.submit(act, attempt)) for attempt in attempts if attempt.error is None]
    for attempt, future in done:
        attempt.error = future.exception()


def _prepare(world: World, attempt: Attempt) -> None:
    rule = rule_of(attempt.case, attempt.own, world)
    world.rules[attempt.own.id] = world.stack.api.post("/v1/rules", rule)["id"]
    attempt.send = attempt.case.entrance.open(world, attempt.own)


def _send(attempt: Attempt) -> None:
    assert attempt.send is not None
    attempt.send()


def _look(world: World, attempt: Attempt, counted: Mapping[str, int]) -> None:
    attempt.runs = world.stack.api.get(f"/v1/runs?rule={world.rules[attempt.own.id]}")["items"]
    attempt.effects = counted.get(attempt.own.id, 0)
    attempt.proven = attempt.case.proof is None or attempt.case.proof(world, attempt.own)


def _settle(stack: Stack) -> None:
    """Wait until what was sent before has gone its way: each queue was empty once, after those in front of it."""
    sqs = stack.client("sqs")
    for name in _IN_ORDER:

        def empty(url: str = stack.queues[name]) -> bool | None:
            counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]
            return None if any(int(count) for count in counts.values()) else True

        assert account.wait_for(empty), f"the queue of {name} did not become empty"
