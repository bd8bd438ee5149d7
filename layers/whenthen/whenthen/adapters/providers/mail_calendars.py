"""Write an invitation as iCalendar (RFC 5545, RFC 5546)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from whenthen.sources.outgoing_mail.mailboxes import mailbox_of
from whenthen.sources.outgoing_mail.texts import calendar_text

if TYPE_CHECKING:
    from whenthen.ports.outgoing import Invitation, Mail


_OF_ADDRESSES = "@+!$'*="
"""Characters of an address that stand in a `mailto:` as they are (RFC 6068): `?` and `%` would end or change it."""


def method_of(invitation: Invitation) -> str:
    """Return iCalendar's method of an invitation."""
    return "CANCEL" if invitation.cancelled else "REQUEST"


def calendar_of(invitation: Invitation, mail: Mail) -> bytes:
    """Write the invitation with the mail's sender as organizer and its visible recipients as attendees."""
    from icalendar import Calendar, Event, vCalAddress  # noqa: PLC0415 - 0.2 s, which only an invitation costs

    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//whenthen//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method_of(invitation))
    for name, value in (
        ("uid", invitation.uid),
        ("sequence", invitation.sequence),
        ("dtstamp", invitation.stamp.replace(microsecond=0)),
        ("dtstart", invitation.starts_at),
        ("dtend", invitation.ends_at),
        ("summary", calendar_text(invitation.title)),
        ("location", calendar_text(invitation.location)),
        ("description", calendar_text(invitation.description)),
        ("status", "CANCELLED" if invitation.cancelled else "CONFIRMED"),
    ):
        if value != "":
            event.add(name, value)
    event.add("organizer", vCalAddress(_address_of(mail.sender)))
    for each in (mail.to, *mail.others, *mail.cc):
        attendee = vCalAddress(_address_of(each))
        attendee.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"})
        event.add("attendee", attendee)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address_of(text: str) -> str:
    found = mailbox_of(text)
    return f"mailto:{quote(found.ascii_address if found else text, safe=_OF_ADDRESSES)}"
