"""Permissions: each function has a role of its own, with nothing that its work does not need."""

from __future__ import annotations

import re

import pytest

from tests.template import channels
from tests.template.reading import (
    FUNCTION,
    ROOT,
    Permission,
    permissions,
    policies,
    properties,
    resources,
    statements,
    statements_on,
    text,
    who_may,
)

FUNCTIONS = set(resources(FUNCTION))
JOBS = set(channels.FUNCTIONS.values())

UNSCOPED = {
    "logs:": "log deliveries of a state machine have no resource to name",
    "xray:": "traces have no resource to name",
    "sns:Publish": "only with SmsProvider=sns: telephones have no ARN",
    "ses:SendRawEmail": "locally only: the emulator knows no identities",
}

CARRY_ON = {"MatchRules", "AdvanceSequence", "ResumeRuns"} | JOBS
"""Functions that end the last job of a step group, or a wait: they dispatch what follows."""

WILD = {"sqs:SendMessage*": "the emulator asks for an action of its own for a batch"}

WHO = [
    ("ses:.*", ".*", {"SendEmail", "NotifyStaff"}),
    ("sms-voice:SendTextMessage", ".*", {"SendSms"}),
    ("sns:Publish", ".*", {"SendSms"}),
    (
        "events:PutEvents",
        r"\$\{Bus.Arn\}",
        {"ReceiveWebhook", "ReceiveMeta", "ReceiveEmail", "ReceiveSms", "FetchLead", "PublishChanges", "Manage"}
        | {"PublishOutcomes", "FireDueDates", "EnrolView", "ImportRecords", "ChangeRuns", "ServeLinks", "SendSms"},
    ),
    ("lambda:InvokeFunction", r"\$\{AdvanceSequence.Arn\}", {"Sequence"}),
    ("lambda:InvokeFunction", r"\$\{EnrolView.Arn\}", {"Enrolment"}),
    ("lambda:InvokeFunction", r"\$\{ImportRecords.Arn\}", {"Import"}),
    ("lambda:InvokeFunction", r"\$\{ChangeRuns.Arn\}", {"Work"}),
    ("states:StartExecution", r"\$\{Import\}", {"Manage"}),
    ("states:StartExecution", r"\$\{Work\}", {"Manage", "PublishOutcomes"}),
    (
        "states:StartExecution",
        r"\$\{Sequence\}",
        {"MatchRules", "ResumeRuns", "Manage", "ChangeRuns", "PublishOutcomes"} | JOBS,
    ),
    ("states:StartExecution", ".*:stateMachine:.*-sequence", {"AdvanceSequence"}),
    ("states:StartExecution", ".*:stateMachine:.*-work", {"ChangeRuns"}),
    ("states:StartExecution", ".*:stateMachine:.*-enrolment", {"EnrolView"}),
    ("states:StartExecution", r"\$\{Enrolment\}", {"FireDueDates", "Manage"}),
    ("states:StopExecution", ".*", {"MatchRules", "Manage", "ChangeRuns"}),
    ("secretsmanager:GetSecretValue", r"\$\{AdminKeySecret.Id\}", {"Authorize"}),
    (
        "secretsmanager:GetSecretValue",
        r"\$\{MetaSecret.Id\}",
        {"ReceiveMeta", "FetchLead", "ReconcileLeads", "SendWhatsapp", "UpdateAudience"},
    ),
    ("secretsmanager:GetSecretValue", ".*/outgoing/[*]", {"CallWebhook"}),
    ("secretsmanager:GetSecretValue", ".*/staff/[*]", {"NotifyStaff"}),
    ("secretsmanager:GetSecretValue", r"\$\{LinksSecret.Id\}", {"SendEmail", "SendSms", "SendWhatsapp", "ServeLinks"}),
    (
        "secretsmanager:GetSecretValue",
        r"\$\{CauseSecret.Id\}",
        {"CallWebhook", "CallApi", "SendChat", "ReceiveWebhook"},
    ),
    ("secretsmanager:GetSecretValue", ".*/sources/[*]", {"ReceiveWebhook", "Manage"}),
    ("secretsmanager:GetSecretValue", ".*/connections/[*]", {"CallApi", "SendChat", "Manage"}),
    ("secretsmanager:(?!GetSecretValue).*", ".*", {"Manage"}),
    (
        "dynamodb:PutItem",
        r"\$\{ConfigTable.Arn\}",
        {"Manage", "FireDueDates", "FetchLead", "ReconcileLeads"} | {"PublishOutcomes"},
    ),
    ("dynamodb:UpdateItem", r"\$\{ConfigTable.Arn\}", {"MatchRules", "Manage", "ChangeRuns"}),
    ("dynamodb:DeleteItem", r"\$\{ConfigTable.Arn\}", {"Manage", "ChangeRuns"}),
    (
        "dynamodb:PutItem",
        r"\$\{RecordsTable.Arn\}",
        {"ReceiveWebhook", "FetchLead", "MatchRules", "CallApi", "ChangeRecord", "Manage", "ImportRecords"}
        | {"PublishChanges"},  # refusals that records take over
    ),
    (
        "dynamodb:DeleteItem",  # of identities and dates that a record has no more
        r"\$\{RecordsTable.Arn\}",
        {"ReceiveWebhook", "MatchRules", "CallApi", "ChangeRecord", "Manage", "ImportRecords"},
    ),
    (
        "dynamodb:UpdateItem",  # marks a record that is about to be deleted; refusals of addresses
        r"\$\{RecordsTable.Arn\}",
        {"Manage", "MatchRules", "PublishChanges"},
    ),
    (
        "dynamodb:Query",
        r"\$\{RecordsTable.Arn\}",
        {"ReceiveWebhook", "FireDueDates", "MatchRules", "ChangeRecord", "Manage", "ImportRecords"}
        | {"SendEmail", "SendWhatsapp", "ServeLinks", "SendSms", "SendChat", "CallApi", "UpdateAudience"},
    ),
    (
        "dynamodb:PutItem",
        r"\$\{RunsTable.Arn\}",
        {
            "MatchRules",
            "Manage",
            "ImportRecords",
            "ChangeRuns",
            "SendEmail",
            "SendWhatsapp",
            "SendSms",
            "SendChat",
            "NotifyStaff",
            "ChangeRecord",
            "ReceiveWebhook",
            "FetchLead",
            "PublishChanges",
            "PublishOutcomes",
            "FireDueDates",
            "EnrolView",
        },
    ),
    ("dynamodb:BatchWriteItem", r"\$\{RunsTable.Arn\}", {"EnrolView"}),  # addresses that are taken
    (
        "dynamodb:ConditionCheckItem",
        r"\$\{RunsTable.Arn\}",
        {"MatchRules", "ChangeRuns"},
    ),  # of exits and entries, as a run starts
    (
        "dynamodb:DeleteItem",
        r"\$\{RunsTable.Arn\}",
        {"MatchRules", "AdvanceSequence", "ResumeRuns", "Manage", "ChangeRuns"} | JOBS,
    ),
    (
        "dynamodb:UpdateItem",
        r"\$\{RunsTable.Arn\}",
        {"MatchRules", "AdvanceSequence", "ResumeRuns", "Manage", "ReceiveWebhook", "ChangeRuns"} | JOBS,
    ),
    (
        "dynamodb:.*",
        r"\$\{RunsTable.Arn\}",
        {"MatchRules", "AdvanceSequence", "ResumeRuns", "Manage", "PublishOutcomes", "ReceiveEmail", "ReceiveWebhook"}
        | {"ReconcileLeads", "ImportRecords", "FetchLead", "PublishChanges", "ChangeRuns", "FireDueDates", "EnrolView"}
        | JOBS,
    ),
    ("dynamodb:.*", ".*RecordsTable.*[Ss]tream.*", {"PublishChanges"}),
    ("dynamodb:.*", ".*RunsTable.*[Ss]tream.*", {"PublishOutcomes"}),
    ("dynamodb:.*", ".*RecordsTable.*/index/[*]", {"Manage", "EnrolView"}),
    ("dynamodb:.*", ".*RunsTable.*/index/[*]", {"Manage"}),
    ("dynamodb:.*", ".*RunsTable.*/index/gsi2", {"ChangeRuns", "MatchRules"}),
    ("dynamodb:.*", ".*RunsTable.*/index/gsi3", {"ResumeRuns", "ChangeRuns"}),
    ("sqs:SendMessage", r"\$\{SweepQueue.Arn\}", {"SweepSchedule"}),
    ("sqs:SendMessage", r"\$\{ReconcileQueue.Arn\}", {"ReconcileSchedule"}),
    ("sqs:SendMessage", r"\$\{ResumeQueue.Arn\}", {"ResumeSchedule"}),
    ("s3:GetObject", r"\$\{Bucket.Arn\}/inbound/[*]", {"ReceiveEmail"}),
    ("s3:PutObject", r"\$\{Bucket.Arn\}/attachments/[*]", {"ReceiveEmail"}),
    ("s3:GetObject", r"\$\{Bucket.Arn\}/attachments/[*]", {"SendEmail"}),
    ("s3:PutObject", r"\$\{Bucket.Arn\}/imports/[*]", {"Manage"}),
    ("s3:GetObject", r"\$\{Bucket.Arn\}/imports/[*]", {"Manage", "ImportRecords"}),
    ("sqs:SendMessage.*", r"\$\{LeadQueue.Arn\}", {"ReceiveMeta", "ReconcileLeads", "FetchLead"}),
    *(("sqs:SendMessage.*", rf"\$\{{{queue}.Arn\}}", CARRY_ON) for queue in channels.QUEUES.values()),
    ("sqs:SendMessage.*", r"\$\{(Event|Import)Queue.Arn\}", set()),
]


