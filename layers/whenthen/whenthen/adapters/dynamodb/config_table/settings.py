"""Store API keys, sources, settings and the progress of sweeps on the config table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.adapters.dynamodb.common.items import to_json
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.domain.common.errors import NotFound
from whenthen.domain.events.event import format_time, parse_time
from whenthen.domain.scheduling.sweep_window import Checkpoint, SweepProgress
from whenthen.ports.reason_codes import SOURCE_NOT_FOUND
from whenthen.ports.values import ApiKey

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item

_KEYS = "apikeys"
_SOURCES = "sources"
_SWEEPS = "sweeps"
_DATES = "dates"
_SETTINGS = "settings"


class DynamoApiKeys:
    """Store API keys, found by the hash of the presented key."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def find(self, key_hash: str) -> ApiKey | None:
        """Return the key with this hash; None if there is none."""
        item = self._table.get(_KEYS, key_hash)
        if item is None:
            return None
        return ApiKey(id=item["id"], hash=item["sk"], name=item["name"], scopes=tuple(item["scopes"]))

    def add(self, key: ApiKey) -> None:
        """Store a key."""
        self._table.put({"pk": _KEYS, "sk": key.hash, "id": key.id, "name": key.name, "scopes": list(key.scopes)})


class DynamoSources:
    """Store webhook sources."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def get(self, name: str) -> Mapping[str, Any]:
        """Read the source's document. Raises NotFound."""
        item = self._table.get(_SOURCES, name) if name else None
        if item is None:
            raise NotFound(SOURCE_NOT_FOUND(source=name))
        return _document(item["document"])

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Store a source's document."""
        self._table.put({"pk": _SOURCES, "sk": name, "document": to_json(dict(document))})

    def list(self) -> list[Mapping[str, Any]]:
        """List all sources, by name."""
        return [_document(item["document"]) for item in self._table.collection(_SOURCES)]


class DynamoSweeps:
    """Store the checkpoint of the sweeps."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def last(self) -> Checkpoint | None:
        """Read the checkpoint; None before the first sweep."""
        item = self._table.get(_SWEEPS, _DATES)
        if item is None:
            return None
        until, going = parse_time(item["until"], "until"), item.get("going")
        behind = {rule: parse_time(since, "behind") for rule, since in item.get("behind", ())}
        return Checkpoint(
            until, SweepProgress(parse_time(going[0], "going"), tuple(going[1:])) if going else None, behind
        )

    def move(self, last: Checkpoint | None, mark: Checkpoint) -> bool:
        """Replace the checkpoint `last` by `mark`; return False, and change nothing, if it is no longer `last`."""
        try:
            behind = [[rule, format_time(since)] for rule, since in mark.behind.items()]
            item = {"pk": _SWEEPS, "sk": _DATES, **_mark_item(mark), "behind": behind or None}
            self._table.put(item, _stands_at(last))
        except ConditionFailed:
            return False
        return True


def _mark_item(mark: Checkpoint) -> dict[str, Any]:
    going = [format_time(mark.going.now), *mark.going.done] if mark.going else None
    return {"until": format_time(mark.until), "going": going}


def _stands_at(mark: Checkpoint | None) -> Expression:
    if mark is None:
        return NEW
    values = {name: value for name, value in _mark_item(mark).items() if value is not None}
    going = "#going = :going" if mark.going else "attribute_not_exists(#going)"
    return Expression(f"#until = :until AND {going}", values=values)


class DynamoSettings:
    """Store the installation's settings, by name."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def get(self, name: str) -> Mapping[str, Any]:
        """Read the document; empty if none was saved."""
        return document_in(self._table.get(*setting_place(name)))

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Store a document, in place of an existing one."""
        pk, sk = setting_place(name)
        self._table.put({"pk": pk, "sk": sk, "document": to_json(dict(document))})


def setting_place(name: str) -> tuple[str, str]:
    """Return the key of the installation's settings of a subject."""
    return _SETTINGS, name


def document_in(item: Item | None) -> Mapping[str, Any]:
    """Return the document of an item of settings; empty if there is none."""
    return _document(item["document"]) if item else {}


def _document(text: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(text)
    return document
