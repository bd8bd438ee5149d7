"""receive_email: make events of a mail that SES stored, or of SES's report about one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.events.arrival import arrived
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
"""Prefix under which SES stores mail, each object named by SES's id of the mail."""

ATTACHMENTS = "attachments/"
MAX_STORED = 50
"""Attachments of one mail that are stored apart; the mail itself holds all of them."""

_SAFE_TYPE = "application/octet-stream"
"""Content type of every stored attachment: no browser may run a file that anybody sent. The event has its own type."""


class ReceiveEmail(Struct, frozen=True):
    """Receive mail and reports from SES. A redelivery writes the same objects and publishes the same events."""

    objects: Objects
    threads: Threads
    bus: Bus
    clock: Clock
    own_address: str
    further: tuple[str, ...] = ()
    """The other addresses that whenthen sends from."""

    def __call__(self, key: str, stored_at: datetime | None = None) -> ReceivedMail:
        """Receive the mail stored at `key`, at the time `stored_at` (None: now).

        Raises NotFound, TooLarge; Malformed if it is no mail; Temporary.
        """
        raw, external_id = self.objects.get(key), key.rpartition("/")[2]
        mail = read_mail(raw)
        receipt = authentication_of_headers(mail, external_id)
        rejection = rejection_of(receipt)
        if rejection is not None:
            return ReceivedMail(rejection=rejection)
        stored = self._keep_attachments(mail, external_id)
        own = {self.own_address, *self.further}
        received = mail_events(mail, receipt, raw, stored, own, stored_at or self.clock.now())
        events = self._in_thread(received.events)
        self.bus.publish(events)
        return replace(received, events=events)

    def report(self, document: Mapping[str, Any]) -> tuple[Event, ...]:
        """Publish the events of SES's report about a mail that we sent. Raises Malformed if it is none; Temporary."""
        now = self.clock.now()
        events = tuple(arrived(event, now) for event in ses_events(document, now))
        if events:
            self.bus.publish(events)
        return events

    def _keep_attachments(self, mail: Mail, external_id: str) -> list[str]:
        """Store the attachments; returns their keys, in their order. Raises Temporary."""
        keys = []
        for place, attachment in enumerate(mail.attachments[:MAX_STORED], 1):
            key = f"{ATTACHMENTS}{external_id}/{place}"
            self.objects.put(key, attachment.content, _SAFE_TYPE)
            keys.append(key)
        return keys

    def _in_thread(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Add the run whose mail is answered to the events, if it is known."""
        named = (event.data.get("answers_ses_ids") for event in events)
        answered: list[str] = next((found for found in named if found), [])
        run_id = self.threads.run_of(answered) if answered else None
        if run_id is None:
            return events
        return tuple(replace(event, data={**event.data, "reply_to_run": run_id}) for event in events)
