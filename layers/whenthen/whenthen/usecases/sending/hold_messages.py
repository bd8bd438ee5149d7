"""Hold messages to customers in quiet hours and over caps, and count those that go."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.runs.run import Outcome
from whenthen.domain.sending.limits import Limits, read_limit_settings
from whenthen.domain.sending.quiet_hours import end_of_quiet
from whenthen.domain.sending.send_log import Decision, Request, decide, quiet, without
from whenthen.ports.reason_codes import CONTENDED

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule, Step
    from whenthen.domain.runs.run import Job
    from whenthen.domain.sending.holds import Hold
    from whenthen.domain.sending.recipients import Recipient
    from whenthen.ports.events import EventLog
    from whenthen.ports.sending import SendingStates, SendLogs
    from whenthen.ports.values import RunState


ATTEMPTS = 8
"""How often a log is read again that somebody else wrote meanwhile."""


class Effect(Protocol):
    """Say to whom an effect goes; None for one that is no message to a customer."""

    @property
    def recipient(self) -> Recipient | None:
        """Return the recipient."""


class Message(Struct, frozen=True):
    """Hold what decides whether a message may go now. `now`: the job's clock."""

    state: RunState
    job: Job
    rule: Rule
    step: Step
    recipient: Recipient
    limits: Limits
    now: datetime

    @property
    def channel(self) -> str:
        """Name the channel that the message goes by."""
        return self.step.channel

    @property
    def is_counted(self) -> bool:
        """Tell whether it needs a place under a cap."""
        return self.step.markets and bool(self.limits.caps_of(self.channel))

    def opens_at(self, moment: datetime) -> datetime:
        """Return the first moment from `moment` on that is not quiet by the recipient's clocks, else by the rule's."""
        spans = self.limits.quiet_hours
        if not spans or self.step.urgent:
            return moment
        zone = self.recipient.zone(moment) or self.rule.zone
        return end_of_quiet(spans, moment, zone) or moment


class HoldMessages(Struct, frozen=True):
    """Decide whether a message may go. Where no limits are set, this costs no request."""

    states: SendingStates
    logs: SendLogs
    events: EventLog

    def load(self, run_id: str) -> tuple[RunState | None, Limits]:
        """Read the run and the installation's limits."""
        state, document = self.states.load(run_id)
        return state, read_limit_settings(document) if document else Limits()

    def hold(self, message: Message) -> Hold | None:
        """Return the hold if the message must not go now. None: it may go, and its place under the caps is taken.

        May be repeated: a message that has its place keeps it. Raises Temporary if a log cannot be read or written.
        """
        if message.is_counted:
            return self._decide(message, caps_request(message))
        opens = message.opens_at(message.now)
        return quiet(opens) if opens > message.now else None

    def give_back(self, job: Job) -> None:
        """Free the place of a message that did not go out. May be repeated. Raises Temporary."""
        if not job.counted_for:
            return
        for _ in range(ATTEMPTS):
            (log,) = self.logs.read([job.counted_for])
            rest = without(log, job.id)
            if rest == log or self._write(job.counted_for, Decision(None, rest)):
                return
        raise Temporary(CONTENDED(subject=job.id), retry_after=1)

    def _decide(self, message: Message, request: Request) -> Hold | None:
        identities = message.recipient.identities
        rivals: bool | None = None
        for _ in range(ATTEMPTS):
            log, *elsewhere = self.logs.read(identities)
            ask = partial(decide, request, log, [each for other in elsewhere for each in other.sent])
            decision = ask(rivals=True)
            if decision.hold is not None and decision.hold.brief:
                rivals = self._has_rivals(message) if rivals is None else rivals
                decision = ask(rivals=rivals)
            if decision.log == log or self._write(identities[0], decision):
                return decision.hold
        raise Temporary(CONTENDED(subject=message.job.id), retry_after=1)

    def _has_rivals(self, message: Message) -> bool:
        """Tell whether the event of the message's run started other rules too."""
        plan = self.events.plan_of(message.state.event.id)
        return plan is not None and len(plan.rules) > 1

    def _write(self, identity: str, decision: Decision) -> bool:
        try:
            self.logs.write(identity, decision.log)
        except Stale:
            return False
        return True


def message_of(
    state: RunState, job: Job, rule: Rule, prepared: Effect | Outcome, limits: Limits, now: datetime
) -> Message | None:
    """Return the message whose going the limits decide. None for an outcome, and for what no limits hold."""
    step, both = rule.step(job.step_id), limits if rule.limits is None else limits.and_those_of(rule.limits)
    if not both or isinstance(prepared, Outcome) or not step.messages or prepared.recipient is None:
        return None
    message = Message(state, job, rule, step, prepared.recipient, both, now)
    counted_for = message.recipient.identities[0] if message.is_counted else job.counted_for
    return replace(message, job=replace(job, counted_for=counted_for))


def caps_request(message: Message) -> Request:
    """Ask for a place for a message under the caps that hold for it."""
    return Request(
        job=message.job.id,
        channel=message.channel,
        priority=message.rule.priority,
        caps=message.limits.caps_of(message.channel),
        now=message.now,
        opens_at=message.opens_at,
        urgent=message.step.urgent,
    )
