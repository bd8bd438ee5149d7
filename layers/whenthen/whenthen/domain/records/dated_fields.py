"""Read the dates that people wrote into a record's date fields, so that the date index finds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import InvalidValue, Problem
from whenthen.domain.records.date_index import is_dated
from whenthen.domain.temporal.written_dates import read_written_date

if TYPE_CHECKING:
    from whenthen.domain.temporal.written_dates import DateOrder


def with_read_dates(fields: Mapping[str, Any], order: DateOrder | None) -> tuple[dict[str, Any], list[Problem]]:
    """Return the fields with their dates in the form of ISO 8601, and a problem for each that nobody can be sure of.

    A field with a problem keeps its text.
    """
    read, problems = dict(fields), list[Problem]()
    for name, value in fields.items():
        if not isinstance(value, str) or not is_dated(name):
            continue
        try:
            read[name] = read_written_date(value, order) or value
        except InvalidValue as error:
            problems.append(Problem(name, error.reason))
    return read, problems
