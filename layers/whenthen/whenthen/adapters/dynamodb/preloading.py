"""Read what the events of a batch need in one request over three tables (`ports.events.Preloading`)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from whenthen.adapters.aws.parallel import gather
from whenthen.adapters.dynamodb.common.batch_read import Place, read_all
from whenthen.adapters.dynamodb.config_table.rule_items import EXITS, GENERATION, generation_pk
from whenthen.adapters.dynamodb.records_table import record_items
from whenthen.adapters.dynamodb.runs_table import event_log
from whenthen.ports.values import Preloaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.adapters.dynamodb.config_table.rule_book import DynamoRuleBook
    from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
    from whenthen.domain.records.record import Record
    from whenthen.ports.values import Wanted


class DynamoPreloading:
    """Read plans, generations of rules, exit types and records together; look for people beside that.

    tables  (config, records, runs): their names
    """

    def __init__(
        self, client: AwsClient, tables: tuple[str, str, str], rules: DynamoRuleBook, records: DynamoRecords
    ) -> None:
        self._client = client
        self._config, self._records_table, self._runs = tables
        self._rules = rules
        self._records = records

    def read(self, wanted: Wanted) -> Preloaded:
        """Read all that is wanted, as it is now."""
        places = [
            (self._config, EXITS, EXITS),
            *(self._generation(event_type) for event_type in wanted.types),
            *(self._event(event_id) for event_id in wanted.events),
            *(self._record(ref) for ref in wanted.refs),
        ]
        calls: list[Any] = [partial(read_all, self._client, places)]
        calls += [partial(self._records.find, person) for person in wanted.people]
        items, *people = gather(calls)
        return Preloaded(
            plans={
                each: event_log.plan_of_item(items[place])
                for each in wanted.events
                if (place := self._event(each)) in items
            },
            rules={each: self._rules.refreshed(each, items.get(self._generation(each))) for each in wanted.types},
            exit_types=_exit_types(items.get((self._config, EXITS, EXITS))),
            records={ref: self._record_of(ref, items) for ref in wanted.refs},
            people=dict(zip(wanted.people, people, strict=True)),
        )

    def _generation(self, event_type: str) -> Place:
        return self._config, generation_pk(event_type), GENERATION

    def _event(self, event_id: str) -> Place:
        return self._runs, event_log.event_pk(event_id), event_log.PLAN

    def _record(self, ref: str) -> Place:
        return self._records_table, record_items.pk_of(ref), record_items.SK

    def _record_of(self, ref: str, items: Mapping[Place, Item]) -> Record | None:
        item = items.get(self._record(ref))
        if item is not None and record_items.MERGED_INTO in item:
            return self._records.get(ref)
        return record_items.record_of(item) if item is not None else None


def _exit_types(item: Item | None) -> frozenset[str]:
    return frozenset(item["types"]) if item else frozenset()
