"""Wire the record channel's use case to its ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.channels.record.effect import ChangeRecord

if TYPE_CHECKING:
    from whenthen.runtime.wiring import Wiring

CALLS_OUTSIDE = False
"""Whether a job calls another system, and so needs more time to begin."""


def wire(ports: Wiring) -> ChangeRecord:
    """Make the use case that performs the channel's jobs."""
    return ChangeRecord(ports.orchestrator, ports.runs, ports.records, ports.clock, ports.country, ports.breaker)
