"""Derive the outcome of a mail's job from reports, each of which is about one of the recipients.

A job's result holds `to`, `cc` and `bcc` (addresses), `reports` (address → code of the furthest report about it) and
`reported` (the furthest among those in `to`). The job fails only if nobody in `to` was reached: who stands beside or
below them has a report, and no say in what became of the mail.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.delivery.message_reports import REPORTS, Report, known_of, outcome_reported, reason_of
from whenthen.domain.runs.run import Job, JobStatus, Outcome

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event

# A mail did not reach some of its recipients, `missed`; `reason` tells of those in `to` who were reached.
NOT_ALL_REACHED = ReasonCode("delivery.not_all_reached", "missed", "reason")

_SOURCE = "email"
_CODES: Mapping[str, Report] = {
    report.code: report for type_, report in REPORTS.items() if type_.startswith(f"{_SOURCE}.")
}
_SENT = REPORTS["email.sent"]


def settled_by(job: Job, event: Event) -> tuple[Outcome, int] | None:
    """Return the job's outcome and stage by a report. None if the job had it, sent nothing, or sent another message."""
    if job.status is JobStatus.SKIPPED or event.data.get("message_id") in job.earlier:
        return None
    if event.source == _SOURCE:
        mail = _Mail.of(known_of(job, event), event)
        named = event.data.get("to")
        address = mail.recipient(named if isinstance(named, str) else "")
        if address:
            return mail.settled(job, event, address)
        if len(mail.all) > 1:
            return None  # about one of several, and nobody knows which
    outcome = outcome_reported(job, event)
    return None if outcome is None else (outcome, REPORTS[event.type].stage)


def with_reached(job: Job) -> Job:
    """Return a job that is to be tried again with whom its mail reached, beside those of earlier mails."""
    failed = _failed(_reports(job.result))
    reached = [address for address in _sent_to(job.result) if address not in failed]
    sent_as = job.result.get("message_id")
    earlier = [sent_as] if isinstance(sent_as, str) and reached else []
    return replace(
        job,
        reached=tuple(dict.fromkeys([*job.reached, *reached])),
        earlier=tuple(dict.fromkeys([*job.earlier, *earlier])),
    )


class _Mail(Struct, frozen=True):
    """Hold what is known of a mail's recipients: `to` as far as reports named them, `count` of them in all."""

    result: dict[str, Any]
    to: tuple[str, ...]
    copies: tuple[str, ...]
    count: int
    reports: Mapping[str, Report]

    @classmethod
    def of(cls, result: dict[str, Any], event: Event) -> _Mail:
        """Read a job's result. One whose answer was lost names no recipients: the report says where this one stands."""
        to, copies = _texts(result.get("to")), (*_texts(result.get("cc")), *_texts(result.get("bcc")))
        named, stated = event.data.get("to"), event.data.get("main_recipients")
        count = max(len(to), stated if isinstance(stated, int) else 1)
        known = named in to or named in copies or event.data.get("copy") is True
        if isinstance(named, str) and named and not known and len(to) < count:
            to = (*to, named)
        return cls(result, to, copies, count, _reports(result))

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.to, *self.copies)

    def recipient(self, named: str) -> str:
        """Return the recipient that a report names: the only one, whatever it names; empty if it names none."""
        return self.all[0] if len(self.all) == self.count == 1 and self.result.get("to") else named

    def settled(self, job: Job, event: Event, address: str) -> tuple[Outcome, int] | None:
        """Return the outcome and the stage with this report about `address`; None if it had it, or a later one."""
        report, known = REPORTS[event.type], self.reports.get(address)
        if known is not None and known.stage >= report.stage:
            return None
        reports = {**self.reports, address: report}
        failed = _failed(reports)
        lost = len(self.to) == self.count and all(each in failed for each in self.to)
        ours = [reports[each] for each in self.to if each in reports and (lost or each not in failed)]
        furthest = max(ours, key=lambda each: each.stage, default=None)
        about = furthest if address in self.to and report is furthest else None
        reason = self._reason(job, event, furthest, about)
        missed = [] if lost else [each for each in dict.fromkeys([*self.all, *reports]) if each in failed]
        result = self.result | {"reports": {each: found.code for each, found in reports.items()}}
        result |= {"to": list(self.to)} if self.to else {}
        result |= {"reported": furthest.code} if furthest else {}
        outcome = Outcome(
            JobStatus.FAILED if lost else JobStatus.DONE,
            NOT_ALL_REACHED(missed=missed, reason=reason) if missed else reason,
            result,
        )
        return outcome, sum(each.stage for each in reports.values())

    def _reason(self, job: Job, event: Event, furthest: Report | None, about: Report | None) -> Reason:
        """Tell of those in `to`: by this report if it is `about` them, else as the job did before."""
        if about is not None:
            return reason_of(about, event)
        told = job.reason if job.status is JobStatus.DONE else None
        if told is not None and told.code == NOT_ALL_REACHED.code:
            told = told.params["reason"] if isinstance(told.params["reason"], Reason) else None
        if told is not None and (furthest is None or furthest.code == self.result.get("reported")):
            return told
        return reason_of(furthest or _SENT, event, in_detail=False)


def _reports(result: Mapping[str, Any]) -> dict[str, Report]:
    kept = result.get("reports")
    found = kept.items() if isinstance(kept, Mapping) else ()
    return {address: _CODES[code] for address, code in found if code in _CODES}


def _failed(reports: Mapping[str, Report]) -> Collection[str]:
    return {address for address, report in reports.items() if report.status is JobStatus.FAILED}


def _sent_to(result: Mapping[str, Any]) -> list[str]:
    return [each for place in ("to", "cc", "bcc") for each in _texts(result.get(place))] + list(_reports(result))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list | tuple) else ()
