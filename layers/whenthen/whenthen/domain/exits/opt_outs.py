"""Decide whether a person's refusal of a channel ends a run: all that it would still do is to write to them there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.records.consent import CONSENT, agreed_on, read_consent
from whenthen.domain.records.record import IDENTITY_FIELDS

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Rule, Step

OPTED_OUT = ReasonCode("exit.opted_out", "channel")

_RECIPIENTS = ("to", "cc", "bcc")
_THEMSELVES = re.compile(r"record|\{\{\s*record\.(" + "|".join(IDENTITY_FIELDS) + r")\s*\}\}")
"""Writes a recipient who is the person of the run's record."""


def opted_out(rule: Rule, step_group: int, context: Mapping[str, Any]) -> Reason | None:
    """Return the reason against `step_group` and all behind it: the record's person refuses each of these messages.

    None if one of these steps does something else, or sends to somebody else: then the messages are skipped one by one.
    """
    consent = read_consent((context.get("record") or {}).get(CONSENT))
    if False not in consent.values():
        return None
    steps = [step for steps in rule.step_groups[step_group:] for step in steps]
    refused = [channel for step in steps if (channel := _refused(step, consent))]
    return OPTED_OUT(channel=refused[0]) if refused and len(refused) == len(steps) else None


def _refused(step: Step, consent: Mapping[str, bool]) -> str:
    """Return the channel on which the step would write to a person who refuses that; empty if it would not."""
    if not step.markets or not all(map(_THEMSELVES.fullmatch, _recipients(step))):
        return ""
    return step.channel if agreed_on(step.channel, consent) is False else ""


def _recipients(step: Step) -> list[str]:
    """Return the recipients as they are written, of a parameter that holds one or a list of them."""
    given = [step.parameters.get(name) or [] for name in _RECIPIENTS]
    return [str(each).strip() for one in given for each in (one if isinstance(one, list | tuple) else [one])]
