"""Find names under which a step tells nobody, before it is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.channels.staff.reason_codes import NO_COLLEAGUE, NO_WAY_TO_ROOM
from whenthen.domain.common.errors import Invalid
from whenthen.domain.events import identities
from whenthen.domain.notices.staff import STAFF
from whenthen.domain.records.record import parse_ref

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

ROOMS = ("slack", "teams")
"""Ways that post to a room."""

_WORDS = frozenset({"owner", "owner.manager", "participants", "record"})
_FIELD = "field:"


def lint(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Reason]]:
    """Yield (parameter, reason) of each finding about a step's parameters."""
    written = parameters.get("to")
    for text in [written] if isinstance(written, str) else written or ():
        if isinstance(text, str) and not _may_be_colleague(text.strip()):
            yield "to", NO_COLLEAGUE(value=text.strip())
    via = parameters.get("via") or ()
    if parameters.get("room") and not set(ROOMS) & {via if isinstance(via, str) else None, *via}:
        yield "room", NO_WAY_TO_ROOM(ways=list(ROOMS))


def _may_be_colleague(text: str) -> bool:
    """Tell whether a text names a colleague, or may do so when it is due."""
    if "{" in text or text in _WORDS or text.startswith(_FIELD):
        return True
    try:
        return parse_ref(text)[0] in STAFF
    except Invalid:
        return all(identities.email(part) for part in text.replace(";", ",").split(","))
