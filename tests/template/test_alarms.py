"""Each alarm is driven to ALARM by what goes wrong, and stays at OK where nothing does."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.template.alarm_states import periods_of, state_of
from tests.template.reading import properties, resources, text
from whenthen.runtime import observability
from whenthen.runtime.observability import ALARMED

ALARMS = {
    name: entry["Properties"]
    for name, entry in resources("AWS::CloudWatch::Alarm").items()
    if "MetricName" in entry["Properties"]  # that on spend is of several: test_spend.py
}
OWN = {name: alarm for name, alarm in ALARMS.items() if text(alarm["Namespace"]) == "whenthen"}

WORST: Mapping[str, tuple[float, float]] = {
    "ApproximateAgeOfOldestMessage": (0, 3_600),
    "ApproximateNumberOfMessagesVisible": (0, 1),
    "Errors": (0, 1),
    "ExecutionsFailed": (0, 1),
    "ExecutionsTimedOut": (0, 1),
    "InvocationsFailedToBeSentToDlq": (0, 1),
    "Invocations": (3, 0),
    "IteratorAge": (1_000, 900_000),
    "ReadThrottleEvents": (0, 1),
    "WriteThrottleEvents": (0, 1),
    "Throttles": (0, 1),
    "5xx": (0, 1),
}
"""AWS's own metrics → a usual value of the alarm's statistic, and one when things go wrong (in the metric's unit)."""

EMITTED: Mapping[str, tuple[int, int]] = {
    "ChannelsPaused": (0, 1),
    "JobsFailed": (10, 11),
    "JobsUnknown": (0, 1),
    "MessagesFailed": (0, 1),
    "OccasionsSkipped": (0, 1),
    "RequestsRefused": (20, 21),
    "RulesFailed": (0, 1),
    "RulesPaused": (0, 1),
    "RunsFailed": (0, 1),
}
"""Our own counts → how often one is counted within a period without an alarm, and with one."""


def emitted(name: str, times: int, capsys: pytest.CaptureFixture[str]) -> float | None:
    """The sum that CloudWatch makes of what functions write when they count so often; None if they write nothing."""
    observability.metrics.clear_metrics()  # what other tests of this process counted
    for _ in range(times):
        observability.count(name)
    if not times:
        return None
    observability.metrics.flush_metrics()
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if name in line]
    (declared,) = line["_aws"]["CloudWatchMetrics"]
    assert (declared["Namespace"], declared["Dimensions"]) == ("whenthen", [["service"]])
    assert [metric["Name"] for metric in declared["Metrics"]] == [name]
    return float(sum(line[name]))


def test_each_of_our_counts_that_alarms_watch_is_tried() -> None:
    assert EMITTED.keys() == ALARMED
    assert {text(alarm["MetricName"]) for alarm in OWN.values()} == ALARMED


@pytest.mark.parametrize("name", sorted(OWN))
def test_what_functions_count_drives_our_own_alarms(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    alarm = OWN[name]
    metric = text(alarm["MetricName"])
    usual, wrong = (emitted(metric, times, capsys) for times in EMITTED[metric])
    assert (alarm["Statistic"], alarm["Period"]) == ("Sum", 300)
    assert state_of(alarm, [usual]) == "OK"
    assert state_of(alarm, [wrong]) == "ALARM"
    assert state_of(alarm, [wrong, None]) == "OK", "it is over when nothing is counted any more"
    (dimension,) = alarm["Dimensions"]
    function = text(dimension["Value"]).removeprefix("${AWS::StackName}-")
    assert text(properties(function)["FunctionName"]) == text(dimension["Value"]), "the function that counts it"


@pytest.mark.parametrize("name", sorted(ALARMS.keys() - OWN.keys()))
def test_metrics_of_aws_drive_their_alarms(name: str) -> None:
    alarm = ALARMS[name]
    usual, wrong = WORST[text(alarm["MetricName"])]
    periods = periods_of(alarm)
    assert state_of(alarm, [usual] * periods) == "OK"
    assert state_of(alarm, [wrong] * periods) == "ALARM"
    assert state_of(alarm, [*[wrong] * periods, *[usual] * periods]) == "OK"


@pytest.mark.parametrize("name", sorted(name for name in ALARMS if name.endswith("DeadLettersAlarm")))
def test_a_dead_letter_that_somebody_looks_at_rings_once(name: str) -> None:
    """SQS hides a message that was received: the figure goes to 0 and comes back."""
    seen = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0]
    assert {state_of(ALARMS[name], seen[: count + 1]) for count in range(len(seen))} == {"ALARM"}
    assert state_of(ALARMS[name], [1.0, *[0.0] * 15]) == "OK"


def test_silence_rings_after_the_hours_that_were_chosen() -> None:
    alarm = ALARMS["SilenceAlarm"]
    assert resources("AWS::CloudWatch::Alarm")["SilenceAlarm"]["Condition"] == "MissesEvents"
    assert (alarm["EvaluationPeriods"], alarm["Period"]) == ({"Ref": "SilenceHours"}, 3_600)
    nothing = [None] * periods_of(alarm)
    assert state_of(alarm, nothing) == "ALARM", "a function that is not called has no figure"
    assert state_of(alarm, [*nothing[1:], 1.0]) == "OK"
