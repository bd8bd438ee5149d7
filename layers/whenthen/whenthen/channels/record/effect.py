"""change_record: perform steps that change records in the built-in store, exactly once.

The record and the job's outcome are written in one transaction, so no lease is needed: of two workers
one writes, and the other finds the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.channels.record.turns import Turns
from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid, NotFound, Stale, Temporary, TooLarge
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import format_time
from whenthen.domain.records.limits import check_record
from whenthen.domain.records.record import Record, check_fields, parse_ref, patched
from whenthen.domain.records.tags import with_tags
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.runs.planner import orphaned
from whenthen.domain.runs.run import Job, JobStatus, Outcome, RunStatus
from whenthen.ports.reason_codes import CONTENDED, RECORD_NOT_FOUND
from whenthen.ports.values import Counter, RecordWrite, RunState
from whenthen.usecases.context.next_step import against_next_step
from whenthen.usecases.records.normalise import normalised
from whenthen.usecases.runs.orchestrator import is_alone
from whenthen.usecases.runs.perform_job import find_job, outcome_before, skipped_after, withhold

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.rules.rule import Step
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore
    from whenthen.ports.runs import RunLedger
    from whenthen.usecases.runs.orchestrator import Orchestrator
    from whenthen.usecases.sending.circuits import Breaker

ATTEMPTS = 8
"""How often a change is made again on another writer's version, before its message is given back to the queue."""

# The step names no record and the run has none, or the field that names it is empty.
NO_RECORD = ReasonCode("record.none_named")
FIELDS_SET = ReasonCode("record.fields_set", "ref", "fields")
TAGS_ADDED = ReasonCode("record.tags_added", "ref", "tags")
TAGS_REMOVED = ReasonCode("record.tags_removed", "ref", "tags")
OWNER_KEPT = ReasonCode("record.owner_kept", "ref", "owner")
OWNER_SET = ReasonCode("record.owner_set", "ref", "owner")
# The fields that name the agents are empty.
NO_AGENT = ReasonCode("record.no_agent", "ref")
CREATED = ReasonCode("record.created", "ref")
# The step changed nothing: the record was as `reason` says before.
UNCHANGED = ReasonCode("record.unchanged", "reason")


class Work(Struct, frozen=True):
    """Describe what a step does to records: the patch for an existing or a new record, and a counter to advance.

    status  of the job, if nothing fails
    """

    record: Record
    replaces: Record | None
    patch: Mapping[str, Any]
    reason: Reason
    counter: Counter | None = None
    status: JobStatus = JobStatus.DONE


class Task(Struct, frozen=True):
    """Hold a step that is due, with its parameters rendered and its record at hand.

    take_turn  returns whose turn it is by the row of this name, and the counter to advance
    """

    state: RunState
    job: Job
    step: Step
    parameters: Mapping[str, Any]
    records: RecordStore
    take_turn: Callable[[str], tuple[int, Counter]]

    def target(self) -> Record:
        """Return the record that the step names, or the run's. Raises NotFound."""
        ref = self.parameters["record"] if self.step.parameters.get("record") else self.state.run.record
        if not ref or not ref.strip():
            raise NotFound(NO_RECORD())
        parse_ref(ref, "with.record")
        record = self.records.get(ref)
        if record is None:
            raise NotFound(RECORD_NOT_FOUND(ref=ref))
        return record


def _set_fields(task: Task) -> Work:
    record, patch = task.target(), dict(task.parameters["fields"])
    return Work(record, record, patch, FIELDS_SET(ref=record.ref, fields=list(patch)))


def _tags(task: Task) -> list[str]:
    """Return the step's tags, without those whose template rendered to nothing."""
    return [tag.strip() for tag in task.parameters["tags"] if tag.strip()]


def _add_tags(task: Task) -> Work:
    record, tags = task.target(), _tags(task)
    patch = {"tags": with_tags(record.fields.get("tags"), added=tags)}
    return Work(record, record, patch, TAGS_ADDED(ref=record.ref, tags=[*tags]))


def _remove_tags(task: Task) -> Work:
    record, tags = task.target(), _tags(task)
    kept = with_tags(record.fields.get("tags"), removed=tags)
    return Work(record, record, {"tags": kept}, TAGS_REMOVED(ref=record.ref, tags=[*tags]))


def _assign_owner(task: Task) -> Work:
    record = task.target()
    agents = [agent.strip() for agent in task.parameters["from"] if agent.strip()]
    if task.parameters.get("keep") and record.fields.get("owner"):
        return Work(record, record, {}, OWNER_KEPT(ref=record.ref, owner=str(record.fields["owner"])))
    if not agents:
        return Work(record, record, {}, NO_AGENT(ref=record.ref), status=JobStatus.SKIPPED)
    if task.parameters.get("by") == "first":
        return Work(record, record, {"owner": agents[0]}, OWNER_SET(ref=record.ref, owner=agents[0]))
    turn, counter = task.take_turn(f"owner#{task.state.run.rule_id}#{task.step.id}")
    agent = agents[turn % len(agents)]
    return Work(record, record, {"owner": agent}, OWNER_SET(ref=record.ref, owner=agent), counter)


_SAID_OF_A_TASK = ("title", "description", "assignee", "due")


def _create_task(task: Task) -> Work:
    owner = None
    if task.state.run.record and not task.parameters.get("assignee"):
        parent = task.records.get(task.state.run.record)
        owner = parent.fields.get("owner") if parent else None
    return _create(
        task,
        "task",
        {
            "status": "open",
            "assignee": owner,
            "due": format_time(task.job.due),
            **task.parameters.get("fields", {}),
            **{name: said for name in _SAID_OF_A_TASK if (said := task.parameters.get(name))},
        },
    )


