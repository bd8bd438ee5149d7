"""enter_meanwhile: let a record enter once where both an enrolment of who fits already and changes let it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Temporary
from whenthen.domain.enrolments.shared_entry import coverage, is_covered, shared_keys
from whenthen.domain.events.types import ENROLLED
from whenthen.domain.runs.entry_policy import EntryDenied
from whenthen.ports.reason_codes import CONTENDED
from whenthen.ports.values import NotEntered, SharedEntry, Started
from whenthen.usecases.matching.enter_rule import Entering

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.runs.run import Job, Run
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.values import LastEntry
    from whenthen.usecases.matching.enter_rule import EnterRule

_ATTEMPTS = 8


class EnterMeanwhile(Struct, frozen=True):
    """Start runs of rules that have an `existing_enrolment`: its event and those of changes share one entry."""

    runs: RunLedger
    enter: EnterRule

    def __call__(
        self, rule: Rule, run: Run, event: Event, jobs: Sequence[Job], record: Record | None, decided_at: datetime
    ) -> Entering:
        """Write the run, unless the other way let its record in. Raises Temporary; may be repeated after a crash.

        decided_at   when the event's plan was made, with the record as it was then
        """
        if run.record is None:
            return self.enter(rule, run, event, jobs, record)
        own = record is not None and record.ref == run.record
        keys = shared_keys(rule, run.record, record.absorbed if own and record is not None else ())
        found = self.runs.last_entries(keys)
        for _ in range(_ATTEMPTS):
            denied = _denied(run, event, found)
            if denied is not None:
                # One that was started before stays started, whatever came after it.
                exists = self.runs.load(run.id) is not None
                return Entering(Started.EXISTS) if exists else Entering(Started.ENTERED_BEFORE, denied)
            covers = coverage(record, decided_at) if event.type == ENROLLED and own and record is not None else None
            shared = None if keys[0] in found else SharedEntry(keys[0], keys[1:], found, covers)
            entering = self.enter(rule, run, event, jobs, record, shared)
            before, found = found, self.runs.last_entries(keys) if _was_kept_out(entering) else found
            if found == before:
                return entering
        raise Temporary(CONTENDED(subject=run.id), retry_after=1)


def _was_kept_out(entering: Entering) -> bool:
    return entering.started is Started.ENTERED_BEFORE


def _denied(run: Run, event: Event, found: Mapping[str, LastEntry]) -> NotEntered | None:
    """Return why the record does not enter by this event; None if no entry that it shares is against it."""
    for entry in found.values():
        if entry.run_id == run.id:
            continue
        if event.type == ENROLLED:
            cause = EntryDenied.ENTERED_MEANWHILE
        elif entry.covers is not None and is_covered(event, str(run.record), entry.covers):
            cause = EntryDenied.ENROLLED_MEANWHILE
        else:
            continue
        return NotEntered(run.rule_id, run.rule_version, run.record, cause, run=entry.run_id)
    return None
