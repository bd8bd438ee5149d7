"""Logs are kept for a stated time, and whatever goes wrong raises an alarm."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import whenthen
from tests.template.reading import FUNCTION, QUEUE, TABLE, consumers, properties, resources, template, text

FUNCTIONS = sorted(resources(FUNCTION))
ALARMS = {name: entry["Properties"] for name, entry in resources("AWS::CloudWatch::Alarm").items()}


def _watched(metric: str) -> list[str]:
    """What the alarms on one metric watch, by the text of their last dimension."""
    found = [alarm for alarm in ALARMS.values() if text(alarm["MetricName"]) == metric]
    return sorted(text(alarm["Dimensions"][-1]["Value"]) for alarm in found)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_writes_to_a_log_of_its_own(function: str) -> None:
    assert text(properties(function)["LoggingConfig"]["LogGroup"]) == f"${{{function}Logs}}"
    assert text(properties(f"{function}Logs")["LogGroupName"]) == f"/whenthen/${{AWS::StackName}}/{function}"


def test_lambda_lets_through_what_the_functions_log_and_never_drops_their_metrics() -> None:
    """Metrics are lines of the level INFO: Lambda itself drops those below its own level, in logs of JSON."""
    common = template()["Globals"]["Function"]
    assert common["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": {"Fn::If": ["LogsDebug", "DEBUG", "INFO"]},
    }
    assert template()["Conditions"]["LogsDebug"] == {"Fn::Equals": [{"Ref": "LogLevel"}, "DEBUG"]}
    assert text(common["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"]) == "${LogLevel}"
    assert {tuple(properties(function)["LoggingConfig"]) for function in FUNCTIONS} == {("LogGroup",)}
    assert template()["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO", "WARNING", "ERROR"]


def test_every_log_is_kept_for_the_stated_time() -> None:
    logs = resources("AWS::Logs::LogGroup")
    assert len(logs) == len(FUNCTIONS) + 4
    assert {text(properties(name)["RetentionInDays"]) for name in logs} == {"${LogRetentionDays}"}


@pytest.mark.parametrize("machine", ["Sequence", "Enrolment", "Import"])
def test_logs_of_state_machines_hold_no_task_tokens_and_no_input(machine: str) -> None:
    assert properties(machine)["Logging"]["IncludeExecutionData"] is False
    assert properties(machine)["Logging"]["Level"] in ("ERROR", "ALL")


def test_dead_letters_of_every_queue_raise_an_alarm_at_the_first() -> None:
    queues = sorted(f"${{{name}.QueueName}}" for name in resources(QUEUE) if name.endswith("DeadLetters"))
    assert _watched("ApproximateNumberOfMessagesVisible") == queues
    for alarm in ALARMS.values():
        if text(alarm["MetricName"]) == "ApproximateNumberOfMessagesVisible":
            assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


def test_a_queue_that_is_not_kept_up_with_raises_an_alarm() -> None:
    queues = sorted(f"${{{name}.QueueName}}" for name in resources(QUEUE) if not name.endswith("DeadLetters"))
    assert _watched("ApproximateAgeOfOldestMessage") == queues


def test_errors_of_every_function_raise_an_alarm() -> None:
    names = {name: text(properties(name)["FunctionName"]) for name in FUNCTIONS}
    assert names == {name: f"${{AWS::StackName}}-{name}" for name in FUNCTIONS}
    assert _watched("Errors") == sorted(names.values())


def test_a_defect_in_any_consumer_raises_an_alarm_before_its_message_is_a_dead_letter() -> None:
    alarms = [alarm for alarm in ALARMS.values() if text(alarm["MetricName"]) == "MessagesFailed"]
    functions = [*(function for function, _ in consumers().values()), "PublishChanges", "PublishOutcomes"]
    assert _watched("MessagesFailed") == sorted(f"${{AWS::StackName}}-{function}" for function in functions)
    for alarm in alarms:
        assert [dimension["Name"] for dimension in alarm["Dimensions"]] == ["service"]
        assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("whenthen", "Sum", 0)


def test_the_alarm_watches_what_the_functions_count() -> None:
    """In a process of its own: the metrics are made with the first import."""
    code = "from whenthen.runtime.observability import count, metrics; "
    code += "count('MessagesFailed'); metrics.flush_metrics()"
    environment = {"AWS_LAMBDA_FUNCTION_NAME": "whenthen-dev-SendEmail", "POWERTOOLS_SERVICE_NAME": "send_email"}
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(whenthen.__file__).parents[1],
        env=environment,
    )
    counted = json.loads(done.stdout)
    (metric,) = counted["_aws"]["CloudWatchMetrics"]
    assert (metric["Namespace"], metric["Dimensions"]) == ("whenthen", [["service"]])
    assert (counted["service"], counted["MessagesFailed"]) == ("whenthen-dev-SendEmail", [1.0])


def test_a_rule_of_the_clock_that_fails_raises_an_alarm() -> None:
    assert _watched("RulesFailed") == ["${AWS::StackName}-FireDueDates"]
    [alarm] = [alarm for alarm in ALARMS.values() if text(alarm["MetricName"]) == "RulesFailed"]
    assert [dimension["Name"] for dimension in alarm["Dimensions"]] == ["service"]
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("whenthen", "Sum", 0)


def test_throttled_tables_raise_an_alarm() -> None:
    for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
        assert all(any(table in watched for watched in _watched(metric)) for table in resources(TABLE))


def test_a_sequence_that_fails_raises_an_alarm_and_one_that_is_stopped_does_not() -> None:
    alarms = [alarm for alarm in ALARMS.values() if alarm["Namespace"] == "AWS/States"]
    assert sorted((text(alarm["MetricName"]), text(alarm["Dimensions"][0]["Value"])) for alarm in alarms) == [
        (metric, f"${{{machine}.Arn}}")
        for metric in ("ExecutionsFailed", "ExecutionsTimedOut")
        for machine in ("Enrolment", "Import", "Sequence")
    ]


def test_streams_that_are_not_kept_up_with_raise_an_alarm() -> None:
    assert _watched("IteratorAge") == ["${PublishChanges}", "${PublishOutcomes}"]


@pytest.mark.parametrize("metric", ["Throttles", "IteratorAge", "FailedInvocations", "5xx"])
def test_what_else_goes_wrong_raises_an_alarm(metric: str) -> None:
    assert [alarm for alarm in ALARMS.values() if text(alarm["MetricName"]) == metric]


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_says_what_is_wrong_and_tells_someone_if_anyone_wants_to_know(name: str) -> None:
    alarm = ALARMS[name]
    assert text(alarm["AlarmDescription"]).endswith(".")
    assert alarm["TreatMissingData"] == "notBreaching"
    for actions in ("AlarmActions", "OKActions"):
        assert alarm[actions] == {"Fn::If": ["Notifies", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}


def test_the_dashboard_shows_every_function_and_every_queue() -> None:
    body = text(properties("Dashboard")["DashboardBody"])
    assert json.loads(body)["widgets"]
    shown = set(re.findall(r"\$\{(\w+)(?:\.QueueName)?\}", body))
    assert shown >= set(FUNCTIONS) | set(resources(QUEUE)) | {"Api", "Bus", "Sequence", "Enrolment"}


def test_tracing_is_a_choice_for_every_function_and_the_sequence() -> None:
    assert template()["Parameters"]["Tracing"]["Default"] == "PassThrough"
    assert template()["Conditions"]["Traces"] == {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}
    schedules = {"SweepScheduleRole", "ReconcileScheduleRole"}  # the scheduler traces nothing
    traced = set[str]()
    for role in resources("AWS::IAM::Role"):
        for choice in (policy["Fn::If"] for policy in properties(role)["Policies"] if "Fn::If" in policy):
            condition, policy, otherwise = choice
            assert (condition, otherwise) == ("Traces", {"Ref": "AWS::NoValue"})
            (statement,) = policy["PolicyDocument"]["Statement"]
            assert policy["PolicyName"] == "tracing"
            assert {action.partition(":")[0] for action in statement["Action"]} == {"xray"}
            traced.add(role)
    assert traced == set(resources("AWS::IAM::Role")) - schedules
