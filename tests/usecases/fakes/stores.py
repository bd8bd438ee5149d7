"""Events, rules, records, keys and secrets in memory."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from msgspec.structs import replace

from whenthen.domain.common.errors import Invalid, NotFound, Stale, TooLarge
from whenthen.domain.events.event import Cause, Event
from whenthen.domain.events.identities import own
from whenthen.domain.events.siblings import main_id
from whenthen.domain.matching.rule_set import RuleSet, compile_rules
from whenthen.domain.records.consent_log import ConsentWord
from whenthen.domain.records.consent_signals import refusals_of
from whenthen.domain.records.date_index import DateEntry, date_entries, replaced
from whenthen.domain.records.limits import cost_of
from whenthen.domain.records.record import Record, encoded_size_of, is_of_another, rank_of
from whenthen.domain.rules.rule import Mode, Rule, parse_rule
from whenthen.domain.rules.steps import connections_of
from whenthen.domain.runs.subscriptions import signals_of_rule
from whenthen.domain.scheduling.sweep_window import Checkpoint
from whenthen.domain.stored_templates.uses import templates_named
from whenthen.ports.administration import StoredConnection
from whenthen.ports.reason_codes import (
    CONNECTION_NOT_FOUND,
    ITEM_TOO_LARGE,
    MOVED_ON,
    OBJECT_NOT_FOUND,
    RULE_NOT_FOUND,
    RULE_NOT_WATCHING,
    RULE_VERSION_NOT_FOUND,
    SECRET_NOT_FOUND,
    SOURCE_NOT_FOUND,
    TOO_MANY_WRITES,
    VIEW_NOT_FOUND,
)
from whenthen.ports.values import (
    ApiKey,
    NotEntered,
    Page,
    Plan,
    Preloaded,
    Rejection,
    SourceUpdate,
    StoredRule,
    StoredView,
    Wanted,
    WriteResult,
)
from whenthen.sources.meta.lead_forms import LeadForm

T = TypeVar("T")

MOST_BYTES, MOST_WRITES = 400_000, 100


def page_of(items: Sequence[T], limit: int, cursor: str | None) -> Page[T]:
    start = int(cursor or 0)
    end = start + limit
    return Page(tuple(items[start:end]), str(end) if end < len(items) else None)


@dataclass
class FakeEventLog:
    """The first plan of an event is the one that stays."""

    plans: dict[str, Plan] = field(default_factory=dict)

    def plan_of(self, event_id: str) -> Plan | None:
        main = self.plans.get(main_id(event_id))
        return self.plans.get(event_id) or (main.of_sibling(event_id) if main else None)

    def plans_of(self, event_ids: Sequence[str]) -> dict[str, Plan]:
        return {each: self.plans[each] for each in event_ids if each in self.plans}

    def known(self, event_ids: Sequence[str]) -> set[str]:
        return self.plans.keys() & set(event_ids)

    def record_plan(self, plan: Plan, now: Any) -> Plan:
        assert now.tzinfo is not None
        return self.plans.setdefault(plan.event.id, plan)

    def record_plans(self, plans: Sequence[Plan], now: Any) -> builtins.list[Plan]:
        return [self.record_plan(plan, now) for plan in plans]

    def close(self, event_id: str, refused: Sequence[NotEntered]) -> None:
        self.plans[event_id] = replace(self.plans[event_id], completed=True, refused=tuple(refused))


@dataclass
class FakePreloading:
    """Reads from the fakes of the three stores; `read_for`: what was wanted, batch by batch."""

    log: FakeEventLog
    rules: FakeRules
    records: FakeRecords
    read_for: builtins.list[Wanted] = field(default_factory=list)

    def read(self, wanted: Wanted) -> Preloaded:
        self.read_for.append(wanted)
        return Preloaded(
            plans={each: self.log.plans[each] for each in wanted.events if each in self.log.plans},
            rules={each: self.rules.rules_of(each) for each in wanted.types},
            signals=self.rules.signals(),
            records={ref: self.records.get(ref) for ref in wanted.refs},
            people={person: self.records.find(person) for person in wanted.people},
        )


@dataclass
class FakeOccurrences:
    """Events under their keys; `asked` has each look-up."""

    noted: set[tuple[str, str, datetime, str]] = field(default_factory=set)
    asked: builtins.list[tuple[str, str]] = field(default_factory=list)

    def note_all(self, events: Sequence[tuple[Event, Sequence[str]]], now: datetime) -> None:
        assert now.tzinfo is not None
        self.noted |= {(key, event.type, event.time, event.id) for event, keys in events for key in keys}

    def times(
        self, key: str, event_type: str, *, since: datetime | None, until: datetime, limit: int
    ) -> Mapping[str, datetime]:
        self.asked.append((key, event_type))
        found = [(time, external_id) for at, each, time, external_id in self.noted if (at, each) == (key, event_type)]
        newest = sorted(
            (time, external_id) for time, external_id in found if time <= until and (since is None or time >= since)
        )
        return {external_id: time for time, external_id in newest[::-1][:limit]}


@dataclass
class FakeConnections:
    """Connections by name, without secrets. `unused`: name of a secret → since when no connection names it."""

    kept: dict[str, StoredConnection] = field(default_factory=dict)
    unused: dict[str, datetime] = field(default_factory=dict)

    def get(self, name: str) -> StoredConnection:
        if name not in self.kept:
            raise NotFound(CONNECTION_NOT_FOUND(connection=name))
        return self.kept[name]

    def list(self, *, limit: int, cursor: str | None) -> Any:
        return page_of([self.kept[name] for name in sorted(self.kept)], limit, cursor)

    def save(self, connection: StoredConnection, replaces: StoredConnection | None) -> None:
        self._demand(connection.name, replaces)
        before = replaces.secret if replaces else ""
        if connection.secret != before:
            if connection.secret and self.unused.pop(connection.secret, None) is None:
                raise Stale(MOVED_ON(subject=connection.name))
            self.unused |= {before: connection.updated_at} if before else {}
        self.kept[connection.name] = connection

    def delete(self, connection: StoredConnection, now: datetime) -> None:
        self._demand(connection.name, connection)
        del self.kept[connection.name]
        self.unused |= {connection.secret: now} if connection.secret else {}

    def note_unused(self, secret: str, now: datetime) -> None:
        self.unused[secret] = now

    def unused_secrets(self, before: datetime) -> list[str]:
        return [secret for secret, since in self.unused.items() if since < before]

    def forget_unused(self, secret: str) -> None:
        self.unused.pop(secret, None)

    def _demand(self, name: str, expected: StoredConnection | None) -> None:
        stored = self.kept.get(name)
        if (stored and (stored.version, stored.secret)) != (expected and (expected.version, expected.secret)):
            raise Stale(MOVED_ON(subject=name))


@dataclass
class FakeRules:
    """The rules as admins keep them and as the matcher sees them, in one."""

    current_rules: dict[str, StoredRule] = field(default_factory=dict)
    all_versions: dict[tuple[str, int], StoredRule] = field(default_factory=dict)
    kept_signals: set[str] = field(default_factory=set)
    parsed: dict[tuple[str, int], Rule] = field(default_factory=dict)

    # --- RuleStore

    def get(self, rule_id: str) -> StoredRule:
        if rule_id not in self.current_rules:
            raise NotFound(RULE_NOT_FOUND(rule=rule_id))
        return self.current_rules[rule_id]

    def get_version(self, rule_id: str, version: int) -> StoredRule:
        if (rule_id, version) not in self.all_versions:
            raise NotFound(RULE_VERSION_NOT_FOUND(rule=rule_id, version=version))
        return self.all_versions[rule_id, version]

    def list(self, *, limit: int, cursor: str | None, takes: Callable[[StoredRule], bool] | None = None) -> Any:
        rules = [self.current_rules[rule_id] for rule_id in sorted(self.current_rules)]
        return page_of([rule for rule in rules if takes is None or takes(rule)], limit, cursor)

    def save(self, rule: StoredRule, parsed: Rule, replaces: StoredRule | None) -> None:
        self._demand(rule.id, replaces)
        if (rule.id, rule.version) in self.all_versions:
            raise Stale(MOVED_ON(subject=rule.id))
        self.current_rules[rule.id] = self.all_versions[rule.id, rule.version] = rule
        self.kept_signals |= signals_of_rule(parsed)

    def delete(self, rule: StoredRule, parsed: Rule) -> None:
        assert parsed.id == rule.id
        self._demand(rule.id, rule)
        del self.current_rules[rule.id]

    def _demand(self, rule_id: str, expected: StoredRule | None) -> None:
        stored = self.current_rules.get(rule_id)
        if (stored and stored.version) != (expected and expected.version):
            raise Stale(MOVED_ON(subject=rule_id))

    def watching(self, event_type: str, *, limit: int) -> Sequence[StoredRule]:
        return [self.current_rules[rule.id] for rule in self._in_force(event_type)][:limit]

    def naming_view(self, view_id: str) -> builtins.list[str]:
        rules = (self._parsed(stored) for stored in self.current_rules.values())
        return sorted(rule.id for rule in rules if rule.trigger.view and rule.trigger.view.id == view_id)

    def naming_template(self, template_id: str) -> builtins.list[str]:
        rules = (self._parsed(stored) for stored in self.current_rules.values())
        return sorted(rule.id for rule in rules if template_id in templates_named(rule))

    def once_naming_template(self, template_id: str) -> Mapping[str, int]:
        named = [key for key, each in self.all_versions.items() if template_id in templates_named(self._parsed(each))]
        now = self.naming_template(template_id)
        return {rule_id: version for rule_id, version in sorted(named) if rule_id not in now}

    def naming_connection(self, name: str) -> builtins.list[str]:
        rules = (self._parsed(stored) for stored in self.current_rules.values())
        return sorted(rule.id for rule in rules if name in connections_of(rule.steps))

    # --- RuleBook

    def rules_of(self, event_type: str) -> RuleSet:
        return compile_rules(self._in_force(event_type))

    def current(self, rule_id: str, event_type: str) -> Rule:
        for rule in self._in_force(event_type):
            if rule.id == rule_id:
                return rule
        raise NotFound(RULE_NOT_WATCHING(rule=rule_id, event_type=event_type))

    def considered(self, event_type: str) -> builtins.list[Rule]:
        return self._in_force(event_type)

    def switched_off(self, event_type: str, *, limit: int) -> builtins.list[Rule]:
        return self._off(event_type)[:limit]

    def one_switched_off(self, rule_id: str, event_type: str) -> Rule | None:
        return next((rule for rule in self._off(event_type) if rule.id == rule_id), None)

    def kinds_of(self, event_type: str) -> frozenset[str]:
        return frozenset(rule.kind for rule in self._in_force(event_type) if rule.kind is not None)

    def signals(self) -> frozenset[str]:
        return frozenset(self.kept_signals)

    def listen(self, signals: Collection[str]) -> None:
        self.kept_signals |= set(signals)

    def in_force(self, rule_id: str) -> Rule | None:
        stored = self.current_rules.get(rule_id)
        rule = self._parsed(stored) if stored else None
        return None if rule is None or rule.mode is Mode.OFF else rule

    def version(self, rule_id: str, version: int) -> Rule:
        return self._parsed(self.get_version(rule_id, version))

    def _off(self, event_type: str) -> builtins.list[Rule]:
        rules = [self._parsed(stored) for stored in self.current_rules.values()]
        off = [rule for rule in rules if rule.mode is Mode.OFF and event_type in rule.trigger.event_types]
        return sorted(off, key=lambda rule: rule.id)

    def _in_force(self, event_type: str) -> builtins.list[Rule]:
        rules = [self._parsed(stored) for stored in self.current_rules.values()]
        return [rule for rule in rules if rule.mode is not Mode.OFF and event_type in rule.trigger.event_types]

    def _parsed(self, stored: StoredRule) -> Rule:
        key = stored.id, stored.version
        if key not in self.parsed:
            self.parsed[key] = parse_rule(stored.document)
        return self.parsed[key]


@dataclass
class FakeViews:
    kept: dict[str, StoredView] = field(default_factory=dict)

    def get(self, view_id: str) -> StoredView:
        if view_id not in self.kept:
            raise NotFound(VIEW_NOT_FOUND(view=view_id))
        return self.kept[view_id]

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredView]:
        return page_of([self.kept[view_id] for view_id in sorted(self.kept)], limit, cursor)

    def save(self, view: StoredView, replaces: StoredView | None) -> None:
        self._demand(view.id, replaces)
        self.kept[view.id] = view

    def delete(self, view: StoredView) -> None:
        self._demand(view.id, view)
        del self.kept[view.id]

    def _demand(self, view_id: str, expected: StoredView | None) -> None:
        stored = self.kept.get(view_id)
        if (stored and stored.version) != (expected and expected.version):
            raise Stale(MOVED_ON(subject=view_id))


@dataclass
class FakeSweeps:
    mark: Checkpoint | None = None

    @property
    def until(self) -> datetime | None:
        return self.mark.until if self.mark else None

    @until.setter
    def until(self, moment: datetime | None) -> None:
        self.mark = Checkpoint(moment) if moment else None

    def last(self) -> Checkpoint | None:
        return self.mark

    def move(self, last: Checkpoint | None, mark: Checkpoint) -> bool:
        if self.mark != last:
            return False
        self.mark = mark
        return True


@dataclass
class FakeRecords:
    """Records, found by their identities and dates; each change goes to `on_change`, as to the table's stream."""

    stored: dict[str, Record] = field(default_factory=dict)
    dates: dict[tuple[str, str], DateEntry] = field(default_factory=dict)
    on_change: Callable[[Record | None, Record | None], None] = lambda _before, _after: None
    signposts: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    newest: dict[tuple[str, str], datetime] = field(default_factory=dict)

    words: dict[str, dict[str, ConsentWord]] = field(default_factory=dict)
    identified: dict[str, tuple[Record, frozenset[str]]] = field(default_factory=dict, repr=False, compare=False)

    def get(self, ref: str) -> Record | None:
        return self.stored.get(self.signposts.get(ref, ref))

    def words_of(self, identities: Sequence[str]) -> dict[str, dict[str, ConsentWord]]:
        return {each: dict(self.words[each]) for each in identities if self.words.get(each)}

    def keep_word(self, identity: str, channel: str, word: ConsentWord) -> None:
        known = self.words.setdefault(identity, {}).get(channel)
        if known is None or (known.at, not known.agreed) < (word.at, not word.agreed):
            self.words[identity][channel] = word

    def _with(self, identities: Sequence[str]) -> Iterator[tuple[Record, frozenset[str]]]:
        """Yield the records that have some of the identities, and those."""
        wanted = frozenset(identities)
        for ref, record in self.stored.items() if wanted else ():
            known = self.identified.get(ref)
            if known is None or known[0] is not record:  # no record is worked out twice
                known = self.identified[ref] = record, frozenset(record.identities)
            if shared := known[1] & wanted:
                yield record, shared

    def find(self, identities: Sequence[str], kind: str | None = None) -> Record | None:
        ours = own(identities)
        others = [identity for identity in identities if identity not in ours]
        found = self._first(ours, kind, ours)
        if found is None or kind is not None:
            return found or self._first(others, kind, ours)
        better = self._first([each for each in others if each in found.identities], None, ours)
        return better if better is not None and rank_of(better.kind) < rank_of(found.kind) else found

    def _first(self, identities: Sequence[str], kind: str | None, ours: Sequence[str]) -> Record | None:
        found = [
            (rank_of(record.kind), min(map(identities.index, shared)), record.ref)
            for record, shared in self._with(identities)
            if kind in (None, record.kind) and not is_of_another(record, ours)
        ]
        return self.stored[min(found)[2]] if found else None

    def find_all(self, identities: Sequence[str]) -> builtins.list[Record]:
        found = [record for record, _ in self._with(identities)]
        return sorted(found, key=lambda record: (rank_of(record.kind), record.ref))

    def get_all(self, refs: Sequence[str]) -> Mapping[str, Record]:
        return {ref: found for ref in refs if (found := self.get(ref)) is not None}

    def find_each(self, wanted: Sequence[Sequence[str]], kind: str) -> builtins.list[Record | None]:
        return [self.find(identities, kind) for identities in wanted]

    def find_kinds(self, identities: Sequence[str], kinds: Sequence[str]) -> builtins.list[Record | None]:
        return [self.find(identities, kind) for kind in kinds]

    def put(self, record: Record, replaces: Record | None) -> None:
        self.required_condition(record, replaces)
        self.keep(record, replaces)
        self.on_change(replaces, record)

    def put_once(self, record: Record, replaces: Record | None, update: SourceUpdate) -> WriteResult:
        place = update.source, record.ref
        if update.id in self.told:
            return WriteResult.DUPLICATE
        if update.at is not None and self.newest.get(place, update.at) > update.at:
            return WriteResult.STALE
        if record != replaces:
            self.put(record, replaces)
        self.told.add(update.id)
        if update.at is not None:
            self.newest[place] = update.at
        return WriteResult.APPLIED

    def result_of(self, update: SourceUpdate, ref: str) -> WriteResult:
        if update.id in self.told:
            return WriteResult.DUPLICATE
        newest = self.newest.get((update.source, ref))
        return WriteResult.STALE if update.at and newest and newest > update.at else WriteResult.APPLIED

    def required_condition(self, record: Record, replaces: Record | None) -> None:
        stored = self.stored.get(record.ref)
        if (stored and stored.version) != (replaces and replaces.version) or record.ref in self.signposts:
            raise Stale(MOVED_ON(subject=record.ref))
        self.hold(record, replaces)

    def hold(self, record: Record, replaces: Record | None) -> None:
        """Refuse records that DynamoDB does not take, as far as use cases can tell: raises Invalid, TooLarge."""
        if encoded_size_of(record) > MOST_BYTES:
            raise TooLarge(ITEM_TOO_LARGE())
        if cost_of(record, replaces or Record(record.kind, record.id)) > MOST_WRITES:
            raise Invalid.field("", TOO_MANY_WRITES(most=MOST_WRITES, found=MOST_WRITES + 1))

    def merge(self, after: Record, survivor: Record, other: Record) -> None:
        self.required_condition(survivor, survivor)
        self.required_condition(other, other)
        self.keep(None, other)
        self.keep(after, survivor)
        self.signposts |= dict.fromkeys(other.refs, after.ref)
        self.on_change(survivor, after)

    def delete(self, record: Record, *, origin: str, cause: Cause) -> None:
        self.required_condition(record, record)
        self.keep(None, record)
        for identity in record.identities:
            kept = {channel: word for channel, word in self.words.get(identity, {}).items() if not word.agreed}
            self.words[identity] = kept | refusals_of(record)
        self.signposts = {ref: into for ref, into in self.signposts.items() if into != record.ref}
        self.on_change(replace(record, origin=origin, cause=cause), None)

    def keep(self, record: Record | None, replaces: Record | None) -> None:
        """Put one in the place of the other, and their dates."""
        gone, written = replaced(_dates(replaces), _dates(record))
        for entry in gone:
            del self.dates[entry.partition, entry.sort]
        self.dates |= {(entry.partition, entry.sort): entry for entry in written}
        if replaces is not None:
            del self.stored[replaces.ref]
        if record is not None:
            self.stored[record.ref] = record

    def entries(self, partition: str, prefix: str) -> Iterator[DateEntry]:
        return (entry for (pk, sk), entry in sorted(self.dates.items()) if pk == partition and sk.startswith(prefix))

    def list(
        self, kind: str, *, limit: int, cursor: str | None, takes: Callable[[Record], bool] | None = None
    ) -> Page[Record]:
        refs = sorted(ref for ref in self.stored if ref.startswith(f"{kind}:"))
        found = refs if takes is None else [ref for ref in refs if takes(self.stored[ref])]
        page = page_of(found, limit, cursor)
        return Page(tuple(self.stored[ref] for ref in page.items), page.cursor)


