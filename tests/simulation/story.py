"""Say what a story is: rules, and what happens when, as plain data that prints, shrinks and can be told again.

Nothing here is of whenthen. `documents` writes it as rules for the engine, and `model` says what must come of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

RECORDS = ("1", "2")
"""Ids of the leads that stories are about."""

EVENTS = ("offer.made", "cart.updated")
REPLY = "contact.replied"
STATUSES = ("new", "hot", "won")
"""What a lead's status may be. It is `new` at first."""


@dataclass(frozen=True)
class Wait:
    """A wait before a step. The units are added in this order; `at` is an hour, as `HH:MM`."""

    days: int = 0
    minutes: int = 0
    business_days: int = 0
    at: str | None = None
    weekdays: tuple[str, ...] = ()


@dataclass(frozen=True)
class Await:
    """A wait for an event, and the steps to go on with if it comes in time, and if not. None: the step itself."""

    event: str
    minutes: int
    then: str | None = None
    otherwise: str | None = None


@dataclass(frozen=True)
class Step:
    """One step.

    only_if    the status that the lead must have
    otherwise  the step to go on with if it has not
    on_error   `stop`, `continue` or the step to go on with, if it fails. A step whose action is `fail` does
    """

    id: str
    action: str
    wait: Wait | None = None
    together: bool = False
    only_if: str | None = None
    otherwise: str | None = None
    awaits: Await | None = None
    on_error: str = "stop"


@dataclass(frozen=True)
class Rule:
    """A rule about leads. `condition`, `when`, `goal`: statuses at which it starts, and at which its runs end."""

    id: str
    event: str
    steps: tuple[Step, ...]
    condition: str | None = None
    exits_on: tuple[str, ...] = ()
    when: str | None = None
    goal: str | None = None


@dataclass(frozen=True)
class Happens:
    """An event about a lead, delivered `copies` times."""

    event: str
    record: str
    copies: int = 1


@dataclass(frozen=True)
class Edits:
    """A person gives a lead another status."""

    record: str
    status: str


Action = Happens | Edits


@dataclass(frozen=True)
class Moment:
    """An action, `gap` seconds after the one before. `frozen`: nothing is processed in this gap."""

    gap: int
    action: Action
    frozen: bool = False


@dataclass(frozen=True)
class Chaos:
    """Disturb the machinery.

    kills     numbers of the moments before and after calls of ports at which the process dies
    repeats   numbers of the deliveries whose message comes once more
    shuffle   seed of the order in which messages arrive; 0: as they were sent
    """

    kills: tuple[int, ...] = ()
    repeats: tuple[int, ...] = ()
    shuffle: int = 0


@dataclass(frozen=True)
class Story:
    """All that is drawn."""

    rules: tuple[Rule, ...]
    moments: tuple[Moment, ...]
    chaos: Chaos = field(default_factory=Chaos)
