"""set_automation: pause what rules do with one record, and exclude rules for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import NotFound, Stale, Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.records.automation import Automation, read_automation
from whenthen.domain.records.record import parse_ref
from whenthen.domain.runs.pausing import RECORD_PAUSED
from whenthen.domain.work.selection import Selection
from whenthen.domain.work.work import RunChange
from whenthen.ports.reason_codes import CONTENDED, RECORD_NOT_FOUND

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.domain.work.work import Work
    from whenthen.ports.records import RecordStore
    from whenthen.usecases.control.manage_work import ManageWork

ATTEMPTS = 8

# An admin excluded the run's rule for its record, or ended the pause of the record's automation. `by` is the id of the
# API key, `work` that of the work that stopped or resumed the run.
EXCLUDED_FOR = ReasonCode("run.rule_excluded", "ref", "by", "work")
PAUSE_ENDED_FOR = ReasonCode("run.automation_resumed", "ref", "by", "work")


class SetAutomation(Struct, frozen=True):
    """Write what rules may do with a record onto the record, and let its runs under way follow it."""

    records: RecordStore
    work: ManageWork

    def __call__(self, ref: str, written: Mapping[str, Any], *, seed: str, by: str) -> tuple[Automation, list[Work]]:
        """Save it. Returns it with the work that stops and resumes the record's runs. Raises Invalid, NotFound.

        First the record, then its runs: a run that begins a step in between finds it there. May be repeated.
        """
        parse_ref(ref, "id")
        automation = read_automation(written)
        record = self._save(ref, automation)
        changes = [(RunChange.RESUME, PAUSE_ENDED_FOR, Selection(refs=record.refs, paused_as=RECORD_PAUSED.code))]
        if automation.excluded_rules:
            excluded = Selection(refs=record.refs, rules=automation.excluded_rules)
            changes.append((RunChange.STOP, EXCLUDED_FOR, excluded))
        begun = []
        for change, why, selection in changes:
            of = self.work.count(change, selection)
            if of != 0:
                begun.append(
                    self.work.begin(change, selection, why, seed=f"{change}#{seed}", by=by, of=of, ref=record.ref)
                )
        return automation, begun

    def _save(self, ref: str, automation: Automation) -> Record:
        for _ in range(ATTEMPTS):
            record = self.records.get(ref)
            if record is None:
                raise NotFound(RECORD_NOT_FOUND(ref=ref))
            if record.automation == automation:
                return record
            changed = replace(record, automation=automation, version=record.version + 1)
            try:
                self.records.put(changed, record)
            except Stale:
                continue
            return changed
        raise Temporary(CONTENDED(subject=ref), retry_after=1)
