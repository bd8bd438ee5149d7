"""Encode parsed rules compactly and decode them, so that a matcher need not parse documents again.

The compact form is JSON of arrays: tables of paths, predicates and triggers, each distinct row once, and the rules,
which name rows by position. It holds what a rule's head holds (`RULE_HEAD`): no steps and no exit. Documents stay the
truth: whoever finds another FORMAT, or bytes that cannot be decoded, parses the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from whenthen.domain.common.values import Choice
from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition, Not
from whenthen.domain.conditions.field_access import Path, parse_path
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.entry.entry import Entry, ReentryPolicy, WhileRunning
from whenthen.domain.rules.rule import Mode, Rule
from whenthen.domain.rules.triggers import On, Trigger
from whenthen.domain.temporal.time_values import Duration
from whenthen.domain.views.view import View

FORMAT = 3
"""The version of the compact form. Raise it with each change of what is written or of what it means."""

_DEFAULT_ENTRY = Entry()
_GROUPS: tuple[type[AllOf | AnyOf], ...] = (AllOf, AnyOf)
_NOT = len(_GROUPS)

# Rows are tuples: msgspec checks and decodes them natively, and no class must be made for them at a cold start.
_PathRow = tuple[str, str | None, Duration | None]
_PlainRow = tuple[int, str, str]
_PredicateRow = tuple[int, str, Any, bool, str | None]
_TriggerRow = tuple[On, tuple[str, ...], Any, Any, Any, Any]
_EntryRow = tuple[ReentryPolicy, bool, Duration | None, WhileRunning, int]
_RuleRow = tuple[str, int, str, str | None, int, Any, _EntryRow | None, Mode, str, datetime | None]
_Rows = tuple[int, list[_PathRow], list[_PlainRow], list[_PredicateRow], list[_TriggerRow], list[_RuleRow]]


def encode_rules(rules: Iterable[Rule]) -> bytes | None:
    """Encode the heads of rules; None if a text among them has no UTF-8 (half of a surrogate pair)."""
    encoder = _Encoder()
    try:
        return encoder.encode(rules)
    except UnicodeEncodeError:
        return None


def decode_rules(encoded: bytes) -> list[Rule] | None:
    """Decode what `encode_rules` of this FORMAT made: the rules without steps and exit. None if it is not such."""
    try:
        return _decoded(_decoder().decode(encoded))
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError):
        return None


class _Table:
    """Distinct rows, and the position of each."""

    def __init__(self) -> None:
        self.rows: list[msgspec.Raw] = []
        self._positions: dict[bytes, int] = {}

    def position(self, row: object) -> int:
        """Give the position of the row, which is added unless it is there. Rows are the same if their JSON is."""
        encoded = msgspec.json.encode(row)
        found = self._positions.setdefault(encoded, len(self.rows))
        if found == len(self.rows):
            self.rows.append(msgspec.Raw(encoded))
        return found


class _Encoder:
    def __init__(self) -> None:
        self._paths, self._plain, self._others, self._triggers = (_Table() for _ in range(4))

    def encode(self, rules: Iterable[Rule]) -> bytes:
        rows = [self._rule(rule) for rule in rules]
        tables = (self._paths, self._plain, self._others, self._triggers)
        return msgspec.json.encode((FORMAT, *(table.rows for table in tables), rows))

    def _rule(self, rule: Rule) -> tuple[object, ...]:
        trigger = self._triggers.position(self._trigger(rule.trigger))
        return (
            rule.id, rule.version, rule.name, rule.kind, trigger, self._condition(rule.conditions),
            self._entry(rule.entry), rule.mode, rule.time_zone, rule.activated_at,
        )  # fmt: skip

    def _entry(self, entry: Entry) -> tuple[object, ...] | None:
        """Return what the rule says of entry; None for the default, which most rules have."""
        if entry == _DEFAULT_ENTRY:
            return None
        return entry.again, entry.only_new, entry.every, entry.while_running, entry.debounce

    def _trigger(self, trigger: Trigger) -> tuple[object, ...]:
        view, timer, moves = trigger.view, trigger.timer, trigger.moves
        if timer is not None:
            from whenthen.domain.rules.compact_form_timers import encode_timer  # noqa: PLC0415 - few rules have one
        return (
            trigger.on,
            trigger.event_types,
            self._condition(trigger.own),
            view and (view.kind, self._condition(view.filter), view.id, view.name),
            timer and encode_timer(timer),
            moves and (moves.stage, *([*map(self._condition, each)] for each in (moves.demands, moves.where))),
        )

    def _condition(self, condition: Condition | None) -> object:
        """A predicate's position; a group as its number and what it holds; None for no condition."""
        if condition is None:
            return None
        if isinstance(condition, Predicate):
            return self._predicate(condition)
        if isinstance(condition, Not):
            return _NOT, self._condition(condition.item)
        return _GROUPS.index(type(condition)), *map(self._condition, condition.items)

    def _predicate(self, predicate: Predicate) -> int:
        """Give the predicate's position: plain ones count from the start, others from the end, -1 first."""
        path = self._paths.position((predicate.field, predicate.path.zone, predicate.path.within))
        if _is_plain(predicate):
            return self._plain.position((path, predicate.op, predicate.value))
        row = (path, predicate.op, predicate.value, predicate.ignore_case, predicate.zone)
        return -1 - self._others.position(row)


