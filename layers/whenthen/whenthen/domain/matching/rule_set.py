"""Find the rules that match an event. `compile_rules` prepares rules once; `RuleSet.match` is called for each event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from whenthen.domain.conditions.condition import AllOf, Condition
from whenthen.domain.matching.event_row import Row, getter_of, split
from whenthen.domain.matching.planner import Lookup, Planner, TableKey, demands_of

if TYPE_CHECKING:
    from whenthen.domain.conditions.field_access import Context
    from whenthen.domain.matching.tables import Bucket, Table


class Watched(Protocol):
    """Tell the matcher which event types a trigger watches, and what it requires beyond the type."""

    @property
    def event_types(self) -> tuple[str, ...]: ...

    @property
    def condition(self) -> Condition | None: ...


class Matchable(Protocol):
    """Tell the matcher about one rule."""

    @property
    def id(self) -> str: ...

    @property
    def trigger(self) -> Watched: ...

    @property
    def conditions(self) -> Condition | None: ...


def required_condition_of(rule: Matchable) -> Condition | None:
    """Join all conditions of the rule on events of its types: its trigger's and its own."""
    parts = tuple(part for part in (rule.trigger.condition, rule.conditions) if part is not None)
    return AllOf(parts) if parts else None


class RuleSet:
    """Hold rules ready to be matched. Those of an event type are prepared when its first event comes."""

    def __init__(self) -> None:
        self._watched: dict[str, tuple[str, ...]] = {}
        self._indexes: dict[str, _TypeIndex] = {}

    def __len__(self) -> int:
        return len(self._watched)

    def add(self, rule: Matchable) -> None:
        """Match `rule` from now on. It takes the place of an earlier rule with its id."""
        self.remove(rule.id)
        types = self._watched[rule.id] = tuple(dict.fromkeys(rule.trigger.event_types))
        condition = required_condition_of(rule)
        for event_type in types:
            if event_type not in self._indexes:
                self._indexes[event_type] = _TypeIndex()
            self._indexes[event_type].add(rule.id, condition)

    def remove(self, rule_id: str) -> None:
        """Stop matching the rule. An unknown id is no error."""
        for event_type in self._watched.pop(rule_id, ()):
            self._indexes[event_type].remove(rule_id)
            if not len(self._indexes[event_type]):
                del self._indexes[event_type]

    def match(self, context: Context) -> set[str]:
        """Return the ids of the rules that match the context's event."""
        event = context.get("event")
        event_type = event.get("type") if type(event) is dict or isinstance(event, Mapping) else None
        index = self._indexes.get(event_type) if isinstance(event_type, str) else None
        return set() if index is None else index.match(context)


def compile_rules(rules: Iterable[Matchable]) -> RuleSet:
    """Return the rules as a set that can be matched, added to and removed from."""
    compiled = RuleSet()
    for rule in rules:
        compiled.add(rule)
    return compiled


class _TypeIndex:
    """Hold the rules that watch one event type.

    A rule stands under each key of the rarest thing that it demands; what else it demands is checked when one of these
    keys was found. A rule that demands nothing that can be looked up is checked for each event.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Condition | None] = {}
        self._stands: dict[str, tuple[Lookup, ...]] = {}
        self._tables: dict[TableKey, Table] = {}
        self._planner = Planner(self._tables)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._stands)

    def add(self, rule_id: str, condition: Condition | None) -> None:
        """Add a rule. It is prepared at the next match."""
        self._waiting[rule_id] = condition

    def remove(self, rule_id: str) -> None:
        """Remove a rule."""
        self._waiting.pop(rule_id, None)
        for lookup in self._stands.pop(rule_id, ()):
            for key in lookup.keys:
                self._tables[lookup.table].remove(key, rule_id)

    def match(self, context: Context) -> set[str]:
        """Return the ids of the rules that match."""
        if self._waiting:
            self._prepare()
        row = Row(context)
        hits: list[Bucket] = []
        for place, parent, name, fields, tables in self._objects:
            get = row[place] = getter_of(row[parent](name))
            for field, buckets in fields:
                value = get(field)
                if type(value) is str and value.isascii():
                    if value in buckets:
                        hits.append(buckets[value])
                elif value is not None:
                    hits += tables[field].under(value, row)
        for table in self._others:
            hits += table.find(row)
        return _passing(hits, row)

    def _prepare(self) -> None:
        """Let the waiting rules take their stands, first those with the fewest to choose from."""
        waiting = [(rule_id, demands_of(condition)) for rule_id, condition in self._waiting.items()]
        self._waiting.clear()
        if len(waiting) > len(self._stands):
            self._planner.learn(demand for _, demands in waiting for demand in demands)
            waiting.sort(key=lambda rule: len(rule[1]))
        for rule_id, demands in waiting:
            _, stands = self._planner.best(demands)
            self._stands[rule_id] = tuple([lookup for lookup, _ in stands])
            for lookup, left in stands:
                first, *others = self._planner.checks(left) or [()]
                entry = (*first, rule_id, tuple(others)) if first else rule_id
                table = self._tables.get(lookup.table)
                if table is None:
                    kind, _, fold = lookup.table
                    table = self._tables[lookup.table] = kind(lookup.path, fold=fold)
                for key in lookup.keys:
                    table.add(key, entry)
        self._line_up()

    def _line_up(self) -> None:
        """Group the plain tables by the object that holds their field, so that it is read once."""
        objects: dict[str, dict[str, Table]] = {}
        tables = [table for table in self._tables.values() if table.buckets]
        for table in tables:
            if table.plain:
                objects.setdefault(table.parent, {})[table.name] = table
        self._objects = [
            (place, *split(place), [(field, table.buckets) for field, table in fields.items()], fields)
            for place, fields in sorted(objects.items())
        ]
        self._others = [table for table in tables if not table.plain]


def _passing(hits: list[Bucket], row: Row) -> set[str]:
    """Return the rules that pass their checks. One that stands under several keys of the event is one in a set."""
    found: set[str] = set()
    entry: Any
    for entry in chain.from_iterable(hits):
        if type(entry) is str:
            found.add(entry)
        elif entry[0](row[entry[1]](entry[2]), entry[3], entry, row):
            for check in entry[6]:
                if not check[0](row[check[1]](check[2]), check[3], check, row):
                    break
            else:
                found.add(entry[5])
    return found
