"""Classify the Graph API's error codes. The code decides; the HTTP status only if there is no code.

An error's `message` is not repeated, as some quote the access token; its details about the message are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.answers import Next, Row
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.ports.outgoing import is_not_now
from whenthen.ports.reason_codes import WINDOW_CLOSED

if TYPE_CHECKING:
    from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary
    from whenthen.ports.outgoing import HttpAnswer

# Meta's error, with its number and perhaps its own words about the message.
META_ERROR = ReasonCode("meta.error", "reason", "error")
META_ERROR_IN_DETAIL = ReasonCode("meta.error_in_detail", "reason", "error", "detail")
# Meta answered with this HTTP status, and perhaps with an error number that is not known here.
ANSWERED = ReasonCode("meta.answered", "status")
ANSWERED_WITH_ERROR = ReasonCode("meta.answered_with_error", "status", "error")

_NO_PERMISSION = ReasonCode("meta.no_permission")
_INVALID_PARAMETER = ReasonCode("meta.invalid_parameter")
# The terms of custom audiences have not been accepted in Meta's Business Manager.
_NO_TERMS = ReasonCode("meta.audience_terms")
_NOT_REGISTERED = ReasonCode("meta.number_not_registered")

ANSWERS: Mapping[int, Row] = {
    # throttled
    4: Row(Next.NOT_NOW, ReasonCode("meta.app_limit"), 60.0),
    17: Row(Next.NOT_NOW, ReasonCode("meta.user_limit"), 60.0),
    32: Row(Next.NOT_NOW, ReasonCode("meta.page_limit"), 60.0),
    341: Row(Next.NOT_NOW, ReasonCode("meta.application_limit"), 60.0),
    613: Row(Next.NOT_NOW, ReasonCode("meta.rate_limit"), 60.0),
    80004: Row(Next.NOT_NOW, ReasonCode("meta.ad_account_limit"), 300.0),
    80005: Row(Next.NOT_NOW, ReasonCode("meta.lead_limit"), 300.0),
    80007: Row(Next.NOT_NOW, ReasonCode("meta.account_limit"), 60.0),
    130429: Row(Next.NOT_NOW, ReasonCode("meta.number_limit"), 5.0),
    131056: Row(Next.NOT_NOW, ReasonCode("meta.recipient_limit"), 10.0),
    131064: Row(Next.NOT_NOW, ReasonCode("meta.limit_reached"), 600.0),
    132069: Row(Next.NOT_NOW, ReasonCode("meta.flow_limit"), 600.0),
    133016: Row(Next.NOT_NOW, ReasonCode("meta.registration_limit"), 600.0),
    # nothing was done
    1: Row(Next.LATER, ReasonCode("meta.unknown_error")),
    2: Row(Next.LATER, ReasonCode("meta.down")),
    131000: Row(Next.LATER, ReasonCode("meta.not_sent")),
    131016: Row(Next.LATER, ReasonCode("meta.overloaded")),
    131057: Row(Next.LATER, ReasonCode("meta.maintenance"), 60.0),
    135000: Row(Next.LATER, ReasonCode("meta.unexplained"), attempts=2),
    # nothing works until somebody mends the account
    0: Row(Next.STOP, ReasonCode("meta.not_authenticated")),
    3: Row(Next.STOP, ReasonCode("meta.app_not_allowed")),
    10: Row(Next.STOP, _NO_PERMISSION),
    190: Row(Next.STOP, ReasonCode("meta.token_expired")),
    368: Row(Next.STOP, ReasonCode("meta.account_blocked")),
    2655: Row(Next.STOP, _NO_TERMS),
    2663: Row(Next.STOP, _NO_TERMS),
    131005: Row(Next.STOP, _NO_PERMISSION),
    131031: Row(Next.STOP, ReasonCode("meta.account_locked")),
    131037: Row(Next.STOP, ReasonCode("meta.no_display_name")),
    131042: Row(Next.STOP, ReasonCode("meta.no_payment_method")),
    131044: Row(Next.STOP, ReasonCode("meta.account_not_eligible")),
    131045: Row(Next.STOP, _NOT_REGISTERED),
    131048: Row(Next.STOP, ReasonCode("meta.number_restricted")),
    133010: Row(Next.STOP, _NOT_REGISTERED),
    # refused for good
    33: Row(Next.NEVER, ReasonCode("meta.number_gone")),
    100: Row(Next.NEVER, ReasonCode("meta.invalid_or_missing")),
    2650: Row(Next.NEVER, ReasonCode("meta.audience_of_another_source")),
    130472: Row(Next.NEVER, ReasonCode("meta.recipient_in_experiment")),
    130497: Row(Next.NEVER, ReasonCode("meta.country_forbidden")),
    131008: Row(Next.NEVER, ReasonCode("meta.parameter_missing")),
    131009: Row(Next.NEVER, _INVALID_PARAMETER),
    131021: Row(Next.NEVER, ReasonCode("meta.sent_to_itself")),
    131026: Row(Next.NEVER, ReasonCode("meta.recipient_unreachable")),
    131030: Row(Next.NEVER, ReasonCode("meta.recipient_not_listed")),
    131047: Row(Next.NEVER, WINDOW_CLOSED),
    131049: Row(Next.NEVER, ReasonCode("meta.marketing_limited")),
    131050: Row(Next.NEVER, ReasonCode("meta.marketing_stopped")),
    131051: Row(Next.NEVER, ReasonCode("meta.type_not_supported")),
    131052: Row(Next.NEVER, ReasonCode("meta.media_not_downloaded")),
    131053: Row(Next.NEVER, ReasonCode("meta.media_not_uploaded")),
    131062: Row(Next.NEVER, ReasonCode("meta.phone_number_needed")),
    131063: Row(Next.NEVER, ReasonCode("meta.marketing_off")),
    132000: Row(Next.NEVER, ReasonCode("whatsapp_template.parameter_count")),
    132001: Row(Next.NEVER, ReasonCode("whatsapp_template.not_found")),
    132005: Row(Next.NEVER, ReasonCode("whatsapp_template.too_long")),
    132007: Row(Next.NEVER, ReasonCode("whatsapp_template.violates_policy")),
    132008: Row(Next.NEVER, ReasonCode("whatsapp_template.parameters_unnamed")),
    132012: Row(Next.NEVER, ReasonCode("whatsapp_template.parameter_format")),
    132015: Row(Next.NEVER, ReasonCode("whatsapp_template.paused")),
    132016: Row(Next.NEVER, ReasonCode("whatsapp_template.disabled")),
    132018: Row(Next.NEVER, ReasonCode("whatsapp_template.invalid_parameters")),
    132068: Row(Next.NEVER, ReasonCode("meta.flow_blocked")),
    137000: Row(Next.NEVER, ReasonCode("meta.recipient_not_addressable")),
}
"""Graph's error codes → what happens next, and the reason for the admin."""

