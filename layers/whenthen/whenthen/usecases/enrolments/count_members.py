"""count_members: count the next records of an enrolment's view, and note them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.enrolments.duplicates import Member, member_of
from whenthen.domain.enrolments.order import enters_once_per_person, view_of
from whenthen.usecases.context.related import Related

if TYPE_CHECKING:
    from whenthen.domain.enrolments.enrolment import Enrolment
    from whenthen.domain.records.record import Record
    from whenthen.domain.views.view import View
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook

PAGE = 100
PAGES = 5
"""Pages whose members are one chunk."""


class Members(Struct, frozen=True):
    """Find the members of enrolments: the records that fit their views."""

    rules: RuleBook
    records: RecordStore

    def view(self, work: Enrolment) -> View | None:
        """Return the view whose records enter; None if the rule has none."""
        return view_of(work.order, self.rules.version(work.order.rule, work.order.version))

    def fits(self, work: Enrolment, view: View, record: Record) -> bool:
        """Tell whether a record fits the view, by its fields now and the clock of the enrolment's moment."""
        return view.takes(record, work.order.moment, Related(self.records, record))

    def next(self, work: Enrolment, view: View) -> tuple[Enrolment, list[Member]]:
        """Return the enrolment with the next records counted, and those of them that are members."""
        rule = self.rules.version(work.order.rule, work.order.version)
        per_person = enters_once_per_person(work.order, rule, view.kind)
        members: list[Member] = []
        cursor = work.cursor
        for _ in range(PAGES):
            page = self.records.list(view.kind, limit=PAGE, cursor=cursor)
            fitting = (record for record in page.items if self.fits(work, view, record))
            members += [member_of(record, per_person=per_person) for record in fitting]
            cursor = page.cursor
            if cursor is None:
                break
        return work.counting(len(members), cursor, per_person=per_person), members

    def still_fitting(self, work: Enrolment, view: View, refs: list[str]) -> set[str]:
        """Return those of these members that fit now: the enrolment may have rested since they were counted.

        One that was merged into another record since does not: the other one enters by itself.
        """
        found = self.records.get_all(refs)
        return {ref for ref, record in found.items() if record.ref == ref and self.fits(work, view, record)}
