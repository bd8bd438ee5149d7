"""Describe a case of the table of triggers: a row of the checklist, a rule, and its event's entrance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from dev.stack import Hook, Stack

Document = dict[str, Any]
Send = Callable[[], object]
"""A delivery. Called again it is the same delivery once more, as its sender would repeat it."""


@dataclass(frozen=True, slots=True)
class Own:
    """Hold what a case has for itself in one run of the table.

    id      names it and what is made for it: its record, the sender's id of its delivery, the path of its effect
    key     what its rule goes by, shared with the other cases of its row: their rules must tell them apart
    number  six digits, for a telephone number
    """

    id: str
    key: str
    number: str

    @property
    def phone(self) -> str:
        """The customer's number, bare as WhatsApp writes it."""
        return f"905{self.number}"

    @property
    def email(self) -> str:
        return f"{self.id}@example.com"

    def again(self, turn: int) -> Own:
        """Others, for a further turn at the same case; those of turn 0 are these."""
        return Own(f"{self.id}-{turn}", f"{self.key}-{turn}", self.number) if turn else self


@dataclass(slots=True)
class World:
    """Where the table is run: the stack, the sources that were configured for it, and the rules by case.

    marker  stands in every name, so that nothing of other runs is met
    due     the moment that what waits for the clock is set to
    """

    stack: Stack
    marker: str
    hooks: Mapping[str, Hook]
    rules: dict[str, str] = field(default_factory=dict)
    due: datetime = datetime.max.replace(tzinfo=UTC)


class Entrance(Protocol):
    """A way in, by which the outside, a person or the clock makes something happen."""

    @property
    def said(self) -> str:
        """The way in, in a few words."""

    def mark(self, own: Own) -> Document | None:
        """The condition by which the case's rule knows its own event; None where the trigger tells already."""

    def about(self, own: Own) -> str | None:
        """The record that the run must be about; None where that is not said."""

    def open(self, world: World, own: Own) -> Send:
        """Bring about what was there before, and return how the thing itself happens."""


Trigger = Mapping[str, Any] | Callable[[World, Own], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """A way in which a row of the checklist comes about.

    event   the type of the event that starts the run; the trigger's, unless it is another one
    also    what the rule asks besides its mark
    kind    of the rule
    proof   what must be true afterwards besides the run, in the store
    """

    row: str
    what: str
    trigger: Trigger
    entrance: Entrance
    also: tuple[Document, ...] = ()
    event: str = ""
    kind: str | None = None
    proof: Callable[[World, Own], bool] | None = None

    def expected(self) -> str:
        """The type of the event that starts its run."""
        named = self.event or (self.trigger.get("event") if isinstance(self.trigger, Mapping) else None)
        assert isinstance(named, str), f"{self.row} {self.what}: say which event starts its run"
        return named


def is_(path: str, value: Any, op: str = "equals", **more: Any) -> Document:
    """A condition."""
    return {"field": path, "op": op, "value": value, **more}


def of_project(own: Own) -> Document:
    """The condition on a record that is made for this row."""
    return is_("record.project", own.key)


def rule_of(case: Case, own: Own, world: World) -> Document:
    """The case's rule, as an admin writes it. Its one step is a webhook, which is counted where it arrives."""
    trigger = case.trigger(world, own) if callable(case.trigger) else dict(case.trigger)
    mark = case.entrance.mark(own)
    conditions = [*([mark] if mark else []), *case.also]
    rule: Document = {
        "name": f"{case.row} {case.what} ({own.id})",
        "trigger": trigger,
        "steps": [effect_step(world, own.id)],
        "mode": "on",
    }
    return (
        rule | ({"conditions": {"all": conditions}} if conditions else {}) | ({"kind": case.kind} if case.kind else {})
    )


def effect_step(world: World, name: str) -> Document:
    """A step whose effect can be counted: `effects` tells how often."""
    told = {"event": "{{ event.type }}", "about": "{{ event.subject }}"}
    url = f"{world.stack.webhooks.base_url}/triggers/{name}"
    return {"id": "tell", "action": "call_webhook", "with": {"url": url, "data": told}}


def effects(world: World) -> Counter[str]:
    """How often each step of the table's rules had its effect, by the name that it was made with."""
    paths = (call["path"] for call in world.stack.webhooks.received()["calls"])
    return Counter(path.rpartition("/")[2] for path in paths if path.startswith("/triggers/"))