def _dates(record: Record | None) -> tuple[DateEntry, ...]:
    return date_entries(record, record.updated_at) if record and record.updated_at else ()


@dataclass
class FakeSettings:
    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def get(self, name: str) -> Mapping[str, Any]:
        return self.kept.get(name, {})

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        self.kept[name] = document


@dataclass
class FakeIdempotencyKeys:
    """The request of each Idempotency-Key."""

    kept: dict[str, str] = field(default_factory=dict)

    def claim(self, key: str, content: str, now: datetime) -> bool:
        assert now.tzinfo is not None
        return self.kept.setdefault(key, content) == content


@dataclass
class FakeSources:
    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def get(self, name: str) -> Mapping[str, Any]:
        if name not in self.kept:
            raise NotFound(SOURCE_NOT_FOUND(source=name))
        return self.kept[name]

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        self.kept[name] = document

    def list(self) -> builtins.list[Mapping[str, Any]]:
        return [self.kept[name] for name in sorted(self.kept)]


@dataclass
class FakeRefusals:
    noted: builtins.list[tuple[str, Rejection]] = field(default_factory=list)

    def note(self, source: str, refusal: Rejection) -> bool:
        self.noted.append((source, refusal))
        return True

    def last(self, source: str) -> builtins.list[Rejection]:
        return [refusal for name, refusal in self.noted[::-1] if name == source]