_PERMISSION = range(200, 300)
_LONGEST_DETAIL = 300


GATEWAY = frozenset({502, 504})
"""Statuses of a gateway that got no proper answer: whether the message was sent, it does not know."""

_UNCODED = {429: Row(Next.NOT_NOW, pause=60.0), 401: Row(Next.STOP), **dict.fromkeys(GATEWAY, Row(Next.LOST))}


def error_of(answer: HttpAnswer) -> Temporary | Permanent | AnswerLost:
    """Classify an answer other than 2xx. AnswerLost if it does not tell whether anything was done."""
    error = (json_object(answer.body) or {}).get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    if not isinstance(error, Mapping) or not isinstance(code, int):
        return row_of_status(answer).error(ANSWERED(status=answer.status))
    row = row_of(code)
    if row is not None and row.cause is not None:
        return row.error(_reason(row.cause, code, _detail(error)), str(code))
    # The error is Graph's own, so it says that nothing was done; only a gateway would not know.
    row = row_of_status(answer)
    known = Row(Next.LATER) if row.next is Next.LOST else row
    return known.error(ANSWERED_WITH_ERROR(status=answer.status, error=code), str(code))


def row_of(code: int) -> Row | None:
    """Return what happens after an error with this code; None if the code is not known."""
    return ANSWERS.get(10 if code in _PERMISSION else code)


def row_of_status(answer: HttpAnswer) -> Row:
    """Return what happens after an error without a code that is known."""
    if is_not_now(answer):
        return _UNCODED[429]
    return _UNCODED.get(answer.status) or Row(Next.LATER if answer.status >= 500 else Next.NEVER)


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
