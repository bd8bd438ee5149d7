"""AWS End User Messaging, as far as whenthen calls it: SendTextMessage, in the JSON protocol that botocore speaks.

    POST /   X-Amz-Target: PinpointSMSVoiceV2.SendTextMessage

Programmed with `{"opted_out": [numbers], "faults": […]}`. A fault's `document` is the provider's own, such as
`{"__type": "ConflictException", "Message": "…", "Reason": "NO_ORIGINATION_IDENTITIES_FOUND"}`; a number in `opted_out`
is refused as one who opted out.

`_received` shows `messages` [{id, at, message}] as they were accepted. What becomes of them is for tests to say: they
publish the provider's notifications to the stack's topic (`report_of`, `inbound_of`).
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

from dev.standins.exchange import Answer, Fault, Request
from dev.standins.server import StandIn

TARGET = "PinpointSMSVoiceV2.SendTextMessage"
_TYPE = {"content-type": "application/x-amz-json-1.0"}
_NUMBER = re.compile(r"\+?[1-9][0-9]{1,18}")
_IDENTITY = re.compile(r"[A-Za-z0-9_:/+-]{1,256}")
_MOST = 1_600
_TYPES = ("TRANSACTIONAL", "PROMOTIONAL")
_KNOWN = {
    "DestinationPhoneNumber", "OriginationIdentity", "MessageBody", "MessageType", "Keyword", "ConfigurationSetName",
    "MaxPrice", "TimeToLive", "Context", "DestinationCountryParameters", "DryRun", "ProtectConfigurationId",
    "MessageFeedbackEnabled",
}  # fmt: skip


class Sms(StandIn):
    """The stand-in of the service of SMS."""

    name = "sms"

    def __init__(self) -> None:
        super().__init__()
        self._messages: list[dict[str, Any]] = []
        self._opted_out: set[str] = set()

    def act(self, request: Request) -> Answer:
        if request.headers.get("x-amz-target") != TARGET:
            return refusal("UnknownOperationException", "Unknown operation")
        sent = request.json()
        fields = _wrong(sent) if isinstance(sent, dict) else ["body"]
        if fields:
            return refusal("ValidationException", "Invalid request", "INVALID_PARAMETER", Fields=_named(fields))
        with self.lock:
            if sent["DestinationPhoneNumber"] in self._opted_out:
                said = "Destination phone number is opted out"
                return refusal("ConflictException", said, "DESTINATION_PHONE_NUMBER_OPTED_OUT")
            listed = {"id": str(uuid.uuid4()), "at": time.time(), "message": sent}
            self._messages.append(listed)
        return Answer(200, {"MessageId": listed["id"]}, _TYPE)

    def failure(self, fault: Fault) -> Answer:
        return Answer(fault.status, fault.document, {**_TYPE, **fault.headers})

    def shown(self) -> dict[str, Any]:
        return {"messages": list(self._messages)}

    def forget(self) -> None:
        self._messages.clear()
        self._opted_out.clear()

    def prepare(self, program: Mapping[str, Any]) -> None:
        rest = dict(program)
        self._opted_out.update(map(str, rest.pop("opted_out", [])))
        super().prepare(rest)


def refusal(code: str, message: str, reason: str = "", **more: Any) -> Answer:
    """Answer an error in the service's shape."""
    document = {"__type": code, "Message": message, **({"Reason": reason} if reason else {}), **more}
    return Answer(400, document, _TYPE)


def report_of(listed: Mapping[str, Any], event_type: str, description: str = "") -> dict[str, Any]:
    """Return the notification in which the service reports of a message that it accepted."""
    sent = listed["message"]
    return {
        "eventType": event_type,
        "eventVersion": "1.0",
        "eventTimestamp": int(time.time() * 1_000),
        "isFinal": event_type not in ("TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT"),
        "originationPhoneNumber": sent.get("OriginationIdentity", ""),
        "destinationPhoneNumber": sent["DestinationPhoneNumber"],
        "messageId": listed["id"],
        "messageRequestTimestamp": int(listed["at"] * 1_000),
        "messageEncoding": "GSM",
        "messageType": sent["MessageType"],
        "messageStatus": event_type.removeprefix("TEXT_"),
        "messageStatusDescription": description,
        "context": sent.get("Context", {}),
        "totalMessageParts": 1,
        "totalMessagePrice": 0.01849,
        "totalCarrierFee": 0.0,
    }


def inbound_of(number: str, own: str, text: str) -> dict[str, Any]:
    """Return the notification of an SMS that came in."""
    return {
        "originationNumber": number,
        "destinationNumber": own,
        "messageKeyword": f"KEYWORD_{own.removeprefix('+')}",
        "messageBody": text,
        "inboundMessageId": str(uuid.uuid4()),
        "previousPublishedMessageId": "",
    }


def _wrong(sent: Mapping[str, Any]) -> list[str]:
    """Name the fields that the service would refuse."""
    body, context = sent.get("MessageBody"), sent.get("Context", {})
    seconds = sent.get("TimeToLive", 5)
    checks = {
        "DestinationPhoneNumber": _fits(_NUMBER, sent.get("DestinationPhoneNumber")),
        "OriginationIdentity": _fits(_IDENTITY, sent.get("OriginationIdentity", "any")),
        "MessageBody": isinstance(body, str) and 0 < len(body) <= _MOST and bool(body.strip()),
        "MessageType": sent.get("MessageType", _TYPES[0]) in _TYPES,
        "TimeToLive": isinstance(seconds, int) and 5 <= seconds <= 259_200,
        "Context": isinstance(context, dict) and len(context) <= 5 and all(map(_is_pair, context.items())),
    }
    return [name for name, holds in checks.items() if not holds] + sorted(set(sent) - _KNOWN)


def _fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_pair(pair: tuple[Any, Any]) -> bool:
    return all(isinstance(text, str) for text in pair) and len(pair[0]) <= 100 and len(pair[1]) <= 800


def _named(fields: list[str]) -> list[dict[str, str]]:
    return [{"Name": name, "Message": "Invalid"} for name in fields]
