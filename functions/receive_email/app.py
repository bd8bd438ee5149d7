"""The mail queue: mail that SES stored in the bucket, and SES's reports about mail that we sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from whenthen.domain.common.errors import Invalid, Malformed
from whenthen.domain.events.event import parse_time
from whenthen.runtime.observability import count, logger, metrics
from whenthen.runtime.queue_consumer import NOT_ABOUT_MAIL, consume
from whenthen.runtime.wiring import wired

SETUP = "AMAZON_SES_SETUP_NOTIFICATION"
"""Name of the object that SES puts into the bucket when a receipt rule is made."""


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Each message is a notification of S3, or an envelope of EventBridge with a report of SES."""
    return consume(event, receive, wired().messages, context)


def receive(message: Mapping[str, Any]) -> None:
    """Raises Malformed for a message that is neither."""
    match message:
        case {"Event": "s3:TestEvent"}:
            return
        case {"Records": [{"s3": {"object": {"key": str(key)}}} as told]}:
            _receive_mail(unquote_plus(key), _time(told.get("eventTime")))
        case {"source": "aws.ses", "detail": dict(report)}:
            count("EventsReceived", len(wired().receive_email.report(report)))
        case _:
            raise Malformed(NOT_ABOUT_MAIL())


def _time(written: Any) -> datetime | None:
    """When S3 stored the mail: the same however often the message comes."""
    try:
        return parse_time(written, "eventTime")
    except Invalid:
        return None


def _receive_mail(key: str, stored_at: datetime | None) -> None:
    if key.endswith(SETUP):
        return
    received = wired().receive_email(key, stored_at)
    count("EventsReceived", len(received.events))
    if received.rejection:
        logger.warning("mail refused", reason=str(received.rejection), key=key)
        count("MailRefused")
