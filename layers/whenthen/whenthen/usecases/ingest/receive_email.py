"""receive_email: a mail that SES stored, or SES's report about one of ours, becomes events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.sources.email.authentication import authentication_of_headers
from whenthen.sources.email.inbound import ReceivedMail, mail_events, rejection_of
from whenthen.sources.email.mime import Mail, read_mail
from whenthen.sources.email.outbound_reports import ses_events

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.events.event import Event
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.providers import Objects, Threads

INBOUND = "inbound/"
"""Where SES puts mail; what it puts there is named by SES's id of the mail."""

ATTACHMENTS = "attachments/"
MAX_STORED = 50
"""Attachments of one mail that are kept apart; the mail itself holds all of them."""

_SAFE_TYPE = "application/octet-stream"
"""What every attachment is stored as: nobody's browser shall run what a stranger sent. Its type is in the event."""


class ReceiveEmail(Struct, frozen=True):
    """Takes what SES delivers. A repetition writes the same objects and publishes the same events."""

    objects: Objects
    threads: Threads
    bus: Bus
    clock: Clock
    own_address: str
    further: tuple[str, ...] = ()
    """The other addresses that whenthen sends from."""

    def __call__(self, key: str, stored_at: datetime | None = None) -> ReceivedMail:
        """The mail stored at `key`, at that time (now, where nobody knows).

        Raises NotFound, TooLarge, Malformed for what is no mail; Temporary.
        """
        raw, external_id = self.objects.get(key), key.rpartition("/")[2]
        mail = read_mail(raw)
        receipt = authentication_of_headers(mail, external_id)
        refused = rejection_of(receipt)
        if refused is not None:
            return ReceivedMail(refused=refused)
        stored = self._keep_attachments(mail, external_id)
        own = {self.own_address, *self.further}
        received = mail_events(mail, receipt, raw, stored, own, stored_at or self.clock.now())
        events = self._in_thread(received.events)
        self.bus.publish(events)
        return replace(received, events=events)

    def report(self, document: Mapping[str, Any]) -> tuple[Event, ...]:
        """What SES reports of a mail that we sent. Raises Malformed for what is no report; Temporary."""
        events = ses_events(document, self.clock.now())
        if events:
            self.bus.publish(events)
        return events

    def _keep_attachments(self, mail: Mail, external_id: str) -> list[str]:
        """The keys of the attachments, in their order. Raises Temporary."""
        keys = []
        for place, attachment in enumerate(mail.attachments[:MAX_STORED], 1):
            key = f"{ATTACHMENTS}{external_id}/{place}"
            self.objects.put(key, attachment.content, _SAFE_TYPE)
            keys.append(key)
        return keys

    def _in_thread(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """The events with the run whose mail is answered, where it is known."""
        named = (event.data.get("answers_ses_ids") for event in events)
        answered: list[str] = next((found for found in named if found), [])
        run_id = self.threads.run_of(answered) if answered else None
        if run_id is None:
            return events
        return tuple(replace(event, data={**event.data, "reply_to_run": run_id}) for event in events)
