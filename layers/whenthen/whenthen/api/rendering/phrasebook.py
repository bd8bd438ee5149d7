"""Render values, names, lists, lengths of time and reasons in one language.

Names and values that admins or customers chose stay as they are, isolated from the direction of the text around them,
so that text from right to left and from left to right can stand beside each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from whenthen.api.rendering.sentences import JOINS, UNITS, UNITS_AWAY, VALUES
from whenthen.api.rendering.texts import COUNT, texts_of
from whenthen.api.rendering.vocabulary import FIELD_TYPES, KINDS, REPORTED, STATUSES, VERBS
from whenthen.domain.common.reasons import Reason, ReasonValue

SHOWN = 8
"""Items of a list that are shown."""

_ISOLATED = "\u2068{0}\u2069"
_LONGEST = 80


class Phrasebook:
    """Hold one language's texts. Raises KeyError for a language that is not among LANGUAGES."""

    def __init__(self, language: str) -> None:
        self._texts = texts_of(language)
        self.language = language

    def phrase(self, table: Mapping[str, str], key: str, *, count: int | None = None, **parameters: str) -> str:
        """Return a declared text with parameters that are rendered already. Raises KeyError if none fits them."""
        code = table[key]
        numbered = parameters if count is None else {COUNT: count, **parameters}
        text = self._texts.get(code, numbered, count)
        if text is None:
            raise KeyError(code)
        return text

    def text(self, reason: Reason) -> str:
        """Render a reason; one whose code has no text here, in its compact form."""
        parameters = {name: self._parameter(name, value) for name, value in reason.params.items()}
        text = self._texts.get(reason.code, parameters, reason.params.get(COUNT))
        return self.isolated(reason) if text is None else text

    def _parameter(self, name: str, value: ReasonValue) -> str:
        if isinstance(value, Reason):
            return self.text(value)
        if (render := _PARAMETERS.get(name)) is not None:
            return render(self, value)
        if isinstance(value, list | tuple):
            return self.listed(self._parameter("", item) for item in value)
        if value is None or isinstance(value, bool):
            return self.value(value)
        return self.isolated(value)

    def isolated(self, value: object) -> str:
        """Mark text that may run in another direction than the sentence."""
        return _ISOLATED.format(value)

    def quoted(self, value: object) -> str:
        """Quote a name or a value as somebody wrote it."""
        return self.phrase(JOINS, "quoted", value=self.isolated(value))

    def value(self, value: object) -> str:
        """Quote a value that somebody wrote or that was found, cut where it is long."""
        if value is None:
            return self.phrase(VALUES, "nothing")
        if isinstance(value, bool):
            return self.phrase(VALUES, "yes" if value else "no")
        if isinstance(value, list | tuple):
            return self.listed(map(self.value, value[:SHOWN])) or self.phrase(VALUES, "nothing")
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        cut = f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
        return self.quoted(cut) if isinstance(value, str) else self.isolated(cut)

    def word(self, table: Mapping[str, str], key: object) -> str:
        """Return a word of a table; a key that is not in it is isolated."""
        return self.phrase(table, str(key)) if str(key) in table else self.isolated(key)

    def event(self, event_type: str) -> str:
        """Say what happened."""
        kind, _, verb = event_type.partition(".")
        if verb not in VERBS:
            return self.quoted(event_type)
        return self.phrase(JOINS, "event", kind=self.kind(kind), verb=self.phrase(VERBS, verb))

    def kind(self, kind: str) -> str:
        """Name a kind of record, or of what else something happens to."""
        return self.phrase(KINDS, kind) if kind in KINDS else self.quoted(kind)

    def lengths(self, lengths: Mapping[str, int], *, away: bool = False) -> str:
        """Say a length of time, unit → amount. `away`: as it stands before `ago`, `before` and `after`."""
        units = UNITS_AWAY if away else UNITS
        return " ".join(self.phrase(units, unit, count=amount) for unit, amount in lengths.items())

    def listed(self, items: Iterable[str]) -> str:
        """Join the items of a list."""
        return self.phrase(JOINS, "comma").join(items)

    def any(self, items: Iterable[str]) -> str:
        """Join items of which one is enough."""
        return f" {self.phrase(JOINS, 'or')} ".join(items)

    def detailed(self, text: str, details: Iterable[str]) -> str:
        """Put details in parentheses behind a text; the text alone if there are none."""
        joined = self.listed(details)
        return self.phrase(JOINS, "detailed", text=text, details=joined) if joined else text


def _event_type(book: Phrasebook, value: object) -> str:
    return book.event(str(value))


_PARAMETERS: Mapping[str, Callable[[Phrasebook, ReasonValue], str]] = {
    "value": Phrasebook.value,
    "values": Phrasebook.value,
    "outcome": lambda book, value: book.word(STATUSES, value),
    "report": lambda book, value: book.word(REPORTED, value),
    "field_type": lambda book, value: book.word(FIELD_TYPES, value),
    "event_type": _event_type,
    "chain": lambda book, value: " → ".join(map(book.quoted, value if isinstance(value, list | tuple) else [value])),
}
"""Parameters that are rendered by their name; others are put in as they are."""
