"""Wire the SMS channel's use case to its ports."""
# ruff: noqa: PLC0415 - what few messages need is loaded for them alone

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.adapters.aws.client import ONCE
from whenthen.channels.sms.client import EumSms, SnsSms
from whenthen.channels.sms.effect import SendSms
from whenthen.usecases.ingest.update_consent import Consents
from whenthen.usecases.sending.links import Links

if TYPE_CHECKING:
    from whenthen.channels.sms.message import SmsProvider
    from whenthen.runtime.wiring import Wiring
    from whenthen.usecases.context.stored_messages import StoredMessages
    from whenthen.usecases.runs.perform_job import PerformJob

CALLS_OUTSIDE = True
"""Whether a job calls another system, and so needs more time to begin."""


def wire(ports: Wiring) -> PerformJob:
    """Make the use case that performs the channel's jobs."""
    settings = ports.settings
    channel = SendSms(
        provider=_provider(ports),
        sender=settings.sms_from,
        most_parts=settings.sms_max_parts,
        default_country=ports.country,
        consents=Consents(ports.records),
        bus=ports.bus,
        clock=ports.clock,
        stored=lambda: _stored(ports),
        links=Links(lambda: ports.secrets, settings.links_url),
    )
    return ports.send_message(channel)


def _provider(ports: Wiring) -> SmsProvider:
    if ports.settings.sms_provider == "sns":
        return SnsSms(ports.client("sns", ONCE))
    return EumSms(ports.client("pinpoint-sms-voice-v2", ONCE), ports.settings.sms_configuration_set)


def _stored(ports: Wiring) -> StoredMessages:
    from whenthen.usecases.context.stored_messages import StoredMessages

    return StoredMessages(ports.template_book)
