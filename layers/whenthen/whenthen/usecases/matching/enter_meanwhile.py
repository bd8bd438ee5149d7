"""enter_meanwhile: keep a record that fits a rule already out of it, if a change let it in since the rule was on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.types import ENROLLED
from whenthen.domain.runs.entry_policy import EntryDenied
from whenthen.ports.values import NotEntered

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.runs.run import Run
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger

JUST_CHANGED = timedelta(minutes=1)
"""Time after a change within which its own event may not be matched yet."""

RUNS = 50
"""Runs of a record that are looked at, the newest first."""

# The record was changed a moment ago: what that starts is seen first.
CHANGED_JUST_NOW = ReasonCode("enrolment.record_changed")


class EnterMeanwhile(Struct, frozen=True):
    """Look for a run that a change of the record started since its rule was switched on."""

    runs: RunLedger
    clock: Clock

    def __call__(self, event: Event, run: Run, record: Record | None) -> NotEntered | None:
        """Return why the record does not enter by this event of its enrolment; None if it may.

        Raises Temporary for a record that was changed a moment ago.
        """
        if event.type != ENROLLED or record is None or record.updated_at is None or record.updated_at < event.time:
            return None
        since = self.clock.now() - record.updated_at
        if since < JUST_CHANGED:
            raise Temporary(CHANGED_JUST_NOW(), retry_after=(JUST_CHANGED - since).total_seconds())
        for other in self.runs.by_record(record.ref, limit=RUNS, cursor=None).items:
            if other.rule_id == run.rule_id and other.id != run.id and other.started_at >= event.time:
                return NotEntered(
                    run.rule_id, run.rule_version, run.record, EntryDenied.ENTERED_MEANWHILE, run=other.id
                )
        return None
