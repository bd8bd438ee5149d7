"""Write pauses of runs. A paused run keeps its wait and its jobs, and none of them is begun meanwhile.

A pause without an end has places of its own in the index of statuses, which no sweep looks at. One that ends by itself
stands among the runs that are to be looked at, so that a sweep resumes it if nobody else does.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import REASON, REASON_CODE, SET_REASON, Item, reason_item
from whenthen.adapters.dynamodb.common.table import ConditionFailed, Expression
from whenthen.adapters.dynamodb.runs_table.jobs import DynamoJobs
from whenthen.adapters.dynamodb.runs_table.run_items import (
    IS_GOING,
    IS_OPEN,
    RUN,
    going_values,
    open_pk,
    open_values,
    paused_pk,
    place_in_index,
    run_pk,
)
from whenthen.domain.events.event import format_time
from whenthen.domain.runs.run import RunStatus

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.runs.run import Run
    from whenthen.ports.values import RunState

_IS_PAUSED = "#status = :paused"


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
        going = RunStatus.WAITING if waits else RunStatus.RUNNING
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

    def _change_run(self, run_id: str, change: Expression) -> RunState | None:
        """Change the run's item and return the run; None if the condition does not hold."""
        try:
            item: Item = self._runs.update(run_pk(run_id), RUN, change)
        except ConditionFailed:
            return None
        return self._state(item)
