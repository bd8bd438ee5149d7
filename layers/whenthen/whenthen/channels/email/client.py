"""Send mail with SES.

The client calls SendRawEmail of SES's first API: our own headers (`X-Whenthen-Job`, `Auto-Submitted`) reach the
recipient unchanged, and its model is the smaller one to load. SES takes no idempotency key, so the AWS client must be
one that calls once (`aws.ONCE`), and errors say whether the mail may have been sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError, SSLError
from botocore.exceptions import ConnectionError as NotConnected
from botocore.parsers import ResponseParserError

from whenthen.adapters.aws.client import AwsClient, code_of
from whenthen.channels.email.mailboxes import mailbox_of
from whenthen.channels.email.writing import mime
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary, Throttled
from whenthen.domain.common.reasons import ReasonCode
from whenthen.ports.outgoing import WrittenMail
from whenthen.ports.reason_codes import BROKE_OFF, NO_ANSWER, NOT_REACHED, UNAVAILABLE

if TYPE_CHECKING:
    from whenthen.ports.outgoing import Mail

_PAUSED = 900.0
_SES = "SES"
_LONGEST_DETAIL = 300

# `reason` explains SES's code `error`; `detail` quotes SES's own message, which names addresses or regions.
REJECTED = ReasonCode("mail.rejected", "reason", "error", "detail")
_NOT_ALLOWED = ReasonCode("mail.sender_not_allowed")
# Of an address that is not verified, or of a content that SES does not send.
_NOT_TAKEN = ReasonCode("mail.not_taken")
_DOMAIN_NOT_VERIFIED = ReasonCode("mail.from_domain_not_verified")
_NO_CONFIGURATION_SET = ReasonCode("mail.no_configuration_set")
_BAD_VALUE = ReasonCode("mail.invalid_value")
# SES's code is none of those that are known here.
_OTHERWISE = ReasonCode("mail.rejected_otherwise")

NOT_NOW: dict[str, float | None] = {
    "Throttling": None,
    "ThrottlingException": None,
    "TooManyRequestsException": None,
    "RequestThrottled": None,
    "LimitExceededException": _PAUSED,
}
"""Error codes of throttling, which is no attempt → pause in seconds."""

LATER: dict[str, float | None] = {
    "ServiceUnavailable": None,
    "AccountSendingPausedException": _PAUSED,
    "ConfigurationSetSendingPausedException": _PAUSED,
    "ExpiredToken": None,
    "ExpiredTokenException": None,
    "InvalidClientTokenId": _PAUSED,
    "SignatureDoesNotMatch": _PAUSED,
}
"""Error codes after which nothing was sent and a retry may succeed → pause in seconds."""


NEVER: dict[str, ReasonCode] = {
    "AccessDenied": _NOT_ALLOWED,
    "AccessDeniedException": _NOT_ALLOWED,
    "ConfigurationSetDoesNotExist": _NO_CONFIGURATION_SET,
    "ConfigurationSetDoesNotExistException": _NO_CONFIGURATION_SET,
    "InvalidParameterValue": _BAD_VALUE,
    "MailFromDomainNotVerified": _DOMAIN_NOT_VERIFIED,
    "MailFromDomainNotVerifiedException": _DOMAIN_NOT_VERIFIED,
    "MessageRejected": _NOT_TAKEN,
    "ValidationError": _BAD_VALUE,
}
"""Error codes that are final for this mail → reason for the admin."""


class SesMailer:
    """Write and send mail, one recipient each."""

    def __init__(self, client: AwsClient, configuration_set: str | None = None) -> None:
        self._client = client
        self._reported = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def write(self, mail: Mail) -> WrittenMail:
        """Write the mail as MIME. Raises Permanent."""
        return WrittenMail(mail, mime(mail))

    def send(self, mail: WrittenMail) -> str:
        """Send the mail and return SES's message id. Raises Temporary (also Throttled), Permanent or AnswerLost."""
        sender, to = _address(mail.mail.sender), _address(mail.mail.to)
        try:
            answer = self._client.send_raw_email(
                Source=sender, Destinations=[to], RawMessage={"Data": mail.raw}, **self._reported
            )
        except ClientError as error:
            raise _rejection(error) from error
        except SSLError as error:  # in the handshake, or in the middle: it does not say
            raise AnswerLost(NO_ANSWER(provider=_SES, error=type(error).__name__)) from error
        except (NotConnected, NoCredentialsError, PartialCredentialsError) as error:
            raise Temporary(NOT_REACHED(provider=_SES, error=type(error).__name__)) from error
        except (BotoCoreError, ResponseParserError) as error:
            raise AnswerLost(NO_ANSWER(provider=_SES, error=type(error).__name__)) from error
        return str(answer["MessageId"])


def _address(text: str) -> str:
    """Return the bare address: the envelope takes ASCII alone, and no names that would have to be parsed again."""
    found = mailbox_of(text)
    return found.ascii_address if found else text


def _rejection(error: ClientError) -> Temporary | Permanent | AnswerLost:
    """Classify SES's error: throttled, to be tried again, perhaps sent, or rejected for good."""
    code = code_of(error)
    if code in NOT_NOW:
        return Throttled(UNAVAILABLE(provider=_SES, error=code), retry_after=NOT_NOW[code])
    if code in LATER:
        return Temporary(UNAVAILABLE(provider=_SES, error=code), retry_after=LATER[code])
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return AnswerLost(BROKE_OFF(provider=_SES, error=code))
    cause = NEVER.get(code, _OTHERWISE)()
    detail = error.response["Error"].get("Message", "")[:_LONGEST_DETAIL]
    return Permanent(REJECTED(reason=cause, error=code, detail=detail), code=code)
