"""Schemas of limits of sending, as a rule has them beside those of the installation."""

from __future__ import annotations

from whenthen.domain.rules.actions import message_channels
from whenthen.domain.schemas.parts import Schema, choice, integer, noted, patterned, record, ref
from whenthen.domain.sending.limits import ANY, MAX_CAPS, MAX_DAYS, MAX_MESSAGES
from whenthen.domain.temporal.clocks import HOUR
from whenthen.domain.temporal.time_values import UNITS

_HOURS = {
    "from": noted(patterned(HOUR.pattern), "When they begin.", examples=["21:00"]),
    "to": noted(
        patterned(HOUR.pattern), "When they end; on the next day if that is the earlier hour.", examples=["09:00"]
    ),
}
_DAY_MINUTES = UNITS["days"]


def definitions() -> dict[str, Schema]:
    """Return the definitions. The channels are those of the actions that send messages."""
    window = {
        unit: noted(integer(MAX_DAYS * _DAY_MINUTES // minutes), f"{unit.capitalize()} of elapsed time.")
        for unit, minutes in UNITS.items()
    }
    cap = {
        "channel": noted(
            choice([*message_channels(), ANY]),
            "Whose messages count: one channel's, or all together.",
            examples=["whatsapp"],
        ),
        "most": noted(integer(MAX_MESSAGES, 1), "How many marketing messages one person gets.", examples=[2]),
        "per": noted(ref("CapWindow"), "Within any window of this length."),
    }
    limits = {
        "quiet_hours": noted(ref("QuietHours"), "When no message goes, by the recipient's clocks."),
        "marketing": noted(
            {"type": "array", "items": ref("Cap"), "maxItems": MAX_CAPS},
            "Caps on marketing messages, all of which hold.",
        ),
    }
    example = {"channel": "whatsapp", "most": 2, "per": {"days": 7}}
    hours = {"from": "21:00", "to": "09:00"}
    return {
        "Limits": record(
            "Limits",
            "When messages to customers are held. What is held goes when it may; nothing is dropped.",
            limits,
            examples=[{"quiet_hours": hours, "marketing": [example]}],
        ),
        "QuietHours": record(
            "QuietHours", "Hours of each day, over midnight too.", _HOURS, required=("from", "to"), examples=[hours]
        ),
        "Cap": record(
            "Cap",
            "How many marketing messages one person gets, counted over all rules.",
            cap,
            required=("channel", "most", "per"),
            examples=[example],
        ),
        "CapWindow": record(
            "CapWindow",
            f"A length of time, more than nothing and at most {MAX_DAYS} days.",
            window,
            never_null=tuple(window),
            examples=[{"days": 7}],
            **{"not": {"additionalProperties": {"const": 0}}},
        ),
    }
