"""Wire the channel that calls APIs to its ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from whenthen.channels.api.effect import CallApi
from whenthen.channels.api.saving import SaveFields

if TYPE_CHECKING:
    from whenthen.runtime.wiring import Wiring
    from whenthen.usecases.runs.perform_job import PerformJob

CALLS_OUTSIDE = True
"""Whether a job calls another system, and so needs more time to begin."""


def wire(ports: Wiring) -> PerformJob:
    """Make the use case that performs the channel's jobs."""
    channel = CallApi(ports.over_connection, ports.http, ports.secrets, ports.breaker)
    saving = SaveFields(ports.runs, ports.records, ports.settings.default_country)
    return replace(ports.perform_job(channel), write=saving)
