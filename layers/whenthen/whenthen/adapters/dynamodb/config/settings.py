"""ApiKeys, SourceStore, SettingStore and Sweeps on the config table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.adapters.dynamodb.common.items import to_json
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.domain.common.errors import NotFound
from whenthen.domain.events.event import format_time, parse_time
from whenthen.domain.scheduling.sweep_window import Checkpoint, SweepProgress
from whenthen.ports.values import ApiKey

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient

_KEYS = "apikeys"
_SOURCES = "sources"
_SWEEPS = "sweeps"
_DATES = "dates"
_SETTINGS = "settings"


class DynamoApiKeys:
    """API keys, found by the hash of what the caller presented."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def find(self, key_hash: str) -> ApiKey | None:
        """The key with this hash."""
        item = self._table.get(_KEYS, key_hash)
        if item is None:
            return None
        return ApiKey(id=item["id"], hash=item["sk"], name=item["name"], scopes=tuple(item["scopes"]))

    def add(self, key: ApiKey) -> None:
        """Keep a key."""
        self._table.put({"pk": _KEYS, "sk": key.hash, "id": key.id, "name": key.name, "scopes": list(key.scopes)})


class DynamoSources:
    """The configured webhook sources."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def get(self, name: str) -> Mapping[str, Any]:
        """The source's document. Raises NotFound."""
        item = self._table.get(_SOURCES, name) if name else None
        if item is None:
            raise NotFound(f"there is no source {name}")
        return _document(item["document"])

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a source's document."""
        self._table.put({"pk": _SOURCES, "sk": name, "document": to_json(dict(document))})

    def list(self) -> list[Mapping[str, Any]]:
        """All sources, by name."""
        return [_document(item["document"]) for item in self._table.collection(_SOURCES)]


class DynamoSweeps:
    """How far the sweeps of the clock came."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def last(self) -> Checkpoint | None:
        """Where they stand; None before the first sweep."""
        item = self._table.get(_SWEEPS, _DATES)
        if item is None:
            return None
        until, going = parse_time(item["until"], "until"), item.get("going")
        behind = {rule: parse_time(since, "behind") for rule, since in item.get("behind", ())}
        return Checkpoint(
            until, SweepProgress(parse_time(going[0], "going"), tuple(going[1:])) if going else None, behind
        )

    def move(self, last: Checkpoint | None, mark: Checkpoint) -> bool:
        """Move on. False, and nothing moves, if they no longer stand at `last`."""
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
    """What an installation is told by its admins, by name."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def get(self, name: str) -> Mapping[str, Any]:
        """The document; empty where none was saved."""
        item = self._table.get(_SETTINGS, name)
        return _document(item["document"]) if item else {}

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a document, in place of the one that is there."""
        self._table.put({"pk": _SETTINGS, "sk": name, "document": to_json(dict(document))})


def _document(text: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(text)
    return document
