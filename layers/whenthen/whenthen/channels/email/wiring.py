"""Wire the e-mail channel's use case to its ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.adapters.aws.client import ONCE
from whenthen.adapters.providers.ses import SesMailer
from whenthen.channels.email.attachments import FETCH_SECONDS, Attachments
from whenthen.channels.email.effect import SendEmail
from whenthen.usecases.context.stored_messages import StoredMessages
from whenthen.usecases.ingest.update_consent import Consents
from whenthen.usecases.sending.links import Links

if TYPE_CHECKING:
    from whenthen.ports.providers import Http
    from whenthen.runtime.wiring import Wiring
    from whenthen.usecases.runs.perform_job import PerformJob

CALLS_OUTSIDE = True
"""Whether a job calls another system, and so needs more time to begin."""


def wire(ports: Wiring) -> PerformJob:
    """Make the use case that performs the channel's jobs."""
    mailer = SesMailer(ports.client("ses", ONCE), ports.settings.mail_configuration_set)
    own, further = ports.settings.mail_from, ports.settings.mail_senders
    consents = Consents(ports.records)
    attachments = Attachments(lambda: ports.objects, lambda: _http(ports), ports.records, ports.clock)
    links = Links(lambda: ports.secrets, ports.settings.links_url)
    stored = StoredMessages(ports.template_book)
    channel = SendEmail(
        mailer,
        own,
        consents,
        ports.threads,
        ports.clock,
        ports.records,
        attachments,
        links,
        stored,
        further=further,
        receives=ports.settings.mail_domain or "",
    )
    return ports.send_message(channel)


def _http(ports: Wiring) -> Http:
    from whenthen.adapters.http.client import GuardedHttp  # noqa: PLC0415 - for a mail with a file behind a URL alone

    return GuardedHttp(
        dangerously_allow_private_addresses=ports.settings.dangerously_allow_private_addresses,
        total_seconds=FETCH_SECONDS,
    )
