"""fetch_lead: fetch a notified lead's fields, and make a record and an event of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import backoff, ids
from whenthen.domain.common.errors import Permanent, Throttled
from whenthen.domain.events.arrival import arrived
from whenthen.ports.values import SourceUpdate
from whenthen.sources.meta.lead_forms import LeadForm, is_form_id
from whenthen.sources.meta.leads import lead_event, lead_fields

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.providers import Graph, LeadForms, LeadQueue
    from whenthen.sources.meta.notification import LeadRef
    from whenthen.usecases.records.save_record import SaveRecord

KIND = "lead"


class FetchLead(Struct, frozen=True):
    """Fetch leads that Meta notified.

    The record is written first, so that the event's rules find it. A duplicate changes neither, and does not bring
    back a record that was deleted since. While Meta throttles (an app's limit lasts up to a day), the lead goes back
    to its queue in a message of its own.
    """

    graph: Graph
    save_record: SaveRecord
    bus: Bus
    leads: LeadQueue
    forms: LeadForms
    clock: Clock
    default_country: str | None

    def __call__(self, lead: LeadRef) -> Event | None:
        """Publish the lead's event and return it; None if the lead went back to its queue.

        Raises Temporary for a retry, Permanent or Malformed if Meta will never give the lead.
        """
        try:
            document, now = self.graph.lead(lead.leadgen_id), self.clock.now()
        except Throttled as error:
            self._postpone(lead, error)
            return None
        event = arrived(lead_event(lead, document, self.default_country, now), now)
        fields = {"status": "new", **lead_fields(document, self.default_country)}
        update = SourceUpdate(ids.source_update_id(event.id, KIND), event.source, heard=now)
        record = self.save_record.insert_once(update, KIND, lead.leadgen_id, fields, origin=event.origin)
        event = replace(event, subject=record.ref)
        self.bus.publish([event])
        form_id = lead.form_id or fields.get("form_id")
        if is_form_id(form_id):  # from now on the form is compared for leads whose webhooks are lost
            page_id, submitted = lead.page_id, event.time
            self.forms.note(LeadForm.known_from(form_id, submitted, page_id=page_id, last_lead=submitted))
        return event

    def _postpone(self, lead: LeadRef, error: Throttled) -> None:
        """Send the lead back to its queue. Raises Permanent if that has gone on for too long."""
        now = self.clock.now()
        since = now if lead.postponed_since is None else datetime.fromtimestamp(lead.postponed_since, UTC)
        if backoff.is_over(since, now):
            raise Permanent(backoff.given_up(error.reason)) from error
        times = lead.postponed + 1
        delay = backoff.pause(lead.leadgen_id, times, error.retry_after)
        self.leads.send([replace(lead, postponed=times, postponed_since=int(since.timestamp()))], delay=delay)
