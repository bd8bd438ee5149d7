"""The bus, its rule, and the stream of the records: nothing is lost between them and their consumers."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from moto.events.models import EventPattern

from tests.template.reading import properties, queue_policies, resources, template, text, texts
from whenthen.adapters.dynamodb.runs_table.run_items import RUN
from whenthen.adapters.dynamodb.sending.circuits import CIRCUITS
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.scheduling import sweep_window
from whenthen.sources.meta import lead_forms

LIVE, IMPORTS = ({**properties(name)["EventPattern"]} for name in ("EventRule", "ImportRule"))


def test_the_rules_take_events_of_the_bus_and_of_this_account_alone() -> None:
    for name in ("EventRule", "ImportRule"):
        rule = properties(name)
        assert text(rule["EventBusName"]) == "${Bus}"
        assert texts(rule["EventPattern"]["account"]) == ["${AWS::AccountId}"]
        assert rule["EventPattern"].keys() == {"account", "detail"}
    assert text(properties("EventRule")["Targets"][0]["Arn"]) == "${EventQueue.Arn}"
    assert text(properties("ImportRule")["Targets"][0]["Arn"]) == "${ImportQueue.Arn}"


@pytest.mark.parametrize(
    ("detail", "queue"),
    [
        ({"origin": "import"}, "import"),
        ({"origin": "human"}, "event"),
        ({"origin": "source:import"}, "event"),
        ({"origin": "rule:import"}, "event"),
        ({"origin": "Import"}, "event"),
        ({"origin": ""}, "event"),
        ({"origin": 7}, "event"),
        ({"order": {"origin": "import"}}, "event"),  # what another application publishes
        ({}, "event"),
    ],
)
def test_each_event_goes_to_one_queue_and_those_of_imports_to_theirs(detail: dict[str, Any], queue: str) -> None:
    """With moto's matching of patterns, by EventBridge's documented rules."""
    event = {"account": "123456789012", "detail": detail}
    patterns = {"event": LIVE, "import": IMPORTS}
    matched = [name for name, pattern in patterns.items() if _matches(pattern["detail"], event["detail"])]
    assert matched == [queue]


def _matches(pattern: dict[str, Any], detail: dict[str, Any]) -> bool:
    return bool(EventPattern.load(json.dumps({"detail": pattern})).matches_event({"detail": detail}))


def test_each_target_of_a_rule_states_its_retries_and_has_dead_letters() -> None:
    targets = [target for rule in resources("AWS::Events::Rule").values() for target in rule["Properties"]["Targets"]]
    assert targets
    for target in targets:
        assert target["RetryPolicy"]["MaximumRetryAttempts"] >= 100
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 86_400
        assert text(target["DeadLetterConfig"]["Arn"]).endswith("DeadLetters.Arn}")


@pytest.mark.parametrize("name", sorted(resources("AWS::Events::Rule")))
def test_eventbridge_may_send_to_the_queues_of_its_rule_and_only_for_that_rule(name: str) -> None:
    rule = properties(name)
    reached = {text(target["Arn"]) for target in rule["Targets"]}
    reached |= {text(target["DeadLetterConfig"]["Arn"]) for target in rule["Targets"]}
    allowed = [
        statement
        for _, statements in queue_policies()
        for statement in statements
        if statement["Effect"] == "Allow"
        and text(statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == f"${{{name}.Arn}}"
    ]
    assert all(each["Principal"] == {"Service": "events.amazonaws.com"} for each in allowed)
    assert {each["Action"] for each in allowed} == {"sqs:SendMessage"}
    assert sorted(text(each["Resource"]) for each in allowed) == sorted(reached)


def test_nobody_else_may_send_to_a_queue_but_the_bucket_of_mail_and_the_topic_of_sms() -> None:
    statements = [each for _, found in queue_policies() for each in found if each["Effect"] == "Allow"]
    others = [each for each in statements if each["Principal"] != {"Service": "events.amazonaws.com"}]
    said = {
        (each["Principal"]["Service"], text(each["Resource"]), text(each["Condition"]["ArnEquals"]["aws:SourceArn"]))
        for each in others
    }
    bucket = f"arn:${{AWS::Partition}}:s3:::{text(properties('Bucket')['BucketName'])}"
    assert said == {
        ("s3.amazonaws.com", "${MailQueue.Arn}", bucket),
        ("sns.amazonaws.com", "${TextQueue.Arn}", "${TextTopic}"),
        ("sns.amazonaws.com", "${TextDeadLetters.Arn}", "${TextTopic}"),
    }


def test_the_topic_of_sms_takes_from_the_provider_for_this_account_alone() -> None:
    policy = properties("TextTopicPolicy")["PolicyDocument"]["Statement"]
    (allowed,) = [each for each in policy if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "sms-voice.amazonaws.com"}
    assert text(allowed["Condition"]["StringEquals"]["aws:SourceAccount"]) == "${AWS::AccountId}"
    subscribed = properties("TextSubscription")
    assert (subscribed["Protocol"], subscribed["RawMessageDelivery"]) == ("sqs", True)
    assert text(subscribed["RedrivePolicy"]["deadLetterTargetArn"]) == "${TextDeadLetters.Arn}"


def test_being_local_is_a_stage_of_its_own() -> None:
    conditions = template()["Conditions"]
    assert conditions["IsLocal"] == {"Fn::Equals": [{"Ref": "Stage"}, "local"]}
    assert conditions["IsDeployed"] == {"Fn::Not": [conditions["IsLocal"]]}
    assert template()["Parameters"]["Stage"]["Default"] != "local"


def test_the_archive_is_off_unless_asked_for() -> None:
    assert template()["Resources"]["BusArchive"]["Condition"] == "Archives"
    assert template()["Parameters"]["ArchiveDays"]["Default"] == 0


STREAMS = {
    "PublishChanges": ("Records", "RecordsTable", "ChangeDeadLetters"),
    "PublishOutcomes": ("Runs", "RunsTable", "OutcomeDeadLetters"),
}


def _stream(function: str) -> dict[str, Any]:
    found: dict[str, Any] = properties(function)["Events"][STREAMS[function][0]]["Properties"]
    return found


@pytest.mark.parametrize("function", STREAMS)
def test_a_stream_is_read_from_its_start(function: str) -> None:
    table = STREAMS[function][1]
    assert text(_stream(function)["Stream"]) == f"${{{table}.StreamArn}}"
    assert _stream(function)["StartingPosition"] == "TRIM_HORIZON"
    assert _stream(function)["BatchSize"] == {"Ref": "StreamBatchSize"}
    assert _stream(function)["ParallelizationFactor"] == {"Ref": "StreamParallelism"}
    assert properties(table)["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def _pattern(function: str) -> dict[str, Any]:
    (pattern,) = _stream(function)["FilterCriteria"]["Filters"]
    found: dict[str, Any] = json.loads(pattern["Pattern"])
    return found


def test_changes_are_those_of_records_alone() -> None:
    assert _pattern("PublishChanges") == {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "record#"}]}}}}


def test_outcomes_are_those_of_runs_alone_and_all_of_them() -> None:
    circuits, runs = (json.loads(each["Pattern"]) for each in _stream("PublishOutcomes")["FilterCriteria"]["Filters"])
    assert circuits == {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": CIRCUITS}]}}}}
    pattern = runs["dynamodb"]
    assert pattern["Keys"] == {"sk": {"S": [RUN]}}
    assert set(pattern["NewImage"]["status"]["S"]) == {status.value for status in RunStatus if status.final}


@pytest.mark.parametrize("function", STREAMS)
def test_a_change_that_cannot_be_published_does_not_hold_up_the_others_for_ever(function: str) -> None:
    stream = _stream(function)
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert stream["BisectBatchOnFunctionError"] is True
    assert 0 < stream["MaximumRetryAttempts"] <= 10_000
    assert stream["MaximumRecordAgeInSeconds"] <= 43_200, "half of what the stream keeps"
    failed = stream["DestinationConfig"]["OnFailure"]
    assert failed["Type"] == "SQS"
    assert text(failed["Destination"]) == f"${{{STREAMS[function][2]}.Arn}}"


LOOKS_BACK = {
    "Sweep": sweep_window.OVERLAP,
    "Reconcile": lead_forms.OVERLAP,
    "Resume": timedelta.max,  # whatever is overdue, however long
}


@pytest.mark.parametrize("name", sorted(resources("AWS::Scheduler::Schedule")))
def test_the_clock_ticks_more_often_than_sweeps_look_back(name: str) -> None:
    schedule, own = properties(name), name.removesuffix("Schedule")
    rate = re.fullmatch(r"rate\((\d+) minutes\)", schedule["ScheduleExpression"])
    assert rate is not None
    assert timedelta(minutes=int(rate[1])) < LOOKS_BACK[own]
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    target = schedule["Target"]
    assert text(target["Arn"]) == f"${{{own}Queue.Arn}}"
    assert text(target["RoleArn"]) == f"${{{own}ScheduleRole.Arn}}"
    assert text(target["DeadLetterConfig"]["Arn"]) == f"${{{own}DeadLetters.Arn}}"
    assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
    assert isinstance(json.loads(target["Input"]), dict), "what a consumer takes"
