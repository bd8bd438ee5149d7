"""Wire the use cases that enrol the records of a view."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from whenthen.runtime.adapters import Adapters

if TYPE_CHECKING:
    from whenthen.usecases.context.idempotency import ClaimKey
    from whenthen.usecases.enrolments.begin_enrolment import BeginEnrolment
    from whenthen.usecases.enrolments.enrol_existing import EnrolExisting
    from whenthen.usecases.enrolments.enrol_records import EnrolRecords
    from whenthen.usecases.enrolments.manage_enrolments import ManageEnrolments


class EnrolmentsWiring(Adapters):
    """Make each use case when it is first used."""

    @cached_property
    def enrolments(self) -> BeginEnrolment:
        from whenthen.usecases.enrolments.begin_enrolment import BeginEnrolment

        return BeginEnrolment(self.enrolment_store, self.enrolment_workers, self.clock)

    @cached_property
    def claim_key(self) -> ClaimKey:
        from whenthen.usecases.context.idempotency import ClaimKey

        return ClaimKey(self.idempotency_keys, self.clock)

    @cached_property
    def enrol_existing(self) -> EnrolExisting:
        from whenthen.usecases.enrolments.enrol_existing import EnrolExisting

        return EnrolExisting(self.rules, self.enrolments, self.enrolment_store, self.claim_key, self.clock)

    @cached_property
    def enrol_records(self) -> EnrolRecords:
        from time import sleep

        from whenthen.usecases.enrolments.count_members import Members
        from whenthen.usecases.enrolments.enrol_records import EnrolRecords
        from whenthen.usecases.enrolments.let_enter import LetEnter

        members = Members(self.rule_book, self.records)
        let_enter = LetEnter(self.enrolment_store, members, self.event_log, self.bus, self.clock)
        workers = self.enrolment_workers
        return EnrolRecords(self.enrolment_store, self.rule_book, members, let_enter, workers, self.clock, sleep)

    @cached_property
    def manage_enrolments(self) -> ManageEnrolments:
        from whenthen.usecases.enrolments.manage_enrolments import ManageEnrolments

        return ManageEnrolments(self.enrolment_store, self.enrolment_workers, self.clock)
