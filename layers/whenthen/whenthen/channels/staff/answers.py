"""List what happens after each answer of the addresses to which rooms of Slack and Teams listen.

Neither takes an idempotency key: an answer that does not say whether the room has the message is lost, and the message
is not posted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from whenthen.channels.staff.action import SLACK, TEAMS
from whenthen.domain.common.answers import Next, Row
from whenthen.ports.outgoing import is_not_now

if TYPE_CHECKING:
    from whenthen.ports.outgoing import HttpAnswer

_LATER, _THROTTLED, _NEVER, _LOST = Row(Next.LATER), Row(Next.NOT_NOW), Row(Next.NEVER), Row(Next.LOST)

SLACK_ANSWERS: Mapping[str, Row] = {
    "400 invalid_payload": _NEVER,
    "400 user_not_found": _NEVER,
    "403 action_prohibited": _NEVER,
    "404 channel_not_found": _NEVER,
    "410 channel_is_archived": _NEVER,
    "429": _THROTTLED,
    # Slack says that it failed, and not the message
    "500 rollup_error": _LATER,
    "503": _LATER,
}
"""Status, or status and error, of Slack's incoming webhooks → what happens next."""

TEAMS_ANSWERS: Mapping[str, Row] = {
    # the card cannot be read
    "400": _NEVER,
    # the address is not signed, or its workflow is switched off or deleted
    "401": _NEVER,
    "403": _NEVER,
    "404": _NEVER,
    "408": _LATER,
    "410": _NEVER,
    "413": _NEVER,
    "429": _THROTTLED,
    "503": _LATER,
}
"""Status of a workflow of Teams → what happens next."""

ANSWERS: Mapping[str, Mapping[str, Row]] = {SLACK: SLACK_ANSWERS, TEAMS: TEAMS_ANSWERS}


def row_of(way: str, answer: HttpAnswer) -> Row | None:
    """Return what happens after an answer. None for success, which is any of 2xx."""
    if 200 <= answer.status < 300:
        return None
    if is_not_now(answer):
        return _THROTTLED
    found = ANSWERS[way].get(f"{answer.status} {code_of(answer)}") or ANSWERS[way].get(str(answer.status))
    return found or (_LOST if answer.status >= 500 else _NEVER)


def code_of(answer: HttpAnswer) -> str:
    """Return the error that an answer names in one word. Empty if it names none."""
    text = answer.body[:100].decode(errors="replace").strip()
    return text if text.replace("_", "").isalnum() and text.isascii() else ""
