"""Find time zones by their IANA names.

zoneinfo, with its own imports, is a tenth of a receiving function's cold start, and most events need no zone: so it is
loaded with the first zone that is asked for.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

UTC = "UTC"
"""Name the zone of rules that name none."""


@lru_cache(maxsize=1_024)
def parse_zone(name: str) -> ZoneInfo | None:
    """Return the IANA time zone. None if there is no such zone."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of a name that was accepted before. Raises LookupError if it is known no more."""
    zone = parse_zone(name)
    if zone is None:
        raise LookupError(f"the time zone {name} is not known here")
    return zone


def utc() -> ZoneInfo:
    """Return UTC, the zone of rules that name none."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(UTC)
