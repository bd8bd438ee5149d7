"""Count on the runs table the runs of a rule that follow from one event (`ports.runs.Budgets`)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.runs_table.run_items import expiry

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from whenthen.adapters.aws.client import AwsClient

_SK = "followed"
_SHORT = 12
"""Hexadecimal digits by which a run is known within its item: of a few hundred runs, no two are the same by chance."""


class DynamoBudgets:
    """Store one item for each root and rule, with the runs that followed; kept for the retention."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def admit(self, root: str, rule: str, run: str, *, most: int, now: datetime) -> bool:
        """Tell whether `run` is one of the first `most` of the rule that follow from `root`; asked again, the same."""
        name = sha256(run.encode()).hexdigest()[:_SHORT]
        change = Expression(
            condition="attribute_not_exists(#followed) OR contains(#followed, :name) OR size(#followed) < :most",
            update="SET #expires_at = :expires_at ADD #followed :names",
            values={
                "name": name,
                "names": frozenset({name}),
                "most": most,
                "expires_at": expiry(now, self._retention),
            },
        )
        try:
            self._table.update(f"budget#{root}#{rule}", _SK, change)
        except ConditionFailed:
            return False
        return True
