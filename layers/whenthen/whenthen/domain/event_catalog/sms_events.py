"""List the events of SMS: what customers write, and what became of our messages."""

from __future__ import annotations

from typing import Any

from whenthen.domain.event_catalog.event_types import DataField, DataType, EventType, Maker

_F, _T = DataField, DataType

_RECEIVED = (
    _F("message_id", _T.TEXT, "The provider's id of the message.", required=True),
    _F("phone", _T.TEXT, "The customer's number, E.164; none where a short code or a name sent it."),
    _F("sender", _T.TEXT, "Who sent it, as the network says."),
    _F("business_phone", _T.TEXT, "The number of ours that it came to."),
    _F("text", _T.TEXT, "What was written."),
    _F("keyword", _T.TEXT, "The keyword of our number that the provider found in it."),
    _F("reply_to", _T.TEXT, "The provider's id of our message that it answers."),
    _F("automatic", _T.FLAG, "Whether no telephone sent it: it is no reply and gets none."),
)
_REPORT = (
    _F("message_id", _T.TEXT, "The provider's id of our message.", required=True),
    _F("status", _T.TEXT, "The provider's word, such as TEXT_DELIVERED or TEXT_CARRIER_BLOCKED."),
    _F("callback", _T.TEXT, "The run and the job that sent it, as run_…/job_…"),
    _F("to", _T.TEXT, "The recipient's number, E.164."),
    _F("from", _T.TEXT, "The number or sender id that it came from."),
    _F("country", _T.TEXT, "The recipient's country, ISO 3166."),
    _F("carrier", _T.TEXT, "The recipient's network."),
    _F("encoding", _T.TEXT, "GSM or Unicode."),
    _F("parts", _T.NUMBER, "Messages that the text was sent as."),
    _F("price", _T.NUMBER, "What all parts cost, in USD."),
    _F("error", _T.TEXT, "The provider's word for a failure, such as CARRIER_BLOCKED."),
    _F("reason", _T.TEXT, "The provider's explanation of a failure."),
)


def _report(name: str, description: str, status: str, **example: Any) -> EventType:
    data = {"message_id": "862a8790", "status": status, "to": "+905321234567", **example}
    derived = "AWS End User Messaging reports it about a message that a step sent"
    return EventType(f"sms.{name}", description, (Maker.RECEIVER,), derived, _REPORT, data)


SMS_EVENTS: tuple[EventType, ...] = (
    EventType(
        "sms.received",
        "A customer sent an SMS.",
        (Maker.RECEIVER, Maker.SOURCE, Maker.REPORT),
        "AWS End User Messaging receives it on one of our numbers",
        _RECEIVED,
        {"message_id": "cae173d2", "phone": "+905321234567", "text": "Yes, please"},
    ),
    _report("sent", "Our SMS is on its way.", "TEXT_SENT"),
    _report("delivered", "Our SMS arrived, or the network took it and reports no more.", "TEXT_DELIVERED", parts=1),
    _report("failed", "Our SMS could not be delivered.", "TEXT_CARRIER_BLOCKED", error="CARRIER_BLOCKED"),
    _report("unconfirmed", "Within 72 hours, no network said what became of our SMS.", "TEXT_UNKNOWN"),
    EventType(
        "sms.opted_out",
        "The recipient of an SMS has opted out at the provider, which therefore refused it.",
        (Maker.RECEIVER,),
        "AWS End User Messaging refuses a message that a step sends, for this reason",
        (
            _F("to", _T.TEXT, "The recipient's number, E.164.", required=True),
            _F("callback", _T.TEXT, "The run and the job that would have sent it."),
        ),
        {"to": "+905321234567", "callback": "run_2k/job_4x"},
    ),
    EventType(
        "sms.preference_changed",
        "A customer stopped our marketing messages by SMS, or wants them again.",
        (Maker.RECEIVER,),
        "the customer chooses so on the page of a link in our messages",
        (
            _F("category", _T.TEXT, "What it is about.", required=True),
            _F("value", _T.TEXT, "stop or resume"),
            _F("consented", _T.FLAG, "Whether such messages may be sent."),
            _F("by", _T.TEXT, "link: by a link in a message"),
            _F("way", _T.TEXT, "page"),
        ),
        {"category": "marketing_messages", "value": "stop", "consented": False, "by": "link", "way": "page"},
    ),
)
