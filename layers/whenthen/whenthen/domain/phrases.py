"""A rule, a condition, an outcome as a sentence in plain words, in one of five languages.

Names and values that admins or customers chose stay as they are, in quotation marks and isolated, so that
text from right to left and from left to right can stand beside each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from whenthen.domain.conditions import AllOf, AnyOf, Condition, Not
from whenthen.domain.leaves import Leaf
from whenthen.domain.moments import Duration
from whenthen.domain.phrase_events import KINDS, VERBS
from whenthen.domain.phrase_table import (
    ACTIONS,
    FRAME,
    LANGUAGES,
    ONE,
    OPERATORS,
    OUTCOMES,
    POINTS,
    TRIGGERS,
    UNITS,
    WEEKDAYS,
)
from whenthen.domain.phrased_reasons import reason_said
from whenthen.domain.phrased_triggers import trigger_said, written_types
from whenthen.domain.rules import MOVING_STEP, Mode, Rule, Step
from whenthen.domain.triggers import On

if TYPE_CHECKING:
    from whenthen.domain.timing import Wait

_QUOTES = ("“{0}”", "“{0}”", "„{0}”", "“{0}”", "“{0}”")
_ISOLATED = "\u2068{0}\u2069"
_SHOWN = 8
_LONGEST = 80
_ABOUT: Mapping[str, tuple[str, ...]] = {
    "send_email": ("subject",),
    "send_sms": ("text", "template"),
    "send_whatsapp": ("template", "text"),
    "call_webhook": ("url",),
    "set_fields": ("fields",),
    "add_tags": ("tags",),
    "remove_tags": ("tags",),
    "assign_owner": ("from",),
    "create_task": ("title",),
    "create_record": ("kind",),
}
"""Of each action, the parameters by one of which people know the step; an action that is not here goes by its name."""


class Speaker:
    """Says things in one language. Raises KeyError for a language that is not among LANGUAGES."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise KeyError(language)
        self.language = language
        self._column = LANGUAGES.index(language)

    def rule(self, rule: Rule) -> str:
        """What the rule does, when and under which conditions."""
        # What an `event` trigger demands reads well as a condition; what the others demand says their own phrase.
        asked = rule.trigger.condition if rule.trigger.on is On.EVENT and rule.trigger.moves is None else None
        demands = [part for part in (asked, rule.conditions) if part is not None]
        parts = [self._labelled("when", trigger_said(self, rule))]
        if demands:
            parts.append(self._labelled("if", self.condition(AllOf(tuple(demands)))))
        parts.append(self._labelled("then", "; ".join(map(self._step, rule.steps))))
        ends = [
            *map(self.event, written_types(rule.exit.on)),
            *([self.condition(rule.exit.when)] if rule.exit.when else []),
        ]
        if ends:
            parts.append(self._labelled("ends", self.any(ends)))
        if rule.mode is not Mode.ON:
            parts.append(f"({self.word(FRAME, rule.mode)})")
        return " ".join(parts)

    def outcome(self, status: str, reason: str = "") -> str:
        """How a job or a run stands, with its reason: in words that are known, or as it was recorded."""
        word = self.word(OUTCOMES, status)
        return f"{word}: {reason_said(self, reason)}" if reason else f"{word}."

    def event(self, event_type: str) -> str:
        """What happened."""
        kind, _, verb = event_type.partition(".")
        if verb not in VERBS:
            return self.quoted(event_type)
        return f"{self.word(KINDS, kind) if kind in KINDS else self.quoted(kind)}: {self.word(VERBS, verb)}"

    def condition(self, condition: Condition, *, inner: bool = False) -> str:
        """What the condition demands."""
        if isinstance(condition, Leaf):
            return self._leaf(condition)
        if isinstance(condition, Not):
            return self.word(FRAME, "not").format(self.condition(condition.item))
        if len(condition.items) == 1:
            return self.condition(condition.items[0], inner=inner)
        joint = f" {self.word(FRAME, 'and' if isinstance(condition, AllOf) else 'or')} "
        items = [self.condition(item, inner=not isinstance(item, type(condition))) for item in condition.items]
        return f"({joint.join(items)})" if inner and isinstance(condition, AllOf | AnyOf) else joint.join(items)

    def _leaf(self, leaf: Leaf) -> str:
        refused = isinstance(leaf.operand, bool) and not leaf.operand
        phrase = self.word(OPERATORS, f"{leaf.op}_not" if refused else leaf.op)
        said = phrase.format(self._field(leaf), self._value(leaf.value, leaf))
        return f"{said} ({self.word(FRAME, 'ignoring_case')})" if leaf.ignore_case else said

    def _field(self, leaf: Leaf) -> str:
        path = leaf.path
        if path.root == "history" and path.within is not None:
            count = self.word(FRAME, "count_of").format(self.event(".".join(path.names)))
            return f"{count} {self.word(FRAME, 'within').format(self._duration(path.within))}"
        names = path.names[1:] if path.root == "event" and path.names[0] == "data" else path.names
        prefix = f"{path.root}." if path.root in ("now", "event") and names is path.names else ""
        name = self.quoted(prefix + ".".join(names))
        return self.word(FRAME, "before").format(name) if path.root == "before" else name

    def _value(self, value: object, leaf: Leaf) -> str:
        if isinstance(leaf.operand, Duration):
            return self._duration(leaf.operand)
        if isinstance(value, Mapping):
            ((which, length),) = value.items()
            return self.word(FRAME, which).format(self._duration(Duration(**length)))
        if isinstance(value, list | tuple):
            return self._listed(value, leaf)
        return self._single(value, leaf)

    def _single(self, value: object, leaf: Leaf) -> str:
        if isinstance(value, bool):
            return self.word(FRAME, "yes" if value else "no")
        if not isinstance(value, str):
            return str(value)
        if value in POINTS and leaf.op in ("before", "after", "between"):
            return self.word(POINTS, value)
        if value in WEEKDAYS and leaf.path.key.startswith("now.weekday"):
            return self.word(WEEKDAYS, value)
        return self.quoted(value)

    def _listed(self, values: list[object] | tuple[object, ...], leaf: Leaf) -> str:
        shown = [self._value(value, leaf) for value in values[:_SHOWN]]
        if leaf.op == "between":
            return " – ".join(shown)
        return ", ".join(shown) + (f", … ({len(values)})" if len(values) > _SHOWN else "")

    def _step(self, step: Step) -> str:
        said = self.word(ACTIONS, step.action) if step.action in ACTIONS else self.quoted(step.action)
        if step.id == MOVING_STEP:
            said = self.word(TRIGGERS, "moves_to").format(self.quoted(step.parameters["fields"]["stage"]))
        elif about := self._about(step):
            said = f"{said}: {about}"
        details = []
        if step.with_previous:
            details.append(self.word(FRAME, "at_the_same_time"))
        if step.wait is not None:
            details += self._wait(step.wait)
        if step.only_if is not None:
            details.append(self.word(FRAME, "only_if").format(self.condition(step.only_if)))
        return f"{said} ({', '.join(details)})" if details else said

    def _about(self, step: Step) -> str:
        """The parameter by which people know the step; a long text is cut."""
        given = next((value for name in _ABOUT.get(step.action, ()) if (value := step.parameters.get(name))), None)
        if isinstance(given, Mapping):
            return ", ".join(f"{self.quoted(name)} = {self.value(value)}" for name, value in given.items())
        items = given if isinstance(given, list | tuple) else [given] if given else []
        return ", ".join(map(self.value, items[:_SHOWN]))

    def value(self, value: object) -> str:
        """A value that somebody wrote or that was found, cut where it is long."""
        if value is None:
            return self.word(FRAME, "nothing")
        if isinstance(value, bool):
            return self.word(FRAME, "yes" if value else "no")
        if isinstance(value, list | tuple):
            return ", ".join(map(self.value, value[:_SHOWN])) or self.word(FRAME, "nothing")
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        cut = f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
        return self.quoted(cut) if isinstance(value, str) else _ISOLATED.format(cut)

    def _wait(self, wait: Wait) -> Iterable[str]:
        lengths = {unit: amount for unit in UNITS if (amount := getattr(wait, unit, 0))}
        if wait.until is not None:
            yield self.word(FRAME, "until").format(self.quoted(wait.until.field))
        if lengths:
            yield self.word(FRAME, "after").format(self._lengths(lengths))
        if wait.at is not None:
            yield self.word(FRAME, "at").format(wait.at.strftime("%H:%M"))
        if wait.weekdays:
            yield self.word(FRAME, "on_days").format(", ".join(self.word(WEEKDAYS, day) for day in wait.weekdays))

    def _duration(self, duration: Duration) -> str:
        return self._lengths({unit: amount for unit in UNITS if (amount := getattr(duration, unit, 0))})

    def _lengths(self, lengths: Mapping[str, int]) -> str:
        return " ".join(
            self.word(ONE, unit) if amount == 1 else f"{amount} {self.word(UNITS, unit)}"
            for unit, amount in lengths.items()
        )

    def any(self, items: Iterable[str]) -> str:
        """One of these."""
        return f" {self.word(FRAME, 'or')} ".join(items)

    def _labelled(self, label: str, text: str) -> str:
        return f"{self.word(FRAME, label)}: {text}."

    def isolated(self, value: object) -> str:
        """Text that may run in another direction than the sentence."""
        return _ISOLATED.format(value)

    def quoted(self, value: object) -> str:
        """A name or a value as somebody wrote it."""
        return _QUOTES[self._column].format(_ISOLATED.format(value))

    def word(self, table: Mapping[str, tuple[str, ...]], key: str) -> str:
        """A phrase in this language."""
        return table[key][self._column]
