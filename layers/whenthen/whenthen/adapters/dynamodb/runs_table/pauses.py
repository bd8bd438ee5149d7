"""Write pauses of runs, and what they gather before they begin.

A paused run keeps its wait and its jobs, and none of them is begun meanwhile.

A pause without an end has places of its own in the index of statuses, which no sweep looks at. One that ends by itself
stands among the runs that are to be looked at, so that a sweep resumes it if nobody else does.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import REASON, REASON_CODE, SET_REASON, Item, reason_item
from whenthen.adapters.dynamodb.common.table import ConditionFailed, Expression
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, put, transact, update
from whenthen.adapters.dynamodb.runs_table.jobs import DynamoJobs
from whenthen.adapters.dynamodb.runs_table.run_items import (
    BEGINNING,
    EVENT_APART,
    IS_GOING,
    IS_OPEN,
    JOBS,
    MOVED,
    RUN,
    first_job_key,
    going_values,
    items_apart,
    job_key,
    open_pk,
    open_values,
    paused_pk,
    place_in_index,
    run_items,
    run_pk,
    withheld_pk,
)
from whenthen.domain.events.event import format_time
from whenthen.domain.runs.pausing import stands_in_line
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.domain.sending.switch import SENDING

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.domain.runs.run import Job, Run
    from whenthen.ports.values import RunState

_IS_PAUSED = "#status = :paused"

IS_GATHERING = "#status = :waiting AND attribute_exists(#settles_by) AND #newest = :newest"
"""The condition that a run gathers events, and that its newest one is as it was read."""


def gathering_values(run: Run) -> dict[str, str]:
    """Return the values of the condition `IS_GATHERING`."""
    return {"waiting": RunStatus.WAITING.value, "newest": run.newest}


class DynamoPauses(DynamoJobs):
    """Pause and resume runs, each with one conditional update."""

    def pause(
        self, run_id: str, reason: Reason, now: datetime, *, until: datetime | None = None, anew: bool = False
    ) -> RunState | None:
        """Pause a run that goes on, until then or without an end. Returns it; None if it does not go on.

        anew   a run that is paused already is paused for this reason instead
        """
        held, values = (IS_OPEN, open_values()) if anew else (IS_GOING, going_values())
        return self._change_run(
            run_id,
            Expression(
                condition=held,
                update=f"SET #status = :paused, {SET_REASON}, #gsi3pk = :place, #gsi3sk = :looked_at"
                + (", #paused_until = :until" if until else " REMOVE #paused_until"),
                values={
                    **values,
                    "paused": RunStatus.PAUSED.value,
                    **reason_item(reason),
                    "place": open_pk(run_id) if until else paused_pk(run_id),
                    "looked_at": place_in_index(run_id, until or now),
                    **({"until": format_time(until)} if until else {}),
                },
            ),
        )

    def end_pause(self, run_id: str, at: datetime) -> bool:
        """Let the pause end by itself at this time. Returns False if the run is not paused."""
        ending = Expression(
            condition=_IS_PAUSED,
            update="SET #paused_until = :until, #gsi3pk = :place, #gsi3sk = :looked_at",
            values={
                "paused": RunStatus.PAUSED.value,
                "until": format_time(at),
                "place": open_pk(run_id),
                "looked_at": place_in_index(run_id, at),
            },
        )
        return self._change_run(run_id, ending) is not None

    def resume(self, run: Run, at: datetime) -> RunState | None:
        """Let a paused run go on; one whose wait was over before `at` has waited until then.

        Returns it, None if the run is not paused any more, or in another way than `run` says.
        """
        waits = run.waits_until is not None
        until = max(run.waits_until, at) if run.waits_until is not None else at
        going = RunStatus.WAITING if waits or stands_in_line(run) else RunStatus.RUNNING
        paused = "#paused_until = :paused_until" if run.paused_until else "attribute_not_exists(#paused_until)"
        return self._change_run(
            run.id,
            Expression(
                condition=f"{_IS_PAUSED} AND {paused} AND #step_group = :step_group"
                f" AND {'attribute_exists' if waits else 'attribute_not_exists'}(#waits_until)",
                update="SET #status = :going, #gsi3pk = :place, #gsi3sk = :looked_at"
                + (", #waits_until = :until" if waits else "")
                + f" REMOVE #paused_until, #{REASON}, #{REASON_CODE}",
                values={
                    "paused": RunStatus.PAUSED.value,
                    "going": going.value,
                    "step_group": run.step_group,
                    "place": open_pk(run.id),
                    "looked_at": place_in_index(run.id, until),
                    **({"paused_until": format_time(run.paused_until)} if run.paused_until else {}),
                    **({"until": format_time(until)} if waits else {}),
                },
            ),
        )

    def withhold(self, job: Job, reason: Reason, now: datetime, *, by: str = SENDING) -> bool:
        """Keep the job of a run that goes on, without an end. Returns False if the job or the run ended, or is paused.

        Whoever has claimed the job may still write its outcome.
        """
        held = Expression(
            condition=f"{IS_GOING} AND #{JOBS}.#job.#status IN (:pending, :claimed)",
            update=f"SET #gsi3pk = :place, #gsi3sk = :looked_at, #{JOBS}.#job.#{REASON} = :{REASON},"
            f" #{JOBS}.#job.#{REASON_CODE} = :{REASON_CODE},"
            " #withheld_by = list_append(if_not_exists(#withheld_by, :none), :by)"
            f" REMOVE #{JOBS}.#job.#failing_since",
            values={
                **going_values(),
                "pending": JobStatus.PENDING.value,
                "claimed": JobStatus.CLAIMED.value,
                "place": withheld_pk(job.run_id),
                "looked_at": place_in_index(job.run_id, now),
                "none": [],
                "by": [by],
                **reason_item(reason),
            },
            names={"job": job_key(job)},
        )
        return self._change_run(job.run_id, held) is not None

    def skip(self, run_id: str, step_id: str, by: str) -> RunState | None:
        """Note that a step of an open run is to be skipped when it is due. None if it is due already."""
        noted = Expression(
            condition=f"{IS_OPEN} AND attribute_not_exists(#{JOBS}.#job)",
            update="SET #skips = list_append(if_not_exists(#skips, :none), :skip)",
            values={**open_values(), "none": [], "skip": [[step_id, by]]},
            names={"job": first_job_key(step_id)},
        )
        return self._change_run(run_id, noted)

    def let_go(self, run_id: str, now: datetime) -> bool:
        """Let sweeps look at the run again, whose jobs were withheld. Returns False if it does not go on."""
        going = Expression(
            condition=IS_GOING,
            update="SET #gsi3pk = :place, #gsi3sk = :looked_at REMOVE #withheld_by",
            values={**going_values(), "place": open_pk(run_id), "looked_at": place_in_index(run_id, now)},
        )
        return self._change_run(run_id, going) is not None

    # --- gathering: a run that waits for further events before it begins ----------------------------

    def gather(self, run: Run, event: Event, *, newest: str) -> bool:
        """Let a run that gathers events take in a newer one: it becomes `run`, with this event and its wait.

        Returns False if it has begun or ended, or its newest event is no longer the one at the place `newest`. An event
        that once stood apart from the run stays apart, so that whoever reads the two finds both.
        """
        assert run.waits_until is not None  # noqa: S101 - it gathers
        own, *apart = run_items(run, event, (), None)
        values = {
            **open_values(),
            "newest": newest,
            "newer": run.newest,
            "until": format_time(run.waits_until),
        }
        held = f"{IS_OPEN} AND attribute_exists(#settles_by) AND #newest = :newest"
        taking = f"SET #{BEGINNING} = :beginning, #newest = :newer, #waits_until = :until"
        renewed = f" REMOVE #{MOVED}"
        if not apart:
            inline = {**values, "beginning": own[BEGINNING]}
            condition = f"{held} AND attribute_not_exists(#{EVENT_APART})"
            if self._change_run(run.id, Expression(condition, taking + renewed, inline)) is not None:
                return True
        own, event_item = items_apart(run, event)
        separate = {**values, "beginning": own[BEGINNING], "apart": True}
        change = Expression(held, f"{taking}, #{EVENT_APART} = :apart{renewed}", separate)
        return self._change_both(run.id, change, event_item)

    def _change_both(self, run_id: str, change: Expression, event_item: Item) -> bool:
        """Change the run and the event that stands apart from it; False if the run's condition does not hold."""
        try:
            transact(self._runs.client, [update(self._runs, run_pk(run_id), RUN, change), put(self._runs, event_item)])
        except TransactionRefused:
            return False
        return True

    def settle(self, run: Run, at: datetime) -> RunState | None:
        """Let a run that gathered its events begin, with its clock at this time.

        Returns it; None if it has begun or ended, is paused, or took in another event than `run` says.
        """
        return self._change_run(
            run.id,
            Expression(
                condition=IS_GATHERING,
                update="SET #status = :running, #due = :due REMOVE #settles_by, #waits_until",
                values={**gathering_values(run), "running": RunStatus.RUNNING.value, "due": format_time(at)},
            ),
        )

    def _change_run(self, run_id: str, change: Expression) -> RunState | None:
        """Change the run's item and return the run; None if the condition does not hold."""
        try:
            item: Item = self._runs.update(run_pk(run_id), RUN, change)
        except ConditionFailed:
            return None
        return self._state(item)
