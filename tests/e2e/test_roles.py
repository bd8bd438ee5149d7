"""Each function works under its own role; here: one role cannot do another's work, on the deployed stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dev.stack import Stack

Act = Callable[["As"], Any]


class As:
    """AWS, as one function's role may use it."""

    def __init__(self, stack: Stack, function: str) -> None:
        self.stack = stack
        name = stack.document["functions"][function]
        arn = stack.client("lambda").get_function_configuration(FunctionName=name)["Role"]
        session = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        self._session = boto3.Session(
            session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"], region_name=stack.region
        )

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self.stack.document["aws_endpoint_url"])


def _read_config(role: As) -> Any:
    key = {"pk": {"S": "rules"}, "sk": {"S": "x"}}
    return role.client("dynamodb").get_item(TableName=role.stack.tables["config"], Key=key)


def _write_config(role: As) -> Any:
    item = {"pk": {"S": "test"}, "sk": {"S": "test"}}
    return role.client("dynamodb").put_item(TableName=role.stack.tables["config"], Item=item)


def _write_record(role: As) -> Any:
    item = {"pk": {"S": "test"}, "sk": {"S": "test"}}
    return role.client("dynamodb").put_item(TableName=role.stack.tables["records"], Item=item)


def _delete_record(role: As) -> Any:
    key = {"pk": {"S": "test"}, "sk": {"S": "test"}}
    return role.client("dynamodb").delete_item(TableName=role.stack.tables["records"], Key=key)


def _update_record(role: As) -> Any:
    key = {"pk": {"S": "test"}, "sk": {"S": "test"}}
    change = {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}
    return role.client("dynamodb").update_item(TableName=role.stack.tables["records"], Key=key, **change)


def _write_runs(role: As) -> Any:
    item = {"pk": {"S": "test"}, "sk": {"S": "test"}}
    return role.client("dynamodb").put_item(TableName=role.stack.tables["runs"], Item=item)


def _read_runs(role: As) -> Any:
    key = {"pk": {"S": "run#x"}, "sk": {"S": "run"}}
    return role.client("dynamodb").get_item(TableName=role.stack.tables["runs"], Key=key)


def _send_mail(role: As) -> Any:
    return role.client("ses").send_email(
        Source="hello@whenthen.example",
        Destination={"ToAddresses": ["a@example.com"]},
        Message={"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}},
    )


def _put_event(role: As) -> Any:
    entry = {"Source": "test", "DetailType": "x", "Detail": "{}", "EventBusName": role.stack.document["event_bus"]}
    return role.client("events").put_events(Entries=[entry])


def _queue_email(role: As) -> Any:
    body = json.dumps({"nonsense": "a role was tried"})
    return role.client("sqs").send_message(QueueUrl=role.stack.queues["email"], MessageBody=body)


def _start_sequence(role: As) -> Any:
    machine = role.stack.state_machine
    return role.client("stepfunctions").start_execution(stateMachineArn=machine, input='{"run_id": "none"}')


def _read_meta_secret(role: As) -> Any:
    return role.client("secretsmanager").get_secret_value(SecretId=f"{role.stack.stack_name}/meta")


def _read_admin_key(role: As) -> Any:
    return role.client("secretsmanager").get_secret_value(SecretId=f"{role.stack.stack_name}/admin-key")


OTHERS_WORK: list[tuple[str, Act]] = [
    ("receive_webhook", _read_meta_secret),
    ("receive_webhook", _write_config),
    ("receive_webhook", _send_mail),
    ("receive_webhook", _read_runs),
    ("receive_webhook", _update_record),
    ("receive_meta", _write_record),
    ("receive_meta", _read_config),
    ("receive_meta", _queue_email),
    ("receive_email", _write_record),
    ("receive_email", _read_config),
    ("receive_email", _read_meta_secret),
    ("receive_email", _send_mail),
    ("fetch_lead", _read_runs),
    ("fetch_lead", _delete_record),
    ("reconcile_leads", _write_record),
    ("reconcile_leads", _put_event),
    ("reconcile_leads", _send_mail),
    ("fetch_lead", _send_mail),
    ("publish_changes", _start_sequence),
    ("publish_outcomes", _send_mail),
    ("publish_outcomes", _write_record),
    ("fire_due_dates", _write_record),
    ("fire_due_dates", _send_mail),
    ("fire_due_dates", _start_sequence),
    ("enrol_view", _write_config),
    ("enrol_view", _write_record),
    ("enrol_view", _send_mail),
    ("import_records", _write_config),
    ("import_records", _read_config),
    ("import_records", _send_mail),
    ("import_records", _start_sequence),
    ("match_rules", _write_config),
    ("match_rules", _send_mail),
    ("match_rules", _read_meta_secret),
    ("advance_sequence", _write_config),
    ("advance_sequence", _send_mail),
    ("send_email", _read_meta_secret),
    ("send_email", _write_record),
    ("send_email", _put_event),
    ("send_whatsapp", _send_mail),
    ("send_whatsapp", _read_admin_key),
    ("call_webhook", _read_meta_secret),
    ("call_webhook", _send_mail),
    ("call_webhook", _write_runs),
    ("change_record", _send_mail),
    ("change_record", _update_record),
    ("manage", _send_mail),
    ("manage", _read_admin_key),
    ("authorize", _write_config),
    ("authorize", _read_runs),
    ("authorize", _read_meta_secret),
]

OWN_WORK: list[tuple[str, Act]] = [
    ("receive_meta", _read_meta_secret),
    ("match_rules", _read_config),
    ("match_rules", _read_runs),
    ("publish_changes", _put_event),
    ("publish_outcomes", _put_event),
    ("fire_due_dates", _read_config),
    ("enrol_view", _put_event),
    ("import_records", _write_record),
    ("import_records", _read_runs),
    ("receive_email", _read_runs),
    ("fetch_lead", _read_meta_secret),
    ("reconcile_leads", _read_meta_secret),
    ("manage", _read_runs),
    ("authorize", _read_admin_key),
    ("advance_sequence", _read_runs),
]


@pytest.mark.parametrize(("function", "act"), OTHERS_WORK, ids=lambda value: getattr(value, "__name__", value))
def test_a_role_cannot_do_anothers_work(stack: Stack, function: str, act: Act) -> None:
    with pytest.raises(ClientError) as refused:
        act(As(stack, function))
    assert refused.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


@pytest.mark.parametrize(("function", "act"), OWN_WORK, ids=lambda value: getattr(value, "__name__", value))
def test_a_role_can_do_its_own(stack: Stack, function: str, act: Act) -> None:
    act(As(stack, function))
