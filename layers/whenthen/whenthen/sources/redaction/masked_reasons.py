"""Mask the values in a reason that is stored: they may quote what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.reasons import Reason
from whenthen.sources.redaction.redaction import MASK, is_secret, masked

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import ReasonValue

_NAMING = ("field", "column", "header")
"""Parameters that name the place of the other values."""


def masked_reason(reason: Reason, secrets: Iterable[str]) -> Reason:
    """Mask the texts among the parameters of a reason, and all values beside the name of a secret field."""
    known = tuple(secrets)
    if any(isinstance(value, str) and is_secret(value) for value in _names_in(reason)):
        return _hidden(reason, known)
    return Reason(reason.code, {name: _masked_value(value, known) for name, value in reason.params.items()})


def _names_in(reason: Reason) -> Iterator[ReasonValue]:
    """Return the parameters that name a field, column or header, whose last part may be the name of a secret."""
    for name in _NAMING:
        value = reason.params.get(name)
        yield value.rpartition(".")[2] if isinstance(value, str) else None


def _masked_value(value: ReasonValue, secrets: Sequence[str]) -> Any:
    match value:
        case str():
            return masked(value, secrets)
        case Reason():
            return masked_reason(value, secrets)
        case list() | tuple():
            return [_masked_value(item, secrets) for item in value]
    return value


def _hidden(reason: Reason, secrets: Sequence[str]) -> Reason:
    """Hide all values of a reason about a secret field, but for the names of fields."""
    hidden: dict[str, Any] = {}
    for name, value in reason.params.items():
        if isinstance(value, Reason):
            hidden[name] = _hidden(value, secrets)
        elif name in _NAMING and isinstance(value, str):
            hidden[name] = masked(value, secrets)
        else:
            hidden[name] = value if value is None or isinstance(value, bool) or name == "count" else MASK
    return Reason(reason.code, hidden)
