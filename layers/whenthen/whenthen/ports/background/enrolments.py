"""Store enrolments with their members, and start the work on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whenthen.domain.enrolments.duplicates import Member
    from whenthen.domain.enrolments.enrolment import Enrolment
    from whenthen.domain.enrolments.order import Order
    from whenthen.ports.values import Page


class Enrolments(Protocol):
    """Begin enrolments."""

    def start(self, order: Order, kind: str) -> None:
        """Begin to enrol records of `kind`, unless that was begun. Raises Temporary."""


class EnrolmentStore(Protocol):
    """Store enrolments, the members that were counted, and the addresses that are taken."""

    def get(self, enrolment_id: str) -> Enrolment:
        """Read the enrolment. Raises NotFound."""

    def list(self, *, rule: str | None, limit: int, cursor: str | None) -> Page[Enrolment]:
        """List the enrolments (of a rule), newest first; eventually consistent."""

    def create(self, new: Enrolment) -> Enrolment:
        """Store a new enrolment unless there is one of this id; return the stored enrolment."""

    def save(self, after: Enrolment, chunk: Sequence[Member] = ()) -> None:
        """Store it in place of the version before it, and with it its last chunk, if one is given. Raises Stale."""

    def chunk(self, enrolment_id: str, number: int) -> Sequence[Member]:
        """Read a chunk of members, counted from 0. Raises NotFound if it has expired."""

    def taken(self, enrolment_id: str, addresses: Sequence[str]) -> Mapping[str, str]:
        """Return which of these addresses are taken: address → the ref of the record that took it."""

    def take(self, enrolment_id: str, addresses: Mapping[str, str]) -> None:
        """Note that these addresses are taken."""


class EnrolmentWorkers(Protocol):
    """Start the work on enrolments."""

    def start(self, enrolment_id: str, turn: int) -> None:
        """Start this turn, unless it was started. Raises Temporary."""
