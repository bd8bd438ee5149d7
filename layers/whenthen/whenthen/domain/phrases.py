"""A rule, a condition, an outcome as a sentence in plain words, in one of five languages.

Names and values that admins or customers chose stay as they are, in quotation marks and isolated, so that
text from right to left and from left to right can stand beside each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from whenthen.domain.conditions import AllOf, AnyOf, Condition, Not
from whenthen.domain.leaves import Leaf
from whenthen.domain.moments import Duration
from whenthen.domain.phrase_events import KINDS, VERBS
from whenthen.domain.phrase_table import ACTIONS, FRAME, LANGUAGES, OPERATORS, OUTCOMES, POINTS, UNITS, WEEKDAYS
from whenthen.domain.rules import Mode, Rule, Step

if TYPE_CHECKING:
    from whenthen.domain.timing import Wait

_QUOTES = ("“{0}”", "“{0}”", "„{0}”", "“{0}”", "“{0}”")
_ISOLATED = "\u2068{0}\u2069"
_SHOWN = 8


class Speaker:
    """Says things in one language. Raises KeyError for a language that is not among LANGUAGES."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise KeyError(language)
        self._column = LANGUAGES.index(language)

    def rule(self, rule: Rule) -> str:
        """What the rule does, when and under which conditions."""
        demands = [part for part in (rule.trigger.condition, rule.conditions) if part is not None]
        parts = [self._labelled("when", self._any(map(self.event, rule.trigger.event_types)))]
        if demands:
            parts.append(self._labelled("if", self.condition(AllOf(tuple(demands)))))
        parts.append(self._labelled("then", "; ".join(map(self._step, rule.steps))))
        ends = [*map(self.event, rule.exit.on), *([self.condition(rule.exit.when)] if rule.exit.when else [])]
        if ends:
            parts.append(self._labelled("ends", self._any(ends)))
        if rule.mode is not Mode.ON:
            parts.append(f"({self._word(FRAME, rule.mode)})")
        return " ".join(parts)

    def outcome(self, status: str, reason: str = "") -> str:
        """How a job or a run stands, with its reason as it was recorded."""
        word = self._word(OUTCOMES, status)
        return f"{word}: {_ISOLATED.format(reason)}" if reason else f"{word}."

    def event(self, event_type: str) -> str:
        """What happened."""
        kind, _, verb = event_type.partition(".")
        if verb not in VERBS:
            return self._quoted(event_type)
        return f"{self._word(KINDS, kind) if kind in KINDS else self._quoted(kind)}: {self._word(VERBS, verb)}"

    def condition(self, condition: Condition, *, inner: bool = False) -> str:
        """What the condition demands."""
        if isinstance(condition, Leaf):
            return self._leaf(condition)
        if isinstance(condition, Not):
            return self._word(FRAME, "not").format(self.condition(condition.item))
        if len(condition.items) == 1:
            return self.condition(condition.items[0], inner=inner)
        joint = f" {self._word(FRAME, 'and' if isinstance(condition, AllOf) else 'or')} "
        items = [self.condition(item, inner=not isinstance(item, type(condition))) for item in condition.items]
        return f"({joint.join(items)})" if inner and isinstance(condition, AllOf | AnyOf) else joint.join(items)

    def _leaf(self, leaf: Leaf) -> str:
        refused = isinstance(leaf.operand, bool) and not leaf.operand
        phrase = self._word(OPERATORS, f"{leaf.op}_not" if refused else leaf.op)
        said = phrase.format(self._field(leaf), self._value(leaf.value, leaf))
        return f"{said} ({self._word(FRAME, 'ignoring_case')})" if leaf.ignore_case else said

    def _field(self, leaf: Leaf) -> str:
        path = leaf.path
        if path.root == "history" and path.within is not None:
            count = self._word(FRAME, "count_of").format(self.event(".".join(path.names)))
            return f"{count} {self._word(FRAME, 'within').format(self._duration(path.within))}"
        names = path.names[1:] if path.root == "event" and path.names[0] == "data" else path.names
        prefix = f"{path.root}." if path.root in ("now", "event") and names is path.names else ""
        name = self._quoted(prefix + ".".join(names))
        return self._word(FRAME, "before").format(name) if path.root == "before" else name

    def _value(self, value: object, leaf: Leaf) -> str:
        if isinstance(leaf.operand, Duration):
            return self._duration(leaf.operand)
        if isinstance(value, Mapping):
            ((which, length),) = value.items()
            return self._word(FRAME, which).format(self._duration(Duration(**length)))
        if isinstance(value, list | tuple):
            return self._listed(value, leaf)
        return self._single(value, leaf)

    def _single(self, value: object, leaf: Leaf) -> str:
        if isinstance(value, bool):
            return self._word(FRAME, "yes" if value else "no")
        if not isinstance(value, str):
            return str(value)
        if value in POINTS and leaf.op in ("before", "after", "between"):
            return self._word(POINTS, value)
        if value in WEEKDAYS and leaf.path.key.startswith("now.weekday"):
            return self._word(WEEKDAYS, value)
        return self._quoted(value)

    def _listed(self, values: list[object] | tuple[object, ...], leaf: Leaf) -> str:
        shown = [self._value(value, leaf) for value in values[:_SHOWN]]
        if leaf.op == "between":
            return " – ".join(shown)
        return ", ".join(shown) + (f", … ({len(values)})" if len(values) > _SHOWN else "")

    def _step(self, step: Step) -> str:
        said = self._word(ACTIONS, step.action) if step.action in ACTIONS else self._quoted(step.action)
        details = []
        if step.with_previous:
            details.append(self._word(FRAME, "at_the_same_time"))
        if step.wait is not None:
            details += self._wait(step.wait)
        if step.only_if is not None:
            details.append(self._word(FRAME, "only_if").format(self.condition(step.only_if)))
        return f"{said} ({', '.join(details)})" if details else said

    def _wait(self, wait: Wait) -> Iterable[str]:
        lengths = {unit: amount for unit in UNITS if (amount := getattr(wait, unit, 0))}
        if wait.until is not None:
            yield self._word(FRAME, "until").format(self._quoted(wait.until.field))
        if lengths:
            yield self._word(FRAME, "after").format(self._lengths(lengths))
        if wait.at is not None:
            yield self._word(FRAME, "at").format(wait.at.strftime("%H:%M"))
        if wait.weekdays:
            yield self._word(FRAME, "on_days").format(", ".join(self._word(WEEKDAYS, day) for day in wait.weekdays))

    def _duration(self, duration: Duration) -> str:
        return self._lengths({unit: amount for unit in UNITS if (amount := getattr(duration, unit, 0))})

    def _lengths(self, lengths: Mapping[str, int]) -> str:
        return " ".join(f"{amount} {self._word(UNITS, unit)}" for unit, amount in lengths.items())

    def _any(self, items: Iterable[str]) -> str:
        return f" {self._word(FRAME, 'or')} ".join(items)

    def _labelled(self, label: str, text: str) -> str:
        return f"{self._word(FRAME, label)}: {text}."

    def _quoted(self, value: object) -> str:
        return _QUOTES[self._column].format(_ISOLATED.format(value))

    def _word(self, table: Mapping[str, tuple[str, ...]], key: str) -> str:
        return table[key][self._column]
