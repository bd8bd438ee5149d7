"""Say what a story is: rules, and what happens when, as plain data that prints, shrinks and can be told again.

Nothing here is of whenthen. `documents` writes it as rules for the engine, and `model` says what must come of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

RECORDS = ("1", "2")
"""Ids of the leads that stories are about."""

EVENTS = ("offer.made", "cart.updated")
REPLY = "contact.replied"
CHANNELS = ("email", "whatsapp")
STATUSES = ("new", "hot", "won")
"""Statuses of a lead. It is `new` at first."""


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
    """A step.

    only_if    the status that the lead must have
    otherwise  the step to go on with if it has not
    on_error   `stop`, `continue` or the step to go on with, if it fails. A step whose action is `fail` does
    urgent     whether limits let a message pass
    service    whether the message is no marketing
    """

    id: str
    action: str
    wait: Wait | None = None
    together: bool = False
    only_if: str | None = None
    otherwise: str | None = None
    awaits: Await | None = None
    on_error: str = "stop"
    urgent: bool = False
    service: bool = False

    @property
    def is_message(self) -> bool:
        """Tell whether the step sends something to a customer."""
        return self.action in CHANNELS

    @property
    def markets(self) -> bool:
        """Tell whether the step sends a message for marketing."""
        return self.is_message and not self.service


ADDED = Step("added", "webhook")


@dataclass(frozen=True)
class Rule:
    """A rule about leads.

    condition   the status at which it starts; `when`, `goal`: those at which its runs end
    again       as the rule language has it, or days that must be between
    running     what an event does while a run is under way
    """

    id: str
    event: str
    steps: tuple[Step, ...]
    condition: str | None = None
    exits_on: tuple[str, ...] = ()
    when: str | None = None
    goal: str | None = None
    priority: int = 0
    again: str = "always"
    running: str = "parallel"


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


@dataclass(frozen=True)
class Agrees:
    """A person says whether a channel may be used for a lead."""

    record: str
    channel: str
    agreed: bool


@dataclass(frozen=True)
class Switches:
    """A person switches a rule. `runs`: what becomes of those under way."""

    rule: str
    mode: str
    runs: str


@dataclass(frozen=True)
class Removes:
    """A person deletes a rule."""

    rule: str
    runs: str


@dataclass(frozen=True)
class Revises:
    """A person saves a new version of a rule: with one more step, `ADDED`, at its end."""

    rule: str
    runs: str


@dataclass(frozen=True)
class Bulk:
    """A person stops, pauses or resumes all runs of a rule."""

    rule: str
    change: str


@dataclass(frozen=True)
class Deletes:
    """A person deletes a lead."""

    record: str


@dataclass(frozen=True)
class Sending:
    """A person stops all sending, or lets it go on."""

    paused: bool


Control = Switches | Removes | Revises | Bulk | Deletes | Sending
Action = Happens | Edits | Agrees | Control


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
class Cap:
    """How many marketing messages a lead may get on a channel (or on `any`) within so many days."""

    channel: str
    most: int
    days: int


@dataclass(frozen=True)
class Limits:
    """Limits of sending, of the installation. `quiet`: from which hour to which, as `HH:MM`."""

    quiet: tuple[str, str] | None = None
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True)
class Story:
    """All that is drawn."""

    rules: tuple[Rule, ...]
    moments: tuple[Moment, ...]
    limits: Limits = Limits()
    chaos: Chaos = field(default_factory=Chaos)
