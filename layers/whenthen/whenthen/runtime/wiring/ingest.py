"""Wire the use cases that receive, fetch and publish events."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from whenthen.runtime.wiring.enrolments import EnrolmentsWiring
from whenthen.runtime.wiring.fresh import fresh
from whenthen.runtime.wiring.records import RecordsWiring

if TYPE_CHECKING:
    from whenthen.usecases.ingest.fetch_lead import FetchLead
    from whenthen.usecases.ingest.fire_due_dates import FireDueDates
    from whenthen.usecases.ingest.publish_changes import PublishChanges
    from whenthen.usecases.ingest.receive_email import ReceiveEmail
    from whenthen.usecases.ingest.receive_meta import ReceiveMeta
    from whenthen.usecases.ingest.receive_webhook import ReceiveWebhook
    from whenthen.usecases.ingest.reconcile_leads import ReconcileLeads
    from whenthen.usecases.ingest.send_event import SendEvent
    from whenthen.usecases.ingest.update_consent import TakeOverRefusals
    from whenthen.usecases.matching.settle_idle import SettleIdle
    from whenthen.usecases.messages.receive_sms import ReceiveSms
    from whenthen.usecases.sending.preferences import Preferences


class IngestWiring(RecordsWiring, EnrolmentsWiring):
    """Make each use case when it is first used."""

    @cached_property
    def receive_meta(self) -> ReceiveMeta:
        from whenthen.usecases.ingest.receive_meta import ReceiveMeta

        return ReceiveMeta(self.bus, self.leads, self.secrets, self.clock)

    @cached_property
    def receive_webhook(self) -> ReceiveWebhook:
        from whenthen.usecases.ingest.receive_webhook import ReceiveWebhook
        from whenthen.usecases.ingest.record_rejection import RecordRejection

        rejections = RecordRejection(self.low_timeout_rejections, self.clock)
        return ReceiveWebhook(self.sources, self.secrets, self.save_told_record, self.bus, rejections, self.clock)

    @cached_property
    def receive_email(self) -> ReceiveEmail:
        from whenthen.usecases.ingest.receive_email import ReceiveEmail

        own, further = self.settings.mail_from, self.settings.mail_senders
        return ReceiveEmail(self.objects, self.threads, self.bus, self.clock, own, further)

    @cached_property
    def receive_sms(self) -> ReceiveSms:
        from whenthen.usecases.messages.receive_sms import ReceiveSms

        return ReceiveSms(self.bus, self.clock)

    @cached_property
    def preferences(self) -> Preferences:
        from whenthen.usecases.sending.preferences import Preferences

        return Preferences(self.secrets, self.records, self.bus, self.clock)

    @fresh
    def fetch_lead(self) -> FetchLead:
        from whenthen.usecases.ingest.fetch_lead import FetchLead

        return FetchLead(self.graph, self.save_record, self.bus, self.leads, self.lead_forms, self.clock, self.country)

    @cached_property
    def reconcile_leads(self) -> ReconcileLeads:
        from whenthen.usecases.ingest.reconcile_leads import ReconcileLeads

        return ReconcileLeads(
            self.graph, self.lead_forms, self.leads, self.event_log, self.installation, self.clock, self.retention
        )

    @cached_property
    def take_over_refusals(self) -> TakeOverRefusals:
        from whenthen.usecases.ingest.update_consent import TakeOverRefusals

        return TakeOverRefusals(self.records, self.clock)

    @cached_property
    def publish_changes(self) -> PublishChanges:
        from whenthen.usecases.ingest.publish_changes import PublishChanges

        return PublishChanges(self.bus, self.clock, self.settle_idle)

    @cached_property
    def settle_idle(self) -> SettleIdle:
        from whenthen.runtime.observability import settling_failed
        from whenthen.usecases.matching.settle_idle import SettleIdle

        return SettleIdle(
            self.preloading, self.rule_book, self.event_log, self.occurrences, self.clock, settling_failed
        )

    @cached_property
    def fire_due_dates(self) -> FireDueDates:
        from whenthen.usecases.ingest.fire_due_dates import FireDueDates

        return FireDueDates(self.rule_book, self.records, self.enrolments, self.sweeps, self.bus, self.clock)

    @fresh
    def send_event(self) -> SendEvent:
        from whenthen.usecases.ingest.send_event import SendEvent

        return SendEvent(self.bus, self.clock, self.country, self.claim_key)
