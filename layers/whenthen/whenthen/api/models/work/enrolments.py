"""Shape enrolments: rules that are started for all records of a view, in the background."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from whenthen.api.models.base import Model, Time, time_of
from whenthen.api.models.shared import ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.api.rendering.vocabulary import ENROLLED
from whenthen.domain.common.reasons import Reason
from whenthen.domain.enrolments import enrolment, order
from whenthen.domain.events.event import format_time
from whenthen.ports.values import Page

_COUNTS = {enrolment.ENTERED: 118, enrolment.DUPLICATE: 2}


class EnrolmentProgress(Model):
    """How many records had their turn, of how many."""

    done: int = Field(examples=[120])
    of: int | None = Field(description="How many records there are; null while they are being counted.", examples=[200])


class EnrolmentOutcome(ReasonText):
    """What became of some of the records, and of how many."""

    count: int


class Enrolment(Model):
    """A rule that is started for each record of a view: how far that came, and what became of the records."""

    id: str = Field(examples=["evt_5q2v"])
    rule: str = Field(examples=["rule_9f2b"])
    version: int = Field(description="The rule's version when it began.")
    kind: str = Field(description="The kind of its records.", examples=["contact"])
    asked: order.Asked = Field(
        description="`run`: a person ran the rule; `schedule`: it was due; `existing`: it was switched on for who fits."
    )
    status: enrolment.EnrolmentStatus
    reason: ReasonText | None = Field(description="Who paused or stopped it, or why it rests or failed.")
    progress: EnrolmentProgress
    counts: dict[str, int] = Field(
        description="Records by outcome: `entered`, `duplicate`, `left_view`, `not_met`, or why they may not enter.",
        examples=[_COUNTS],
    )
    outcomes: list[EnrolmentOutcome] = Field(description="The same in the caller's language, the most frequent first.")
    per_person: bool = Field(description="Whether records with a common address enter once.")
    created_at: Time
    created_by: str = Field(description="The id of an API key; empty for a schedule.")
    finished_at: Time | None

    @classmethod
    def of(cls, renderer: Renderer, work: enrolment.Enrolment) -> Enrolment:
        """Show an enrolment."""
        by_count = sorted(work.counts.items(), key=lambda item: (-item[1], item[0]))
        return cls(
            id=work.id,
            rule=work.order.rule,
            version=work.order.version,
            kind=work.kind,
            asked=work.order.asked,
            status=work.status,
            reason=ReasonText.of_any(renderer, work.reason),
            progress=EnrolmentProgress(done=work.done, of=work.of),
            counts=dict(work.counts),
            outcomes=[_outcome(renderer, outcome, count) for outcome, count in by_count],
            per_person=work.per_person,
            created_at=format_time(work.created_at),
            created_by=work.order.by,
            finished_at=time_of(work.finished_at),
        )


class EnrolmentPage(Model):
    """Some of the enrolments, the newest first."""

    items: list[Enrolment]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, renderer: Renderer, page: Page[enrolment.Enrolment]) -> EnrolmentPage:
        """Show a page of enrolments."""
        return cls(items=[Enrolment.of(renderer, work) for work in page.items], cursor=page.cursor)


def _outcome(renderer: Renderer, outcome: str, count: int) -> EnrolmentOutcome:
    said: Any = ReasonText.of(renderer, Reason(ENROLLED[outcome]))
    return EnrolmentOutcome(code=said.code, params=said.params, text=said.text, count=count)
