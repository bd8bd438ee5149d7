"""The stand-in of SMS, as boto3 calls the service: what it takes, what it refuses, and how it can fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dev import web
from dev.standins.server import serve
from dev.standins.sms import Sms, inbound_of, report_of
from whenthen.adapters.aws.client import ONCE
from whenthen.channels.sms.answers import EUM
from whenthen.channels.sms.client import EumSms, key_of
from whenthen.channels.sms.message import OPTED_OUT
from whenthen.channels.sms.message import Sms as Message
from whenthen.domain.common.errors import Permanent
from whenthen.sources.sms.notifications import sms_events

SMS = Message("+36301234567", "Szia", "WHENTHEN", "run_1/job_1", marketing=False, seconds=60)


@pytest.fixture
def url() -> Iterator[str]:
    server = serve(Sms())
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def client(url: str) -> Any:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-central-1"}
    return boto3.client("pinpoint-sms-voice-v2", endpoint_url=url, config=ONCE, **keys)  # type: ignore[call-overload]


def received(url: str) -> Any:
    return web.call("GET", f"{url}/_received").json()


def program(url: str, **document: Any) -> None:
    assert web.call("POST", f"{url}/_program", document).status == 204


def test_it_takes_what_the_channel_sends_and_shows_it(url: str) -> None:
    message_id = EumSms(client(url), "set").send(SMS)
    (listed,) = received(url)["messages"]
    assert listed["id"] == message_id
    assert listed["message"]["Context"] == {"callback": "run_1/job_1"}
    assert (listed["message"]["MessageType"], listed["message"]["TimeToLive"]) == ("TRANSACTIONAL", 60)


@pytest.mark.parametrize("bad", [{"MessageBody": " \n"}, {"DestinationPhoneNumber": "+36 30"}, {"TimeToLive": 259_201}])
def test_it_refuses_what_the_service_would(url: str, bad: dict[str, Any]) -> None:
    request = {"DestinationPhoneNumber": "+36301234567", "MessageBody": "Szia", **bad}
    with pytest.raises(ClientError) as caught:
        client(url).send_text_message(**request)
    assert key_of(caught.value) == "ValidationException/INVALID_PARAMETER"
    assert received(url)["messages"] == []


@pytest.mark.parametrize("key", [key for key in EUM if "/" in key])
def test_it_can_be_told_to_fail_in_each_documented_way(url: str, key: str) -> None:
    code, _, reason = key.partition("/")
    fault = {"status": 400, "document": {"__type": code, "Message": "no", "Reason": reason}}
    program(url, faults=[fault])
    with pytest.raises(ClientError) as caught:
        client(url).send_text_message(DestinationPhoneNumber="+36301234567", MessageBody="Szia")
    assert key_of(caught.value) == key


def test_a_number_can_have_opted_out(url: str) -> None:
    program(url, opted_out=["+36301234567"])
    with pytest.raises(Permanent) as caught:
        EumSms(client(url)).send(SMS)
    assert caught.value.code == OPTED_OUT


def test_its_notifications_are_read_as_those_of_the_service(url: str) -> None:
    EumSms(client(url)).send(SMS)
    (listed,) = received(url)["messages"]
    (report,) = sms_events(report_of(listed, "TEXT_DELIVERED"), datetime.now(UTC))
    assert (report.type, report.data["callback"], report.data["to"]) == ("sms.delivered", "run_1/job_1", SMS.to)
    answers = sms_events(inbound_of(SMS.to, "+36205550101", "STOP"), datetime.now(UTC))
    assert [event.type for event in answers] == ["sms.received", "contact.replied"]
