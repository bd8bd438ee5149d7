"""Say why something was refused, skipped or done as a stable code with parameters, never as prose.

A module declares each code beside the code that raises or records it, then calls it:

    TOO_MANY = ReasonCode("list.too_many", "count", "found")

    raise Invalid.field("steps", TOO_MANY(count=30, found=31))

A parameter named `count` is the number that the text's noun agrees with: such a text has plural forms.

The texts are in `whenthen/locales`, one catalogue per language, with the code as key; `api.rendering` fills them in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from msgspec import Struct
from msgspec.json import encode

_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


class Reason(Struct, frozen=True):
    """Name one cause by its code, with the values that its text mentions.

    Builtins have the shape `{"code": "list.too_many", "params": {"count": 30, "found": 31}}`.
    """

    code: str
    params: Mapping[str, ReasonValue] = {}

    def __str__(self) -> str:
        """Return a compact form for logs, such as `list.too_many(count=30, found=31)`."""
        if not self.params:
            return self.code
        return f"{self.code}({', '.join(f'{name}={_compact(value)}' for name, value in self.params.items())})"

    def __hash__(self) -> int:
        return hash(self.code)


_Single = str | int | float | bool | Reason | None
ReasonValue = _Single | Sequence[_Single]
"""Value of a parameter: a scalar, another reason that explains this one, or a list of those."""


def _compact(value: ReasonValue) -> str:
    return f"[{', '.join(map(_compact, value))}]" if isinstance(value, list | tuple) else str(value)


class ReasonCode:
    """Declare a code and the names of its parameters; call it with exactly those to make a Reason.

    code    `group.what_is_wrong` in lower case; the key of its texts in the catalogues
    names   of the parameters, as the texts use them in braces

    Raises ValueError if the code is malformed, or declared elsewhere with other parameters.
    """

    __slots__ = ("code", "names")

    def __init__(self, code: str, *names: str) -> None:
        if not _CODE.fullmatch(code):
            raise ValueError(f"{code!r} is not a code such as list.too_many")
        if not all(map(str.isidentifier, names)) or len(set(names)) < len(names):
            raise ValueError(f"the parameters of {code} must be distinct identifiers: {', '.join(names)}")
        self.code, self.names = code, frozenset(names)
        known = _declared.setdefault(code, self)  # a module that is loaded again declares the same again
        if known.names != self.names:
            raise ValueError(f"{code} is declared with other parameters: {', '.join(sorted(known.names))}")

    def __call__(self, **params: ReasonValue) -> Reason:
        """Make a Reason. Raises TypeError unless `params` has exactly the declared names."""
        if params.keys() != self.names:
            raise TypeError(f"{self.code} takes ({', '.join(sorted(self.names))}), not ({', '.join(sorted(params))})")
        return Reason(self.code, params)

    def __repr__(self) -> str:
        return f"ReasonCode({self.code})"


def is_because_of(reason: Reason, code: ReasonCode) -> bool:
    """Tell whether a reason is of this code, or explains itself by one that is."""
    explained = (value for value in reason.params.values() if isinstance(value, Reason))
    return reason.code == code.code or any(is_because_of(each, code) for each in explained)


_declared: dict[str, ReasonCode] = {}


def declared() -> Mapping[str, ReasonCode]:
    """List every code that the modules loaded so far declare, by code."""
    return dict(_declared)


def param_of(value: Any) -> ReasonValue:
    """Turn a value that was found or written, of any JSON type, into a parameter.

    Objects become JSON text, and numbers that JSON does not know become `inf`, `-inf` or `nan`.
    """
    if isinstance(value, list | tuple):
        return [item if _is_single(item) else _text(item) for item in value]
    return value if _is_single(value) else _text(value)


def _is_single(value: object) -> bool:
    return value is None or isinstance(value, str | int | Reason) or (isinstance(value, float) and isfinite(value))


def _text(value: object) -> str:
    return str(value) if isinstance(value, float) else encode(value, enc_hook=str).decode()
