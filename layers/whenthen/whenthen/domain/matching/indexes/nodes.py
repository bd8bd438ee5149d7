"""Define nodes: the rules that are found by one fact of an event, such as `record.status` being `new`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.matching.event_fields import Check

if TYPE_CHECKING:
    from whenthen.domain.matching.event_fields import Row

Test = tuple[int, "Node", bool, tuple[Check, ...], str, bool]
"""Hold (number of a table of choices; its nodes of which one must be found, or, if false, must not; checks left;
rule; whether no other node finds it). To try one, no value is looked up and no condition is checked.
"""

Rest = tuple[tuple[Check, ...], str, bool]
"""Hold (checks left; rule; whether no other node finds it)."""


class Node:
    """Hold the rules found here.

    ids      those of which nothing more is asked, and which no other node finds
    shared   those of which nothing more is asked, but which other nodes may find too
    tests    those of which more is asked, and first which node of a table was found
    rest     the others of which more is asked
    further  those of which more is asked: the nodes of the rules for which a node of a table must be found too, by
             the table's number and that node
    simple   whether there is nothing but `ids`
    """

    __slots__ = ("further", "ids", "rest", "shared", "simple", "tests")

    def __init__(self) -> None:
        self.simple = True
        self.ids: list[str] | tuple[()] = ()
        self.shared: list[str] | tuple[()] = ()
        self.tests: list[Test] | tuple[()] = ()
        self.rest: list[Rest] | tuple[()] = ()
        self.further: dict[int, dict[Node, Node]] | None = None

    def take(self, rule_id: str, *, alone: bool) -> None:
        """Add a rule with nothing left to check."""
        if alone:
            self.ids = self.ids or []
            self.ids.append(rule_id)
        else:
            self.shared = self.shared or []
            self.shared.append(rule_id)
            self.simple = False

    def test(self, test: Test) -> None:
        """Add a rule with checks left, after a test of which node of a table was found."""
        self.tests = self.tests or []
        self.tests.append(test)
        self.simple = False

    def check(self, rest: Rest) -> None:
        """Add a rule with checks left."""
        self.rest = self.rest or []
        self.rest.append(rest)
        self.simple = False

    def further_by(self, number: int, other: Node) -> Node:
        """Return the node of the rules for which `other`, of the table with the number, must be found too."""
        if self.further is None:
            self.further = {}
            self.simple = False
        return self.further.setdefault(number, {}).setdefault(other, Node())

    @property
    def empty(self) -> bool:
        """Tell whether the node has no rules."""
        return self.simple and not self.ids

    def drop(self, rule_id: str) -> None:
        """Remove the rule."""
        self.ids = [other for other in self.ids if other != rule_id] or ()
        self.shared = [other for other in self.shared if other != rule_id] or ()
        self.tests = [test for test in self.tests if test[4] != rule_id] or ()
        self.rest = [rest for rest in self.rest if rest[1] != rule_id] or ()
        self.simple = not (self.shared or self.tests or self.rest or self.further)


def visit(hits: list[Node], row: Row, matched: list[str]) -> list[str]:  # noqa: C901, PLR0912 - calls cost more
    """Return the rules that match, sorted: those in `matched`, and those to which the nodes in `hits` lead.

    A test compares the one node that its table found. Only if a table that is tested found several are they looked at.
    """
    shared: list[str] = []
    found, several, wide = row.found, row.several, row.wide
    for node in hits:
        matched += node.ids
        if node.simple:
            continue
        for number, other, wanted, checks, rule_id, alone in node.tests:
            if (found[number] is other or (wide and other in several)) is wanted:
                for check in checks:
                    if not check(row):
                        break
                else:
                    (matched if alone else shared).append(rule_id)
        for checks, rule_id, alone in node.rest:
            for check in checks:
                if not check(row):
                    break
            else:
                (matched if alone else shared).append(rule_id)
        shared += node.shared
        if node.further is not None:
            hits += _further(node.further, row)
    if shared:
        matched += set(shared)
    matched.sort()
    return matched


def _further(further: dict[int, dict[Node, Node]], row: Row) -> list[Node]:
    if row.wide:
        found = {*row.found, *row.several}
        return [node for nodes in further.values() for other, node in nodes.items() if other in found]
    return [node for number, nodes in further.items() if (node := nodes.get(row.found[number])) is not None]
