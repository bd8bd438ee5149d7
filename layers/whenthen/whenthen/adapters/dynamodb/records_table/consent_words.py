"""Keep what people said of channels under the hash of each of their addresses, apart from records.

An item holds one attribute for each channel, `on_<channel>`: the time, what was said, and the type of the event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import ConditionFailed, Expression
from whenthen.adapters.dynamodb.common.transactions import Write, delete, update
from whenthen.domain.events.event import format_time, parse_time
from whenthen.domain.records.consent_log import ConsentWord

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.adapters.dynamodb.common.table import Table
    from whenthen.domain.records.record import Record

SK = "refusals"

_ON = "on_"
_WORDS = {"refused": False, "agreed": True}
_SAID = {agreed: word for word, agreed in _WORDS.items()}


def pk_of(identity: str) -> str:
    """Return the partition of an address: its hash, so that the table says nothing of a person who is gone."""
    return f"refusals#{hashlib.sha256(identity.encode()).hexdigest()}"


def words_of(table: Table, identities: Iterable[str]) -> dict[str, dict[str, ConsentWord]]:
    """Return identity → channel → the last word; identities of which nothing is kept are left out."""
    keys = {(pk_of(identity), SK): identity for identity in identities}
    if len(keys) == 1:
        (only,) = keys
        item = table.get(*only)
        return {keys[only]: _words(item)} if item else {}
    return {keys[key]: _words(item) for key, item in table.get_all(keys).items()}


def keep(table: Table, identity: str, channel: str, word: ConsentWord) -> None:
    """Keep a word, unless a newer one is kept."""
    change = Expression(
        condition="attribute_not_exists(#word) OR #word < :word",
        update="SET #word = :word",
        values={"word": _written(word)},
        names={"word": f"{_ON}{channel}"},
    )
    try:
        table.update(pk_of(identity), SK, change)
    except ConditionFailed:
        return


def writes_of(table: Table, record: Record) -> list[Write]:
    """Return the writes that leave of a record that is deleted what it refuses, for each of its addresses.

    What was agreed to at an address is nobody's business any more, and goes.
    """
    from whenthen.domain.records.consent_signals import refusals_of  # noqa: PLC0415 - few records are deleted

    identities, refused = sorted(set(record.identities)), refusals_of(record)
    kept = words_of(table, identities) if identities else {}
    found = (_remaining(table, identity, refused, kept.get(identity, {})) for identity in identities)
    return [write for write in found if write is not None]


def _remaining(
    table: Table, identity: str, refused: Mapping[str, ConsentWord], kept: Mapping[str, ConsentWord]
) -> Write | None:
    """Return the write that adds refusals to what is kept of an address, and drops the rest. None for no change."""
    agreed = [channel for channel, word in kept.items() if word.agreed and channel not in refused]
    if not refused and len(agreed) == len(kept):
        return delete(table, pk_of(identity), SK) if kept else None
    if not refused and not agreed:
        return None
    new = {f"new{number}": channel for number, channel in enumerate(refused)}
    old = {f"old{number}": channel for number, channel in enumerate(agreed)}
    parts = [f"SET {', '.join(f'#{name} = :{name}' for name in new)}"] if new else []
    parts += [f"REMOVE {', '.join(f'#{name}' for name in old)}"] if old else []
    change = Expression(
        update=" ".join(parts),
        values={name: _written(refused[channel]) for name, channel in new.items()},
        names={name: f"{_ON}{channel}" for name, channel in (new | old).items()},
    )
    return update(table, pk_of(identity), SK, change)


def _words(item: Item) -> dict[str, ConsentWord]:
    return {name.removeprefix(_ON): _read(value) for name, value in item.items() if name.startswith(_ON)}


def _written(word: ConsentWord) -> str:
    """Write a word so that a newer one is greater, and of two of one moment the refusal."""
    return f"{format_time(word.at)} {_SAID[word.agreed]} {word.event}"


def _read(text: str) -> ConsentWord:
    at, said, event = text.split(" ", 2)
    return ConsentWord(_WORDS[said], parse_time(at, "at"), event)
