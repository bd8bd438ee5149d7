"""SMS through AWS End User Messaging and SNS: what goes out, in the shapes that botocore knows, and each error."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from msgspec.structs import replace

from whenthen.channels.sms.answers import EUM, SHARED, SNS
from whenthen.channels.sms.client import EumSms, SnsSms
from whenthen.channels.sms.message import OPTED_OUT, Sms
from whenthen.domain.common.answers import Next
from whenthen.domain.common.errors import AccountRefused, AnswerLost, Permanent, Temporary, Throttled

SMS = Sms("+36301234567", "Szia", "WHENTHEN", "run_1/job_1", marketing=True, seconds=7_200)


def stubbed(service: str) -> tuple[Any, Stubber]:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = boto3.client(service, region_name="eu-central-1", **keys)  # type: ignore[call-overload]
    return client, Stubber(client)


@pytest.mark.parametrize(
    ("sms", "expected"),
    [
        (SMS, {"OriginationIdentity": "WHENTHEN", "MessageType": "PROMOTIONAL", "TimeToLive": 7_200}),
        (replace(SMS, sender="", marketing=False, seconds=None), {"MessageType": "TRANSACTIONAL"}),
    ],
)
def test_a_message_goes_out_with_its_job_in_the_context(sms: Sms, expected: dict[str, Any]) -> None:
    client, stub = stubbed("pinpoint-sms-voice-v2")
    common = {
        "DestinationPhoneNumber": "+36301234567",
        "MessageBody": "Szia",
        "Context": {"callback": "run_1/job_1"},
        "ConfigurationSetName": "whenthen",
    }
    stub.add_response("send_text_message", {"MessageId": "m-1"}, {**common, **expected})
    with stub:
        assert EumSms(client, "whenthen").send(sms) == "m-1"


@pytest.mark.parametrize(
    ("sender", "marketing", "attributes"),
    [
        ("WHENTHEN", True, {"AWS.SNS.SMS.SMSType": "Promotional", "AWS.SNS.SMS.SenderID": "WHENTHEN"}),
        ("+1202555", False, {"AWS.SNS.SMS.SMSType": "Transactional", "AWS.MM.SMS.OriginationNumber": "+1202555"}),
        ("", False, {"AWS.SNS.SMS.SMSType": "Transactional"}),
    ],
)
def test_sns_gets_the_number_and_the_type(sender: str, marketing: bool, attributes: dict[str, str]) -> None:
    client, stub = stubbed("sns")
    written = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    request = {"PhoneNumber": "+36301234567", "Message": "Szia", "MessageAttributes": written}
    stub.add_response("publish", {"MessageId": "m-1"}, request)
    with stub:
        assert SnsSms(client).send(replace(SMS, sender=sender, marketing=marketing)) == "m-1"


class Failing:
    def __init__(self, code: str, reason: str | None, status: int, message: str) -> None:
        self.said = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
        self.said |= {"Reason": reason} if reason else {}

    def send_text_message(self, **_request: Any) -> None:
        raise ClientError(self.said, "SendTextMessage")  # type: ignore[arg-type]

    def publish(self, **_request: Any) -> None:
        raise ClientError(self.said, "Publish")  # type: ignore[arg-type]


RAISED = {
    Next.LATER: Temporary,
    Next.NOT_NOW: Throttled,
    Next.STOP: AccountRefused,
    Next.NEVER: Permanent,
    Next.LOST: AnswerLost,
}


@pytest.mark.parametrize("key", EUM)
def test_each_answer_of_the_provider_is_raised_as_its_row_says(key: str) -> None:
    code, _, reason = key.partition("/")
    with pytest.raises(RAISED[EUM[key].next]) as caught:
        EumSms(Failing(code, reason or None, 400, "Said so")).send(SMS)
    assert type(caught.value) is RAISED[EUM[key].next]
    if EUM[key].next is Next.NEVER:
        assert caught.value.reason.params["error"] == key
        assert caught.value.reason.params["detail"] == "Said so"


@pytest.mark.parametrize("key", sorted(set(SNS) - {"OptedOut"}))
def test_each_answer_of_sns_is_raised_as_its_row_says(key: str) -> None:
    with pytest.raises(RAISED[SNS[key].next]):
        SnsSms(Failing(key, None, 400, "Said so")).send(SMS)


@pytest.mark.parametrize(
    ("provider", "code", "reason", "message"),
    [
        (EumSms, "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", "Opted out"),
        (SnsSms, "InvalidParameter", None, "Invalid parameter: PhoneNumber Reason: +36301234567 is opted out"),
        (SnsSms, "OptedOut", None, ""),
    ],
)
def test_an_opt_out_has_a_code_of_its_own(provider: Any, code: str, reason: str | None, message: str) -> None:
    with pytest.raises(Permanent) as caught:
        provider(Failing(code, reason, 400, message)).send(SMS)
    assert caught.value.code == OPTED_OUT


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("SomethingNew", 400, Permanent), ("SomethingNew", 500, AnswerLost), ("502", 502, AnswerLost)],
)
def test_an_answer_that_nobody_knows_goes_by_its_status(code: str, status: int, error: type[Exception]) -> None:
    for provider in (EumSms, SnsSms):
        with pytest.raises(error):
            provider(Failing(code, None, status, "")).send(SMS)


def test_a_request_that_boto3_refuses_was_not_sent() -> None:
    client, _ = stubbed("pinpoint-sms-voice-v2")
    with pytest.raises(Permanent):
        EumSms(client).send(replace(SMS, text=""))


def test_a_spending_limit_stops_the_channel_and_is_tried_again_after_an_hour() -> None:
    row = EUM["ServiceQuotaExceededException/MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"]
    assert (row.next, row.pause) == (Next.STOP, 3_600)
    assert all(SHARED[code] == EUM[code] == SNS[code] for code in SHARED)
