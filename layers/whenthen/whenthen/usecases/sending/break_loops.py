"""Break loops: answer no message that a program wrote, and answer one person's messages only so often.

Two programs that answer one another need not mark their messages, and may write through several rules and channels. So
what counts is which message is behind an answer (`Cause.message`), and how many of that person were answered before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.identities import normalised_identity
from whenthen.domain.events.types import tells_of_message
from whenthen.domain.records.record import identities_of
from whenthen.domain.runs.happenings import happening_of
from whenthen.domain.sending.recipients import MAX_KEYS
from whenthen.ports.reason_codes import CONTENDED
from whenthen.usecases.sending.answers import Bound, answered, place
from whenthen.usecases.sending.channels import reached_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.ports.events import EventLog
    from whenthen.ports.sending import SendLogs
    from whenthen.usecases.sending.channels import Effect

# `sign` is that by which the message was recognised, such as auto_submitted.
ANSWERS_A_PROGRAM = ReasonCode("message.answers_a_program", "sign")
ANSWERS_TOO_OFTEN = ReasonCode("message.answers_too_often", "count", "hours")

ATTEMPTS = 8
"""How often a log is read again that somebody else wrote meanwhile."""

_UNNAMED = "automatic"
"""Stands for the sign of an automatic message whose channel names none."""

_ADDRESSES = (("from", "email"), ("reply_to", "email"), ("phone", "phone"), ("user_id", "whatsapp"), ("chat", "chat"))
"""Fields of a received message's data → the kind of its author's identity there."""

_RECEIVED = "received"
"""Ends the types of messages that came in; a report on a message of ours has our addresses in such fields."""


class BreakLoops(Struct, frozen=True):
    """Know whether a message would keep a loop going. One that no message is behind costs no request.

    An answer costs one read of the logs of its person, and the first answer to a message one write; that of another
    event than the message's own costs one read more.
    """

    events: EventLog
    logs: SendLogs

    def loop_of(
        self, effect: Effect, channel: str, event: Event, context: Mapping[str, Any], now: datetime
    ) -> Reason | None:
        """Return why an effect would keep a loop going. None for others: then their message counts as answered.

        channel  the channel that the effect goes by
        event    the one that started the run; the effect answers it, or the message that is behind it

        May be repeated: a message counts once. Raises Temporary if it cannot be read or counted.
        """
        reached = reached_by(effect)
        message = self._message_behind(event) if reached else None
        if message is None:
            return None
        author = _author(message, effect, context)
        if author.isdisjoint(reached):
            return None
        if message.data.get("automatic") is True:
            return ANSWERS_A_PROGRAM(sign=str(message.data.get("automatic_reason") or _UNNAMED))
        bound = self._count(happening_of(message), channel, _keys(author), now)
        return None if bound is None else ANSWERS_TOO_OFTEN(count=bound.most, hours=bound.hours)

    def _message_behind(self, event: Event) -> Event | None:
        """Return the event of the message that an effect answers, if any. Its plan is read if another event is that."""
        if tells_of_message(event.type):
            return event
        plan = self.events.plan_of(event.cause.message) if event.cause.message else None
        return None if plan is None else plan.event

    def _count(self, message: str, channel: str, keys: Sequence[str], now: datetime) -> Bound | None:
        """Count the message as answered; return the bound instead if it is reached."""
        for _ in range(ATTEMPTS):
            log, *elsewhere = self.logs.read(keys)
            found = answered(message, channel, log, [each for other in elsewhere for each in other.sent], now)
            if isinstance(found, Bound):
                return found
            try:
                if found is not log:
                    self.logs.write(keys[0], found)
            except Stale:
                continue
            return None
        raise Temporary(CONTENDED(subject=message), retry_after=1)


def _author(message: Event, effect: Effect, context: Mapping[str, Any]) -> set[str]:
    """Return the record and all identities of the message's author, as far as the event, recipient and record tell."""
    found = _named_in(message)
    record = {*identities_of(context["record"] or {}), *context["refs"]}
    recipient = {effect.recipient.identity, *effect.recipient.identities} if effect.recipient else set[str]()
    for person in (record, recipient, record):
        if not found.isdisjoint(person):
            found |= person
    return found


def _named_in(message: Event) -> set[str]:
    """Return the identities of the person whom a message is of, and the record if the event names one."""
    found = {*message.identities, *([message.subject] if message.subject else ())}
    for name, kind in _ADDRESSES if message.type.endswith(_RECEIVED) else ():
        value = message.data.get(name)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str | int) and (identity := normalised_identity(f"{kind}#{text}")):
                found.add(identity)
    return found


def _keys(author: Iterable[str]) -> list[str]:
    """Name the logs of one person, in an order that is the same whichever of their identities a message is of."""
    identities = [each for each in author if "#" in each]
    identities.sort(key=lambda each: (not each.startswith("phone#"), each))
    return [place(each) for each in identities[:MAX_KEYS]]
