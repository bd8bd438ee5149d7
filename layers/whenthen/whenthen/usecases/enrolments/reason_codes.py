"""Declare the reasons for which enrolments end, rest, or refuse what an admin asks."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

NO_VIEW = ReasonCode("rule.no_view", "rule", "version")
# The rule was switched off or deleted while its enrolment was under way.
RULE_IS_OFF = ReasonCode("enrolment.rule_off")
# The rule was switched on once more for who fits it already, and that is the enrolment `id`.
REPLACED = ReasonCode("enrolment.replaced", "id")
# `by` is the id of the API key.
PAUSED_BY = ReasonCode("enrolment.paused", "by")
# Only an enrolment that is under way can be paused, resumed or stopped; `outcome` is its status.
IS_OVER = ReasonCode("enrolment.over", "outcome")
# Only to switch a rule on, or to shadow, lets records enter.
NOT_SWITCHED_ON = ReasonCode("existing.not_switched_on")
# `entry.only_new` of the rule keeps out who was there before.
LETS_NEW_IN_ONLY = ReasonCode("existing.only_new")
# Only a rule with the trigger `enters`, or `event` and a kind, says who fits it already.
NOBODY_FITS = ReasonCode("existing.nobody_fits", "trigger")
