"""Read delivery reports: events in which a provider reports how far a message of a job came.

Reports come in any order and more than once. A message only ever moves to a higher stage: `delivered` after `read`
changes nothing, and `failed` after `delivered` is ignored where the provider cannot know better afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.types import made_by_receiver
from whenthen.domain.runs.run import Job, JobStatus, Outcome

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event

# A provider reported something of a message, such as "SES: delivered".
REPORTED = ReasonCode("delivery.reported", "provider", "report")
# The same, with the provider's own words, such as "SES: bounced: Permanent".
REPORTED_IN_DETAIL = ReasonCode("delivery.reported_in_detail", "provider", "report", "detail")


class Report(Struct, frozen=True):
    """Describe one type of report. A message at `stage` or beyond has had this report, or a later one."""

    code: str
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
    "email.rendering_failed": Report("not_rendered", 3, JobStatus.FAILED),
    "email.opened": Report("opened", 4),
    "email.clicked": Report("clicked", 5),
    "email.complained": Report("reported_as_spam", 6),
    "sms.sent": Report("sent", 1),
    "sms.unconfirmed": Report("unconfirmed", 2),
    "sms.failed": Report("failed", 3, JobStatus.FAILED),
    "sms.delivered": Report("delivered", 4),
}
"""Event type → what it reports of the job that sent the message."""

_PROVIDERS = {"whatsapp": "WhatsApp", "email": "SES", "sms": "AWS End User Messaging"}
"""Event source → name of the provider."""

_CALLBACK = re.compile(r"(run_[a-z2-7]{26})/(job_[a-z2-7]{26})")
_LONGEST_DETAIL = 300


def is_report(event: Event) -> bool:
    """Tell whether the event is a provider's report about a message, as a receiver of ours took it."""
    return event.type in REPORTS and made_by_receiver(event.source, event.type)


def job_named(event: Event) -> tuple[str, str] | None:
    """Return (run id, job id) of the reported message; None if no job sent it."""
    data = event.data
    named = data.get("callback") or f"{data.get('run')}/{data.get('job')}"
    found = _CALLBACK.fullmatch(named) if isinstance(named, str) else None
    return (found[1], found[2]) if found else None


def outcome_reported(job: Job, event: Event) -> Outcome | None:
    """Return the job's outcome by this report; None if its message had this report or a later one."""
    report = REPORTS[event.type]
    if report.stage <= job.stage:
        return None
    return Outcome(report.status, reason_of(report, event), {**known_of(job, event), "reported": report.code})


def known_of(job: Job, event: Event) -> dict[str, Any]:
    """Return the job's result, with the id of its message."""
    sent_as = {"message_id": event.data["message_id"]} if "message_id" in event.data else {}
    return {**sent_as, **job.result}


def reason_of(report: Report, event: Event, *, in_detail: bool = True) -> Reason:
    """Return the reason that a report gives a job; `in_detail`: in the provider's own words, if there are any."""
    provider, detail = _PROVIDERS[event.source], _detail(event.data) if in_detail else ""
    if detail:
        return REPORTED_IN_DETAIL(provider=provider, report=report.code, detail=detail)
    return REPORTED(provider=provider, report=report.code)


def _detail(data: Mapping[str, Any]) -> str:
    """Return the provider's own words about a failure; empty if the report has none."""
    errors = data.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
        first = errors[0]
        words = [str(first[name]) for name in ("code", "reason") if first.get(name)]
        return " ".join(dict.fromkeys(words))[:_LONGEST_DETAIL]
    words = [str(data[name]) for name in ("bounce_type", "rejected_because", "error", "reason") if data.get(name)]
    return ", ".join(words)[:_LONGEST_DETAIL]
