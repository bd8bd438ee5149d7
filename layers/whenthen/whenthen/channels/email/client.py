"""Mailer on SES.

SendRawEmail of SES's first API: our own headers (`X-Whenthen-Job`, `Auto-Submitted`) reach the recipient as
they are, and its model is the smaller one to load. SES takes no idempotency key, so the
client must be one that calls once (`aws.ONCE`), and what may have been sent is told apart from what was not.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError, SSLError
from botocore.exceptions import ConnectionError as NotConnected
from botocore.parsers import ResponseParserError

from whenthen.adapters.aws.client import AwsClient, code_of
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary, Throttled
from whenthen.ports.values import WrittenMail

if TYPE_CHECKING:
    from whenthen.ports.values import Mail

_POLICY = SMTP.clone(cte_type="7bit")
_PAUSED = 900.0

NOT_NOW: dict[str, float | None] = {
    "Throttling": None,
    "ThrottlingException": None,
    "TooManyRequestsException": None,
    "RequestThrottled": None,
    "LimitExceededException": _PAUSED,
}
"""Rejections for the rate or the amount of mails, which are no attempts, and the pause in seconds."""

LATER: dict[str, float | None] = {
    "ServiceUnavailable": None,
    "AccountSendingPausedException": _PAUSED,
    "ConfigurationSetSendingPausedException": _PAUSED,
    "ExpiredToken": None,
    "ExpiredTokenException": None,
    "InvalidClientTokenId": _PAUSED,
    "SignatureDoesNotMatch": _PAUSED,
}
"""Rejections that say that nothing was sent and that it may be tried again, and after how many seconds."""


class SesMailer:
    """Outgoing mail, one recipient each."""

    def __init__(self, client: AwsClient, configuration_set: str | None = None) -> None:
        self._client = client
        self._reported = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def write(self, mail: Mail) -> WrittenMail:
        """The mail as MIME. Raises Permanent."""
        return WrittenMail(mail, mime(mail))

    def send(self, mail: WrittenMail) -> str:
        """The provider's message id. Raises Temporary (Throttled where it was too much), Permanent or AnswerLost."""
        to, sender = mail.mail.to, mail.mail.sender
        try:
            answer = self._client.send_raw_email(
                Source=sender, Destinations=[to], RawMessage={"Data": mail.raw}, **self._reported
            )
        except ClientError as error:
            raise _refusal(error) from error
        except SSLError as error:  # in the handshake, or in the middle: it does not say
            raise AnswerLost(f"SES gave no answer: {type(error).__name__}") from error
        except (NotConnected, NoCredentialsError, PartialCredentialsError) as error:
            raise Temporary(f"SES was not reached: {type(error).__name__}") from error
        except (BotoCoreError, ResponseParserError) as error:
            raise AnswerLost(f"SES gave no answer: {type(error).__name__}") from error
        return str(answer["MessageId"])


def mime(mail: Mail) -> bytes:
    """The mail as MIME, in seven bits. Raises Permanent for header values that hold line breaks."""
    message = EmailMessage(policy=_POLICY)
    headers = {
        "From": mail.sender,
        "To": mail.to,
        "Subject": mail.subject,
        **({"Reply-To": mail.reply_to} if mail.reply_to else {}),
        **mail.headers,
    }
    for name, value in headers.items():
        if any(ord(character) < 32 or ord(character) == 127 for character in f"{name}{value}"):
            raise Permanent(f"the header {name!r} holds a line break or another control character")
    try:
        for name, value in headers.items():
            message[name] = value
        if mail.text or not mail.html:
            message.set_content(mail.text)
        if mail.html and mail.text:
            message.add_alternative(mail.html, subtype="html")
        elif mail.html:
            message.set_content(mail.html, subtype="html")
        return message.as_bytes()
    except (ValueError, LookupError) as error:
        raise Permanent(f"the mail cannot be written: {error}") from error


def _refusal(error: ClientError) -> Temporary | Permanent | AnswerLost:
    """What SES's refusal means for the job."""
    code = code_of(error)
    if code in NOT_NOW:
        return Throttled(f"SES: {code}", retry_after=NOT_NOW[code])
    if code in LATER:
        return Temporary(f"SES: {code}", retry_after=LATER[code])
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return AnswerLost(f"SES broke off: {code}")
    return Permanent(f"SES refused the mail: {code}: {error.response['Error'].get('Message', '')}", code=code)
