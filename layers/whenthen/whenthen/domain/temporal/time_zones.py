"""Find time zones by their IANA names.

zoneinfo, with its own imports, is a tenth of a receiving function's cold start, and most events need no zone: so it is
loaded with the first zone that is asked for.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def parse_zone(name: str) -> ZoneInfo | None:
    """Return the IANA time zone. None if there is no such zone."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def utc() -> ZoneInfo:
    """Return UTC, the zone of rules that name none."""
    from zoneinfo import ZoneInfo

    return ZoneInfo("UTC")
