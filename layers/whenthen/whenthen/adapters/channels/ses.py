"""Amazon SES: outgoing mail as raw MIME, so that our own headers arrive.

SES takes no idempotency key. The client must not repeat a call by itself: build it with `aws.ONCE`.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError

from whenthen.adapters.aws import AwsClient, code_of, is_transient
from whenthen.domain.errors import AnswerLost, Invalid, Permanent, Temporary
from whenthen.ports import Mail

_NOT_SENT = (EndpointConnectionError, ConnectTimeoutError)


class SesMailer:
    """Sends through SES with `SendRawEmail`."""

    def __init__(self, client: AwsClient) -> None:
        self._client = client

    def send(self, mail: Mail) -> str:
        """SES's message id. Raises Invalid, Temporary, Permanent or AnswerLost."""
        raw = mime(mail)
        try:
            answer = self._client.send_raw_email(Source=mail.sender, Destinations=[mail.to], RawMessage={"Data": raw})
        except ClientError as error:
            reason = f"SES: {code_of(error)}: {error.response.get('Error', {}).get('Message', '')}"[:300]
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status >= 500:
                raise AnswerLost(reason) from error
            if is_transient(error):
                raise Temporary(reason) from error
            raise Permanent(reason, code=code_of(error)) from error
        except _NOT_SENT as error:
            raise Temporary("SES cannot be reached") from error
        except HTTPClientError as error:
            raise AnswerLost(f"SES did not answer: {type(error).__name__}") from error
        return str(answer["MessageId"])


def mime(mail: Mail) -> bytes:
    """The mail as MIME. Raises Invalid for a header value with a line break, which could become a header."""
    message = EmailMessage(policy=SMTP)
    headers = {"From": mail.sender, "To": mail.to, "Subject": mail.subject, "Reply-To": mail.reply_to, **mail.headers}
    for name, value in headers.items():
        if "\r" in value or "\n" in value:
            raise Invalid.field(name, "must not hold a line break")
        if value:
            message[name] = value
    if mail.text or not mail.html:
        message.set_content(mail.text)
    if mail.html and mail.text:
        message.add_alternative(mail.html, subtype="html")
    elif mail.html:
        message.set_content(mail.html, subtype="html")
    return message.as_bytes()
