"""List what a save reads otherwise than it is written: the only ways in which it takes what a schema refuses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct

from tests.schemas.frames import RULE, Document
from tests.schemas.saving import SOURCE
from whenthen.usecases.admin import manage_rules, manage_views
from whenthen.usecases.templates import manage_templates


def trimmed(value: Any) -> Any:
    """The document without white space around its texts: no schema can say that the parser cuts it off."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return {name: trimmed(item) for name, item in value.items()}
    return [trimmed(item) for item in value] if isinstance(value, list) else value


OWN_FIELDS: Mapping[str, Collection[str]] = {
    "rule": manage_rules.OWN_FIELDS,
    "view": manage_views.OWN_FIELDS,
    "template": manage_templates.OWN_FIELDS,
    "source": ("name", "secret", "previous_secret"),
}
"""Kind of document → the members that a save does not read, or, of a source, that stand elsewhere once it is saved."""


def without_own_fields(kind: str, document: Any) -> Any:
    """The document with what the API puts in place of these members, which is all that the schema describes."""
    if not isinstance(document, dict):
        return document
    named = {"name": SOURCE} if kind == "source" else {}
    return {name: value for name, value in document.items() if name not in OWN_FIELDS[kind]} | named


class Ignored(Struct, frozen=True):
    """A kind of documents that the schema refuses and a save takes.

    reason   why the schema refuses them
    change   makes of such a document one that both take
    witness  kind and such a document
    """

    name: str
    reason: str
    change: Callable[[str, Any], Any]
    witness: tuple[str, Document]


IGNORED: tuple[Ignored, ...] = (
    Ignored(
        "white space",
        "The parser cuts off white space around a text; no pattern could tell it from the text.",
        lambda _kind, document: trimmed(document),
        ("view", {"name": "Important", "kind": " contact "}),
    ),
    Ignored(
        "the API's own members",
        "A save reads no id, version or time: the API writes them.",
        without_own_fields,
        ("rule", {**RULE, "id": ["rule_x"], "activated_at": 5}),
    ),
)


def taken_otherwise(kind: str, document: Any) -> Iterator[Any]:
    """The document as a save reads it: changed in one of these ways, or in all."""
    everything = document
    for row in IGNORED:
        everything = row.change(kind, everything)
        yield row.change(kind, document)
    yield everything
