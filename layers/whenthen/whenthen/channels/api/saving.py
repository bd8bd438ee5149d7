"""Write the outcome of a call together with the fields of its answer that the run's record takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.channels.api.reason_codes import NOT_SAVED
from whenthen.domain.common.errors import Invalid, Stale, TooLarge
from whenthen.domain.records.limits import check_record
from whenthen.domain.records.record import Record, check_fields, patched
from whenthen.domain.runs.run import JobStatus
from whenthen.ports.reason_codes import CONTENDED
from whenthen.ports.values import RecordWrite
from whenthen.usecases.records.normalise import normalised

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.runs.run import Job, Outcome
    from whenthen.ports.records import RecordStore
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.values import RunState

ATTEMPTS = 20
"""How often the fields are written on another writer's version. The call is made, so nothing is given back."""


class SaveFields(Struct, frozen=True):
    """Write an outcome and its fields in one transaction, so that neither is there without the other.

    A record that is gone, or a run that ended meanwhile, takes no fields; the outcome has its values all the same.
    """

    runs: RunLedger
    records: RecordStore
    default_country: str | None

    def __call__(self, state: RunState, job: Job, outcome: Outcome, now: datetime) -> RunState | None:
        """Write the outcome of a claimed job, and return the run; None if the job changed. Raises Temporary."""
        if not outcome.fields or state.run.record is None:
            return self.runs.complete(job, outcome, now)
        for _ in range(ATTEMPTS):
            record = self.records.get(state.run.record)
            try:
                write = self._write(state, record, outcome, now) if record else None
                if write is None:
                    return self.runs.complete(job, outcome, now)
                self.runs.complete_with(job, outcome, now, [write], None)
            except Stale:
                after = self.runs.load(job.run_id)
                if after is None or not after.run.status.going:
                    return self.runs.complete(job, outcome, now)
                continue
            except (Invalid, TooLarge) as error:
                return self.runs.complete(job, _not_saved(outcome, error.reason), now)
            return self.runs.load(job.run_id)
        return self.runs.complete(job, _not_saved(outcome, CONTENDED(subject=state.run.record)), now)

    def _write(self, state: RunState, record: Record, outcome: Outcome, now: datetime) -> RecordWrite | None:
        """Return the change of the record; None if it has these values already. Raises Invalid, TooLarge."""
        patch = normalised(outcome.fields, self.default_country)
        check_fields(patch, "with.save")
        cause = state.event.cause_of(state.run.id)
        changed = patched(record, patch, origin=f"rule:{state.run.rule_id}", cause=cause, now=now)
        check_record(changed, record)
        return None if changed is record else RecordWrite(changed, record)


def _not_saved(outcome: Outcome, reason: Reason) -> Outcome:
    status = outcome.result.get("status", 0)
    return replace(outcome, status=JobStatus.FAILED, reason=NOT_SAVED(status=status, reason=reason), fields={})
