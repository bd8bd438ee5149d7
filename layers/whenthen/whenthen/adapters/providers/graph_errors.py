"""What the Graph API's error codes mean, as data. The code decides; the HTTP status only where there is none.

An error's `message` is not repeated, as some quote the access token; its details about the message are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary, Throttled
from whenthen.ports.values import is_not_now

if TYPE_CHECKING:
    from whenthen.ports.values import HttpAnswer

NOT_NOW: Mapping[int, tuple[str, float]] = {
    4: ("the app's rate limit is reached", 60.0),
    17: ("the user's rate limit is reached", 60.0),
    32: ("the page's rate limit is reached", 60.0),
    341: ("the application's limit is reached", 60.0),
    613: ("a rate limit is reached", 60.0),
    80004: ("the rate limit of the ad account is reached", 300.0),
    80005: ("the rate limit for leads is reached", 300.0),
    80007: ("the account's rate limit is reached", 60.0),
    130429: ("the number's throughput is reached", 5.0),
    131056: ("too many messages to this recipient for the moment", 10.0),
}
"""Codes after which nothing was done as too much was asked, which is no attempt: why, and the pause in seconds."""

LATER: Mapping[int, tuple[str, float | None]] = {
    1: ("an unknown error of the API", None),
    2: ("the API is down for a moment", None),
    131000: ("the message was not sent, for an unknown reason", None),
    131016: ("WhatsApp is overloaded", None),
    131057: ("the account is in maintenance", 60.0),
}
"""Codes after which nothing was done, and it may be tried again a few times: why, and the pause in seconds."""

NEVER: Mapping[int, str] = {
    3: "the app may not use this API",
    10: "the access token lacks a permission",
    33: "the number is gone",
    100: "a parameter is not valid, or the object does not exist",
    190: "the access token is not valid, or has expired",
    368: "the account is blocked for a violation of policies",
    130472: "the recipient is in an experiment of Meta's and receives no marketing messages",
    130497: "the account may not send to this country",
    131005: "the access token lacks a permission",
    131008: "a required parameter is missing",
    131009: "a parameter is not valid",
    131021: "the recipient is the sender",
    131026: "the recipient cannot receive WhatsApp messages",
    131030: "the recipient is not on the list of allowed numbers",
    131031: "the account is locked",
    131037: "the number has no approved display name",
    131042: "the account has no valid payment method",
    131047: "the customer wrote more than 24 hours ago: only a template may be sent",
    131048: "the number is restricted: too many messages were reported as spam",
    131049: "Meta limits marketing messages to this recipient; not before 24 hours",
    131050: "the recipient has stopped marketing messages",
    131051: "this type of message is not supported",
    131052: "the media cannot be downloaded",
    131053: "the media cannot be uploaded",
    131062: "this recipient can only be reached by phone number",
    132000: "the template takes another number of parameters",
    132001: "there is no such template in this language",
    132005: "the template's text gets too long",
    132007: "the template violates a policy",
    132008: "the template needs its parameters named",
    132012: "a template parameter has the wrong format",
    132015: "the template is paused for low quality",
    132016: "the template is disabled for low quality",
}
"""Codes that are final for this message, in words for the admin."""

_PERMISSION = range(200, 300)
_LONGEST_DETAILS = 300


def error_of(answer: HttpAnswer) -> Temporary | Permanent | AnswerLost:
    """What an answer other than 2xx amounts to. AnswerLost where it does not tell whether anything was done."""
    error = (json_object(answer.body) or {}).get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    if isinstance(error, Mapping) and isinstance(code, int):
        known = _meaning(code, _details(error))
        if known is not None:
            return known
    said = f"Meta answered {answer.status}" + (f", code {code}" if isinstance(code, int) else "")
    if is_not_now(answer):
        return Throttled(said, retry_after=60.0)
    if answer.status >= 500:
        return AnswerLost(said)
    return Permanent(said, code=str(code) if isinstance(code, int) else None)


def _meaning(code: int, details: str) -> Temporary | Permanent | None:
    if code in NOT_NOW:
        return Throttled(f"Meta: {NOT_NOW[code][0]} ({code}{details})", retry_after=NOT_NOW[code][1])
    if code in LATER:
        said, wish = LATER[code]
        return Temporary(f"Meta: {said} ({code}{details})", retry_after=wish)
    final = NEVER.get(10 if code in _PERMISSION else code)
    return Permanent(f"Meta: {final} ({code}{details})", code=str(code)) if final else None


def _details(error: Mapping[str, Any]) -> str:
    """What WhatsApp says about the message itself, such as which parameter is wrong."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, Mapping) else None
    return f": {details[:_LONGEST_DETAILS]}" if isinstance(details, str) and details else ""


def json_object(body: bytes) -> Mapping[str, Any] | None:
    """The body as a JSON object; None if it is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, Mapping) else None
