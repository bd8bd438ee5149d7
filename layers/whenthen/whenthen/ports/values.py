"""Define the values that pass between use cases and adapters."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.enrolments.shared_entry import Coverage
    from whenthen.domain.events.event import Event
    from whenthen.domain.lint.findings import Finding
    from whenthen.domain.matching.rule_set import RuleSet
    from whenthen.domain.records.record import Record
    from whenthen.domain.runs.run import Job, Run


class Planned(NamedTuple):
    """Name a rule that an event starts, and the record that its run is about."""

    rule: str
    version: int
    ref: str | None


class NotEntered(NamedTuple):
    """Name a rule that matched and was not started, and why: a `domain.runs.entry_policy.EntryDenied`.

    until  RFC 3339: until when the record may not enter, where time alone decides; or empty
    run    the run that was in its way, or that took the event in; or empty
    """

    rule: str
    version: int
    ref: str | None
    code: str
    until: str = ""
    run: str = ""

    @property
    def params(self) -> dict[str, str]:
        """Return what the text of its code mentions."""
        return {name: value for name, value in (("until", self.until), ("run", self.run)) if value}


class Plan(Struct, frozen=True):
    """Hold the decision about an event, made once: a redelivery carries out the same plan.

    record      the event's record as it was when the plan was made
    rules       each rule that matched, in order
    note        the reason why no rule was matched at all; None if rules were
    completed   whether all of it was carried out
    others      the person's records of other kinds, for rules about those kinds, if the event is about a person
    refused     rules that matched and that the record could not enter; at most MAX_REFUSED
    decided_at  the `now` of the conditions; None in plans that were stored without it
    also        the other events of the same change that nothing came of: they have no plan of their own
    """

    event: Event
    record: Record | None
    rules: tuple[Planned, ...]
    note: Reason | None = None
    completed: bool = False
    others: tuple[Record, ...] = ()
    refused: tuple[NotEntered, ...] = ()
    decided_at: datetime | None = None
    also: tuple[Event, ...] = ()

    @property
    def idle(self) -> bool:
        """Tell whether the plan says no more than its event: nothing came of it, and nothing was refused."""
        return self.completed and not (self.rules or self.refused or self.others or self.note)

    def of_sibling(self, event_id: str) -> Plan | None:
        """Return the plan of one of `also`; None if it is not among them."""
        found = next((each for each in self.also if each.id == event_id), None)
        if found is None:
            return None
        return Plan(found, self.record, (), completed=True, decided_at=self.decided_at)

    @property
    def moment(self) -> datetime:
        """Return when it was decided: an event may be handled long after it happened."""
        return self.decided_at or self.event.time

    def record_for(self, kind: str | None) -> Record | None:
        """Return the record for a rule about `kind`: the person's own of that kind, or else the event's."""
        return next((record for record in self.others if record.kind == kind), self.record)


class Wanted(Struct, frozen=True):
    """Name what the events of a batch need before they are matched.

    events  ids whose plans are read
    types   event types whose rules are asked
    refs    records that events name
    people  identities of persons that events are about, a tuple for each
    """

    events: tuple[str, ...]
    types: tuple[str, ...]
    refs: tuple[str, ...] = ()
    people: tuple[tuple[str, ...], ...] = ()


class Preloaded(Struct):
    """Hold what was read for a batch of events. A record that is missing there is None; one not asked for is absent.

    signals  all that any open run may wait for
    """

    plans: Mapping[str, Plan]
    rules: Mapping[str, RuleSet]
    signals: frozenset[str]
    records: dict[str, Record | None]
    people: dict[tuple[str, ...], Record | None]

    def forget_records(self) -> None:
        """Drop the records: one of them may have been changed since."""
        self.records.clear()
        self.people.clear()


MAX_REFUSED = 100
"""Rules that a plan names although the record could not enter them."""

MAX_OF_PERSON = 100
"""Records of one identity that are read."""


T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True):
    """Hold one page of a list, and the cursor of the next (None: there is none)."""

    items: tuple[T, ...]
    cursor: str | None = None


class StoredRule(Struct, frozen=True):
    """Hold a rule as its admin wrote it, with its version and who saved it.

    warnings  lint's findings when it was saved just now; not stored
    """

    id: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str
    warnings: tuple[Finding, ...] = ()


class StoredView(Struct, frozen=True):
    """Hold a saved view as its admin wrote it, with its version and who saved it.

    made_of  id of the content of its first version: detects a repetition of the same request
    """

    id: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str
    made_of: str = ""


class Started(StrEnum):
    """Tell how the start of a run ended."""

    STARTED = "started"
    EXISTS = "exists"
    ENTERED_BEFORE = "entered_before"
    OCCASION_TAKEN = "occasion_taken"
    EXITED = "exited"


class LastEntry(Struct, frozen=True):
    """Name the run that entered a rule last for a record, and when it began. `covers`: of an enrolment's run."""

    run_id: str
    at: datetime
    covers: Coverage | None = None


class SharedEntry(Struct, frozen=True):
    """Hold the entry of a record that an enrolment and changes share, to be written with a run.

    earlier  keys of records that were merged into it; `seen`: who holds these, as the caller judged
    """

    key: str
    earlier: tuple[str, ...]
    seen: Mapping[str, LastEntry]
    covers: Coverage | None = None


class RunState(Struct, frozen=True):
    """Hold a run with its event and all its jobs."""

    run: Run
    event: Event
    jobs: tuple[Job, ...] = ()


class Subscription(Struct, frozen=True):
    """Name an open run that waits for signals under a key (`domain.runs.subscriptions`), and when it entered."""

    run_id: str
    signals: tuple[str, ...]
    entered: datetime


class RecordWrite(Struct, frozen=True):
    """Hold a record to be written, and the version of it that was read (None: it must not exist yet)."""

    record: Record
    replaces: Record | None


class SourceUpdate(Struct, frozen=True):
    """Identify the fields that one event of a source sets on one record, so that they are written once.

    id      the same for every delivery of the same event with the same fields
    source  as in Event.source
    heard   when the event was delivered
    at      when it happened, if the source says so; never later than `heard`
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
    """Advance a counter, such as whose turn it is, from `before` to `after`."""

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
    """Hold one page of a form's leads as Meta lists them. `after`: start of the next page; None after the last."""

    rows: Sequence[Mapping[str, Any]]
    after: str | None = None


class ApiKey(Struct, frozen=True):
    """Hold an API key as it is stored: a hash, and its scopes."""

    id: str
    hash: str
    name: str
    scopes: tuple[str, ...]
