"""Count failed runs on the runs table, and store on the config table which rules paused themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import EXISTS, NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.runs_table.run_items import place_in_index
from whenthen.domain.events.event import format_time, parse_time
from whenthen.domain.work.failing import MAX_WITHIN_DAYS, FailingRule

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.runs.run import Run

_FAILING = "failing"
_WENT_ON = "went_on"
_BEHIND_ALL_TIMES = ":"
_KEPT_FOR = timedelta(days=MAX_WITHIN_DAYS + 1)


class DynamoFailingRules:
    """Write only where runs fail: a failure is an item of its own, so none is counted twice."""

    def __init__(self, client: AwsClient, config_table: str, runs_table: str) -> None:
        self._config = Table(client, config_table)
        self._runs = Table(client, runs_table)

    def note(self, run: Run) -> None:
        """Note that the run failed. A repetition changes nothing."""
        at = run.finished_at or run.started_at
        self._runs.put(
            {
                "pk": _failures_pk(run.rule_id),
                "sk": place_in_index(run.id, at),
                "expires_at": int((at + _KEPT_FOR).timestamp()),
            }
        )

    def count(self, rule: str, since: datetime, *, limit: int) -> int:
        """Count the failures of the rule since then, and since it went on last; at most `limit`."""
        went_on = self._runs.get(_failures_pk(rule), _WENT_ON)
        last = parse_time(went_on["at"], "at") if went_on else since
        span = place_in_index("", max(since, last)), _BEHIND_ALL_TIMES
        found, _ = self._runs.query(_failures_pk(rule), between=span, limit=limit)
        return len(found)

    def begin(self, failing: FailingRule) -> FailingRule:
        """Store that the rule paused itself, unless it is stored; return what is stored."""
        item = {"pk": _FAILING, "sk": failing.rule, "work": failing.work, "since": format_time(failing.since)}
        try:
            self._config.put(item, NEW)
        except ConditionFailed:
            return self.get(failing.rule) or failing
        return failing

    def get(self, rule: str) -> FailingRule | None:
        """Return the rule as it paused itself; None if it goes on."""
        item = self._config.get(_FAILING, rule)
        return _failing_of(item) if item else None

    def all(self) -> Mapping[str, FailingRule]:
        """Return all rules that paused themselves, by their ids."""
        return {item["sk"]: _failing_of(item) for item in self._config.collection(_FAILING)}

    def set_trial(self, rule: str, run_id: str) -> None:
        """Name the run that tries the rule."""
        try:
            self._config.update(_FAILING, rule, Expression(EXISTS.condition, "SET #trial = :run", {"run": run_id}))
        except ConditionFailed:  # somebody let the rule go on
            return

    def clear(self, rule: str, at: datetime) -> None:
        """Store that the rule goes on from then on: its failures before count no more."""
        ends = int((at + _KEPT_FOR).timestamp())
        self._runs.put({"pk": _failures_pk(rule), "sk": _WENT_ON, "at": format_time(at), "expires_at": ends})
        self._config.delete(_FAILING, rule)


def _failures_pk(rule: str) -> str:
    return f"failures#{rule}"


def _failing_of(item: Item) -> FailingRule:
    return FailingRule(item["sk"], item["work"], parse_time(item["since"], "since"), item.get("trial", ""))
