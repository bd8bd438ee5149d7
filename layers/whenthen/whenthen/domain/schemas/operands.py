"""Schemas of operands: the shape of a predicate's `value`, by the kind of value that its operator takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whenthen.domain.common.values import LONGEST_NUMERIC_TEXT, NUMERIC_TEXT
from whenthen.domain.conditions.operands import MAX_DIGITS, MAX_STARS, MAX_TEXT, MAX_VALUES, NAMED_TIMES, RELATIVE_SIGNS
from whenthen.domain.schemas.parts import Schema, choice, patterned, record, ref
from whenthen.domain.temporal.time_values import CLOCK, DATE, MOMENT

_NUMBER: Schema = {"type": "number", "exclusiveMinimum": -(10**MAX_DIGITS), "exclusiveMaximum": 10**MAX_DIGITS}
_LITERAL = r"(?:\\[\s\S]|[^\\*])*"
_DAY, _HOURS = patterned(f"(?:{DATE.pattern}|{MOMENT.pattern})"), patterned(CLOCK.pattern)


def _operand(title: str, description: str, shape: Schema, examples: list[Any]) -> Schema:
    return {"title": title, "description": description, **shape, "examples": examples}


def _pair(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 2, "maxItems": 2}


TAKES: Mapping[str, str] = {
    "scalar": "Scalar",
    "list": "Scalars",
    "scalars": "ScalarOrScalars",
    "text": "TextValue",
    "pattern": "WildcardText",
    "number": "NumberValue",
    "range": "RangeValue",
    "flag": "FlagValue",
    "when": "PointInTime",
    "duration": "Duration",
}
"""The kind of value that an operator takes (`Operator.takes`), and the definition of its shape."""

DEFINITIONS: dict[str, Schema] = {
    "Scalar": _operand(
        "Scalar",
        "A text, a number, true or false. A text that spells a number is the same as the number.",
        {"anyOf": [{"type": "string", "maxLength": MAX_TEXT}, _NUMBER, {"type": "boolean"}]},
        ["new", 1000, True],
    ),
    "Scalars": _operand(
        "Scalars",
        "A list of texts, numbers, truths.",
        {"type": "array", "items": ref("Scalar"), "minItems": 1, "maxItems": MAX_VALUES},
        [["new", "open"]],
    ),
    "ScalarOrScalars": _operand(
        "ScalarOrScalars", "A value, or a list of values of which one is enough.",
        {"anyOf": [ref("Scalar"), ref("Scalars")]}, ["won", ["won", "lost"]],
    ),
    "TextValue": _operand(
        "TextValue", "A text to look for.", {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}, ["Spring"]
    ),
    "WildcardText": _operand(
        "WildcardText",
        rf"A text in which * stands for any characters, none too; \* is the character itself. At most {MAX_STARS} *.",
        {"minLength": 1, **patterned(rf"{_LITERAL}(?:\*{_LITERAL}){{0,{MAX_STARS}}}\\?", longest=MAX_TEXT)},
        ["*@example.com"],
    ),
    "NumberValue": _operand(
        "NumberValue",
        f"A number of at most {MAX_DIGITS} digits, or a text that spells one.",
        {"anyOf": [_NUMBER, patterned(NUMERIC_TEXT.pattern, longest=LONGEST_NUMERIC_TEXT)]},
        [1000, "19.90"],
    ),
    "FlagValue": _operand(
        "FlagValue", "True, which is the default, or false.", {"type": ["boolean", "null"]}, [True, False]
    ),
    "PointInTime": _operand(
        "PointInTime",
        "A date, a moment, a clock time; now, today, yesterday, tomorrow; or a length of time ago or ahead.",
        {"anyOf": [ref("DayOrMoment"), _HOURS]},
        ["2026-03-14", "2026-03-14T09:30:00+03:00", "09:30", "today", {"ago": {"days": 3}}],
    ),
    "DayOrMoment": _operand(
        "DayOrMoment",
        "A date, a moment, or one that is counted from now.",
        {"anyOf": [ref("NamedTime"), _DAY, *(ref(sign.capitalize()) for sign in RELATIVE_SIGNS)]},
        ["2026-03-14", "today", {"ahead": {"days": 3}}],
    ),
    "NamedTime": {"title": "NamedTime", "description": "A moment or a day by its name.", **choice(NAMED_TIMES)},
    "Ago": record("Ago", "So long before now.", {"ago": ref("Duration")}, required=("ago",)),
    "Ahead": record("Ahead", "So long from now.", {"ahead": ref("Duration")}, required=("ahead",)),
    "RangeValue": _operand(
        "RangeValue",
        "Two bounds, the lower one first, both part of the range: numbers, dates and moments, or clock times.",
        {"anyOf": [_pair(ref("NumberValue")), _pair(ref("DayOrMoment")), _pair(_HOURS)]},
        [[100, 200], ["2026-01-01", "2026-03-31"], ["22:00", "06:00"]],
    ),
}  # fmt: skip
