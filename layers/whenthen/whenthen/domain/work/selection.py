"""Select runs by their rule, record or status. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.records.record import parse_ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.domain.runs.run import Run, RunStatus

# At least one of the listed fields must be given.
NONE_GIVEN = ReasonCode("field.at_least_one", "options")

_FIELDS = ("rule", "record", "status")


class Selection(Struct, frozen=True, omit_defaults=True):
    """Select open runs; an empty field selects all.

    refs      the record's ref, and those of records that were merged into it
    below     only runs of an older version of their rule than this
    rules     only runs of these rules
    paused_as only paused runs with this code of their pause's reason
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

    def takes(self, run: Run) -> bool:
        """Tell whether the run is selected. A run that has its outcome never is."""
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
