"""What providers report of the messages that we sent, as data: how far each report says that a message came.

Reports come in any order and more than once. A job only ever moves to a higher stage: `delivered` after `read`
changes nothing, and `failed` after `delivered` is not believed where the provider cannot know better afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.runs.run import Job, JobStatus, Outcome

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event


class Report(Struct, frozen=True):
    """One kind of report. A job that is at `stage` or beyond has heard it, or better."""

    says: str
    stage: int
    status: JobStatus = JobStatus.DONE


REPORTS: Mapping[str, Report] = {
    "whatsapp.message_sent": Report("sent", 1),
    "whatsapp.message_failed": Report("failed", 2, JobStatus.FAILED),
    "whatsapp.message_delivered": Report("delivered", 3),
    "whatsapp.message_read": Report("read", 4),
    "whatsapp.message_played": Report("played", 5),
    "email.sent": Report("sent", 1),
    "email.delivered": Report("delivered", 2),
    # A mail server may take a mail and send it back later: with mail, failing comes after delivery.
    "email.bounced": Report("bounced", 3, JobStatus.FAILED),
    "email.rejected": Report("rejected", 3, JobStatus.FAILED),
    "email.rendering_failed": Report("not rendered", 3, JobStatus.FAILED),
    "email.opened": Report("opened", 4),
    "email.clicked": Report("clicked", 5),
    "email.complained": Report("reported as spam", 6),
}
"""Event type → what it says of the job whose message it is about."""

_SOURCES = {"whatsapp": "WhatsApp", "email": "SES"}
"""Whose events are reports, and what people know them as. What others report in their name moves no job."""

_CALLBACK = re.compile(r"(run_[a-z2-7]{26})/(job_[a-z2-7]{26})")
_LONGEST_REASON = 300


def is_report(event: Event) -> bool:
    """Whether the event is a provider's report about a message."""
    return event.type in REPORTS and event.source in _SOURCES


def job_named(event: Event) -> tuple[str, str] | None:
    """(run id, job id) of the message that a report is about; None for one that no job sent."""
    data = event.data
    named = data.get("callback") or f"{data.get('run')}/{data.get('job')}"
    found = _CALLBACK.fullmatch(named) if isinstance(named, str) else None
    return (found[1], found[2]) if found else None


def outcome_reported(job: Job, event: Event) -> Outcome | None:
    """What the job's outcome is by this report; None where the job has heard as much already, or was never sent."""
    report = REPORTS[event.type]
    if report.stage <= job.stage or job.status is JobStatus.SKIPPED:
        return None
    provider = _SOURCES[event.source]
    reason = f"{provider}: {report.says}" + (f": {why}" if (why := _why(event.data)) else "")
    sent_as = {"message_id": event.data["message_id"]} if "message_id" in event.data else {}
    return Outcome(report.status, reason, {**sent_as, **job.result, "reported": report.says})


def _why(data: Mapping[str, Any]) -> str:
    """The provider's reason, where the report gives one."""
    errors = data.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
        first = errors[0]
        words = [str(first[name]) for name in ("code", "reason") if first.get(name)]
        return " ".join(dict.fromkeys(words))[:_LONGEST_REASON]
    words = [str(data[name]) for name in ("bounce_type", "rejected_because", "error", "reason") if data.get(name)]
    return ", ".join(words)[:_LONGEST_REASON]