def _is_plain(predicate: Predicate) -> bool:
    """Tell whether the operand is the text as written, and no more: such are decoded without a reader."""
    value, special = predicate.value, predicate.ignore_case or predicate.zone
    return type(value) is str and not special and predicate.operand == Choice((value,))


@lru_cache(maxsize=1)
def _decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_Rows)


def _decoded(rows: Any) -> list[Rule]:
    made_as, path_rows, plain_rows, other_rows, trigger_rows, rule_rows = rows
    if made_as != FORMAT:
        raise ValueError(f"the format is {made_as}, not {FORMAT}")
    paths = [parse_path(*row) for row in path_rows]
    predicates = [Predicate(paths[path], OPERATORS[op].name, Choice((text,)), text) for path, op, text in plain_rows]
    predicates += reversed([_predicate(paths[path], *rest) for path, *rest in other_rows])
    triggers = [_trigger(row, predicates) for row in trigger_rows]
    return [
        Rule(
            rule_id, version, name, kind, triggers[trigger], _condition(conditions, predicates), (),
            entry=_DEFAULT_ENTRY if entry is None else Entry(*entry),
            mode=mode, time_zone=zone, activated_at=activated_at,
        )
        for rule_id, version, name, kind, trigger, conditions, entry, mode, zone, activated_at in rule_rows
    ]  # fmt: skip


def _predicate(path: Path, op: str, value: Any, ignore_case: bool, zone: str | None) -> Predicate:
    row = OPERATORS[op]
    return Predicate(path, row.name, row.read(value, ignore_case), value, ignore_case, zone)


def _condition(stored: Any, predicates: Sequence[Predicate]) -> Any:
    if type(stored) is int:
        return predicates[stored]
    if stored is None:
        return None
    kind, *items = stored
    held = [predicates[item] if type(item) is int else _condition(item, predicates) for item in items]
    return Not(held[0]) if kind == _NOT else _GROUPS[kind](tuple(held))


def _trigger(row: _TriggerRow, predicates: Sequence[Predicate]) -> Trigger:
    on, event_types, own, view, timer, moves = row
    return Trigger(
        on,
        event_types,
        _condition(own, predicates),
        None if view is None else View(view[0], _condition(view[1], predicates), *view[2:]),
        None if timer is None else _timer(on, timer),
        None if moves is None else _moves(moves, predicates),
    )


def _timer(on: On, stored: Any) -> Any:
    from whenthen.domain.rules.compact_form_timers import decode_timer  # noqa: PLC0415 - few rules have one

    return decode_timer(on, stored)


def _moves(stored: Any, predicates: Sequence[Predicate]) -> Any:
    from whenthen.domain.rules.stage_moves import Moves  # noqa: PLC0415 - few rules have them

    stage, *both = stored
    return Moves(stage, *(tuple(predicates[each] for each in some) for some in both))