def _create_record(task: Task) -> Work:
    return _create(task, task.parameters["kind"], dict(task.parameters["fields"]))


def _create(task: Task, kind: str, fields: dict[str, Any]) -> Work:
    fields = {"parent": task.state.run.record, **fields}
    ref = f"{kind}:{ids.record_id(task.job.id)}"
    parse_ref(ref, "with.kind")
    record = Record(kind, ref.partition(":")[2])
    patch = {name: value for name, value in fields.items() if value is not None}
    return Work(record, None, patch, CREATED(ref=ref))


WORKS: Mapping[str, Callable[[Task], Work]] = {
    "set_fields": _set_fields,
    "add_tags": _add_tags,
    "remove_tags": _remove_tags,
    "assign_owner": _assign_owner,
    "create_task": _create_task,
    "create_record": _create_record,
}


class ChangeRecord(Struct, frozen=True):
    """Perform the jobs of the record channel."""

    orchestrator: Orchestrator
    runs: RunLedger
    records: RecordStore
    clock: Clock
    default_country: str | None
    breaker: Breaker
    turns: Turns = field(default_factory=Turns)

    def __call__(self, run_id: str, step_id: str, occurrence: int) -> None:
        """Perform a job. Raises Temporary if others keep changing the record, NotFound if there is no such job."""
        for attempt in range(ATTEMPTS):
            state, job = find_job(self.runs.load(run_id), run_id, step_id, occurrence)
            if job.status.final:
                self.orchestrator.catch_up(state, behind=job.step_group)
                return
            if state.run.status is RunStatus.PAUSED or self.orchestrator.holds_failing(state.run):
                # Its jobs are sent again when it is resumed.
                return
            if not state.run.status.final and (circuit := self.breaker.blocking()) is not None:
                withhold(self.runs, job, circuit.why, self.clock.now(), by=circuit.name)
                return
            ended = self._perform(state, job, attempt)
            if ended is not None:
                self.orchestrator.carry_on(ended if is_alone(state, job) else self.runs.load(run_id))
                return
        raise Temporary(CONTENDED(subject=job.id), retry_after=1)

    def _perform(self, state: RunState, job: Job, attempt: int) -> RunState | None:
        """Return the run with the job's outcome; None if a record, a turn or the job changed meanwhile."""
        try:
            prepared = self._prepare(state, job, attempt)
            if prepared is None:
                return None
            outcome, writes, counter = prepared
        except (Invalid, NotFound, TooLarge) as error:
            outcome, writes, counter = Outcome(JobStatus.FAILED, error.reason), [], None
        now = self.clock.now()
        try:
            written = self._complete(job, outcome, now, writes, counter)
        except Stale:
            return None
        return _with_outcome(state, job, written, now)

    def _complete(
        self, job: Job, outcome: Outcome, now: datetime, writes: list[RecordWrite], counter: Counter | None
    ) -> Outcome:
        """Write records and outcome; if the store rejects a record, write that the job failed. Raises Stale."""
        try:
            self.runs.complete_with(job, outcome, now, writes, counter)
        except (Invalid, TooLarge) as error:
            outcome = Outcome(JobStatus.FAILED, error.reason)
            self.runs.complete_with(job, outcome, now, [], None)
        return outcome

    def _take_turn(self, job: Job, attempt: int, name: str) -> tuple[int, Counter]:
        row, start = self.turns.row(name, job.id, attempt, self.clock.now())
        turn = self.runs.counter(row)
        return start + turn, Counter(row, turn, turn + 1)

    def _prepare(
        self, state: RunState, job: Job, attempt: int
    ) -> tuple[Outcome, list[RecordWrite], Counter | None] | None:
        """Return what is to be written; None if the run is paused."""
        if settled := outcome_before(state.run, job):
            return settled, [], None
        rule, context = self.orchestrator.rule_of(state.run), self.orchestrator.context(state, job.due)
        step = rule.step(job.step_id)
        if gone := orphaned(state.run, context):
            return Outcome(JobStatus.SKIPPED, gone), [], None
        if kept := against_next_step(self.runs, rule, state, context, self.clock.now()):
            ended = self.orchestrator.keep_back(state, kept)
            return None if ended is None else (skipped_after(ended), [], None)
        parameters = render_step(step, context)
        work = WORKS[step.action](
            Task(state, job, step, parameters, self.records, partial(self._take_turn, job, attempt))
        )
        patch = normalised(work.patch, self.default_country)
        check_fields(patch, "with.fields")
        changed = patched(
            work.record,
            patch,
            origin=f"rule:{state.run.rule_id}",
            cause=state.event.cause_of(state.run.id),
            now=self.clock.now(),
        )
        check_record(changed, work.replaces or work.record)
        writes = [] if changed is work.record else [RecordWrite(changed, work.replaces)]
        done = work.status is JobStatus.DONE and not writes
        reason = UNCHANGED(reason=work.reason) if done else work.reason
        return Outcome(work.status, reason, {"record": work.record.ref}), writes, work.counter


def _with_outcome(state: RunState, job: Job, outcome: Outcome, now: datetime) -> RunState:
    """Return the run as it is once the job's outcome is written."""
    ended = replace(job, status=outcome.status, reason=outcome.reason, result=outcome.result, finished_at=now)
    return replace(state, jobs=tuple(ended if each.id == job.id else each for each in state.jobs))
