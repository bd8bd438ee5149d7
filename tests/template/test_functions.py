"""Functions: they exist, and are told what they need and nothing else."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from tests.template import channels
from tests.template.reading import FUNCTION, ROOT, environment, permissions, properties, resources, template
from whenthen.channels.registry import CHANNELS
from whenthen.runtime.environment import Settings, Variable
from whenthen.usecases.ingest.fire_due_dates import SLICE

FUNCTIONS = sorted(resources(FUNCTION))
KNOWN = {variable.name for variable in vars(Settings).values() if isinstance(variable, Variable)} | {
    *(f"{channel.upper()}_QUEUE_URL" for channel in CHANNELS),
    "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2",  # which boto3 reads
}
TOLD_BY_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME", "AWS_XRAY_DAEMON_ADDRESS", "_X_AMZN_TRACE_ID"}
JOBS = set(channels.FUNCTIONS.values())

NEEDED_FOR = {
    "CONFIG_TABLE": ("dynamodb:", "${ConfigTable.Arn}"),
    "RECORDS_TABLE": ("dynamodb:", "${RecordsTable.Arn}"),
    "RUNS_TABLE": ("dynamodb:", "${RunsTable.Arn}"),
    "RETENTION_DAYS": (("dynamodb:PutItem", "dynamodb:UpdateItem"), "${RunsTable.Arn}"),
    "BUS_NAME": ("events:PutEvents", "${Bus.Arn}"),
    "LEAD_QUEUE_URL": ("sqs:SendMessage", "${LeadQueue.Arn}"),
    **{
        f"{channel.upper()}_QUEUE_URL": ("sqs:SendMessage", f"${{{queue}.Arn}}")
        for channel, queue in channels.QUEUES.items()
    },
    "QUEUE_URL": ("sqs:ReceiveMessage", ""),
    "DEAD_LETTER_URL": ("sqs:SendMessage", "DeadLetters.Arn}"),
    "IMPORT_QUEUE_URL": ("sqs:ReceiveMessage", "${ImportQueue.Arn}"),
    "IMPORT_DEAD_LETTER_URL": ("sqs:SendMessage", "${ImportDeadLetters.Arn}"),
    "SEQUENCE_ARN": ("states:", ""),
    "ENROLMENT_ARN": ("states:StartExecution", ("${Enrolment}", "-enrolment")),
    "SECRETS_PREFIX": ("secretsmanager:GetSecretValue", ""),
    "MAIL_CONFIGURATION_SET": ("ses:SendRawEmail", ""),
    "SMS_CONFIGURATION_SET": ("sms-voice:SendTextMessage", ":configuration-set/*"),
    "SMS_PROVIDER": ("sns:Publish", ""),
    "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": ("sms-voice:SendTextMessage", ""),
    "IMPORT_ARN": ("states:StartExecution", "${Import}"),
    "WORK_ARN": ("states:StartExecution", ""),
    "BUCKET_NAME": ("s3:GetObject", "/*"),
}
"""Variable → the permission (beginning of the action, end of the resource) without which it is of no use."""

WITHOUT_PERMISSION = {
    ("PublishOutcomes", "RECORDS_TABLE"),
    ("ChangeRuns", "RECORDS_TABLE"),
    ("ReconcileLeads", "RETENTION_DAYS"),
}
"""The ledger of runs is built with the records, which whoever only reads runs never touches. How long events are known
is said to whoever asks which are known."""

FOR_THE_OUTSIDE = {
    "MAIL_FROM": {"SendEmail", "ReceiveEmail", "NotifyStaff"},
    "MAIL_SENDERS": {"SendEmail", "ReceiveEmail"},
    "SMS_FROM": {"SendSms"},
    "SMS_MAX_PARTS": {"SendSms", "Manage"},
    "GRAPH_API_URL": {"FetchLead", "ReconcileLeads", "SendWhatsapp", "UpdateAudience"},
    "GRAPH_API_VERSION": {"FetchLead", "ReconcileLeads", "SendWhatsapp", "UpdateAudience"},
    "DANGEROUSLY_ALLOW_PRIVATE_ADDRESSES": {"FetchLead", "ReconcileLeads", "SendWhatsapp", "CallWebhook", "SendEmail"}
    | {"CallApi", "SendChat", "UpdateAudience", "NotifyStaff", "Manage"},
    "DEFAULT_COUNTRY": {
        "ReceiveWebhook",
        "FetchLead",
        "MatchRules",
        "SendWhatsapp",
        "SendSms",
        "ChangeRecord",
        "Manage",
    }
    | {"ImportRecords", "CallApi", "UpdateAudience"},
}
"""Variables that no permission tells of → who needs them."""


def _own(function: str) -> set[str]:
    return {name for name in environment(function) if name != "STAGE" and not name.startswith("POWERTOOLS_")}


def test_each_folder_of_functions_is_one_function_under_its_name_but_for_the_one_of_all_channels() -> None:
    folders = {folder.name for folder in (ROOT / "functions").iterdir() if (folder / "app.py").exists()}
    assert {properties(name)["CodeUri"] for name in FUNCTIONS} == {f"functions/{folder}" for folder in folders}
    for name in FUNCTIONS:
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        assert properties(name)["CodeUri"] == f"functions/{'perform_step' if name in JOBS else snake}"
        assert environment(name)["POWERTOOLS_SERVICE_NAME"] == snake


def test_each_channel_has_one_function_that_works_on_its_queue() -> None:
    told = {name: environment(name)["CHANNEL"] for name in FUNCTIONS if "CHANNEL" in environment(name)}
    assert sorted(told.values()) == sorted(CHANNELS)
    for name, channel in told.items():
        assert environment(name)["QUEUE_URL"] == f"${{{channel.capitalize()}Queue}}"
        assert environment(name)["QUEUE_URL"] == environment(name)[f"{channel.upper()}_QUEUE_URL"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_made_after_all_that_it_may_do(function: str) -> None:
    """Its role is made first, but a policy of its own might come after the first event."""
    attached = {
        name
        for name, entry in resources("AWS::IAM::Policy").items()
        if {"Ref": f"{function}Role"} in entry["Properties"]["Roles"]
    }
    waited_for = template()["Resources"][function]["DependsOn"]
    assert ({waited_for} if isinstance(waited_for, str) else set(waited_for)) == attached


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_nothing_that_the_settings_do_not_read(function: str) -> None:
    assert _own(function) <= KNOWN


def test_everything_that_the_settings_read_is_told_to_someone() -> None:
    assert {name for function in FUNCTIONS for name in environment(function)} >= KNOWN - TOLD_BY_LAMBDA


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_only_of_what_it_may_use(function: str) -> None:
    mine = [found for found in permissions() if found.role == function]
    for name in _own(function) & NEEDED_FOR.keys():
        action, resource = NEEDED_FOR[name]
        used = any(found.action.startswith(action) and found.resource.endswith(resource) for found in mine)
        assert used != ((function, name) in WITHOUT_PERMISSION), name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_use_only_tables_that_it_is_told_of(function: str) -> None:
    tables = {found.resource for found in permissions() if found.role == function}
    used = {f"{match[1].upper()}_TABLE" for table in tables if (match := re.fullmatch(r"\$\{(\w+)Table.Arn\}", table))}
    told = {name for name in _own(function) if name.endswith("_TABLE")}
    assert used == {name for name in told if (function, name) not in WITHOUT_PERMISSION}


@pytest.mark.parametrize("variable", sorted(FOR_THE_OUTSIDE))
def test_settings_of_the_outside_go_to_those_who_reach_it(variable: str) -> None:
    assert {function for function in FUNCTIONS if variable in environment(function)} == FOR_THE_OUTSIDE[variable]


def test_dangerous_options_are_off_unless_switched_on() -> None:
    dangerous = {name: entry for name, entry in template()["Parameters"].items() if name.startswith("Dangerously")}
    assert [entry["Default"] for entry in dangerous.values()] == ["false"]


@pytest.mark.parametrize("name", sorted(template()["Parameters"]))
def test_every_parameter_is_described_constrained_and_used(name: str) -> None:
    parameter = template()["Parameters"][name]
    assert parameter["Description"].endswith(".")
    assert name == "AlarmEmail" or parameter.keys() & {"AllowedValues", "AllowedPattern", "MinValue"}
    rest = {section: entry for section, entry in template().items() if section != "Parameters"}
    assert re.search(rf'("Ref": "{name}"|\$\{{{name}\}})', json.dumps(rest))


def test_functions_run_where_their_layer_s_wheels_fit() -> None:
    common = template()["Globals"]["Function"]
    wheels = (ROOT / "layers/dependencies/Makefile").read_text()
    assert common["Runtime"] == "python3.13"
    assert common["Architectures"] == ["arm64"]
    assert "--python-version 3.13" in wheels
    assert "manylinux2014_aarch64" in wheels


def test_a_sweep_stops_well_before_its_function_is_stopped() -> None:
    assert timedelta(seconds=properties("FireDueDates")["Timeout"]) - SLICE >= timedelta(seconds=60)