@pytest.mark.parametrize(("action", "resource", "functions"), WHO)
def test_only_those_whose_work_it_is_may(action: str, resource: str, functions: set[str]) -> None:
    assert who_may(action, resource) == functions


def test_every_kind_of_permission_is_looked_at_above_or_belongs_to_a_queue_or_a_log() -> None:
    """A permission of a new kind fails here until it is said above who may have it."""
    own = [
        r"logs:.*",
        r"sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes|ChangeMessageVisibility)",
        r"sqs:SendMessage",
        r"dynamodb:(GetItem|BatchGetItem|Query)",
    ]
    unknown = {
        found
        for found in permissions()
        if not any(
            re.fullmatch(action, found.action) and re.fullmatch(resource, found.resource) for action, resource, _ in WHO
        )
        and not any(re.fullmatch(action, found.action) for action in own)
    }
    assert not unknown


def test_each_function_has_a_role_of_its_own() -> None:
    roles = {function: text(properties(function)["Role"]) for function in FUNCTIONS}
    assert roles == {function: f"${{{function}Role.Arn}}" for function in FUNCTIONS}


def test_no_role_takes_policies_made_elsewhere() -> None:
    # Managed policies, such as those that SAM adds, name every queue and every log of the account.
    assert not [name for name in resources("AWS::IAM::Role") if "ManagedPolicyArns" in properties(name)]
    assert not [name for name in FUNCTIONS if "Policies" in properties(name)]
    assert not resources("AWS::IAM::ManagedPolicy") | resources("AWS::IAM::RolePolicy"), "which are not read here"


