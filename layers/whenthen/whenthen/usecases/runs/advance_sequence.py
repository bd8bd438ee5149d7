"""advance_sequence: the state machine says that a wave is due, or that a run begins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.runs.planner import due_wave, enter_wave
from whenthen.usecases.runs.orchestrator import Progress, send_jobs

if TYPE_CHECKING:
    from whenthen.ports.values import RunState


class AdvanceSequence(Struct, frozen=True):
    """Dispatches the wave that is due; the state machine waits with `token` until its jobs have their outcomes."""

    progress: Progress

    def __call__(self, run_id: str, token: str, wave: int | None, due: datetime | None) -> bool:
        """`wave` and `due` are what the last answer said; both None when the execution has just begun.

        Returns whether there is such a run. One that waits never expires, so one that is gone was over long ago (it
        was stopped, and its execution left waiting): there is nothing left to do but to let the execution end.
        """
        runs = self.progress.runs
        runs.keep_token(run_id, token)
        state = runs.load(run_id)
        if state is None:
            self.progress.sequences.answer(token, {"more": False})
            return False
        state = replace(state, run=replace(state.run, token=token))
        if state.run.status.final:
            self.progress.sequences.answer(token, {"more": False})
        elif state.run.wave >= (wave or 0):
            self._resume(state)
        else:
            self._begin(state, wave, due)
        return True

    def _begin(self, state: RunState, wave: int | None, due: datetime | None) -> None:
        rule, now = self.progress.rule_of(state.run), due or state.run.due
        context = self.progress.context(state, now)
        if wave is None or due is None:
            move = enter_wave(rule, state.run, 0, context, state.run.due, state.jobs)
        else:
            # The wait is over because the state machine says so, whatever the clock here shows.
            move = due_wave(rule, wave, context, due)
        self.progress.carry_out(state, move)

    def _resume(self, state: RunState) -> None:
        """The wave was dispatched by an attempt that did not live to tell: send again what has no outcome."""
        send_jobs(self.progress.queues, state.jobs)
        self.progress.settle(state.run.id)
