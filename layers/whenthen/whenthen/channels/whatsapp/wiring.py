"""Wire the WhatsApp channel's use case to its ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.channels.whatsapp.effect import SendWhatsapp
from whenthen.usecases.ingest.update_consent import Consents
from whenthen.usecases.sending.links import Links

if TYPE_CHECKING:
    from whenthen.runtime.wiring import Wiring
    from whenthen.usecases.context.stored_messages import StoredMessages
    from whenthen.usecases.runs.perform_job import PerformJob

CALLS_OUTSIDE = True
"""Whether a job calls another system, and so needs more time to begin."""


def wire(ports: Wiring) -> PerformJob:
    """Make the use case that performs the channel's jobs."""
    channel = SendWhatsapp(
        ports.graph,
        ports.country,
        Consents(ports.records),
        ports.occurrences,
        ports.clock,
        lambda: _stored(ports),
        Links(lambda: ports.secrets, ports.settings.links_url),
    )
    return ports.send_message(channel)


def _stored(ports: Wiring) -> StoredMessages:
    from whenthen.usecases.context.stored_messages import StoredMessages  # noqa: PLC0415 - few messages have any

    return StoredMessages(ports.template_book)
