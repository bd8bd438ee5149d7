"""enrol_view: start a rule for each record of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import NotFound
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.views import View, parse_view
from whenthen.usecases.context.related import Related

if TYPE_CHECKING:
    from whenthen.domain.runs.enrolment import Enrolment
    from whenthen.ports.events import Bus
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook

PAGE = 100
PAGES = 10
"""Pages that one call reads: seconds of work, so that little is repeated if it fails."""

NO_VIEW = ReasonCode("rule.no_view", "rule", "version")


class Enrolled(Struct, frozen=True):
    """Say how far a call came: records seen and enrolled, and the cursor of the next call (None: no more records)."""

    seen: int
    enrolled: int
    cursor: str | None


class EnrolView(Struct, frozen=True):
    """Enrol some pages of a view. The caller repeats with the cursor until it is None."""

    rules: RuleBook
    records: RecordStore
    bus: Bus

    def __call__(self, enrolment: Enrolment, cursor: str | None) -> Enrolled:
        """Publish the events of the next records. Raises Temporary; NotFound for a rule without a view."""
        view = self._view(enrolment)
        seen = enrolled = 0
        for _ in range(PAGES):
            page = self.records.list(view.kind, limit=PAGE, cursor=cursor)
            events = [
                enrolment.event(record.ref)
                for record in page.items
                if view.takes(record, enrolment.moment, Related(self.records, record))
            ]
            if events:
                self.bus.publish(events)
            seen, enrolled, cursor = seen + len(page.items), enrolled + len(events), page.cursor
            if cursor is None:
                break
        return Enrolled(seen, enrolled, cursor)

    def _view(self, enrolment: Enrolment) -> View:
        if enrolment.view is not None:
            return parse_view({"name": "enrolled", **enrolment.view})
        view = self.rules.version(enrolment.rule, enrolment.version).trigger.view
        if view is None:
            raise NotFound(NO_VIEW(rule=enrolment.rule, version=enrolment.version))
        return view
