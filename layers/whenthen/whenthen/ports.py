"""What the use cases need from outside, as Protocols. `adapters/` keeps them; tests keep them with fakes.

Reads are strongly consistent unless a method says otherwise. Every method may raise Temporary when the
service behind it is throttled or out of reach; what else it raises, it says.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from msgspec import Struct, field

if TYPE_CHECKING:  # these are named here, not used: the modules behind them would weigh on every cold start
    from whenthen.domain.actions import Channel
    from whenthen.domain.date_index import DateEntry
    from whenthen.domain.enrolments import Enrolment
    from whenthen.domain.events import Cause, Event
    from whenthen.domain.matching import RuleSet
    from whenthen.domain.records import Record
    from whenthen.domain.rules import Rule
    from whenthen.domain.runs import Job, Outcome, Run, RunStatus
    from whenthen.sources.meta import LeadRef


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""


# --- events --------------------------------------------------------------------------------------


class Bus(Protocol):
    """The event bus."""

    def publish(self, events: Sequence[Event]) -> None:
        """Put all events on the bus. Raises Temporary unless every one of them was taken."""


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


class EventLog(Protocol):
    """What became of each event."""

    def plan_of(self, event_id: str) -> Plan | None:
        """The plan made for this event, if one was."""

    def record_plan(self, plan: Plan, now: datetime) -> Plan:
        """Keep the plan; returns the one that is kept, which is an earlier one if there was one."""

    def close(self, event_id: str) -> None:
        """Note that the plan was carried out."""


# --- rules ---------------------------------------------------------------------------------------


class RuleBook(Protocol):
    """The rules as the matcher sees them: switched on or in shadow, cached, refreshed by a version stamp."""

    def rules_of(self, event_type: str) -> RuleSet:
        """The compiled rules that watch this type of event."""

    def current(self, rule_id: str, event_type: str) -> Rule:
        """The rule of this id among `rules_of(event_type)`. Raises NotFound."""

    def considered(self, event_type: str) -> list[Rule]:
        """Every rule that watches this type of event."""

    def kinds_of(self, event_type: str) -> frozenset[str]:
        """The kinds of record that `rules_of(event_type)` say they are about."""

    def exit_types(self) -> frozenset[str]:
        """Every event type that may stop a run."""

    def version(self, rule_id: str, version: int) -> Rule:
        """One version of a rule. Raises NotFound."""


class StoredRule(Struct, frozen=True):
    """A rule as its admin wrote it, and what the store knows of it."""

    id: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str


T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True):
    """Some of a list, and where the rest begins (None: there is no more)."""

    items: tuple[T, ...]
    cursor: str | None = None


class RuleStore(Protocol):
    """The rules and all their versions, as admins manage them."""

    def get(self, rule_id: str) -> StoredRule:
        """The current version. Raises NotFound."""

    def get_version(self, rule_id: str, version: int) -> StoredRule:
        """One version. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredRule]:
        """The current versions, by id."""

    def save(self, rule: StoredRule, parsed: Rule, replaces: StoredRule | None) -> None:
        """Make `rule` the current version, at once for the matcher too. Raises Stale unless `replaces` is current."""

    def delete(self, rule: StoredRule, parsed: Rule) -> None:
        """Take the rule out; its versions stay for the runs that they started. Raises Stale."""

    def naming_view(self, view_id: str) -> builtins.list[str]:
        """The ids of the rules whose current version names this saved view."""


class StoredView(Struct, frozen=True):
    """A saved view as its admin wrote it, and what the store knows of it."""

    id: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str


class ViewStore(Protocol):
    """The saved views."""

    def get(self, view_id: str) -> StoredView:
        """The view. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredView]:
        """All views, by id."""

    def save(self, view: StoredView, replaces: StoredView | None) -> None:
        """Keep the view. Raises Stale unless `replaces` is the one that is there."""

    def delete(self, view: StoredView) -> None:
        """Take the view out. Raises Stale."""


# --- records -------------------------------------------------------------------------------------


MAX_OF_PERSON = 100
"""Records of one identity that are looked at."""


class RecordStore(Protocol):
    """The records and their identities."""

    def get(self, ref: str) -> Record | None:
        """The record `<kind>:<id>`."""

    def find(self, identities: Sequence[str], kind: str | None = None) -> Record | None:
        """The record (of `kind`) that has one of these identities: a contact rather than a lead rather than others."""

    def find_all(self, identities: Sequence[str]) -> Sequence[Record]:
        """Every record that has one of these identities, in the order of `find`; at most MAX_OF_PERSON."""

    def put(self, record: Record, replaces: Record | None) -> None:
        """Write the record, its identities and dates. Raises Stale if the stored version is not that of `replaces`."""

    def delete(self, record: Record, *, origin: str, cause: Cause) -> None:
        """Remove the record with its identities and dates; `origin` and `cause` say who and why. Raises Stale."""

    def list(self, kind: str, *, limit: int, cursor: str | None) -> Page[Record]:
        """Records of a kind by id; eventually consistent."""


class DateIndex(Protocol):
    """The dates of all records; `domain.dates` says where a day's stand."""

    def entries(self, partition: str, prefix: str) -> Iterable[DateEntry]:
        """The dates of a partition whose sort keys begin so."""


