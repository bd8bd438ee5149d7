"""The values that pass between the use cases and what is outside."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from whenthen.domain.events import Event
    from whenthen.domain.records import Record
    from whenthen.domain.runs import Job, Run


class Planned(NamedTuple):
    """A rule that an event starts, and the record that its run is about."""

    rule: str
    version: int
    ref: str | None


class Plan(Struct, frozen=True):
    """What was decided for an event, once: a redelivery carries the same plan out.

    record   the event's record as it was seen when the plan was made
    rules    each rule that matched, in order
    handled  whether all of it was carried out
    others   where the event is about a person: their records of other kinds, for the rules about those kinds
    """

    event: Event
    record: Record | None
    rules: tuple[Planned, ...]
    note: str = ""
    handled: bool = False
    others: tuple[Record, ...] = ()

    def record_for(self, kind: str | None) -> Record | None:
        """The record that a rule about `kind` is about: the person's own of that kind, or else the event's."""
        return next((record for record in self.others if record.kind == kind), self.record)


MAX_OF_PERSON = 100
"""Records of one identity that are looked at."""


T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True):
    """Some of a list, and where the rest begins (None: there is no more)."""

    items: tuple[T, ...]
    cursor: str | None = None


class StoredRule(Struct, frozen=True):
    """A rule as its admin wrote it, and what the store knows of it."""

    id: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str


class StoredView(Struct, frozen=True):
    """A saved view as its admin wrote it, and what the store knows of it."""

    id: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str


class Started(StrEnum):
    """What came of starting a run."""

    STARTED = "started"
    EXISTS = "exists"
    ENTERED_BEFORE = "entered_before"
    EXITED = "exited"


class RunState(Struct, frozen=True):
    """A run with its event and all its jobs."""

    run: Run
    event: Event
    jobs: tuple[Job, ...] = ()


class RecordWrite(Struct, frozen=True):
    """A record to be written and the version of it that was read (None: it must not exist yet)."""

    record: Record
    replaces: Record | None


class Counter(Struct, frozen=True):
    """A counter to be moved from `before` to `after`, such as whose turn it is."""

    name: str
    before: int
    after: int


class HttpRequest(Struct, frozen=True):
    """A call to the outside."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class HttpAnswer(Struct, frozen=True):
    """What came back: at most the first 64 kB of the body. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Mail(Struct, frozen=True):
    """One e-mail to one person. Header values hold no line breaks; the adapter refuses them otherwise."""

    sender: str
    to: str
    subject: str
    text: str = ""
    html: str = ""
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiKey(Struct, frozen=True):
    """An API key as it is kept: a hash, and what it may do."""

    id: str
    hash: str
    name: str
    scopes: tuple[str, ...]
