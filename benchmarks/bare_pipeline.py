"""Deploy a pipeline of whenthen's hops that does nothing, beside a stack on the same local AWS.

API → function → bus → queue → function → queue → function → call. The three functions parse JSON and pass it on; they
keep nothing, check nothing and promise nothing. They have the stack's own layer of packages, and so the same boto3.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from typing import Any

from dev import web
from dev.stack import Stack

NAME = "bare-pipeline"
FUNCTIONS = ("receive", "pass_on", "call")
CONCURRENCY = 5
"""Bound the concurrent invocations of a queue's function, as the stack's mappings do by default."""

CODE = """
import json, os, urllib.request
import boto3

session = boto3.Session()


def receive(event, context):
    entry = {"EventBusName": os.environ["BUS"], "Source": "bare", "DetailType": "bare", "Detail": event["body"]}
    session_client("events").put_events(Entries=[entry])
    return {"statusCode": 202, "body": "{}"}


def pass_on(event, context):
    for record in event["Records"]:
        body = json.dumps(json.loads(record["body"])["detail"])
        session_client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=body)


def call(event, context):
    for record in event["Records"]:
        body = json.loads(record["body"])
        request = urllib.request.Request(os.environ["RECEIVER"] + "/" + body["id"], json.dumps(body).encode())
        urllib.request.urlopen(request, timeout=60).read()


clients = {}


def session_client(name):
    if name not in clients:
        clients[name] = session.client(name)
    return clients[name]
"""


@dataclass(frozen=True, slots=True)
class BarePipeline:
    """Post to a deployed pipeline that does nothing."""

    url: str

    def post(self, identity: str) -> None:
        """Send one event. Raises RuntimeError if it is not taken."""
        answer = web.call("POST", self.url, {"id": identity})
        if answer.status != 202:
            raise RuntimeError(f"the bare pipeline answered {answer.status}: {answer.body[:200]!r}")


def deploy(stack: Stack, receiver: str) -> BarePipeline:
    """Deploy it; the last function posts to `receiver`/<id of the event>."""
    stack.client("events").create_event_bus(Name=NAME)
    queues = {name: _queue(stack, f"{NAME}-{name}") for name in FUNCTIONS[1:]}
    environment = {"BUS": NAME, "QUEUE": queues["call"][0], "RECEIVER": receiver}
    role, layers = _role(stack), _layers(stack)
    arns = {name: _function(stack, name, role, layers, environment) for name in FUNCTIONS}
    stack.client("events").put_rule(Name=NAME, EventBusName=NAME, EventPattern=json.dumps({"source": ["bare"]}))
    target = [{"Id": "queue", "Arn": queues["pass_on"][1]}]
    stack.client("events").put_targets(Rule=NAME, EventBusName=NAME, Targets=target)
    for name, (_, arn) in queues.items():
        stack.client("lambda").create_event_source_mapping(
            FunctionName=f"{NAME}-{name}",
            EventSourceArn=arn,
            BatchSize=10,
            ScalingConfig={"MaximumConcurrency": CONCURRENCY},
        )
    return BarePipeline(_api(stack, arns["receive"]))


def _queue(stack: Stack, name: str) -> tuple[str, str]:
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _role(stack: Stack) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": ["events:*", "sqs:*", "logs:*"], "Resource": "*"}
    iam = stack.client("iam")
    role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(_policy(trust)))["Role"]["Arn"]
    iam.put_role_policy(RoleName=NAME, PolicyName=NAME, PolicyDocument=json.dumps(_policy(everything)))
    return str(role)


def _policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def _layers(stack: Stack) -> list[str]:
    """The stack's layer of packages."""
    name = stack.document["functions"]["match_rules"]
    found = stack.client("lambda").get_function_configuration(FunctionName=name)["Layers"]
    return [layer["Arn"] for layer in found if "dependencies" in layer["Arn"].lower()]


def _function(stack: Stack, name: str, role: str, layers: list[str], environment: dict[str, str]) -> str:
    functions = stack.client("lambda")
    made = functions.create_function(
        FunctionName=f"{NAME}-{name}",
        Runtime="python3.13",
        Role=role,
        Handler=f"app.{name}",
        Code={"ZipFile": _archive()},
        Timeout=80,
        MemorySize=1024,
        Layers=layers,
        Environment={"Variables": environment},
    )
    while functions.get_function_configuration(FunctionName=f"{NAME}-{name}").get("State", "Active") != "Active":
        time.sleep(0.1)
    return str(made["FunctionArn"])


def _archive() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("app.py", CODE)
    return written.getvalue()


def _api(stack: Stack, function: str) -> str:
    gateway = stack.client("apigatewayv2")
    api = gateway.create_api(Name=NAME, ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="POST /events", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return f"{stack.emulator.url}/_aws/execute-api/{api}/$default/events"
