"""Compile and evaluate the JMESPath expressions of admins.

A faulty expression is refused when it is saved. A saved one is bounded and harmless when it is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError, JMESPathTypeError, LexerError, ParseError  # type: ignore[import-untyped]
from jmespath.functions import TYPES_MAP, Functions, signature  # type: ignore[import-untyped]
from jmespath.parser import ParsedResult  # type: ignore[import-untyped]
from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Malformed
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.expressions.bounded_search import BeyondBounds, BoundedInterpreter
from whenthen.domain.expressions.field_names import find_named

# A function was given a value of a type that it does not take; `found` and `expected` are JMESPath's names of types.
NOT_APPLICABLE = ReasonCode("expression.not_applicable", "expression", "function", "found", "expected")
FAILS = ReasonCode("expression.fails", "expression")
# Evaluating it takes too many steps, or makes too large a value.
TOO_MUCH = ReasonCode("expression.too_much", "expression")
REQUIRED = ReasonCode("expression.required")
TOO_LONG = ReasonCode("expression.too_long", "count")
SYNTAX = ReasonCode("expression.syntax", "expression", "position")
UNREADABLE = ReasonCode("expression.unreadable")
NO_FUNCTION = ReasonCode("expression.no_function", "function")
# `count`: how many arguments the function takes; `found`: how many it was given.
ARGUMENTS = ReasonCode("expression.arguments", "function", "count", "found")

MAX_LENGTH = 1_000
"""Characters that one expression may have."""

_LARGEST_AMOUNT = 10**18
"""Largest amount, in the smallest unit of a currency: a larger number may be too large to divide."""

_WITHOUT_DECIMALS = re.compile("BIF|CLP|DJF|GNF|JPY|KMF|KRW|MGA|PYG|RWF|VND|VUV|XAF|XOF|XPF")
_WITH_THREE_DECIMALS = re.compile("BHD|JOD|KWD|OMR|TND")


class _Functions(Functions):  # type: ignore[misc]
    """Add to JMESPath's functions: it has no arithmetic, and no comparison of names as people write them."""

    @signature({"types": ["number", "null"]}, {"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_major_units(self, amount: float | None, currency: str | None) -> float | None:
        """Convert an amount to the currency's own unit; null if either of them is null.

        `major_units(1250, 'eur')` is 12.5, `major_units(1250, 'jpy')` is 1250.
        """
        if amount is None or currency is None or abs(amount) > _LARGEST_AMOUNT:
            return None
        code = currency.upper()
        decimals = 0 if _WITHOUT_DECIMALS.fullmatch(code) else 3 if _WITH_THREE_DECIMALS.fullmatch(code) else 2
        units = round(amount / 10**decimals, decimals)
        return int(units) if units == int(units) else units

    @signature({"types": ["object", "null"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_named(self, fields: Mapping[str, Any] | None, name: str) -> Any:
        """Find the field of a form that people name so in any of our languages; null if none holds anything.

        `named(body.fields, 'email')` finds `E-Mail`, `e-posta`, `E-mail cím`, `your-email`.
        """
        return find_named(fields or {}, name)


_OPTIONS = jmespath.Options(custom_functions=_Functions())


class Expression(Struct, frozen=True, eq=False):
    """Hold a compiled expression. Two with the same text are equal."""

    text: str
    compiled: ParsedResult

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def value(self, root: Mapping[str, Any]) -> Any:
        """Evaluate the expression on `root`; None if it finds nothing. Raises Malformed if it cannot be applied."""
        try:
            return BoundedInterpreter(_OPTIONS).visit(self.compiled.parsed, root)
        except BeyondBounds:
            raise Malformed(TOO_MUCH(expression=self.text)) from None
        except JMESPathTypeError as error:
            raise Malformed(_wrong_type(self.text, error)) from None
        except (JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
            # what JMESPath's own type checks let through, such as contains('text', `1`)
            raise Malformed(FAILS(expression=self.text)) from None

    def holds(self, root: Mapping[str, Any]) -> bool:
        """Tell whether JMESPath takes the value for true: not null, not false, no empty text, list or object."""
        found = self.value(root)
        return not (found is None or found is False or found in ("", [], {}))


def _wrong_type(expression: str, error: JMESPathTypeError) -> Reason:
    """Name the function and the types; the value itself may be personal data. Of items the type is Python's."""
    found = TYPES_MAP.get(error.actual_type, error.actual_type)
    function, expected = str(error.function_name), [str(name) for name in error.expected_types]
    return NOT_APPLICABLE(expression=expression, function=function, found=found, expected=expected)


def compile_expression(text: Any, path: str) -> Expression:
    """Compile a JMESPath expression. Raises Invalid naming `path`, with the place of the fault where it is known."""
    if not isinstance(text, str) or not text.strip():
        raise Invalid.field(path, REQUIRED())
    if len(text) > MAX_LENGTH:
        raise Invalid.field(path, TOO_LONG(count=MAX_LENGTH))
    try:
        compiled = jmespath.compile(text)
    except (LexerError, ParseError) as error:
        position = error.lex_position if isinstance(error.lex_position, int) else 0
        raise Invalid.field(path, SYNTAX(expression=text, position=position + 1)) from None
    except (JMESPathError, ValueError, RecursionError):
        raise Invalid.field(path, UNREADABLE()) from None
    _check_functions(compiled.parsed, path)
    return Expression(text, compiled)


def _check_functions(node: Mapping[str, Any], path: str) -> None:
    """Refuse unknown functions and wrong numbers of arguments, which JMESPath only notices when a body comes."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        waiting += [child for child in current.get("children", ()) if isinstance(child, dict)]
        if current.get("type") != "function_expression":
            continue
        known = _Functions.FUNCTION_TABLE.get(current["value"])
        if known is None:
            raise Invalid.field(path, NO_FUNCTION(function=current["value"]))
        wanted, given = known["signature"], len(current["children"])
        variadic = bool(wanted) and bool(wanted[-1].get("variadic"))
        if given < len(wanted) or (given > len(wanted) and not variadic):
            raise Invalid.field(path, ARGUMENTS(function=current["value"], count=len(wanted), found=given))
