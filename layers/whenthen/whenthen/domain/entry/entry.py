"""Read the `entry` of a rule: which records may enter, how often, and what becomes of a run that is under way."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reason_codes import REQUIRED
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.temporal.time_values import Duration, read_duration

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

# The value is neither one of these words nor `{"every": …}`.
BAD_AGAIN = ReasonCode("entry.malformed_again", "options")


class ReentryPolicy(StrEnum):
    """Decide how often one record may enter a rule. EVERY: at most once in each span of time."""

    ALWAYS = "always"
    ONCE_PER_RECORD = "once_per_record"
    AFTER_EXIT = "after_exit"
    EVERY = "every"


WORDS = tuple(policy for policy in ReentryPolicy if policy is not ReentryPolicy.EVERY)
"""The policies that an admin writes as a word."""


class WhileRunning(StrEnum):
    """Decide what an event does whose record has a run of the rule under way."""

    PARALLEL = "parallel"
    IGNORE = "ignore"
    RESTART = "restart"


class Entry(Struct, frozen=True):
    """Decide which records may enter, and how often.

    only_new  only records created after the rule was switched on
    every     with EVERY: how long after the start of its last run a record may enter again
    """

    again: ReentryPolicy = ReentryPolicy.ALWAYS
    only_new: bool = False
    every: Duration | None = None
    while_running: WhileRunning = WhileRunning.PARALLEL

    @property
    def asks_for_last_run(self) -> bool:
        """Tell whether the record's last run of the rule decides whether it may enter."""
        if self.again is ReentryPolicy.ONCE_PER_RECORD:
            return False
        return self.again is not ReentryPolicy.ALWAYS or self.while_running is not WhileRunning.PARALLEL

    @property
    def ignores_while_running(self) -> bool:
        """Tell whether a record may not enter while a run of its is under way."""
        if self.while_running is WhileRunning.PARALLEL:
            return self.again is ReentryPolicy.AFTER_EXIT
        return self.while_running is WhileRunning.IGNORE


def read_entry(reader: Reader | None) -> Entry:
    """Read the `entry` of a rule; None: the rule says nothing of it."""
    if reader is None:
        return Entry()
    again, every = _read_again(reader)
    entry = Entry(
        again=again,
        every=every,
        only_new=reader.flag("only_new"),
        while_running=WhileRunning(reader.choice("while_running", list(WhileRunning), WhileRunning.PARALLEL)),
    )
    reader.finish()
    return entry


def _read_again(reader: Reader) -> tuple[ReentryPolicy, Duration | None]:
    written = reader.value("again")
    if isinstance(written, Mapping):
        return ReentryPolicy.EVERY, _read_every(reader.child("again"))
    if written is None:
        return ReentryPolicy.ALWAYS, None
    if not isinstance(written, str) or written not in WORDS:
        reader.report("again", BAD_AGAIN(options=[str(word) for word in WORDS]))
        return ReentryPolicy.ALWAYS, None
    return ReentryPolicy(written), None


def _read_every(reader: Reader | None) -> Duration | None:
    every: Any = reader.value("every") if reader else None
    if reader is None:
        return None
    reader.finish()
    if every is None:
        reader.report("every", REQUIRED())
        return None
    try:
        return read_duration(every)
    except InvalidValue as error:
        reader.report("every", error.reason)
        return None
