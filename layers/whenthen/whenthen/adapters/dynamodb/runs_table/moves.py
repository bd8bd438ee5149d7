"""Move runs to other versions of their rules. What a move changes stands beside the run's beginning, and over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import Expression
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, transact, update
from whenthen.adapters.dynamodb.runs_table import exit_subscriptions
from whenthen.adapters.dynamodb.runs_table.pauses import DynamoPauses
from whenthen.adapters.dynamodb.runs_table.run_items import (
    IS_OPEN,
    JOBS,
    MOVED,
    RUN,
    job_key,
    open_values,
    run_pk,
)
from whenthen.domain.runs.subscriptions import SUBSCRIBING

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.transactions import Write
    from whenthen.domain.runs.run import Job, Run


class DynamoMoves(DynamoPauses):
    """Move runs, or note that they are to move."""

    def ask_to_move(self, run_id: str, version: int, *, stays: bool = False) -> bool:
        """Note that the run is to move to this version of its rule before its next step. False if it has ended.

        stays   it has no place in that version: note that it does not move
        """
        noted = "SET #stays_from = :version REMOVE #moves_to" if stays else "SET #moves_to = :version"
        asked = Expression(IS_OPEN, noted, {**open_values(), "version": version})
        return self._change_run(run_id, asked) is not None

    def move(self, run: Run, after: Run, jobs: Sequence[Job]) -> bool:
        """Move the run, which stands between two steps, to another version. Returns False if it changed meanwhile.

        jobs   all of the run's, under their numbers in the other version
        """
        own = update(self._runs, run_pk(run.id), RUN, _moving(run, after, jobs))
        subscriptions = self._subscriptions(run, after)
        try:
            transact(self._runs.client, [own, *subscriptions])
        except TransactionRefused as error:
            if 0 not in error.places:
                raise
            return False
        return True

    def _subscriptions(self, run: Run, after: Run) -> list[Write]:
        """Return the writes by which what concerns the new version, and nothing else, finds the run."""
        return [
            *exit_subscriptions.subscription_writes(self._runs, after),
            *exit_subscriptions.unsubscribe_writes(self._runs, run, but=exit_subscriptions.subscribed_under(after)),
        ]


def _moving(run: Run, after: Run, jobs: Sequence[Job]) -> Expression:
    places = [f"a{number}" for number in range(len(jobs))]
    numbered = "".join(f", #{JOBS}.#{place}.#step_group = :{place}" for place in places)
    return Expression(
        condition="#status = :status AND #step_group = :before",
        update=f"SET #step_group = :after, #{MOVED} = :moved{numbered} REMOVE #moves_to",
        values={
            "status": run.status.value,
            "before": run.step_group,
            "after": after.step_group,
            "moved": {
                "rule_version": after.rule_version,
                "rule_name": after.rule_name,
                **{name: list(getattr(after, name)) for name in SUBSCRIBING},
                "place": after.place,
            },
            **{place: job.step_group for place, job in zip(places, jobs, strict=True)},
        },
        names={place: job_key(job) for place, job in zip(places, jobs, strict=True)},
    )
