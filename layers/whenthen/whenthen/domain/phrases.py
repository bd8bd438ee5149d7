"""A rule, a condition, an outcome as a sentence in plain words, in one of five languages.

Names and values that admins or customers chose stay as they are, in quotation marks and isolated, so that
text from right to left and from left to right can stand beside each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition, Not
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.phrase_events import KINDS, VERBS
from whenthen.domain.phrase_table import (
    AWAY,
    FRAME,
    LANGUAGES,
    ONE,
    ONE_AWAY,
    OPERATORS,
    OUTCOMES,
    POINTS,
    UNITS,
    WEEKDAYS,
)
from whenthen.domain.phrased_reasons import reason_said
from whenthen.domain.phrased_steps import step_said
from whenthen.domain.phrased_triggers import asked_besides, names_kind, trigger_said, written_types
from whenthen.domain.rules.rule import Entry, Mode, ReentryPolicy, Rule
from whenthen.domain.temporal.time_values import Duration

_QUOTES = ("“{0}”", "“{0}”", "„{0}”", "“{0}”", "“{0}”")
_ISOLATED = "\u2068{0}\u2069"
_SHOWN = 8
_LONGEST = 80
_BY_THEIR_ROOT = ("event", "now")
"""Roots that are said with the name, as in “now.weekday”; for the others there are phrases."""

_USUAL_ZONE = "UTC"


class Speaker:
    """Says things in one language. Raises KeyError for a language that is not among LANGUAGES."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise KeyError(language)
        self.language = language
        self._column = LANGUAGES.index(language)

    def rule(self, rule: Rule) -> str:
        """What the rule does, when, for which records and under which conditions; what holds anyhow is not said."""
        zone = rule.zone.key
        demands = [*asked_besides(rule), *([] if rule.conditions is None else [rule.conditions])]
        ends = [
            *map(self.event, written_types(rule.exit.on)),
            *([self.condition(rule.exit.when, zone=zone)] if rule.exit.when else []),
        ]
        parts = {
            "when": trigger_said(self, rule),
            "kind": self.kind(rule.kind) if rule.kind and not names_kind(rule) else "",
            "if": self.condition(AllOf(tuple(demands)), zone=zone) if demands else "",
            "entry": "; ".join(self._entry(rule.entry)),
            "then": "; ".join(step_said(self, step, zone) for step in rule.steps),
            "ends": self.any(ends),
            "time_zone": self.quoted(zone) if zone != _USUAL_ZONE else "",
        }
        said = [f"{self.word(FRAME, label)}: {text}." for label, text in parts.items() if text]
        return " ".join(said if rule.mode is Mode.ON else [*said, f"({self.word(FRAME, rule.mode)})"])

    def _entry(self, entry: Entry) -> Iterator[str]:
        if entry.again is ReentryPolicy.ONCE_PER_RECORD:
            yield self.word(FRAME, entry.again)
        if entry.only_new:
            yield self.word(FRAME, "only_new")

    def outcome(self, status: str, reason: str = "") -> str:
        """How a job or a run stands, with its reason: in words that are known, or as it was recorded."""
        word = self.word(OUTCOMES, status)
        return f"{word}: {reason_said(self, reason)}" if reason else f"{word}."

    def event(self, event_type: str) -> str:
        """What happened."""
        kind, _, verb = event_type.partition(".")
        return f"{self.kind(kind)}: {self.word(VERBS, verb)}" if verb in VERBS else self.quoted(event_type)

    def kind(self, kind: str) -> str:
        """A kind of record, or of what else something happens to."""
        return self.word(KINDS, kind) if kind in KINDS else self.quoted(kind)

    def condition(self, condition: Condition, *, inner: bool = False, zone: str | None = None) -> str:
        """What the condition demands. `zone`: the rule's; a leaf that goes by the clocks of another one says so."""
        if isinstance(condition, Predicate):
            return self._leaf(condition, zone)
        if isinstance(condition, Not):
            return self.word(FRAME, "not").format(self.condition(condition.item, zone=zone))
        if len(condition.items) == 1:
            return self.condition(condition.items[0], inner=inner, zone=zone)
        joint = f" {self.word(FRAME, 'and' if isinstance(condition, AllOf) else 'or')} "
        items = [
            self.condition(item, inner=not isinstance(item, type(condition)), zone=zone) for item in condition.items
        ]
        return f"({joint.join(items)})" if inner and isinstance(condition, AllOf | AnyOf) else joint.join(items)

    def _leaf(self, predicate: Predicate, zone: str | None) -> str:
        refused = isinstance(predicate.operand, bool) and not predicate.operand
        phrase = self.word(OPERATORS, f"{predicate.op}_not" if refused else predicate.op)
        said = phrase.format(self._field(predicate), self._value(predicate.value, predicate))
        details = [self.word(FRAME, "ignoring_case")] if predicate.ignore_case else []
        own_zone = predicate.zone or predicate.path.zone
        if zone is not None and own_zone not in (None, zone):
            details.append(self.word(FRAME, "in_zone").format(self.quoted(own_zone)))
        return f"{said} ({', '.join(details)})" if details else said

    def _field(self, predicate: Predicate) -> str:
        """The field, and where it stands where that is not the record as it is."""
        root, names = predicate.path.root, predicate.path.names
        if root == "history" and predicate.path.within is not None:
            count = self.word(FRAME, "count_of").format(self.event(".".join(names)))
            return f"{count} {self.word(FRAME, 'within').format(self._duration(predicate.path.within))}"
        if root == "before":
            return self.word(FRAME, "before").format(self.quoted(".".join(names)))
        if root == "related":
            return self.word(FRAME, "of_related").format(self.quoted(".".join(names[1:])), self.quoted(names[0]))
        if root == "event" and names[0] == "data" and names[1:]:
            return self.word(FRAME, "of_event").format(self.quoted(".".join(names[1:])))
        by_root = root in _BY_THEIR_ROOT or names[0] in _BY_THEIR_ROOT
        return self.quoted(predicate.field if by_root else ".".join(names))

    def _value(self, value: object, predicate: Predicate) -> str:
        if isinstance(predicate.operand, Duration):
            return self._duration(predicate.operand)
        if isinstance(value, Mapping):
            ((which, length),) = value.items()
            return self.word(FRAME, which).format(self._duration(Duration(**length), away=which == "ago"))
        if isinstance(value, list | tuple):
            return self._listed(value, predicate)
        return self._single(value, predicate)

    def _single(self, value: object, predicate: Predicate) -> str:
        if isinstance(value, bool):
            return self.word(FRAME, "yes" if value else "no")
        if not isinstance(value, str):
            return str(value)
        if value in POINTS and predicate.op in ("before", "after", "between"):
            return self.word(POINTS, value)
        if value in WEEKDAYS and predicate.path.key.startswith("now.weekday"):
            return self.word(WEEKDAYS, value)
        return self.quoted(value)

    def _listed(self, values: list[object] | tuple[object, ...], predicate: Predicate) -> str:
        shown = [self._value(value, predicate) for value in values[:_SHOWN]]
        if predicate.op == "between":
            return " – ".join(shown)
        more = [f"… ({len(values)})"] if len(values) > _SHOWN else []
        # The phrases of these two do not say that one of several values is enough.
        return (
            self.any([*shown, *more]) if predicate.op in ("changed_to", "changed_from") else ", ".join([*shown, *more])
        )

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

    def _duration(self, duration: Duration, *, away: bool = False) -> str:
        return self.lengths({unit: amount for unit in UNITS if (amount := getattr(duration, unit, 0))}, away=away)

    def lengths(self, lengths: Mapping[str, int], *, away: bool = False) -> str:
        """A length of time by its units. `away`: as it stands before `ago`, `before` and `after`."""
        one, several = (ONE_AWAY, AWAY) if away else (ONE, UNITS)
        return " ".join(
            self.word(one, unit) if amount == 1 else f"{amount} {self.word(several, unit)}"
            for unit, amount in lengths.items()
        )

    def any(self, items: Iterable[str]) -> str:
        """One of these."""
        return f" {self.word(FRAME, 'or')} ".join(items)

    def isolated(self, value: object) -> str:
        """Text that may run in another direction than the sentence."""
        return _ISOLATED.format(value)

    def quoted(self, value: object) -> str:
        """A name or a value as somebody wrote it."""
        return _QUOTES[self._column].format(_ISOLATED.format(value))

    def word(self, table: Mapping[str, tuple[str, ...]], key: str) -> str:
        """A phrase in this language."""
        return table[key][self._column]