class Sweeps(Protocol):
    """Up to when the sweeps of the clock have published everything."""

    def last(self) -> datetime | None:
        """The moment; None before the first sweep."""

    def move(self, last: datetime | None, now: datetime) -> bool:
        """Move it on. False, and nothing moves, if it no longer is `last`."""


class Enrolments(Protocol):
    """What goes through a view and starts a rule for each of its records."""

    def start(self, enrolment: Enrolment) -> None:
        """Begin it, unless it was begun. Raises Temporary."""


# --- runs ----------------------------------------------------------------------------------------


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


class RunLedger(Protocol):
    """Runs and jobs. Each write is conditional, so that of two workers one succeeds and the other learns it."""

    def start(self, run: Run, event: Event, jobs: Sequence[Job], *, once_key: str | None) -> Started:
        """Write the run, its event, its first jobs and what it watches, in one transaction.

        EXITED: an event that stops this run (`exits_on`) was seen already; one of `rechecks_on` is for the caller
        to judge. ENTERED_BEFORE: another run holds `once_key`. A run with an outcome watches nothing.
        """

    def load(self, run_id: str) -> RunState | None:
        """The run with its event and jobs."""

    def keep_token(self, run_id: str, token: str) -> None:
        """Remember the task token with which the state machine waits for the current wave."""

    def dispatch(self, run: Run, jobs: Sequence[Job]) -> bool:
        """Write the run's new wave with its jobs, in one transaction. False if the run is final or further already."""

    def park(self, run: Run, due: datetime) -> None:
        """Note that the run waits until `due`; nothing happens to a run that is final or further already."""

    def finish(self, run: Run, status: RunStatus, reason: str, now: datetime) -> bool:
        """Give the run its outcome and stop watching. False if it had one already."""

    def claim(self, job: Job, *, now: datetime, lease_until: datetime, repeatable: bool) -> Job:
        """Take the job under a new attempt number. Returns it, claimed, or with the outcome that it has already.

        A claim whose lease ran out is taken over if the effect is `repeatable`; if not, the job becomes
        unknown. Raises Busy while another lease holds.
        """

    def release(self, job: Job, reason: str) -> None:
        """Give a claimed job back, to be tried again: nothing was done. Fenced by the job's attempt."""

    def complete(self, job: Job, outcome: Outcome, now: datetime) -> bool:
        """Write the job's outcome. False if the attempt is no longer the current one."""

    def complete_with(
        self, job: Job, outcome: Outcome, now: datetime, writes: Sequence[RecordWrite], counter: Counter | None
    ) -> None:
        """Write records and a pending job's outcome in one transaction. Raises Stale if any of them moved on."""

    def report(self, job: Job, outcome: Outcome, stage: int, now: datetime) -> bool:
        """Write the outcome that the provider reports. False if the job no longer stands as it was read.

        A job that had its outcome keeps the time at which it was finished: waits are counted from it.
        """

    def revise(self, run: Run, status: RunStatus, reason: str) -> bool:
        """Correct the outcome of a run that has one. False if it no longer stands as it was read."""

    def counter(self, name: str) -> int:
        """Where a counter stands; 0 before its first use."""

    def note_exit(self, keys: Sequence[str], event: Event) -> None:
        """Remember under each key that an event of this type was seen, at its time."""

    def watching(self, keys: Sequence[str]) -> list[tuple[str, tuple[str, ...], datetime]]:
        """The open runs that watch any of these keys: (run id, its `exits_on` and `rechecks_on`, entered)."""

    def by_rule(self, rule_id: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """Runs of a rule, newest first; eventually consistent."""

    def by_record(self, ref: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """Runs about a record, newest first; eventually consistent."""

    def by_status(self, status: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """Runs with a status, newest first; eventually consistent."""


class Timelines(Protocol):
    """What happened to a record."""

    def read(self, ref: str, *, limit: int, cursor: str | None) -> Page[Run | Plan]:
        """Its events (as their plans) and the runs about it, newest first; eventually consistent."""


class JobQueues(Protocol):
    """One queue per channel."""

    def send(self, channel: Channel, jobs: Sequence[Job]) -> None:
        """Hand the jobs to the channel's function. Raises Temporary unless every one was taken."""


class Sequences(Protocol):
    """The state machine that holds waits and order."""

    def start(self, run_id: str) -> None:
        """Start the run's execution; it is named after the run, so a second start changes nothing."""

    def answer(self, token: str, output: Mapping[str, Any]) -> None:
        """Answer the task that waits with `token`. A token that was answered already changes nothing."""

    def stop(self, run_id: str, reason: str) -> None:
        """End the run's execution, if it is under way."""


# --- the outside ---------------------------------------------------------------------------------


class Secrets(Protocol):
    """Secrets, cached for a few minutes."""

    def get(self, name: str) -> Mapping[str, Any]:
        """The secret's JSON object. Raises NotFound."""


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


class Http(Protocol):
    """The guarded client: public addresses only, no redirects, bounded reads, timeouts."""

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Raises Temporary when nothing was sent, Permanent for a forbidden address, AnswerLost when sent in vain."""


class Mail(Struct, frozen=True):
    """One e-mail to one person. Header values hold no line breaks; the adapter refuses them otherwise."""

    sender: str
    to: str
    subject: str
    text: str = ""
    html: str = ""
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Objects(Protocol):
    """Bodies too large for an event: raw mail and attachments."""

    def get(self, key: str) -> bytes:
        """The whole object. Raises NotFound, TooLarge."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Keep an object, in place of the one that is there."""


class Threads(Protocol):
    """Which run sent a mail, for the answers that name it."""

    def remember(self, message_id: str, run_id: str, now: datetime) -> None:
        """Note that this run sent the mail that the provider calls `message_id`."""

    def run_of(self, message_ids: Sequence[str]) -> str | None:
        """The run that sent one of these mails; the first that is known."""


class Mailer(Protocol):
    """Outgoing mail."""

    def send(self, mail: Mail) -> str:
        """The provider's message id. Raises Temporary, Permanent or AnswerLost."""


class ApiKey(Struct, frozen=True):
    """An API key as it is kept: a hash, and what it may do."""

    id: str
    hash: str
    name: str
    scopes: tuple[str, ...]


class ApiKeys(Protocol):
    """API keys, found by the hash of what the caller presented."""

    def find(self, key_hash: str) -> ApiKey | None:
        """The key with this hash."""

    def add(self, key: ApiKey) -> None:
        """Keep a key."""


class SourceStore(Protocol):
    """The configured webhook sources."""

    def get(self, name: str) -> Mapping[str, Any]:
        """The source's document. Raises NotFound."""

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a source's document."""

    def list(self) -> list[Mapping[str, Any]]:
        """All sources, by name."""


class SettingStore(Protocol):
    """What an installation is told by its admins, by name."""

    def get(self, name: str) -> Mapping[str, Any]:
        """The document; empty where none was saved."""

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a document, in place of the one that is there."""


class Graph(Protocol):
    """Meta's Graph API."""

    def lead(self, leadgen_id: str) -> Mapping[str, Any]:
        """The lead's document with its fields. Raises Temporary (also for rate limits) or Permanent."""

    def send_message(self, message: Mapping[str, Any], key: str) -> str:
        """Send a WhatsApp message that carries `key` back in its statuses; returns its id.

        Raises Temporary where Meta says that it did not send, Permanent, or AnswerLost.
        """


class LeadQueue(Protocol):
    """Leads whose fields are to be fetched."""

    def send(self, leads: Sequence[LeadRef]) -> None:
        """Hand the leads on. Raises Temporary unless every one was taken."""


class SecretVault(Protocol):
    """Secrets that admins set; only `manage` has it."""

    def put(self, name: str, document: Mapping[str, str]) -> None:
        """Keep the secret, in place of the one that is there."""

    def read(self, name: str) -> Mapping[str, str] | None:
        """The secret as it is now, without a cache; None where there is none."""