def test_a_policy_is_for_one_role_but_for_what_every_channel_may() -> None:
    shared = {"ChannelPolicy": {f"{function}Role" for function in JOBS}, "MatchImportsQueuePolicy": {"MatchRulesRole"}}
    for name, entry in resources("AWS::IAM::Policy").items():
        own = {f"{name.removesuffix('Policy').removesuffix('Queue')}Role"}
        assert {text(role)[2:-1] for role in entry["Properties"]["Roles"]} == shared.get(name, own)
        assert set(entry["Properties"]) == {"Roles", "PolicyName", "PolicyDocument"}


@pytest.mark.parametrize("role", sorted(resources("AWS::IAM::Role")))
def test_no_two_policies_of_a_role_have_one_name(role: str) -> None:
    """IAM takes the second for a new version of the first."""
    names = [text(policy["PolicyName"]) for policy in policies(role.removesuffix("Role"))]
    assert len(set(names)) == len(names)


def test_no_two_roles_are_alike() -> None:
    powers = [
        frozenset((found.action, found.resource) for found in permissions() if found.role == function)
        for function in FUNCTIONS
    ]
    assert len(set(powers)) == len(FUNCTIONS)


def test_no_action_is_a_wildcard() -> None:
    assert {found.action for found in permissions() if "*" in found.action} == set(WILD)


def _unscoped(found: Permission) -> bool:
    return found.resource == "*" and not any(found.action.startswith(action) for action in UNSCOPED)


def test_no_resource_is_a_wildcard_but_where_there_is_none() -> None:
    assert not [found for found in permissions() if _unscoped(found)]
    assert {found.role for found in permissions() if found.resource == "*" and found.action.startswith("logs:")} == {
        "Sequence",
        "Enrolment",
        "Import",
        "Work",
    }


def test_on_aws_what_the_emulator_cannot_scope_is_scoped() -> None:
    (statement,) = [each for each in statements("SendEmail") if "ses:SendRawEmail" in each["Action"]]
    condition, local, _ = statement["Resource"]["Fn::If"]
    assert (condition, local) == ("IsLocal", "*")


OTHER_SERVICES = {
    "SequenceRole": "states",
    "EnrolmentRole": "states",
    "ImportRole": "states",
    "WorkRole": "states",
    "SweepScheduleRole": "scheduler",
    "ReconcileScheduleRole": "scheduler",
    "ResumeScheduleRole": "scheduler",
}


def test_roles_are_for_lambda_and_what_else_works_in_this_account_alone() -> None:
    for name in resources("AWS::IAM::Role"):
        (statement,) = properties(name)["AssumeRolePolicyDocument"]["Statement"]
        service = OTHER_SERVICES.get(name, "lambda")
        assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
        if name in OTHER_SERVICES:
            assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        assert statement["Action"] == "sts:AssumeRole"


