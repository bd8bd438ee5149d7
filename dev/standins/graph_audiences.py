"""Custom audiences: people by hashed keys, in and out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

from dev.standins.exchange import Request
from dev.standins.graph_errors import GraphError, missing

MOST_ROWS = 10_000
_NOT_HASHED = {"EXTERN_ID", "MADID", "PAGEUID", "APPUID"}
_HASH = re.compile(r"[0-9a-f]{64}")


class Audience:
    """An audience, and the rows that are in it."""

    def __init__(self, audience_id: str) -> None:
        self._id = audience_id
        self._rows: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._sessions = 0

    def shown(self) -> dict[str, Any]:
        """Its members: a row of keys and values each."""
        return {"members": [dict(zip(keys, row, strict=True)) for row, keys in self._rows.items()]}

    def change(self, request: Request) -> dict[str, Any]:
        """Add or remove the request's rows; rows that are not hashed as they must be are counted as invalid."""
        payload = _payload(request)
        schema = payload.get("schema")
        keys = tuple([schema] if isinstance(schema, str) else schema or [])
        if not keys:
            raise missing("payload.schema")
        rows = [tuple([row] if isinstance(row, str) else row) for row in payload.get("data") or []]
        if len(rows) > MOST_ROWS:
            raise GraphError(400, 100, f"(#100) At most {MOST_ROWS} users can be changed in one call")
        valid = [row for row in rows if _is_valid(keys, row)]
        for row in valid:
            if request.method == "DELETE":
                self._rows.pop(row, None)
            else:
                self._rows[row] = keys
        self._sessions += 1
        return {
            "audience_id": self._id,
            "session_id": str(self._sessions),
            "num_received": len(rows),
            "num_invalid_entries": len(rows) - len(valid),
            "invalid_entry_samples": {},
        }


def _payload(request: Request) -> dict[str, Any]:
    """The `payload` parameter: in a JSON body, in a form, or in the query; as an object or as its JSON text."""
    document = request.json()
    if not isinstance(document, dict):
        document = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
    payload = document.get("payload", request.query.get("payload"))
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except ValueError:
            payload = None
    if not isinstance(payload, dict):
        raise missing("payload")
    return payload


def _is_valid(keys: Sequence[str], row: Sequence[Any]) -> bool:
    return len(row) == len(keys) and all(
        isinstance(value, str) and (key in _NOT_HASHED or value == "" or bool(_HASH.fullmatch(value)))
        for key, value in zip(keys, row, strict=True)
    )
