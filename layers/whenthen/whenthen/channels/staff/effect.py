"""notify: tell colleagues something by one or several ways, each of them once.

A job may be repeated, since the store knows how far each of its messages came: one that went out is not sent again,
and a way that fails holds up no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from whenthen.channels.staff.action import EMAIL, NOTICE, WAYS
from whenthen.channels.staff.colleagues import Colleagues
from whenthen.channels.staff.messages import Content
from whenthen.channels.staff.rooms import DEFAULT_ROOM
from whenthen.channels.staff.telling import NOBODY, Telling
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.events import identities
from whenthen.domain.notices.notice import MAX_LINK, MAX_TEXT, MAX_TITLE, shortened
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.sending.circuits import WHOLE

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.channels.staff.colleagues import Colleague
    from whenthen.channels.staff.messages import Message
    from whenthen.domain.rules.rule import Step
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore
    from whenthen.ports.sending import MessageLog


class Way(Protocol):
    """Make the messages that tell colleagues something in one way."""

    def messages(self, content: Content, colleagues: list[Colleague], now: datetime) -> Iterator[Message]:
        """Yield them. Raises Invalid or NotFound if the way cannot be used."""


class _Tell(Struct, frozen=True):
    """Tell colleagues. `reaches`: the addresses of those who get a mail: their programs may answer it."""

    telling: Telling
    receiver: str
    reaches: tuple[str, ...] = ()
    recipient: None = None
    repeatable: bool = True

    def perform(self) -> Outcome:
        return self.telling()


class Notify(Struct, frozen=True):
    """Prepare what colleagues are told."""

    ways: Mapping[str, Way]
    records: RecordStore
    message_log: MessageLog
    clock: Clock
    repeatable: bool = False

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Tell | Outcome:
        """Render the step, or skip it if it names no colleague. Raises Invalid naming the wrong field."""
        given = render_step(step, context)
        found, left_out = Colleagues(self.records, context["record"]).named(
            given["to"], set(step.parameters.get("to", ()))
        )
        if not found:
            return Outcome(JobStatus.SKIPPED, left_out[0] if len(left_out) == 1 else NOBODY(left_out=left_out))
        content, now = _content(job, given, context), self.clock.now()
        chosen = [way for way in WAYS if way in (given.get("via") or [NOTICE])]
        messages = [message for way in chosen for message in self.ways[way].messages(content, found, now)]
        mailed = [each.address for each in found] if EMAIL in chosen else []
        reaches = tuple(identities.identity("email", address) for address in mailed if address)
        return _Tell(Telling(job, messages, left_out, self.message_log, self.clock), receiver_of(chosen), reaches)


def receiver_of(ways: Sequence[str]) -> str:
    """Name what the messages depend on outside of the store: ways that fail together with none but one another."""
    return "+".join(way for way in ways if way != NOTICE) or WHOLE


def _content(job: Job, given: Mapping[str, Any], context: Mapping[str, Any]) -> Content:
    text = given["text"].replace("\r\n", "\n").strip()
    if not text:
        raise Invalid.field("with.text", EMPTY())
    record = context["record"] or {}
    return Content(
        title=shortened(" ".join(given.get("title", "").split()), MAX_TITLE),
        text=shortened(text, MAX_TEXT),
        link=given.get("link", "")[:MAX_LINK],
        record=record.get("ref"),
        rule=context["run"]["rule"],
        run=job.run_id,
        job=job.id,
        room=given.get("room") or DEFAULT_ROOM,
    )
