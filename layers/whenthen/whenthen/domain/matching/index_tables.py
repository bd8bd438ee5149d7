"""Hold all index tables of one event type, and look an event up in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whenthen.domain.common.values import Choice
from whenthen.domain.matching.event_fields import NOTHING, Check, Field, Fields, Row, picker
from whenthen.domain.matching.indexes.candidate_lookup import (
    ALWAYS,
    CHOICE,
    Access,
    Always,
    ExistsIndex,
    Table,
    TableKey,
    new_table,
)
from whenthen.domain.matching.indexes.nodes import Node
from whenthen.domain.matching.indexes.range_index import RangeIndex
from whenthen.domain.matching.indexes.value_index import ValueIndex
from whenthen.domain.matching.residual_checks import check_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from whenthen.domain.conditions.condition import Condition
    from whenthen.domain.conditions.field_access import Path
    from whenthen.domain.conditions.predicate import Predicate
    from whenthen.domain.matching.index_planner import Findable
    from whenthen.domain.matching.indexes.text_index import TextIndex

MOST_TRIED = 4
"""Bound the values of a rule that are tried one by one."""


class Tables:
    """Hold the tables in which rules are found, and the conditions that must be checked because no table tells.

    Tables of choices have numbers, in the order in which they were made. The row of an event has by number what each
    found: one node, or none. Where a table found more, the row has the first, and all of them among `several`.

    Those that are looked up by key are looked into all together, without a step of bytecode for each. Others, and those
    that met a list, are looked up by themselves; among the others they stand as an empty table of no field.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self.always = Always()
        self._tables: dict[TableKey, Table] = {ALWAYS: self.always}
        self._numbers: dict[TableKey, int] = {}
        self._numbered: list[ValueIndex] = []
        self._unplaced: list[Field] = []
        self._checked: dict[Condition, tuple[Check, Node]] = {}
        self._ready = False

    @property
    def keys(self) -> Collection[TableKey]:
        """Return the keys of the existing tables."""
        return self._tables.keys()

    def open(self, key: TableKey, path: Path) -> None:
        """Open a table for the field. It is of use once it is placed."""
        if key not in self._tables:
            table = self._tables[key] = new_table(key[0], fold=key[3])
            if isinstance(table, ValueIndex):
                self._numbers[key] = len(self._numbered)
                self._numbered.append(table)
            self._unplaced.append((key[1], path))

    def place(self) -> None:
        """Read the fields of tables that were opened."""
        self._fields.add(self._unplaced)
        self._unplaced.clear()
        self.forget()

    def nodes(self, findable: Findable) -> list[Node]:
        """Return the nodes one of which is found whenever the findable is met."""
        return findable.access.nodes(self._tables[findable.table], findable.predicate)

    def test_of(self, findable: Findable) -> tuple[int, list[Node], bool] | None:
        """Return the test of whether the findable is met. None if it must be checked.

        The test is (number of a table, nodes of which one must be found, or must not, which of the two).
        Missing nodes are made.
        """
        wanted, choice = not findable.access.negated, findable.predicate.operand
        number = self._numbers.get(findable.table if wanted else CHOICE.table(findable.predicate))
        if number is None or type(choice) is not Choice or (wanted and not findable.access.complete(choice)):
            return None
        table = self._numbered[number]
        if table.listed or choice.size > (MOST_TRIED if wanted else 1):
            return None
        table.tested = True
        return number, table.each(choice), wanted

    def known(self, predicate: Predicate, access: Access) -> tuple[int, list[Node]] | None:
        """Return the number of the predicate's table, and its nodes: one is found if, and only if, the predicate holds.

        None: there is no such table, or not all of the nodes.
        """
        number = self._numbers.get(access.table(predicate))
        if number is None or not access.complete(predicate.operand):
            return None
        nodes = self._numbered[number].known(predicate.operand)  # type: ignore[arg-type]
        return None if nodes is None else (number, nodes)

    def checking(self, condition: Condition) -> Node:
        """Return the node that is found if the condition holds, which is checked once for each event."""
        found = self._checked.get(condition)
        if found is None:
            found = self._checked[condition] = (check_of(condition, self._fields, self.known), Node())
        return found[1]

    def forget(self) -> None:
        """Drop the data derived from the tables, when some of them changed."""
        self._ready = False
        for table in self._tables.values():
            if isinstance(table, RangeIndex):
                table.forget()

    def find(self, row: Row, matched: list[str]) -> list[Node]:
        """Return the nodes found. Rules with nothing left to check may be added to `matched` directly."""
        if not self._ready:
            self._line_up()
        values = row.values
        try:
            found = row.found = [*map(dict.get, self._nodes, self._pick(values))]
        except TypeError:
            return self._find_listed(row, matched)
        hits = [*filter(None, found)]
        for number, place, table in self._choices:
            value = values[place]
            if value is not None:
                self._choose(number, table, value, row, hits)
        hits.append(self.always.node)
        for place, other in self._others:
            value = values[place]
            if value is not None:
                other.find(value, hits, matched)
        for check, node in self._checks:
            if check(row):
                hits.append(node)
        return hits

    def _choose(self, number: int, table: ValueIndex, value: object, row: Row, hits: list[Node]) -> None:
        """Look up a value that needs more than one lookup."""
        nodes = table.find(value)
        if nodes:
            hits += nodes
            row.found[number] = nodes[0]
            if len(nodes) > 1:
                row.several = {*row.several, *nodes}
                row.wide = row.wide or table.tested

    def _find_listed(self, row: Row, matched: list[str]) -> list[Node]:
        """Look up fields whose values no dictionary can hold. From now on they are looked up by themselves."""
        for number, place in enumerate(self._places):
            try:
                hash(row.values[place])
            except TypeError:
                self._numbered[number].listed = True
        self._line_up()
        return self.find(row, matched)

    def _line_up(self) -> None:
        self._choices: list[tuple[int, int, ValueIndex]] = []
        self._others: list[tuple[int, TextIndex | RangeIndex | ExistsIndex]] = []
        self._nodes: list[dict[Any, Node]] = []
        self._places: list[int] = []
        for (_, source, path_key, _), table in self._tables.items():
            if isinstance(table, Always):
                continue
            place = self._fields.known(source, path_key)
            if not isinstance(table, ValueIndex):
                self._others.append((place, table))
                continue
            alone = table.listed or not table.by_key
            if alone:
                self._choices.append((len(self._places), place, table))
            self._nodes.append({} if alone else table.nodes)
            self._places.append(NOTHING if alone else place)
        self._pick = picker(self._places)
        self._checked = {condition: row for condition, row in self._checked.items() if not row[1].empty}
        self._checks = list(self._checked.values())
        self._ready = True
