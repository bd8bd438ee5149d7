"""Goes through the table: all rules first, then all events, then all of them once more, and then what came of it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dev.demo import account
from dev.stack import Stack
from tests.e2e.triggers import hooks
from tests.e2e.triggers.cases import Case, Own, Send, World, effects, rule_of
from tests.e2e.triggers.records import Clock, Moment

THREADS = 4
SECONDS_UNTIL_DUE = (30, 120, 480)
"""Time for the rules and records that wait for the clock to be made: a rule never runs for what was due before it.

Where the machine is too slow for the first they are made anew, with the next.
"""

SETTLING = 600
"""Seconds for all events that stand before ours: those of an import of many thousands may."""

_COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]


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
    """Return the outcome of each case, by its name. A case that fails to happen does not hold up others."""
    marker = secrets.token_hex(3)
    sources = hooks.configure(stack, marker)
    world = World(stack, marker, sources)
    attempts = {name: Attempt(case, _own(world, name, place)) for place, (name, case) in enumerate(_named(cases))}
    # What waits for the clock is prepared first, while its moment is still to come, and sent when it is past: one by
    # one, for the API is only as warm as the calls before have made it, and cold starts take long on a busy machine.
    timed = [attempt for attempt in attempts.values() if isinstance(attempt.case.entrance, Clock | Moment)]
    others = [attempt for attempt in attempts.values() if not isinstance(attempt.case.entrance, Clock | Moment)]
    _prepare_in_time(world, timed)
    _each(others, lambda attempt: _prepare(world, attempt))
    _each([*others, *timed], _send)
    expected = {attempt.own.id for attempt in attempts.values() if attempt.error is None}
    _await_effects(world, expected)
    _each([*others, *timed], _send)
    _settle(stack)
    counted = effects(world)
    _each(attempts.values(), lambda attempt: _look(world, attempt, counted))
    return attempts


def _named(cases: Sequence[Case]) -> Iterable[tuple[str, Case]]:
    return zip(names_of(cases), cases, strict=True)


def _own(world: World, name: str, place: int) -> Own:
    number = f"{secrets.randbelow(10**6):06}{place:03}"
    return Own(f"{name.lower()}-{world.marker}", f"{name[:3].lower()}-{world.marker}", number)


def _each(attempts: Iterable[Attempt], act: Callable[[Attempt], object], threads: int = THREADS) -> None:
    """Do it for all that have come so far, a few at a time; who cannot go on keeps the reason."""
    with ThreadPoolExecutor(threads) as pool:
        done = [(attempt, pool.submit(act, attempt)) for attempt in attempts if attempt.error is None]
    for attempt, future in done:
        attempt.error = future.exception()


def _prepare(world: World, attempt: Attempt) -> None:
    rule = rule_of(attempt.case, attempt.own, world)
    world.rules[attempt.own.id] = world.stack.api.post("/v1/rules", rule)["id"]
    attempt.send = attempt.case.entrance.open(world, attempt.own)


def _prepare_in_time(world: World, timed: Sequence[Attempt]) -> None:
    for turn, seconds in enumerate(SECONDS_UNTIL_DUE):
        world.due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        for attempt in timed:
            attempt.error, attempt.own = None, attempt.own.again(turn)
        _each(timed, lambda attempt: _prepare(world, attempt), threads=1)
        if datetime.now(UTC) < world.due:
            return


def _send(attempt: Attempt) -> None:
    assert attempt.send is not None
    attempt.send()


def _look(world: World, attempt: Attempt, counted: Mapping[str, int]) -> None:
    attempt.runs = world.stack.api.get(f"/v1/runs?rule={world.rules[attempt.own.id]}")["items"]
    attempt.effects = counted.get(attempt.own.id, 0)
    attempt.proven = attempt.case.proof is None or attempt.case.proof(world, attempt.own)


def _await_effects(world: World, expected: set[str]) -> None:
    """Wait until each has had its effect, or none has come for as long as anything may take."""
    seen = 0
    while seen < len(expected):

        def more(before: int = seen) -> int | None:
            found = len(expected & effects(world).keys())
            return found if found > before else None

        found = account.wait_for(more, every=1)
        if found is None:
            return
        seen = found


def _settle(stack: Stack) -> None:
    """Wait until what was sent before has been matched.

    The queues of the entrances were empty once, and then an event that came later was handled; the second is
    sent when the first was, so what was under way beside that one is over too. Other tests may keep the
    event queue from ever being empty.
    """
    sqs = stack.client("sqs")
    for name in ("lead", "mail", "sweep"):

        def empty(url: str = stack.queues[name]) -> bool | None:
            counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]
            return None if any(int(count) for count in counts.values()) else True

        assert account.wait_for(empty, every=1), f"the queue of {name} did not become empty"
    for _ in range(2):
        [sent] = stack.api.post("/v1/events", {"type": "table.gone_through"})["events"]

        def handled(event_id: str = sent["id"]) -> bool | None:
            answer = stack.api.call("GET", f"/v1/events/{event_id}")
            return True if answer.status == 200 and answer.json()["handled"] else None

        assert account.wait_for(handled, SETTLING, every=1), "an event that came after all others was not handled"
