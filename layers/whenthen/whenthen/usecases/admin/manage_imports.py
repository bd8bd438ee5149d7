"""manage_imports: order, start and stop imports, and see their progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Problem, Stale, TooLarge
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.imports.job import MAX_FILE_BYTES, Import, ImportStatus, Order, RejectedRow
from whenthen.domain.imports.spec import read_order
from whenthen.domain.temporal.calendar_settings import SUBJECT, read_calendar_settings
from whenthen.domain.temporal.written_dates import order_of
from whenthen.domain.views.view import OTHER_RECORD_KIND
from whenthen.ports.reason_codes import CONTENDED, FILE_CHANGED
from whenthen.ports.reason_codes import TOO_LARGE as SIZE_TOO_LARGE
from whenthen.usecases.context.idempotency import KEY_REUSED
from whenthen.usecases.runs.start_rule import startable
from whenthen.usecases.runs.stop_run import STOPPED_BY

if TYPE_CHECKING:
    from whenthen.ports.administration import SettingStore
    from whenthen.ports.background.imports import ImportFiles, ImportStore, ImportWorkers
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleStore
    from whenthen.ports.values import Page

UPLOAD_SECONDS = 3600
ATTEMPTS = 8

DONE = ReasonCode("import.done")
# The admin has not uploaded a file to the URL that the new import came with.
NO_FILE = ReasonCode("import.no_file")
EMPTY_FILE = ReasonCode("import.empty_file")
# Only a running import can be stopped; `outcome` is its status.
NOT_RUNNING = ReasonCode("import.not_running", "outcome")


class ManageImports(Struct, frozen=True):
    """Manage imports for admins."""

    imports: ImportStore
    files: ImportFiles
    workers: ImportWorkers
    rules: RuleStore
    clock: Clock
    settings: SettingStore | None = None

    def create(self, written: Mapping[str, Any], *, seed: str, by: str) -> tuple[Import, str]:
        """Create an import; return it with the URL to which its file is to be PUT within UPLOAD_SECONDS.

        The same `seed` gives the same import, with a new URL. Raises Invalid; Conflict for another order.
        """
        order = read_order(written)
        self._check_rules(order)
        country = self._country()
        placed = replace(order, date_order=order.date_order or order_of(country), country=country)
        kept = self.imports.create(Import(ids.import_id(by, seed), placed, by, self.clock.now()))
        written_order = kept.order.date_order if order.date_order else None
        if replace(kept.order, date_order=written_order, country=None) != order:
            raise Conflict(KEY_REUSED())
        return kept, self.files.upload_url(kept.key, UPLOAD_SECONDS)

    def _country(self) -> str | None:
        """Return the country of the installation's settings, if they name one."""
        return read_calendar_settings(self.settings.get(SUBJECT) if self.settings else {}).country

    def _check_rules(self, order: Order) -> None:
        problems = []
        for place, rule_id in enumerate(order.enrol):
            try:
                rule = startable(self.rules.get(rule_id))
            except (NotFound, Conflict) as error:
                problems.append(Problem(f"enrol[{place}]", error.reason))
            else:
                if rule.kind not in (None, order.kind):
                    problems.append(Problem(f"enrol[{place}]", OTHER_RECORD_KIND(record_kind=rule.kind)))
        if problems:
            raise Invalid(problems)

    def get(self, import_id: str) -> tuple[Import, Sequence[RejectedRow]]:
        """Return an import with the first of its rejected rows. Raises NotFound."""
        return self.imports.get(import_id), self.imports.rejected_rows(import_id)

    def list(self, *, limit: int, cursor: str | None) -> Page[Import]:
        """List all imports, newest first."""
        return self.imports.list(limit=limit, cursor=cursor)

    def start(self, import_id: str) -> Import:
        """Start it, or resume it where it was stopped or failed. Raises NotFound, Conflict, Invalid, TooLarge."""
        for _ in range(ATTEMPTS):
            work = self.imports.get(import_id)
            if work.status is ImportStatus.DONE:
                raise Conflict(DONE())
            if work.status is not ImportStatus.RUNNING:
                try:
                    work = self._begin(work)
                except Stale:
                    continue
            self.workers.start(work.id, work.turn)
            return work
        raise Conflict(CONTENDED(subject=import_id))

    def _begin(self, work: Import) -> Import:
        found = self.files.head(work.key)
        if found is None:
            raise Conflict(NO_FILE())
        size, tag = found
        if not size:
            raise Invalid.field("file", EMPTY_FILE())
        if size > MAX_FILE_BYTES:
            raise TooLarge(SIZE_TOO_LARGE(most=MAX_FILE_BYTES, found=size))
        if work.place.offset and tag != work.tag:
            raise Conflict(FILE_CHANGED())
        begun = work.begun(size, tag, self.clock.now())
        self.imports.save(begun)
        return begun

    def stop(self, import_id: str, *, by: str) -> Import:
        """Stop it after the batch under way. Raises NotFound; Conflict if it is not running."""
        for _ in range(ATTEMPTS):
            work = self.imports.get(import_id)
            if work.status is ImportStatus.STOPPED:
                return work
            if work.status is not ImportStatus.RUNNING:
                raise Conflict(NOT_RUNNING(outcome=work.status.value))
            stopped = work.ended(ImportStatus.STOPPED, self.clock.now(), STOPPED_BY(by=by))
            try:
                self.imports.save(stopped)
            except Stale:  # the worker moved on meanwhile
                continue
            return stopped
        raise Conflict(CONTENDED(subject=import_id))
