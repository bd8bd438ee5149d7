"""Classify the Graph API's error codes. The code decides; the HTTP status only if there is no code.

An error's `message` is not repeated, as some quote the access token; its details about the message are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary, Throttled
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.ports.outgoing import is_not_now

if TYPE_CHECKING:
    from whenthen.ports.outgoing import HttpAnswer

# Meta's error, with its number and perhaps its own words about the message.
META_ERROR = ReasonCode("meta.error", "reason", "error")
META_ERROR_IN_DETAIL = ReasonCode("meta.error_in_detail", "reason", "error", "detail")
# Meta answered with this HTTP status, and perhaps with an error number that is not known here.
ANSWERED = ReasonCode("meta.answered", "status")
ANSWERED_WITH_ERROR = ReasonCode("meta.answered_with_error", "status", "error")

_NO_PERMISSION = ReasonCode("meta.no_permission")
_INVALID_PARAMETER = ReasonCode("meta.invalid_parameter")

NOT_NOW: Mapping[int, tuple[ReasonCode, float]] = {
    4: (ReasonCode("meta.app_limit"), 60.0),
    17: (ReasonCode("meta.user_limit"), 60.0),
    32: (ReasonCode("meta.page_limit"), 60.0),
    341: (ReasonCode("meta.application_limit"), 60.0),
    613: (ReasonCode("meta.rate_limit"), 60.0),
    80004: (ReasonCode("meta.ad_account_limit"), 300.0),
    80005: (ReasonCode("meta.lead_limit"), 300.0),
    80007: (ReasonCode("meta.account_limit"), 60.0),
    130429: (ReasonCode("meta.number_limit"), 5.0),
    131056: (ReasonCode("meta.recipient_limit"), 10.0),
}
"""Codes of throttling, which is no attempt → (reason, pause in seconds)."""

LATER: Mapping[int, tuple[ReasonCode, float | None]] = {
    1: (ReasonCode("meta.unknown_error"), None),
    2: (ReasonCode("meta.down"), None),
    131000: (ReasonCode("meta.not_sent"), None),
    131016: (ReasonCode("meta.overloaded"), None),
    131057: (ReasonCode("meta.maintenance"), 60.0),
}
"""Codes after which nothing was done and a retry may succeed → (reason, pause in seconds)."""

NEVER: Mapping[int, ReasonCode] = {
    3: ReasonCode("meta.app_not_allowed"),
    10: _NO_PERMISSION,
    33: ReasonCode("meta.number_gone"),
    100: ReasonCode("meta.invalid_or_missing"),
    190: ReasonCode("meta.token_expired"),
    368: ReasonCode("meta.account_blocked"),
    130472: ReasonCode("meta.recipient_in_experiment"),
    130497: ReasonCode("meta.country_forbidden"),
    131005: _NO_PERMISSION,
    131008: ReasonCode("meta.parameter_missing"),
    131009: _INVALID_PARAMETER,
    131021: ReasonCode("meta.sent_to_itself"),
    131026: ReasonCode("meta.recipient_unreachable"),
    131030: ReasonCode("meta.recipient_not_listed"),
    131031: ReasonCode("meta.account_locked"),
    131037: ReasonCode("meta.no_display_name"),
    131042: ReasonCode("meta.no_payment_method"),
    131047: ReasonCode("whatsapp.window_closed"),
    131048: ReasonCode("meta.number_restricted"),
    131049: ReasonCode("meta.marketing_limited"),
    131050: ReasonCode("meta.marketing_stopped"),
    131051: ReasonCode("meta.type_not_supported"),
    131052: ReasonCode("meta.media_not_downloaded"),
    131053: ReasonCode("meta.media_not_uploaded"),
    131062: ReasonCode("meta.phone_number_needed"),
    132000: ReasonCode("whatsapp_template.parameter_count"),
    132001: ReasonCode("whatsapp_template.not_found"),
    132005: ReasonCode("whatsapp_template.too_long"),
    132007: ReasonCode("whatsapp_template.violates_policy"),
    132008: ReasonCode("whatsapp_template.parameters_unnamed"),
    132012: ReasonCode("whatsapp_template.parameter_format"),
    132015: ReasonCode("whatsapp_template.paused"),
    132016: ReasonCode("whatsapp_template.disabled"),
}
"""Codes that are final for this message → reason for the admin."""

_PERMISSION = range(200, 300)
_LONGEST_DETAIL = 300


def error_of(answer: HttpAnswer) -> Temporary | Permanent | AnswerLost:
    """Classify an answer other than 2xx. AnswerLost if it does not tell whether anything was done."""
    error = (json_object(answer.body) or {}).get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    if isinstance(error, Mapping) and isinstance(code, int):
        known = _classified(code, _detail(error))
        if known is not None:
            return known
    has_code = isinstance(code, int)
    reason = ANSWERED_WITH_ERROR(status=answer.status, error=code) if has_code else ANSWERED(status=answer.status)
    if is_not_now(answer):
        return Throttled(reason, retry_after=60.0)
    if answer.status >= 500:
        return AnswerLost(reason)
    return Permanent(reason, code=str(code) if has_code else None)


def _classified(code: int, detail: str) -> Temporary | Permanent | None:
    if code in NOT_NOW:
        cause, pause = NOT_NOW[code]
        return Throttled(_reason(cause, code, detail), retry_after=pause)
    if code in LATER:
        cause, wish = LATER[code]
        return Temporary(_reason(cause, code, detail), retry_after=wish)
    final = NEVER.get(10 if code in _PERMISSION else code)
    return Permanent(_reason(final, code, detail), code=str(code)) if final else None


def _reason(cause: ReasonCode, code: int, detail: str) -> Reason:
    if detail:
        return META_ERROR_IN_DETAIL(reason=cause(), error=code, detail=detail)
    return META_ERROR(reason=cause(), error=code)


def _detail(error: Mapping[str, Any]) -> str:
    """Return WhatsApp's words about the message itself, such as which parameter is wrong; empty if there are none."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, Mapping) else None
    return details[:_LONGEST_DETAIL] if isinstance(details, str) else ""


def json_object(body: bytes) -> Mapping[str, Any] | None:
    """Read the body as a JSON object; None if it is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, Mapping) else None