@pytest.mark.parametrize(("function", "keys"), [("Authorize", ["apikeys"]), ("ReceiveWebhook", ["sources"])])
def test_those_who_meet_the_world_read_only_their_part_of_the_config(function: str, keys: list[str]) -> None:
    (statement,) = statements_on(function, "${ConfigTable.Arn}")
    assert statement["Action"] == ["dynamodb:GetItem"]
    assert statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": keys}}


@pytest.mark.parametrize(
    ("function", "keys"),
    [
        ("ReceiveWebhook", {"dynamodb:UpdateItem": ["rejected#*"], "dynamodb:PutItem": ["dedup#*", "watermark#*"]}),
        ("FetchLead", {"dynamodb:PutItem": ["dedup#*", "watermark#*"]}),
        ("PublishChanges", {key: ["event#*", "history#*"] for key in ("dynamodb:PutItem", "dynamodb:GetItem")}),
        ("FireDueDates", {key: ["enrolment#*"] for key in ("dynamodb:PutItem", "dynamodb:GetItem")}),
    ],
)
def test_who_notes_what_came_in_touches_nothing_else_of_the_history(function: str, keys: dict[str, list[str]]) -> None:
    found = statements_on(function, "${RunsTable.Arn}")
    assert {action: statement["Condition"] for statement in found for action in statement["Action"]} == {
        action: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": key}} for action, key in keys.items()
    }


@pytest.mark.parametrize(
    ("function", "written"),
    [
        ("PublishChanges", {"dynamodb:UpdateItem": ["refusals#*"], "dynamodb:PutItem": ["record#*"]}),
        ("MatchRules", {"dynamodb:UpdateItem": ["refusals#*"]}),
    ],
)
def test_who_keeps_refusals_of_addresses_writes_them_and_the_records_that_take_them_over(
    function: str, written: dict[str, list[str]]
) -> None:
    bound = [each for each in statements_on(function, "${RecordsTable.Arn}") if "Condition" in each]
    writes = {action: each["Condition"] for each in bound for action in each["Action"] if action in written}
    assert writes == {
        action: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}} for action, keys in written.items()
    }
    free = [each for each in statements_on(function, "${RecordsTable.Arn}") if "Condition" not in each]
    assert not [action for each in free for action in each["Action"] if action == "dynamodb:UpdateItem"]


def test_who_enrols_writes_enrolments_and_reads_beside_them_what_became_of_events() -> None:
    found = statements_on("EnrolView", "${RunsTable.Arn}")
    assert [(statement["Condition"], statement["Action"]) for statement in found] == [
        (
            {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["enrolment#*"]}},
            ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:BatchWriteItem"],
        ),
        ({"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["event#*"]}}, ["dynamodb:BatchGetItem"]),
    ]


@pytest.mark.parametrize(
    ("function", "key"), [("FireDueDates", "sweeps"), ("ReconcileLeads", "leadforms"), ("FetchLead", "leadforms")]
)
def test_who_keeps_a_mark_in_the_config_writes_that_alone(function: str, key: str) -> None:
    on_config = statements_on(function, "${ConfigTable.Arn}")
    (statement,) = [statement for statement in on_config if "dynamodb:PutItem" in statement["Action"]]
    assert set(statement["Action"]) <= {"dynamodb:PutItem", "dynamodb:GetItem"}
    assert statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [key]}}


def test_the_matcher_changes_nothing_of_the_config_but_the_list_of_what_runs_wait_for() -> None:
    found = [each for each in statements_on("MatchRules", "${ConfigTable.Arn}") if "Condition" in each]
    (statement,) = found
    assert statement["Action"] == ["dynamodb:UpdateItem"]
    assert statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["exits"]}}


@pytest.mark.parametrize("function", ["FireDueDates", "ReconcileLeads", "FetchLead"])
def test_who_writes_to_the_config_on_condition_may_read_what_refused_it(function: str) -> None:
    """A conditional write that is refused is followed by a look at whether it was ours (adapters.dynamodb)."""
    on_config = statements_on(function, "${ConfigTable.Arn}")
    assert any("dynamodb:GetItem" in statement["Action"] for statement in on_config)


def test_each_permission_says_why() -> None:
    """Queue and bucket policies have a Sid that does, and roles say on one line whom they are for."""
    lines = [line.strip() for line in (ROOT / "template.yaml").read_text().splitlines()]
    granting = [
        place
        for place, line in enumerate(lines)
        if re.search(r"\bEffect: Allow\b", line) and "sts:AssumeRole" not in line + lines[place + 1]
    ]
    assert len(granting) > 90
    for place in granting:
        above = place - 1 if lines[place].startswith(("- {", "- Effect")) else place - 2
        named = lines[place - 1].startswith("- Sid: ")
        assert named or lines[above].startswith("# "), f"line {place + 1}"
