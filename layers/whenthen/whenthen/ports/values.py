"""The values that pass between the use cases and what is outside."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.domain.lint.findings import Finding
    from whenthen.domain.records.record import Record
    from whenthen.domain.runs.run import Job, Run


class Planned(NamedTuple):
    """A rule that an event starts, and the record that its run is about."""

    rule: str
    version: int
    ref: str | None


class NotEntered(NamedTuple):
    """A rule that matched and was not started, and why: a `domain.runs.entry_policy.EntryDenied`."""

    rule: str
    version: int
    ref: str | None
    code: str


class Plan(Struct, frozen=True):
    """What was decided for an event, once: a redelivery carries the same plan out.

    record      the event's record as it was seen when the plan was made
    rules       each rule that matched, in order
    handled     whether all of it was carried out
    others      where the event is about a person: their records of other kinds, for the rules about those kinds
    refused     rules that matched and did not let the record in; at most MAX_REFUSED
    decided_at  the `now` that conditions went by; None in plans that were kept without it
    """

    event: Event
    record: Record | None
    rules: tuple[Planned, ...]
    note: str = ""
    completed: bool = False
    others: tuple[Record, ...] = ()
    refused: tuple[NotEntered, ...] = ()
    decided_at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """When it was decided: an event may be handled long after it happened."""
        return self.decided_at or self.event.time

    def record_for(self, kind: str | None) -> Record | None:
        """The record that a rule about `kind` is about: the person's own of that kind, or else the event's."""
        return next((record for record in self.others if record.kind == kind), self.record)


MAX_REFUSED = 100
"""Of how many refusals a plan takes notice."""

MAX_OF_PERSON = 100
"""Records of one identity that are looked at."""


T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True):
    """Some of a list, and where the rest begins (None: there is no more)."""

    items: tuple[T, ...]
    cursor: str | None = None


class StoredRule(Struct, frozen=True):
    """A rule as its admin wrote it, and what the store knows of it.

    warnings  what lint found when it was saved just now; not kept
    """

    id: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str
    warnings: tuple[Finding, ...] = ()


class StoredView(Struct, frozen=True):
    """A saved view as its admin wrote it, and what the store knows of it.

    made_of  the id of what its first version was written as: its maker's repetition says the same
    """

    id: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str
    made_of: str = ""


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


class SourceUpdate(Struct, frozen=True):
    """What an event of a source says of a record: written once, however often the event is delivered.

    id      the same for the same event that says the same
    source  who says so, as in Event.source
    heard   when it was delivered
    at      when it happened, where the source says so; never later than `heard`
    """

    id: str
    source: str
    heard: datetime
    at: datetime | None = None


class WriteResult(StrEnum):
    """Tell how a source update ended.

    APPLIED    the record was written
    DUPLICATE  the same update was applied before; nothing is written
    STALE      the source sent something newer about this record before; nothing is written
    """

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"


class Counter(Struct, frozen=True):
    """A counter to be moved from `before` to `after`, such as whose turn it is."""

    name: str
    before: int
    after: int


class Rejection(Struct, frozen=True):
    """Hold a delivery that was refused, or that no mapping or no record took, as far as it may be kept.

    outcome   `refused` or `unmapped`
    proven    whether it was authenticated; if not, only the size of the body is kept
    status    HTTP status of the answer to the sender
    reason    cause, without secrets
    size      bytes of the whole body
    headers   those that tell the nature of the delivery; `others` are the names of the rest
    body      the text, masked and cut
    """

    at: datetime
    outcome: str
    proven: bool
    status: int
    reason: Reason
    size: int
    headers: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[str] = ()
    body: str = ""


class LeadPage(Struct, frozen=True):
    """Some of a form's leads as Meta lists them. `after`: where the next page begins, if there is one."""

    rows: Sequence[Mapping[str, Any]]
    after: str | None = None


MAX_ANSWER = 65_536


class HttpRequest(Struct, frozen=True):
    """A call to the outside. `most`: bytes of the answer's body that are read."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    most: int = MAX_ANSWER


class HttpAnswer(Struct, frozen=True):
    """What came back. Header names are in lower case. `cut`: the body was longer than what was to be read of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


def is_not_now(answer: HttpAnswer) -> bool:
    """Whether it says that nothing was done, as too much was asked at once."""
    return answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers)


class Mail(Struct, frozen=True):
    """One e-mail to one person. Header values hold no line breaks; the adapter refuses them otherwise."""

    sender: str
    to: str
    subject: str
    text: str = ""
    html: str = ""
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class WrittenMail(Struct, frozen=True):
    """A mail in the form in which it goes out."""

    mail: Mail
    raw: bytes


class ApiKey(Struct, frozen=True):
    """An API key as it is kept: a hash, and what it may do."""

    id: str
    hash: str
    name: str
    scopes: tuple[str, ...]
