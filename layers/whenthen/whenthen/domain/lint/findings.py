"""Define findings: mistakes in a rule, and things that look like one. Errors refuse it, warnings inform."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from whenthen.domain.common.reasons import Reason, ReasonCode, ReasonValue

NEVER_HOLDS = ReasonCode("lint.never_holds")
ONLY_FOR_LISTS = ReasonCode("lint.only_for_lists")
NO_SUCH_FIELD = ReasonCode("lint.no_such_field", "field", "known")
WRONG_TYPE = ReasonCode("lint.wrong_type", "field", "field_type", "op")
UNREACHABLE_STEP = ReasonCode("lint.unreachable_step", "step")
# Each way on from a wait for an event leads past the step.
ALWAYS_PASSED_OVER = ReasonCode("lint.always_passed_over", "step")
EXIT_BEFORE_STEP = ReasonCode("lint.exit_before_step", "step")
EXIT_NEVER = ReasonCode("lint.exit_never")
EXIT_AT_ONCE = ReasonCode("lint.exit_at_once")
ENDLESS_CYCLE = ReasonCode("lint.endless_cycle", "chain")
UNKNOWN_FIELD = ReasonCode("lint.unknown_field", "field")
UNKNOWN_CONNECTION = ReasonCode("lint.unknown_connection", "connection")
# A field names the result of a step that is not there, or does not come before.
UNKNOWN_STEP = ReasonCode("lint.unknown_step", "field")
UNKNOWN_EVENT = ReasonCode("lint.unknown_event", "name")
SAME_FIELD = ReasonCode("lint.same_field", "rule", "field")
CYCLE = ReasonCode("lint.cycle", "chain")
CYCLE_THAT_SETTLES = ReasonCode("lint.cycle_that_settles", "chain")
MOMENT_IS_PAST = ReasonCode("lint.moment_is_past", "time")
# The day in the field was years ago; `past: next` waits for the next one.
YEARLY_DATE_IS_OVER = ReasonCode("lint.yearly_date_is_over", "field")
# Such events never name a record of the rule's kind, so the exit never comes.
EXIT_OF_OTHER_KIND = ReasonCode("lint.exit_of_other_kind", "name", "record_kind")
SEVERAL_EVENTS = ReasonCode("lint.several_events", "types")
# One start of the rule may be followed by `count` runs or more, within `hops` hops.
FAN_OUT = ReasonCode("lint.fan_out", "count", "hops")
# `again` lets each record enter once, so nothing is left to be decided while its run is under way.
ENTRY_WITHOUT_EFFECT = ReasonCode("lint.entry_without_effect")
# A schedule without a view is about no record.
ENTRY_WITHOUT_RECORD = ReasonCode("lint.entry_without_record")
NOT_ALL_COMPARED = ReasonCode("lint.not_all_compared", "most")

# Quiet hours (from start to end) hold what is to go at this time.
QUIET_HOUR = ReasonCode("lint.quiet_hour", "time", "start", "end")
# The quiet hours of the rule and of the installation leave no moment of the day.
ALWAYS_QUIET = ReasonCode("lint.always_quiet")
LIMITS_WITHOUT_MESSAGE = ReasonCode("lint.limits_without_message")
# A cap of the installation lets fewer messages go.
LOOSER_CAP = ReasonCode("lint.looser_cap")
# A wait by business days ends on days on which nobody works.
DAY_OFF = ReasonCode("lint.day_off", "step")
# The texts of a language do not name a field that those of another do.
LANGUAGES_DIFFER = ReasonCode("lint.languages_differ", "language", "field")
# The step names a stored template that there is not.
# The text of this language in the stored template that the step names.
IN_LANGUAGE = ReasonCode("lint.in_language", "language", "problem")
NO_SUCH_TEMPLATE = ReasonCode("lint.no_such_template", "template")
# The stored template does not have what messages on this channel need.
TEMPLATE_OF_OTHER_CHANNEL = ReasonCode("lint.template_of_other_channel", "template", "channel")


class Severity(StrEnum):
    """Tell whether the finding refuses the rule."""

    ERROR = "error"
    WARNING = "warning"


SEVERITIES: Mapping[str, Severity] = {
    NEVER_HOLDS.code: Severity.ERROR,
    ONLY_FOR_LISTS.code: Severity.ERROR,
    NO_SUCH_FIELD.code: Severity.ERROR,
    WRONG_TYPE.code: Severity.ERROR,
    UNREACHABLE_STEP.code: Severity.ERROR,
    ALWAYS_PASSED_OVER.code: Severity.WARNING,
    EXIT_BEFORE_STEP.code: Severity.ERROR,
    EXIT_NEVER.code: Severity.ERROR,
    EXIT_AT_ONCE.code: Severity.ERROR,
    ENDLESS_CYCLE.code: Severity.ERROR,
    UNKNOWN_FIELD.code: Severity.WARNING,
    UNKNOWN_CONNECTION.code: Severity.ERROR,
    UNKNOWN_STEP.code: Severity.WARNING,
    UNKNOWN_EVENT.code: Severity.WARNING,
    SAME_FIELD.code: Severity.WARNING,
    CYCLE.code: Severity.WARNING,
    CYCLE_THAT_SETTLES.code: Severity.WARNING,
    MOMENT_IS_PAST.code: Severity.WARNING,
    YEARLY_DATE_IS_OVER.code: Severity.WARNING,
    EXIT_OF_OTHER_KIND.code: Severity.WARNING,
    SEVERAL_EVENTS.code: Severity.WARNING,
    FAN_OUT.code: Severity.WARNING,
    ENTRY_WITHOUT_EFFECT.code: Severity.WARNING,
    ENTRY_WITHOUT_RECORD.code: Severity.WARNING,
    NOT_ALL_COMPARED.code: Severity.WARNING,
    QUIET_HOUR.code: Severity.WARNING,
    ALWAYS_QUIET.code: Severity.WARNING,
    LIMITS_WITHOUT_MESSAGE.code: Severity.WARNING,
    LOOSER_CAP.code: Severity.WARNING,
    DAY_OFF.code: Severity.WARNING,
    LANGUAGES_DIFFER.code: Severity.WARNING,
    IN_LANGUAGE.code: Severity.WARNING,
    NO_SUCH_TEMPLATE.code: Severity.WARNING,
    TEMPLATE_OF_OTHER_CHANNEL.code: Severity.WARNING,
}
"""Code → severity. `ONLY_FOR_LISTS` is a warning where a field may hold several values."""


class Finding(Struct, frozen=True):
    """Describe one thing found.

    field   a path in the rule's document
    reason  what is wrong there
    rules   the ids of others involved, in order
    """

    severity: Severity
    field: str
    reason: Reason
    rules: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Return the reason's code."""
        return self.reason.code


def found(code: ReasonCode, place: str, *, rules: tuple[str, ...] = (), **params: ReasonValue) -> Finding:
    """Make a finding as severe as its code; `place` becomes its field. Raises TypeError for other parameters."""
    return Finding(SEVERITIES[code.code], place, code(**params), rules)
