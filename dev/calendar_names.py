"""Write the names of months and days of the week from CLDR (through Babel): domain/temporal/calendar_names.py.

python -m dev.calendar_names        write it. Needs the environment of the tests
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping

from babel import Locale

from dev.paths import ROOT
from whenthen.domain.temporal.calendar_settings import LANGUAGES
from whenthen.domain.temporal.written_dates import plain

PATH = ROOT / "layers" / "whenthen" / "whenthen" / "domain" / "temporal" / "calendar_names.py"

_CONTEXTS = ("format", "stand-alone")
_WIDTHS = ("wide", "abbreviated")

_FURTHER = {"sept": 9}
"""Months as people write them too, though CLDR does not."""


_MODULE = '''"""Hold the names of months and days of the week in our languages, from CLDR.

`dev.calendar_names` writes this file.
"""

from __future__ import annotations

from collections.abc import Mapping

_MONTHS = {{
{months}
}}
_DAYS = (
{days}
)

MONTHS: Mapping[str, int] = {{name: number for number, names in _MONTHS.items() for name in names.split()}}
"""Name of a month in any of our languages, without marks and dots and in lower case → its number."""

DAYS = frozenset(_DAYS.split("|"))
"""Names of the days of the week, written in the same way."""
'''


def _names(language: str, sort: str) -> Iterator[tuple[str, int]]:
    """Yield the names of months or days in a language, each with its number there."""
    found: Mapping[str, Mapping[str, Mapping[int, str]]] = getattr(Locale(language), sort)
    for context in _CONTEXTS:
        for width in _WIDTHS:
            for number, name in found[context][width].items():
                yield plain(name), number


def months() -> dict[str, int]:
    """Return each month's name, as `plain` makes it, with its number. Raises ValueError for a name of two months."""
    found = dict(_FURTHER)
    for language in LANGUAGES:
        for name, number in _names(language, "months"):
            if found.setdefault(name, number) != number:
                raise ValueError(f"{name!r} is the name of two months")
    return dict(sorted(found.items(), key=lambda each: (each[1], each[0])))


def days() -> list[str]:
    """Return the names of the days of the week, as `plain` makes them, without those of months."""
    of_months = months()
    names = {name for language in LANGUAGES for name, _ in _names(language, "days")}
    return sorted(name for name in names if name not in of_months and len(name.replace(" ", "")) > 1)


def text() -> str:
    """Return the module as its file holds it."""
    by_number: dict[int, list[str]] = {}
    for name, number in months().items():
        by_number.setdefault(number, []).append(name)
    rows = [f'    {number}: "{" ".join(names)}",' for number, names in by_number.items()]
    lines = [f'    "{line}"' for line in textwrap.wrap("|".join(days()).replace(" ", "_").replace("|", "| "), 100)]
    return _MODULE.format(
        months="\n".join(rows), days="\n".join(line.replace("| ", "|").replace("_", " ") for line in lines)
    )


def main() -> int:
    """Write the module."""
    PATH.write_text(text(), encoding="utf-8")
    print(PATH.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
