"""Find the one time zone of a country, by the table of the time zone database.

A country has one zone for us if all of its zones show the same clocks: Germany's second zone differs from Berlin's in
the past only. The table is read with the first number that is looked up.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from whenthen.domain.temporal.time_zones import parse_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

_PROBES = tuple(timedelta(days=30 * month) for month in range(13))
"""How far from the beginning of a year the clocks of a country's zones are compared."""


def zone_of_number(number: str, moment: datetime) -> ZoneInfo | None:
    """Return the zone of a number's country (`+905321234567`) in the year of `moment`. None if it has several."""
    import phonenumbers

    try:
        country = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None
    return zone_of_country(country, moment.year) if country else None


@lru_cache(maxsize=512)
def zone_of_country(country: str, year: int) -> ZoneInfo | None:
    """Return the zone whose clocks the whole country (ISO 3166 alpha-2) shows in this year. None if there is none."""
    zones = [zone for name in _zones().get(country, ()) if (zone := parse_zone(name))]
    start = datetime(year, 1, 1)  # noqa: DTZ001 - by the clocks of each zone
    clocks = {tuple((start + probe).replace(tzinfo=zone).utcoffset() for probe in _PROBES) for zone in zones}
    return zones[0] if len(clocks) == 1 else None


@cache
def _zones() -> Mapping[str, tuple[str, ...]]:
    """Read country → its zones, the most populous first."""
    from importlib.resources import files

    found: dict[str, list[str]] = {}
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}
