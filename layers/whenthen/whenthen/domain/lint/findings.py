"""Findings: what is wrong with a rule, or looks wrong. Errors refuse it, warnings inform. The codes are a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from whenthen.domain.phrase_codes import FINDINGS


class Severity(StrEnum):
    """Whether the rule is refused."""

    ERROR = "error"
    WARNING = "warning"


SEVERITIES: Mapping[str, Severity] = {
    "never_holds": Severity.ERROR,
    "only_for_lists": Severity.ERROR,
    "no_such_field": Severity.ERROR,
    "wrong_type": Severity.ERROR,
    "unreachable_step": Severity.ERROR,
    "exit_before_step": Severity.ERROR,
    "exit_never": Severity.ERROR,
    "exit_at_once": Severity.ERROR,
    "endless_cycle": Severity.ERROR,
    "unknown_field": Severity.WARNING,
    "unknown_event": Severity.WARNING,
    "same_field": Severity.WARNING,
    "cycle": Severity.WARNING,
    "cycle_that_settles": Severity.WARNING,
    "not_all_compared": Severity.WARNING,
}
"""Each code and how severe it is; `only_for_lists` is a warning where a field may hold several values."""


class Finding(Struct, frozen=True):
    """One thing found.

    field    a path in the rule's document
    details  what stands in the slots of its phrase
    rules    the ids of others involved, in order
    """

    severity: Severity
    code: str
    field: str
    details: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The finding in English."""
        return FINDINGS[self.code][0].format(*self.details)


def found(code: str, field: str, *details: str, rules: tuple[str, ...] = ()) -> Finding:
    """A finding as severe as its code."""
    return Finding(SEVERITIES[code], code, field, details, rules)
