"""Logs are kept for a stated time, and whatever goes wrong raises an alarm."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import whenthen
from tests.template.reading import FUNCTION, QUEUE, ROOT, TABLE, consumers, properties, resources, template, text
from whenthen.runtime.observability import ALARMED

FUNCTIONS = sorted(resources(FUNCTION))
ALARMS = {
    name: entry["Properties"]
    for name, entry in resources("AWS::CloudWatch::Alarm").items()
    if "MetricName" in entry["Properties"]
}


def _watched(metric: str) -> list[str]:
    """Return what the alarms on one metric watch, by the text of their last dimension."""
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
    assert len(logs) == len(FUNCTIONS) + 5
    assert {text(properties(name)["RetentionInDays"]) for name in logs} == {"${LogRetentionDays}"}


@pytest.mark.parametrize("machine", ["Sequence", "Enrolment", "Import", "Work"])
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
    functions = {*(function for function, _ in consumers().values()), "PublishChanges", "PublishOutcomes"}
    assert _watched("MessagesFailed") == sorted(f"${{AWS::StackName}}-{function}" for function in functions)
    for alarm in alarms:
        assert [dimension["Name"] for dimension in alarm["Dimensions"]] == ["service"]
        assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("whenthen", "Sum", 0)


def _counted(code: str, **environment: str) -> dict[str, Any]:
    """The line that a function writes. In a process of its own: the metrics are made with the first import."""
    code = f"from whenthen.runtime.observability import count, metrics; {code}; metrics.flush_metrics()"
    named = {"AWS_LAMBDA_FUNCTION_NAME": "whenthen-dev-SendEmail", "POWERTOOLS_SERVICE_NAME": "send_email"}
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(whenthen.__file__).parents[1],
        env={**named, **environment},
    )
    line: dict[str, Any] = json.loads(done.stdout)
    return line


def test_the_alarm_watches_what_the_functions_count() -> None:
    counted = _counted("count('MessagesFailed'); count('MessagesPutBack', 3)")
    (metric,) = counted["_aws"]["CloudWatchMetrics"]
    assert (metric["Namespace"], metric["Dimensions"]) == ("whenthen", [["service"]])
    assert [each["Name"] for each in metric["Metrics"]] == ["MessagesFailed"]
    assert (counted["service"], counted["MessagesFailed"]) == ("whenthen-dev-SendEmail", [1.0])
    assert counted["MessagesPutBack"] == [3.0], "it is in the log"


def test_counts_that_no_alarm_watches_are_in_the_log_alone_unless_all_are_wanted() -> None:
    count = "count('EventsMatched'); count('RulesMatched', 2)"
    assert _counted(count) == {
        "service": "whenthen-dev-SendEmail",
        "EventsMatched": [1.0],
        "RulesMatched": [2.0],
    }
    (metric,) = _counted(count, OWN_METRICS="all")["_aws"]["CloudWatchMetrics"]
    assert [each["Name"] for each in metric["Metrics"]] == ["EventsMatched", "RulesMatched"]


def test_a_rule_of_the_clock_that_fails_raises_an_alarm() -> None:
    assert _watched("RulesFailed") == ["${AWS::StackName}-FireDueDates"]
    [alarm] = [alarm for alarm in ALARMS.values() if text(alarm["MetricName"]) == "RulesFailed"]
    assert [dimension["Name"] for dimension in alarm["Dimensions"]] == ["service"]
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("whenthen", "Sum", 0)


def test_throttled_tables_and_each_of_their_indexes_raise_an_alarm() -> None:
    """A table's metrics leave its indexes out."""
    wanted = {(table, index) for table in resources(TABLE) for index in ["", *_indexes(table)]}
    for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
        alarms = [alarm for alarm in ALARMS.values() if text(alarm["MetricName"]) == metric]
        assert {_table_and_index(alarm["Dimensions"]) for alarm in alarms} == wanted
        assert len(alarms) == len(wanted)
        assert {alarm["Namespace"] for alarm in alarms} == {"AWS/DynamoDB"}


def _indexes(table: str) -> list[str]:
    return [index["IndexName"] for index in properties(table).get("GlobalSecondaryIndexes", [])]


def _table_and_index(dimensions: list[dict[str, Any]]) -> tuple[str, str]:
    """The table's logical name, of which the alarm says `the name in its ARN`, and the index."""
    named = {dimension["Name"]: dimension["Value"] for dimension in dimensions}
    assert named.keys() <= {"TableName", "GlobalSecondaryIndexName"}
    place, parts = named["TableName"]["Fn::Select"]
    assert (place, parts["Fn::Split"][0]) == (1, "/")
    return text(parts["Fn::Split"][1])[2:-5], str(named.get("GlobalSecondaryIndexName", ""))


def test_events_that_are_lost_raise_an_alarm_for_each_rule_of_eventbridge() -> None:
    """A rule with dead letters counts no failed invocation for what it put there: that has its alarm."""
    alarms = [alarm for alarm in ALARMS.values() if text(alarm["MetricName"]) == "InvocationsFailedToBeSentToDlq"]
    watched = {tuple((each["Name"], text(each["Value"])) for each in alarm["Dimensions"]) for alarm in alarms}
    assert watched == {_dimensions_of(rule["Properties"]) for rule in resources("AWS::Events::Rule").values()}
    assert not _watched("FailedInvocations")


