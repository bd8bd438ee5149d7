"""Describe the arguments of each filter of templates, and find the one that does not fit.

A rule is refused when it is saved if a template gives a filter arguments that it does not take, or a written value that
does not fit. A value that only a run knows is checked with the same table when the filter fails on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from jinja2 import Undefined
from msgspec import Struct

from whenthen.domain.common.reason_codes import NOT_FLAG, NOT_ONE_OF, NOT_TEXT, NOT_WHOLE_NUMBER
from whenthen.domain.common.reasons import Reason, ReasonCode, param_of
from whenthen.domain.common.stored_reasons import bounded
from whenthen.domain.localisation import dates, lists, phones
from whenthen.domain.templating.budget import MAX_SHOWN
from whenthen.domain.templating.number_filters import ROUNDINGS

NO_ARGUMENTS = ReasonCode("template.no_arguments", "filter")
# `arguments` are the names of those that the filter takes, in their order.
WRONG_ARGUMENTS = ReasonCode("template.wrong_arguments", "filter", "arguments")
# `problem` tells which values the argument takes.
ARGUMENT_DOES_NOT_FIT = ReasonCode("template.argument_does_not_fit", "filter", "argument", "value", "problem")
# The value before the filter is of a kind that it cannot work on.
DOES_NOT_FIT = ReasonCode("template.filter_does_not_fit", "filter", "value")

NOT_CURRENCY = ReasonCode("value.not_currency")

_CURRENCY = re.compile(r"\s*(?:[A-Za-z]{3})?\s*", re.ASCII)

Check = Callable[[Any], Reason | None]


class Parameter(Struct, frozen=True):
    """Describe one argument of a filter: its name, which values it takes, and whether it must be given.

    many: it stands for all that follow, at most MAX_MANY, and has no name in a template
    """

    name: str
    check: Check
    required: bool = False
    many: bool = False


class Unbound(Exception):
    """The arguments are too many or too few, or have names that the filter does not know."""


def _any(value: Any) -> None:
    return None


def _text(value: Any) -> Reason | None:
    return None if value is None or isinstance(value, str | Undefined) else NOT_TEXT()


def _flag(value: Any) -> Reason | None:
    return None if value is None or isinstance(value, bool | Undefined) else NOT_FLAG()


def _whole(value: Any) -> Reason | None:
    """Take whole numbers, and texts that spell one."""
    if isinstance(value, bool | Undefined):
        return NOT_WHOLE_NUMBER()
    try:
        return None if int(value) == (float(value) if isinstance(value, str) else value) else NOT_WHOLE_NUMBER()
    except (TypeError, ValueError, ArithmeticError):
        return NOT_WHOLE_NUMBER()


def _one_of(options: Iterable[str]) -> Check:
    known = sorted(options)
    return lambda value: None if isinstance(value, str) and value in known else NOT_ONE_OF(options=known)


def _currency(value: Any) -> Reason | None:
    if value is None or isinstance(value, Undefined):
        return None
    return None if isinstance(value, str) and _CURRENCY.fullmatch(value) else NOT_CURRENCY()


MAX_MANY = 10
"""Bound the arguments of a filter that takes any number of them."""

ZONE = "zone"
"""Name the argument that holds a time zone."""

PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "date": (Parameter("pattern", _text), Parameter(ZONE, _text)),
    "datetime": (Parameter("style", _one_of(dates.STYLES)), Parameter(ZONE, _text)),
    "default": (Parameter("default_value", _any), Parameter("boolean", _flag)),
    "first_of": (Parameter("others", _any, many=True),),
    "hour": (Parameter(ZONE, _text),),
    "int": (Parameter("default", _any),),
    "join": (Parameter("between", _any),),
    "money": (Parameter("currency", _currency), Parameter("digits", _whole)),
    "number": (Parameter("digits", _whole),),
    "or_else": (Parameter("other", _any, required=True),),
    "percent": (Parameter("digits", _whole),),
    "phone": (Parameter("style", _one_of(phones.STYLES)),),
    "replace": (Parameter("old", _any, required=True), Parameter("new", _any, required=True)),
    "round": (Parameter("digits", _whole), Parameter("method", _one_of(ROUNDINGS))),
    "time": (Parameter("style", _one_of(dates.TIME_STYLES)), Parameter(ZONE, _text)),
    "to_sentence": (Parameter("word", _one_of(lists.STYLES)),),
    "trim": (Parameter("chars", _text),),
    "truncate": (Parameter("length", _whole), Parameter("killwords", _flag), Parameter("end", _any)),
}
"""Filter → its arguments in their order. Filters that are not listed take none."""


def bind(filter_: str, given: Sequence[Any], named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the arguments by their names; those of a parameter for many as `others[0]`. Raises Unbound."""
    parameters = PARAMETERS.get(filter_, ())
    single = [parameter for parameter in parameters if not parameter.many]
    bound = {parameter.name: value for parameter, value in zip(single, given, strict=False)}
    rest = given[len(single) :]
    if rest:
        many = next((parameter for parameter in parameters if parameter.many), None)
        if many is None or len(rest) > MAX_MANY:
            raise Unbound
        bound |= {f"{many.name}[{place}]": value for place, value in enumerate(rest)}
    known = {parameter.name for parameter in single}
    for name, value in named:
        if name in bound or name not in known:
            raise Unbound
        bound[name] = value
    if any(each.required and each.name not in bound for each in single):
        raise Unbound
    return bound


def unbound(filter_: str) -> Reason:
    """Say which arguments a filter takes."""
    names = [parameter.name for parameter in PARAMETERS.get(filter_, ())]
    return WRONG_ARGUMENTS(filter=filter_, arguments=names) if names else NO_ARGUMENTS(filter=filter_)


def unfit(filter_: str, bound: Mapping[str, Any]) -> Reason | None:
    """Return the reason of the first argument whose value the filter cannot use. None if it can use each."""
    for parameter in PARAMETERS.get(filter_, ()):
        problem = parameter.check(bound[parameter.name]) if parameter.name in bound else None
        if problem is not None:
            value = _shown(bound[parameter.name])
            found = ARGUMENT_DOES_NOT_FIT(filter=filter_, argument=parameter.name, value=value, problem=problem)
            return bounded(found, MAX_SHOWN)
    return None


def failure(filter_: str, value: Any, given: Sequence[Any], named: Mapping[str, Any]) -> Reason:
    """Say on which value a filter failed: on one of its arguments, or on the value before it."""
    try:
        found = unfit(filter_, bind(filter_, given, named.items()))
    except Unbound:
        return unbound(filter_)
    return found or bounded(DOES_NOT_FIT(filter=filter_, value=_shown(value)), MAX_SHOWN)


def _shown(value: Any) -> Any:
    return "" if value is None or isinstance(value, Undefined) else param_of(value)
