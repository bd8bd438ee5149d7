"""perform_job: have one step's effect on the outside, at most once where the provider cannot detect repetitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import backoff
from whenthen.domain.common.errors import (
    AnswerLost,
    Busy,
    Malformed,
    NotFound,
    Permanent,
    Refused,
    Temporary,
    Throttled,
)
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.runs.pausing import skip_of
from whenthen.domain.runs.planner import Finish, orphaned, unwanted
from whenthen.domain.runs.run import Job, JobStatus, Outcome, RunStatus
from whenthen.domain.sending.holds import LONGEST
from whenthen.domain.sending.limits import NO_LIMITS
from whenthen.domain.sending.switch import SENDING, SENDING_PAUSED
from whenthen.ports.reason_codes import JOB_NOT_FOUND
from whenthen.usecases.context.next_step import against_next_step
from whenthen.usecases.runs.orchestrator import is_alone
from whenthen.usecases.sending.attempts import Attempts
from whenthen.usecases.sending.channels import is_repeatable
from whenthen.usecases.sending.hold_messages import message_of
from whenthen.usecases.sending.job_queues import send_again

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Rule, Step
    from whenthen.domain.runs.run import Run
    from whenthen.domain.sending.limits import Limits
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import JobQueues, RunLedger, Sequences
    from whenthen.ports.values import RunState
    from whenthen.usecases.runs.orchestrator import Orchestrator
    from whenthen.usecases.sending.break_loops import BreakLoops
    from whenthen.usecases.sending.channels import Channel, Effect, WriteOutcome
    from whenthen.usecases.sending.circuits import Breaker
    from whenthen.usecases.sending.hold_messages import HoldMessages, Message
    from whenthen.usecases.sending.switch import SendingSwitch

LEASE = timedelta(seconds=90)
"""Duration of a claim: longer than any channel function may run, shorter than its queue's visibility timeout."""

EARLY = timedelta(seconds=2)
"""How much too early a message may come back to a job that is held."""

# The job was not performed, as its run had an outcome before; `reason` is the run's.
RUN_ENDED = ReasonCode("run.ended", "outcome", "reason")
MAY_HAVE_BEEN_SENT = ReasonCode("job.may_have_been_sent", "reason")
_NOT_SENT = frozenset({JobStatus.FAILED, JobStatus.SKIPPED})

TAKEN = ReasonCode("job.taken")