def _dimensions_of(rule: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """A rule of the default bus is found by its name alone, any other by its bus too."""
    bus = [("EventBusName", text(rule["EventBusName"]))] if "EventBusName" in rule else []
    return (*bus, ("RuleName", text(rule["Name"])))


def test_a_sequence_that_fails_raises_an_alarm_and_one_that_is_stopped_does_not() -> None:
    alarms = [alarm for alarm in ALARMS.values() if alarm["Namespace"] == "AWS/States"]
    assert sorted((text(alarm["MetricName"]), text(alarm["Dimensions"][0]["Value"])) for alarm in alarms) == [
        (metric, f"${{{machine}.Arn}}")
        for metric in ("ExecutionsFailed", "ExecutionsTimedOut")
        for machine in ("Enrolment", "Import", "Sequence", "Work")
    ]


def test_streams_that_are_not_kept_up_with_raise_an_alarm() -> None:
    assert _watched("IteratorAge") == ["${PublishChanges}", "${PublishOutcomes}"]


@pytest.mark.parametrize("metric", ["Throttles", "IteratorAge", "5xx"])
def test_what_else_goes_wrong_raises_an_alarm(metric: str) -> None:
    assert [alarm for alarm in ALARMS.values() if text(alarm["MetricName"]) == metric]


class RUNBOOK:
    """The page that alarms name, and the anchors of its sections."""

    name_in_text = "docs/guides/operations.md"
    sections = frozenset(
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in (ROOT / name_in_text).read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    )


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_says_what_is_wrong_and_tells_someone_if_anyone_wants_to_know(name: str) -> None:
    alarm = ALARMS[name]
    says, _, section = text(alarm["AlarmDescription"]).partition(f" Runbook: {RUNBOOK.name_in_text}#")
    assert says.endswith(".") or ": " in says
    assert section in RUNBOOK.sections, "the description ends with the section of the runbook"
    assert alarm["TreatMissingData"] == ("breaching" if name == "SilenceAlarm" else "notBreaching")
    for actions in ("AlarmActions", "OKActions"):
        assert alarm[actions] == {"Fn::If": ["Notifies", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}


DASHBOARDS = sorted(resources("AWS::CloudWatch::Dashboard"))


def test_the_dashboards_show_every_function_and_every_queue() -> None:
    bodies = [text(properties(name)["DashboardBody"]) for name in DASHBOARDS]
    assert all(json.loads(body)["widgets"] for body in bodies)
    shown = set(re.findall(r"\$\{(\w+)(?:\.QueueName)?\}", "".join(bodies)))
    assert shown >= set(FUNCTIONS) | set(resources(QUEUE)) | {"Api", "Bus", "Sequence", "Enrolment"}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_one_that_costs_nothing(name: str) -> None:
    widgets = json.loads(text(properties(name)["DashboardBody"]))["widgets"]
    assert sum(len(widget["properties"].get("metrics", ())) for widget in widgets) <= 50, "more cost 3 USD a month"
    assert len(DASHBOARDS) < 3, "an account has three for nothing"


def test_the_dashboard_asks_for_each_rule_of_the_bus() -> None:
    """MatchedEvents needs the rule's dimension beside the bus's."""
    widgets = json.loads(text(properties("Dashboard")["DashboardBody"]))["widgets"]
    (metrics,) = [
        each["properties"]["metrics"] for each in widgets if each["properties"].get("title") == "Events on the bus"
    ]
    own = [rule["Properties"]["Name"] for rule in resources("AWS::Events::Rule").values()]
    names = [name for name in map(text, own) if not name.endswith("-mail-report")]
    first, *others = metrics[: len(names)]
    assert first[:-1] == ["AWS/Events", "MatchedEvents", "EventBusName", "${Bus}", "RuleName"]
    assert [first[-1], *(other[-1] for other in others)] == names
    assert all(other[0] == "..." for other in others)


def test_what_alarms_watch_of_our_own_counts_are_metrics_and_nothing_else_is_unless_asked_for() -> None:
    watched = {text(alarm["MetricName"]) for alarm in ALARMS.values() if text(alarm["Namespace"]) == "whenthen"}
    assert watched == ALARMED
    assert template()["Parameters"]["OwnMetrics"]["Default"] == "alarms"
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert text(variables["OWN_METRICS"]) == "${OwnMetrics}"


def test_the_api_has_no_metrics_for_each_route() -> None:
    """They cost 0.30 USD a month each, six for a route."""
    assert "DetailedMetricsEnabled" not in properties("ApiStage")["DefaultRouteSettings"]


def test_tracing_is_a_choice_for_every_function_and_the_sequence() -> None:
    assert template()["Parameters"]["Tracing"]["Default"] == "PassThrough"
    assert template()["Conditions"]["Traces"] == {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}
    schedules = {"SweepScheduleRole", "ReconcileScheduleRole", "ResumeScheduleRole"}  # the scheduler traces nothing
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
