"""Reading what an admin wrote: every problem is collected with the path of its field, none stops the reading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Problem

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason


class Reader:
    """Reads one JSON object. Values that do not hold are reported in `problems` and read as the default."""

    def __init__(self, document: Any, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self._known: set[str] = set()
        self._document: Mapping[str, Any] = {}
        if isinstance(document, Mapping):
            self._document = document
        else:
            self.report("", "an object is required")

    def __contains__(self, name: str) -> bool:
        return self._document.get(name) is not None

    def given(self, name: str) -> bool:
        """Whether the field `name` is there, be it null."""
        return name in self._document

    def field(self, name: str) -> str:
        """The full path of the field `name` of this object."""
        return ".".join(part for part in (self.path, name) if part)

    def report(self, name: str, message: Reason | str) -> None:
        """Add a problem about the field `name`."""
        self.problems.append(Problem(self.field(name), message))

    def value(self, name: str) -> Any:
        """Whatever is there; None when it is absent or null."""
        self._known.add(name)
        return self._document.get(name)

    def text(self, name: str, *, default: str = "", required: bool = False, longest: int = 200) -> str:
        """A string of at most `longest` characters, without surrounding white space."""
        value = self.value(name)
        if value is None:
            if required:
                self.report(name, "is required")
            return default
        if not isinstance(value, str):
            self.report(name, "a string is required")
            return default
        if required and not value.strip():
            self.report(name, "must not be empty")
        if len(value) > longest:
            self.report(name, f"at most {longest} characters are allowed, there are {len(value)}")
        return value.strip()

    def choice(self, name: str, options: Collection[str], default: str) -> str:
        """One of `options`."""
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, str) or value not in options:
            self.report(name, f"one of {', '.join(options)} is required")
            return default
        return value

    def integer(self, name: str, *, default: int = 0, least: int = 0, most: int) -> int:
        """A whole number from `least` to `most`."""
        value = self.value(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.report(name, f"a whole number from {least} to {most} is required")
            return default
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.report(name, "true or false is required")
            return default
        return value

    def texts(self, name: str, *, most: int, longest: int = 200) -> tuple[str, ...]:
        """A string or a list of strings, without repetitions, in the order given."""
        value = self.value(name)
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            self.report(name, "a list of non-empty strings is required")
            return ()
        if len(items) > most or any(len(item) > longest for item in items):
            self.report(name, f"at most {most} strings of {longest} characters are allowed")
        return tuple(dict.fromkeys(item.strip() for item in items))

    def mapping(self, name: str) -> Mapping[str, Any]:
        """An object with free keys."""
        value = self.value(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.report(name, "an object is required")
            return {}
        return value

    def child(self, name: str) -> Reader | None:
        """A reader of the object at `name`; None when it is absent."""
        value = self.value(name)
        return None if value is None else Reader(value, self.field(name), self.problems)

    def children(self, name: str, *, most: int) -> Iterator[Reader]:
        """A reader of each object of the list at `name`."""
        value = self.value(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.report(name, "a list is required")
            return
        if len(value) > most:
            self.report(name, f"at most {most} are allowed, there are {len(value)}")
        for position, item in enumerate(value[:most]):
            yield Reader(item, f"{self.field(name)}[{position}]", self.problems)

    def finish(self) -> None:
        """Report the fields that nobody asked for: a misspelt field must not be ignored."""
        for name in self._document:
            if name not in self._known:
                self.report(name, f"is not known here; known are {', '.join(sorted(self._known))}")
