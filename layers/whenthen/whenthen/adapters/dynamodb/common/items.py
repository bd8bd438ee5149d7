"""Convert values of Python to attributes of DynamoDB and back.

Only keys, and values that are compared or counted, are attributes of their own. A document (a record's fields, an
event, a rule) is stored as its JSON text: that gives back 1 as 1 and 1.0 as 1.0, and knows no nesting limit.

A reason is such a document, `{"code": "retry.given_up", "params": {…}}`, in the attribute `reason`. Its code stands
beside it in the attribute `reason_code`, so that runs and jobs can be filtered and counted by code.
"""

from __future__ import annotations

import json
import math
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct, convert, to_builtins

from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import format_time, parse_time

# The document holds a number that JSON does not know, NaN or Infinity, in this field.
NOT_JSON = ReasonCode("document.not_json", "field", "value")

S = TypeVar("S", bound=Struct)

Value = str | int | bool | bytes | list[Any] | dict[str, Any] | frozenset[str]
Item = dict[str, Any]
"""An item as Python values: str, int, bool, bytes, lists and dicts of these, and frozensets of str."""

REASON = "reason"
REASON_CODE = "reason_code"
SET_REASON = f"#{REASON} = :{REASON}, #{REASON_CODE} = :{REASON_CODE}"
"""Part of an update expression; its values are those of `reason_item`."""


def encode(item: Mapping[str, Any]) -> dict[str, Any]:
    """Encode the item in DynamoDB's JSON. Attributes that are None are left out."""
    return {name: encode_value(value) for name, value in item.items() if value is not None}


def encode_value(value: Value) -> dict[str, Any]:
    """Encode one value in DynamoDB's JSON. Raises TypeError for a type that items do not hold."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list() | dict():
            return {"L": [encode_value(part) for part in value]} if isinstance(value, list) else {"M": encode(value)}
        case frozenset():
            return {"SS": sorted(value)}
    raise TypeError(f"{type(value).__name__} is not kept in an item")


def decode(attributes: Mapping[str, Any]) -> Item:
    """Decode an item from DynamoDB's JSON."""
    return {name: decode_value(value) for name, value in attributes.items()}


def decode_value(attribute: Mapping[str, Any]) -> Value:
    """Decode one value from DynamoDB's JSON. Raises TypeError for a type that is never written."""
    [(kind, value)] = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value  # type: ignore[no-any-return]
        case "N":
            return int(value)
        case "B":
            # A stream's record in an event of Lambda has it as base64.
            return b64decode(value) if isinstance(value, str) else bytes(value)
        case "L":
            return [decode_value(part) for part in value]
        case "M":
            return decode(value)
        case "SS":
            return frozenset(value)
    raise TypeError(f"attributes of type {kind} are never written")


def _not_finite(value: Any, field: str) -> Iterator[tuple[str, float]]:
    """Yield each number that JSON does not know, with its field: `lines[0].amount`."""
    if isinstance(value, float) and not math.isfinite(value):
        yield field, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _not_finite(item, f"{field}.{name}" if field else str(name))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _not_finite(item, f"{field}[{place}]")


def to_json(document: Any) -> str:
    """Write the document as compact JSON. Raises Malformed for numbers that JSON does not know."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        field, value = next(_not_finite(document, ""), ("", ""))
        raise Malformed(NOT_JSON(field=field, value=str(value))) from error
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair is valid JSON, but only when escaped
        return json.dumps(document, separators=(",", ":"))
    return text


def pack(document: Any) -> bytes:
    """Write the document as compressed JSON, for documents that are only read whole: half the size and the cost."""
    return zlib.compress(to_json(document).encode())


def unpack(packed: bytes) -> Any:
    """Read a document that `pack` wrote."""
    return json.loads(zlib.decompress(packed))


def time_of(text: str | None, name: str) -> datetime | None:
    """Read an optional time."""
    return parse_time(text, name) if text else None


def reason_item(reason: Reason | None) -> Item:
    """Return the attributes of a reason; None if there is none."""
    if reason is None:
        return {REASON: None, REASON_CODE: None}
    return {REASON: to_json(to_builtins(reason)), REASON_CODE: reason.code}


def reason_of(text: str | None) -> Reason | None:
    """Read a reason from the text of its attribute; None if there is none."""
    return convert(json.loads(text), Reason) if text else None


def struct_item(value: Struct) -> Item:
    """Return a Struct's fields as attributes: times in the form of `format_time`, mappings as JSON text.

    A field `reason` becomes the attributes of `reason_item`.
    """
    fields = to_builtins(value, builtin_types=(datetime,))
    item = {name: _attribute(field) for name, field in fields.items()}
    return {**item, **reason_item(getattr(value, REASON))} if REASON in fields else item


def struct_of(item: Item, type_: type[S], documents: tuple[str, ...] = (REASON,)) -> S:
    """Read a Struct from the attributes of `struct_item`; absent ones get their defaults.

    documents   names of the attributes that hold JSON text
    """
    read = {name: json.loads(item[name]) for name in documents if name in item}
    return convert({**item, **read}, type_)


def _attribute(field: Any) -> Value | None:
    match field:
        case datetime():
            return format_time(field)
        case tuple():
            return list(field)
        case Mapping():
            return to_json(field)
    return field  # type: ignore[no-any-return]
