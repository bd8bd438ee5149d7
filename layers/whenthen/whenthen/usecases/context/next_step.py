"""next_step: say what is against a run's next step: of its record, and of the runs of records merged with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.runs.entry_policy import LastRun, merged_enrolment_keys, outranked
from whenthen.domain.runs.pausing import Pause, kept_back

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Rule
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.values import RunState


def against_next_step(
    runs: RunLedger, rule: Rule, state: RunState, context: Mapping[str, Any], now: datetime
) -> Pause | Reason | None:
    """Return the pause before the run's next step, or the reason for which the run ends. None if it may go on.

    Only for a record that others were merged into, their runs are read.
    """
    found = kept_back(state.run, context["automation"], now)
    return found or outranked(rule, state.run, state.event, _runs_of_merged(runs, rule, state, context))


def _runs_of_merged(runs: RunLedger, rule: Rule, state: RunState, context: Mapping[str, Any]) -> list[LastRun]:
    """Return the last runs of the records that are one with the run's now."""
    keys = merged_enrolment_keys(rule, state.run, context["refs"])
    entries = runs.last_entries(keys) if keys else {}
    found = []
    for each in entries.values():
        other = runs.load(each.run_id)
        under_way = other is not None and not other.run.status.final
        found.append(LastRun(each.run_id, each.at, other.event if other is not None and under_way else None))
    return found
