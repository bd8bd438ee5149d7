"""Every answer that a provider of the channels is known to give, and what happens to the job next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from tests.adapters.samples import client_error
from whenthen.adapters.providers.ses import DAILY_QUOTA
from whenthen.channels.sms.answers import EUM, EUM_OPTED_OUT
from whenthen.domain.common.answers import Next
from whenthen.domain.common.errors import AnswerLost, Temporary
from whenthen.ports.outgoing import HttpAnswer
from whenthen.ports.reason_codes import NO_ANSWER, NOT_REACHED

_SES_URL = "https://email.aws.example"


@dataclass(frozen=True)
class Answered:
    """An answer of a channel's provider, and what happens next. `code`: the provider's own; None: it gives none."""

    channel: str
    said: Any
    next: Next
    code: str | int | None = None

    def __str__(self) -> str:
        status = getattr(self.said, "status", "")
        return f"{self.channel} {status} {self.code or type(self.said).__name__}: {self.next}"


def _ses(next_: Next, *codes: str, status: int = 400, message: str = "") -> list[Answered]:
    found = [Answered("email", client_error(code, status), next_, code) for code in codes]
    for each in found:
        each.said.response["Error"]["Message"] = message
    return found


def _graph(next_: Next, *codes: int, status: int = 400) -> list[Answered]:
    said = {code: json.dumps({"error": {"code": code, "message": "m", "type": "OAuthException"}}) for code in codes}
    return [Answered("whatsapp", HttpAnswer(status, {}, said[code].encode()), next_, code) for code in codes]


def _eum(next_: Next, *keys: str, status: int = 400) -> list[Answered]:
    """Answers of AWS End User Messaging, each as `code` or `code/reason`."""
    found = [Answered("sms", client_error(key.partition("/")[0], status), next_, key) for key in keys]
    for each, key in zip(found, keys, strict=True):
        each.said.response["Reason"] = key.partition("/")[2]
    return found


def _status(channel: str, next_: Next, *statuses: int, **headers: str) -> list[Answered]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [Answered(channel, HttpAnswer(status, named, b"<html>"), next_) for status in statuses]


_NOT_REACHED = Temporary(NOT_REACHED(provider="it", error="gaierror"))
_NO_ANSWER = AnswerLost(NO_ANSWER(provider="it", error="TimeoutError"))

ANSWERS: list[Answered] = [
    # SES
    *_ses(Next.NOT_NOW, "Throttling", "ThrottlingException", message="Maximum sending rate exceeded."),
    *_ses(Next.NOT_NOW, "Throttling", "ThrottlingException", message=f"{DAILY_QUOTA}."),
    *_ses(Next.NOT_NOW, "RequestThrottled", "LimitExceededException"),
    *_ses(Next.NOT_NOW, "TooManyRequestsException", status=429),
    *_ses(Next.LATER, "ServiceUnavailable", status=503),
    *_ses(Next.LATER, "ExpiredToken", "ExpiredTokenException", status=403),
    *_ses(Next.STOP, "SendingPausedException", "AccountSendingPausedException", "AccountSuspendedException"),
    *_ses(Next.STOP, "ConfigurationSetSendingPausedException"),
    *_ses(Next.STOP, "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", status=403),
    *_ses(Next.NEVER, "MessageRejected", "MailFromDomainNotVerified", "MailFromDomainNotVerifiedException"),
    *_ses(Next.NEVER, "BadRequestException", "InvalidParameterValue", "ValidationError"),
    *_ses(Next.NEVER, "ConfigurationSetDoesNotExist", "ConfigurationSetDoesNotExistException"),
    *_ses(Next.NEVER, "AccessDenied", "AccessDeniedException", status=403),
    *_ses(Next.NEVER, "SomethingNew"),
    *_ses(Next.LOST, "InternalFailure", "SomethingNew", status=500),
    Answered("email", EndpointConnectionError(endpoint_url=_SES_URL), Next.LATER),
    Answered("email", ReadTimeoutError(endpoint_url=_SES_URL), Next.LOST),
    # WhatsApp: the API's codes, then what comes without one
    *_graph(Next.LATER, 1, 2, 131000, 131016, 131057, 135000),
    *_graph(Next.NOT_NOW, 4, 17, 32, 341, 613, 80004, 80005, 80007, 130429, 131056),
    *_graph(Next.NOT_NOW, 131064, 132069, 133016),
    *_graph(
        Next.STOP, 0, 3, 10, 190, 200, 230, 299, 2655, 2663, 131005, 131031, 131037, 131042, 131044, 131045, 133010
    ),
    *_graph(Next.STOP, 368, 131048),
    *_graph(Next.NEVER, 2650, 130472, 131049, 131047),
    *_graph(Next.NEVER, 131026, 131021, 131030, 131050, 131062, 130497, 137000),
    *_graph(Next.NEVER, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 131063),
    *_graph(Next.NEVER, 33, 100, 131008, 131009, 131051, 131052, 131053, 999_999),
    *_graph(Next.LATER, 999_999, 2, status=500),
    *_status("whatsapp", Next.LATER, 500, 501, 503, 507),
    *_status("whatsapp", Next.LOST, 502, 504),
    *_status("whatsapp", Next.NOT_NOW, 429),
    *_status("whatsapp", Next.NOT_NOW, 503, retry_after="30"),
    *_status("whatsapp", Next.STOP, 401),
    *_status("whatsapp", Next.NEVER, 302, 400, 404),
    *[Answered("whatsapp", HttpAnswer(200, {}, body), Next.LOST) for body in (b"", b'{"messages": [{', b"{}")],
    Answered("whatsapp", _NOT_REACHED, Next.LATER),
    Answered("whatsapp", _NO_ANSWER, Next.LOST),
    # AWS End User Messaging; one who opted out there is skipped, which tests of the channel show
    *[row for key, row_ in EUM.items() if key != EUM_OPTED_OUT for row in _eum(row_.next, key)],
    *_eum(Next.NEVER, "SomethingNew", "ConflictException/SOMETHING_NEW"),
    *_eum(Next.LOST, "SomethingNew", "502", status=502),
    Answered("sms", EndpointConnectionError(endpoint_url=_SES_URL), Next.LATER),
    Answered("sms", ReadTimeoutError(endpoint_url=_SES_URL), Next.LOST),
    # receivers of webhooks, which know a repetition by its key
    *_status("webhook", Next.LATER, 408, 409, 425, 500, 502, 503, 504, 599),
    *_status("webhook", Next.NOT_NOW, 429),
    *_status("webhook", Next.NOT_NOW, 503, retry_after="30"),
    *_status("webhook", Next.STOP, 401),
    *_status("webhook", Next.NEVER, 301, 302, 400, 403, 404, 410, 413, 422),
    Answered("webhook", _NOT_REACHED, Next.LATER),
    Answered("webhook", _NO_ANSWER, Next.LOST),
    # APIs, of which nobody said that they know a repetition by its key
    *_status("api", Next.LATER, 408, 421, 423, 425, 503),
    *_status("api", Next.NOT_NOW, 429),
    *_status("api", Next.NOT_NOW, 429, retry_after="7"),
    *_status("api", Next.NOT_NOW, 429, retry_after="Sat, 14 Mar 2026 09:30:20 GMT"),
    *_status("api", Next.NOT_NOW, 503, retry_after="Saturday, 14-Mar-26 09:30:20 GMT"),
    *_status("api", Next.STOP, 401, 407),
    *_status("api", Next.NEVER, 300, 301, 302, 303, 304, 307, 308, 400, 402, 403, 404, 405, 406, 409, 410, 412, 413),
    *_status("api", Next.NEVER, 414, 415, 418, 422, 424, 426, 428, 431, 451, 501, 505),
    *_status("api", Next.LOST, 500, 502, 504, 507, 520, 599),
    Answered("api", _NOT_REACHED, Next.LATER),
    Answered("api", _NO_ANSWER, Next.LOST),
    # the store of records
    Answered("record", Temporary(NOT_REACHED(provider="DynamoDB", error="ConnectTimeoutError")), Next.LATER),
]
