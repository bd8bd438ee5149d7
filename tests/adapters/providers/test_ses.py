"""Check mail through SES: what goes out, and how errors are classified."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from msgspec.structs import replace

from tests.adapters.samples import client_error
from whenthen.adapters.aws import client as aws
from whenthen.adapters.providers.ses import SesMailer, mime
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary, Throttled, WhenthenError
from whenthen.domain.common.reasons import Reason
from whenthen.ports.outgoing import Mail

MAIL = Mail(
    sender="Ayşe & Co <hello@example.com>",
    to="budi@example.org",
    subject="Ödeme alındı: 1.000 ₺",
    text="Teşekkürler!\nKendinize iyi bakın.",
    headers={"X-Whenthen-Job": "job_1", "Auto-Submitted": "auto-generated"},
)


def _read(mail: Mail) -> EmailMessage:
    found = message_from_bytes(mime(mail), policy=default)
    assert isinstance(found, EmailMessage)
    return found


def _send(client: Any, mail: Mail) -> str:
    mailer = SesMailer(client)
    return mailer.send(mailer.write(mail))


def _content(part: Any) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_mail_in_text() -> None:
    found = _read(MAIL)
    assert found["Subject"] == MAIL.subject
    assert found["From"].addresses[0].addr_spec == "hello@example.com"
    assert found["From"].addresses[0].display_name == "Ayşe & Co"
    assert (found["To"], found["X-Whenthen-Job"], found["Auto-Submitted"]) == (MAIL.to, "job_1", "auto-generated")
    assert found["Reply-To"] is None
    assert found.get_content_type() == "text/plain"
    assert _content(found) == "Teşekkürler!\nKendinize iyi bakın.\n"


def test_a_mail_in_both_forms() -> None:
    found = _read(replace(MAIL, html="<p>Teşekkürler</p>", reply_to=("desk@example.com",)))
    assert found["Reply-To"] == "desk@example.com"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    assert _content(found.get_body(("html",))) == "<p>Teşekkürler</p>\n"


def test_a_mail_in_html_alone_or_empty() -> None:
    read = _read(replace(MAIL, text="", html="<p>x</p>"))
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
    assert _content(_read(replace(MAIL, text=""))) == "\n"


def test_only_seven_bits_go_out() -> None:
    raw = mime(replace(MAIL, text="ş" * 2_000, html="<p>日本</p>" * 500))
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize("broken", ["a\r\nBcc: all@example.com", "a\nX: 1", "a\rX: 1", "a\x00b", "a\x0bb"])
@pytest.mark.parametrize("field", ["sender", "to", "subject", "reply_to", "headers", "names"])
def test_a_header_cannot_become_two(field: str, broken: str) -> None:
    value: Any = {"headers": {"X-A": broken}, "names": {broken: "x"}, "reply_to": (broken,)}.get(field, broken)
    with pytest.raises(Permanent):
        mime(replace(MAIL, **{"headers" if field == "names" else field: value}))


def test_it_is_sent_to_its_recipient_alone_under_its_sender(clients: Callable[[str], Any]) -> None:
    class Recording:
        def send_raw_email(self, **request: Any) -> dict[str, str]:
            self.request = request
            return {"MessageId": "ses-1"}

    client = Recording()
    assert _send(client, MAIL) == "ses-1"
    assert client.request["Destinations"] == [MAIL.to]
    assert client.request["Source"] == "hello@example.com"
    assert client.request["RawMessage"]["Data"] == mime(MAIL)


def test_the_real_client_takes_the_request(clients: Callable[[str], Any]) -> None:
    client = clients("ses")
    client.verify_email_identity(EmailAddress="hello@example.com")
    assert _send(client, replace(MAIL, sender="hello@example.com"))
    with pytest.raises(Permanent) as caught:
        _send(client, replace(MAIL, sender="stranger@example.net"))
    assert caught.value.reason.code == "mail.rejected"
    assert caught.value.reason.params["error"] == "MessageRejected"
    assert caught.value.reason.params["reason"] == Reason("mail.not_taken")


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("AccessDenied", "mail.sender_not_allowed"),
        ("MailFromDomainNotVerifiedException", "mail.from_domain_not_verified"),
        ("SomethingNew", "mail.rejected_otherwise"),
    ],
)
def test_a_rejection_names_its_cause_and_quotes_ses(code: str, cause: str) -> None:
    class Failing:
        def send_raw_email(self, **_request: Any) -> None:
            raise client_error(code, 400)

    with pytest.raises(Permanent) as caught:
        _send(Failing(), MAIL)
    params = caught.value.reason.params
    assert (params["reason"], params["error"], caught.value.code) == (Reason(cause), code, code)


_URL = "https://email.aws.example"


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        # nothing was sent
        (EndpointConnectionError(endpoint_url=_URL), Temporary),
        (ConnectTimeoutError(endpoint_url=_URL), Temporary),
        (NoCredentialsError(), Temporary),
        (client_error("Throttling", 400), Throttled),
        (client_error("TooManyRequestsException", 429), Throttled),
        (client_error("LimitExceededException", 400), Throttled),
        (client_error("ServiceUnavailable", 503), Temporary),
        (client_error("AccountSendingPausedException", 400), Temporary),
        # never will be
        (client_error("AccessDenied", 403), Permanent),
        (client_error("AccessDeniedException", 403), Permanent),
        (client_error("MessageRejected", 400), Permanent),
        (client_error("MailFromDomainNotVerifiedException", 400), Permanent),
        (client_error("InvalidParameterValue", 400), Permanent),
        (client_error("ConfigurationSetDoesNotExist", 400), Permanent),
        # may have been
        (ReadTimeoutError(endpoint_url=_URL), AnswerLost),
        (ConnectionClosedError(endpoint_url=_URL), AnswerLost),
        (SSLError(endpoint_url=_URL, error=OSError("bad record")), AnswerLost),
        (client_error("InternalFailure", 500), AnswerLost),
    ],
    ids=lambda value: getattr(value, "__name__", str(value))[:60],
)
def test_errors_of_ses_are_classified(error: Exception, meaning: type[WhenthenError]) -> None:
    class Failing:
        def send_raw_email(self, **_request: Any) -> None:
            raise error

    with pytest.raises(meaning) as raised:
        _send(Failing(), MAIL)
    assert isinstance(raised.value, Throttled) == (meaning is Throttled)


def test_the_client_for_sending_calls_once() -> None:
    retries: dict[str, Any] = aws.ONCE.retries  # type: ignore[attr-defined]
    assert retries["total_max_attempts"] == 1
