"""Send mail with SES.

The client calls SendRawEmail of SES's first API: our own headers (`X-Whenthen-Job`, `Auto-Submitted`) reach the
recipient unchanged, and its model is the smaller one to load. SES takes no idempotency key, so the AWS client must be
one that calls once (`aws.ONCE`), and errors say whether the mail may have been sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError, SSLError
from botocore.exceptions import ConnectionError as NotConnected
from botocore.parsers import ResponseParserError

from whenthen.adapters.aws.client import AwsClient, code_of
from whenthen.adapters.providers.mail_writing import mime
from whenthen.domain.common.answers import Next, Row
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.ports.outgoing import WrittenMail
from whenthen.ports.reason_codes import BROKE_OFF, NO_ANSWER, NOT_REACHED, UNAVAILABLE
from whenthen.sources.outgoing_mail.mailboxes import mailbox_of

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

_EXPIRED = Row(Next.LATER)
_THROTTLED, _DAY_IS_FULL = Row(Next.NOT_NOW), Row(Next.NOT_NOW, pause=_PAUSED)
_STOPPED = Row(Next.STOP, pause=_PAUSED)

DAILY_QUOTA = "Daily message quota exceeded"
"""Words by which SES tells the quota of a day from the rate of a second, which have the same code."""

ANSWERS: Mapping[str, Row] = {
    # throttled
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "TooManyRequestsException": _THROTTLED,
    "RequestThrottled": _THROTTLED,
    "LimitExceededException": _DAY_IS_FULL,
    DAILY_QUOTA: _DAY_IS_FULL,
    # nothing was sent; the function's credentials are renewed by themselves
    "ServiceUnavailable": Row(Next.LATER),
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    # nothing is sent until somebody mends the account
    "AccountSendingPausedException": _STOPPED,
    "AccountSuspendedException": _STOPPED,
    "ConfigurationSetSendingPausedException": _STOPPED,
    "SendingPausedException": _STOPPED,
    "InvalidClientTokenId": _STOPPED,
    "SignatureDoesNotMatch": _STOPPED,
    "UnrecognizedClientException": _STOPPED,
    # refused for good
    "AccessDenied": Row(Next.NEVER, _NOT_ALLOWED),
    "AccessDeniedException": Row(Next.NEVER, _NOT_ALLOWED),
    "BadRequestException": Row(Next.NEVER, _BAD_VALUE),
    "ConfigurationSetDoesNotExist": Row(Next.NEVER, _NO_CONFIGURATION_SET),
    "ConfigurationSetDoesNotExistException": Row(Next.NEVER, _NO_CONFIGURATION_SET),
    "InvalidParameterValue": Row(Next.NEVER, _BAD_VALUE),
    "MailFromDomainNotVerified": Row(Next.NEVER, _DOMAIN_NOT_VERIFIED),
    "MailFromDomainNotVerifiedException": Row(Next.NEVER, _DOMAIN_NOT_VERIFIED),
    "MessageRejected": Row(Next.NEVER, _NOT_TAKEN),
    "ValidationError": Row(Next.NEVER, _BAD_VALUE),
}
"""SES's error codes → what happens next, and the reason for the admin where a mail is refused."""


class SesMailer:
    """Write and send mail."""

    def __init__(self, client: AwsClient, configuration_set: str | None = None) -> None:
        self._client = client
        self._reported = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def write(self, mail: Mail) -> WrittenMail:
        """Write the mail as MIME. Raises Permanent."""
        return WrittenMail(mail, mime(mail))

    def send(self, mail: WrittenMail) -> str:
        """Send the mail and return SES's message id. Raises Temporary (also Throttled), Permanent or AnswerLost."""
        sender, to = _address(mail.mail.sender), [_address(each) for each in mail.mail.recipients]
        try:
            answer = self._client.send_raw_email(
                Source=sender, Destinations=to, RawMessage={"Data": mail.raw}, **self._reported
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
    """Classify SES's error by its code; AnswerLost for a failure of SES that does not tell whether it sent."""
    code = code_of(error)
    message = error.response["Error"].get("Message", "")
    row = row_of(code, message)
    if row is None:
        failed = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
        row = Row(Next.LOST) if failed else Row(Next.NEVER, _OTHERWISE)
    if row.next is Next.NEVER:
        cause = (row.cause or _OTHERWISE)()
        return row.error(REJECTED(reason=cause, error=code, detail=message[:_LONGEST_DETAIL]), code)
    said = BROKE_OFF if row.next is Next.LOST else UNAVAILABLE
    return row.error(said(provider=_SES, error=code))


def row_of(code: str, message: str = "") -> Row | None:
    """Return what happens after an error with this code and message; None if the code is not known."""
    row = ANSWERS.get(code)
    if row is _THROTTLED and DAILY_QUOTA.lower() in message.lower():
        return ANSWERS[DAILY_QUOTA]
    return row