class PerformJob(Struct, frozen=True):
    """Claim the job, perform its effect, write its outcome, and let the run go on.

    If the provider throttles, the job is sent again as a new message and the current message is done: the pause may be
    long, and a queue delivers one message only so often. A crash between the two leaves two messages; the second to
    arrive finds the job claimed or ended.

    A message that must not go now is held: the ledger has it with the moment, then its wait begins, and then the
    current message is done. A crash between the first two leaves the message, which begins the wait.

    breaker   knows whether the channel fails throughout, or an admin paused it: then its jobs wait
    holding   holds messages; None for channels that send none to customers
    switch    stops all sending; None for channels that reach nobody outside
    write     writes outcomes that hold more than a result; None: the ledger alone does
    loops     skips messages that would keep a loop going; None for channels that send none to persons
    """

    orchestrator: Orchestrator
    runs: RunLedger
    queues: JobQueues
    sequences: Sequences
    clock: Clock
    channel: Channel
    breaker: Breaker
    holding: HoldMessages | None = None
    switch: SendingSwitch | None = None
    write: WriteOutcome | None = None
    loops: BreakLoops | None = None

    def __call__(self, run_id: str, step_id: str, occurrence: int) -> None:
        """Perform the job. Raises Temporary if the job is to be tried again, NotFound if there is no such job."""
        found, limits = self.holding.load(run_id) if self.holding else (self.runs.load(run_id), NO_LIMITS)
        state, job = find_job(found, run_id, step_id, occurrence)
        if job.status.final:
            self._give_back(job)
            self.orchestrator.catch_up(state, behind=job.step_group)
        elif state.run.status is RunStatus.PAUSED or self.orchestrator.holds_failing(state.run):
            return  # the job of a paused run is sent again when the run is resumed
        elif not state.run.status.final and (doubt := self._doubt(state.run, job)):
            self.orchestrator.carry_on(self.runs.complete(job, doubt, self._now(job)) or self.runs.load(run_id))
        elif not state.run.status.final and self._is_withheld(job):
            return  # it is sent again when sending is switched on
        elif not state.run.status.final and job.is_held(self.clock.now() + EARLY):
            self._attempts.wait(job)
        else:
            self.orchestrator.carry_on(self._perform(state, job, limits))

    @property
    def _attempts(self) -> Attempts:
        return Attempts(self.runs, self.queues, self.sequences, self.clock)

    def _perform(self, state: RunState, job: Job, limits: Limits) -> RunState | None:
        """Return the run once the job has its outcome; None if the job was sent again, or is held."""
        rule = self.orchestrator.rule_of(state.run)
        step = rule.step(job.step_id)
        prepared = self._prepare(state, job, rule, step)
        if prepared is None:
            return None
        if isinstance(prepared, Outcome) and job.status is JobStatus.PENDING:
            # Nothing goes out, so nothing is claimed: a worker that dies here must not seem to have sent.
            ended = self.runs.complete(job, prepared, self._now(job))
            if ended is None:
                raise Temporary(TAKEN(), retry_after=1)
            self._give_back(replace(job, status=prepared.status))
            return ended
        sends, repeatable = not isinstance(prepared, Outcome), is_repeatable(self.channel, prepared)
        message = message_of(state, job, rule, prepared, limits, self._now(job))
        if message is not None:
            job = message.job
        if job.status is JobStatus.PENDING and (self._is_blocked(job, prepared) or self._is_held(message)):
            return None
        now = self.clock.now()
        try:
            claimed = self.runs.claim(job, now=now, lease_until=now + LEASE, repeatable=repeatable, sends=sends)
        except Busy:
            self._give_back_unclaimed(job)
            raise
        if claimed.status.final:
            return self.runs.load(job.run_id)
        outcome = prepared if isinstance(prepared, Outcome) else self._execute(prepared, claimed, step, state.run)
        if outcome is None:
            return None
        ended = self._written(state, claimed, outcome)
        self._give_back(replace(claimed, status=outcome.status))
        return ended or self.runs.load(job.run_id)

    def _written(self, state: RunState, job: Job, outcome: Outcome) -> RunState | None:
        """Write the outcome of a claimed job. One that no store takes has failed: the effect is not repeated for it."""
        write = self.write or (lambda _, *ended: self.runs.complete(*ended))
        try:
            return write(state, job, outcome, self._now(job))
        except Malformed as error:
            return write(state, job, Outcome(JobStatus.FAILED, error.reason), self._now(job))

    def _give_back(self, job: Job) -> None:
        """Free the place under a cap of a job that ended without a message. May be repeated. Raises Temporary."""
        if self.holding is not None and job.status in _NOT_SENT:
            self.holding.give_back(job)

    def _give_back_unclaimed(self, job: Job) -> None:
        """Free the place of a job that could not be claimed, since its run ended or was paused in between."""
        state = self.runs.load(job.run_id) if self.holding is not None and job.counted_for else None
        if self.holding is None or state is None or state.run.status.going:
            return
        found = find_job(state, job.run_id, job.step_id, job.occurrence)[1]
        if found.status is JobStatus.PENDING:  # nobody else is sending it
            self.holding.give_back(job)

    def _doubt(self, run: Run, job: Job) -> Outcome | None:
        """Return the outcome of a job that may have been done before a restore, and takes no key. Raises Temporary."""
        if self.switch is None or self.channel.repeatable or job.status is not JobStatus.PENDING:
            return None
        found = self.switch.doubts(run, job)
        return None if found is None else Outcome(JobStatus.UNKNOWN, MAY_HAVE_BEEN_SENT(reason=found))

    def _is_withheld(self, job: Job) -> bool:
        """Withhold the job if all sending is stopped. Raises Temporary: then its message comes back."""
        if self.switch is None or not self.switch.is_paused():
            return False
        withhold(self.runs, job, SENDING_PAUSED(), self.clock.now())
        return True

    def _is_blocked(self, job: Job, effect: Effect | Outcome) -> bool:
        """Withhold the job if it has to wait for its channel. Raises Temporary: then its message comes back."""
        circuit = None if isinstance(effect, Outcome) else self.breaker.blocking(effect.receiver)
        if circuit is None:
            return False
        withhold(self.runs, job, circuit.why, self.clock.now(), by=circuit.name)
        return True

    def _now(self, job: Job) -> datetime:
        """Return the job's clock now: not before the end of its last hold, whatever the clock here shows."""
        now = self.clock.now()
        return now if job.woken is None else max(now, job.woken)

    def _is_held(self, message: Message | None) -> bool:
        """Hold the message if it must not go now. Raises Temporary: then it comes back."""
        hold = self.holding.hold(message) if self.holding is not None and message is not None else None
        if hold is None or message is None:
            return False
        job, delay = message.job, (hold.until - message.now).total_seconds()
        if hold.brief and delay <= backoff.LONGEST_PAUSE:
            send_again(self.queues, job, delay)
            return True
        until = min(hold.until, message.now + LONGEST)
        if not self.runs.hold(job, hold.reason, until, alone=is_alone(message.state, job)):
            raise Temporary(TAKEN(), retry_after=1)
        self._attempts.wait(replace(job, held_until=until, reason=hold.reason))
        return True

    def _prepare(self, state: RunState, job: Job, rule: Rule, step: Step) -> Effect | Outcome | None:
        """Do all that can fail without an effect; None if the run is paused. Raises Temporary: the job is as it was."""
        if settled := outcome_before(state.run, job):
            return settled
        context = self.orchestrator.context(state, job.clock)
        if gone := orphaned(state.run, context):
            return Outcome(JobStatus.SKIPPED, gone)
        if kept := against_next_step(self.runs, rule, state, context, self.clock.now()):
            ended = self.orchestrator.keep_back(state, kept)
            return None if ended is None else skipped_after(ended)
        if job.woken is not None and (outcome := self._unwanted(state, rule, step, context)):
            return outcome
        try:
            prepared = self.channel.prepare(job, step, context)
        except (Refused, Permanent) as error:
            return Outcome(JobStatus.FAILED, error.reason)
        return self._loop(prepared, state, job, step, context) or prepared

    def _loop(
        self, prepared: Effect | Outcome, state: RunState, job: Job, step: Step, context: Mapping[str, Any]
    ) -> Outcome | None:
        """Return the outcome of a message that would keep a loop going; None if it may go. Raises Temporary."""
        if self.loops is None or isinstance(prepared, Outcome):
            return None
        loop = self.loops.loop_of(prepared, step.channel, state.event, context, self._now(job))
        return None if loop is None else Outcome(JobStatus.SKIPPED, loop)

    def _unwanted(self, state: RunState, rule: Rule, step: Step, context: Mapping[str, Any]) -> Outcome | None:
        """Look again at the exit and the step's condition: the message was held since somebody looked at them."""
        found = unwanted(rule, step.id, context)
        if isinstance(found, Finish):
            self.orchestrator.finish(state.run, found)
            return skipped_after(replace(state.run, status=found.status, reason=found.reason))
        return None if found is None else Outcome(JobStatus.SKIPPED, found)

    def _execute(self, effect: Effect, job: Job, step: Step, run: Run) -> Outcome | None:
        """Perform the effect; return None if the job was sent again. Raises Temporary: then its message comes back."""
        try:
            outcome = effect.perform()
        except (Refused, Permanent) as error:
            if isinstance(error, Permanent) and error.code:
                self.breaker.worked(effect.receiver)
            return Outcome(JobStatus.FAILED, error.reason)
        except Throttled as error:
            self.breaker.worked(effect.receiver)
            return self._attempts.postpone(job, error)
        except (AnswerLost, Temporary) as error:
            rest = self.breaker.failed(effect.receiver, error)
            if isinstance(error, AnswerLost) and not is_repeatable(self.channel, effect):
                return Outcome(JobStatus.UNKNOWN, MAY_HAVE_BEEN_SENT(reason=error.reason))
            return self._attempts.again(job, step, self.orchestrator.rule_of(run).zone, error, rest)
        self.breaker.worked(effect.receiver)
        return outcome


