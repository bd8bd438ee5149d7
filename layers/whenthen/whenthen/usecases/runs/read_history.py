"""read_history: show what happened to an event, a run and its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.common.reason_codes import NOT_EXACTLY_ONE
from whenthen.domain.exits.conditions import is_conversion
from whenthen.domain.runs.happenings import run_ids
from whenthen.ports.reason_codes import EVENT_NOT_FOUND, RUN_NOT_FOUND
from whenthen.ports.values import Page

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.runs.run import Run
    from whenthen.ports.events import EventLog
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.values import Plan, RunState

MAX_PAGES = 20
"""Bound the pages of runs that are read for one page of those that reached their goal."""


class ReadHistory(Struct, frozen=True):
    """Read the runs table for admins."""

    log: EventLog
    runs: RunLedger
    rules: RuleBook

    def event(self, event_id: str) -> tuple[Plan, list[RunState]]:
        """Return the plan of an event, and the runs that it started. Raises NotFound."""
        plan = self.log.plan_of(event_id)
        if plan is None:
            raise NotFound(EVENT_NOT_FOUND(event=event_id))
        found = (run_id for each in plan.rules for run_id in run_ids(plan.event, each.rule, each.ref))
        return plan, [state for run_id in found if (state := self.runs.load(run_id)) is not None]

    def run(self, run_id: str) -> RunState:
        """Return a run with its jobs. Raises NotFound."""
        state = self.runs.load(run_id)
        if state is None:
            raise NotFound(RUN_NOT_FOUND(run=run_id))
        return state

    def rule_of(self, run: Run) -> Rule | None:
        """Return the rule version that started the run; None if it is not there any more."""
        try:
            return self.rules.version(run.rule_id, run.rule_version)
        except (NotFound, Invalid):
            return None

    def list(
        self,
        *,
        rule: str | None,
        record: str | None,
        status: str | None,
        limit: int,
        cursor: str | None,
        converted: bool | None = None,
    ) -> Page[Run]:
        """List runs of a rule, about a record, or with a status; newest first. Raises Invalid unless one is given.

        converted  list only the runs that reached their rule's goal, or only the others; None: all. A page may then
                   have fewer runs than `limit`, or none, though there are further ones.
        """
        if converted is not None:
            return self._chosen(converted, limit, cursor, rule=rule, record=record, status=status)
        given = [value for value in (rule, record, status) if value]
        if len(given) != 1:
            raise Invalid.field("rule", NOT_EXACTLY_ONE(options=["rule", "record", "status"]))
        if rule:
            return self.runs.by_rule(rule, limit=limit, cursor=cursor)
        if record:
            return self.runs.by_record(record, limit=limit, cursor=cursor)
        return self.runs.by_status(given[0], limit=limit, cursor=cursor)

    def _chosen(
        self,
        converted: bool,
        limit: int,
        cursor: str | None,
        *,
        rule: str | None,
        record: str | None,
        status: str | None,
    ) -> Page[Run]:
        """Read pages until there are as many runs that reached their goal, or that did not, as were asked for."""
        found: list[Run] = []
        for _ in range(MAX_PAGES):
            page = self.list(rule=rule, record=record, status=status, limit=limit - len(found), cursor=cursor)
            found += [run for run in page.items if is_conversion(run.reason) is converted]
            cursor = page.cursor
            if cursor is None or len(found) == limit:
                break
        return Page(tuple(found), cursor)
