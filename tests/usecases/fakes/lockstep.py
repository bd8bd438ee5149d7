"""Workers in lock step: one call to a port at a time, in an order that the test chooses.

Every interleaving of calls that real workers could have can be had, and had again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from tests.usecases.fakes.taps import Tap
from tests.waiting import HANGS
from whenthen.domain.common.errors import WhenthenError

Task = Callable[[Tap], None]
Pick = Callable[[Sequence[int]], int]


class _Worker(threading.Thread):
    """Runs its task, but halts before each call until it is let on."""

    def __init__(self, task: Task) -> None:
        super().__init__(daemon=True)
        self._task = task
        self._may_go, self._halted = threading.Semaphore(0), threading.Semaphore(0)
        self.over = self._given_up = False
        self.error: WhenthenError | None = None
        self.defect: BaseException | None = None

    def run(self) -> None:
        self._may_go.acquire()
        try:
            self._task(self)
        except WhenthenError as error:
            self.error = error
        except BaseException as error:  # noqa: BLE001 - handed to the test, which raises it
            self.defect = error
        self.over = True
        self._halted.release()

    def before(self, call: str) -> None:
        self._halted.release()
        self._may_go.acquire()
        if self._given_up:
            raise _GivenUp

    def after(self, call: str) -> None:
        pass

    def go_on(self) -> None:
        """Let it make its next call, and everything up to the one after that."""
        self._may_go.release()
        assert self._halted.acquire(timeout=HANGS), "a worker hangs"

    def give_up(self) -> None:
        """End it where it halts: nobody will let it on."""
        self._given_up = True
        self._may_go.release()


class _GivenUp(BaseException):
    """The order of the workers broke off."""


def in_lock_step(pick: Pick, tasks: Sequence[Task]) -> list[WhenthenError | None]:
    """Carry out all tasks; `pick` says who of those still at work goes on next. Returns the error of each."""
    workers = [_Worker(task) for task in tasks]
    for worker in workers:
        worker.start()
    try:
        while left := [number for number, worker in enumerate(workers) if not worker.over]:
            workers[pick(left)].go_on()
    finally:
        for worker in workers:
            worker.give_up()
    for worker in workers:
        worker.join(timeout=HANGS)
        if worker.defect is not None:
            raise worker.defect
    return [worker.error for worker in workers]
