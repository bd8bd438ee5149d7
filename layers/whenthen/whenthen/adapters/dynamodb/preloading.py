"""Read what the events of a batch need in one request over three tables (`ports.events.Preloading`)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from whenthen.adapters.aws.parallel import gather
from whenthen.adapters.dynamodb.common.batch_read import read_all
from whenthen.adapters.dynamodb.config_table.rule_items import EXITS, GENERATION, generation_pk
from whenthen.adapters.dynamodb.runs_table import event_log
from whenthen.ports.values import Preloaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.adapters.dynamodb.config_table.rule_book import DynamoRuleBook
    from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
    from whenthen.ports.values import Wanted


class DynamoPreloading:
    """Read plans, generations of rules, signals and records together; look for people beside that.

    records  makes the store of records, where any are wanted: not every function may read them
    """

    def __init__(
        self,
        client: AwsClient,
        config_table: str,
        runs_table: str,
        rules: DynamoRuleBook,
        records: Callable[[], DynamoRecords],
    ) -> None:
        self._client = client
        self._config_table = config_table
        self._runs_table = runs_table
        self._rules = rules
        self._records = records

    def read(self, wanted: Wanted) -> Preloaded:
        """Read all that is wanted, as it is now."""
        exits = (self._config_table, EXITS, EXITS)
        generations = {each: (self._config_table, generation_pk(each), GENERATION) for each in wanted.types}
        plans = {each: (self._runs_table, event_log.event_pk(each), event_log.PLAN) for each in wanted.events}
        records = {ref: self._records().place_of(ref) for ref in wanted.refs}
        places = [exits, *generations.values(), *plans.values(), *records.values()]
        calls: list[Any] = [partial(read_all, self._client, places)]
        calls += [partial(self._records().find, person) for person in wanted.people]
        items, *people = gather(calls)
        return Preloaded(
            plans={each: event_log.plan_of_item(items[place]) for each, place in plans.items() if place in items},
            rules={each: self._rules.refreshed(each, items.get(place)) for each, place in generations.items()},
            signals=_signals(items.get(exits)),
            records={ref: self._records().of_item(ref, items.get(place)) for ref, place in records.items()},
            people=dict(zip(wanted.people, people, strict=True)),
        )


def _signals(item: Item | None) -> frozenset[str]:
    return frozenset(item["types"]) if item else frozenset()
