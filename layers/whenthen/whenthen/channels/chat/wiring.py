"""Wire the chat channel's use case to its ports."""
# ruff: noqa: PLC0415 - what few messages need is loaded for them alone

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.channels.chat.effect import SendChat
from whenthen.usecases.ingest.update_consent import Consents

if TYPE_CHECKING:
    from whenthen.runtime.wiring import Wiring
    from whenthen.usecases.context.stored_messages import StoredMessages
    from whenthen.usecases.runs.perform_job import PerformJob

CALLS_OUTSIDE = True
"""Whether a job calls another system, and so needs more time to begin."""


def wire(ports: Wiring) -> PerformJob:
    """Make the use case that performs the channel's jobs."""
    channel = SendChat(
        over=ports.over_connection,
        secrets=ports.secrets,
        consents=Consents(ports.records),
        stored=lambda: _stored(ports),
    )
    return ports.send_message(channel)


def _stored(ports: Wiring) -> StoredMessages:
    from whenthen.usecases.context.stored_messages import StoredMessages

    return StoredMessages(ports.template_book)
