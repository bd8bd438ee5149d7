"""begin_enrolment: note an enrolment, and start the work on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.enrolments.enrolment import Enrolment, EnrolmentStatus

if TYPE_CHECKING:
    from whenthen.domain.enrolments.order import Order
    from whenthen.ports.background.enrolments import EnrolmentStore, EnrolmentWorkers
    from whenthen.ports.clock import Clock


class BeginEnrolment(Struct, frozen=True):
    """Begin enrolments (`ports.enrolments.Enrolments`). May be repeated after a crash at any point."""

    enrolments: EnrolmentStore
    workers: EnrolmentWorkers
    clock: Clock

    def start(self, order: Order, kind: str) -> None:
        """Begin to enrol records of `kind`, unless that was begun. Raises Temporary."""
        work = self.enrolments.create(Enrolment(order.id, order, kind, self.clock.now()))
        if work.status is EnrolmentStatus.RUNNING:
            self.workers.start(work.id, work.turn)
