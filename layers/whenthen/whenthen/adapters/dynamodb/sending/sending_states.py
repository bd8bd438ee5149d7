"""Read a run and the limits of sending in one request over two tables (`ports.sending.SendingStates`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.adapters.dynamodb.common.batch_read import read_all
from whenthen.adapters.dynamodb.config_table.settings import document_in, setting_place
from whenthen.adapters.dynamodb.runs_table.run_items import EVENT, EVENT_APART, RUN, run_pk, state_of
from whenthen.domain.sending.limits import SUBJECT

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.ports.values import RunState


class DynamoSendingStates:
    """Read both consistently: limits that were set just now hold for the next message."""

    def __init__(self, client: AwsClient, config_table: str, runs_table: str) -> None:
        self._client = client
        self._limits = (config_table, *setting_place(SUBJECT))
        self._runs_table = runs_table

    def load(self, run_id: str) -> tuple[RunState | None, Mapping[str, Any]]:
        """Read the run with its event and jobs, and the limits. None for a run that does not exist or has expired."""
        run, event = ((self._runs_table, run_pk(run_id), sk) for sk in (RUN, EVENT))
        found = read_all(self._client, [run, self._limits])
        limits, item = document_in(found.get(self._limits)), found.get(run)
        if item is None:
            return None, limits
        if EVENT_APART not in item:
            return state_of(item), limits
        apart = read_all(self._client, [event]).get(event)
        return (None if apart is None else state_of(item, apart)), limits
