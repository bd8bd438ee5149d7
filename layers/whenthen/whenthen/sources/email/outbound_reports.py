"""Read SES's reports about mail that we sent as events, one per recipient.

The document is SES's report as in an EventBridge detail, or in the message of an SNS notification.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid, Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event, format_time, parse_time
from whenthen.domain.events.identities import email, identity
from whenthen.sources.email.address_lists import named_in
from whenthen.sources.email.automatic_mail import OWN_HEADER, RUN_HEADER
from whenthen.sources.parsing.json_body import mapping, mappings, present, text

UNKNOWN_REPORT = ReasonCode("ses.unknown_report")

MAX_RECIPIENTS = 100
"""Recipients of one mail that get an event; SES itself stops at 50."""


class Report(Struct, frozen=True):
    """Describe one kind of report.

    type        of our event
    part        field of the document with its facts
    recipients  field of that part with the recipients it is about; None: all to whom the mail went
    details     reads the data that it adds
    """

    type: str
    part: str
    recipients: str | None
    details: Callable[[Mapping[str, Any]], dict[str, Any]]


def ses_events(document: Mapping[str, Any], now: datetime) -> tuple[Event, ...]:
    """Make the events of one report. Raises Malformed if the document is none, or of an unknown kind.

    data: message_id (SES's), to, subject, job and run (of the step that sent it), tags, and the details of `REPORTS`;
    `copy` if the header To does not name the recipient, and in `main_recipients` how many it names, if several.
    """
    report = REPORTS.get(text(document.get("eventType")) or text(document.get("notificationType")) or "")
    mail = mapping(document.get("mail"))
    message_id = text(mail.get("messageId"))
    if report is None or message_id is None:
        raise Malformed(UNKNOWN_REPORT())
    part = mapping(document.get(report.part))
    time = _time(part.get("timestamp")) or _time(mail.get("timestamp")) or now
    data = {
        "message_id": message_id,
        "subject": _header(mail, "subject"),
        "job": _header(mail, OWN_HEADER),
        "run": _header(mail, RUN_HEADER),
        "tags": _tags(mail),
        **report.details(part),
    }
    sent, main = _addresses(mail.get("destination")), _main_recipients(mail)
    events = []
    for recipient in _recipients(report, part, mail)[:MAX_RECIPIENTS]:
        address = _meant(_first_address(text(recipient.get("emailAddress")) or ""), sent)
        place = {
            "copy": True if main and address not in main else None,
            "main_recipients": len(main) if len(main) > 1 else None,
        }
        events.append(_event(report.type, time, address, {**data, **_delivery(recipient), **place}))
    return tuple(events)


def _main_recipients(mail: Mapping[str, Any]) -> list[str]:
    """Return whom the header To names; empty if the report has no headers, or not all of them."""
    return [] if mail.get("headersTruncated") is True else _addresses(mapping(mail.get("commonHeaders")).get("to"))


def _addresses(value: Any) -> list[str]:
    """Return the addresses of a list of texts, each once."""
    listed = value if isinstance(value, list) else []
    found = (_first_address(each) for each in listed[:MAX_RECIPIENTS] if isinstance(each, str))
    return list(dict.fromkeys(address for address in found if address))


def _meant(address: str | None, sent: Sequence[str]) -> str | None:
    """Return the recipient whom a report is about: the only one, even if it names where their host forwarded to."""
    return sent[0] if len(sent) == 1 else address


def _recipients(report: Report, part: Mapping[str, Any], mail: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return objects with an `emailAddress`: those that the report names, else all to whom the mail went."""
    named = part.get(report.recipients) if report.recipients else mail.get("destination")
    listed = named if isinstance(named, list) else []
    return mappings(listed) + [{"emailAddress": address} for address in listed if isinstance(address, str)]


def _delivery(recipient: Mapping[str, Any]) -> dict[str, Any]:
    reason = text(recipient.get("diagnosticCode"))
    return {"status": text(recipient.get("status")), "reason": reason[:500] if reason else None}


def _event(type_: str, time: datetime, address: str | None, data: dict[str, Any]) -> Event:
    facts = present({**data, "to": address})
    external_id = ":".join(("ses", data["message_id"], type_, address or "", format_time(time), facts.get("link", "")))
    return Event(
        id=ids.event_id("email", external_id),
        source="email",
        type=type_,
        time=time,
        identities=(identity("email", address),) if address else (),
        data=facts,
        origin="source:email",
    )


def _first_address(written: str) -> str | None:
    return next((address for _, one in named_in(written) if (address := email(one))), None)


def _header(mail: Mapping[str, Any], name: str) -> str | None:
    for header in mappings(mail.get("headers")):
        if str(header.get("name")).lower() == name:
            return text(header.get("value"))
    return text(mapping(mail.get("commonHeaders")).get(name))


def _tags(mail: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the tags that the sender set, without SES's own."""
    return {name: value for name, value in mapping(mail.get("tags")).items() if not name.startswith("ses:")} or None


def _time(value: Any) -> datetime | None:
    try:
        return parse_time(value, "timestamp")
    except Invalid:
        return None


def _nothing(_part: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _bounce(part: Mapping[str, Any]) -> dict[str, Any]:
    """Read a bounce. `permanent`: the address will never accept mail, so it must not get any more."""
    kind = text(part.get("bounceType"))
    return {"bounce_type": kind, "bounce_subtype": text(part.get("bounceSubType")), "permanent": kind == "Permanent"}


def _complaint(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"feedback_type": text(part.get("complaintFeedbackType")), "user_agent": text(part.get("userAgent"))}


def _delay(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"delay_type": text(part.get("delayType")), "expires_at": text(part.get("expirationTime"))}


def _click(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"link": text(part.get("link")), "user_agent": text(part.get("userAgent"))}


def _open(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"user_agent": text(part.get("userAgent"))}


def _reject(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"rejected_because": text(part.get("reason"))}


def _rendering(part: Mapping[str, Any]) -> dict[str, Any]:
    return {"template": text(part.get("templateName")), "error": text(part.get("errorMessage"))}


def _subscription(part: Mapping[str, Any]) -> dict[str, Any]:
    wanted = mapping(part.get("newTopicPreferences"))
    return {
        "contact_list": text(part.get("contactList")),
        "unsubscribed_from_all": wanted.get("unsubscribeAll") is True,
    }


REPORTS: dict[str, Report] = {
    "Send": Report("email.sent", "send", None, _nothing),
    "Delivery": Report("email.delivered", "delivery", "recipients", _nothing),
    "Bounce": Report("email.bounced", "bounce", "bouncedRecipients", _bounce),
    "Complaint": Report("email.complained", "complaint", "complainedRecipients", _complaint),
    "Reject": Report("email.rejected", "reject", None, _reject),
    "Open": Report("email.opened", "open", None, _open),
    "Click": Report("email.clicked", "click", None, _click),
    "Rendering Failure": Report("email.rendering_failed", "failure", None, _rendering),
    "DeliveryDelay": Report("email.delayed", "deliveryDelay", "delayedRecipients", _delay),
    "Subscription": Report("email.subscription_changed", "subscription", None, _subscription),
}
"""SES's `eventType` (or `notificationType`, in older notifications) → the kind of report."""
