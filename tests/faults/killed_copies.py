"""A tap that kills a copy of the process at each moment, so that the way to a moment is gone once and not for each."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.kills import Kills


class KilledCopies(Kills):
    """Forks at each moment that differs: the copy is killed there and tells the story to its end.

    The process itself goes on undisturbed.

    about         only the moments in these functions; none given: in all
    part, parts   of these moments, those that are `part` modulo `parts`
    copies        how many copies were killed
    """

    def __init__(self, about: frozenset[str], part: int, parts: int) -> None:
        super().__init__()
        self._about, self._part, self._parts = about, part, parts
        self._different = self.copies = 0
        self._answer: int | None = None

    @contextmanager
    def each(self) -> Iterator[None]:
        """Tell and verify a story herein. A copy ends with the block, and its failure fails the process it is of."""
        try:
            yield
        except BaseException:
            if self._answer is None:
                raise
            os.write(self._answer, traceback.format_exc().encode())
        finally:
            if self._answer is not None:
                os._exit(0)

    def _pass(self, moment: str) -> None:
        super()._pass(moment)
        if self.armed and self._answer is None and self.differs(len(self.passed) - 1, self._about):
            self._different += 1
            if self._different % self._parts == self._part:
                self._copy(moment)

    def _copy(self, moment: str) -> None:
        self.copies += 1
        reading, writing = os.pipe()
        copy = os.fork()
        if copy == 0:
            os.close(reading)
            self._answer = writing
            self.kill(moment)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8", errors="replace") as answer:
            failure = answer.read()
        _, status = os.waitpid(copy, 0)
        assert status == 0, f"the copy that was killed {moment} ended with {status}"
        assert not failure, f"killed {moment}:\n{failure}"
