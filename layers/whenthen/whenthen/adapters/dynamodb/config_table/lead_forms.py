"""Keep Meta's lead forms on the config table: one item for each, with the checkpoint of its comparison."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import pack, time_of, unpack
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Table
from whenthen.domain.common.stored_reasons import from_document, to_document
from whenthen.domain.events.event import format_time, parse_time
from whenthen.sources.meta.lead_forms import LeadForm

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item

_FORMS = "leadforms"
_TIMES = ("asked", "begun", "swept_at", "last_lead")


class DynamoLeadForms:
    """Keep the forms in one collection. The process remembers which of them it has noted."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)
        self._noted: set[str] = set()

    def note(self, form: LeadForm) -> None:
        """Add a form, unless it is known."""
        if form.id in self._noted:
            return
        with suppress(ConditionFailed):
            self._table.put(_item(form), NEW)
        self._noted.add(form.id)

    def all(self) -> list[LeadForm]:
        """List all forms, by id."""
        return [_form(item) for item in self._table.collection(_FORMS)]

    def save(self, form: LeadForm) -> None:
        """Write the form as it stands now."""
        self._table.put(_item(form))


def _item(form: LeadForm) -> Item:
    times = {name: _written(getattr(form, name)) for name in _TIMES}
    rest: Item = {"page_id": form.page_id, "after": form.after, "missed": form.missed}
    rest["error"] = form.error and pack(to_document(form.error))
    rest["queued"] = list(form.queued)
    return {"pk": _FORMS, "sk": form.id, "since": format_time(form.since), **times, **rest}


def _form(item: Item) -> LeadForm:
    return LeadForm(
        id=item["sk"],
        since=parse_time(item["since"], "since"),
        page_id=item.get("page_id"),
        after=item.get("after"),
        missed=item["missed"],
        queued=tuple(item["queued"]),
        error=from_document(unpack(item["error"])) if "error" in item else None,
        **{name: time_of(item.get(name), name) for name in _TIMES},
    )


def _written(time: datetime | None) -> str | None:
    return None if time is None else format_time(time)
