"""reconcile_leads: find leads whose webhook was lost, and queue them like every notified lead.

A lead is missed if no event of it was ever planned. It is queued as if its webhook had come. Its record and event have
the same ids either way, so a lead that both bring happens once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import Permanent, Temporary
from whenthen.domain.common.stored_reasons import bounded
from whenthen.sources.meta.lead_forms import OVERLAP, forms_to_ask, read_lead_settings
from whenthen.sources.meta.leads import lead_event_id
from whenthen.sources.meta.notification import lead_ref

if TYPE_CHECKING:
    from whenthen.ports.administration import SettingStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import EventLog
    from whenthen.ports.providers import Graph, LeadForms, LeadQueue
    from whenthen.ports.values import LeadPage
    from whenthen.sources.meta.lead_forms import LeadForm
    from whenthen.sources.meta.notification import LeadRef

MAX_CALLS = 25
"""Calls to Meta in one sweep; the next sweep does the rest."""

SLICE = timedelta(seconds=200)
"""Time during which a sweep makes calls: its function may run for 300 s, and the last call needs its time."""

MAX_SILENT = 2
"""Forms in a row without an answer, after which a sweep ends: Meta is out of reach."""

MAX_REASON = 1_000
"""Bytes of the reason for which Meta refused a form, as JSON."""


class Reconciled(Struct, frozen=True):
    """Count the forms that a sweep compared, the missed leads, and the forms that Meta refused or throttled."""

    forms: int = 0
    missed: int = 0
    refused: int = 0
    postponed: int = 0


class _Asked(Struct, frozen=True):
    """Hold a form after a sweep. `stop`: Meta's rate limit is reached, which the other forms share."""

    form: LeadForm
    calls: int
    postponed: bool = False
    stop: bool = False


class ReconcileLeads(Struct, frozen=True):
    """Compare the forms that are due, in one sweep. `memory` is the time for which the log knows events."""

    graph: Graph
    forms: LeadForms
    leads: LeadQueue
    log: EventLog
    settings: SettingStore
    clock: Clock
    memory: timedelta

    def __call__(self) -> Reconciled:
        """Compare due forms, and queue their missed leads. Raises Temporary if AWS is out of reach.

        If Meta is out of reach or throttles, later sweeps continue. Each page is remembered once its leads are queued,
        so the next sweep resumes there, however a sweep ended.
        """
        settings = read_lead_settings(self.settings.get("leads"))
        start = self.clock.now()
        done, left, silent = Reconciled(), MAX_CALLS, 0
        for form in forms_to_ask(self.forms.all(), settings, start):
            asked = self._ask(form, left, start + SLICE)
            left -= asked.calls
            silent = silent + 1 if asked.postponed else 0
            done = Reconciled(
                forms=done.forms + 1,
                missed=done.missed + asked.form.missed - form.missed,
                refused=done.refused + bool(asked.form.error),
                postponed=done.postponed + asked.postponed,
            )
            if asked.stop or left <= 0 or silent == MAX_SILENT or self.clock.now() >= start + SLICE:
                break
        return done

    def _ask(self, form: LeadForm, most: int, end: datetime) -> _Asked:
        """Compare at most `most` pages of the form, and none after `end`; the form is saved after each."""
        form = form.begins_at(self.clock.now())
        # Further back the log knows no events, and each lead would seem missed.
        since = max(form.since - OVERLAP, self.clock.now() - self.memory)
        for call in range(1, most + 1):
            try:
                page = self.graph.leads(form.id, since, form.after)
            except Temporary as error:
                form = form.postponed(self.clock.now())
                self.forms.save(form)
                return _Asked(form, call, postponed=True, stop=error.retry_after is not None)
            except Permanent as error:
                form = form.refused(self.clock.now(), bounded(error.reason, MAX_REASON))
            else:
                form = self._note(form, page)
            self.forms.save(form)
            if form.after is None or self.clock.now() >= end:
                return _Asked(form, call)
        return _Asked(form, most)

    def _note(self, form: LeadForm, page: LeadPage) -> LeadForm:
        """Queue the page's missed leads; returns the form after the page."""
        until = form.until()
        found = [(ref, _submitted(ref, until)) for row in page.rows if (ref := lead_ref(row, form.page_id)) is not None]
        ripe = [replace(ref, form_id=form.id) for ref, submitted in found if submitted <= until]
        known = self.log.known([lead_event_id(ref.leadgen_id) for ref in ripe])
        waiting = set(form.queued)
        missed = [ref for ref in ripe if lead_event_id(ref.leadgen_id) not in known and ref.leadgen_id not in waiting]
        if missed:
            self.leads.send(missed)
        newest = max((submitted for _, submitted in found), default=None)
        ids = [ref.leadgen_id for ref in missed]
        return form.went(self.clock.now(), after=page.after, missed=ids, newest=newest)


def _submitted(ref: LeadRef, otherwise: datetime) -> datetime:
    """Return the time at which the lead was submitted; `otherwise` if the list does not give it."""
    return otherwise if ref.created_time is None else datetime.fromtimestamp(ref.created_time, UTC)
