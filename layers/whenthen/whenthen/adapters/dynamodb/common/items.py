"""Values of Python ↔ attributes of DynamoDB.

Only what is a key, is compared or is counted is an attribute of its own. A document (a record's fields, an
event, a rule) is kept as its JSON text: that gives back 1 as 1 and 1.0 as 1.0, and knows no nesting limit.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whenthen.domain.common.errors import Malformed
from whenthen.domain.events.event import parse_time

Value = str | int | bool | bytes | list[Any] | frozenset[str]
Item = dict[str, Any]
"""An item as Python values: str, int, bool, bytes, lists of these, and frozensets of str."""


def encode(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item in DynamoDB's JSON. Attributes that are None are left out."""
    return {name: encode_value(value) for name, value in item.items() if value is not None}


def encode_value(value: Value) -> dict[str, Any]:
    """One value in DynamoDB's JSON. Raises TypeError for what has no place in an item."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list():
            return {"L": [encode_value(part) for part in value]}
        case frozenset():
            return {"SS": sorted(value)}
    raise TypeError(f"{type(value).__name__} is not kept in an item")


def decode(attributes: Mapping[str, Any]) -> Item:
    """The item that DynamoDB gave."""
    return {name: decode_value(value) for name, value in attributes.items()}


def decode_value(attribute: Mapping[str, Any]) -> Value:
    """One value that DynamoDB gave. Raises TypeError for a type that is never written."""
    [(kind, value)] = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value  # type: ignore[no-any-return]
        case "N":
            return int(value)
        case "B":
            return bytes(value)
        case "L":
            return [decode_value(part) for part in value]
        case "SS":
            return frozenset(value)
    raise TypeError(f"attributes of type {kind} are never written")


def to_json(document: Any) -> str:
    """The document as compact JSON. Raises Malformed for numbers that JSON does not know."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise Malformed(f"the document cannot be kept: {error}") from error
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair is valid JSON, but only when escaped
        return json.dumps(document, separators=(",", ":"))
    return text


def pack(document: Any) -> bytes:
    """The document as compressed JSON, for what is only ever read whole: half the size, and half its cost."""
    return zlib.compress(to_json(document).encode())


def unpack(packed: bytes) -> Any:
    """The document of `pack`."""
    return json.loads(zlib.decompress(packed))


def time_of(text: str | None, name: str) -> datetime | None:
    """An optional time as it is kept."""
    return parse_time(text, name) if text else None
