"""Send SMS with AWS End User Messaging, or with SNS where an account has only that.

Neither takes an idempotency key, so the AWS client must be one that calls once (`aws.ONCE`), and errors say whether the
message may have been sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    SSLError,
)
from botocore.exceptions import ConnectionError as NotConnected
from botocore.parsers import ResponseParserError

from whenthen.adapters.aws.client import AwsClient, code_of
from whenthen.channels.sms.answers import EUM, EUM_OPTED_OUT, OTHERWISE, REJECTED, SNS, SNS_OPTED_OUT
from whenthen.channels.sms.countries import SENDER_ID
from whenthen.channels.sms.message import OPTED_OUT
from whenthen.domain.common.answers import Next, Row
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary
from whenthen.ports.reason_codes import BROKE_OFF, NO_ANSWER, NOT_REACHED, UNAVAILABLE
from whenthen.sources.sms.reports import CALLBACK

if TYPE_CHECKING:
    from whenthen.channels.sms.message import Sms

_EUM, _SNS = "AWS End User Messaging", "SNS"
_LONGEST_DETAIL = 300


class EumSms:
    """Send through AWS End User Messaging; reports of a message name its run and job."""

    def __init__(self, client: AwsClient, configuration_set: str | None = None) -> None:
        self._client = client
        self._reported = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def send(self, sms: Sms) -> str:
        """Send a message and return its id. Raises Temporary (also Throttled), Permanent or AnswerLost."""
        request: dict[str, Any] = {
            "DestinationPhoneNumber": sms.to,
            "MessageBody": sms.text,
            "MessageType": "PROMOTIONAL" if sms.marketing else "TRANSACTIONAL",
            "Context": {CALLBACK: sms.callback},
            **self._reported,
        }
        if sms.sender:
            request["OriginationIdentity"] = sms.sender
        if sms.seconds is not None:
            request["TimeToLive"] = sms.seconds
        return str(_called(lambda: self._client.send_text_message(**request), _EUM, EUM)["MessageId"])


class SnsSms:
    """Send through SNS, which reports nothing of a message and keeps no time."""

    def __init__(self, client: AwsClient) -> None:
        self._client = client

    def send(self, sms: Sms) -> str:
        """Send a message and return its id. Raises Temporary (also Throttled), Permanent or AnswerLost."""
        attributes = {"AWS.SNS.SMS.SMSType": "Promotional" if sms.marketing else "Transactional"}
        if sms.sender:
            name = "AWS.SNS.SMS.SenderID" if SENDER_ID.fullmatch(sms.sender) else "AWS.MM.SMS.OriginationNumber"
            attributes[name] = sms.sender
        request = {
            "PhoneNumber": sms.to,
            "Message": sms.text,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        }
        return str(_called(lambda: self._client.publish(**request), _SNS, SNS)["MessageId"])


def _called(call: Callable[[], Mapping[str, Any]], provider: str, answers: Mapping[str, Row]) -> Mapping[str, Any]:
    """Call the provider, and raise its errors as ours."""
    try:
        return call()
    except ClientError as error:
        raise _rejection(error, provider, answers) from error
    except ParamValidationError as error:  # boto3 itself refused to send the request
        said = REJECTED(reason=OTHERWISE(), error=type(error).__name__, detail="")
        raise Permanent(said) from error
    except SSLError as error:  # in the handshake, or in the middle: it does not say
        raise AnswerLost(NO_ANSWER(provider=provider, error=type(error).__name__)) from error
    except (NotConnected, NoCredentialsError, PartialCredentialsError) as error:
        raise Temporary(NOT_REACHED(provider=provider, error=type(error).__name__)) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise AnswerLost(NO_ANSWER(provider=provider, error=type(error).__name__)) from error


def _rejection(error: ClientError, provider: str, answers: Mapping[str, Row]) -> Temporary | Permanent | AnswerLost:
    """Classify an error by code and reason; AnswerLost for a failure that does not tell whether it was sent."""
    key = key_of(error)
    row = answers.get(key) or answers.get(code_of(error))
    if row is None:
        failed = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
        row = Row(Next.LOST) if failed else Row(Next.NEVER, OTHERWISE)
    if row.next is Next.NEVER:
        said = str(error.response["Error"].get("Message", ""))[:_LONGEST_DETAIL]
        code = OPTED_OUT if key in (EUM_OPTED_OUT, SNS_OPTED_OUT) else key
        return row.error(REJECTED(reason=(row.cause or OTHERWISE)(), error=key, detail=said), code)
    said_so = BROKE_OFF if row.next is Next.LOST else UNAVAILABLE
    return row.error(said_so(provider=provider, error=key))


def key_of(error: ClientError) -> str:
    """Return `code/reason` of an error, or its code if it gives no reason. SNS tells an opt-out by words alone."""
    code, reason = code_of(error), error.response.get("Reason")
    if code.startswith("InvalidParameter") and "opted out" in str(error.response["Error"].get("Message", "")).lower():
        return SNS_OPTED_OUT
    return f"{code}/{reason}" if isinstance(reason, str) and reason else code
