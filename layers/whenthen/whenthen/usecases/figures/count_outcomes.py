"""count_outcomes: count by day what the runs table's stream tells of runs that ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.figures.tally import endings_of

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Job, Run
    from whenthen.ports.background.figures import Figures


class CountOutcomes(Struct, frozen=True):
    """Count the outcomes of runs, and of their jobs."""

    figures: Figures

    def __call__(self, ended: Sequence[tuple[Run, Sequence[Job]]]) -> None:
        """Count these runs. May be repeated: each ending is counted once. Raises Temporary."""
        endings = [ending for run, jobs in ended for ending in endings_of(run, jobs)]
        if endings:
            self.figures.count(endings)