def withhold(runs: RunLedger, job: Job, reason: Reason, now: datetime, *, by: str = SENDING) -> None:
    """Keep the job until what it waits for goes on. Raises Temporary if it changed: then its message comes back."""
    if not runs.withhold(job, reason, now, by=by):
        raise Temporary(TAKEN(), retry_after=1)


def outcome_before(run: Run, job: Job) -> Outcome | None:
    """Return the outcome that a job has without being performed: its run is over, or an admin skipped the step."""
    if run.status.final:
        return skipped_after(run)
    skipped = skip_of(run, job.step_id)
    return None if skipped is None else Outcome(JobStatus.SKIPPED, skipped)


def skipped_after(run: Run) -> Outcome:
    """Return the outcome of a job whose run had its outcome before the job was performed."""
    return Outcome(JobStatus.SKIPPED, RUN_ENDED(outcome=run.status.value, reason=run.reason))


def find_job(state: RunState | None, run_id: str, step_id: str, occurrence: int) -> tuple[RunState, Job]:
    """Return the run and the job that a message names. Raises NotFound: the run has expired, or never was."""
    if state is not None:
        for job in state.jobs:
            if job.step_id == step_id and job.occurrence == occurrence:
                return state, job
    raise NotFound(JOB_NOT_FOUND(step=step_id, occurrence=occurrence, run=run_id))
