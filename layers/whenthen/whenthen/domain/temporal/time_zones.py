"""Time zones by their IANA names.

zoneinfo, with what it loads, is a tenth of what a receiving function adds to its cold start, and most events need no
zone: so it is loaded with the first zone that is asked for.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def parse_zone(name: str) -> ZoneInfo | None:
    """The IANA time zone, or None for a name that is not one."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def utc() -> ZoneInfo:
    """The zone of rules that name none."""
    from zoneinfo import ZoneInfo

    return ZoneInfo("UTC")
