"""Send the messages of one job, each once, and say what became of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.channels.staff.messages import TO
from whenthen.domain.common.errors import AnswerLost, Permanent, Refused, Temporary, Throttled
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.notices.progress import MessageProgress, MessageStatus
from whenthen.domain.runs.run import Job, JobStatus, Outcome

if TYPE_CHECKING:
    from whenthen.channels.staff.messages import Message
    from whenthen.ports.clock import Clock
    from whenthen.ports.sending import MessageLog

# `left_out` gives the reason for each name under which no colleague was found.
NOBODY = ReasonCode("staff.nobody", "left_out")
TOLD = ReasonCode("staff.told", "delivered")
TOLD_WITHOUT = ReasonCode("staff.told_without", "delivered", "left_out")
# Some messages went out, and others did not or nobody knows it.
TOLD_PARTLY = ReasonCode("staff.told_partly", "delivered", "failed")
NOT_TOLD = ReasonCode("staff.not_told", "failed")
FAILED = ReasonCode("staff.message_failed", "message", "reason")
# A worker died, or its provider did not answer, while the message was under way.
UNCLEAR = ReasonCode("staff.message_unclear")


class _Sent(Struct):
    """Gather what became of the messages."""

    delivered: list[Message]
    failed: list[tuple[Message, Reason]]
    unclear: list[tuple[Message, Reason]]
    late: list[tuple[Message, Temporary]]


class Telling(Struct, frozen=True):
    """Send messages to colleagues. May be repeated: the store knows which of them went out."""

    job: Job
    messages: Sequence[Message]
    left_out: Sequence[Reason]
    message_log: MessageLog
    clock: Clock

    def __call__(self) -> Outcome:
        """Send what did not go out yet. Raises Temporary, once all that can go out has, if some has to wait."""
        sent = _Sent([], [], [], [])
        for message in self.messages:
            self._send(message, sent)
        if sent.late:
            raise _waiting(sent)
        return _outcome(sent, self.left_out)

    def _send(self, message: Message, sent: _Sent) -> None:
        """Send a message, if no attempt before did."""
        try:
            known = None if message.repeatable else self._begin(message)
        except Temporary as error:
            sent.late.append((message, error))
            return
        if known is None:
            self._send_now(message, sent)
        elif known.status is MessageStatus.DONE:
            sent.delivered.append(message)
        else:
            sent.unclear.append((message, UNCLEAR()))

    def _send_now(self, message: Message, sent: _Sent) -> None:
        try:
            message.send()
        except Temporary as error:
            self._forget(message)
            sent.late.append((message, error))
        except (Refused, Permanent) as error:
            self._forget(message)
            sent.failed.append((message, error.reason))
        except AnswerLost as error:
            self._end(message, MessageStatus.UNKNOWN)
            sent.unclear.append((message, error.reason))
        else:
            self._end(message, MessageStatus.DONE)
            sent.delivered.append(message)

    def _begin(self, message: Message) -> MessageProgress | None:
        """Note that the message goes out. Returns how far it came, if an attempt before sent it or may have."""
        known = self.message_log.begin(self.job.id, message.name, self.clock.now())
        if known is None or not known.is_of_before(self.job.woken_at):
            return known
        self.message_log.forget(self.job.id, message.name)
        return self.message_log.begin(self.job.id, message.name, self.clock.now())

    def _forget(self, message: Message) -> None:
        if not message.repeatable:
            self.message_log.forget(self.job.id, message.name)

    def _end(self, message: Message, status: MessageStatus) -> None:
        """Note how far the message came. If that fails, it seems to be under way, and is not sent again."""
        if not message.repeatable:
            with suppress(Temporary):
                self.message_log.end(self.job.id, message.name, MessageProgress(status, self.clock.now()))


def _waiting(sent: _Sent) -> Temporary:
    """Return the error for which the job is tried again: one that counts as an attempt goes before a throttled one."""
    _, error = min(sent.late, key=lambda each: isinstance(each[1], Throttled))
    late = [(message, each.reason) for message, each in sent.late]
    failed = _failures([*late, *sent.failed, *sent.unclear])
    said = TOLD_PARTLY(delivered=_told(sent.delivered), failed=failed) if sent.delivered else NOT_TOLD(failed=failed)
    return type(error)(said, error.retry_after, error.attempts)


def _outcome(sent: _Sent, left_out: Sequence[Reason]) -> Outcome:
    delivered = _told(sent.delivered)
    result = {"told": {way: [each.to for each in sent.delivered if each.way == way] for way in _ways(sent.delivered)}}
    wrong = _failures([*sent.failed, *sent.unclear])
    if not wrong:
        reason = TOLD_WITHOUT(delivered=delivered, left_out=list(left_out)) if left_out else TOLD(delivered=delivered)
        return Outcome(JobStatus.DONE, reason, result)
    reason = TOLD_PARTLY(delivered=delivered, failed=wrong) if delivered else NOT_TOLD(failed=wrong)
    return Outcome(JobStatus.UNKNOWN if sent.unclear else JobStatus.FAILED, reason, result)


def _told(messages: Iterable[Message]) -> list[Reason]:
    """Return who was told, by way."""
    found = list(messages)
    return [TO[way](to=", ".join(each.to for each in found if each.way == way)) for way in _ways(found)]


def _ways(messages: Iterable[Message]) -> list[str]:
    return list(dict.fromkeys(each.way for each in messages))


def _failures(found: Iterable[tuple[Message, Reason]]) -> list[Reason]:
    return [FAILED(message=TO[message.way](to=message.to), reason=reason) for message, reason in found]
