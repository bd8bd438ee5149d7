"""Declare the reasons for which enrolments end, rest, or refuse what an admin asks."""

from __future__ import annotations

from whenthen.domain.common.reasons import ReasonCode

NO_VIEW = ReasonCode("rule.no_view", "rule", "version")
# The rule was switched off or deleted while its enrolment was under way.
RULE_IS_OFF = ReasonCode("enrolment.rule_off")
# An execution is nearly full; the admin resumes the enrolment.
RESTS = ReasonCode("enrolment.rests", "count")
# `by` is the id of the API key.
PAUSED_BY = ReasonCode("enrolment.paused", "by")
# Only an enrolment that is under way can be paused, resumed or stopped; `outcome` is its status.
IS_OVER = ReasonCode("enrolment.over", "outcome")
