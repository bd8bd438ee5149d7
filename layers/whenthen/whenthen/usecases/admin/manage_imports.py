"""manage_imports: order imports, start them, stop them, and see how far they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Problem, Stale, TooLarge
from whenthen.domain.imports.job import MAX_FILE_BYTES, Import, ImportStatus, Order, RejectedRow
from whenthen.domain.imports.spec import read_order
from whenthen.usecases.runs.start_rule import startable

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock
    from whenthen.ports.imports import ImportFiles, ImportStore, ImportWorkers
    from whenthen.ports.rules import RuleStore
    from whenthen.ports.values import Page

UPLOAD_SECONDS = 3600
ATTEMPTS = 8


class ManageImports(Struct, frozen=True):
    """Imports, as admins handle them."""

    imports: ImportStore
    files: ImportFiles
    workers: ImportWorkers
    rules: RuleStore
    clock: Clock

    def create(self, written: Mapping[str, Any], *, seed: str, by: str) -> tuple[Import, str]:
        """A new import, and the address to which its file is to be PUT within UPLOAD_SECONDS.

        The same `seed` gives the same import, with a new address. Raises Invalid; Conflict if that was another.
        """
        order = read_order(written)
        self._check_rules(order)
        new = Import(ids.import_id(by, seed), order, by, self.clock.now())
        kept = self.imports.create(new)
        if kept.order != order:
            raise Conflict("this Idempotency-Key was used for another import")
        return kept, self.files.upload_url(kept.key, UPLOAD_SECONDS)

    def _check_rules(self, order: Order) -> None:
        problems = []
        for place, rule_id in enumerate(order.enrol):
            try:
                rule = startable(self.rules.get(rule_id))
            except (NotFound, Conflict) as error:
                problems.append(Problem(f"enrol[{place}]", error.reason))
            else:
                if rule.kind not in (None, order.kind):
                    problems.append(Problem(f"enrol[{place}]", f"the rule is about {rule.kind} records"))
        if problems:
            raise Invalid(problems)

    def get(self, import_id: str) -> tuple[Import, Sequence[RejectedRow]]:
        """An import, and the first of its refused rows. Raises NotFound."""
        return self.imports.get(import_id), self.imports.rejected_rows(import_id)

    def list(self, *, limit: int, cursor: str | None) -> Page[Import]:
        """All imports, newest first."""
        return self.imports.list(limit=limit, cursor=cursor)

    def start(self, import_id: str) -> Import:
        """Begin it, or go on where it was stopped or failed. Raises NotFound, Conflict, Invalid, TooLarge."""
        for _ in range(ATTEMPTS):
            work = self.imports.get(import_id)
            if work.status is ImportStatus.DONE:
                raise Conflict("the import is done")
            if work.status is not ImportStatus.RUNNING:
                try:
                    work = self._begin(work)
                except Stale:
                    continue
            self.workers.start(work.id, work.turn)
            return work
        raise _contested()

    def _begin(self, work: Import) -> Import:
        found = self.files.head(work.key)
        if found is None:
            raise Conflict("there is no file yet: PUT it to the address that the import was created with")
        size, tag = found
        if not size:
            raise Invalid.field("file", "the file is empty")
        if size > MAX_FILE_BYTES:
            raise TooLarge(f"a file of {size} bytes; at most {MAX_FILE_BYTES} are imported at once")
        if work.place.offset and tag != work.tag:
            raise Conflict("the file is no longer the one that this import began with: make a new import of it")
        begun = work.begun(size, tag, self.clock.now())
        self.imports.save(begun)
        return begun

    def stop(self, import_id: str, *, by: str) -> Import:
        """Let it rest after the batch under way. Raises NotFound; Conflict where there is nothing to be stopped."""
        for _ in range(ATTEMPTS):
            work = self.imports.get(import_id)
            if work.status is ImportStatus.STOPPED:
                return work
            if work.status is not ImportStatus.RUNNING:
                raise Conflict(f"the import is not under way: it is {work.status}")
            stopped = work.ended(ImportStatus.STOPPED, self.clock.now(), f"stopped by {by}")
            try:
                self.imports.save(stopped)
            except Stale:  # the worker moved on meanwhile
                continue
            return stopped
        raise _contested()


def _contested() -> Conflict:
    return Conflict("the import is being moved on at this moment: try again")
