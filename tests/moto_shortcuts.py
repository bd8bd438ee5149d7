"""Spare moto the work of which the result is known: most of the time of a call to it goes there."""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core import responses
from moto.core.serialize import BaseJSONSerializer

whole = BaseJSONSerializer._serialize_type_structure
"""moto's own way: it looks for each member that a structure may have, under several spellings of its name."""


def structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Write the members that an attribute of an item has, which is one of ten, by the names that they have."""
    if shape.name != "AttributeValue" or type(value) is not dict or not key:
        whole(self, serialized, value, shape, key)
        return
    written = self.MAP_TYPE()
    for name, member in value.items():
        shape.members[name].parent = shape
        self._serialize(written, member, shape.members[name], name)
    self._default_serialize(serialized, written, shape, key)


def take() -> None:
    """Take the shortcuts from now on."""
    BaseJSONSerializer._serialize_type_structure = structure
    for name in ("camelcase_to_underscores", "method_names_from_class"):  # moto works these out at each call
        setattr(responses, name, cache(getattr(responses, name)))
