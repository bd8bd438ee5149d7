"""JMESPath expressions of admins: refused when they are saved, or bounded and harmless when they are evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError, LexerError, ParseError  # type: ignore[import-untyped]
from jmespath.functions import Functions, signature  # type: ignore[import-untyped]
from jmespath.parser import ParsedResult  # type: ignore[import-untyped]
from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Malformed

MAX_LENGTH = 1_000
"""Characters of one expression."""

_LARGEST_AMOUNT = 10**18
"""In the smallest unit of a currency: more is no amount, and may be too large to divide."""

_WITHOUT_DECIMALS = re.compile("BIF|CLP|DJF|GNF|JPY|KMF|KRW|MGA|PYG|RWF|VND|VUV|XAF|XOF|XPF")
_WITH_THREE_DECIMALS = re.compile("BHD|JOD|KWD|OMR|TND")


class _Functions(Functions):  # type: ignore[misc]
    """JMESPath's functions, and one of ours: it has no arithmetic, and providers write amounts in cents."""

    @signature({"types": ["number", "null"]}, {"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_major_units(self, amount: float | None, currency: str | None) -> float | None:
        """`major_units(1250, 'eur')` is 12.5, `major_units(1250, 'jpy')` is 1250; null without either of them."""
        if amount is None or currency is None or abs(amount) > _LARGEST_AMOUNT:
            return None
        code = currency.upper()
        decimals = 0 if _WITHOUT_DECIMALS.fullmatch(code) else 3 if _WITH_THREE_DECIMALS.fullmatch(code) else 2
        units = round(amount / 10**decimals, decimals)
        return int(units) if units == int(units) else units


_OPTIONS = jmespath.Options(custom_functions=_Functions())


class Expression(Struct, frozen=True, eq=False):
    """A compiled expression; two with the same text are equal."""

    text: str
    compiled: ParsedResult

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def value(self, root: Mapping[str, Any]) -> Any:
        """What it finds in `root`, None for nothing. Raises Malformed where its functions cannot be applied."""
        try:
            return self.compiled.search(root, _OPTIONS)
        except JMESPathError as error:
            raise Malformed(f"the expression {self.text!r} does not apply: {str(error)[:200]}") from None
        except (TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
            # what JMESPath's own type checks let through, such as contains('text', `1`)
            raise Malformed(f"the expression {self.text!r} does not apply to this body") from None

    def holds(self, root: Mapping[str, Any]) -> bool:
        """Whether it finds what JMESPath takes for true: not null, not false, no empty text, list or object."""
        found = self.value(root)
        return not (found is None or found is False or found in ("", [], {}))


def compile_expression(text: Any, path: str) -> Expression:
    """Raises Invalid naming `path`, with the place of the fault, for a text that is no JMESPath expression."""
    if not isinstance(text, str) or not text.strip():
        raise Invalid.field(path, "a JMESPath expression is required")
    if len(text) > MAX_LENGTH:
        raise Invalid.field(path, f"an expression has at most {MAX_LENGTH} characters")
    try:
        compiled = jmespath.compile(text)
    except (LexerError, ParseError) as error:
        position = error.lex_position if isinstance(error.lex_position, int) else 0
        raise Invalid.field(path, f"no JMESPath expression: see character {position + 1} of {text!r}") from None
    except (JMESPathError, ValueError, RecursionError):
        raise Invalid.field(path, "no JMESPath expression") from None
    _check_functions(compiled.parsed, path)
    return Expression(text, compiled)


def _check_functions(node: Mapping[str, Any], path: str) -> None:
    """JMESPath would only find an unknown function, or a wrong number of arguments, when a body comes."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        waiting += [child for child in current.get("children", ()) if isinstance(child, dict)]
        if current.get("type") != "function_expression":
            continue
        known = _Functions.FUNCTION_TABLE.get(current["value"])
        if known is None:
            raise Invalid.field(path, f"there is no function {current['value']}")
        wanted, given = known["signature"], len(current["children"])
        variadic = bool(wanted) and bool(wanted[-1].get("variadic"))
        if given < len(wanted) or (given > len(wanted) and not variadic):
            raise Invalid.field(path, f"{current['value']} takes {len(wanted)} arguments, not {given}")
