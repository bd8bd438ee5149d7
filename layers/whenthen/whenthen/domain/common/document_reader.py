"""Read documents that admins write. The reader collects every problem with the path of its field; none stops it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Problem
from whenthen.domain.common.reason_codes import (
    EMPTY,
    NOT_FLAG,
    NOT_INTEGER,
    NOT_LIST,
    NOT_OBJECT,
    NOT_ONE_OF,
    NOT_TEXT,
    NOT_TEXTS,
    REQUIRED,
    TEXT_TOO_LONG,
    TEXTS_TOO_LONG,
    TOO_MANY,
    UNKNOWN_FIELD,
)

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

LONGEST_TEXT = 200
"""Characters of a text for which no other bound is named."""

LONGEST_DESCRIPTION = 2_000
"""Characters of what an admin notes about a rule or a view."""


class Reader:
    """Read one JSON object. The reader reports a malformed value in `problems` and returns the default for it."""

    def __init__(self, document: Any, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self._known: set[str] = set()
        self._document: Mapping[str, Any] = {}
        if isinstance(document, Mapping):
            self._document = document
        else:
            self.report("", NOT_OBJECT())

    def __contains__(self, name: str) -> bool:
        return self._document.get(name) is not None

    def given(self, name: str) -> bool:
        """Tell whether the document has the field `name`, even as null."""
        return name in self._document

    def field(self, name: str) -> str:
        """Return the full path of the field `name` of this object."""
        return ".".join(part for part in (self.path, name) if part)

    def report(self, name: str, reason: Reason) -> None:
        """Add a problem about the field `name`."""
        self.problems.append(Problem(self.field(name), reason))

    def value(self, name: str) -> Any:
        """Return the raw value of the field. None if absent or null."""
        self._known.add(name)
        return self._document.get(name)

    def text(self, name: str, *, default: str = "", required: bool = False, longest: int = LONGEST_TEXT) -> str:
        """Read a string of at most `longest` characters, without surrounding white space."""
        value = self.value(name)
        if value is None:
            if required:
                self.report(name, REQUIRED())
            return default
        if not isinstance(value, str):
            self.report(name, NOT_TEXT())
            return default
        if required and not value.strip():
            self.report(name, EMPTY())
        if len(value) > longest:
            self.report(name, TEXT_TOO_LONG(count=longest, found=len(value)))
        return value.strip()

    def choice(self, name: str, options: Collection[str], default: str) -> str:
        """Read one of `options`."""
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, str) or value not in options:
            self.report(name, NOT_ONE_OF(options=list(map(str, options))))
            return default
        return value

    def integer(self, name: str, *, default: int = 0, least: int = 0, most: int) -> int:
        """Read a whole number from `least` to `most`."""
        value = self.value(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.report(name, NOT_INTEGER(least=least, most=most))
            return default
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Read true or false."""
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.report(name, NOT_FLAG())
            return default
        return value

    def texts(self, name: str, *, most: int, longest: int = LONGEST_TEXT) -> tuple[str, ...]:
        """Read a string or a list of strings. Repetitions go, the order stays."""
        value = self.value(name)
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            self.report(name, NOT_TEXTS())
            return ()
        if len(items) > most or any(len(item) > longest for item in items):
            self.report(name, TEXTS_TOO_LONG(count=most, longest=longest))
        return tuple(dict.fromkeys(item.strip() for item in items))

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Read an object with free keys. Empty if absent."""
        value = self.value(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.report(name, NOT_OBJECT())
            return {}
        return value

    def child(self, name: str) -> Reader | None:
        """Make a reader of the object at `name`. None if absent."""
        value = self.value(name)
        return None if value is None else Reader(value, self.field(name), self.problems)

    def children(self, name: str, *, most: int) -> Iterator[Reader]:
        """Make a reader of each object of the list at `name`."""
        value = self.value(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.report(name, NOT_LIST())
            return
        if len(value) > most:
            self.report(name, TOO_MANY(count=most, found=len(value)))
        for position, item in enumerate(value[:most]):
            yield Reader(item, f"{self.field(name)}[{position}]", self.problems)

    def finish(self) -> None:
        """Report the fields that no caller read, so that nobody overlooks a misspelt one."""
        for name in self._document:
            if name not in self._known:
                self.report(name, UNKNOWN_FIELD(known=sorted(self._known)))
