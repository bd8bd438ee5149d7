"""Select runs by their rule, record or status. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import parse_time
from whenthen.domain.records.record import parse_ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.domain.runs.run import Run, RunStatus

# At least one of the listed fields must be given.
NONE_GIVEN = ReasonCode("field.at_least_one", "options")

_FIELDS = ("rule", "record", "status")
_RETRY_FIELDS = ("rule", "reason", "channel", "since", "until")
_RETRIED = ("failed", "unknown")
"""Outcomes of runs that may be tried again; the first is the default."""


class Selection(Struct, frozen=True, omit_defaults=True):
    """Select open runs, or with `outcome` such that ended; an empty field selects all.

    refs      the record's ref, and those of records that were merged into it
    below     only runs of an older version of their rule than this
    rules     only runs of these rules
    paused_as only paused runs with this code of their pause's reason
    outcome   runs that ended so
    reason    this code is that of their reason, or of one within it
    channel   the step that failed is of this channel, which the run's jobs tell and not the run
    since, until  they ended from the one moment on, and before the other
    withheld  runs with a job that waits for this: all sending (SENDING), or the circuit of this name
    held      runs with a message that limits of sending held
    """

    rule: str = ""
    refs: tuple[str, ...] = ()
    status: str = ""
    below: int | None = None
    rules: tuple[str, ...] = ()
    paused_as: str = ""
    withheld: str = ""
    held: bool = False
    outcome: str = ""
    reason: str = ""
    channel: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, run: Run) -> bool:
        """Tell whether the run is selected, as far as it says itself. One that ended is so only with `outcome`."""
        if self.outcome:
            return self._takes_ended(run)
        return (
            not run.status.final
            and self.rule in ("", run.rule_id)
            and self.status in ("", run.status)
            and (not self.refs or run.record in self.refs)
            and (self.below is None or run.rule_version < self.below)
            and (not self.rules or run.rule_id in self.rules)
            and self.paused_as in ("", run.reason.code if run.reason else None)
            and (not self.withheld or self.withheld in run.withheld_by)
        )

    def _takes_ended(self, run: Run) -> bool:
        at = run.finished_at or run.started_at
        return (
            run.status == self.outcome
            and self.rule in ("", run.rule_id)
            and (not self.reason or self.reason in codes_in(run.reason))
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
        )


def codes_in(reason: Any) -> Iterator[str]:
    """Yield the codes of a reason and of the reasons within it, the outermost first."""
    if isinstance(reason, Reason):
        yield reason.code
        for value in reason.params.values():
            yield from codes_in(value)
    elif isinstance(reason, list | tuple):
        for value in reason:
            yield from codes_in(value)


def read_retry(written: Mapping[str, Any], channels: Sequence[str], now: datetime) -> Selection:
    """Read which ended runs are tried again: `{"rule", "reason", "channel", "since", "until", "status"}`.

    They ended before now, so that one which fails again is not tried for ever. Raises Invalid naming each field.
    """
    problems: list[Problem] = []
    reader = Reader(written, "", problems)
    found = Selection(
        rule=reader.text("rule"),
        outcome=reader.choice("status", _RETRIED, _RETRIED[0]),
        reason=reader.text("reason"),
        channel=reader.choice("channel", channels, ""),
        since=_time(reader, "since"),
        until=min(_time(reader, "until") or now, now),
    )
    if not any(name in reader for name in _RETRY_FIELDS):
        reader.report("", NONE_GIVEN(options=list(_RETRY_FIELDS)))
    reader.finish()
    if problems:
        raise Invalid(problems)
    return found


def _time(reader: Reader, name: str) -> datetime | None:
    written = reader.text(name)
    if not written:
        return None
    try:
        return parse_time(written, reader.field(name))
    except Invalid as error:
        reader.report(name, error.problems[0].reason)
        return None


def read_selection(written: Mapping[str, Any], statuses: Sequence[RunStatus]) -> Selection:
    """Read `{"rule": id}`, `{"record": ref}`, `{"status": …}`, or several of them. Raises Invalid naming each field."""
    problems: list[Problem] = []
    reader = Reader(written, "", problems)
    record = reader.text("record")
    found = Selection(
        rule=reader.text("rule"),
        refs=(record,) if record else (),
        status=reader.choice("status", [status.value for status in statuses], ""),
    )
    if not any(name in reader for name in _FIELDS):
        reader.report("", NONE_GIVEN(options=list(_FIELDS)))
    if record:
        try:
            parse_ref(record, "record")
        except Invalid as error:
            problems.extend(error.problems)
    reader.finish()
    if problems:
        raise Invalid(problems)
    return found
