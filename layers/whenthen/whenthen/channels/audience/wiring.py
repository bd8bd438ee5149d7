"""Wire the use case of the channel of audiences to its ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.channels.audience.effect import UpdateAudience
from whenthen.usecases.ingest.update_consent import Consents

if TYPE_CHECKING:
    from whenthen.runtime.wiring import Wiring
    from whenthen.usecases.runs.perform_job import PerformJob

CALLS_OUTSIDE = True
"""Whether a job calls another system, and so needs more time to begin."""


def wire(ports: Wiring) -> PerformJob:
    """Make the use case that performs the channel's jobs."""
    return ports.perform_job(UpdateAudience(ports.graph, Consents(ports.records), ports.country))
