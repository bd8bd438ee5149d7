"""Know which messages may have been sent before the tables were set back to an earlier time. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import format_time, parse_time

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.runs.run import Job, Run

SUBJECT = "restore"
"""Name these settings among those of the installation."""

# A restored table does not know whether this was sent until then.
RESTORED = ReasonCode("sending.restored", "until")


class RestoreSettings(Struct, frozen=True):
    """Hold until when messages were sent of which restored tables know nothing; None: no table was restored."""

    unknown_until: datetime | None = None


def read_restore_settings(document: Mapping[str, Any]) -> RestoreSettings:
    """Read `{"unknown_until": "2026-11-30T10:00:00Z"}`. Raises Invalid naming each field."""
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    written, until = reader.text("unknown_until"), None
    if written:
        try:
            until = parse_time(written, "unknown_until")
        except Invalid as error:
            problems.extend(error.problems)
    reader.finish()
    if problems:
        raise Invalid(problems)
    return RestoreSettings(until)


def may_have_been_sent(run: Run, job: Job, until: datetime) -> Reason | None:
    """Return the reason if the job could have been performed by `until`, of which nothing is known; else None.

    In doubt it could. A run that went on was due at the same moments before. One whose event was told of again began
    later this time than it did then, and so do its steps. One in line began when the run before it ended.
    """
    if run.entered > until:
        return None
    stood_in_line = bool(run.follows) and job.step_group == 0
    later_by = run.started_at - run.entered if run.started_at > until else timedelta(0)
    was_due = max(job.clock, job.held_until or job.due) - later_by
    return RESTORED(until=format_time(until)) if stood_in_line or was_due <= until else None
