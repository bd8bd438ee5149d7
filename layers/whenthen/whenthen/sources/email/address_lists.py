"""Lists of people in mail headers (`From`, `To`, `Cc`), read as programs write them rather than as RFC 5322 asks.

The standard library differs by version: from Python 3.13 on, one name that forgot its quotes empties the whole list
(`ayse@example.com <ayse@example.com>`), and before, a name could turn into an address. Here each person is read alone,
so one that cannot be read costs no other. One pass: no list costs more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_AFTER_QUOTED = re.compile(r"[\s<@.,;:()]|$")
_ANGLE = re.compile(r"<(@[^<>]*|[^<>,;]*)>|<([^<>,;]*@[^<>,;]*)(?=[,;]|$)")
"""An address in brackets, with the route that old programs write before it; the closing bracket may be forgotten."""

_PLAIN = re.compile(r'[^"(<,;:\\]+|\\.|.', re.DOTALL)
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

Named = tuple[str, str]
"""A name, empty where there is none, and an address, both as written: whether it is an address is not checked."""


def named_in(value: str) -> list[Named]:
    """Read a header's value on one line into the people that it names, in order."""
    found: list[Named] = []
    one = _One()
    for kind, text in _lexemes(value):
        if kind == "end":
            found += one.people()
            one = _One()
        else:
            one.take(kind, text)
    return [*found, *one.people()]


class _One:
    """Collect the text between two commas: a person, or several whose commas were forgotten."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._shown: list[str] = []
        self._comments: list[str] = []
        self._people: list[Named] = []

    def take(self, kind: str, text: str) -> None:
        """Take the next piece of the list."""
        if kind == "comment":
            self._comments.append(_unescaped(text[1:-1]))
            self._written.append(" ")  # it parts what stands around it, as a space does
            self._shown.append(" ")
        elif kind == "angle":
            self._people.append((self._name(), text.rpartition(":")[2]))  # a route, or `mailto:`, ends with a colon
            self._forget()
        elif kind == "group":
            self._forget()
        else:
            self._written.append(text)
            self._shown.append(_unescaped(text[1:-1] if kind == "quoted" else text))

    def people(self) -> list[Named]:
        """The people whose brackets were read; where there were none, the addresses among the words."""
        if not self._people:
            return self._bare()
        name, address = self._people[-1]
        self._written.clear()
        self._shown.clear()
        return [*self._people[:-1], (name or self._name(), address)]

    def _bare(self) -> list[Named]:
        words = " ".join("".join(self._written).split()).replace(" @", "@").replace("@ ", "@").split()
        addresses = [word for word in words if "@" in word]
        if len(addresses) != 1:
            return [("", address) for address in addresses]
        self._shown = [" ".join(word for word in words if "@" not in word)]
        return [(self._name(), addresses[0])]

    def _name(self) -> str:
        name, comment = (" ".join("".join(parts).split()) for parts in (self._shown, self._comments))
        name = name.strip('" ')  # of quotes one of which was forgotten
        return f"{name} ({comment})" if name and comment else name or comment

    def _forget(self) -> None:
        self._written.clear()
        self._shown.clear()
        self._comments.clear()


def _lexemes(value: str) -> Iterator[tuple[str, str]]:
    """The pieces of a list with their kinds: quoted, comment, angle, group, end, plain.

    An opening quote or parenthesis that nothing closes is a character like any other, and so are those after it.
    """
    position, unclosed = 0, set[str]()
    while position < len(value):
        kind, end = _lexeme(value, position, unclosed)
        text = value[position:end]
        if kind == "angle" and "@" not in text:
            kind = "plain"
        yield kind, text.strip("<>") if kind == "angle" else text
        position = end


def _lexeme(value: str, position: int, unclosed: set[str]) -> tuple[str, int]:
    char = value[position]
    end = -1
    if char in _KINDS and char not in unclosed:
        kind, find_end = _KINDS[char]
        end = find_end(value, position)
        if end > 0:
            return kind, end
        if end < 0:
            unclosed.add(char)
    plain = _PLAIN.match(value, position)
    return "plain", plain.end() if plain else position + 1


_BADLY_CLOSED = 0
_UNCLOSED = -1


def _quoted_end(value: str, position: int) -> int:
    """A quotation ends where no word goes on; else one of its quotes belongs to somebody else."""
    quoted = _QUOTED.match(value, position)
    if quoted is None:
        return _UNCLOSED
    return quoted.end() if _AFTER_QUOTED.match(value, quoted.end()) else _BADLY_CLOSED


def _comment_end(value: str, position: int) -> int:
    depth = 0
    for found in _PARENTHESIS.finditer(value, position):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return _UNCLOSED


def _angle_end(value: str, position: int) -> int:
    angle = _ANGLE.match(value, position)
    return angle.end() if angle else _BADLY_CLOSED


def _next(_value: str, position: int) -> int:
    return position + 1


_KINDS = {
    '"': ("quoted", _quoted_end),
    "(": ("comment", _comment_end),
    "<": ("angle", _angle_end),
    ":": ("group", _next),
    ",": ("end", _next),
    ";": ("end", _next),
}
"""Special character → the part that it begins, and where that ends: behind its last character, 0 or -1 for none."""


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)
