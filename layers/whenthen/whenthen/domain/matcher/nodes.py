"""Node: the rules that are found by one thing that holds of an event, such as `record.status` being `new`."""

from __future__ import annotations

from math import inf

from whenthen.domain.matcher.fields import FOUND, ZERO, Ask, Values

Test = tuple["Node | None", int, float, float, tuple[Ask, ...], str, bool]
"""A rule of which more is asked: (another node that must be found too, if any; a field, and the bounds between which
its number must be; what else must hold; the rule; whether no other node finds it). It is one flat row, since what
costs most when there are many rules is to wait for memory."""

NO_RANGE = (ZERO, -inf, inf)


class Node:
    """The rules found here.

    ids      those of which nothing more is asked, and which no other node finds
    shared   those of which nothing more is asked, but which other nodes may find too
    tests    those of which more is asked, one by one
    further  those of which more is asked, by another node that must be found too
    simple   whether there is nothing but `ids`
    """

    __slots__ = ("further", "ids", "shared", "simple", "tests")

    def __init__(self) -> None:
        self.simple = True
        self.ids: list[str] | tuple[()] = ()
        self.shared: list[str] | None = None
        self.tests: list[Test] | tuple[()] = ()
        self.further: dict[Node, Node] | None = None

    def take(self, rule_id: str, *, alone: bool) -> None:
        """Have a rule of which nothing more is asked."""
        if alone:
            self.ids = self.ids or []
            self.ids.append(rule_id)
        else:
            self.shared = self.shared or []
            self.shared.append(rule_id)
            self.simple = False

    def test(self, test: Test) -> None:
        """Have a rule of which more is asked."""
        self.tests = self.tests or []
        self.tests.append(test)
        self.simple = False

    def further_by(self, other: Node) -> Node:
        """The node of the rules for which `other` must be found too."""
        if self.further is None:
            self.further = {}
            self.simple = False
        return self.further.setdefault(other, Node())

    def drop(self, rule_id: str) -> None:
        """Have the rule no more."""
        self.ids = [other for other in self.ids if other != rule_id] or ()
        if self.shared is not None:
            self.shared = [other for other in self.shared if other != rule_id] or None
        self.tests = [test for test in self.tests if test[5] != rule_id] or ()
        self.simple = not (self.shared or self.tests or self.further)


def visit(hits: list[Node], values: Values, matched: list[str]) -> list[str]:
    """The rules that match, sorted: those in `matched`, and those that the nodes found in `hits` lead to."""
    shared: list[str] = []
    found: set[Node | None] = {None, *hits}
    values[FOUND] = found
    for node in hits:
        matched += node.ids
        if node.simple:
            continue
        for other, place, low, high, asks, rule_id, alone in node.tests:
            if other in found and low <= values[place] <= high:  # type: ignore[operator]
                for ask in asks:
                    if not ask(values):
                        break
                else:
                    (matched if alone else shared).append(rule_id)
        if node.shared is not None:
            shared += node.shared
        if node.further is not None:
            further = node.further
            hits += [further[other] for other in further.keys() & found]
    matched += set(shared)
    matched.sort()
    return matched
