"""Store templates and all their versions on the config table (`ports.templates`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import pack, unpack
from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import NEW, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, delete, put, transact
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.events.event import format_time, parse_time
from whenthen.domain.stored_templates.reading import parse_message_template
from whenthen.ports.reason_codes import MOVED_ON, TEMPLATE_NOT_FOUND, TEMPLATE_VERSION_NOT_FOUND
from whenthen.ports.templates import StoredTemplate

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.stored_templates.message_template import MessageTemplate
    from whenthen.ports.values import Page

_TEMPLATES = "templates"

KEPT_FOR = 10.0
"""Seconds for which a channel takes what it read of a template for current: a thousand mails read one item once."""

_MOST_KEPT = 200


class DynamoTemplates:
    """Store each template as one item, and each of its versions as one in a collection of the template's own."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def get(self, template_id: str) -> StoredTemplate:
        """Read the current version. Raises NotFound."""
        item = self._table.get(_TEMPLATES, template_id) if template_id else None
        if item is None:
            raise NotFound(TEMPLATE_NOT_FOUND(template=template_id))
        return _template_of(item)

    def get_version(self, template_id: str, version: int) -> StoredTemplate:
        """Read one version. Raises NotFound."""
        item = self._table.get(*_version_key(template_id, version))
        if item is None:
            raise NotFound(TEMPLATE_VERSION_NOT_FOUND(template=template_id, version=version))
        return _template_of(item)

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredTemplate]:
        """List the current versions, by id."""
        listing = Listing(self._table, _TEMPLATES)
        return page_of(listing, limit=limit, cursor=cursor, read=_template_of, takes=lambda _: True)

    def save(self, template: StoredTemplate, replaces: StoredTemplate | None) -> None:
        """Make `template` the current version. Raises Stale unless `replaces` is current; TooLarge."""
        current = put(self._table, _item(template, _TEMPLATES, template.id), _held(replaces) if replaces else NEW)
        version = put(self._table, _item(template, *_version_key(template.id, template.version)), NEW)
        try:
            transact(self._table.client, [current, version])
        except TransactionRefused as error:
            raise Stale(MOVED_ON(subject=template.id)) from error

    def delete(self, template: StoredTemplate) -> None:
        """Delete the template; its versions stay, so that its id is never given anew. Raises Stale."""
        try:
            transact(self._table.client, [delete(self._table, _TEMPLATES, template.id, _held(template))])
        except TransactionRefused as error:
            raise Stale(MOVED_ON(subject=template.id)) from error


class DynamoTemplateBook:
    """Read templates for a channel, each once in KEPT_FOR seconds; one that is not there is looked up each time."""

    def __init__(self, client: AwsClient, config_table: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._store, self._seconds = DynamoTemplates(client, config_table), seconds
        self._kept: dict[str, tuple[float, MessageTemplate]] = {}

    def current(self, template_id: str) -> MessageTemplate:
        """Return the template as it is now, or was at most KEPT_FOR before.

        Raises NotFound, Temporary; Invalid for one that was saved under an older form.
        """
        now = self._seconds()
        until, template = self._kept.get(template_id, (now, None))
        if template is None or now >= until:
            self._kept.pop(template_id, None)
            template = parse_message_template(self._store.get(template_id).document)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[template_id] = (now + KEPT_FOR, template)
        return template


def _version_key(template_id: str, version: int) -> tuple[str, str]:
    return f"template#{template_id}", f"v#{version:010d}"


def _held(template: StoredTemplate) -> Expression:
    return Expression("#version = :version", values={"version": template.version})


def _item(template: StoredTemplate, pk: str, sk: str) -> Item:
    return {
        "pk": pk,
        "sk": sk,
        "template_id": template.id,
        "version": template.version,
        "document": pack(dict(template.document)),
        "updated_at": format_time(template.updated_at),
        "updated_by": template.updated_by,
        "made_of": template.made_of,
    }


def _template_of(item: Item) -> StoredTemplate:
    return StoredTemplate(
        id=item["template_id"],
        version=item["version"],
        document=unpack(item["document"]),
        updated_at=parse_time(item["updated_at"], "updated_at"),
        updated_by=item["updated_by"],
        made_of=item["made_of"],
    )
