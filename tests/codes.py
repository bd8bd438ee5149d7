"""Read the codes of reasons, for assertions."""

from __future__ import annotations

from typing import Any

from whenthen.domain.common.reasons import Reason


def codes(reason: Any) -> list[str]:
    """List the codes of a reason and of the reasons nested in it, the outermost first."""
    if isinstance(reason, Reason):
        return [reason.code, *(code for value in reason.params.values() for code in codes(value))]
    return [code for value in reason for code in codes(value)] if isinstance(reason, list | tuple) else []


def at(field: str, reason: Reason) -> Reason:
    """Return the reason of an error about one field."""
    return Reason("input.at_field", {"field": field, "problem": reason})
