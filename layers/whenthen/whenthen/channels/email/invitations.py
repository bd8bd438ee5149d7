"""Read a step's calendar invitation.

The UID follows from the record and the name of the appointment, and SEQUENCE from the clock and from what earlier steps
of the run sent, so that a later step or another rule updates or cancels the same entry without a look-up.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.truths import truth_of
from whenthen.domain.records.consent import mapping_of
from whenthen.domain.temporal.clocks import in_utc
from whenthen.domain.temporal.time_values import read_point
from whenthen.domain.temporal.time_zones import utc
from whenthen.ports.outgoing import Invitation
from whenthen.sources.outgoing_mail.mailboxes import mailbox_of

if TYPE_CHECKING:
    from datetime import tzinfo

MINUTES = 60
"""Length of an appointment of which neither end nor length is given."""

MAX_MINUTES = 44_640
MAX_TEXT = 2_000

_WHOLE = re.compile(r"\d{1,6}", re.ASCII)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_TICK = timedelta(milliseconds=250)
"""Unit of SEQUENCE: the finest whose count since the epoch fits 31 bits for long, until 2037."""

# The invitation has no date or time, or `value` is none.
NO_START = ReasonCode("mail.invitation_without_start", "value")
BAD_END = ReasonCode("mail.invitation_ends_early", "value")


def read_invitation(
    given: Mapping[str, Any], context: Mapping[str, Any], subject: str, own: str, now: datetime
) -> Invitation:
    """Read a rendered invitation. `own`: the stack's address, by whose domain the UID is unique. Raises Invalid."""
    zone = context.get("zone") or utc()
    start = _point(given.get("starts_at"), zone)
    if start is None:
        raise Invalid.field("with.invitation.starts_at", NO_START(value=_text(given.get("starts_at"))))
    uid = _uid(context, _text(given.get("name")), own)
    return Invitation(
        uid=uid,
        sequence=max((now - _EPOCH) // _TICK, _last_sequence(context, uid) + 1),
        stamp=now,
        starts_at=start,
        ends_at=_end(given, start, zone),
        title=_text(given.get("title")) or subject,
        location=_text(given.get("location")),
        description=_text(given.get("description")),
        cancelled=truth_of(given.get("cancelled")) is True,
    )


def sent_invitation(invitation: Invitation | None) -> dict[str, Any]:
    """Return the part of a job's result by which later steps of the run number their mails."""
    return {"invitation": {"uid": invitation.uid, "sequence": invitation.sequence}} if invitation else {}


def _last_sequence(context: Mapping[str, Any], uid: str) -> int:
    """Return the highest SEQUENCE that earlier steps of the run gave this appointment; 0 if none did."""
    sent = [mapping_of(mapping_of(result).get("invitation")) for result in (context.get("steps") or {}).values()]
    numbers = [each.get("sequence") for each in sent if each.get("uid") == uid]
    return max((number for number in numbers if isinstance(number, int)), default=0)


def _uid(context: Mapping[str, Any], name: str, own: str) -> str:
    """Derive the UID from the run's record, else from its event, and the name of the appointment."""
    subject = (context.get("record") or {}).get("ref") or context["event"]["id"]
    digest = hashlib.sha256(f"{subject}\n{name}".encode()).hexdigest()[:32]
    mailbox = mailbox_of(own)
    return f"{digest}@{(mailbox.ascii_address if mailbox else own).rpartition('@')[2]}"


def _point(value: Any, zone: tzinfo) -> date | datetime | None:
    """Return a moment in UTC, or a day. None for other values."""
    point = read_point(value.strip() if isinstance(value, str) else value)
    if isinstance(point, datetime):
        return in_utc(point, zone)
    return point if isinstance(point, date) else None


def _end(given: Mapping[str, Any], start: date | datetime, zone: tzinfo) -> date | datetime:
    """Return the end, which of a whole day is the day after it. Raises Invalid for one that is not behind the start."""
    written = given.get("ends_at")
    if written not in (None, ""):
        end = _point(written, zone)
        if isinstance(end, datetime) == isinstance(start, datetime) and end is not None and end >= start:
            return end if isinstance(end, datetime) else end + timedelta(days=1)
        raise Invalid.field("with.invitation.ends_at", BAD_END(value=_text(written)))
    if not isinstance(start, datetime):
        return start + timedelta(days=1)
    written = _text(given.get("minutes")).strip() or str(MINUTES)
    if not _WHOLE.fullmatch(written) or not 0 < int(written) <= MAX_MINUTES:
        raise Invalid.field("with.invitation.minutes", BAD_END(value=written))
    return start + timedelta(minutes=int(written))


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:MAX_TEXT]
