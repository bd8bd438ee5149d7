"""Encode the timers of triggers for the compact form of rules, and decode them. Only rules with a timer load it."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from msgspec import convert, to_builtins

from whenthen.domain.rules.triggers import On
from whenthen.domain.scheduling.date_triggers import DateField
from whenthen.domain.scheduling.schedules import Schedule
from whenthen.domain.temporal.time_zones import zone_of


def encode_timer(timer: DateField | Schedule) -> Any:
    """Encode a timer as JSON values; its time zone by name."""
    return to_builtins(timer, enc_hook=_name_of, order="deterministic")


def decode_timer(on: On, stored: Any) -> DateField | Schedule:
    """Decode the timer of a trigger of this kind. Raises LookupError or msgspec.ValidationError for what is none."""
    kind: type[DateField | Schedule] = DateField if on is On.DATE else Schedule
    return convert(stored, kind, dec_hook=_zone_of)


def _name_of(zone: Any) -> str:
    name: str = zone.key
    return name


def _zone_of(kind: type, name: str) -> tzinfo:
    return zone_of(name)