@dataclass
class FakeLeadForms:
    kept: dict[str, LeadForm] = field(default_factory=dict)

    def note(self, form: LeadForm) -> None:
        self.kept.setdefault(form.id, form)

    def all(self) -> builtins.list[LeadForm]:
        return [self.kept[form_id] for form_id in sorted(self.kept)]

    def save(self, form: LeadForm) -> None:
        self.kept[form.id] = form


@dataclass
class FakeThreads:
    runs: dict[str, str] = field(default_factory=dict)

    def remember(self, message_id: str, run_id: str, now: Any) -> None:
        assert now.tzinfo is not None
        self.runs[message_id] = run_id

    def run_of(self, message_ids: Sequence[str]) -> str | None:
        return next((self.runs[each] for each in message_ids if each in self.runs), None)


@dataclass
class FakeBudgets:
    followed: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def admit(self, root: str, rule: str, run: str, *, most: int, now: Any) -> bool:
        assert now.tzinfo is not None
        followed = self.followed.setdefault((root, rule), set())
        if run not in followed and len(followed) >= most:
            return False
        followed.add(run)
        return True


@dataclass
class FakeObjects:
    kept: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def get(self, key: str) -> bytes:
        if key not in self.kept:
            raise NotFound(OBJECT_NOT_FOUND(key=key))
        return self.kept[key]

    def put(self, key: str, content: bytes, content_type: str) -> None:
        self.kept[key], self.types[key] = content, content_type


@dataclass
class FakeKeys:
    kept: dict[str, ApiKey] = field(default_factory=dict)

    def find(self, key_hash: str) -> ApiKey | None:
        return self.kept.get(key_hash)

    def add(self, key: ApiKey) -> None:
        self.kept[key.hash] = key


@dataclass
class FakeSecrets:
    """`stale`: what is still known of secrets that were replaced since; `read_anew`: how often they were refreshed."""

    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    stale: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    read_anew: int = 0

    def get(self, name: str) -> Mapping[str, Any]:
        known = self.stale.get(name, self.kept.get(name))
        if known is None:
            raise NotFound(SECRET_NOT_FOUND(name=name))
        return known

    def refreshed(self, name: str) -> Mapping[str, Any]:
        self.read_anew += 1
        self.stale.pop(name, None)
        return self.get(name)
