"""Log one line for each event, run and job that a function worked on, so that one query follows an event.

A line has `message` (`event`, `run` or `job`), the ids, the `outcome`, the `code` of its reason, and what
`observability.noted` adds. It has no personal data: neither refs and fields of records nor parameters of reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.events import trace
from whenthen.ports.values import RunState, Started
from whenthen.runtime.observability import count, noted

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.domain.runs.run import Job, Outcome, Run, RunStatus

Line = Callable[..., None]
"""Called with a call's answer and its arguments: logs what took effect, or nothing."""


class Journal:
    """Pass calls on to a port, and log those that `lines` names once they took effect. A call that raises logs nothing.

    lines  method → what it logs
    """

    def __init__(self, port: Any, lines: Mapping[str, Line]) -> None:
        self._port = port
        self._lines = lines

    def __getattr__(self, name: str) -> Any:
        """Return the port's own attribute, or its method with a line behind it."""
        found, line = getattr(self._port, name), self._lines.get(name)
        if line is None:
            return found

        def passing(*arguments: Any, **named: Any) -> Any:
            answer = found(*arguments, **named)
            line(answer, *arguments, **named)
            return answer

        setattr(self, name, passing)
        return passing


COUNTED: Mapping[str, str] = {"failed": "JobsFailed", "unknown": "JobsUnknown"}
"""Outcome of a job → the count of it that an alarm watches, by function, which is by channel."""


class _Known(Struct, frozen=True):
    rule: str
    trace: str


_known: dict[str, _Known] = {}
"""Runs that were seen last → their rule and trace. A job names neither, and its outcome may be written without them."""

_MOST_KNOWN = 200


def _know(run: Run, event: Event) -> None:
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[run.id] = _Known(run.rule_id, trace.trace_id(event.traceparent))


def _trace_of(run_id: str) -> str | None:
    return _known[run_id].trace if run_id in _known else None


def _load(answer: RunState | None, _: str) -> None:
    if answer:
        _know(answer.run, answer.event)


def _run(outcome: str, run: Run, reason: Reason | None = None, **more: Any) -> None:
    ids = {"run_id": run.id, "rule_id": run.rule_id, "trace_id": _trace_of(run.id)}
    noted("run", outcome, code=reason.code if reason else None, **ids, **more)


def _job(outcome: str, job: Job, reason: Reason | None, rule: str | None = None, **more: Any) -> None:
    known = _known.get(job.run_id)
    ids = {"run_id": job.run_id, "rule_id": rule or (known.rule if known else None), "job_id": job.id}
    traced = {"trace_id": known.trace if known else None, "span_id": trace.span_id(job.id)}
    done = {"step": job.step_id, "action": job.action, "attempt": job.attempt}
    noted("job", outcome, code=reason.code if reason else None, **ids, **traced, **done, **more)
    if outcome in COUNTED:
        count(COUNTED[outcome])


def _start(answer: Started, run: Run, event: Event, jobs: Sequence[Job], **_: Any) -> None:
    _know(run, event)
    _run(answer.value, run, run.reason, event_id=event.id, status=run.status.value, steps=[job.step_id for job in jobs])
    if answer is Started.STARTED:
        for job in jobs:
            if job.status.final:
                _job(job.status.value, job, job.reason, run.rule_id)


def _dispatch(answer: bool, run: Run, jobs: Sequence[Job], **_: Any) -> None:
    if answer:
        _run("dispatched", run, step_group=run.step_group, steps=[job.step_id for job in jobs])


def _park(_: None, run: Run, due: datetime, awaits_since: datetime | None = None) -> None:
    _run("waiting", run, until=due.isoformat())


def _pause(answer: RunState | None, run_id: str, reason: Reason, *_: Any, **__: Any) -> None:
    if answer:
        _run("paused", answer.run, reason)


def _resume(answer: RunState | None, run: Run, _: datetime) -> None:
    if answer:
        _run("resumed", run)


def _finish(answer: bool, run: Run, status: RunStatus, reason: Reason, _: datetime) -> None:
    if answer:
        _run(status.value, run, reason)


def _dissolve(answer: bool, run: Run, reason: Reason, *_: Any, **__: Any) -> None:
    if answer:
        _run("skipped", run, reason)


def _revise(answer: bool, run: Run, status: RunStatus, reason: Reason) -> None:
    if answer:
        _run(status.value, run, reason)


def _move(answer: bool, run: Run, after: Run, _: Sequence[Job]) -> None:
    if answer:
        _run("moved", run, version=after.rule_version)


def _gather(answer: bool, run: Run, event: Event, *, newest: str) -> None:
    if answer:
        _run("gathered", run, event_id=event.id)


def _settle(answer: RunState | None, run: Run, _: datetime) -> None:
    if answer:
        _run("begun", run)


def _reopen(answer: bool, run: Run, jobs: Sequence[Job], _: datetime) -> None:
    if answer:
        _run("reopened", run, steps=[job.step_id for job in jobs])


def _complete(answer: RunState | None, job: Job, outcome: Outcome, *_: Any) -> None:
    if answer:
        _job(outcome.status.value, job, outcome.reason, answer.run.rule_id)


def _complete_with(_: None, job: Job, outcome: Outcome, *__: Any) -> None:
    _job(outcome.status.value, job, outcome.reason)


def _release(_: object, job: Job, reason: Reason, *__: Any) -> None:
    _job("to be tried again", job, reason)


def _postpone(answer: bool, job: Job, reason: Reason) -> None:
    if answer:
        _job("throttled", job, reason)


def _hold(answer: bool, job: Job, reason: Reason, until: datetime, **_: Any) -> None:
    if answer:
        _job("held", job, reason, until=until.isoformat())


def _withhold(answer: bool, job: Job, reason: Reason, *_: Any, **__: Any) -> None:
    if answer:
        _job("held", job, reason)


LEDGER: Mapping[str, Line] = {
    "load": _load,
    "start": _start,
    "dispatch": _dispatch,
    "park": _park,
    "pause": _pause,
    "resume": _resume,
    "finish": _finish,
    "dissolve": _dissolve,
    "revise": _revise,
    "move": _move,
    "gather": _gather,
    "settle": _settle,
    "reopen": _reopen,
    "complete": _complete,
    "complete_with": _complete_with,
    "report": _complete,
    "release": _release,
    "postpone": _postpone,
    "hold": _hold,
    "withhold": _withhold,
}
"""Method of `ports.runs.RunLedger` → what it logs; `load` only remembers the rule."""


def _publish(_: None, published: Sequence[Event], settled: Collection[str] = ()) -> None:
    for event in published:
        noted("event", "settled" if event.id in settled else "published", **ids_of(event))


def ids_of(event: Event) -> dict[str, str]:
    """Return what a line of the log says of an event: id, type and trace."""
    return {"event_id": event.id, "event_type": event.type, "trace_id": trace.trace_id(event.traceparent)}


BUS: Mapping[str, Line] = {"publish": _publish}
"""Method of `ports.events.Bus` → what it logs."""
