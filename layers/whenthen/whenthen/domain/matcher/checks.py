"""Check: a condition that is asked once a rule is found, with all looked up beforehand that can be."""

from __future__ import annotations

from collections.abc import Callable

from whenthen.domain.conditions import AllOf, Condition, Not
from whenthen.domain.facts import Facts
from whenthen.domain.leaves import Leaf
from whenthen.domain.operators import OPERATORS
from whenthen.domain.values import Choice

Ask = Callable[[Facts], bool]


class Check:
    """A condition that is asked at most once for an event, however many rules share it. `users`: how many do."""

    __slots__ = ("_ask", "condition", "users")

    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.users = 0
        self._ask: Ask | None = None

    def ask(self, facts: Facts) -> bool:
        """Whether the condition holds, as `conditions.holds` says."""
        if self._ask is None:
            self._ask = _ask(self.condition)
        return self._ask(facts)


def _ask(condition: Condition) -> Ask:
    if isinstance(condition, Leaf):
        return _ask_leaf(condition)
    if isinstance(condition, Not):
        asked = _ask(condition.item)
        return lambda facts: not asked(facts)
    wanted, asks = isinstance(condition, AllOf), tuple(map(_ask, condition.items))

    def ask(facts: Facts) -> bool:
        for item in asks:
            if item(facts) is not wanted:
                return not wanted
        return wanted

    return ask


def _ask_leaf(leaf: Leaf) -> Ask:
    holds, choice = OPERATORS[leaf.op].holds, leaf.operand
    if not isinstance(choice, Choice) or choice.fold or choice.numbers or len(leaf.path.steps) != 2:
        return lambda facts: holds(facts, leaf)
    (root, name), texts, wanted = leaf.path.steps, choice.texts, leaf.op not in ("not_equals", "not_in")

    def ask(facts: Facts) -> bool:
        # The most frequent of all: a field of the record that is plain text, among texts.
        fields = facts.context.get(root)
        if type(fields) is dict:
            value = fields.get(name)
            if type(value) is str and value.isascii():
                return (value in texts) is wanted
        return holds(facts, leaf)

    return ask
