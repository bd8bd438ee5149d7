"""Read a notification of AWS End User Messaging's topic: an SMS that came in, or a report about one of ours.

A topic's message comes as it is, or within SNS's envelope where the subscription does not deliver it raw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.sources.parsing.json_body import mapping
from whenthen.sources.sms.inbound import inbound_events
from whenthen.sources.sms.reports import report_event

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event

# The message is neither an SMS that came in, nor a report about one of ours.
NOT_ABOUT_SMS = ReasonCode("message.not_about_sms")


def sms_events(document: Mapping[str, Any], now: datetime) -> tuple[Event, ...]:
    """Make the events of one notification. `now`: when it arrived. Raises Malformed if it is none that is known."""
    message = _message(document)
    if "inboundMessageId" in message:
        return inbound_events(message, now)
    if "eventType" in message:
        return (report_event(message, now),)
    raise Malformed(NOT_ABOUT_SMS())


def _message(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take the message out of SNS's envelope, if it is in one."""
    enclosed = document.get("Message") if document.get("Type") == "Notification" else None
    if not isinstance(enclosed, str):
        return document
    try:
        return mapping(json.loads(enclosed))
    except (ValueError, RecursionError) as error:
        raise Malformed(NOT_ABOUT_SMS()) from error
