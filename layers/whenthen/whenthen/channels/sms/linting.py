"""Find what is odd about the text of a step, before anything is sent: its parts, its alphabet, links, the way out.

Values are known only when the step is due, so the fixed text alone is counted: it has at least so many parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.channels.sms.countries import COUNTRIES, LINK, says_how_to_stop
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.actions import MARKETING
from whenthen.domain.sending.sms_parts import SEVERAL_PARTS, Encoding, sms_parts

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

# These characters force UCS-2, of which one message holds 70.
FORCES_UCS_2 = ReasonCode("sms.forces_ucs_2", "characters", "parts")
# Networks of these countries block or mask links.
LINK_SOMEWHERE = ReasonCode("sms.link_in_text", "countries")
# A marketing message names no way to stop them, so it is skipped when it is due.
NO_WAY_OUT = ReasonCode("sms.no_way_out")

_VALUES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def lint(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Reason]]:
    """Yield (parameter, reason) of each finding about a step's parameters."""
    text, way_out = parameters.get("text"), str(parameters.get("opt_out") or "")
    if not isinstance(text, str):
        return
    marketing = parameters.get("purpose", MARKETING) == MARKETING
    fixed = _VALUES.sub("", f"{text} {way_out}" if marketing and way_out else text)
    found = sms_parts(fixed)
    if found.encoding is Encoding.UCS_2:
        yield "text", FORCES_UCS_2(characters=list(found.foreign), parts=found.parts)
    if found.parts > 1:
        yield "text", SEVERAL_PARTS(parts=found.parts, encoding=found.encoding.value, units=found.units)
    if LINK.search(fixed) and parameters.get("links") != "always":
        yield "text", LINK_SOMEWHERE(countries=sorted(name for name, row in COUNTRIES.items() if not row.links))
    if marketing and "{{" not in f"{text}{way_out}" and not says_how_to_stop(fixed, two_way=True):
        yield "opt_out", NO_WAY_OUT()
