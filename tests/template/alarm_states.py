"""The state of a CloudWatch alarm, computed from its definition and from data points."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from tests.template.reading import template, text

_COMPARED = {"GreaterThanThreshold": operator.gt, "LessThanThreshold": operator.lt}


def periods_of(alarm: Mapping[str, Any]) -> int:
    """How many periods the alarm looks back. A parameter counts as its largest value."""
    periods = alarm["EvaluationPeriods"]
    return int(template()["Parameters"][periods["Ref"]]["MaxValue"]) if isinstance(periods, dict) else int(periods)


def state_of(alarm: Mapping[str, Any], points: Sequence[float | None]) -> str:
    """The state after these values of the alarm's statistic, one a period, oldest first. None: no figure came."""
    looked_at = list(points)[-periods_of(alarm) :]
    missing = text(alarm["TreatMissingData"]) == "breaching"
    compared, threshold = _COMPARED[alarm["ComparisonOperator"]], float(alarm["Threshold"])
    breaching = sum(missing if point is None else compared(point, threshold) for point in looked_at)
    return "ALARM" if breaching >= int(alarm.get("DatapointsToAlarm", periods_of(alarm))) else "OK"
